// Package topology is the scene of persistent homology: bars, diagram, Betti curves and persistence images of a class.
package topology

import (
	"math"
	"slices"
	"strconv"

	"reta/shared/event"
	"reta/shared/topology"
	"reta/viewer/figure"
	"reta/viewer/filtration"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/view"
)

func init() {
	scene.Register(scene.Info{Name: "topology", Title: "Topology", Order: 4, Scroll: true, Topics: []event.Topic{event.TopicCloud, event.TopicImages, event.TopicRetrieval},
		Keys: append(filtration.Keys(),
			scene.Key{Keys: []string{"h"}, Show: "H", Say: "images of components, or of loops", Act: "degree"},
			scene.Key{Keys: []string{"v"}, Show: "V", Say: "all figures, or one after the other", Act: "figure"},
		)}, func() scene.Scene {
		return &diagrams{Filtration: filtration.New(), point: figure.None, over: none, drag: none}
	})
}

var (
	degreeOf   = view.NewText("degree", "0", "1")       // of the persistence images
	figureName = view.NewText("figure", figureNames...) // what is drawn
	against    = view.NewText("against")                // a class's number: its real set in place of the synthetic one
)

var figureNames = []string{"all", "map", "bars", "diagram", "betti", "images"}

// diagrams shows the persistence of one class in every form it has: bars, diagram, Betti curves and images of the real
// and the synthetic set, linked with each other and with a map.
type diagrams struct {
	filtration.Filtration
	cells   []cell // as drawn last
	scroll  float64
	height  float64 // of all cells
	view    float64 // height of the canvas
	plane   filtration.Plane
	plan    figure.Map
	codes   [2]figure.Barcode
	diagram figure.Diagram
	curves  [2]figure.Betti
	heats   [3]figure.Heat
	made    imageKey
	pixels  [3][]float64 // real, synthetic, difference
	point   int          // of the map, under the pointer
	over    int          // figure under the pointer, none
	drag    int          // figure in which eps is moved, none
	pointer ui.Point
}

// imageKey is what the persistence images were made from.
type imageKey struct {
	pair   [2]*figure.Shape
	degree int
}

// otherClass is the class to compare with, figure.None for the synthetic set.
func otherClass(x *scene.Context) int {
	class, err := strconv.Atoi(against.Of(x.View))
	if err != nil || class < 0 || class == x.Class() {
		return figure.None
	}
	return class
}

// degree is the degree of the persistence images.
func (d *diagrams) degree(x *scene.Context) int {
	if degreeOf.Of(x.View) == "1" {
		return 1
	}
	return 0
}

// imager is how the images are made: with the topology loss's own settings, as long as a run does not tell others.
func (d *diagrams) imager() topology.Imager {
	o := topology.DefaultOptions()
	return topology.Imager{Grid: o.Grid, Sigma: o.Sigma, EpsMax: float64(d.Shapes[0].EpsMax), Exponent: o.Exponent, DropEssential: o.DropEssential}
}

// images makes the persistence images of the present degree.
func (d *diagrams) images(x *scene.Context) {
	key := imageKey{d.Shapes, d.degree(x)}
	if d.made == key && d.pixels[0] != nil {
		return
	}
	d.made = key
	for set, s := range d.Shapes {
		d.pixels[set] = s.Images(d.imager())[key.degree]
	}
	d.pixels[2] = figure.Difference(d.pixels[0], d.pixels[1])
}

// Update implements Scene.
func (d *diagrams) Update(in ui.Input, x *scene.Context) bool {
	d.Hover, d.point, d.over = filtration.None, figure.None, none
	if !d.Load(x, otherClass(x)) {
		return false
	}
	d.KeepSelection(x)
	d.Act(in, x)
	for _, a := range in.Acts {
		switch a.Name {
		case "degree":
			degreeOf.Set(x.View, strconv.Itoa(1-d.degree(x)))
		case "figure":
			at := slices.Index(figureNames, figureName.Of(x.View))
			figureName.Set(x.View, figureNames[(at+1)%len(figureNames)])
		case "reset":
			d.scroll = 0
		}
	}
	moving := d.Growth.Run(in.Now, x, &d.Cloud)
	moving = d.plane.Update(&d.Filtration, x) || moving
	if !in.Down {
		d.drag = none
	}
	d.scroll += in.Wheel.Y
	if in.Inside {
		d.pointer = in.Pointer
		d.over = d.cellAt(in.Pointer)
		if in.Pressed && d.grips(in.Pointer, d.over) {
			d.drag = d.over
		}
		switch {
		case d.drag != none:
			if eps, ok := d.epsAt(in.Pointer, d.drag); ok {
				filtration.Eps.Set(x.View, float64(eps))
				d.Growth.Stop()
			}
		default:
			d.scroll -= in.Drag.Y
			d.handlePointer(in, x)
		}
	}
	d.scroll = min(max(d.scroll, 0), max(0, d.height-d.view))
	return moving
}

// grips reports whether a press takes hold of eps. Where the figures scroll only the line of eps does, so that a finger
// can scroll over them.
func (d *diagrams) grips(p ui.Point, at int) bool {
	near := true
	if d.height > d.view+1 {
		x, ok := d.epsX(at)
		near = ok && math.Abs(p.X-x) < 22
	}
	switch at {
	case barsReal, barsSyn:
		return near && d.codes[at-barsReal].BarAt(p) < 0 && d.codes[at-barsReal].Grip(p)
	case betti0, betti1:
		return near && !d.curves[at-betti0].Area().Empty()
	}
	return false
}

// epsX is where a figure has its line of eps.
func (d *diagrams) epsX(at int) (float64, bool) {
	switch at {
	case barsReal, barsSyn:
		return d.codes[at-barsReal].EpsX()
	case betti0, betti1:
		return d.curves[at-betti0].EpsX()
	}
	return 0, false
}

// epsAt is the eps of a place in a figure that has an axis of it.
func (d *diagrams) epsAt(p ui.Point, at int) (float32, bool) {
	switch at {
	case barsReal, barsSyn:
		return d.codes[at-barsReal].EpsAt(p.X), true
	case betti0, betti1:
		return d.curves[at-betti0].EpsAt(p.X), true
	}
	return 0, false
}

// handlePointer finds the bar or the point below the pointer; a click chooses it.
func (d *diagrams) handlePointer(in ui.Input, x *scene.Context) {
	switch d.over {
	case mapCell:
		if d.point = d.plan.PointAt(in.Pointer); d.point >= 0 && in.Clicked && d.plan.Syn && d.Second == "syn" {
			x.Choose(x.Class(), d.plan.Shape.Image(d.point))
		}
	case barsReal, barsSyn:
		d.Hover = filtration.Pick{Set: d.over - barsReal, At: d.codes[d.over-barsReal].BarAt(in.Pointer)}
	case diagramCell:
		first := d.first(x)
		d.Hover = filtration.Pick{Set: first, At: d.diagram.BarAt(in.Pointer)}
		if chosen := d.Selected(x.View); d.Hover.At < 0 {
			other := figure.None
			if chosen.Set != first {
				other = chosen.At
			}
			d.Hover = filtration.Pick{Set: 1 - first, At: d.diagram.OverAt(in.Pointer, other)}
		}
	}
	if d.Hover.At < 0 {
		d.Hover = filtration.None
	} else if in.Clicked {
		d.Toggle(x.View, d.Hover)
	}
}

// first is the set whose marks in the diagram are filled and whose complex the map shows: that of the chosen bar.
func (d *diagrams) first(x *scene.Context) int {
	if d.NoSecond() {
		return 0
	}
	if filtration.Sets.Of(x.View) == "syn" || filtration.Sets.Of(x.View) == "both" && filtration.Chosen(x.View).Set == 1 {
		return 1
	}
	return 0
}
