package filtration

import (
	"slices"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// Plane puts the points of both sets where the chosen picture of the feature space has them. From one snapshot to the
// next they glide, so that motion can be followed; the server keeps the axes aligned.
type Plane struct {
	Fit            ui.Rect
	Anchors, Links []ui.Point
	blended        []int // synthetic point that each anchor was blended into, -1 for none

	pair   [2]*figure.Shape // that were placed
	kind   string
	class  int
	began  float64
	moving bool
	from   [2][]ui.Point // where each point comes from
	to     [2][]ui.Point
	fits   [2]ui.Rect // from, to
}

// glideSeconds is the time points take to where a new snapshot has them.
const glideSeconds = 0.7

// Update moves the points of the filtration's shapes and reports whether they still move.
func (p *Plane) Update(f *Filtration, x *scene.Context) bool {
	kind := f.Projection(x)
	if p.pair != f.Shapes || p.kind != kind {
		p.setTargets(f, x, kind)
	}
	if !p.moving {
		return false
	}
	share := 1.0
	if !x.Still {
		share = ui.Ease((x.Now - p.began) / glideSeconds)
	}
	for set, s := range f.Shapes {
		for i := range s.Points {
			a, b := p.from[set][i], p.to[set][i]
			s.Points[i] = ui.Point{X: a.X + (b.X-a.X)*share, Y: a.Y + (b.Y-a.Y)*share}
		}
	}
	p.Links = p.Links[:0]
	for i, to := range p.blended {
		if to >= 0 {
			p.Links = append(p.Links, p.Anchors[i], f.Shapes[1].Points[to])
		}
	}
	mix := func(a, b float64) float64 { return a + (b-a)*share }
	a, b := p.fits[0], p.fits[1]
	p.Fit = ui.Rect{X: mix(a.X, b.X), Y: mix(a.Y, b.Y), W: mix(a.W, b.W), H: mix(a.H, b.H)}
	p.moving = share < 1
	return p.moving
}

// setTargets sets where the points are going. Those of another class, and new ones, are there at once.
func (p *Plane) setTargets(f *Filtration, x *scene.Context, kind string) {
	known := p.pair[0] != nil && p.class == x.Class() && p.kind != ""
	for set, s := range f.Shapes {
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
	p.Anchors, p.blended = f.anchors(kind)
	fit := figure.FitPoints(p.to[0], p.to[1], p.Anchors)
	p.fits = [2]ui.Rect{fit, fit}
	if known {
		p.fits[0] = p.Fit
	}
	p.pair, p.kind, p.class, p.began, p.moving = f.Shapes, kind, x.Class(), x.Now, true
}

// Projection is the picture that is shown: the chosen one, or the one that the cloud has.
func (f *Filtration) Projection(x *scene.Context) string {
	if f.HasMDS() {
		return Map.Of(x.View)
	}
	return "pca"
}

// HasMDS reports whether the cloud has a second picture.
func (f *Filtration) HasMDS() bool {
	c := &f.Cloud
	return c.MDS != nil && len(c.Real.MDS) == len(c.Real.Points) && len(c.Syn.MDS) == len(c.Syn.Points)
}

// positions is where a picture has the points of a set.
func (f *Filtration) positions(set int, kind string) []ui.Point {
	s := [2]*event.Set{&f.Cloud.Real, &f.Cloud.Syn}[set]
	if kind == "mds" {
		return figure.PointsOf(s.MDS)
	}
	return figure.PointsOf(s.Points)
}

// anchors is where a picture has the real images that were blended in, and the synthetic point of each, -1 for none.
func (f *Filtration) anchors(kind string) (at []ui.Point, blended []int) {
	a := f.Cloud.Anchors
	if a == nil || f.Second != "syn" {
		return nil, nil
	}
	at = figure.PointsOf(a.Points)
	if kind == "mds" {
		at = figure.PointsOf(a.MDS)
	}
	points := map[int]int{}
	for i := range f.Shapes[1].Points {
		points[f.Shapes[1].Image(i)] = i
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
