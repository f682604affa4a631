package scene

import (
	"slices"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/ui"
)

// plane puts the points of both sets where the chosen picture of the feature space has them. From one snapshot to the
// next they glide, so that motion can be followed; the server keeps the axes aligned.
type plane struct {
	fit            ui.Rect
	anchors, links []ui.Point
	blended        []int // synthetic point that each anchor was blended into, -1 for none

	pair  [2]*figure.Shape // that were placed
	kind  string
	class int
	began float64
	moves bool
	from  [2][]ui.Point // where each point comes from
	to    [2][]ui.Point
	fits  [2]ui.Rect // from, to
}

// glideSeconds is the time points take to where a new snapshot has them.
const glideSeconds = 0.7

// place moves the points of the filtration's shapes and reports whether they still move.
func (p *plane) place(f *filtration, x *Context) bool {
	kind := f.mapKind(x)
	if p.pair != f.pair || p.kind != kind {
		p.aim(f, x, kind)
	}
	if !p.moves {
		return false
	}
	share := 1.0
	if !x.Still {
		share = ease((x.Now - p.began) / glideSeconds)
	}
	for set, s := range f.pair {
		for i := range s.Points {
			a, b := p.from[set][i], p.to[set][i]
			s.Points[i] = ui.Point{X: a.X + (b.X-a.X)*share, Y: a.Y + (b.Y-a.Y)*share}
		}
	}
	p.links = p.links[:0]
	for i, to := range p.blended {
		if to >= 0 {
			p.links = append(p.links, p.anchors[i], f.pair[1].Points[to])
		}
	}
	mix := func(a, b float64) float64 { return a + (b-a)*share }
	a, b := p.fits[0], p.fits[1]
	p.fit = ui.Rect{X: mix(a.X, b.X), Y: mix(a.Y, b.Y), W: mix(a.W, b.W), H: mix(a.H, b.H)}
	p.moves = share < 1
	return p.moves
}

// aim sets where the points are going. Those of another class, and new ones, are there at once.
func (p *plane) aim(f *filtration, x *Context, kind string) {
	known := p.pair[0] != nil && p.class == x.Class() && p.kind != ""
	for set, s := range f.pair {
		to := f.positions(set, kind)
		from := to
		if old := p.pair[set]; known && old != nil {
			at := make(map[int]int, len(old.Points))
			for i := range old.Points {
				at[old.Image(i)] = i
			}
			same := slices.Equal(old.Index, s.Index) && len(old.Points) == len(to)
			from = slices.Clone(to)
			for i := range from {
				j, ok := at[s.Image(i)]
				if same {
					j, ok = i, true // an image may have several points
				}
				if ok {
					from[i] = old.Points[j]
				}
			}
		}
		p.from[set], p.to[set] = from, to
	}
	p.anchors, p.blended = f.anchors(kind)
	fit := figure.FitPoints(p.to[0], p.to[1], p.anchors)
	p.fits = [2]ui.Rect{fit, fit}
	if known {
		p.fits[0] = p.fit
	}
	p.pair, p.kind, p.class, p.began, p.moves = f.pair, kind, x.Class(), x.Now, true
}

// mapKind is the picture that is shown: the chosen one, or the one that the cloud has.
func (f *filtration) mapKind(x *Context) string {
	if f.hasMDS() {
		return mapKind.Of(x.View)
	}
	return "pca"
}

// hasMDS reports whether the cloud has a second picture.
func (f *filtration) hasMDS() bool {
	c := &f.cloud
	return c.MDS != nil && len(c.Real.MDS) == len(c.Real.Points) && len(c.Syn.MDS) == len(c.Syn.Points)
}

// positions is where a picture has the points of a set.
func (f *filtration) positions(set int, kind string) []ui.Point {
	s := [2]*event.Set{&f.cloud.Real, &f.cloud.Syn}[set]
	if kind == "mds" {
		return figure.PointsOf(s.MDS)
	}
	return figure.PointsOf(s.Points)
}

// anchors is where a picture has the real images that were blended in, and the synthetic point of each, -1 for none.
func (f *filtration) anchors(kind string) (at []ui.Point, blended []int) {
	a := f.cloud.Anchors
	if a == nil || f.second != "syn" {
		return nil, nil
	}
	at = figure.PointsOf(a.Points)
	if kind == "mds" {
		at = figure.PointsOf(a.MDS)
	}
	points := map[int]int{}
	for i := range f.pair[1].Points {
		points[f.pair[1].Image(i)] = i
	}
	for i := range at {
		to := figure.None
		if p, ok := points[a.Image[i]]; ok {
			to = p
		}
		blended = append(blended, to)
	}
	return at, blended
}
