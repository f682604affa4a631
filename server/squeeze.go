package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"reta/compute/bench"
	"reta/compute/models"
	"reta/compute/train"
	"reta/server/run"
)

// knownNetwork refuses a --network that does not exist.
func knownNetwork(name string) error {
	if name == "" {
		return nil
	}
	return models.Known(name)
}

func squeezeCommand() *cobra.Command {
	var common commonFlags
	var data dataFlags
	var network, out, optimizer, augment string
	var epochs, batch int
	var lr, decay, smoothing float64
	var seed uint64
	var timed bool
	c := &cobra.Command{
		Use:   "squeeze",
		Short: "Train a teacher on real images",
		Example: `  server squeeze --dataset cifar-100 --network resnet18 --epochs 60 --out teacher.safetensors
An interrupted training continues where it was when the same command is given again.`,
		Args: noArgs,
	}
	fs := c.Flags()
	common.add(fs)
	data.add(fs, "demo")
	fs.StringVar(&network, "network", "", "network to train (default: resnet18, resnet-mini on a CPU)")
	fs.StringVar(&out, "out", "", "file for the weights, safetensors (required)")
	fs.IntVar(&epochs, "epochs", 0, "passes over the images (default: by data and device)")
	fs.IntVar(&batch, "batch", 0, "images a step (default: 128, fewer for small sets)")
	fs.StringVar(&optimizer, "optimizer", "sgd", "sgd (Nesterov) or adam")
	fs.StringVar(&augment, "augment", "", "none, pad-crop or random-crop (default: by image size)")
	fs.Float64Var(&lr, "lr", 0, "peak learning rate (default: 0.1 at batch 128)")
	fs.Float64Var(&decay, "weight-decay", 5e-4, "weight decay")
	fs.Float64Var(&smoothing, "smoothing", 0.1, "label smoothing")
	fs.BoolVar(&timed, "profile", false, "print the time per kernel of a step after the training")
	fs.Uint64Var(&seed, "seed", 0, "seed of weights, order and augmentation")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := firstError(data.check(), knownNetwork(network), checkSqueeze(c, epochs, batch, lr, decay, smoothing, optimizer, augment)); err != nil {
			return err
		}
		if out == "" {
			return usage("--out is missing: want a file for the weights, such as teacher.safetensors")
		}
		file, err := filepath.Abs(out)
		if err != nil {
			return err
		}
		if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
			return usage("--out %s is not a file: want one for the weights, such as teacher.safetensors", out)
		}
		tell := newConsole(c.OutOrStdout(), c.ErrOrStderr(), common.json, common.quiet)
		defer tell.close()
		w, err := common.open(c.Context(), needs{device: true, data: data.options()}, tell.show)
		if err != nil {
			return err
		}
		defer w.close()
		dev, set := w.device, w.set
		tellData(set, tell)
		if network == "" {
			network = run.DefaultNetwork(dev.Info())
		}
		if epochs == 0 {
			epochs = run.DefaultEpochs(dev.Info(), set.Train.Len(), set.Size)
		}
		r := train.Default(set.Train.Len(), set.Size, epochs, seed)
		r.Optimizer, r.WeightDecay, r.Smoothing = optimizer, decay, smoothing
		if batch != 0 {
			r.LR *= float64(batch) / float64(r.Batch)
			r.Batch = batch
		}
		if optimizer == "adam" {
			r.LR = 1e-3
		}
		if lr != 0 {
			r.LR = lr
		}
		if augment != "" {
			r.Augment = train.Augment(augment)
		}
		if err := r.Validate(); err != nil {
			return usageError{err}
		}
		tell.say("training %s on %s: %d images of %d px, %d classes, %d epochs, batch %d, lr %g", network, set.Title, set.Train.Len(), set.Size, len(set.Classes), epochs, r.Batch, r.LR)
		score, err := run.TrainTeacher(c.Context(), dev, run.DataOf(set), network, r, file, tell.show, nil)
		if err != nil {
			return err
		}
		tell.close()
		if err := printScore(c, common.json, network+" in "+out, score); err != nil || !timed {
			return err
		}
		step := bench.Case{Step: bench.Squeeze, Network: network, Size: set.Size, Batch: r.Batch, Classes: len(set.Classes)}
		times, err := bench.Run(c.Context(), dev, step, bench.Effort{Repeats: 1})
		if err != nil {
			return err
		}
		return printProfiles(c.OutOrStdout(), []profile{{step.String(), times.Kernels}}, common.json)
	}
	return c
}

// checkSqueeze refuses settings that cannot be, before anything is opened.
func checkSqueeze(c *cobra.Command, epochs, batch int, lr, decay, smoothing float64, optimizer, augment string) error {
	given := c.Flags().Changed
	switch {
	case given("epochs") && epochs < 1:
		return usage("--epochs %d: want 1 or more", epochs)
	case given("batch") && batch < 1:
		return usage("--batch %d: want 1 or more", batch)
	case given("lr") && !(lr > 0 && lr <= 100):
		return usage("--lr %v: want more than 0, at most 100", lr)
	case !(decay >= 0 && decay < 1):
		return usage("--weight-decay %v: want 0 or more, less than 1", decay)
	case !(smoothing >= 0 && smoothing < 1):
		return usage("--smoothing %v: want 0 or more, less than 1", smoothing)
	case optimizer != "sgd" && optimizer != "adam":
		return usage("--optimizer %q: want sgd or adam", optimizer)
	case given("augment") && augment != string(train.NoAugment) && augment != string(train.PadCrop) && augment != string(train.RandomCrop):
		return usage("--augment %q: want %s, %s or %s", augment, train.NoAugment, train.PadCrop, train.RandomCrop)
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// printScore prints a network's accuracy.
func printScore(c *cobra.Command, json bool, what string, s train.Score) error {
	if json {
		return printJSON(c.OutOrStdout(), map[string]any{"network": what, "top1": s.Top1, "top5": s.Top5, "loss": s.Loss, "images": s.Images, "split": s.Split})
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s: top-1 %.2f %%, top-5 %.2f %%, cross-entropy %.4f on %d %s images\n", what, 100*s.Top1, 100*s.Top5, s.Loss, s.Images, s.Split)
	return err
}
