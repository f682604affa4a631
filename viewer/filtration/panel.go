package filtration

import (
	"math"
	"strconv"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// Slider is the controls of eps.
func (f *Filtration) Slider(x *scene.Context) panel.Panel {
	var ticks []panel.Tick
	for set, list := range f.stops {
		for _, e := range list {
			if e <= f.Cloud.EpsMax {
				ticks = append(ticks, panel.Tick{At: float64(e), Role: f.role(set)})
			}
		}
	}
	eps := f.Eps(x)
	return panel.Panel{
		panel.Range{Param: Eps.Name(), Label: "ε", Max: float64(f.Cloud.EpsMax), Value: float64(eps), Text: ui.Number(eps) + " of " + ui.Number(f.Cloud.EpsMax),
			Ticks: ticks, Help: "Ticks mark births and deaths."},
		panel.Buttons{{Act: "event", Arg: "-1", Label: "‹ Event", Title: "Previous birth or death"}, {Act: "event", Arg: "1", Label: "Event ›", Title: "Next birth or death"},
			{Act: "grow", Label: "Grow", Pressed: panel.Bool(f.Growth.on), Title: "Let ε run to the end"}},
	}
}

// Card says what the chosen bar is.
func (f *Filtration) Card(x *scene.Context) panel.Card {
	out := panel.Card{ID: "bar", Title: "No bar chosen", Buttons: []panel.Button{
		{Act: "bar-move", Arg: "-1", Label: "‹", Name: "Previous bar"}, {Act: "bar-move", Arg: "1", Label: "›", Name: "Next bar"}}}
	p := f.Selected(x.View)
	if p.At < 0 {
		out.Blocks = panel.Panel{panel.Note("Click a bar, or press `↑` `↓`: its edges light up in the map. A long bar is a shape that lasts; a short one is often noise.")}
		return out
	}
	s := f.Shapes[p.Set]
	b := s.Bars[p.At]
	out.Title = panel.Plain(f.Name(p.Set)) + [2]string{": a component", ": a loop"}[b.Degree]
	facts := panel.Facts{{Name: "Birth", Value: ui.Number(b.Birth), Title: "ε at which it appears"}, {Name: "Death", Value: death(b, s.EpsMax), Title: "ε at which it ends"}}
	if !b.Essential {
		facts = append(facts, panel.Fact{Name: "Persistence", Value: ui.Number(b.Death - b.Birth), Title: "death minus birth"})
	}
	edge := func(name string, i, j int, ok bool) {
		if ok {
			facts = append(facts, panel.Fact{Name: name, Value: "#" + strconv.Itoa(s.Image(i)) + " – #" + strconv.Itoa(s.Image(j))})
		}
	}
	i, j, ok := s.BirthEdge(p.At)
	edge("Birth edge", i, j, ok && b.Degree == 1)
	i, j, ok = s.DeathEdge(p.At)
	edge("Death edge", i, j, ok)
	if i, j, k, ok := s.DeathTriangle(p.At); ok {
		facts = append(facts, panel.Fact{Name: "Filled by", Value: "#" + strconv.Itoa(s.Image(i)) + " – #" + strconv.Itoa(s.Image(j)) + " – #" + strconv.Itoa(s.Image(k)), Wide: true})
	}
	say := "Two pieces meet when the *death edge* appears: the ringed points join the others, and one component is less."
	switch {
	case b.Essential && b.Degree == 0:
		say = "A piece that meets no other up to the end of the filtration. Mutual neighbours need not link everything."
	case b.Essential:
		say = "A loop that is still open at the end of the filtration."
	case b.Degree == 1:
		say = "The thick *birth edge* closes the loop; the shaded triangle fills it. What is not there yet at this ε is dashed."
	}
	visits := panel.Buttons{{Act: "bar-eps", Arg: "birth", Label: "ε to birth"}, {Act: "bar-eps", Arg: "middle", Label: "to its middle"}, {Act: "bar-eps", Arg: "death", Label: "to death"}}
	if b.Essential {
		visits = visits[:2]
	}
	out.Buttons = append(out.Buttons, panel.Button{Act: "bar", Arg: p.String(), Label: "×", Name: "Deselect the bar"})
	out.Blocks = panel.Panel{facts, panel.Note(say), visits}
	return out
}

// death is a bar's death in words.
func death(b event.Bar, epsMax float32) string {
	if b.Essential {
		return "never (≥ " + ui.Number(epsMax) + ")"
	}
	return ui.Number(b.Death)
}

// Describe says what a bar is, for a tooltip.
func (f *Filtration) Describe(p Pick) []string {
	lines := f.Shapes[p.Set].Describe(p.At)
	if len(lines) > 0 {
		lines[0] = f.Name(p.Set) + " " + lines[0]
	}
	return lines
}

// NoSecond reports whether there is no second diagram: fewer than two points have none.
func (f *Filtration) NoSecond() bool { return len(f.Shapes[1].Points) < 2 }

// Reason says why there is nothing to compare, "" when there is.
func (f *Filtration) Reason() string {
	if f.Second != "syn" {
		return ""
	}
	switch {
	case f.Cloud.Syn.Len() == 1 && f.Cloud.Real.Len() > 1:
		return "With one image per class the synthetic set is one point: a single component that never ends, and no loop. There is no diagram to compare with the real one."
	case min(f.Cloud.Real.Len(), f.Cloud.Syn.Len()) < 2:
		return "With one point there is a single component at most, and no diagram to compare."
	case f.Cloud.Reason != "":
		return "Topology alignment does not act on this class: " + f.Cloud.Reason + "."
	}
	return ""
}

// Counts compares both complexes at eps.
func (f *Filtration) Counts(x *scene.Context) panel.Table {
	eps := f.Eps(x)
	a, b := f.Shapes[0].At(eps), f.Shapes[1].At(eps)
	row := func(name string, a, b int) []string { return []string{name, strconv.Itoa(a), strconv.Itoa(b)} }
	return panel.Table{ID: "counts", Head: []string{"At this ε", panel.Plain(f.Name(0)), panel.Plain(f.Name(1))}, Roles: []string{"", f.role(0), f.role(1)}, Chosen: -1, Rows: [][]string{
		row("Points", len(f.Shapes[0].Points), len(f.Shapes[1].Points)), row("Edges", a.Edges, b.Edges), row("Triangles", a.Triangles, b.Triangles),
		row("Components (union-find)", a.Components, b.Components), row("β₀ components", a.Betti[0], b.Betti[0]),
		row("β₁ open loops", a.Betti[1], b.Betti[1])}}
}

// DataTable is the bars as a table that the user opens.
func (f *Filtration) DataTable(x *scene.Context) panel.Details {
	data := panel.Details{ID: "data", Label: "All bars as a table"}
	if x.Open("data") {
		data.Blocks = panel.Panel{f.BarTable(x, math.MaxInt)}
	}
	return data
}

// BarTable is the bars in order, each a button that chooses it; at most so many, and the chosen one.
func (f *Filtration) BarTable(x *scene.Context, most int) panel.Table {
	list, chosen := f.Order(Sets.Of(x.View)), f.Selected(x.View)
	t := panel.Table{ID: "bars", Head: []string{"Bar", "Birth", "Death", "Persistence"}, ByRow: true, Act: "bar", Chosen: -1, Scroll: true}
	for i, p := range list {
		if i >= most && p != chosen {
			continue
		}
		b := f.Shapes[p.Set].Bars[p.At]
		if p == chosen {
			t.Chosen = len(t.Rows)
		}
		span := "–"
		if !b.Essential {
			span = ui.Number(b.Death - b.Birth)
		}
		t.Rows = append(t.Rows, []string{[2]string{"component ", "loop "}[b.Degree] + strconv.Itoa(p.At), ui.Number(b.Birth), death(b, f.Shapes[p.Set].EpsMax), span})
		t.Roles = append(t.Roles, f.role(p.Set))
		t.Args = append(t.Args, p.String())
	}
	return t
}

// Rows is every bar with its numbers in full.
func (f *Filtration) Rows() [][]string {
	rows := [][]string{{"Set", "Bar", "Degree", "Birth", "Death", "Persistence", "Birth edge", "Death edge"}}
	for set, s := range f.Shapes {
		list, _ := s.Rows()
		for _, i := range list {
			b := s.Bars[i]
			row := []string{f.Name(set), strconv.Itoa(i), strconv.Itoa(b.Degree), ui.Exact(b.Birth), "never", "", edgeText(s.BirthEdge(i)), edgeText(s.DeathEdge(i))}
			if !b.Essential {
				row[4], row[5] = ui.Exact(b.Death), ui.Exact(b.Death-b.Birth)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func edgeText(i, j int, ok bool) string {
	if !ok {
		return ""
	}
	return strconv.Itoa(i) + " " + strconv.Itoa(j)
}
