package recipe

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// The published constants of every recipe by data set and IPC; of nrr-dd those that we chose.
func TestPublishedConstants(t *testing.T) {
	for _, c := range []struct {
		name, set string
		ipc       int
		want      string
	}{
		{"sre2l++", "cifar-100", 10, "patch delt medium x1, 4000 steps at 32 px, lr 0.25, batch 100 across, crop 0.08 constant, flip 0.5, roll 4, ce,bn 0.01"},
		{"sre2l++", "tiny-imagenet", 50, "patch delt medium x1, 4000 steps at 64 px, lr 0.25, batch 100 across, crop 0.08 constant, flip 0.5, roll 4, ce,bn 0.01"},
		{"sre2l++", "imagenette", 1, "patch delt medium x1, 4000 steps at 224 px, lr 0.25, batch 10 across, crop 0.08 constant, flip 0.5, roll 32, ce,bn 0.01"},
		{"rded", "cifar-100", 10, "patch rded easy x1, 0 steps at 32 px"},
		{"rded", "tiny-imagenet", 10, "patch rded easy x1, 0 steps at 64 px"},
		{"rded", "imagenette", 10, "patch rded easy x2, 0 steps at 224 px"},
		{"rded", "imagenet-1k", 50, "patch rded easy x2, 0 steps at 224 px"},
		{"delt", "imagenet-1k", 50, "patch delt medium x1, 4000 steps at 224 px, lr 0.25, batch 100 by-class, crop 0.08 cosine, flip 0.5, roll 0, ce,bn 0.01, 8 rounds"},
		{"delt", "cifar-100", 10, "patch delt medium x1, 4000 steps at 32 px, lr 0.25, batch 100 by-class, crop 0.08 cosine, flip 0.5, roll 0, ce,bn 0.01, 8 rounds"},
		{"cv-dd", "cifar-100", 10, "patch delt medium x1, 4000 steps at 32 px, lr 0.25, batch 100 across, crop 0.08 constant, flip 0.5, roll 4, ce,bn 0.01, pair"},
		{"cv-dd", "imagenette", 50, "patch delt medium x1, 4000 steps at 224 px, lr 0.25, batch 10 across, crop 0.08 constant, flip 0.5, roll 32, ce,bn 0.01, pair"},
		{"edc", "cifar-100", 10, "patch random medium x1, 2000 steps at 32 px, lr 0.05, batch 25 by-class, crop 0.5 constant, flip 0.5, roll 0, ce,stats 0.01 0.5 0.8 0 10"},
		{"edc", "cifar-10", 1, "patch random medium x1, 75 steps at 32 px, lr 0.05, batch 10 by-class, crop 0.5 constant, flip 0.5, roll 0, ce,stats 0.01 0.5 0.8 0 10"},
		{"edc", "cifar-10", 10, "patch random medium x1, 2000 steps at 32 px, lr 0.05, batch 25 by-class, crop 0.5 constant, flip 0.5, roll 0, ce,stats 0.01 0.5 0.8 0 10"},
		{"edc", "tiny-imagenet", 50, "patch random medium x1, 2000 steps at 64 px, lr 0.05, batch 25 by-class, crop 0.5 constant, flip 0.5, roll 0, ce,stats 0.01 0.5 0.8 0 10"},
		{"edc", "imagenet-1k", 10, "patch rded easy x2, 1000 steps at 224 px, lr 0.05, batch 20 by-class, crop 0.5 constant, flip 0.5, roll 0, ce,stats 0.1 0.5 0.8 0 10"},
		{"g-vbsm", "cifar-100", 10, "noise, 4000 steps at 32 px, lr 0.05, batch 50 by-class, shift 4, flip 0.5, roll 31, ce,stats,densify 0.01 0 0.8 0.4 10 1 4"},
		{"g-vbsm", "tiny-imagenet", 50, "noise, 4000 steps at 64 px, lr 0.05, batch 50 by-class, shift 8, flip 0.5, roll 32, ce,stats,densify 0.01 0 0.8 0.4 10 1 4"},
		{"wmdd", "imagenette", 10, "noise, 2000 steps at 224 px, lr 0.25, batch 100 by-class, crop 0.08 constant, flip 0.5, roll 32, ce,barycentre,class-bn 10"},
		{"wmdd", "tiny-imagenet", 50, "noise, 2000 steps at 64 px, lr 0.1, batch 100 by-class, crop 0.08 constant, flip 0.5, roll 32, ce,barycentre,class-bn 500"},
		{"wmdd", "imagenet-1k", 1, "noise, 2000 steps at 224 px, lr 0.25, batch 100 by-class, crop 0.08 constant, flip 0.5, roll 32, ce,barycentre,class-bn 10"},
		{"cim", "cifar-100", 10, "patch delt easy x2, 200 steps at 32 px, lr 0.04, batch 10 by-class, crop 1 constant, flip 0, roll 0, mosaic constant"},
		{"cim", "imagenette", 50, "patch delt easy x2, 200 steps at 224 px, lr 0.04, batch 50 by-class, crop 1 constant, flip 0, roll 0, mosaic constant"},
		{"nrr-dd", "cifar-100", 10, "patch cam hard x1, 2000 steps at 32 px, lr 0.25, batch 100 across, crop 0.08 constant, flip 0.5, roll 4, ce,bn 0.01, critical 0.5"},
		{"nrr-dd", "imagenet-1k", 50, "patch cam hard x2, 2000 steps at 224 px, lr 0.25, batch 100 across, crop 0.08 constant, flip 0.5, roll 32, ce,bn 0.01, critical 0.5"},
		{"g-vbsm", "imagenet-1k", 10, "noise, 4000 steps at 224 px, lr 0.1, batch 40 by-class, crop 0.08 constant, flip 0.5, roll 32, ce,stats,densify 0.01 0 0.8 0.4 10 1 4"},
	} {
		d := sets[c.set]
		d.IPC = c.ipc
		r, err := New(c.name, d)
		if err != nil {
			t.Fatal(err)
		}
		if got := constants(r); got != c.want || r.IPC != c.ipc {
			t.Errorf("%s on %s, IPC %d:\n%s, want\n%s", c.name, c.set, r.IPC, got, c.want)
		}
	}
}

// constants are those of a recipe in words.
func constants(r Recipe) string {
	text := string(r.Init.Start)
	if r.Init.Start == Patch {
		text += fmt.Sprintf(" %s %s x%d", r.Init.Selector, r.Init.Difficulty, r.Init.Factor)
	}
	text += fmt.Sprintf(", %d steps at %d px", r.Steps, r.Resolutions[0])
	if r.Steps == 0 {
		return text
	}
	text += fmt.Sprintf(", lr %g, batch %d %s, ", r.LR, r.Batch, r.Batching)
	if r.Pad > 0 {
		text += fmt.Sprintf("shift %d", r.Pad)
	} else {
		text += fmt.Sprintf("crop %g %s", r.Crop.Area[0], r.CropSchedule)
	}
	text += fmt.Sprintf(", flip %g, roll %d, %s", r.Flip, r.Jitter, strings.Join(r.Losses, ","))
	if slices.Contains(r.Losses, "bn") || slices.Contains(r.Losses, ClassBNLoss) {
		text += fmt.Sprintf(" %g", r.BNWeight)
	}
	if slices.Contains(r.Losses, StatsLoss) {
		text += fmt.Sprintf(" %g %g %g %g %g", r.Stats.Weight, r.Stats.ClassShare, r.Stats.EMA, r.Stats.Drop, r.Stats.First)
	}
	if slices.Contains(r.Losses, DensifyLoss) {
		text += fmt.Sprintf(" %g %g", r.Densify.Weight, r.Densify.Tau)
	}
	if r.LRSchedule != CosineRate {
		text += " " + string(r.LRSchedule)
	}
	if r.Rounds > 1 {
		text += fmt.Sprintf(", %d rounds", r.Rounds)
	}
	if r.Ensemble == Pair {
		text += ", pair"
	}
	if r.Critical > 0 {
		text += fmt.Sprintf(", critical %g", r.Critical)
	}
	return text
}

// With rounds the images of a class enter evenly, those that are left over first (DELT).
func TestEnters(t *testing.T) {
	for _, c := range []struct {
		ipc, rounds, steps int
		want               []int // by image
	}{
		{10, 8, 4000, []int{0, 0, 500, 500, 1000, 1500, 2000, 2500, 3000, 3500}},
		{3, 8, 4000, []int{0, 500, 1000}},
		{1, 8, 4000, []int{0}},
		{4, 2, 21, []int{0, 0, 10, 10}},
		{3, 1, 40, []int{0, 0, 0}},
	} {
		r := Recipe{IPC: c.ipc, Rounds: c.rounds, Steps: c.steps}
		var got []int
		for i := range c.ipc {
			got = append(got, r.Enters(i))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d images, %d rounds of %d steps: they enter at %v, want %v", c.ipc, c.rounds, c.steps, got, c.want)
		}
	}
	r := Recipe{IPC: 50, Rounds: 8, Steps: 4000}
	entering := map[int]int{}
	for i := range 50 {
		entering[r.Enters(i)/500]++
	}
	if entering[0] != 7 || entering[1] != 7 || entering[2] != 6 || entering[7] != 6 {
		t.Errorf("50 images enter by rounds as %v, want 7, 7 and then 6", entering)
	}
}

// DELT's crops begin with the whole image and end with the least area.
func TestCropSchedule(t *testing.T) {
	r, _ := New("delt", sets["cifar-100"])
	for step, want := range map[int]float64{0: 1, 2000: 0.54, 4000: 0.08} {
		if got := r.CropAt(step).Area[0]; math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: crops of %g at least, want %g", step, got, want)
		}
	}
	r.CropSchedule = ConstantCrop
	if got := r.CropAt(7); got != r.Crop {
		t.Errorf("a constant crop is %v at step 7, want %v", got, r.Crop)
	}
}

// Costs are passes forward and back of an image; what a recipe needs follows from its settings.
func TestCostsAndNeeds(t *testing.T) {
	for _, c := range []struct {
		name, set string
		passes    float64
		needs     string
	}{
		{"fadrm", "cifar-100", 2000, "a teacher, batch norm"},
		{"fadrm", "imagenette", 1000 + 1000*(200*200.0)/(224*224), "a teacher, batch norm"},
		{"cv-dd", "cifar-100", 8000, "2 teachers or more, batch norm"},
		{"rded", "cifar-100", 0, "a teacher"},
		{"delt", "cifar-100", (2*4000 + 2*3500 + 3000 + 2500 + 2000 + 1500 + 1000 + 500) / 10., "a teacher, batch norm"},
		{"edc", "cifar-100", 2000, "4 teachers (1 will do), class statistics"},
	} {
		r, _ := New(c.name, sets[c.set])
		if got := r.Passes(sets[c.set].Size); math.Abs(got-c.passes) > 1e-9 {
			t.Errorf("%s on %s: %g passes, want %g", c.name, c.set, got, c.passes)
		}
		if got := strings.Join(r.Needs(), ", "); got != c.needs {
			t.Errorf("%s needs %q, want %q", c.name, got, c.needs)
		}
		if m := Describe(c.name); m.About == "" || m.Source == "" {
			t.Errorf("%s says of itself %+v", c.name, m)
		}
	}
}
