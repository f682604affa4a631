package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"reta/compute/train"
	"reta/server/run"
	"reta/shared/event"
)

func accuracyCommand() *cobra.Command {
	var common commonFlags
	var data dataFlags
	var teacher, network, order, folder string
	var batch int
	c := &cobra.Command{
		Use:   "accuracy",
		Short: "Measure a network on a test split",
		Long: `Accuracy measures a network on all test images of a set. --class-order asks instead which class
each of its outputs answers to, by training images, and writes their ids in the order of the
outputs: for a teacher whose file does not name its classes. It is written only if the order that
half of the images show is right for the other half. --images measures on the images of a folder of
class folders in place of the set's test images, as server corrupt writes them.`,
		Example: `  server accuracy --teacher resnet18-cifar100.safetensors --dataset cifar-100 --data cifar-100-binary.tar.gz
  server accuracy --teacher resnet18-cifar100.safetensors --dataset cifar-100 --images cifar-100-c/fog/3
  server accuracy --teacher shuffled.pth --dataset cifar-100 --class-order ids.txt
  server teacher shuffled.pth --dataset cifar-100 --class-ids ids.txt --convert teacher.safetensors`,
		Args: noArgs,
	}
	fs := c.Flags()
	common.add(fs)
	data.add(fs, "cifar-100")
	fs.StringVar(&teacher, "teacher", "", "weights, safetensors or PyTorch's .pth (required)")
	fs.Var((*lowered)(&network), "network", "network, where the file does not say")
	fs.IntVar(&batch, "batch", 100, "images a pass")
	fs.StringVar(&order, "class-order", "", "write the class that each output answers to into this text file, one id a line")
	fs.StringVar(&folder, "images", "", "folder of class folders to measure on, in place of the set's test images")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := firstError(data.check(), knownNetwork(network)); err != nil {
			return err
		}
		if teacher == "" {
			return usage("--teacher is missing: want a file of weights, safetensors or PyTorch's .pth")
		}
		if folder != "" && order != "" {
			return usage("--images are test images, --class-order asks the training images: want one of them")
		}
		if batch < 1 {
			return usage("--batch %d: want 1 or more", batch)
		}
		var err error
		if teacher, err = teacherFile(teacher); err != nil {
			return err
		}
		log := common.console(c)
		defer log.close()
		w, err := common.open(c.Context(), needs{device: true, teachers: []string{teacher}, network: network, data: data.options()}, log.show)
		if err != nil {
			return err
		}
		defer w.close()
		reportData(w.set, log)
		images := run.DataOf(w.set)
		if folder != "" {
			others, err := run.OpenImages(c.Context(), folder, w.set.Size, w.set.Classes)
			if err != nil {
				return dataError{err}
			}
			defer others.Close()
			for _, text := range others.Warnings() {
				log.warn("images: %s", text)
			}
			images.Test = others
		} else if order == "" {
			if err := tested(w.set); err != nil {
				return err
			}
		}
		if _, err := run.UseTeachers(w.teachers, &images, log.show); err != nil {
			return err
		}
		if order != "" {
			return writeOrder(c, w, images, order, common.json)
		}
		s, err := train.NewScorer(w.device, w.teachers[0], images, min(batch, images.Test.Len()))
		if err != nil {
			return err
		}
		defer s.Close()
		score, err := s.Run(c.Context(), images.Test, func(done int) {
			log.show(event.Status{State: event.Loading, Phase: "accuracy", Done: done, Total: images.Test.Len()})
		})
		if err != nil {
			return err
		}
		log.close()
		score.Split = "test"
		return printScore(c, common.json, w.teachers[0].Name, score)
	}
	return c
}

// writeOrder writes the class of each output of a network.
func writeOrder(c *cobra.Command, w *workspace, images train.Data, path string, json bool) error {
	ids, top1, err := run.ClassOrder(c.Context(), w.device, w.teachers[0], images)
	if err != nil {
		return dataError{fmt.Errorf("teacher %s: %w", w.teachers[0].Origin.File, err)}
	}
	if err := writeOutput("--class-order", path, []byte(strings.Join(ids, "\n")+"\n")); err != nil {
		return err
	}
	if json {
		return printJSON(c.OutOrStdout(), map[string]any{"network": w.teachers[0].Name, "class_ids": ids, "held_out_top1": top1, "file": path})
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: the class of each of its %d outputs is in %s; in the order that half of the images show, top-1 is %.1f %% on the others\n",
		w.teachers[0].Name, len(ids), path, 100*top1)
	return err
}
