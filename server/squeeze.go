package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/compute/bench"
	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/server/dataset"
	"reta/server/run"
	"reta/shared/event"
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
	var training trainingFlags
	var network, out string
	var overwrite, timed bool
	c := &cobra.Command{
		Use:   "squeeze",
		Short: "Train a teacher on real images",
		Long: `Squeeze trains a network on real images and writes its weights with their metadata: data
set, classes, normalisation, accuracy. A preset sets the whole training by the size of the
images; all but fast, whose epochs and batch follow from data and device, are those of
published teachers. --epochs and the flags under "Flags" change single settings. An
interrupted training continues when the same command is repeated.

` + presetTable(),
		Example: `  server squeeze --dataset cifar-100 --network resnet18 --epochs 60 --out teacher.safetensors
  server squeeze --dataset cifar-100 --network resnet18 --preset cv-dd --out cv-dd.safetensors`,
		Args: noArgs,
	}
	fs := c.Flags()
	common.addLong(fs)
	data.add(fs, "demo")
	fs.Var((*lowered)(&network), "network", "network to train (default: resnet18, resnet-mini on a CPU)")
	fs.StringVar(&out, "out", "", "file for the weights, safetensors (required)")
	fs.BoolVar(&overwrite, "overwrite", false, "replace a finished teacher in the file of --out")
	fs.BoolVar(&timed, "profile", false, "print the time per kernel of a step after the training")
	training.add(fs)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := firstError(data.check(), knownNetwork(network), training.check()); err != nil {
			return err
		}
		file, err := checkOut("--out", out, overwrite)
		if err != nil {
			return err
		}
		log := common.console(c)
		defer log.close()
		w, err := common.open(c.Context(), needs{device: true, data: data.options()}, log.show)
		if err != nil {
			return err
		}
		defer w.close()
		dev, set := w.device, w.set
		reportData(set, log)
		if network == "" {
			network = run.DefaultNetwork(dev.Info())
		}
		r, err := training.recipe(dev.Info(), set, network)
		if err != nil {
			return err
		}
		log.say("training %s on %s: %s of %d px, %s; preset %s: %v", network, set.Title, event.Counted(set.Train.Len(), "image"), set.Size, event.Counted(len(set.Classes), "class"), r.Preset, r)
		score, err := run.TrainTeacher(c.Context(), dev, run.DataOf(set), network, r, file, log.show, nil)
		if err != nil {
			return err
		}
		log.close()
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

// checkOut is the absolute path of the file to write, if it may be written.
func checkOut(flag, out string, overwrite bool) (string, error) {
	if out == "" {
		return "", usage("%s is missing: want a file for the weights, such as teacher.safetensors", flag)
	}
	file, err := filepath.Abs(out)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return "", usage("%s %s is not a file: want one for the weights, such as teacher.safetensors", flag, out)
	}
	if err := run.CheckTeacherFile(file, overwrite); errors.Is(err, run.ErrExists) {
		return "", usage("%s %w", flag, err)
	} else if err != nil {
		return "", err
	}
	return file, nil
}

// trainingFlags are a preset and one flag for each of its settings.
type trainingFlags struct {
	preset string
	rows   rowFlags[train.Recipe]
}

func (f *trainingFlags) add(fs *pflag.FlagSet) {
	f.preset = train.Fast
	fs.Var((*lowered)(&f.preset), "preset", "training to begin with: "+strings.Join(train.PresetNames(), ", "))
	f.rows = addRows(fs, train.Settings)
}

// check refuses values that cannot be, before anything is opened.
func (f *trainingFlags) check() error {
	if err := f.rows.check(); err != nil {
		return err
	}
	if _, err := train.New(f.preset, 1, 1, 1); err != nil {
		return usage("--%w", err)
	}
	return nil
}

// recipe is the preset's training of a network on a set with the flags' changes. The fast one's learning rate goes with the batch and
// the optimiser.
func (f *trainingFlags) recipe(dev vk.Info, set *dataset.Dataset, network string) (train.Recipe, error) {
	var asked train.Recipe
	if err := f.rows.apply(&asked); err != nil {
		return asked, err
	}
	r, err := run.TeacherRecipe(dev, set, f.preset, asked.Epochs, asked.Seed, network)
	if err != nil {
		return r, usage("--%w", err)
	}
	if f.preset == train.Fast && f.rows.given("batch") {
		r.LR *= float64(asked.Batch) / float64(r.Batch)
	}
	if f.preset == train.Fast && asked.Optimizer == "adam" {
		r.LR = 1e-3
	}
	if err := f.rows.apply(&r); err != nil {
		return r, err
	}
	if err := r.Validate(); err != nil {
		return r, usageError{err}
	}
	return r, nil
}

// presetTable lists the presets for the help.
func presetTable() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  preset\timages\tinit\ttraining\n")
	for _, row := range presetRows() {
		fmt.Fprintf(w, "  %s\n", strings.Join(row[:], "\t"))
	}
	w.Flush()
	return strings.TrimRight(b.String(), "\n")
}

// presetRows are the presets by name, images, initial weights and training.
func presetRows() (rows [][4]string) {
	rows = append(rows, [4]string{train.Fast, "any", string(models.He),
		"sgd with momentum 0.9 (Nesterov), lr 0.1 x batch/128 cosine after a warm-up, weight decay 0.0005, label smoothing 0.1"})
	for _, p := range train.Presets {
		training := p.Recipe.String()
		if p.WarmupEpochs > 0 {
			training += fmt.Sprintf(", %d epochs of warm-up", p.WarmupEpochs)
		}
		rows = append(rows, [4]string{p.Name, fmt.Sprintf("to %d px", p.UpTo), string(p.Recipe.Init.For(models.StemFor(p.UpTo))), training})
	}
	return rows
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
