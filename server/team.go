package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/compute/models"
	"reta/compute/train"
	"reta/server/run"
)

// teamFlags choose a run's teachers: files, or networks to train and how.
type teamFlags struct {
	files       []string
	network     string
	networks    []string // to train, of several teachers
	features    string   // phi by the network's name
	epochs      int
	preset      string // of training
	noCheck     bool
	minAccuracy float64
}

func (f *teamFlags) add(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.files, "teacher", nil, "trained weights, safetensors or PyTorch's .pth; repeatable; teachers alternate per step")
	fs.Var((*lowered)(&f.network), "network", "network of --teacher files that do not name theirs, or to train without --teacher: "+strings.Join(models.Names(), ", "))
	fs.StringSliceVar(&f.networks, "teachers", nil, "several networks to train as teachers, or those that a paper has for the set, by its name: "+strings.Join(run.Teams(), ", ")+" (default with the recipes of these names)")
	fs.StringVar(&f.features, "features", "", "phi: network of the teacher whose penultimate features retrieval and topology compare (default: the first teacher's)")
	fs.IntVar(&f.epochs, "epochs", 0, "epochs of training a teacher (default: by data, network and device)")
	fs.Var((*lowered)(&f.preset), "teacher-preset", "training of a teacher: "+strings.Join(train.PresetNames(), ", ")+", see server squeeze --help (default: "+train.Fast+")")
	fs.BoolVar(&f.noCheck, "no-check", false, "do not measure the accuracy of --teacher files before recovery, whatever it is")
	fs.Float64Var(&f.minAccuracy, "min-accuracy", 0, "top-1 that a --teacher must have on some training images, from 0 to 1 (default: three times a random answer's, and half of what its file states)")
}

// check refuses flags that contradict each other or name what is not known, before anything is opened.
func (f *teamFlags) check(c *cobra.Command) error {
	if f.epochs < 0 {
		return usage("--epochs %d: want 1 or more", f.epochs)
	}
	if len(f.files) > 0 && f.epochs > 0 {
		return usage("--epochs trains a teacher, --teacher gives one: want one of them")
	}
	if len(f.files) > 0 && f.preset != "" {
		return usage("--teacher-preset trains a teacher, --teacher gives one: want one of them")
	}
	if len(f.networks) > 0 {
		if name := firstChanged(c, "teacher", "network"); name != "" {
			return usage("--teachers says which teachers to train, --%s as well: want one of them", name)
		}
		if err := run.CheckNetworks(f.networks); err != nil {
			return usage("--teachers: %w", err)
		}
	}
	if f.preset != "" {
		if _, err := train.New(f.preset, 1, 1, 1); err != nil {
			return usage("--teacher-%w", err)
		}
	}
	if !(f.minAccuracy >= 0 && f.minAccuracy <= 1) {
		return usage("--min-accuracy %v: want a fraction from 0 to 1, such as 0.3", f.minAccuracy)
	}
	if f.noCheck && c.Flags().Changed("min-accuracy") {
		return usage("--no-check measures no accuracy, --min-accuracy is one to reach: want one of them")
	}
	return knownNetwork(f.network)
}

// find makes the files' paths absolute, and refuses what is not there.
func (f *teamFlags) find() (err error) {
	for i, file := range f.files {
		if f.files[i], err = teacherFile(file); err != nil {
			return err
		}
	}
	return nil
}

// apply puts the flags into the config of a run by a recipe, in a folder that may hold a run already. Some recipes have teams of
// their own, unless the folder's run was begun with one teacher, when that was the default.
func (f *teamFlags) apply(c *run.Config, recipe, folder string) {
	c.Teachers, c.Network, c.Networks, c.Epochs = f.files, f.network, f.networks, f.epochs
	if !slices.Contains(run.Teams(), recipe) || len(f.files)+len(f.networks) > 0 || f.network != "" {
		return
	}
	was, err := run.ReadFolder(folder)
	if alone := folder != "" && err == nil && was.Recipe.Name == recipe && len(was.Networks) == 0; !alone {
		c.Networks = []string{recipe}
	}
}
