package evaluate

import (
	"context"
	"math"
	"os"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/train/traintest"
	"reta/shared/event"
	"reta/shared/protocol"
)

// softmaxAt is softmax(logits/T).
func softmaxAt(logits []float32, T float64) (p []float64) {
	sum := 0.0
	for _, v := range logits {
		p = append(p, math.Exp(float64(v)/T))
		sum += p[len(p)-1]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// What is kept is the divergence, or the squared error, of the outputs for the classes before from the network before: in float64
// from the logits of both. The network before has no gradient.
func TestKeptAnswers(t *testing.T) {
	for _, c := range []struct {
		preset string
		hard   bool
		loss   string
	}{{"fadrm", false, protocol.KL}, {"fadrm", true, protocol.CE}, {"edc", false, protocol.MSE}} {
		p := short(t, c.preset, 1)
		if c.hard {
			p = p.Hardened()
		}
		plan, err := (Trial{Set: stripes(t, traintest.Stripes), Protocol: p}).plan(16)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newStudent(graphtest.Device(t), traintest.Stripes, "resnet8", p, plan, 2)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		if err := s.model.Draw(1); err != nil {
			t.Fatal(err)
		}
		if err := s.before.Draw(2); err != nil {
			t.Fatal(err)
		}
		const n = 3
		g := graph.New(s.dev)
		x := g.Input("x", graph.F32, n, 16, 16, 3)
		logits := s.model.Forward(x, models.Eval).Logits
		term := s.kept(g, x, logits)
		var before *graph.Node
		g.Scope("before", func() { before = s.before.Forward(x, models.Eval).Logits })
		e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{logits, before, term}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		pixels := make([]float32, n*16*16*3)
		for i := range pixels {
			pixels[i] = float32(10 * math.Sin(float64(i*i)))
		}
		if err := e.Set(x, pixels); err != nil {
			t.Fatal(err)
		}
		if err := e.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		get := func(n *graph.Node) []float32 {
			v, err := e.Get(n)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		now, was, want := get(logits), get(before), 0.0
		for i := range n {
			a, b := now[3*i:3*i+2], was[2*i:2*i+2]
			T, factor := p.Student.Temperature, 1.0
			if c.loss == protocol.CE {
				T, factor = 2, 4
			}
			if c.loss == protocol.MSE {
				for k := range b {
					want += math.Pow(float64(a[k]-b[k]), 2) / (2 * n)
				}
				continue
			}
			q, r := softmaxAt(a, T), softmaxAt(b, T)
			for k := range r {
				want += factor * r[k] * math.Log(r[k]/q[k]) / n
			}
		}
		if got := float64(get(term)[0]); p.Student.Loss != c.loss || !(math.Abs(got-want) <= 1e-4*want+3e-7) || want < 3e-6 {
			t.Errorf("%s: %g, the formula gives %g", p.Student.Loss, got, want)
		}
	}
}

// A student that goes on begins with the weights of the one before, and its classifier with the rows of the classes before: it is the
// same after steps that change nothing. Students that are kept and lost are trained again.
func TestStudentGoesOn(t *testing.T) {
	two, dev := traintest.Stripes, graphtest.Device(t)
	two.Classes = 2
	first := chosen{Source: two.Train}
	for i := range two.Train.Len() {
		if two.Train.Label(i) < 2 {
			first.index = append(first.index, i)
		}
	}
	two.Train = first
	tests := chosen{Source: two.Test}
	for i := range two.Test.Len() {
		if two.Test.Label(i) < 2 {
			tests.index = append(tests.index, i)
		}
	}
	two.Test = tests
	p := short(t, "fadrm", 1).Hardened()
	p.Student.LR = 5e-3
	p.Labels.Batch = 16
	before := Job{Data: two, Dir: t.TempDir(), Keep: true, Hash: "two", Trials: []Trial{
		{Set: &Set{Kind: event.Distilled, Images: two.Train, Hash: "two"}, Labels: event.HardLabels, Student: "resnet8", Seed: 1, Protocol: p},
	}}
	made(t, before)
	known := before.Before(before.Trials[0])
	still := p
	still.Student.LR = 1e-30
	trial := Trial{Set: stripes(t, traintest.Stripes), Labels: event.HardLabels, Student: "resnet8", Seed: 2, Protocol: still, Before: known}
	after := Job{Data: traintest.Stripes, Dir: before.Dir, Keep: true, Hash: "three", Trials: []Trial{trial}}
	made(t, after)
	read := func(classes int, path string) *models.Model {
		m, err := models.New(dev, "resnet8", models.Spec{Classes: classes})
		if err == nil {
			err = readWeights(path, m)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Free)
		return m
	}
	old, now := read(2, known.Weights), read(3, after.Before(trial).Weights)
	for i, v := range old.Variables() {
		a, err := v.Read()
		if err != nil {
			t.Fatal(err)
		}
		b, err := now.Variables()[i].Read()
		if err != nil {
			t.Fatal(err)
		}
		if !models.IsRunning(v.Name()) && !slices.Equal(a, b[:len(a)]) {
			t.Errorf("%s is not that of the student before", v.Name())
		}
	}
	alone := trial
	alone.Before = nil
	if after.key(alone) == after.key(trial) {
		t.Error("a student from scratch has the key of one that goes on")
	}
	if err := os.Remove(known.Weights); err != nil {
		t.Fatal(err)
	}
	made(t, before)
	if _, err := os.Stat(known.Weights); err != nil {
		t.Error("a student that was lost is not trained again")
	}
}
