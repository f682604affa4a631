package scene

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/ui"
)

// filtration is what the scenes of a class's cloud have in common: the shapes of its two sets, the present eps, the bar
// under the pointer and the chosen one, and what moves them.
type filtration struct {
	cloud  event.Cloud
	pair   [2]*figure.Shape // real, synthetic (or what stands in its place); nil without a cloud
	stops  [2][]float32     // births and deaths of each, ascending
	second string           // "syn", or the class whose real set stands in its place
	first  string           // name of the class
	hover  pick
	grow   growth

	run    uint64
	seen   [2]*figure.Shape // of the last follow
	of     int              // class of seen
	chosen pick             // at the last follow
}

// pick is a bar or a point of one of the two sets, at = figure.None for none.
type pick struct{ set, at int }

var nothing = pick{0, figure.None}

// load takes the cloud of the chosen class; false without one. The shapes are made anew only when the cloud is another
// one. With a class to compare with, its real set stands for the synthetic one.
func (f *filtration) load(x *Context, against int) bool {
	cloud, ok := x.Clouds[x.Class()]
	if !ok {
		f.pair, f.hover = [2]*figure.Shape{}, nothing
		return false
	}
	second, syn := "syn", cloud.Syn
	if other, known := x.Clouds[against]; known && against != x.Class() {
		second, syn = x.ClassName(against), other.Real
	}
	if f.pair[0] == nil || f.run != x.Run || !sameSet(f.cloud.Real, cloud.Real) || f.cloud.EpsMax != cloud.EpsMax {
		f.pair[0] = figure.FromSet(cloud.Real, cloud.EpsMax)
		f.stops[0], f.hover = f.pair[0].Events(), nothing
	}
	if f.pair[1] == nil || f.run != x.Run || f.second != second || !sameSet(f.cloud.Syn, syn) || f.cloud.EpsMax != cloud.EpsMax {
		f.pair[1] = figure.FromSet(syn, cloud.EpsMax)
		if second != "syn" { // on this class's axis
			f.pair[1].Bars = slices.DeleteFunc(slices.Clone(syn.Bars), func(b event.Bar) bool { return b.Birth >= cloud.EpsMax })
		}
		f.stops[1], f.hover = f.pair[1].Events(), nothing
	}
	f.cloud, f.run, f.second, f.first = cloud, x.Run, second, x.ClassName(x.Class())
	f.cloud.Syn = syn
	return true
}

// sameSet reports whether two sets are one and the same, not merely alike.
func sameSet(a, b event.Set) bool {
	return sameSlice(a.Points, b.Points) && sameSlice(a.Bars, b.Bars) && sameSlice(a.Edges, b.Edges)
}

func sameSlice[T any](a, b []T) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// bars reports whether any set has one.
func (f *filtration) bars() bool { return len(f.pair[0].Bars)+len(f.pair[1].Bars) > 0 }

// eps is the chosen eps. Links round it: within that it is the birth or death that was stepped to.
func (f *filtration) eps(x *Context) float32 {
	eps := x.epsIn(&f.cloud)
	if epsValue.Of(x.View) < 0 {
		return eps
	}
	for _, list := range f.stops {
		for _, stop := range list {
			if math.Abs(float64(stop-eps)) <= 1e-5*float64(eps) {
				return min(stop, f.cloud.EpsMax)
			}
		}
	}
	return eps
}

// selected is the chosen bar, nothing where there is none of that number.
func (f *filtration) selected(v *View) pick {
	p := pick{0, bar.Int(v)}
	if barOf.Of(v) == "syn" {
		p.set = 1
	}
	if s := f.pair[p.set]; s == nil || p.at < 0 || p.at >= len(s.Bars) || s.Bars[p.at].Degree > 1 {
		return pick{p.set, figure.None}
	}
	return p
}

// choose selects a bar, or none.
func (f *filtration) choose(v *View, p pick) {
	bar.Set(v, float64(p.at))
	if p.at >= 0 {
		barOf.Set(v, [2]string{"real", "syn"}[p.set])
	}
	f.chosen = f.selected(v)
}

// toggle selects a bar, or lets it go when it was the chosen one.
func (f *filtration) toggle(v *View, p pick) {
	if f.selected(v) == p {
		p.at = figure.None
	}
	f.choose(v, p)
}

// lit is the bar to light up: the one under the pointer, or else the chosen one.
func (f *filtration) lit(v *View) pick {
	if f.hover.at >= 0 {
		return f.hover
	}
	return f.selected(v)
}

// focus is what the figures of a set show together.
func (f *filtration) focus(x *Context, set int) figure.Focus {
	focus := figure.At(f.eps(x))
	if f.hover.set == set {
		focus.Hover = f.hover.at
	}
	if p := f.selected(x.View); p.set == set {
		focus.Select = p.at
	}
	return focus
}

// follow keeps the chosen bar chosen when a new cloud numbers its bars otherwise: it becomes the nearest bar of the new
// diagram. In another class it is nothing any more, unless the page chose it just now.
func (f *filtration) follow(x *Context) {
	if x.Owed {
		return // the bar that a link names is one of another step's cloud
	}
	now := f.selected(x.View)
	was := f.seen[f.chosen.set]
	moved := was != nil && was != f.pair[f.chosen.set]
	f.seen = f.pair
	class := f.of
	f.of = x.Class()
	if moved && f.chosen.at >= 0 && pickOf(x.View) == f.chosen {
		next := pick{f.chosen.set, figure.None}
		if class == x.Class() && f.chosen.at < len(was.Bars) {
			bars, bar := f.pair[next.set].Bars, was.Bars[f.chosen.at]
			if next.at = f.chosen.at; next.at >= len(bars) || bars[next.at] != bar { // else it is the same, twins or not
				next.at = nearestBar(bars, bar)
			}
		}
		f.choose(x.View, next)
		return
	}
	f.chosen = now
}

// pickOf is the chosen bar as the page says, whether there is such a bar or not.
func pickOf(v *View) pick {
	p := pick{0, bar.Int(v)}
	if barOf.Of(v) == "syn" {
		p.set = 1
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

// filtrationKeys are the keys of every scene with a filtration.
func filtrationKeys() []Key {
	return []Key{
		{Keys: []string{"["}, Show: "[ ]", Say: "previous, next birth or death", Act: "event", Arg: "-1"},
		{Keys: []string{"]"}, Act: "event", Arg: "1"},
		{Keys: []string{"p"}, Show: "P", Say: "let ε grow", Act: "grow"},
		{Keys: []string{"arrowup"}, Show: "↑ ↓", Say: "previous, next bar", Act: "bar-move", Arg: "-1"},
		{Keys: []string{"arrowdown"}, Act: "bar-move", Arg: "1"},
		{Keys: []string{"escape"}, Show: "Esc", Say: "let the bar go", Act: "bar"},
	}
}

// act does what buttons and keys ask.
func (f *filtration) act(in ui.Input, x *Context) {
	for _, a := range in.Acts {
		switch a.Name {
		case "event":
			f.grow.stop()
			f.stepEvent(x, a.Num() > 0)
		case "grow":
			f.grow.toggle(in.Now, x, &f.cloud)
		case "bar":
			f.toggle(x.View, readPick(a.Arg))
		case "bar-move":
			f.moveBar(x.View, int(a.Num()))
		case "bar-eps":
			f.grow.stop()
			f.visitBar(x.View, a.Arg)
		case "reset":
			f.grow.stop()
			epsValue.Set(x.View, -1)
			f.choose(x.View, nothing)
		}
	}
}

// stepEvent moves eps exactly onto the next birth or death of either set, or onto an end of the filtration.
func (f *filtration) stepEvent(x *Context, up bool) {
	eps := f.eps(x)
	stops := []float32{0, f.cloud.EpsMax}
	for _, list := range f.stops {
		for _, e := range list {
			stops = append(stops, min(e, f.cloud.EpsMax))
		}
	}
	slices.Sort(stops)
	if up {
		if i := slices.IndexFunc(stops, func(e float32) bool { return e > eps }); i >= 0 {
			epsValue.Set(x.View, float64(stops[i]))
		}
	} else if i, _ := slices.BinarySearch(stops, eps); i > 0 {
		epsValue.Set(x.View, float64(stops[i-1]))
	}
}

// visitBar moves eps to the birth, the middle or the death of the chosen bar.
func (f *filtration) visitBar(v *View, where string) {
	p := f.selected(v)
	if p.at < 0 {
		return
	}
	b := f.pair[p.set].Bars[p.at]
	eps := map[string]float32{"birth": b.Birth, "death": b.Death}[where]
	if where == "middle" {
		eps = (b.Birth + min(b.Death, f.cloud.EpsMax)) / 2
	}
	epsValue.Set(v, float64(eps))
}

// moveBar chooses another bar, in the order of the table.
func (f *filtration) moveBar(v *View, by int) {
	list := f.order(sets.Of(v))
	if len(list) == 0 {
		return
	}
	at := slices.Index(list, f.selected(v))
	if at < 0 && by < 0 {
		at = len(list)
	}
	f.choose(v, list[min(max(at+by, 0), len(list)-1)])
}

// order is the bars of the sets that are shown: loops before components, the longest first.
func (f *filtration) order(show string) (list []pick) {
	for set, s := range f.pair {
		if show == [2]string{"syn", "real"}[set] || s == nil {
			continue
		}
		rows, _ := s.Rows()
		slices.SortStableFunc(rows, func(i, j int) int {
			a, b := s.Bars[i], s.Bars[j]
			return cmp.Or(b.Degree-a.Degree, cmp.Compare(length(b), length(a)), cmp.Compare(a.Birth, b.Birth))
		})
		for _, i := range rows {
			list = append(list, pick{set, i})
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

// text is a pick as an act carries it; readPick inverts it, with nothing for what it cannot read.
func (p pick) text() string { return [2]string{"real:", "syn:"}[p.set] + itoa(p.at) }

func readPick(s string) pick {
	set, number, _ := strings.Cut(s, ":")
	i, err := strconv.Atoi(number)
	switch {
	case err != nil || i < 0:
		return nothing
	case set == "syn":
		return pick{1, i}
	}
	return pick{0, i}
}

// name is what a set is called, role its colour in the panel.
func (f *filtration) name(set int) string {
	switch {
	case set == 0 && f.second != "syn":
		return f.first
	case set == 0:
		return "Real"
	case f.second != "syn":
		return f.second
	}
	return "Synthetic"
}

// role is the colour of a set in the panel, tint on the canvas.
func (f *filtration) role(set int) string {
	switch {
	case set == 0:
		return "real"
	case f.second != "syn":
		return "total"
	}
	return "syn"
}

func (f *filtration) tint(t ui.Theme, set int) ui.Color {
	switch f.role(set) {
	case "real":
		return t.Real
	case "total":
		return t.Total
	}
	return t.Syn
}

// count says in short what a set's complex is made of at eps, for a line of a width.
func (f *filtration) count(c ui.Canvas, x *Context, set int, width float64) string {
	k := f.pair[set].At(f.eps(x))
	text := plural(k.Components, "component") + "  ·  " + plural(k.Betti[1], "open loop")
	if c.TextWidth(text, ui.SizeSmall) > width {
		text = "β₀ " + itoa(k.Components) + "  β₁ " + itoa(k.Betti[1])
	}
	if c.TextWidth(text, ui.SizeSmall) > width {
		return ""
	}
	return text
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return itoa(n) + " " + word + "s"
}

// growth lets eps run from where it is to the end of the filtration.
type growth struct {
	on         bool
	from, took float64 // eps and time at the start
}

// growSeconds is the time eps takes over the whole filtration.
const growSeconds = 6.0

func (g *growth) stop() { g.on = false }

func (g *growth) toggle(now float64, x *Context, cloud *event.Cloud) {
	g.on = !g.on
	g.from, g.took = float64(x.epsIn(cloud)), now
	if g.from >= float64(cloud.EpsMax)*0.999 {
		g.from = 0
	}
	if g.on && x.Still {
		epsValue.Set(x.View, float64(cloud.EpsMax))
		g.on = false
	}
}

func (g *growth) run(now float64, x *Context, cloud *event.Cloud) bool {
	if !g.on {
		return false
	}
	eps := g.from + (now-g.took)/growSeconds*float64(cloud.EpsMax)
	if eps >= float64(cloud.EpsMax) {
		eps, g.on = float64(cloud.EpsMax), false
	}
	epsValue.Set(x.View, eps)
	return g.on
}
