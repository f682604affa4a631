// Package sandbox is the scene of a point cloud that the user draws or opens, and its persistent homology.
package sandbox

import (
	"math"
	"slices"
	"time"

	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/view"
)

func init() {
	scene.Register(scene.Info{Name: "sandbox", Title: "Sandbox", Order: scene.Learning, Scroll: true, Keys: []scene.Key{
		{Keys: []string{"["}, Show: "[ ]", Say: "previous, next birth or death", Act: "event", Arg: "-1"},
		{Keys: []string{"]"}, Act: "event", Arg: "1"},
		{Keys: []string{"p"}, Show: "P", Say: "let ε grow", Act: "grow"},
		{Keys: []string{"e"}, Show: "E", Say: "draw or erase", Act: "tool"},
		{Keys: []string{"z"}, Show: "Z Y", Say: "undo, redo", Act: "undo"},
		{Keys: []string{"y"}, Act: "redo"},
		{Keys: []string{"c"}, Show: "C", Say: "keep the cloud to compare with, or discard it", Act: "keep"},
		{Keys: []string{"b"}, Show: "B", Say: "choose the next bar", Act: "bar", Arg: "next"},
		{Keys: []string{"n"}, Show: "N", Say: "choose the next point", Act: "point", Arg: "next"},
		{Keys: []string{"a"}, Show: "A", Say: "add a point beside the chosen one", Act: "add"},
		{Keys: []string{"ArrowLeft"}, Show: "← → ↑ ↓", Say: "move the chosen point", Act: "nudge", Arg: "left"},
		{Keys: []string{"ArrowRight"}, Act: "nudge", Arg: "right"},
		{Keys: []string{"ArrowUp"}, Act: "nudge", Arg: "up"},
		{Keys: []string{"ArrowDown"}, Act: "nudge", Arg: "down"},
		{Keys: []string{"Delete", "Backspace"}, Show: "Delete", Say: "erase the chosen point", Act: "erase"},
	}}, func() scene.Scene {
		return &sandbox{chosen: figure.None, hover: figure.None, over: figure.None, held: figure.None, drag: -1}
	})
}

// drawn is the cloud that is no preset: points drawn by hand, or of a file.
const drawn = "drawn"

// The sandbox's parameters. Its bars and lengths are those of its own cloud, so it
// shares none with the scenes of a run.
var (
	cloudParam  = view.NewText("sandbox.cloud", presetNames()...)
	fromParam   = view.NewText("sandbox.from", presetNames()[:len(presets)]...) // the preset that was drawn on
	countParam  = view.NewCount("sandbox.n", 40, 1, 200)
	noiseParam  = view.NewNumber("sandbox.noise", 0.02, 0, 0.15)
	seedParam   = view.NewCount("sandbox.seed", 1, 1, 9999)
	pointsParam = view.NewText("sandbox.points")                // see cloud.text
	keptParam   = view.NewText("sandbox.kept")                  // see source.text
	kParam      = view.NewCount("sandbox.k", 0, 0, 20)          // 0: all pairs
	epsParam    = view.NewNumber("sandbox.eps", -1, -1, 1e9)    // below 0: not chosen yet
	barParam    = view.NewText("sandbox.bar")                   // see barName
	figureParam = view.NewText("sandbox.show", paneNames[:]...) // figure shown first
	toolParam   = view.NewText("sandbox.tool", "draw", "erase") // what the pointer does
	discsParam  = view.NewFlag("sandbox.discs", false)          // discs of radius eps/2 around the points
	tableParam  = view.NewText("sandbox.table", "bars", "points")
)

// sandbox is a cloud that the user draws, and its persistent homology, computed here.
type sandbox struct {
	now     source // what cloud was made from
	cloud   *cloud
	problem string // what went wrong with making it

	kept     source
	keptNow  *cloud // nil: nothing is kept
	keptText string

	k            int
	shape, other *figure.Shape // of the cloud, and of the kept one up to the same end
	failed       string        // why there is no shape
	stale        bool          // the shape is not the cloud's any more
	took         time.Duration // of the last computation
	computed     float64       // when it was, on the viewer's clock

	memory     map[string]*cloud // clouds that a link cannot carry, by their text
	remembered []string          // in the order they came
	undo, redo []source
	pushed     float64 // when something was last put on undo

	stroke stroke
	held   int // point that is dragged
	chosen int // point chosen by keys or table
	over   int // point under the pointer
	hover  int // bar under the pointer
	drag   int // figure whose eps is dragged, -1 for none
	cursor ui.Point
	inside bool
	rise   growth

	figures figures
}

// source is what a cloud is made from: a preset and its numbers, or points.
type source struct {
	Cloud, From, Points string
	N, Seed             int
	Noise               float64
}

// sourceIn reads the parameters.
func sourceIn(v *view.View) source {
	s := source{Cloud: cloudParam.Of(v), From: fromParam.Of(v), N: countParam.Int(v), Noise: noiseParam.Of(v), Seed: seedParam.Int(v)}
	if s.Cloud == drawn {
		s.Points = pointsParam.Of(v)
	}
	return s
}

// set writes them.
func (s source) set(v *view.View) {
	cloudParam.Set(v, s.Cloud)
	fromParam.Set(v, s.From)
	countParam.Set(v, float64(s.N))
	noiseParam.Set(v, s.Noise)
	seedParam.Set(v, float64(s.Seed))
	pointsParam.Set(v, s.Points)
}

// sync brings what is held up to what the view says.
func (s *sandbox) sync(x *scene.Context) {
	if now := sourceIn(x.View); s.cloud == nil || now != s.now && !s.stroke.on {
		if s.cloud != nil {
			if slides := now.Cloud == s.now.Cloud && now.Points == s.now.Points && now.Seed == s.now.Seed; slides {
				s.push(s.now, x.Now)
			} else {
				s.push(s.now, math.Inf(-1))
			}
			s.redo = nil
		}
		s.setSource(now)
	}
	if text := keptParam.Of(x.View); text != s.keptText {
		s.keptText, s.keptNow, s.stale = text, nil, true
		if text != "" {
			s.keptNow = s.decodeKept(text)
		}
	}
	if k := kParam.Int(x.View); k != s.k {
		s.k, s.stale = k, true
	}
	if s.stale && (s.shape == nil || !s.stroke.on) {
		s.compute(x)
	}
}

// setSource makes the cloud of a source.
func (s *sandbox) setSource(from source) {
	s.now, s.problem, s.stale = from, "", true
	s.chosen, s.held, s.over, s.hover = figure.None, figure.None, figure.None, figure.None
	if from.Cloud != drawn {
		s.cloud = from.preset(from.Cloud)
		return
	}
	if pts, ok := pointsOf(from.Points); ok {
		s.cloud = newUnit(pts, "")
	} else if s.cloud = s.memory[from.Points]; s.cloud == nil {
		s.cloud = from.preset(from.From)
		s.problem = "The points of this link were drawn on another page and are too many for a link. This is the preset that they began with."
	}
}

func (s source) preset(name string) *cloud {
	p := presetOf(name)
	return newUnit(p.points(s.N, s.Noise, s.Seed), p.title)
}

// edit replaces the cloud by one that was drawn or opened, as one step of undo.
func (s *sandbox) edit(c *cloud, x *scene.Context) {
	s.stroke.on = false
	next := s.now
	if s.now.Cloud != drawn {
		next.From = s.now.Cloud
	}
	next.Cloud, next.Points = drawn, c.text()
	if next == s.now {
		s.stale = true
		return
	}
	s.remember(next.Points, c)
	s.push(s.now, math.Inf(-1))
	s.redo = nil
	s.now, s.cloud, s.stale, s.problem = next, c, true, ""
	next.set(x.View)
}

// memoryMost bounds what is remembered, undoMost the steps back: fewer, so that they
// can all be taken.
const (
	memoryMost = 60
	undoMost   = 40
)

// remember keeps a cloud that its text does not describe.
func (s *sandbox) remember(text string, c *cloud) {
	if _, ok := pointsOf(text); ok {
		return
	}
	if s.memory == nil {
		s.memory = map[string]*cloud{}
	}
	if s.memory[text] == nil {
		s.remembered = append(s.remembered, text)
	}
	s.memory[text] = c
	for i := 0; len(s.remembered) > memoryMost && i < len(s.remembered); i++ {
		if old := s.remembered[i]; old != s.keptText && old != text {
			delete(s.memory, old)
			s.remembered = slices.Delete(s.remembered, i, i+1)
			i--
		}
	}
}

// push puts a source on undo. What a slider changes within a second is one step; now is
// -Inf for what is a step of its own.
func (s *sandbox) push(from source, now float64) {
	if now-s.pushed < 1 && now >= s.pushed && len(s.undo) > 0 {
		s.pushed = now
		return
	}
	s.pushed = now
	if s.undo = append(s.undo, from); len(s.undo) > undoMost {
		s.undo = slices.Delete(s.undo, 0, 1)
	}
}

// undoStep undoes, or redoes with the stacks the other way round.
func (s *sandbox) undoStep(from, to *[]source, x *scene.Context) {
	if len(*from) == 0 {
		return
	}
	last := len(*from) - 1
	next := (*from)[last]
	*from = (*from)[:last]
	*to = append(*to, s.now)
	s.pushed = math.Inf(-1)
	next.set(x.View)
	s.setSource(sourceIn(x.View))
}

// compute finds the persistence of the cloud, and of the kept one up to the same end,
// the longer of the two.
func (s *sandbox) compute(x *scene.Context) {
	began := time.Now()
	s.stale, s.failed, s.other = false, "", nil
	shape, err := s.cloud.shape(s.k, 0)
	if err == nil && s.keptNow != nil {
		if s.other, err = s.keptNow.shape(s.k, 0); err == nil {
			switch {
			case s.other.EpsMax > shape.EpsMax:
				shape, err = s.cloud.shape(s.k, float64(s.other.EpsMax))
			case s.other.EpsMax < shape.EpsMax:
				s.other, err = s.keptNow.shape(s.k, float64(shape.EpsMax))
			}
		}
	}
	if err != nil {
		s.failed, s.other = err.Error(), nil
		shape = &figure.Shape{EpsMax: 1}
	}
	s.shape, s.took, s.computed = shape, time.Since(began), x.Now
	s.figures.fill(s)
}

// follow computes again while a stroke goes on, but leaves the page as much time as it
// takes. It reports whether a computation is still due.
func (s *sandbox) follow(x *scene.Context) bool {
	if s.stale && x.Now-s.computed >= 2*s.took.Seconds() {
		s.compute(x)
	}
	return s.stale
}

// eps is the present eps: where it was put, or where there is most to see: inside the
// longest loop, or where the components stay the same for longest.
func (s *sandbox) eps(v *view.View) float32 {
	end := s.shape.EpsMax
	if eps := epsParam.Of(v); eps >= 0 {
		return min(float32(eps), end)
	}
	if i := s.shape.Longest(1); i >= 0 && persistence(s.shape, i) > minPersistence*float64(end) {
		b := s.shape.Bars[i]
		return b.Birth + 0.4*(b.Death-b.Birth)
	}
	var deaths []float32
	for _, b := range s.shape.Bars {
		if b.Degree == 0 && !b.Essential {
			deaths = append(deaths, b.Death)
		}
	}
	slices.Sort(deaths)
	eps, widest := 0.3*end, 0.05*end
	for i := 1; i < len(deaths); i++ {
		if gap := deaths[i] - deaths[i-1]; gap > widest {
			eps, widest = deaths[i-1]+gap/2, gap
		}
	}
	return eps
}

// minPersistence is the part of the filtration that a loop outlives chance in.
const minPersistence = 0.1

// bar is the chosen bar. Until one is chosen it is the longest loop, if it stands out.
func (s *sandbox) bar(v *view.View) int {
	name := barParam.Of(v)
	if i := s.shape.Longest(1); name == "" && i >= 0 && persistence(s.shape, i) > minPersistence*float64(s.shape.EpsMax) {
		return i
	}
	return s.barNamed(name)
}

// focus is what all figures show together.
func (s *sandbox) focus(v *view.View) figure.Focus {
	return figure.Focus{Eps: s.eps(v), Hover: s.hover, Select: s.bar(v)}
}
