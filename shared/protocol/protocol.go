package protocol

import (
	"errors"
	"fmt"

	"reta/shared/recipe"
)

// Protocol is how students are labelled, trained and tested.
type Protocol struct {
	Name    string  `json:"protocol" toml:"protocol"` // the preset it started from
	Labels  Labels  `json:"labels" toml:"labels"`
	Student Student `json:"student" toml:"student"`
	Test    Test    `json:"test" toml:"test"`
}

// Test is when and on what a student is tested. Epochs count from 0; it is always tested after the last.
type Test struct {
	Every    int     `json:"every" toml:"every"`         // after epochs e with e mod Every = Phase
	Phase    int     `json:"phase" toml:"phase"`         // 0 or, for epochs that end in 9, 9
	From     float64 `json:"from" toml:"from"`           // not before this share of the epochs
	PerClass int     `json:"per_class" toml:"per_class"` // only the first test images of each class; 0: all
	Crop     float64 `json:"crop" toml:"crop"`           // share of the side that the centred view keeps; 1: the whole image
}

// After reports whether a student that trains so many epochs is tested after epoch e, from 0.
func (t Test) After(e, epochs int) bool {
	switch {
	case e == epochs-1:
		return true
	case e < int(float64(epochs)*t.From):
		return false
	}
	return e%t.Every == t.Phase
}

// Validate joins all that is wrong with the settings, each as "name value: want what".
func (p Protocol) Validate() error {
	errs := []error{Settings.Check(p)}
	that := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	l, s, t := p.Labels, p.Student, p.Test
	that(s.Accumulation <= l.Batch, "student.accumulation %d: want at most labels.batch, %d", s.Accumulation, l.Batch)
	that(t.Phase < t.Every || t.Every < 1, "test.phase %d: want less than test.every, %d", t.Phase, t.Every)
	that(l.Epochs <= s.Epochs, "labels.epochs %d: want at most student.epochs, %d, or 0 for as many", l.Epochs, s.Epochs)
	that(s.HardEpochs == 0 || s.HardEpochs < s.Epochs, "student.hard_epochs %d: want less than student.epochs, %d", s.HardEpochs, s.Epochs)
	that(s.HardEpochs == 0 || s.Loss != CE, "student.hard_epochs %d with student.loss ce, which has hard labels in all epochs: want 0", s.HardEpochs)
	that(l.Bits == 8 || l.Bits == 16, "labels.bits %d: want 8 or 16", l.Bits)
	that(l.TopK == 0 || l.Bits == 16, "labels.top_k %d with labels.bits %d: want one of them: labels.bits 16, or labels.top_k 0", l.TopK, l.Bits)
	that(s.Loss == CE || l.Source != Hard, "student.loss %s with labels.source hard: want ce", s.Loss)
	return errors.Join(errs...)
}

// Hardened is the protocol with the classes as labels: the same images, views and training without soft labels. Views are
// then not mixed, since a mixture has no class.
func (p Protocol) Hardened() Protocol {
	p.Labels.Source, p.Labels.Mix, p.Labels.Halves, p.Student.Loss, p.Student.HardEpochs = Hard, NoMix, false, CE, 0
	return p
}

// Whole is the protocol for all images of a set in place of so few of them, with the classes as labels: a student sees about as
// many images in all, each of them at least six times, in batches of 32 or more.
func (p Protocol) Whole(few, all int) Protocol {
	p = p.Hardened()
	epochs := (p.Student.Epochs*few + all - 1) / all
	p.Student.Epochs = min(max(epochs, 6), max(p.Student.Epochs, 6))
	p.Labels.Batch, p.Labels.Epochs, p.Student.Accumulation = min(max(p.Labels.Batch, 32), all), 0, 1
	p.Test.Every = max(1, p.Student.Epochs/5)
	p.Test.Phase = p.Test.Every - 1
	return p
}

// OnWholeViews is the protocol without augmentation: whole images, which are not mixed. Its labels are made in every step.
func (p Protocol) OnWholeViews() Protocol {
	l := &p.Labels
	l.Area, l.Ratio, l.Pad, l.Flip, l.Mix, l.RandAugment, l.Shuffle = [2]float64{1, 1}, [2]float64{1, 1}, 0, 0, NoMix, 0, 1
	p.Student.DSA = false
	if l.Source == Stored {
		l.Source = Online
	}
	return p
}

// Variants are the protocols that are tried: the protocol itself or, where it searches, one for each of its learning rates
// and etas. Of a search the best is reported, as chosen on the test images.
func (p Protocol) Variants() []Protocol {
	if !p.Student.Search {
		return []Protocol{p}
	}
	var list []Protocol
	for _, lr := range []float64{5e-4, 1e-3} {
		for _, eta := range []float64{1, 2} {
			v := p
			v.Student.Search, v.Student.LR, v.Student.Eta = false, lr, eta
			list = append(list, v)
		}
	}
	return list
}

// Key is a hash of all settings, for what is kept because it depends on nothing else.
func (p Protocol) Key() string { return recipe.Key(p, Protocol{}) }

// Labelled are the settings of the labels that are made for the student: those of all its epochs, unless there are to be
// fewer.
func (p Protocol) Labelled() Labels {
	if p.Labels.Epochs == 0 {
		p.Labels.Epochs = p.Student.Epochs - p.Student.HardEpochs
	}
	return p.Labels
}
