package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/compute/models"
	"reta/server/report"
	"reta/server/run"
	"reta/shared/event"
	"reta/shared/protocol"
)

// incrementalFlags are all that incremental takes: those of evaluate that fit, and the steps.
type incrementalFlags struct {
	evaluateFlags
	steps, orders, memory int
	method                string
}

func incrementalCommand(gate *run.Gate) *cobra.Command {
	var f incrementalFlags
	c := &cobra.Command{
		Use:   "incremental RUN|FOLDER|BUNDLE",
		Short: "Train students on images as the memory of class-incremental learning",
		Long: `Incremental has the classes come in steps. After each, students are trained on the images of all
classes so far (the memory) and tested on the test images of these classes; so they are on as many
random real images. It prints the accuracy after each step, the last of which is the final accuracy,
their mean, the average incremental accuracy, and forgetting, over several orders of the classes.

With --method gdumb (default) they are trained from scratch. With distill they go on from the
students of the step before, and are to keep what these answer for the classes before.

Soft labels are made of the teachers' logits of the classes so far only, normalised among these: what a teacher
answers for later classes is in no label. (That it has learnt its features from all classes cannot
be undone.) The results are kept in FOLDER-incremental/incremental.json. Stopped at any moment, the
same command continues; finished trainings are not repeated. docs/incremental.md has more.`,
		Example: `  server incremental runs/reta --steps 5 --orders 5
  server incremental runs/edc --steps 10 --method distill --teacher resnet18-cifar100.safetensors
  server incremental images --dataset cifar-100 --memory 1000 --steps 10 --labels hard --student convnet3 --protocol dc-bench`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("%s given: want one, of a run, a bundle or images; see %s --help", event.Counted(len(args), "folder"), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return f.learn(c, args[0], gate) },
	}
	f.register(c.Flags())
	return c
}

func (f *incrementalFlags) register(fs *pflag.FlagSet) {
	f.method = run.GDumb
	fs.IntVar(&f.memory, "memory", 0, "images in memory of all classes together, as many of each (default: all of the folder)")
	f.add(fs, "", "incremental", "trained weights for soft labels")
	fs.IntVar(&f.steps, "steps", 5, "steps that the classes come in")
	fs.IntVar(&f.orders, "orders", 5, "orders of the classes, each drawn at random")
	fs.Var((*lowered)(&f.method), "method", "gdumb (students are trained from scratch after each step) or distill (they go on from those of the step before and keep their answers)")
	fs.StringArrayVar(&f.students, "student", nil, "network to train; repeatable: "+strings.Join(models.Names(), ", ")+" (default: resnet18; on a CPU convnet3, resnet-mini for the demo set)")
	fs.IntVar(&f.seeds, "seeds", 1, "trainings of each student after each step, which differ in their first weights")
	fs.Var((*lowered)(&f.labels), "labels", "stored (made before training and kept), online (made in every step) or hard (default: the protocol's)")
	fs.StringSliceVar(&f.controls, "controls", []string{run.RandomControl}, "memories to train on beside the images, or none: random, hard, random-hard")
	fs.StringVar(&f.out, "out", "", "folder for the results (default: FOLDER-incremental)")
	fs.BoolVar(&f.csv, "csv", false, "print a line of comma-separated values for each order, seed and step instead of the table")
	f.protocol.add(fs, "", func(name string) bool {
		return slices.Contains([]string{"student.epochs", "student.lr", "labels.batch"}, name)
	})
	f.protocol.addSets(fs)
}

func (f *incrementalFlags) learn(c *cobra.Command, folder string, gate *run.Gate) error {
	if err := f.check(folder); err != nil {
		return err
	}
	if err := f.checkSteps(); err != nil {
		return err
	}
	work := f.ofFolder
	if isRun(folder) {
		work = f.ofRun
	}
	return judge(c, f.common, f.csv, folder, gate, work, printSteps, report.Incremental)
}

// checkSteps refuses what cannot be made of the steps, the method and the controls.
func (f *incrementalFlags) checkSteps() error {
	for _, n := range []struct {
		flag  string
		value int
		least int
	}{{"steps", f.steps, 1}, {"orders", f.orders, 1}, {"memory", f.memory, 0}} {
		if n.value < n.least || n.value > 1e6 {
			return usage("--%s %d: want %d to 1000000", n.flag, n.value, n.least)
		}
	}
	if f.method != run.GDumb && f.method != run.Distill {
		return usage("--method %s: want %s or %s", f.method, run.GDumb, run.Distill)
	}
	for _, control := range f.controls {
		if !slices.Contains([]string{run.RandomControl, run.HardControl, run.RandomHardControl}, control) {
			return usage("--controls %s: want some of random, hard, random-hard, or none", control)
		}
	}
	return nil
}

func (f *incrementalFlags) ofFolder(ctx context.Context, folder string, gate *run.Gate, out *console) (*run.IncrementalResult, error) {
	o, err := f.openImages(ctx, folder, out)
	if err != nil {
		return nil, err
	}
	defer o.close()
	e := f.asked(o.dir)
	if e.Students, err = f.learners(o.workspace, o.perClass(), out); err != nil {
		return nil, err
	}
	e.Device, e.Set, e.SetHash, e.Images, e.Formation, e.Teachers, e.TeacherKey = o.device, o.data, o.set.Hash, o.images, formationOf(folder), o.teachers, o.key
	e.Emit, e.Gate = out.show, func(ctx context.Context) error { return gate.Wait(ctx, nil) }
	result, err := e.Do(ctx)
	if err != nil {
		return nil, err
	}
	return result, result.Write(filepath.Join(e.Dir, run.IncrementalFile))
}

// ofRun takes the images of a finished run, and its own teachers unless others are given. The results lie beside its export.
func (f *incrementalFlags) ofRun(ctx context.Context, folder string, gate *run.Gate, out *console) (*run.IncrementalResult, error) {
	dir := f.out
	if dir == "" {
		dir = run.Beside(filepath.Join(folder, "export"), f.results)
	}
	f.out = ""
	r, w, err := f.openRun(ctx, folder, out)
	if err != nil {
		return nil, err
	}
	defer w.close()
	if err := tested(w.set); err != nil {
		return nil, err
	}
	unlock, err := run.LockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	r.Gate, f.protocol.recipe = gate, r.Config.Recipe.Name
	result, err := r.Incremental(ctx, w.teachers, f.asked(dir), func(perClass int) ([]run.Student, error) { return f.learners(w, perClass, out) })
	if err != nil {
		return nil, err
	}
	return result, result.Write(filepath.Join(dir, run.IncrementalFile))
}

// asked is what the flags ask for.
func (f *incrementalFlags) asked(dir string) run.Incremental {
	return run.Incremental{Steps: f.steps, Orders: f.orders, Memory: f.memory, Method: f.method, Evaluating: run.Evaluating{Seeds: f.seeds, Controls: f.controls, Dir: dir}}
}

// learners are the students for a memory made of so many images of each class.
func (f *incrementalFlags) learners(w *workspace, perClass int, out *console) ([]run.Student, error) {
	if n := len(w.set.Classes); f.steps > n {
		return nil, usage("--steps %d: want at most %d, a class each", f.steps, n)
	} else if f.memory > 0 {
		perClass = max(1, min(perClass, f.memory/n))
	}
	students, err := f.settings(w.device.Info(), run.Facts(w.set), perClass, nil, out)
	if err == nil && slices.ContainsFunc(students, func(s run.Student) bool { return s.Protocol.Labels.Source != protocol.Hard }) {
		out.say("incremental: labels are made of the teachers' logits of the classes so far only")
	}
	return students, err
}

// printSteps prints a line of comma-separated values for each order and seed after each step.
func printSteps(w io.Writer, r *run.IncrementalResult) error {
	table := csv.NewWriter(w)
	_ = table.Write([]string{"images", "labels", "student", "order", "seed", "step", "classes", "count", "top1", "forgetting"}) // Flush reports errors
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, row := range r.Rows {
		for _, one := range row.Runs {
			for step, top1 := range one.Top1 {
				forgetting := ""
				if step > 0 && step == len(one.Top1)-1 {
					forgetting = number(one.Forgetting)
				}
				_ = table.Write([]string{row.Images, row.Labels, row.Student, fmt.Sprint(one.Order), fmt.Sprint(one.Seed), fmt.Sprint(step + 1), fmt.Sprint(r.Classes[step]),
					fmt.Sprint(row.Count[step]), number(top1), forgetting})
			}
		}
	}
	table.Flush()
	return table.Error()
}
