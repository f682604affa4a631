//go:build !js

package e2e

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"reta/server/web"
	"reta/shared/event"
	"reta/shared/topology"
	"reta/viewer/eventtest"
)

// Measures of the generated run.
const (
	side    = 32
	ipc     = 10
	stages  = 4
	steps   = 120
	points  = 24
	near    = 6
	feature = 8
)

var classes = []string{"blob", "ring", "two rings", "figure eight", "ring with a dot", "three blobs", "grid of holes", "open arc", "spiral", "cross"}

// fakeRun publishes a run that moves: images that come out of noise, losses that fall,
// point clouds that tighten, a residual connection at the end of every stage. It obeys
// pause, resume, step, stop and class as a run does.
type fakeRun struct {
	emit  func(event.Event)
	asked <-chan web.Request
	more  chan int // steps to make at once
	rng   *rand.Rand
	step  int
	class int
	state event.State
	real  [][]float64 // [class] features, [points*feature]
}

// newRun is a run before its first step that tells emit what happens.
func newRun(emit func(event.Event)) *fakeRun {
	r := &fakeRun{emit: emit, more: make(chan int), rng: rand.New(rand.NewPCG(1, 2)), state: event.Recovering}
	for range classes {
		r.real = append(r.real, cloudPoints(r.rng, 1))
	}
	return r
}

// startRun serves a generated run that makes a step every pace and is recorded, and returns it with its address.
func startRun(t *testing.T, pace time.Duration) (*fakeRun, string) {
	t.Helper()
	return startRunOf(t, pace, web.Options{})
}

// startRunOf is startRun with options of the server, which listens where it likes.
func startRunOf(t *testing.T, pace time.Duration, o web.Options) (*fakeRun, string) {
	t.Helper()
	o.Listen, o.Build = "127.0.0.1:0", "e2e"
	server, err := web.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	log, err := event.OpenLog(filepath.Join(t.TempDir(), "events.reta"))
	if err != nil {
		t.Fatal(err)
	}
	server.Record(log)
	r := newRun(func(e event.Event) {
		server.Hub().Publish(e)
		if err := log.Append(e); err != nil {
			t.Error(err)
		}
	})
	r.asked = server.Hub().Controls()
	done := make(chan struct{})
	go func() { _ = server.Serve() }()
	ctx, cancel := context.WithCancel(context.Background())
	go func() { r.loop(ctx, pace); close(done) }()
	t.Cleanup(func() {
		cancel()
		<-done
		stop, end := context.WithTimeout(context.Background(), 5*time.Second)
		defer end()
		_ = server.Shutdown(stop)
		_ = log.Close()
	})
	return r, server.URL()
}

// generated is the recording of a whole generated run.
func generated(t *testing.T) string {
	t.Helper()
	var events []event.Event
	r := newRun(func(e event.Event) { events = append(events, e) })
	r.begin()
	for r.state != event.Done {
		r.advance()
	}
	return record(t, events...)
}

// begin greets, and tells what there is before the first step.
func (r *fakeRun) begin() {
	r.emit(event.Hello{Run: "generated", Recipe: "reta", Dataset: "demo", Classes: classes, IPC: ipc, Width: side,
		Height: side, Steps: steps, Stages: stages, Device: "llvmpipe (LLVM 15)", Capabilities: []string{}})
	r.squeeze()
	r.emit(event.Log{Text: "teacher: resnet-mini, 95.8 % on the test split"})
	r.emit(event.Log{Level: event.Warning, Text: "3 of 5000 images could not be read and were left out"})
	for c := range classes {
		r.images(c)
	}
	r.cloud(r.class)
	r.status()
}

func (r *fakeRun) loop(ctx context.Context, pace time.Duration) {
	r.begin()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-r.asked:
			r.obey(q)
			r.status()
		case n := <-r.more:
			for range n {
				r.advance()
			}
		case <-tick.C:
			if r.state == event.Recovering {
				r.advance()
			}
		}
	}
}

func (r *fakeRun) obey(q web.Request) {
	switch {
	case q.Op == event.ShowClass && q.Class >= len(classes):
		q.Answer(fmt.Errorf("class %d: want 0 to %d", q.Class, len(classes)-1))
		return
	case q.Op == event.ShowClass:
		r.class = q.Class
		r.cloud(r.class)
	case q.Op == event.Pause:
		r.state = event.Paused
	case q.Op == event.Resume:
		r.state = event.Recovering
	case q.Op == event.StepOnce:
		r.advance()
		r.state = event.Paused
	case q.Op == event.Stop:
		r.state = event.Done
	}
	q.Answer(nil)
}

func (r *fakeRun) stage() int { return min(r.step*stages/steps, stages-1) }

func (r *fakeRun) status() {
	r.emit(event.Status{State: r.state, Text: fmt.Sprintf("stage %d of %d", r.stage()+1, stages), Phase: "recover",
		Done: r.step, Total: steps, StepsPerSecond: 8.3, ETASeconds: float32(steps-r.step) / 8.3, MemoryBytes: 412e6,
		Stage: r.stage(), Step: r.step})
}

// advance makes one step; at the end of a stage the residual connection, and after the
// last step the run stays as it is.
func (r *fakeRun) advance() {
	if r.step >= steps {
		r.state = event.Done
		r.evaluate()
		r.emit(event.Result{Path: "runs/generated/export", Images: ipc * len(classes), CEBefore: 2.31, CEAfter: 0.42,
			BNBefore: 61, BNAfter: 17.3, Seconds: 48})
		r.status()
		return
	}
	before := r.stage()
	r.step++
	s := float64(r.step)
	bump := math.Exp(-float64(r.step%(steps/stages)) / 12)
	noise := func(a float64) float64 { return a * r.rng.NormFloat64() }
	p := event.Point{Step: r.step, Stage: before, LR: float32(0.1 * (1 + math.Cos(math.Pi*s/steps)) / 2),
		CE: float32(0.25 + 2.1*math.Exp(-s/110) + 0.4*bump + math.Abs(noise(0.08))),
		BN: float32(14 + 48*math.Exp(-s/80) + 6*bump + math.Abs(noise(1.6))), Topo: float32(math.NaN())}
	p.Total = p.CE + 0.01*p.BN
	if r.step%10 == 0 {
		p.Topo = float32(0.06 + 0.5*math.Exp(-s/130) + math.Abs(noise(0.03)))
		p.Total += 0.5 * p.Topo
		r.cloud(r.class)
	}
	r.emit(event.Metrics{Points: []event.Point{p}})
	if r.stage() != before {
		r.connect(before)
	}
	for c := range classes {
		if c%2 == r.step%2 {
			r.images(c)
		}
	}
	r.status()
}

// evaluate publishes what students made of the images: most are over, one is half way.
func (r *fakeRun) evaluate() {
	for _, e := range eventtest.Students(len(classes), 17) {
		r.emit(e)
	}
	wrong := eventtest.Mistakes(0, len(classes), 24)
	wrong.Width, wrong.Height, wrong.Pixels = side, side, nil
	for i := range wrong.Len() {
		wrong.Pixels = append(wrong.Pixels, paint(wrong.Label[i], 500+i, 0.8, i)...)
	}
	r.emit(wrong)
	for class := range classes {
		v := eventtest.Views(class, 0, len(classes), 8)
		v.Width, v.Height, v.Pixels = side, side, nil
		for i := range v.Len() {
			v.Pixels = append(v.Pixels, paint(class, i, 1, i)...)
			v.Top[i] = append(v.Top[i], (class+4)%len(classes), (class+7)%len(classes))
			v.Prob[i] = append(v.Prob[i], 0.12, 0.08)
		}
		r.emit(v)
	}
}

func (r *fakeRun) squeeze() {
	var points []event.TrainPoint
	for i := range 60 {
		t := float64(i) / 60
		points = append(points, event.TrainPoint{Epoch: i/6 + 1, Step: i*20 + 1, Loss: float32(0.2 + 2.1*math.Exp(-4*t) + 0.06*r.rng.Float64()),
			Accuracy: float32(0.94 - 0.84*math.Exp(-5*t) + 0.02*r.rng.NormFloat64()), LR: 0.1})
	}
	r.emit(event.Squeeze{Points: points})
}

func (r *fakeRun) images(class int) {
	pixels := make([]byte, 0, ipc*side*side*3)
	clear := float64(r.step) / steps
	for i := range ipc {
		pixels = append(pixels, paint(class, i, clear, r.step)...)
	}
	r.emit(event.Images{Step: r.step, Stage: r.stage(), Class: class, Count: ipc, Width: side, Height: side, Pixels: pixels})
}

// connect publishes the residual connection that ends a stage, for every class.
func (r *fakeRun) connect(stage int) {
	const alpha = 0.5
	for class := range classes {
		e := event.Residual{Step: r.step, Stage: stage, Class: class, Width: side, Height: side, Alpha: alpha, Lambda: 0.1}
		for i := range ipc {
			before := paint(class, i, float64(r.step)/steps, r.step)
			anchor := paint(class, i+100*(stage+1), 1, 0)
			after := make([]byte, len(before))
			for k := range after {
				after[k] = byte(alpha*float64(before[k]) + (1-alpha)*float64(anchor[k]))
			}
			e.Index = append(e.Index, i)
			e.Before, e.Anchor, e.After = append(e.Before, before...), append(e.Anchor, anchor...), append(e.After, after...)
			e.AnchorID = append(e.AnchorID, fmt.Sprintf("%s_%04d.png", classes[class], 37*(i+1)+stage))
			e.Fit = append(e.Fit, float32(0.18+0.05*r.rng.Float64()))
			e.Complexity = append(e.Complexity, float32(2e-5*(1+r.rng.Float64())))
		}
		r.emit(e)
		r.weigh(e)
	}
	r.emit(event.Log{Text: fmt.Sprintf("stage %d: %d anchors injected, collisions 12 %%, mean fit 0.21", stage+1, ipc*len(classes))})
	d := event.Diagnosis{Stage: stage, Step: r.step, Gamma: 1, Terms: event.Terms{CE: 0.8, BN: 0.3, Topo: 0.1}}
	for class := range classes {
		d.Classes = append(d.Classes, event.ClassShape{Points: ipc, Kappa: [2]float32{1.2 + 0.1*float32(class*class%11), 0.4}, Loss: [2]float32{0.3, 0.1}, Push: -0.2,
			SpreadBefore: 4 + 0.1*float32(class*7%10), SpreadAfter: 3.1, Delta: 0.4, Fit: 0.21, Complexity: 2.6e-5})
	}
	r.emit(d)
	r.emit(event.StageEnd{Stage: stage, Step: r.step, Resolution: side - 8 + 2*stage, Anchors: ipc * len(classes), MeanFit: 0.21,
		MeanComplexity: 2.6e-5, KappaMean: float32(1.2 - 0.3*float64(stage)), SpreadBefore: 4, SpreadAfter: 3.1, CE: 0.8, BN: 30})
}

// weigh publishes what the residual connection of a class weighed, and how the candidates look.
func (r *fakeRun) weigh(e event.Residual) {
	const many = 8
	c := event.Retrieval{Step: e.Step, Stage: e.Stage, Class: e.Class, Lambda: e.Lambda, Scale: "minmax", Pool: 60, Top: many}
	g := event.Gallery{Step: e.Step, Stage: e.Stage, Class: e.Class, Part: 1, Width: side, Height: side}
	for i := range e.Len() {
		list := make([]event.Candidate, many)
		for k := range list {
			fit, complexity := float32(k)/many, 1-float32(k)/many+0.1*r.rng.Float32()
			list[k] = event.Candidate{ID: fmt.Sprintf("%s_%04d_%d.png", classes[e.Class], 37*(i+1)+e.Stage, k), Fit: 0.1 + fit, Complexity: 1e-5 * complexity,
				FitScaled: fit, ComplexityScaled: min(1, complexity), FitOpen: fit, ComplexityOpen: complexity,
				Score: (1-e.Lambda)*fit + e.Lambda*min(1, complexity)}
			if i == 0 {
				g.IDs, g.Index = append(g.IDs, list[k].ID), append(g.Index, -1)
				g.Pixels = append(g.Pixels, paint(e.Class, 200+k, 1, 0)...)
			}
		}
		list[0].ID = e.AnchorID[i]
		c.Candidates, c.Chosen = append(c.Candidates, list), append(c.Chosen, 0)
	}
	r.emit(c)
	r.emit(g)
}

// paint draws image i of a class: its shape, as clear as the run has got, over noise.
func paint(class, i int, clear float64, seed int) []byte {
	rng := rand.New(rand.NewPCG(uint64(class*1000+i), uint64(seed)))
	id := rand.New(rand.NewPCG(uint64(class), uint64(i)))
	cx, cy := 15.5+3*id.NormFloat64(), 15.5+3*id.NormFloat64()
	hue, back := 2*math.Pi*(float64(class)/10+0.1*id.Float64()), 2*math.Pi*id.Float64()
	size := 1 + 0.15*id.NormFloat64()
	out := make([]byte, 0, side*side*3)
	mix := 0.25 + 0.65*clear
	for y := range side {
		for x := range side {
			v := shape(class, (float64(x)-cx)/size, (float64(y)-cy)/size)
			for k := range 3 {
				phase := 2 * math.Pi * float64(k) / 3
				fg, bg := 150+90*math.Cos(hue+phase), 70+40*math.Cos(back+phase+float64(x+y)/22)
				c := mix*(v*fg+(1-v)*bg) + (1-mix)*128 + (1-clear)*52*rng.NormFloat64() + 14*math.Sin(float64(x*(2+k))/3+float64(y)/2+hue)*(1-0.6*clear)
				out = append(out, byte(min(max(c, 0), 255)))
			}
		}
	}
	return out
}

// shape is the coverage of a class's figure at a place relative to its centre, pixels.
func shape(class int, x, y float64) float64 {
	ring := func(x, y, r, w float64) float64 { return soft(w - math.Abs(math.Hypot(x, y)-r)) }
	disc := func(x, y, r float64) float64 { return soft(r - math.Hypot(x, y)) }
	a := math.Atan2(y, x)
	switch class {
	case 0:
		return disc(x, y, 8)
	case 1:
		return ring(x, y, 8, 2)
	case 2:
		return max(ring(x, y, 10, 1.5), ring(x, y, 5, 1.5))
	case 3:
		return max(ring(x, y-5, 5, 1.7), ring(x, y+5, 5, 1.7))
	case 4:
		return max(ring(x, y, 9, 1.8), disc(x, y, 3))
	case 5:
		return max(disc(x-6, y-4, 4), disc(x+6, y-4, 4), disc(x, y+6, 4))
	case 6:
		return soft(11-max(math.Abs(x), math.Abs(y))) * (1 - soft(2*math.Cos(x*0.85)*math.Cos(y*0.85)))
	case 7:
		return ring(x, y, 9, 2) * soft(4*(math.Abs(a)-0.8))
	case 8:
		r := math.Hypot(x, y)
		return soft(1.8-math.Abs(math.Mod(r-1.1*a+20, 6.9)-3.4)) * soft(12-r)
	}
	return max(soft(2.2-math.Abs(x)), soft(2.2-math.Abs(y))) * soft(11-max(math.Abs(x), math.Abs(y)))
}

func soft(v float64) float64 { return 1 / (1 + math.Exp(-2.4*v)) }

// cloudPoints draws a set of features: a noisy ring and a cluster inside it.
func cloudPoints(rng *rand.Rand, spread float64) []float64 {
	x := make([]float64, 0, points*feature)
	for i := range points {
		a, r := 2*math.Pi*float64(i)/16+0.25*rng.NormFloat64(), 3+0.25*rng.NormFloat64()
		if i >= 16 {
			r = 0.7 * math.Abs(rng.NormFloat64())
		}
		x = append(x, spread*r*math.Cos(a), spread*r*math.Sin(a))
		for range feature - 2 {
			x = append(x, spread*0.22*rng.NormFloat64())
		}
	}
	return x
}

// cloud publishes the feature space of a class; the synthetic set starts pulled
// together and opens up as the run goes on.
func (r *fakeRun) cloud(class int) {
	rng := rand.New(rand.NewPCG(uint64(class), 77))
	spread := 0.45 + 0.45*float64(r.step)/steps
	syn := cloudPoints(rng, spread)
	for i := range syn {
		syn[i] += 0.04 * r.rng.NormFloat64()
	}
	realSet, epsMax, realH := filtration(r.real[class], 0)
	synSet, _, synH := filtration(syn, epsMax)
	kappa := topology.MeasureKappa(realH, synH, epsMax)
	r.emit(event.Cloud{Step: r.step, Stage: r.stage(), Class: class, K: near, EpsMax: float32(epsMax), Explained: [2]float32{0.47, 0.39},
		Real: realSet, Syn: synSet, Kappa: [2]float32{float32(kappa.H0), float32(kappa.H1)}, Active: true})
}

// filtration computes a set's mutual k-NN filtration with shared/topology; epsMax 0
// takes the set's own longest edge.
func filtration(x []float64, epsMax float64) (event.Set, float64, *topology.Homology) {
	c, err := topology.NewCloud(x, points, feature)
	if err != nil {
		panic(err) // the generator above makes finite numbers
	}
	d, err := c.Distances()
	if err != nil {
		panic(err)
	}
	g := topology.MutualKNN(d, near)
	if epsMax == 0 {
		epsMax = g.EpsMax()
	}
	g = g.UpTo(epsMax)
	h := topology.Persistence(g)
	var set event.Set
	for i := range points {
		set.Points = append(set.Points, float32(x[i*feature]), float32(x[i*feature+1]))
		set.Index = append(set.Index, i%ipc)
	}
	for _, e := range g.Edges {
		set.Edges = append(set.Edges, event.Edge{I: int(e.I), J: int(e.J), Length: float32(e.Weight)})
	}
	triangles, _ := g.Triangles(epsMax, 1<<14)
	for _, t := range triangles {
		set.Triangles = append(set.Triangles, event.Triangle{I: int(t.I), J: int(t.J), K: int(t.K), Length: float32(g.Edges[t.Edge].Weight)})
	}
	ends := func(e int) [2]int {
		if e < 0 {
			return [2]int{}
		}
		return [2]int{int(g.Edges[e].I), int(g.Edges[e].J)}
	}
	for degree, bars := range h.Bars {
		for _, b := range bars {
			death := min(b.Death, epsMax)
			set.Bars = append(set.Bars, event.Bar{Degree: degree, Birth: float32(b.Birth), Death: float32(death), Essential: b.Essential(),
				BirthEdge: ends(b.BirthEdge), DeathEdge: ends(b.DeathEdge)})
		}
	}
	return set, epsMax, h
}
