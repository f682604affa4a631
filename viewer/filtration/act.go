package filtration

import (
	"slices"

	"reta/shared/event"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/view"
)

// Keys are the keys of every scene with a filtration.
func Keys() []scene.Key {
	return []scene.Key{
		{Keys: []string{"["}, Show: "[ ]", Say: "previous, next birth or death", Act: "event", Arg: "-1"},
		{Keys: []string{"]"}, Act: "event", Arg: "1"},
		{Keys: []string{"p"}, Show: "P", Say: "let ε grow", Act: "grow"},
		{Keys: []string{"arrowup"}, Show: "↑ ↓", Say: "previous, next bar", Act: "bar-move", Arg: "-1"},
		{Keys: []string{"arrowdown"}, Act: "bar-move", Arg: "1"},
		{Keys: []string{"escape"}, Show: "Esc", Say: "deselect the bar", Act: "bar"},
	}
}

// Act does what buttons and keys ask.
func (f *Filtration) Act(in ui.Input, x *scene.Context) {
	for _, a := range in.Acts {
		switch a.Name {
		case "event":
			f.Growth.Stop()
			f.stepToEvent(x, a.Num() > 0)
		case "grow":
			f.Growth.toggle(in.Now, x, &f.Cloud)
		case "bar":
			f.Toggle(x.View, readPick(a.Arg))
		case "bar-move":
			f.moveBar(x.View, int(a.Num()))
		case "bar-eps":
			f.Growth.Stop()
			f.setEpsToBar(x.View, a.Arg)
		case "reset":
			f.Growth.Stop()
			Eps.Set(x.View, -1)
			f.choose(x.View, None)
		}
	}
}

// stepToEvent moves eps exactly onto the next birth or death of either set, or onto an end of the filtration.
func (f *Filtration) stepToEvent(x *scene.Context, up bool) {
	eps := f.Eps(x)
	stops := []float32{0, f.Cloud.EpsMax}
	for _, list := range f.stops {
		for _, e := range list {
			stops = append(stops, min(e, f.Cloud.EpsMax))
		}
	}
	slices.Sort(stops)
	if up {
		if i := slices.IndexFunc(stops, func(e float32) bool { return e > eps }); i >= 0 {
			Eps.Set(x.View, float64(stops[i]))
		}
	} else if i, _ := slices.BinarySearch(stops, eps); i > 0 {
		Eps.Set(x.View, float64(stops[i-1]))
	}
}

// setEpsToBar moves eps to the birth, the middle or the death of the chosen bar.
func (f *Filtration) setEpsToBar(v *view.View, where string) {
	p := f.Selected(v)
	if p.At < 0 {
		return
	}
	b := f.Shapes[p.Set].Bars[p.At]
	eps := map[string]float32{"birth": b.Birth, "death": b.Death}[where]
	if where == "middle" {
		eps = (b.Birth + min(b.Death, f.Cloud.EpsMax)) / 2
	}
	Eps.Set(v, float64(eps))
}

// moveBar chooses another bar, in the order of the table.
func (f *Filtration) moveBar(v *view.View, by int) {
	list := f.Order(Sets.Of(v))
	if len(list) == 0 {
		return
	}
	at := slices.Index(list, f.Selected(v))
	if at < 0 && by < 0 {
		at = len(list)
	}
	f.choose(v, list[min(max(at+by, 0), len(list)-1)])
}

// Growth lets eps run from where it is to the end of the filtration.
type Growth struct {
	on         bool
	from, took float64 // eps and time at the start
}

// growSeconds is the time eps takes over the whole filtration.
const growSeconds = 6.0

// Stop leaves eps where it is.
func (g *Growth) Stop() { g.on = false }

func (g *Growth) toggle(now float64, x *scene.Context, cloud *event.Cloud) {
	g.on = !g.on
	g.from, g.took = float64(EpsIn(x.View, cloud)), now
	if g.from >= float64(cloud.EpsMax)*0.999 {
		g.from = 0
	}
	if g.on && x.Still {
		Eps.Set(x.View, float64(cloud.EpsMax))
		g.on = false
	}
}

// Run moves eps on, and reports whether it still moves.
func (g *Growth) Run(now float64, x *scene.Context, cloud *event.Cloud) bool {
	if !g.on {
		return false
	}
	eps := g.from + (now-g.took)/growSeconds*float64(cloud.EpsMax)
	if eps >= float64(cloud.EpsMax) {
		eps, g.on = float64(cloud.EpsMax), false
	}
	Eps.Set(x.View, eps)
	return g.on
}
