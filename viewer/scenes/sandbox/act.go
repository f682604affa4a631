package sandbox

import (
	"math"
	"slices"
	"strconv"

	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// stroke is a press of the pointer on the map, until it is let go.
type stroke struct {
	on     bool
	erase  bool
	last   ui.Point // the last point painted, in the plane
	change bool
}

// Distances of pointing: CSS pixels, and in parts of the shown plane.
const (
	grab    = 13.0
	spacing = 0.045
	nudgeBy = 0.02
)

// Update implements Scene.
func (s *sandbox) Update(in ui.Input, x *scene.Context) bool {
	s.sync(x)
	for _, a := range in.Acts {
		s.act(a, in.Now, x)
		s.sync(x)
	}
	growing := s.rise.run(in.Now, s, x)
	s.handlePointer(in, x)
	return s.follow(x) || growing
}

// handlePointer lets the pointer draw, drag, erase, choose and move eps.
func (s *sandbox) handlePointer(in ui.Input, x *scene.Context) {
	s.cursor, s.inside = in.Pointer, in.Inside
	s.hover, s.over = figure.None, figure.None
	m := &s.figures.cloud
	if in.Inside && m.Area().Contains(in.Pointer) && s.drag < 0 {
		s.over = s.nearest(in.Pointer)
		if in.Pressed && s.cloud.flat() {
			s.begin(in, x)
		} else if in.Clicked && s.over >= 0 {
			s.chosen = s.over
		}
	}
	if s.stroke.on {
		s.continueStroke(in.Pointer, x)
		if !in.Down {
			s.end(x)
		}
		return
	}
	s.handlePanes(in, x)
}

// nearest is the point of the cloud within reach of a place on the canvas.
func (s *sandbox) nearest(p ui.Point) int {
	best, at := grab, figure.None
	for i, q := range s.cloud.points {
		q = s.figures.cloud.Place(q)
		if d := math.Hypot(q.X-p.X, q.Y-p.Y); d < best {
			best, at = d, i
		}
	}
	return at
}

// begin starts a stroke: on a point it drags it, elsewhere it paints.
func (s *sandbox) begin(in ui.Input, x *scene.Context) {
	s.cloud = s.cloud.with(slices.Clone(s.cloud.points)) // what undo and memory hold stays as it is
	s.stroke = stroke{on: true, erase: in.Alt || toolParam.Of(x.View) == "erase"}
	s.held = figure.None
	switch at := s.nearest(in.Pointer); {
	case s.stroke.erase:
	case at >= 0:
		s.held, s.chosen = at, at
	default:
		s.chosen = figure.None
		s.paint(s.figures.cloud.Unplace(in.Pointer), x)
	}
}

// continueStroke carries a stroke to a place on the canvas.
func (s *sandbox) continueStroke(p ui.Point, x *scene.Context) {
	at := s.figures.cloud.Unplace(p)
	switch {
	case s.stroke.erase:
		for i := s.nearest(p); i >= 0; i = s.nearest(p) {
			s.remove(i)
		}
	case s.held >= 0:
		if s.cloud.unit {
			at = onGrid(at)
		}
		if s.cloud.points[s.held] != at {
			s.cloud.points[s.held] = at
			s.changed()
		}
	case s.stroke.change: // painting: as many as fit between the last and here
		step := spacing * s.span()
		for range 64 {
			d := at.Sub(s.stroke.last)
			length := math.Hypot(d.X, d.Y)
			if !(length >= step) {
				break
			}
			s.paint(ui.Point{X: s.stroke.last.X + d.X*step/length, Y: s.stroke.last.Y + d.Y*step/length}, x)
		}
	}
}

// span is the longer side of what the map shows.
func (s *sandbox) span() float64 {
	if s.cloud.unit {
		return 1
	}
	return max(s.cloud.fit.W, s.cloud.fit.H)
}

func (s *sandbox) changed() { s.stroke.change, s.stale = true, true }

// paint adds a point of the plane.
func (s *sandbox) paint(p ui.Point, x *scene.Context) {
	s.stroke.last = p
	if len(s.cloud.points) >= cloudMost {
		if !s.stroke.change {
			x.Say("The sandbox holds at most "+strconv.Itoa(cloudMost)+" points. Erase some first.", true)
		}
		s.stroke.change = true
		return
	}
	if s.cloud.unit {
		p = onGrid(p)
	}
	s.cloud.points = append(s.cloud.points, p)
	s.changed()
}

func (s *sandbox) remove(i int) {
	s.cloud.points = slices.Delete(s.cloud.points, i, i+1)
	s.chosen, s.over = figure.None, figure.None
	s.changed()
}

// end makes the stroke a step of undo.
func (s *sandbox) end(x *scene.Context) {
	s.held = figure.None
	if !s.stroke.change {
		s.stroke.on = false
		return
	}
	s.edit(s.cloud, x)
}

// handlePanes lets the pointer choose bars and move eps in the figures beside the map.
func (s *sandbox) handlePanes(in ui.Input, x *scene.Context) {
	if !in.Down {
		defer func() { s.drag = -1 }()
	}
	if !in.Inside && s.drag < 0 {
		return
	}
	for i := range s.figures.shown {
		p := &s.figures.shown[i]
		if in.Inside && s.drag < 0 {
			if bar := s.figures.barAt(p, in.Pointer); bar >= 0 {
				s.hover = bar
			}
		}
		if in.Pressed && p.area.Contains(in.Pointer) && p.name != "image" && s.hover < 0 {
			s.drag = i
		}
		if s.drag == i {
			epsParam.Set(x.View, float64(s.figures.epsAt(p, in.Pointer.X)))
			s.rise.on = false
		}
	}
	if in.Clicked && s.hover >= 0 {
		if s.hover == s.bar(x.View) {
			barParam.Set(x.View, noBar)
		} else {
			barParam.Set(x.View, s.barName(s.hover))
		}
	}
}

// act does what buttons and keys ask.
func (s *sandbox) act(a ui.Act, now float64, x *scene.Context) {
	switch a.Name {
	case "undo":
		s.undoStep(&s.undo, &s.redo, x)
	case "redo":
		s.undoStep(&s.redo, &s.undo, x)
	case "clear":
		s.edit(newUnit(nil, ""), x)
	case "seed":
		seedParam.Set(x.View, float64(seedParam.Int(x.View)%9999+1))
	case "tool":
		toolParam.Set(x.View, map[string]string{"draw": "erase", "erase": "draw"}[toolParam.Of(x.View)])
	case "keep":
		s.keep(x)
	case "event":
		s.rise.on = false
		s.jump(a.Num() > 0, x)
	case "grow":
		s.rise.toggle(now, s, x)
	case "bar":
		s.chooseBar(a.Arg, x)
	case "point", "nudge", "erase", "add":
		s.actOnPoint(a, x)
	case "paste":
		s.paste(a.Arg, x)
	case "reset":
		epsParam.Set(x.View, -1)
		barParam.Set(x.View, "")
	}
}

// jump moves eps to the next birth or death.
func (s *sandbox) jump(up bool, x *scene.Context) {
	eps, stops := s.eps(x.View), append([]float32{0, s.shape.EpsMax}, s.shape.Events()...)
	if s.other != nil {
		stops = append(stops, s.other.Events()...)
	}
	slices.Sort(stops)
	if i, _ := slices.BinarySearch(stops, eps); !up && i > 0 {
		epsParam.Set(x.View, float64(stops[i-1]))
	}
	if i := slices.IndexFunc(stops, func(e float32) bool { return e > eps }); up && i >= 0 {
		epsParam.Set(x.View, float64(stops[i]))
	}
}

// actOnPoint is how keys and buttons reach what the pointer does on the map.
func (s *sandbox) actOnPoint(a ui.Act, x *scene.Context) {
	n := len(s.cloud.points)
	if a.Name == "point" {
		if a.Arg == "next" && n > 0 {
			s.chosen = (s.chosen + 1) % n
		} else if i, err := strconv.Atoi(a.Arg); err == nil && i >= 0 && i < n {
			s.chosen = i
		}
		return
	}
	if !s.cloud.flat() {
		x.Say("These points do not lie in a plane, so they cannot be moved here.", true)
		return
	}
	pts, by := slices.Clone(s.cloud.points), nudgeBy*s.span()
	switch here := s.chosen >= 0 && s.chosen < n; {
	case a.Name == "add" && n >= cloudMost:
		x.Say("The sandbox holds at most "+strconv.Itoa(cloudMost)+" points. Erase some first.", true)
		return
	case a.Name == "add" && here:
		pts = append(pts, ui.Point{X: pts[s.chosen].X + 2*by, Y: pts[s.chosen].Y})
	case a.Name == "add":
		pts = append(pts, s.figures.cloud.Fit.Centre())
	case !here:
		x.Say("Choose a point first, with N or in the table of points.", false)
		return
	case a.Name == "erase":
		pts = slices.Delete(pts, s.chosen, s.chosen+1)
	default:
		d := map[string]ui.Point{"left": {X: -by}, "right": {X: by}, "up": {Y: by}, "down": {Y: -by}}[a.Arg]
		pts[s.chosen] = pts[s.chosen].Add(d)
	}
	at := s.chosen
	switch a.Name {
	case "add":
		at = n
	case "erase":
		at = min(at, n-2)
	}
	s.edit(s.cloud.with(pts), x)
	s.chosen = at
}
