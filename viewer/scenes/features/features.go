// Package features is the scene of the feature space: the filtration of a class on a map, with its barcodes.
package features

import (
	"math"
	"strconv"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/filtration"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/view"
)

func init() {
	scene.Register(scene.Info{Name: "features", Title: "Feature space", Order: 3, Topics: []event.Topic{event.TopicCloud, event.TopicImages, event.TopicRetrieval},
		Keys: append(filtration.Keys(),
			scene.Key{Keys: []string{"m"}, Show: "M", Say: "side by side, or both in one map", Act: "layout"},
			scene.Key{Keys: []string{"i"}, Show: "I", Say: "dots or images", Act: "thumbs"},
		)}, func() scene.Scene {
		return &features{Filtration: filtration.New(), point: filtration.None, anchor: figure.None, drag: figure.None}
	})
}

var (
	thumbs = view.NewFlag("thumbs", false)               // images instead of marks
	layout = view.NewText("layout", "beside", "overlay") // where both sets go
)

// features shows the filtration of one class: the points of both sets on a plane, the simplices that have appeared at
// eps, and the bars of the diagrams.
type features struct {
	filtration.Filtration
	maps    [2]figure.Map
	codes   [2]figure.Barcode
	shown   []int // sets that are drawn, in order
	overlay bool
	plane   filtration.Plane
	point   filtration.Pick // under the pointer
	anchor  int             // under the pointer, figure.None
	drag    int             // set whose barcode moves eps, figure.None
	pointer ui.Point
}

// Update implements Scene.
func (f *features) Update(in ui.Input, x *scene.Context) bool {
	f.Hover, f.point, f.anchor = filtration.None, filtration.None, figure.None
	if !f.Load(x, figure.None) {
		return false
	}
	f.KeepSelection(x)
	f.Act(in, x)
	for _, a := range in.Acts {
		switch a.Name {
		case "layout":
			layout.Set(x.View, map[string]string{"beside": "overlay", "overlay": "beside"}[layout.Of(x.View)])
		case "thumbs":
			thumbs.Set(x.View, !thumbs.Of(x.View))
		}
	}
	moving := f.Growth.Run(in.Now, x, &f.Cloud)
	moving = f.plane.Update(&f.Filtration, x) || moving
	if !in.Down {
		f.drag = figure.None
	}
	if !in.Inside {
		return moving
	}
	f.pointer = in.Pointer
	for _, set := range f.shown {
		f.handlePointer(in, x, set)
	}
	if f.point.At < 0 {
		f.anchor = f.anchorAt(in.Pointer)
	}
	return moving
}

// anchorAt is the anchor below p, figure.None for none.
func (f *features) anchorAt(p ui.Point) int {
	best, at := 10.0, figure.None
	if len(f.shown) == 0 {
		return at
	}
	m := &f.maps[f.shown[len(f.shown)-1]]
	for i, q := range f.plane.Anchors {
		d := m.Place(q).Sub(p)
		if l := math.Hypot(d.X, d.Y); l < best && m.Area().Contains(p) {
			best, at = l, i
		}
	}
	return at
}

// handlePointer lets the pointer act on the map and the barcode of one set.
func (f *features) handlePointer(in ui.Input, x *scene.Context, set int) {
	code := &f.codes[set]
	at := code.BarAt(in.Pointer)
	if in.Pressed && at < 0 && code.Grip(in.Pointer) {
		f.drag = set
	}
	if f.drag < 0 && in.Down && in.Drag.X != 0 && code.Grip(in.Pointer) {
		f.drag = set // a press on a bar that became a drag
	}
	if f.drag == set {
		filtration.Eps.Set(x.View, float64(code.EpsAt(in.Pointer.X)))
		f.Growth.Stop()
		return
	}
	if at >= 0 {
		f.Hover = filtration.Pick{Set: set, At: at}
		if in.Clicked {
			f.Toggle(x.View, f.Hover)
		}
	}
	if at := f.maps[set].PointAt(in.Pointer); at >= 0 {
		f.point = filtration.Pick{Set: set, At: at}
		if in.Clicked && set == 1 {
			x.Choose(x.Class(), f.Shapes[1].Image(at))
		}
	}
}

// Draw implements Scene.
func (f *features) Draw(c ui.Canvas, x *scene.Context) {
	w, h := c.Size()
	ui.Fill(c, ui.Rect{W: w, H: h}, x.Theme.Surface)
	f.shown = f.shown[:0]
	if !f.Load(x, figure.None) {
		return
	}
	f.plane.Update(&f.Filtration, x)
	for set := range 2 {
		if filtration.Sets.Of(x.View) != [2]string{"syn", "real"}[set] {
			f.shown = append(f.shown, set)
		}
	}
	f.overlay = len(f.shown) == 2 && layout.Of(x.View) == "overlay"
	maps, codes := f.arrange(ui.Rect{W: w, H: h})
	for i, set := range f.shown {
		f.drawMap(c, maps[i], x, set)
		f.codes[set] = figure.Barcode{}
		if len(f.Shapes[set].Bars) > 0 {
			f.drawCode(c, codes[i], x, set)
		}
	}
	f.drawTip(c, x)
}

// headH is the line over a map or a barcode.
const headH = 30.0

// arrange gives each set its map and its barcode. Both sets on one map share it.
func (f *features) arrange(r ui.Rect) (maps, codes [2]ui.Rect) {
	gap := min(24.0, r.W*0.03)
	in := ui.Rect{X: gap, Y: 6, W: r.W - 2*gap, H: r.H - 12}
	n := len(f.shown)
	if f.overlay {
		n = 1
	}
	wide := in.W > 1.15*in.H && in.W > 560
	switch {
	case !f.HasBars():
		for i, m := range ui.Columns(in, n, gap) {
			maps[i] = m
		}
	case n == 1 && wide: // the map beside its bars
		side := min(in.W*0.62, in.H*1.25)
		maps[0] = ui.Rect{X: in.X, Y: in.Y, W: side, H: in.H}
		rest := ui.Rect{X: in.X + side + gap, Y: in.Y, W: in.W - side - gap, H: in.H}
		for i, q := range ui.Rows(rest, len(f.shown), 8) {
			codes[i] = q
		}
	default: // over them
		need := 0.0
		for _, set := range f.shown {
			code := figure.Barcode{Shape: f.Shapes[set]}
			need = max(need, code.Need()+headH)
		}
		tall := min(max(in.H*0.55, in.H-need-8), (in.W-gap*float64(n-1))/float64(n)*1.1+headH)
		for i, m := range ui.Columns(ui.Rect{X: in.X, Y: in.Y, W: in.W, H: tall}, n, gap) {
			maps[i] = m
		}
		for i, q := range ui.Columns(ui.Rect{X: in.X, Y: in.Y + tall + 8, W: in.W, H: min(in.H-tall-8, need)}, len(f.shown), gap) {
			codes[i] = q
		}
	}
	if f.overlay {
		maps[1] = maps[0]
	}
	return maps, codes
}

func (f *features) drawMap(c ui.Canvas, r ui.Rect, x *scene.Context, set int) {
	t, m := x.Theme, &f.maps[set]
	tint := f.Tint(t, set)
	head := r.X
	if f.overlay && set == 1 {
		head += c.TextWidth(f.Name(0), ui.SizeTitle) + 18
	}
	c.Text(ui.Point{X: head, Y: r.Y + 14}, f.Name(set), ui.SizeTitle, ui.Left, tint)
	if !f.overlay {
		room := r.W - c.TextWidth(f.Name(set), ui.SizeTitle) - 16
		c.Text(ui.Point{X: r.X + r.W, Y: r.Y + 14}, f.Count(c, x, set, room), ui.SizeSmall, ui.Right, t.Muted)
	}
	m.Shape, m.Syn, m.Focus, m.Fit = f.Shapes[set], set == 1, f.Focus(x, set), f.plane.Fit
	m.Ghosts, m.Anchors, m.Links, m.Tint = nil, nil, nil, nil
	m.Point = f.ringedPoint(x, set)
	m.Picture, m.Side = nil, 0
	if thumbs.Of(x.View) {
		m.Picture = func(i int) *ui.Picture { return f.Picture(x, filtration.Pick{Set: set, At: i}) }
		m.Side = thumbSide(r, m.Shape)
	}
	if set == 1 || len(f.shown) == 1 {
		m.Anchors, m.Links = f.plane.Anchors, f.plane.Links
	}
	area := ui.Rect{X: r.X, Y: r.Y + headH, W: r.W, H: r.H - headH}
	switch {
	case f.overlay && set == 1:
		m.DrawOver(c, &f.maps[0], tint, t)
		return
	case f.overlay:
		m.Draw(c, area, figure.Tinted(t, tint))
	default:
		m.Ghosts = f.Shapes[1-set].Points
		m.Draw(c, area, t)
	}
}

// thumbSide is the side of a thumbnail: as large as the points leave room for.
func thumbSide(r ui.Rect, s *figure.Shape) float64 {
	return min(max(min(r.W, r.H)/(1.2*float64(max(isqrt(len(s.Points)), 1))+3), 18), 48)
}

func isqrt(n int) (root int) {
	for (root+1)*(root+1) <= n {
		root++
	}
	return root
}

// ringedPoint is the point of a set to ring: the one under the pointer, or else the chosen image's.
func (f *features) ringedPoint(x *scene.Context, set int) int {
	if f.point.At >= 0 && f.point.Set == set {
		return f.point.At
	}
	if set == 1 {
		for i := range f.Shapes[1].Points {
			if f.Shapes[1].Image(i) == x.Image() {
				return i
			}
		}
	}
	return figure.None
}

func (f *features) drawCode(c ui.Canvas, r ui.Rect, x *scene.Context, set int) {
	code := &f.codes[set]
	code.Shape, code.Tint, code.Focus = f.Shapes[set], f.Tint(x.Theme, set), f.Focus(x, set)
	if len(f.shown) == 2 && f.overlay || len(f.shown) == 1 && r.Y < 40 {
		c.Text(ui.Point{X: r.X + 4, Y: r.Y + 14}, f.Name(set)+" bars", ui.SizeTitle, ui.Left, code.Tint)
		room := r.W - c.TextWidth(f.Name(set)+" bars", ui.SizeTitle) - 30
		c.Text(ui.Point{X: r.X + r.W - 14, Y: r.Y + 14}, f.Count(c, x, set, room), ui.SizeSmall, ui.Right, x.Theme.Muted)
		r.Y, r.H = r.Y+headH-6, r.H-headH+6
	}
	code.Draw(c, r, x.Theme)
}

// drawTip names what is under the pointer.
func (f *features) drawTip(c ui.Canvas, x *scene.Context) {
	switch {
	case f.drag >= 0:
	case f.point.At >= 0 && f.point.At < len(f.Shapes[f.point.Set].Points):
		s := f.Shapes[f.point.Set]
		lines := []string{f.Name(f.point.Set) + " #" + strconv.Itoa(s.Image(f.point.At))}
		if ids := f.Cloud.Real.IDs; f.point.Set == 0 && f.point.At < len(ids) {
			lines = append(lines, ids[f.point.At])
		}
		lines = append(lines, filtration.ComponentText(s.At(f.Eps(x)), f.point.At))
		figure.Tooltip(c, x.Theme, f.maps[f.point.Set].Place(s.Points[f.point.At]), lines, f.Picture(x, f.point))
	case f.anchor >= 0 && f.Cloud.Anchors != nil && f.anchor < len(f.plane.Anchors):
		a := f.Cloud.Anchors
		lines := []string{"anchor " + a.IDs[f.anchor], "blended into synthetic #" + strconv.Itoa(a.Image[f.anchor]), "at the end of stage " + strconv.Itoa(a.Stage+1)}
		figure.Tooltip(c, x.Theme, f.maps[f.shown[len(f.shown)-1]].Place(f.plane.Anchors[f.anchor]), lines, x.Thumb(x.Class(), a.IDs[f.anchor]))
	case f.Hover.At >= 0:
		figure.Tooltip(c, x.Theme, f.pointer, f.Describe(f.Hover), nil)
	}
}
