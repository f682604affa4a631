package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"reta/compute/evaluate"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// trialsOf is what an evaluation of nine stripes of 54 would train, a line each.
func trialsOf(t *testing.T, preset string, e Evaluating) (lines []string, log string) {
	t.Helper()
	p, err := protocol.New(preset, recipe.Dataset{Name: "stripes", Classes: 3, Size: 16}, 3, "resnet8")
	if err != nil {
		t.Fatal(err)
	}
	e.Set = train.Data{Name: "stripes", Train: modelstest.Stripes(54, 16, 1), Test: modelstest.Stripes(21, 16, 2), Classes: 3, Size: 16}
	e.Images, e.Students, e.Seeds = modelstest.Stripes(9, 16, 3), []Student{{"resnet8", p}}, max(1, e.Seeds)
	e.Emit = func(ev event.Event) {
		if l, ok := ev.(event.Log); ok {
			log += l.Text + "\n"
		}
	}
	list, err := e.trials(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		lines = append(lines, fmt.Sprintf("%s %s %s%s: %s of %d", x.Set.Kind, x.Labels, x.Student, x.Variant, x.Protocol.Labels.Source, x.Set.Images.Len()))
	}
	return lines, log
}

func TestTrialsOfAnEvaluation(t *testing.T) {
	teacher := []*models.Model{{Name: "teacher"}}
	all := []string{RandomControl, HardControl, RandomHardControl, ViewsControl, WholeControl}
	for _, c := range []struct {
		preset   string
		teachers []*models.Model
		controls []string
		want     []string
		log      string
	}{
		{"fadrm", teacher, all, []string{
			"distilled soft resnet8: stored of 9", "random soft resnet8: stored of 9", "distilled hard resnet8: hard of 9", "random hard resnet8: hard of 9",
			"distilled soft resnet8 on whole views: online of 9", "random soft resnet8 on whole views: online of 9", "all hard resnet8: hard of 54",
		}, ""},
		{"fadrm", nil, all, []string{"distilled soft resnet8: stored of 9", "distilled hard resnet8: hard of 9", "random hard resnet8: hard of 9", "all hard resnet8: hard of 54"},
			"no teacher is given, so controls get no soft labels and are left out"},
		{"dc-bench", nil, DefaultControls(), []string{"distilled hard resnet8: hard of 9", "random hard resnet8: hard of 9"}, ""}, // which starting patches are not known of
		{"rded", teacher, nil, []string{"distilled soft resnet8: online of 9"}, ""},
		{"best-of-four", teacher, nil, []string{
			"distilled soft resnet8 (lr 0.0005, eta 1): stored of 9", "distilled soft resnet8 (lr 0.0005, eta 2): stored of 9",
			"distilled soft resnet8 (lr 0.001, eta 1): stored of 9", "distilled soft resnet8 (lr 0.001, eta 2): stored of 9",
		}, ""},
	} {
		got, log := trialsOf(t, c.preset, Evaluating{Teachers: c.teachers, Controls: c.controls})
		if !slices.Equal(got, c.want) || !strings.Contains(log, c.log) {
			t.Errorf("%s, %s, %d teachers:\n%s\nwant\n%s\n%s", c.preset, c.controls, len(c.teachers), strings.Join(got, "\n"), strings.Join(c.want, "\n"), log)
		}
	}
}

// With Redraw seeds differ in their views and random images too; without, in their first weights only.
func TestSeedsThatDrawTheirOwnViews(t *testing.T) {
	p, err := protocol.New("fadrm", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16}, 3, "resnet8")
	if err != nil {
		t.Fatal(err)
	}
	for _, redraw := range []bool{false, true} {
		e := Evaluating{
			Set: train.Data{Name: "stripes", Train: modelstest.Stripes(54, 16, 1), Classes: 3, Size: 16}, Images: modelstest.Stripes(9, 16, 3),
			Students: []Student{{"resnet8", p}}, Seeds: 3, Controls: []string{RandomControl}, Teachers: []*models.Model{{Name: "teacher"}}, Redraw: redraw,
		}
		list, err := e.trials(context.Background())
		if err != nil || len(list) != 6 {
			t.Fatalf("%d trials, %v", len(list), err)
		}
		views, hashes := map[uint64]bool{}, map[string]bool{}
		for _, x := range list {
			views[x.Protocol.Labels.Seed], hashes[x.Set.Hash] = true, true
		}
		if want := map[bool][2]int{false: {1, 2}, true: {3, 4}}[redraw]; len(views) != want[0] || len(hashes) != want[1] {
			t.Errorf("redraw %t: %d draws of views and %d sets of images, want %v", redraw, len(views), len(hashes), want)
		}
	}
}

// Of a search the variant with the highest best test on the images that are judged is named.
func TestBestOfASearch(t *testing.T) {
	p, err := protocol.New("best-of-four", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16}, 3, "resnet8")
	if err != nil {
		t.Fatal(err)
	}
	var e Evaluation
	for i, v := range p.Variants() {
		o := evaluate.Outcome{Images: event.Distilled, Labels: event.SoftLabels, Student: "resnet8" + variant(p, v), Curve: []evaluate.Point{{Epoch: 1, Tested: true, Top1: []float64{0.25, 0.5, 0.75, 0.5}[i]}}}
		e.list = append(e.list, o.Event())
		o.Images, o.Curve = event.Random, []evaluate.Point{{Epoch: 1, Tested: true, Top1: 0.9}}
		e.list = append(e.list, o.Event())
	}
	if got := e.Best(EvaluatedStudent{"resnet8", p}); got != "resnet8 (lr 0.001, eta 1)" {
		t.Errorf("the best is %q", got)
	}
	p.Student.Search = false
	if got := e.Best(EvaluatedStudent{"resnet8", p}); got != "" {
		t.Errorf("without a search the best is %q", got)
	}
}
