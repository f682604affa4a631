package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"reta/compute/label"
	"reta/compute/models"
	"reta/server/bundle"
	"reta/server/run"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// relabelFlags are all that relabel takes.
type relabelFlags struct {
	common   commonFlags
	data     dataFlags
	protocol protocolFlags
	teachers []string
	network  string
	out      string
}

func relabelCommand() *cobra.Command {
	var f relabelFlags
	c := &cobra.Command{
		Use:   "relabel RUN|FOLDER",
		Short: "Have teachers label views of the images: the soft labels that students are trained on",
		Long: `Relabel shows teachers random views of every image (crops, flips, mixtures with other images),
once an epoch, and stores the logits that they answer; a student is trained on the same views and
labels. Views follow from the settings and are not stored. The labels of a run are made by its
own teachers and lie in RUN/labels. Any other folder of class folders of images needs --dataset,
for its classes and normalisation, and --teacher; its labels lie in FOLDER-labels. The format is
that of docs/labels.md. Stopped at any moment, the same command continues and gives the same
files.

A protocol sets everything as the code of a published method does; the flags under "Flags" change
single settings.`,
		Example: `  server relabel runs/reta
  server relabel runs/reta --teacher one.safetensors --teacher two.safetensors
  server relabel images/train --dataset cifar-100 --teacher resnet18-cifar100.safetensors --epochs 300`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("%s given: want one, of a run or of images; see %s --help", event.Counted(len(args), "folder"), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return f.relabel(c, args[0]) },
	}
	fs := c.Flags()
	f.common.add(fs)
	f.data.addName(fs, "")
	fs.StringVar(&f.data.data, "data", "", "archive or folder of the set, where it is not where the run or the cache has it")
	f.data.addSelection(fs)
	fs.StringArrayVar(&f.teachers, "teacher", nil, "trained weights, safetensors or PyTorch's .pth; repeatable (default: those of the run)")
	fs.Var((*lowered)(&f.network), "network", "network of --teacher files that do not name theirs: "+strings.Join(models.Names(), ", "))
	fs.StringVar(&f.out, "out", "", "folder for the labels (default: RUN/labels, FOLDER-labels)")
	f.protocol.add(fs, "fadrm", func(name string) bool { return strings.HasPrefix(name, "labels.") && name != "labels.source" })
	return c
}

// check refuses flags that contradict each other or name what is not there, before anything is opened.
func (f *relabelFlags) check(folder string) error {
	if err := firstError(knownNetwork(f.network), f.protocol.check()); err != nil {
		return err
	}
	if info, err := os.Stat(folder); err != nil {
		return dataError{fmt.Errorf("%w: want the folder of a run, or of images", err)}
	} else if !info.IsDir() {
		return usage("%s is a file: want the folder of a run, or of images", folder)
	}
	for i, t := range f.teachers {
		var err error
		if f.teachers[i], err = teacherFile(t); err != nil {
			return err
		}
	}
	return nil
}

// relabel labels the images of a run or of any folder and prints where the labels are.
func (f *relabelFlags) relabel(c *cobra.Command, folder string) error {
	if err := f.check(folder); err != nil {
		return err
	}
	out := newConsole(c.OutOrStdout(), c.ErrOrStderr(), f.common.json, f.common.quiet)
	defer out.close()
	work := f.ofImages
	if isRun(folder) {
		work = f.ofRun
	}
	store, err := work(c.Context(), folder, out)
	if onRequest(err) {
		return stopped{err, sameCommand()}
	}
	if err != nil {
		return err
	}
	out.close()
	if f.common.json {
		return printJSON(c.OutOrStdout(), map[string]any{"labels": store.Dir(), "epochs": store.Manifest.Labels.Epochs, "images": len(store.Manifest.Images), "classes": store.Classes()})
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), store.Dir())
	return err
}

// isRun reports whether a folder is that of a run, and not of its exported images, which bring its config too.
func isRun(folder string) bool {
	_, config := os.Stat(filepath.Join(folder, "config.toml"))
	return config == nil && !bundle.Is(folder)
}

// ofRun labels the images of a finished run.
func (f *relabelFlags) ofRun(ctx context.Context, folder string, out *console) (*label.Store, error) {
	switch {
	case f.data.dataset != "" || len(f.data.classes) > 0 || f.data.size != 0:
		return nil, usage("--dataset, --classes and --size are those of the run in %s: drop them", folder)
	case f.out != "":
		return nil, usage("--out %s: the labels of a run lie in its folder: drop it", f.out)
	}
	place, err := run.OpenFinished(folder)
	if err != nil {
		return nil, err
	}
	defer place.Close()
	config := place.Config
	if f.data.data != "" {
		config.Data = f.data.data
	}
	if f.network != "" {
		config.Network = f.network
	}
	w, err := f.common.open(ctx, needs{device: true, data: options(config)}, out.show)
	if err != nil {
		return nil, err
	}
	defer w.close()
	r := &run.Run{Config: config, Folder: place, Device: w.device, Set: w.set, Cache: w.cache, Gate: run.NewGate(), Emit: out.show}
	return r.Relabel(ctx, f.teachers, func(perClass int) (protocol.Protocol, error) {
		return f.settings(run.Facts(w.set), perClass)
	})
}

// settings are those of labels that are stored, for so many images of each class.
func (f *relabelFlags) settings(d recipe.Dataset, perClass int) (protocol.Protocol, error) {
	p, err := f.protocol.build(d, perClass, "resnet18") // whichever: labels do not depend on the student
	p.Labels.Source = protocol.Stored
	return p, err
}

// ofImages labels the images of a folder.
func (f *relabelFlags) ofImages(ctx context.Context, folder string, out *console) (*label.Store, error) {
	switch {
	case f.data.dataset == "":
		return nil, usage("%s is no run: say with --dataset which set its classes are of", folder)
	case len(f.teachers) == 0:
		return nil, usage("%s is no run: give the teacher of its images with --teacher", folder)
	}
	if err := f.data.check(); err != nil {
		return nil, err
	}
	dir := f.out
	if dir == "" {
		dir = strings.TrimRight(filepath.Clean(folder), string(filepath.Separator)) + "-labels"
	}
	if len(f.data.classes) == 0 {
		var err error
		if f.data.classes, err = run.ClassFolders(ctx, folder); err != nil {
			return nil, dataError{err}
		}
	}
	f.data.perClass = 1 // of the set, its classes and normalisation are wanted
	w, err := f.common.open(ctx, needs{device: true, teachers: f.teachers, network: f.network, data: f.data.options()}, out.show)
	if err != nil {
		return nil, err
	}
	defer w.close()
	images, err := run.OpenImages(ctx, folder, w.set.Size, w.set.Classes)
	if err != nil {
		return nil, dataError{err}
	}
	defer images.Close()
	for _, text := range images.Warnings() {
		out.warn("images: %s", text)
	}
	data := run.DataOf(w.set)
	if _, err := run.UseTeachers(w.teachers, &data, out.show); err != nil {
		return nil, err
	}
	perClass := images.PerClass(len(w.set.Classes))
	p, err := f.settings(run.Facts(w.set), perClass)
	if err != nil {
		return nil, err
	}
	unlock, err := run.LockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	data.Train = images
	return run.Relabelling{Device: w.device, Images: data, Teachers: w.teachers, Protocol: p, Dir: dir, Emit: out.show}.Do(ctx)
}
