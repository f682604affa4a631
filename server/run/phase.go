package run

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reta/compute/label"
	"reta/compute/models"
	"reta/compute/vk"
	"reta/server/bundle"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// Phase is one of the phases of a run that follow the training of a teacher.
type Phase string

// The phases in order.
const (
	Recover  Phase = "recover"  // images are optimised
	Relabel  Phase = "relabel"  // teachers label views of them
	Evaluate Phase = "evaluate" // students are trained on them, and on controls, and tested
)

// Phases lists them in order.
func Phases() []Phase { return []Phase{Recover, Relabel, Evaluate} }

func (p Phase) check() error {
	if p == "" || slices.Contains(Phases(), p) {
		return nil
	}
	return fmt.Errorf("until %q: want %s, %s or %s", p, Recover, Relabel, Evaluate)
}

// until is the phase that a run ends with.
func (c Config) until() Phase {
	if c.Until == "" {
		return Recover
	}
	return c.Until
}

// last is the phase that the folder of a run ends with: that of its shard, where it holds one.
func (c Config) last() Phase {
	if c.Shard != nil {
		return c.Shard.Phase
	}
	return c.until()
}

// Judged says how a run's images are judged. What is empty is decided by data and device.
type Judged struct {
	Protocol string   `toml:"protocol"`
	Students []string `toml:"students"`
	Seeds    int      `toml:"seeds"`
	Controls []string `toml:"controls"`
}

// String is all that is set, on a line.
func (j *Judged) String() string {
	if j == nil {
		return ""
	}
	return fmt.Sprintf("%s, %s, %s, controls %s", j.Protocol, strings.Join(j.Students, " "), event.Counted(j.Seeds, "seed"), strings.Join(j.Controls, " "))
}

func (j *Judged) check() error {
	if j == nil {
		return nil
	}
	if j.Protocol != "" && !slices.Contains(protocol.Names(), j.Protocol) {
		return fmt.Errorf("evaluation.protocol %q: want one of %s", j.Protocol, strings.Join(protocol.Names(), ", "))
	}
	for _, s := range j.Students {
		if err := models.Known(s); err != nil {
			return fmt.Errorf("evaluation.students: %w", err)
		}
	}
	for _, c := range j.Controls {
		if !slices.Contains(Controls(), c) {
			return fmt.Errorf("evaluation.controls %q: want some of %s", c, strings.Join(Controls(), ", "))
		}
	}
	if j.Seeds < 0 {
		return fmt.Errorf("evaluation.seeds %d: want 1 or more", j.Seeds)
	}
	return nil
}

// settled fills in what is empty: FADRM's training of a ResNet-18 from five seeds on a GPU; on a CPU, and for the demo set, a
// small student, the quick protocol and three seeds, since the same takes hours there. The demo, which is to end within
// minutes, has random images and all real ones as its controls, these from one seed.
func (j *Judged) settled(dev vk.Info, set string) *Judged {
	out := Judged{}
	if j != nil {
		out = *j
	}
	preset, student, seeds, controls := "fadrm", "resnet18", 5, DefaultControls()
	if dev.Kind == vk.CPU || set == demoSet {
		preset, student, seeds = "quick", "convnet3", 3
	}
	if set == demoSet {
		student, controls = "resnet-mini", []string{RandomControl, WholeControl}
	}
	if out.Protocol == "" {
		out.Protocol = preset
	}
	if len(out.Students) == 0 {
		out.Students = []string{student}
	}
	if out.Seeds == 0 {
		out.Seeds = seeds
	}
	if out.Controls == nil {
		out.Controls = controls
	}
	return &out
}

const demoSet = "demo"

// came reports whether the run in a folder has come through its last phase, and its bundle has what came of it.
func (c Config) came(path string) bool {
	labels, evaluation, export := filepath.Join(path, "labels"), filepath.Join(path, EvaluationFile), filepath.Join(path, "export")
	var err error
	switch c.last() {
	case Relabel:
		_, err = label.ReadManifest(labels)
	case Evaluate:
		_, err = os.Stat(evaluation)
	default:
		return exported(path)
	}
	return err == nil && (!bundle.Is(export) || bundle.UpToDate(export, labels, evaluation))
}

// students are the networks that judge the images of a run, so many of each class, with their protocols.
func (r *Run) students(perClass int) ([]Student, error) {
	return r.Config.students(Facts(r.Set), perClass, r.say)
}

// students needs settled settings; say, if not nil, receives what is to be known of the protocol.
func (c Config) students(d recipe.Dataset, perClass int, say func(format string, args ...any)) (list []Student, err error) {
	for _, name := range c.Judged.Students {
		s := protocol.Setup{Dataset: d, IPC: perClass, Student: name, Recipe: c.Recipe.Name}
		p, err := s.New(c.Judged.Protocol)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 && say != nil {
			for _, text := range s.Notes(p.Name) {
				say("protocol %s: %s", p.Name, text)
			}
		}
		list = append(list, Student{name, p})
	}
	return list, nil
}

// followUp carries out the phases after recovery that the run is to have.
func (r *Run) followUp(ctx context.Context) (*Evaluation, error) {
	if r.Config.last() == Recover {
		return nil, nil
	}
	r.Config.Judged = r.Config.Judged.settled(r.Device.Info(), r.Set.Name)
	if r.Config.last() == Relabel {
		_, err := r.relabel(ctx, nil, func(perClass int) (protocol.Protocol, error) {
			list, err := r.students(perClass)
			if err != nil {
				return protocol.Protocol{}, err
			}
			p := list[0].Protocol
			p.Labels.Source = protocol.Stored
			return p, nil
		})
		return nil, err
	}
	return r.evaluate(ctx, nil, Evaluating{Seeds: r.Config.Judged.Seeds, Controls: r.Config.Judged.Controls, WholeOnce: r.Set.Name == demoSet}, r.students)
}
