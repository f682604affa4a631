// Package filtration is what scenes share that show the feature cloud of a class: its filtration along eps, the bars of its
// two sets, the choice among them, and where points lie on the map.
//
//	type features struct{ filtration.Filtration }
//	if f.Load(x, figure.None) {
//		f.Follow(x)
//		f.Act(in, x)
//		eps := f.Eps(x)
//	}
package filtration

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/view"
)

// Filtration is what the scenes of a class's cloud have in common: the shapes of its two sets, the present eps, the bar
// under the pointer and the chosen one, and what moves them.
type Filtration struct {
	Cloud  event.Cloud
	Shapes [2]*figure.Shape // real, synthetic (or what stands in its place); nil without a cloud
	stops  [2][]float32     // births and deaths of each, ascending
	Second string           // "syn", or the class whose real set stands in its place
	first  string           // name of the class
	Hover  Pick
	Growth Growth

	run        uint64
	lastShapes [2]*figure.Shape // of the last follow
	lastClass  int              // class of seen
	chosen     Pick             // at the last follow
}

// New is a filtration before the first cloud.
func New() Filtration { return Filtration{Hover: None, chosen: None} }

// Pick is a bar or a point of one of the two sets, at = figure.None for none.
type Pick struct{ Set, At int }

// None is no bar and no point.
var None = Pick{0, figure.None}

// Load takes the cloud of the chosen class; false without one. The shapes are made anew only when the cloud is another
// one. With a class to compare with, its real set stands for the synthetic one.
func (f *Filtration) Load(x *scene.Context, against int) bool {
	cloud, ok := x.Clouds[x.Class()]
	if !ok {
		f.Shapes, f.Hover = [2]*figure.Shape{}, None
		return false
	}
	second, syn := "syn", cloud.Syn
	if other, known := x.Clouds[against]; known && against != x.Class() {
		second, syn = x.ClassName(against), other.Real
	}
	if f.Shapes[0] == nil || f.run != x.Run || !sameSet(f.Cloud.Real, cloud.Real) || f.Cloud.EpsMax != cloud.EpsMax {
		f.Shapes[0] = figure.FromSet(cloud.Real, cloud.EpsMax)
		f.stops[0], f.Hover = f.Shapes[0].Events(), None
	}
	if f.Shapes[1] == nil || f.run != x.Run || f.Second != second || !sameSet(f.Cloud.Syn, syn) || f.Cloud.EpsMax != cloud.EpsMax {
		f.Shapes[1] = figure.FromSet(syn, cloud.EpsMax)
		if second != "syn" { // on this class's axis
			f.Shapes[1].Bars = slices.DeleteFunc(slices.Clone(syn.Bars), func(b event.Bar) bool { return b.Birth >= cloud.EpsMax })
		}
		f.stops[1], f.Hover = f.Shapes[1].Events(), None
	}
	f.Cloud, f.run, f.Second, f.first = cloud, x.Run, second, x.ClassName(x.Class())
	f.Cloud.Syn = syn
	return true
}

// sameSet reports whether two sets are one and the same, not merely alike.
func sameSet(a, b event.Set) bool {
	return sameSlice(a.Points, b.Points) && sameSlice(a.Bars, b.Bars) && sameSlice(a.Edges, b.Edges)
}

func sameSlice[T any](a, b []T) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// HasBars reports whether any set has one.
func (f *Filtration) HasBars() bool { return len(f.Shapes[0].Bars)+len(f.Shapes[1].Bars) > 0 }

// Eps is the chosen eps. Links round it: within that it is the birth or death that was stepped to.
func (f *Filtration) Eps(x *scene.Context) float32 {
	eps := EpsIn(x.View, &f.Cloud)
	if Eps.Of(x.View) < 0 {
		return eps
	}
	for _, list := range f.stops {
		for _, stop := range list {
			if math.Abs(float64(stop-eps)) <= 1e-5*float64(eps) {
				return min(stop, f.Cloud.EpsMax)
			}
		}
	}
	return eps
}

// Selected is the chosen bar, nothing where there is none of that number.
func (f *Filtration) Selected(v *view.View) Pick {
	p := Pick{0, Bar.Int(v)}
	if BarOf.Of(v) == "syn" {
		p.Set = 1
	}
	if s := f.Shapes[p.Set]; s == nil || p.At < 0 || p.At >= len(s.Bars) || s.Bars[p.At].Degree > 1 {
		return Pick{p.Set, figure.None}
	}
	return p
}

// choose selects a bar, or none.
func (f *Filtration) choose(v *view.View, p Pick) {
	Bar.Set(v, float64(p.At))
	if p.At >= 0 {
		BarOf.Set(v, [2]string{"real", "syn"}[p.Set])
	}
	f.chosen = f.Selected(v)
}

// Toggle selects a bar, or deselects it when it was the chosen one.
func (f *Filtration) Toggle(v *view.View, p Pick) {
	if f.Selected(v) == p {
		p.At = figure.None
	}
	f.choose(v, p)
}

// Highlighted is the bar to light up: the one under the pointer, or else the chosen one.
func (f *Filtration) Highlighted(v *view.View) Pick {
	if f.Hover.At >= 0 {
		return f.Hover
	}
	return f.Selected(v)
}

// Focus is what the figures of a set show together.
func (f *Filtration) Focus(x *scene.Context, set int) figure.Focus {
	focus := figure.At(f.Eps(x))
	if f.Hover.Set == set {
		focus.Hover = f.Hover.At
	}
	if p := f.Selected(x.View); p.Set == set {
		focus.Select = p.At
	}
	return focus
}

// KeepSelection keeps the chosen bar chosen when a new cloud numbers its bars otherwise: it becomes the nearest bar of the new
// diagram. In another class it is nothing any more, unless the page chose it just now.
func (f *Filtration) KeepSelection(x *scene.Context) {
	if x.Pending {
		return // the bar that a link names is one of another step's cloud
	}
	now := f.Selected(x.View)
	was := f.lastShapes[f.chosen.Set]
	moved := was != nil && was != f.Shapes[f.chosen.Set]
	f.lastShapes = f.Shapes
	class := f.lastClass
	f.lastClass = x.Class()
	if moved && f.chosen.At >= 0 && Chosen(x.View) == f.chosen {
		next := Pick{f.chosen.Set, figure.None}
		if class == x.Class() && f.chosen.At < len(was.Bars) {
			bars, bar := f.Shapes[next.Set].Bars, was.Bars[f.chosen.At]
			if next.At = f.chosen.At; next.At >= len(bars) || bars[next.At] != bar { // else it is the same, twins or not
				next.At = nearestBar(bars, bar)
			}
		}
		f.choose(x.View, next)
		return
	}
	f.chosen = now
}

// Chosen is the chosen bar as the page says, whether there is such a bar or not.
func Chosen(v *view.View) Pick {
	p := Pick{0, Bar.Int(v)}
	if BarOf.Of(v) == "syn" {
		p.Set = 1
	}
	return p
}

// nearestBar is the bar of the same degree nearest in the diagram, of several the one with the same critical edges.
func nearestBar(bars []event.Bar, to event.Bar) int {
	best, at := math.Inf(1), figure.None
	for i, b := range bars {
		if b.Degree != to.Degree || b.Essential != to.Essential {
			continue
		}
		d := math.Abs(float64(b.Birth-to.Birth)) + math.Abs(float64(b.Death-to.Death))
		if b.BirthEdge != to.BirthEdge || b.DeathEdge != to.DeathEdge {
			d += 1e-12
		}
		if d < best {
			best, at = d, i
		}
	}
	return at
}

// Order is the bars of the sets that are shown: loops before components, the longest first.
func (f *Filtration) Order(show string) (list []Pick) {
	for set, s := range f.Shapes {
		if show == [2]string{"syn", "real"}[set] || s == nil {
			continue
		}
		rows, _ := s.Rows()
		slices.SortStableFunc(rows, func(i, j int) int {
			a, b := s.Bars[i], s.Bars[j]
			return cmp.Or(b.Degree-a.Degree, cmp.Compare(length(b), length(a)), cmp.Compare(a.Birth, b.Birth))
		})
		for _, i := range rows {
			list = append(list, Pick{set, i})
		}
	}
	return list
}

// length is a bar's persistence, infinite for one that never dies.
func length(b event.Bar) float64 {
	if b.Essential {
		return math.Inf(1)
	}
	return float64(b.Death - b.Birth)
}

// String is a pick as an act carries it; readPick inverts it, with nothing for what it cannot read.
func (p Pick) String() string { return [2]string{"real:", "syn:"}[p.Set] + strconv.Itoa(p.At) }

func readPick(s string) Pick {
	set, number, _ := strings.Cut(s, ":")
	i, err := strconv.Atoi(number)
	switch {
	case err != nil || i < 0:
		return None
	case set == "syn":
		return Pick{1, i}
	}
	return Pick{0, i}
}

// Name is what a set is called, role its colour in the panel.
func (f *Filtration) Name(set int) string {
	switch {
	case set == 0 && f.Second != "syn":
		return f.first
	case set == 0:
		return "Real"
	case f.Second != "syn":
		return f.Second
	}
	return "Synthetic"
}

// role is the colour of a set in the panel, tint on the canvas.
func (f *Filtration) role(set int) string {
	switch {
	case set == 0:
		return "real"
	case f.Second != "syn":
		return "total"
	}
	return "syn"
}

// Tint is the colour of a set on the canvas.
func (f *Filtration) Tint(t ui.Theme, set int) ui.Color {
	switch f.role(set) {
	case "real":
		return t.Real
	case "total":
		return t.Total
	}
	return t.Syn
}

// Count says in short what a set's complex is made of at eps, for a line of a width.
func (f *Filtration) Count(c ui.Canvas, x *scene.Context, set int, width float64) string {
	k := f.Shapes[set].At(f.Eps(x))
	text := ui.Count(k.Components, "component") + "  ·  " + ui.Count(k.Betti[1], "open loop")
	if c.TextWidth(text, ui.SizeSmall) > width {
		text = "β₀ " + strconv.Itoa(k.Components) + "  β₁ " + strconv.Itoa(k.Betti[1])
	}
	if c.TextWidth(text, ui.SizeSmall) > width {
		return ""
	}
	return text
}
