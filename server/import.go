package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"reta/compute/train"
	"reta/server/bundle"
	"reta/server/run"
	"reta/shared/event"
)

// importFlags are all that import takes.
type importFlags struct {
	common         commonFlags
	data           dataFlags
	teachers       []string
	network, out   string
	remap, noCheck bool
}

func importCommand() *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use:   "import FOLDER",
		Short: "Make a bundle of distilled images that another program made",
		Long: `Import reads the folders that FADRM and SRe2L (new000/class000_id000.jpg), RDED
(00000/class00000_id00000.jpg) and their kin write, and any folder of class folders, and writes
them as a bundle (docs/bundle.md). The images stay the files they are.

Published sets differ in the order of their classes, and folders that are only numbered do not
say which class they hold. So a teacher is shown all images first: with the order given it must
recognise them, and no more than one folder in ten may clearly be of another class. Otherwise
the import is refused and says which folders are taken for what; --remap then takes the order that
fits the teacher's answers, where at least half of four or more images a class agree on it.`,
		Example: `  server import new_images --out imported --dataset cifar-100 --teacher resnet18-cifar100.safetensors
  server import syn_data --out imported --dataset imagewoof --teacher resnet18-woof.safetensors --remap`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("%s given: want one, of images; see %s --help", event.Counted(len(args), "folder"), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return f.bring(c, args[0]) },
	}
	fs := c.Flags()
	f.common.addLong(fs)
	f.data.addName(fs, "")
	fs.StringVar(&f.data.data, "data", "", "folder, archive, Parquet file or tar of the set, where the cache does not have it")
	f.data.addSelection(fs)
	fs.StringArrayVar(&f.teachers, "teacher", nil, "trained weights that the order of classes is checked with, safetensors or PyTorch's .pth")
	fs.Var((*lowered)(&f.network), "network", "network of a --teacher file that does not name its own")
	fs.StringVar(&f.out, "out", "", "new folder for the bundle (required)")
	fs.BoolVar(&f.remap, "remap", false, "take the order of classes that fits the teacher's answers")
	fs.BoolVar(&f.noCheck, "no-check", false, "take the order of classes as given, without a teacher")
	return c
}

// check refuses flags that contradict each other, before anything is opened.
func (f *importFlags) check() error {
	switch {
	case f.out == "":
		return usage("--out is missing: want a new folder for the bundle")
	case f.data.dataset == "":
		return usage("--dataset is missing: say which set the images were distilled from: its classes and normalisation are needed")
	case f.noCheck && (f.remap || len(f.teachers) > 0):
		return usage("--no-check asks no teacher: drop it, or --teacher and --remap")
	case f.remap && len(f.teachers) == 0:
		return usage("--remap: give the teacher whose answers decide with --teacher")
	case len(f.teachers) > 1:
		return usage("--teacher given %d times: want one", len(f.teachers))
	}
	for i, t := range f.teachers {
		var err error
		if f.teachers[i], err = teacherFile(t); err != nil {
			return err
		}
	}
	return firstError(knownNetwork(f.network), f.data.check())
}

// bring makes a bundle of a folder.
func (f *importFlags) bring(c *cobra.Command, folder string) error {
	if err := f.check(); err != nil {
		return err
	}
	images, err := bundle.OpenForeign(folder)
	if err != nil {
		return dataError{err}
	}
	log := f.common.console(c)
	defer log.close()
	if f.data.size == 0 {
		f.data.size = images.Size
	}
	f.data.perClass = 1 // of the set, its classes and normalisation are wanted
	w, err := f.common.open(c.Context(), needs{device: len(f.teachers) > 0, teachers: f.teachers, network: f.network, data: f.data.options()}, log.show)
	if err != nil {
		return err
	}
	defer w.close()
	data := run.DataOf(w.set)
	if _, err := run.UseTeachers(w.teachers, &data, log.show); err != nil {
		return err
	}
	m, order, err := f.judge(c.Context(), w, data, images, log)
	if err != nil {
		return err
	}
	if err := images.Import(f.out, m, order); err != nil {
		return err
	}
	made, err := bundle.Read(f.out)
	if err != nil {
		return dataError{err}
	}
	log.close()
	if f.common.json {
		return printJSON(c.OutOrStdout(), map[string]any{"bundle": f.out, "images": made.Images(), "classes": len(made.Classes), "imported": made.Imported})
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), summaryOf(f.out, made))
	return err
}

// judge finds the class of each folder and compares it with the teacher's answers. It gives what the bundle will say, and the
// class of each folder.
func (f *importFlags) judge(ctx context.Context, w *workspace, data train.Data, images *bundle.Foreign, log *console) (m bundle.Manifest, order []int, err error) {
	m = run.Describe(w.set, data)
	m.Imported = &bundle.Imported{Layout: images.Layout}
	log.say("import: %s in %s, the layout of %s", event.Counted(images.Count(), "image"), event.Counted(len(images.Folders), "folder"), images.Layout)
	if order, err = run.ClassesOfFolders(images, w.set.Classes); err != nil {
		return m, nil, dataError{err}
	}
	switch {
	case len(f.teachers) > 0:
	case f.noCheck || images.Numbers == nil:
		if images.Numbers == nil {
			log.say("import: the folders are named like the classes of %s, no teacher was asked", w.set.Name)
		} else {
			log.warn("import: folder %s is taken for class %s and so on, no teacher was asked", images.Folders[0], w.set.Classes[0].Name)
		}
		return m, order, nil
	default:
		return m, nil, usage("the folders of %s are numbered (%s, ...), which does not say what classes they hold: give a teacher of %s with --teacher, or take their order as it is with --no-check",
			images.Dir(), images.Folders[0], w.set.Name)
	}
	answers, err := run.Answers(ctx, w.device, w.teachers[0], data, images)
	if err != nil {
		return m, nil, err
	}
	v := answers.Judge(order, images.Folders, classNames(w))
	*m.Imported = bundle.Imported{Layout: images.Layout, Checked: true, Given: v.Given, Order: v.Best}
	said := fmt.Sprintf("the teacher takes %.1f %% of the images for the class of their folder, and %.1f %% in the order that fits its answers best", 100*v.Given, 100*v.Best)
	log.say("import: %s", said)
	file := filepath.Base(f.teachers[0])
	switch {
	case v.Right:
		for _, line := range v.Lines[:min(5, v.Clear)] {
			log.warn("import: %s", line)
		}
	case v.Sure && f.remap:
		log.warn("import: the order of classes is changed to the teacher's: %d of %d folders are of another class than given", moved(order, v.Order), len(order))
		order, m.Imported.Remap = v.Order, true
	case v.Sure:
		return m, nil, dataError{fmt.Errorf("%s: %s: the folders are in another order than the classes of %s:\n  %s\nwant the same order: --remap takes the teacher's", images.Dir(), said, w.set.Name, v.Said())}
	default:
		return m, nil, dataError{fmt.Errorf("%s: %s: so neither order can be believed: want a teacher that knows these images (is %s one of %s, with this normalisation and size?), or --no-check:\n  %s",
			images.Dir(), said, file, w.set.Name, v.Said())}
	}
	return m, order, nil
}

// moved counts the folders whose class differs in two orders.
func moved(a, b []int) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

func classNames(w *workspace) (names []string) {
	for _, c := range w.set.Classes {
		names = append(names, c.Name)
	}
	return names
}
