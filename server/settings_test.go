package main

import (
	"reflect"
	"strings"
	"testing"

	"reta/server/run"
	"reta/shared/recipe"
)

// built is the recipe that flags ask for on a set.
func built(t *testing.T, d recipe.Dataset, words ...string) (recipe.Recipe, error) {
	t.Helper()
	c := distilCommand(run.NewGate())
	var f recipeFlags
	c.ResetFlags()
	f.add(c.Flags())
	if err := c.ParseFlags(words); err != nil {
		t.Fatal(err)
	}
	return f.build(d)
}

var cifar = recipe.Dataset{Name: "cifar-100", Classes: 100, Size: 32, PerClass: 500}

// A flag and --set are two ways to the same recipe, whichever the setting.
func TestFlagsAndSetsAreTheSame(t *testing.T) {
	for _, c := range [][2]string{
		{"--ipc 3", "ipc=3"}, {"--steps 100", "steps=100"}, {"--stages 2", "stages=2"}, {"--batch 20", "batch=20"}, {"--alpha .25", "alpha=0.25"},
		{"--lambda 0.3", "drc.lambda=0.3"}, {"--lambda-topo 2", "pta.lambda_topo=2"}, {"--topo-every 7", "pta.every=7"}, {"--lr 0.1", "lr=0.1"},
		{"--bn-weight 1", "bn_weight=1"}, {"--seed 9", "seed=9"}, {"--no-repeat", "drc.no_repeat=true"}, {"--exclude-self", "drc.exclude_self=true"},
		{"--no-drc", "connection=fixed"}, {"--no-pta", "pta.on=false"}, {"--pta letter", "pta.preset=letter"},
		{"--soft-budget --steps 30", "soft_budget=true,steps=30"},
	} {
		var sets []string
		for s := range strings.SplitSeq(c[1], ",") {
			sets = append(sets, "--set", s)
		}
		a, err1 := built(t, cifar, strings.Fields(c[0])...)
		b, err2 := built(t, cifar, sets...)
		if err1 != nil || err2 != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %v, %v: %v", c[0], err1, err2, recipe.Difference(a, b))
		}
		if plain, _ := recipe.New("reta", cifar); reflect.DeepEqual(a, plain) {
			t.Errorf("%s changes nothing", c[0])
		}
	}
}

// The soft budget is one switch on every way to few steps, and is off but for the demo set.
func TestSoftBudgetIsASwitch(t *testing.T) {
	for _, words := range []string{"--steps 75", "--set steps=75"} {
		if r, err := built(t, cifar, strings.Fields(words)...); err != nil || r.SoftBudget || r.LearningRate(0) != 0.25 {
			t.Errorf("%s: soft %v, rate %g, %v", words, r.SoftBudget, r.LearningRate(0), err)
		}
		r, err := built(t, cifar, append(strings.Fields(words), "--soft-budget")...)
		if err != nil || r.LearningRate(0) != 0.125 || r.LR != 0.25 {
			t.Errorf("%s, softened: rate %g of %g, %v", words, r.LearningRate(0), r.LR, err)
		}
	}
	if _, err := built(t, cifar, "--soft-budget"); err != nil {
		t.Errorf("where it does not count it is no error: %v", err)
	}
	demo := recipe.Dataset{Name: "demo", Classes: 10, Size: 32, PerClass: 40}
	if r, err := built(t, demo); err != nil || !r.SoftBudget || r.Steps != 200 {
		t.Errorf("demo: %d steps, soft %v, %v", r.Steps, r.SoftBudget, err)
	}
}

// What a preset names is a base: what else is given holds over it, whatever the order.
func TestPresetGivesWay(t *testing.T) {
	r, err := built(t, cifar, "--set", "pta.real_draws=4", "--set", "pta.preset=letter")
	if err != nil || r.PTA.RealDraws != 4 || r.PTA.Weighting != recipe.Sum {
		t.Errorf("%v: %+v", err, r.PTA)
	}
}

// A group is never smaller than a batch, unless that is asked for.
func TestGroupFollowsBatch(t *testing.T) {
	d := recipe.Dataset{Name: "tiny-imagenet", Classes: 200, Size: 64, PerClass: 500}
	if r, err := built(t, d, "--batch", "150"); err != nil || r.Group != 150 {
		t.Errorf("batch 150: group %d, %v", r.Group, err)
	}
	if r, err := built(t, d, "--batch", "20"); err != nil || r.Group != 100 {
		t.Errorf("batch 20: group %d, %v", r.Group, err)
	}
	if _, err := built(t, d, "--batch", "20", "--set", "group=10"); err == nil || !strings.Contains(err.Error(), "group = 10: want 20 or more") {
		t.Errorf("a group below the batch: %v", err)
	}
}

// Images below 8 px get the remedy, not a riddle.
func TestTinyImagesGetARemedy(t *testing.T) {
	_, err := built(t, recipe.Dataset{Name: "imagefolder", Classes: 2, Size: 4})
	if err == nil || exitCode(err) != 3 || !strings.Contains(err.Error(), "images of 4 px: want 8 px at least: enlarge them with --size, such as --size 32") {
		t.Errorf("%v, exit code %d", err, exitCode(err))
	}
}
