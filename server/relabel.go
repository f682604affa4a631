package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"reta/compute/label"
	"reta/server/run"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// relabelFlags are all that relabel takes.
type relabelFlags struct {
	imageFlags
	protocol protocolFlags
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
	f.add(fs, run.Relabel, "labels", "trained weights")
	fs.StringVar(&f.out, "out", "", "folder for the labels (default: RUN/labels, FOLDER-labels), or of a shard (default: RUN-relabel-I-of-N)")
	f.protocol.add(fs, "fadrm", func(name string) bool { return strings.HasPrefix(name, "labels.") && name != "labels.source" })
	return c
}

// relabel labels the images of a run or of any folder and prints where the labels are.
func (f *relabelFlags) relabel(c *cobra.Command, folder string) error {
	if err := firstError(f.check(folder, "a run, or of images"), f.protocol.check()); err != nil {
		return err
	}
	out := f.common.console(c)
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
		first, end := store.Manifest.Epochs()
		return printJSON(c.OutOrStdout(), map[string]any{"labels": store.Dir(), "epochs": end - first, "images": len(store.Manifest.Images), "classes": store.Classes()})
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), store.Dir())
	return err
}

// ofRun labels the images of a finished run.
func (f *relabelFlags) ofRun(ctx context.Context, folder string, out *console) (*label.Store, error) {
	r, w, err := f.openRun(ctx, folder, out)
	if err != nil {
		return nil, err
	}
	defer w.close()
	f.protocol.recipe = r.Config.Recipe.Name
	return r.Relabel(ctx, w.teachers, func(perClass int) (protocol.Protocol, error) {
		return f.settings(run.Facts(w.set), perClass, out)
	})
}

// settings are those of labels that are stored, for so many images of each class.
func (f *relabelFlags) settings(d recipe.Dataset, perClass int, out *console) (protocol.Protocol, error) {
	f.protocol.notes(d, perClass, out)
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
	f.data.perClass = 1 // of the set, its classes and normalisation are wanted
	o, err := f.openFolder(ctx, folder, out)
	if err != nil {
		return nil, err
	}
	defer o.close()
	f.protocol.recipe = recipeOf(folder)
	p, err := f.settings(run.Facts(o.set), o.perClass(), out)
	if err != nil {
		return nil, err
	}
	o.data.Train = label.Formed(o.images, o.data.Size, formationOf(folder))
	return run.Relabelling{Device: o.device, Images: o.data, Teachers: o.teachers, Protocol: p, Dir: o.dir, Emit: out.show}.Do(ctx)
}
