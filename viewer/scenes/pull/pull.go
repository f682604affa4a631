// Package pull is the scene of the pull-to-anchor effect (Section 4): a model in the plane, and what the run measured.
package pull

import (
	"math"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/filtration"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/view"
)

func init() {
	scene.Register(scene.Info{Name: "pull", Title: "Pull to anchor", Order: 6, Topics: []event.Topic{event.TopicCloud, event.TopicImages}, Keys: []scene.Key{
		{Keys: []string{"p"}, Show: "P", Say: "play the connections from the start", Act: "pull-play"},
		{Keys: []string{"arrowright"}, Show: "← →", Say: "one connection less, more", Act: "pull-more", Arg: "1"},
		{Keys: []string{"arrowleft"}, Act: "pull-more", Arg: "-1"},
		{Keys: []string{"n"}, Show: "N", Say: "another draw", Act: "pull-draw"},
	}}, func() scene.Scene { return &pull{drag: figure.None, hover: figure.None, class: filtration.New()} })
}

var (
	sourceParam  = view.NewText("pull.of", "plane", "run")                         // the model in the plane, or the run
	presetParam  = view.NewText("pull.set", "ring", "clusters", "blob", "line")    // of the real set
	anchorsParam = view.NewText("pull.anchors", "few", "nearest", "one", "random") // who gets which anchor
	seedParam    = view.NewCount("pull.seed", 1, 1, 9999)                          // of the draws
	pointsParam  = view.NewText("pull.points")                                     // see encodePoints
	alphaParam   = view.NewNumber("alpha", 0.5, 0, 1)                              // blend ratio of Eqn 6
	repeatsParam = view.NewCount("repeats", 2, 0, maxRepeats)                      // connections
	alignParam   = view.NewFlag("pull.align", false)                               // topology alignment after each connection
	stepsParam   = view.NewCount("pull.steps", 30, 5, 80)                          // its gradient steps
	epsParam     = view.NewNumber("pull.eps", -1, -1, 10)                          // where the map is cut; below 0: not chosen yet
	degreeParam  = view.NewCount("pull.degree", 0, 0, 1)                           // of the curve shown where there is room for one
)

const (
	maxRepeats        = 6
	connectionSeconds = 1.1 // a connection takes on the screen
	glideSeconds      = 0.35
)

// pull shows what residual connections do to the shape of a class: in the plane, where one can try it, and in the run.
type pull struct {
	model planeModel
	shown []ui.Point // where the synthetic points are drawn
	from  []ui.Point // and were when something changed
	began float64    // clock time of that
	glide bool
	play  bool
	at    float64 // state of the model that is played

	now, before *figure.Shape // of shown, and of the start
	stale       bool
	drag        int // synthetic point that is dragged
	hover       int
	hoverStage  int       // lit in the run's charts, from 1; 0 for none
	columns     []ui.Rect // of the stages, chart after chart
	grip        bool

	places areas
	plane  figure.Map
	class  filtration.Filtration // of the run's chosen class
	space  filtration.Plane
	cloud  figure.Map
	curves [2]figure.Betti
	codes  [2]figure.Barcode
}

// setup reads the parameters.
func (p *pull) setup(v *view.View) modelSetup {
	s := modelSetup{preset: presetParam.Of(v), anchors: anchorsParam.Of(v), seed: uint64(seedParam.Int(v)), alpha: alphaParam.Of(v),
		repeats: repeatsParam.Int(v), moved: pointsParam.Of(v)}
	if alignParam.Of(v) {
		s.steps = stepsParam.Int(v)
	}
	return s
}

// Update implements Scene.
func (p *pull) Update(in ui.Input, x *scene.Context) bool {
	for _, a := range in.Acts {
		p.act(a, x)
	}
	if sourceParam.Of(x.View) == "run" {
		p.handleRunPointer(in, x)
		return p.class.Load(x, figure.None) && p.space.Update(&p.class, x)
	}
	p.handlePointer(in, x)
	return p.animate(x)
}

// animate brings the drawn points to where the model has them, and reports whether they are on their way.
func (p *pull) animate(x *scene.Context) bool {
	m := &p.model
	if m.set(p.setup(x.View)) {
		p.startGlide(x.Now, p.drag < 0 && len(p.shown) > 0 && !x.Still)
	}
	working := !m.done()
	if working {
		m.advance(5)
	}
	last := float64(len(m.states) - 1)
	switch {
	case p.play:
		p.at = (x.Now - p.began) / connectionSeconds
		if p.at >= last && !working || x.Still {
			p.at, p.play = last, false
		}
		p.show(p.state(min(p.at, last)))
	case p.glide:
		t := (x.Now - p.began) / glideSeconds
		p.glide = t < 1
		p.show(interpolate(p.from, p.target(), ui.Ease(t)))
	default:
		p.show(p.target())
	}
	return p.play || p.glide || working
}

// target is where the points end, or the descent has come to.
func (p *pull) target() []ui.Point {
	if d := p.model.descent; d != nil {
		return d
	}
	return p.model.states[len(p.model.states)-1].points
}

// startGlide lets the points move from where they are.
func (p *pull) startGlide(now float64, glide bool) {
	p.from, p.began, p.glide, p.play = append([]ui.Point(nil), p.shown...), now, glide, false
	p.before = nil
}

// state is where the points are between two states of the model.
func (p *pull) state(at float64) []ui.Point {
	i := min(int(at), len(p.model.states)-1)
	j := min(i+1, len(p.model.states)-1)
	return interpolate(p.model.states[i].points, p.model.states[j].points, ui.Ease(at-float64(i)))
}

func interpolate(a, b []ui.Point, t float64) []ui.Point {
	if len(a) != len(b) || t >= 1 {
		return b
	}
	out := make([]ui.Point, len(a))
	for i := range a {
		out[i] = ui.Point{X: a[i].X + (b[i].X-a[i].X)*t, Y: a[i].Y + (b[i].Y-a[i].Y)*t}
	}
	return out
}

// show draws the points there from now on.
func (p *pull) show(pts []ui.Point) {
	same := len(pts) == len(p.shown)
	for i := 0; same && i < len(pts); i++ {
		same = pts[i] == p.shown[i]
	}
	if !same {
		p.shown, p.stale = append(p.shown[:0:0], pts...), true
	}
}

// shapes are the filtrations of the points before the first connection and as drawn.
func (p *pull) shapes() (before, now *figure.Shape) {
	if p.before == nil {
		p.before = p.model.shape(p.model.start, p.model.real.EpsMax)
	}
	if p.stale || p.now == nil {
		p.now, p.stale = p.model.shape(p.shown, p.model.real.EpsMax), false
	}
	return p.before, p.now
}

// ready fills in what Draw and Panel need when they come before the first Update.
func (p *pull) ready(x *scene.Context) {
	if p.model.real == nil || p.model.setup != p.setup(x.View) && !p.play {
		p.animate(x)
	}
}

// eps is where the map is cut: where half of the real points have joined, before the user chose.
func (p *pull) eps(v *view.View) float32 {
	if eps := epsParam.Of(v); eps >= 0 {
		return min(float32(eps), p.model.real.EpsMax)
	}
	rows, split := p.model.real.Rows()
	if split < 2 {
		return p.model.real.EpsMax / 2
	}
	return p.model.real.Bars[rows[split/2]].Death
}

// act does what buttons and keys ask.
func (p *pull) act(a ui.Act, x *scene.Context) {
	v := x.View
	switch a.Name {
	case "pull-play":
		p.ready(x)
		if repeatsParam.Int(v) == 0 {
			repeatsParam.Set(v, 2)
			p.model.set(p.setup(v))
		}
		p.startGlide(x.Now, false)
		p.play = !x.Still
	case "pull-more":
		repeatsParam.Set(v, float64(repeatsParam.Int(v))+a.Num())
	case "pull-draw":
		seedParam.Set(v, float64(seedParam.Int(v)%9999+1))
		pointsParam.Set(v, "")
	case "pull-back":
		pointsParam.Set(v, "")
	case "pull-stage":
		p.hoverStage = int(a.Num())
	case "reset":
		for _, n := range []*view.Number{seedParam, alphaParam, repeatsParam, stepsParam, epsParam} {
			n.Set(v, n.Default())
		}
		pointsParam.Set(v, "")
		alignParam.Set(v, false)
	}
}

// handlePointer lets the pointer take hold of a synthetic point where it started, or of eps.
func (p *pull) handlePointer(in ui.Input, x *scene.Context) {
	p.hover = figure.None
	if !in.Inside || p.model.real == nil {
		p.drag, p.grip = figure.None, false
		return
	}
	for i := range p.curves {
		if b := &p.curves[i]; in.Pressed && !b.Area().Empty() && b.Area().Contains(in.Pointer) {
			p.grip = true
		}
	}
	for i := range p.codes {
		if in.Pressed && p.codes[i].Grip(in.Pointer) {
			p.grip = true
		}
	}
	if p.grip {
		epsParam.Set(x.View, float64(p.epsAt(in.Pointer, x.View)))
	}
	p.hover = p.startAt(in.Pointer)
	if in.Pressed && !p.grip {
		p.drag = p.hover
	}
	if p.drag >= 0 && in.Down {
		p.hover = p.drag
		start := append([]ui.Point(nil), p.model.start...)
		start[p.drag] = clampPoint(p.plane.Unplace(in.Pointer))
		if math.Hypot(start[p.drag].X-p.model.start[p.drag].X, start[p.drag].Y-p.model.start[p.drag].Y) > 1e-3 {
			pointsParam.Set(x.View, encodePoints(start))
		}
	}
	if !in.Down {
		p.drag, p.grip = figure.None, false
	}
}

// epsAt is the eps under the pointer, in whichever figure it is.
func (p *pull) epsAt(at ui.Point, v *view.View) float32 {
	for i := range p.curves {
		if a := p.curves[i].Area(); !a.Empty() && at.X >= a.X-8 && at.X < a.X+a.W+8 && at.Y > a.Y-20 && at.Y < a.Y+a.H+30 {
			return p.curves[i].EpsAt(at.X)
		}
	}
	for i := range p.codes {
		if p.codes[i].Grip(at) {
			return p.codes[i].EpsAt(at.X)
		}
	}
	return p.eps(v)
}

// startAt is the synthetic point that started near a place of the canvas.
func (p *pull) startAt(at ui.Point) int {
	best, near := figure.None, 14.0
	if !p.plane.Area().Contains(at) {
		return best
	}
	for i, q := range p.model.start {
		r := p.plane.Place(q)
		if d := math.Hypot(r.X-at.X, r.Y-at.Y); d < near {
			best, near = i, d
		}
	}
	return best
}
