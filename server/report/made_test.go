package report

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"reta/shared/event"
)

// madeClasses are names that are taken for something else wherever they are not escaped.
var madeClasses = []string{"<script>alert(1)</script>", `50 % & more_ {\$x}`, "ring"}

// madeRun is the log of a run of two stages and an evaluation of it, in a folder of a name. Its students come to gain more on
// distilled images than on random ones.
func madeRun(t *testing.T, name string, gain float64) *Run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	r, err := Read(logAt(t, dir, madeEvents(gain)...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func madeEvents(gain float64) []event.Event {
	list := []event.Event{event.Hello{Build: "0.1.0+abc", Recipe: "reta", Dataset: "made", Classes: madeClasses, IPC: 2, Width: 8, Height: 6, Steps: 20, Stages: 2, Device: "a device"},
		event.Log{Text: "begun", Unix: 1_700_000_000_250}, event.Log{Level: event.Warning, Text: "teacher: near <chance>"}}
	nan := float32(math.NaN())
	for stage := range 3 {
		step := 10 * stage
		for class := range madeClasses {
			pixels := make([]byte, 2*8*6*3)
			for i := range pixels {
				pixels[i] = byte(40*stage + 70*class)
			}
			list = append(list, event.Images{Step: step, Stage: max(0, stage-1), Class: class, Count: 2, Width: 8, Height: 6, Pixels: pixels})
		}
		end := event.StageEnd{Stage: stage - 1, Step: step, Resolution: 8, CE: 1 / float32(stage+1), BN: 40, Topo: 0.25, Classes: 3, Anchors: 6 * (stage % 2), Entropy: 0.5}
		shapes := event.Diagnosis{Stage: max(0, stage-1), Step: step, Gamma: 1, Terms: event.Terms{CE: 1, BN: 0.4, Topo: 0.1}}
		for class := range madeClasses {
			k := float32(class+1) / float32(4*(stage+1))
			shapes.Classes = append(shapes.Classes, event.ClassShape{Points: 2, Kappa: [2]float32{k, 0}, SpreadBefore: 0.5, SpreadAfter: 0.375, Delta: 300, Fit: 0.125})
		}
		if stage == 0 {
			end.Stage = 0
			list = append(list, event.Start{End: end, Shape: shapes})
			continue
		}
		var points []event.Point
		for i := range 10 {
			points = append(points, event.Point{Step: step - 9 + i, Stage: stage - 1, LR: 0.1, CE: 1 / float32(step+i), BN: 40, Topo: nan, Total: 2})
		}
		list = append(list, event.Metrics{Points: points}, end, shapes)
	}
	list = append(list, event.Result{Images: 6, Seconds: 12})
	return append(list, madeStudents(gain)...)
}

// madeStudents is three seeds of a student on four sets, with their curves, and the confusion of the first.
func madeStudents(gain float64) []event.Event {
	const student, epochs = "net<3>", 4
	trials := event.Trials{Protocol: "quick & dirty", TestImages: 30}
	var curves []event.Event
	for _, s := range []struct {
		images, labels string
		accuracy       float64
	}{{event.Distilled, event.SoftLabels, 0.5 + gain}, {event.Random, event.SoftLabels, 0.5}, {event.Distilled, event.HardLabels, 0.375}, {event.AllReal, event.HardLabels, 0.875}} {
		for seed := range 3 {
			rng := rand.New(rand.NewPCG(uint64(len(trials.List)), 1))
			count := 6
			if s.images == event.AllReal {
				count = 600
			}
			last := float32(s.accuracy + 0.01*float64(seed-1) + 0.001*rng.Float64())
			c := event.Curve{Trial: len(trials.List)}
			for e := 1; e <= epochs; e++ {
				p := event.CurvePoint{Epoch: e, Loss: 2 / float32(e), Top1: float32(math.NaN()), Top5: float32(math.NaN()), LR: 0.001}
				if e%2 == 0 {
					p.Top1, p.Top5 = last*float32(e)/epochs, 1
				}
				c.Points = append(c.Points, p)
			}
			trials.List = append(trials.List, event.Trial{Images: s.images, Labels: s.labels, Student: student, Seed: seed, State: event.Trained, Count: count,
				Epoch: epochs, Epochs: epochs, Last: last, LastTop5: 1, Best: last + 0.0078125, BestTop5: 1, BestEpoch: epochs, Seconds: 3600})
			curves = append(curves, c)
		}
	}
	confusion := event.Confusion{Trials: 3, Correct: []uint32{20, 30, 15}, Total: []uint32{30, 30, 30}, Counts: []uint32{20, 10, 0, 0, 30, 0, 12, 3, 15}}
	mistakes := event.Mistakes{IDs: []string{"a"}, Label: []int{0}, Predicted: []int{2}, Wrong: []float32{1}, Width: 2, Height: 2, Pixels: make([]byte, 12)}
	return append(append([]event.Event{trials}, curves...), confusion, mistakes)
}

// logAt writes a run's log into a folder and returns it.
func logAt(t *testing.T, dir string, events ...event.Event) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	log, err := event.OpenLog(filepath.Join(dir, "events.reta"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := log.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}
