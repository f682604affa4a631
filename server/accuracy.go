package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"reta/compute/train"
	"reta/server/run"
	"reta/shared/event"
)

func accuracyCommand() *cobra.Command {
	var common commonFlags
	var data dataFlags
	var teacher, network string
	var batch int
	c := &cobra.Command{
		Use:     "accuracy",
		Short:   "Measure a network on a test split",
		Example: "  server accuracy --teacher resnet18-cifar100.safetensors --dataset cifar-100 --data cifar-100-binary.tar.gz",
		Args:    noArgs,
	}
	fs := c.Flags()
	common.add(fs)
	data.add(fs, "cifar-100")
	fs.StringVar(&teacher, "teacher", "", "weights, safetensors or PyTorch's .pth (required)")
	fs.Var((*lowered)(&network), "network", "network, where the file does not say")
	fs.IntVar(&batch, "batch", 100, "images a pass")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := firstError(data.check(), knownNetwork(network)); err != nil {
			return err
		}
		if teacher == "" {
			return usage("--teacher is missing: want a file of weights, safetensors or PyTorch's .pth")
		}
		if batch < 1 {
			return usage("--batch %d: want 1 or more", batch)
		}
		var err error
		if teacher, err = teacherFile(teacher); err != nil {
			return err
		}
		log := newConsole(c.OutOrStdout(), c.ErrOrStderr(), common.json, common.quiet)
		defer log.close()
		w, err := common.open(c.Context(), needs{device: true, teachers: []string{teacher}, network: network, data: data.options()}, log.show)
		if err != nil {
			return err
		}
		defer w.close()
		reportData(w.set, log)
		if w.set.Test.Len() == 0 {
			return dataError{fmt.Errorf("dataset %s has no test images: want a val/ or test/ folder beside train/", w.set.Name)}
		}
		images := run.DataOf(w.set)
		if _, err := run.UseTeachers(w.teachers, &images, log.show); err != nil {
			return err
		}
		s, err := train.NewScorer(w.device, w.teachers[0], images, min(batch, images.Test.Len()))
		if err != nil {
			return err
		}
		defer s.Close()
		score, err := s.Run(c.Context(), w.set.Test, func(done int) {
			log.show(event.Status{State: event.Loading, Phase: "accuracy", Done: done, Total: w.set.Test.Len()})
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
