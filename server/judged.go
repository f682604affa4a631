package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/compute/models"
	"reta/server/run"
	"reta/shared/protocol"
)

// judgedFlags choose the phases after recovery and how students judge the images there. What is not given is left to data and
// device.
type judgedFlags struct {
	until    string
	protocol string
	students []string
	seeds    int
	controls []string
}

func (f *judgedFlags) add(fs *pflag.FlagSet) {
	fs.Var((*lowered)(&f.until), "until", "last phase: recover, relabel or evaluate (default: evaluate)")
	fs.Var((*lowered)(&f.protocol), "protocol", "training of students: "+strings.Join(protocol.Names(), ", ")+" (default: fadrm; quick on a CPU and for the demo)")
	fs.StringArrayVar(&f.students, "student", nil, "network to train on the images; repeatable (default: resnet18; convnet3 on a CPU, resnet-mini for the demo)")
	fs.IntVar(&f.seeds, "seeds", 0, "trainings of each student on each set (default: 5; 3 on a CPU and for the demo)")
	fs.StringSliceVar(&f.controls, "controls", nil, "controls to train beside the images, or none: "+strings.Join(run.Controls(), ", ")+
		" (default: "+strings.Join(run.DefaultControls(), ",")+"; random,whole-set for the demo)")
}

// check refuses what cannot be, before anything is opened.
func (f *judgedFlags) check(c *cobra.Command) error {
	var words []string
	for _, p := range run.Phases() {
		words = append(words, string(p))
	}
	if f.until != "" && !slices.Contains(words, f.until) {
		return usage("--until %s: want one of %s", f.until, strings.Join(words, ", "))
	}
	if name := firstChanged(c, "protocol", "student", "seeds", "controls"); name != "" && f.until == string(run.Recover) {
		return usage("--%s is about what follows recovery, --until recover ends there: want one of them", name)
	}
	if f.protocol != "" && !slices.Contains(protocol.Names(), f.protocol) {
		return usage("--protocol %s: want one of %s", f.protocol, strings.Join(protocol.Names(), ", "))
	}
	if c.Flags().Changed("seeds") && (f.seeds < 1 || f.seeds > 1000) {
		return usage("--seeds %d: want 1 to 1000", f.seeds)
	}
	if err := checkStudents(f.students); err != nil {
		return err
	}
	var err error
	f.controls, err = checkControls(f.controls)
	return err
}

// apply puts the flags into a run's config.
func (f *judgedFlags) apply(c *run.Config) {
	c.Until = run.Phase(f.until)
	if c.Until == "" {
		c.Until = run.Evaluate
	}
	if c.Until != run.Recover {
		c.Judged = &run.Judged{Protocol: f.protocol, Students: f.students, Seeds: f.seeds, Controls: f.controls}
	}
}

// checkStudents refuses networks that are not known and puts their names in lower case.
func checkStudents(students []string) error {
	for i, s := range students {
		students[i] = strings.ToLower(s)
		if err := models.Known(students[i]); err != nil {
			return usage("--student: %w", err)
		}
	}
	return nil
}

// checkControls refuses controls that are not known; "none" is no control.
func checkControls(list []string) ([]string, error) {
	for _, c := range list {
		if c != "none" && !slices.Contains(run.Controls(), c) {
			return list, usage("--controls %s: want some of %s, or none", c, strings.Join(run.Controls(), ", "))
		}
	}
	return slices.DeleteFunc(list, func(c string) bool { return c == "none" }), nil
}
