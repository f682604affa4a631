package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/compute/label"
	"reta/compute/models"
	"reta/compute/vk"
	"reta/server/corrupt"
	"reta/server/dataset"
	"reta/server/report"
	"reta/server/run"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// evaluateFlags are all that evaluate takes.
type evaluateFlags struct {
	imageFlags
	protocol   protocolFlags
	students   []string
	seeds      int
	labels     string
	controls   []string
	wholeSet   bool
	redraw     bool
	csv        bool
	corrupted  bool
	corruption corruptionFlags
	trials     string
	board      string // folder of TensorBoard's event files
}

func evaluateCommand(gate *run.Gate) *cobra.Command {
	var f evaluateFlags
	c := &cobra.Command{
		Use:   "evaluate RUN|FOLDER|BUNDLE",
		Short: "Train students on images from scratch, with controls, and test them",
		Long: `Evaluate trains students from scratch on the images of a run, of a bundle or of any folder of
class folders, tests them on the real test images, and prints what they reach: mean and standard
error over seeds, at the last test and at the best one. Beside the images it trains on controls:

  random       as many random real images of each class, with the same kind of labels
  hard         the same images with hard labels
  patches      the images that recovery started from (of a run only)
  random-hard  random real images with hard labels
  whole-views  the images and random ones without augmentation
  whole-set    all real images with hard labels

With --corruptions the trained students are also tested on the test images under the fifteen
corruptions at five severities of ImageNet-C (docs/corruptions.md), which are made one after the
other in memory and not written; --corruption and --severity choose some.

A difference below twice its standard error is no difference. Soft labels that are missing are
made first (see server relabel). A folder that is no run needs --dataset and, for soft labels,
--teacher. The results are kept in RUN/evaluation.json, or in FOLDER-evaluation. Stopped at
any moment, the same command continues and ends with the same numbers; finished trainings are
not repeated, so more seeds or controls cost only what they add. docs/evaluation.md says how
to read the table.

` + protocolTable(),
		Example: `  server evaluate runs/reta
  server evaluate runs/reta --student convnet3 --student resnet18 --seeds 3 --protocol quick
  server evaluate images --dataset cifar-100 --teacher resnet18-cifar100.safetensors --whole-set`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("%s given: want one, of a run, a bundle or images; see %s --help", event.Counted(len(args), "folder"), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			f.corrupted = f.corrupted || firstChanged(c, "corruption", "severity", "corruption-seed", "stored") != ""
			return f.evaluate(c, args[0], gate)
		},
	}
	f.register(c.Flags())
	return c
}

// register adds the flags.
func (f *evaluateFlags) register(fs *pflag.FlagSet) {
	f.add(fs, run.Evaluate, "evaluation", "trained weights for soft labels")
	fs.StringArrayVar(&f.students, "student", nil, "network to train; repeatable: "+strings.Join(models.Names(), ", ")+" (default: resnet18; on a CPU convnet3, resnet-mini for the demo set)")
	fs.IntVar(&f.seeds, "seeds", 5, "trainings of each student on each set, which differ in their first weights")
	fs.Var((*lowered)(&f.labels), "labels", "stored (made before training and kept), online (made in every step) or hard (default: the protocol's)")
	fs.StringSliceVar(&f.controls, "controls", run.DefaultControls(), "controls to train beside the images, or none: "+strings.Join(run.Controls(), ", "))
	fs.BoolVar(&f.wholeSet, "whole-set", false, "the same as --controls with whole-set added")
	fs.BoolVar(&f.redraw, "redraw", false, "each seed draws its own views, labels and random images, so that the error knows of them; labels are made for each")
	fs.BoolVar(&f.corrupted, "corruptions", false, "test the students on corrupted test images too")
	f.corruption.add(fs, "corruption-seed")
	fs.StringVar(&f.out, "out", "", "folder for the results of images that are no run's (default: FOLDER-evaluation), or of a shard (default: RUN-evaluate-I-of-N)")
	fs.StringVar(&f.trials, "trials", "", "folder that keeps finished trainings, so that evaluations of other images find those on the same controls (default: RUN/evaluation)")
	addBoardFlag(fs, &f.board)
	fs.BoolVar(&f.csv, "csv", false, "print a line of comma-separated values for each training instead of the table")
	f.protocol.add(fs, "", func(name string) bool {
		return slices.Contains([]string{"student.epochs", "student.lr", "labels.batch"}, name)
	})
	f.protocol.addSets(fs)
}

// check refuses flags that contradict each other or name what is not there, before anything is opened.
func (f *evaluateFlags) check(folder string) error {
	if err := firstError(f.imageFlags.check(folder, "a run, of a bundle or of images"), f.protocol.check(), f.corruption.check(), checkStudents(f.students)); err != nil {
		return err
	}
	if f.seeds < 1 || f.seeds > 1000 {
		return usage("--seeds %d: want 1 to 1000", f.seeds)
	}
	if f.labels != "" && !slices.Contains([]string{protocol.Stored, protocol.Online, protocol.Hard}, f.labels) {
		return usage("--labels %s: want stored, online or hard", f.labels)
	}
	controls, err := checkControls(f.controls)
	if err != nil {
		return err
	}
	f.controls = controls
	if f.wholeSet {
		f.controls = append(f.controls, run.WholeControl)
	}
	if f.part != nil && f.trials != "" {
		return usage("--trials keeps trainings in a folder of their own, --shard in that of the shard: want one of them")
	}
	if f.csv && f.common.json {
		return usage("--csv and --json are two forms of one output: want one of them")
	}
	return nil
}

// evaluate trains and tests, and prints what came of it.
func (f *evaluateFlags) evaluate(c *cobra.Command, folder string, gate *run.Gate) error {
	if err := f.check(folder); err != nil {
		return err
	}
	work := f.ofImages
	if isRun(folder) {
		work = f.ofRun
	}
	return judge(c, f.common, f.csv, folder, gate, work, printTrials, report.Evaluation)
}

// judge does the work on the images of a folder, and prints what came of it: as a table, with csv as lines.
func judge[R any](c *cobra.Command, common commonFlags, csv bool, folder string, gate *run.Gate,
	work func(context.Context, string, *run.Gate, *console) (R, error), lines, table func(io.Writer, R) error) error {
	out := common.console(c)
	defer out.close()
	result, err := work(c.Context(), folder, gate, out)
	if onRequest(err) {
		return stopped{err, sameCommand()}
	}
	if err != nil {
		return err
	}
	out.close()
	switch {
	case common.json:
		text, err := json.Marshal(result)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n", text)
		return err
	case csv:
		return lines(c.OutOrStdout(), result)
	}
	return table(c.OutOrStdout(), result)
}

// ofRun evaluates the images of a finished run.
func (f *evaluateFlags) ofRun(ctx context.Context, folder string, gate *run.Gate, out *console) (*run.Evaluation, error) {
	r, w, err := f.openRun(ctx, folder, out)
	if err != nil {
		return nil, err
	}
	defer w.close()
	if err := tested(w.set); err != nil {
		return nil, err
	}
	if r.Kept, err = openBoard(f.board, folder, out.warn); err != nil {
		return nil, err
	}
	r.Gate, f.protocol.recipe = gate, r.Config.Recipe.Name
	e := run.Evaluating{Seeds: f.seeds, Controls: f.controls, Redraw: f.redraw, Corruptions: f.corruptions(w.set.Size), Trials: f.trials}
	return r.Evaluate(ctx, w.teachers, e, func(perClass int) ([]run.Student, error) {
		return f.settings(w.device.Info(), run.Facts(w.set), perClass, r.Folder.LabelStores(), out)
	})
}

// corruptions are those that are asked for of images of a side, nil for none.
func (f *evaluateFlags) corruptions(side int) *run.Corruptions {
	if !f.corrupted {
		return nil
	}
	c := f.corruption
	return &run.Corruptions{Names: c.names, Severities: c.severities, Seed: c.seed, JPEG: c.quality(side), Column: corrupt.Column(side), Version: corrupt.Version, Frost: corrupt.FrostNote}
}

// tested refuses a set without test images.
func tested(set *dataset.Dataset) error {
	if set.Test.Len() == 0 {
		return dataError{fmt.Errorf("dataset %s has no test images: want a val/ or test/ folder beside train/", set.Name)}
	}
	return nil
}

// settings are the students with their protocols. Where labels are there already and nothing is asked of labels, theirs are
// the settings.
func (f *evaluateFlags) settings(dev vk.Info, d recipe.Dataset, perClass int, stores []string, out *console) (list []run.Student, err error) {
	networks := f.students
	if len(networks) == 0 {
		networks = []string{run.DefaultStudent(dev, d.Name)}
		if networks[0] != "resnet18" {
			out.say("evaluate: %s is the default on a CPU; --student resnet18 takes the paper's", networks[0])
		}
	}
	f.protocol.notes(d, perClass, out)
	var there *protocol.Labels
	for _, dir := range stores {
		if m, err := label.ReadManifest(dir); err == nil && there == nil && f.labels == "" && !f.protocol.asksOf("labels.") {
			there = &m.Labels
			out.say("evaluate: the labels in %s are taken with their settings", dir)
		} else if err != nil && !errors.Is(err, label.ErrNone) {
			return nil, dataError{err}
		}
	}
	for _, network := range networks {
		p, err := f.protocol.forStudent(d, perClass, network)
		if err != nil {
			return nil, err
		}
		switch {
		case f.labels == protocol.Hard:
			p = p.Hardened()
		case f.labels != "":
			p.Labels.Source = f.labels
			if p.Student.Loss == protocol.CE {
				p.Student.Loss = protocol.KL
			}
		case there != nil && p.Labels.Source == protocol.Stored:
			p.Labels = *there
			p.Labels.Source, p.Labels.Epochs = protocol.Stored, min(there.Epochs, p.Student.Epochs)
		}
		if err := p.Validate(); err != nil {
			return nil, usageError{err}
		}
		list = append(list, run.Student{Network: network, Protocol: p})
	}
	return list, nil
}

// ofImages evaluates the images of a folder: of a bundle, whose config says what set it is of, or any other.
func (f *evaluateFlags) ofImages(ctx context.Context, folder string, gate *run.Gate, out *console) (*run.Evaluation, error) {
	o, err := f.openImages(ctx, folder, out)
	if err != nil {
		return nil, err
	}
	defer o.close()
	stores := []string{filepath.Join(folder, "labels"), run.Beside(folder, "labels")}
	students, err := f.settings(o.device.Info(), run.Facts(o.set), o.perClass(), stores, out)
	if err != nil {
		return nil, err
	}
	board, err := openBoard(f.board, o.dir, out.warn)
	if err != nil {
		return nil, err
	}
	e := run.Evaluating{
		Device: o.device, Set: o.data, SetHash: o.set.Hash, Images: o.images, Formation: formationOf(folder), Teachers: o.teachers, TeacherKey: o.key, Students: students,
		Seeds: f.seeds, Controls: f.controls, Redraw: f.redraw, Corruptions: f.corruptions(o.set.Size), Stores: stores, Dir: o.dir, Trials: f.trials, Emit: func(e event.Event) { out.show(e); board(e) },
		Gate: func(ctx context.Context) error { return gate.Wait(ctx, nil) },
	}
	result, err := e.Do(ctx)
	if err != nil {
		return nil, err
	}
	return result, result.Write(filepath.Join(o.dir, run.EvaluationFile))
}

// openImages opens a folder of images, a bundle or any other, for students.
func (f *evaluateFlags) openImages(ctx context.Context, folder string, out *console) (*imageFolder, error) {
	if err := f.fromBundle(folder); err != nil {
		return nil, err
	}
	if f.data.dataset == "" {
		return nil, usage("%s is no run: say with --dataset which set its classes are of", folder)
	}
	o, err := f.openFolder(ctx, folder, out)
	if err != nil {
		return nil, err
	}
	if err := tested(o.set); err != nil {
		o.close()
		return nil, err
	}
	f.protocol.recipe = recipeOf(folder)
	return o, nil
}

// fromBundle takes what the config in an exported folder says where no flag says otherwise.
func (f *evaluateFlags) fromBundle(folder string) error {
	if f.data.dataset != "" {
		return nil
	}
	config, err := run.ReadFolder(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return dataError{err}
	}
	there := func(file string) bool { _, err := os.Stat(file); return err == nil }
	if dir, ok := strings.CutPrefix(config.Dataset, "path:"); !ok || there(dir) { // a bundle has no folder of this machine in it
		f.data.dataset = config.Dataset
	}
	if f.data.data == "" && there(config.Data) {
		f.data.data = config.Data
	}
	if len(f.data.classes) == 0 {
		f.data.classes = config.Classes
	}
	if f.data.size == 0 {
		f.data.size = config.Size
	}
	if len(f.teachers) == 0 && !slices.ContainsFunc(config.Teachers, func(file string) bool { return !there(file) }) {
		f.teachers = config.Teachers
	}
	if f.network == "" {
		f.network = config.Network
	}
	return nil
}

// printTrials prints a line of comma-separated values for each trial.
func printTrials(w io.Writer, e *run.Evaluation) error {
	table := csv.NewWriter(w)
	_ = table.Write([]string{"images", "labels", "student", "seed", "count", "epochs", "last_top1", "last_top5", "best_top1", "best_top5", "best_epoch", "seconds", "corrupted_top1"}) // Flush reports errors
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, o := range e.Trials {
		last, best, corrupted := o.Last(), o.Best(), ""
		if len(o.Corrupted) > 0 {
			corrupted = number(o.MeanCorrupted())
		}
		_ = table.Write([]string{o.Images, o.Labels, o.Student, fmt.Sprint(o.Seed), fmt.Sprint(o.Count), fmt.Sprint(last.Epoch), number(last.Top1), number(last.Top5),
			number(best.Top1), number(best.Top5), fmt.Sprint(best.Epoch), number(o.Seconds), corrupted})
	}
	table.Flush()
	return table.Error()
}
