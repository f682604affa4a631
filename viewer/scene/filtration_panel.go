package scene

import (
	"math"
	"strconv"

	"reta/shared/event"
	"reta/viewer/panel"
)

// slider is the controls of eps.
func (f *filtration) slider(x *Context) panel.Panel {
	var ticks []panel.Tick
	for set, list := range f.stops {
		for _, e := range list {
			if e <= f.cloud.EpsMax {
				ticks = append(ticks, panel.Tick{At: float64(e), Role: f.role(set)})
			}
		}
	}
	eps := f.eps(x)
	return panel.Panel{
		panel.Range{Param: epsValue.Name(), Label: "ε", Max: float64(f.cloud.EpsMax), Value: float64(eps), Text: decimal(eps) + " of " + decimal(f.cloud.EpsMax),
			Ticks: ticks, Help: "Ticks mark births and deaths."},
		panel.Buttons{{Act: "event", Arg: "-1", Label: "‹ Event", Title: "Previous birth or death"}, {Act: "event", Arg: "1", Label: "Event ›", Title: "Next birth or death"},
			{Act: "grow", Label: "Grow", Pressed: panel.Bool(f.grow.on), Title: "Let ε run to the end"}},
	}
}

// card says what the chosen bar is.
func (f *filtration) card(x *Context) panel.Card {
	out := panel.Card{ID: "bar", Title: "No bar chosen", Buttons: []panel.Button{
		{Act: "bar-move", Arg: "-1", Label: "‹", Name: "Previous bar"}, {Act: "bar-move", Arg: "1", Label: "›", Name: "Next bar"}}}
	p := f.selected(x.View)
	if p.at < 0 {
		out.Blocks = panel.Panel{panel.Note("Click a bar, or press `↑` `↓`: its edges light up in the map. A long bar is a shape that lasts; a short one is often noise.")}
		return out
	}
	s := f.pair[p.set]
	b := s.Bars[p.at]
	out.Title = panel.Plain(f.name(p.set)) + [2]string{": a component", ": a loop"}[b.Degree]
	facts := panel.Facts{{Name: "Birth", Value: decimal(b.Birth), Title: "ε at which it appears"}, {Name: "Death", Value: death(b, s.EpsMax), Title: "ε at which it ends"}}
	if !b.Essential {
		facts = append(facts, panel.Fact{Name: "Persistence", Value: decimal(b.Death - b.Birth), Title: "death minus birth"})
	}
	edge := func(name string, i, j int, ok bool) {
		if ok {
			facts = append(facts, panel.Fact{Name: name, Value: "#" + itoa(s.Image(i)) + " – #" + itoa(s.Image(j))})
		}
	}
	i, j, ok := s.BirthEdge(p.at)
	edge("Birth edge", i, j, ok && b.Degree == 1)
	i, j, ok = s.DeathEdge(p.at)
	edge("Death edge", i, j, ok)
	if i, j, k, ok := s.DeathTriangle(p.at); ok {
		facts = append(facts, panel.Fact{Name: "Filled by", Value: "#" + itoa(s.Image(i)) + " – #" + itoa(s.Image(j)) + " – #" + itoa(s.Image(k)), Wide: true})
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
	out.Buttons = append(out.Buttons, panel.Button{Act: "bar", Arg: p.text(), Label: "×", Name: "Let the bar go"})
	out.Blocks = panel.Panel{facts, panel.Note(say), visits}
	return out
}

// death is a bar's death in words.
func death(b event.Bar, epsMax float32) string {
	if b.Essential {
		return "never (≥ " + decimal(epsMax) + ")"
	}
	return decimal(b.Death)
}

// describe says what a bar is, for a tooltip.
func (f *filtration) describe(p pick) []string {
	lines := f.pair[p.set].Describe(p.at)
	if len(lines) > 0 {
		lines[0] = f.name(p.set) + " " + lines[0]
	}
	return lines
}

// alone reports whether there is no second diagram: fewer than two points have none.
func (f *filtration) alone() bool { return len(f.pair[1].Points) < 2 }

// reason says why there is nothing to compare, "" when there is.
func (f *filtration) reason() string {
	if f.second != "syn" {
		return ""
	}
	switch {
	case f.cloud.Syn.Len() == 1 && f.cloud.Real.Len() > 1:
		return "With one image per class the synthetic set is one point: a single component that never ends, and no loop. There is no diagram to compare with the real one."
	case min(f.cloud.Real.Len(), f.cloud.Syn.Len()) < 2:
		return "With one point there is a single component at most, and no diagram to compare."
	case f.cloud.Reason != "":
		return "Topology alignment leaves this class alone: " + f.cloud.Reason + "."
	}
	return ""
}

// counts compares both complexes at eps.
func (f *filtration) counts(x *Context) panel.Table {
	eps := f.eps(x)
	a, b := f.pair[0].At(eps), f.pair[1].At(eps)
	row := func(name string, a, b int) []string { return []string{name, itoa(a), itoa(b)} }
	return panel.Table{ID: "counts", Head: []string{"At this ε", panel.Plain(f.name(0)), panel.Plain(f.name(1))}, Roles: []string{"", f.role(0), f.role(1)}, Chosen: -1, Rows: [][]string{
		row("Points", len(f.pair[0].Points), len(f.pair[1].Points)), row("Edges", a.Edges, b.Edges), row("Triangles", a.Triangles, b.Triangles),
		row("Components (union-find)", a.Components, b.Components), row("β₀ components", a.Betti[0], b.Betti[0]),
		row("β₁ open loops", a.Betti[1], b.Betti[1])}}
}

// dataTable is the bars as a table that the user opens.
func (f *filtration) dataTable(x *Context) panel.Details {
	data := panel.Details{ID: "data", Label: "All bars as a table"}
	if x.Open("data") {
		data.Blocks = panel.Panel{f.barTable(x, math.MaxInt)}
	}
	return data
}

// barTable is the bars in order, each a button that chooses it; at most so many, and the chosen one.
func (f *filtration) barTable(x *Context, most int) panel.Table {
	list, chosen := f.order(sets.Of(x.View)), f.selected(x.View)
	t := panel.Table{ID: "bars", Head: []string{"Bar", "Birth", "Death", "Persistence"}, ByRow: true, Act: "bar", Chosen: -1, Scroll: true}
	for i, p := range list {
		if i >= most && p != chosen {
			continue
		}
		b := f.pair[p.set].Bars[p.at]
		if p == chosen {
			t.Chosen = len(t.Rows)
		}
		span := "–"
		if !b.Essential {
			span = decimal(b.Death - b.Birth)
		}
		t.Rows = append(t.Rows, []string{[2]string{"component ", "loop "}[b.Degree] + itoa(p.at), decimal(b.Birth), death(b, f.pair[p.set].EpsMax), span})
		t.Roles = append(t.Roles, f.role(p.set))
		t.Args = append(t.Args, p.text())
	}
	return t
}

// bare is every bar with its numbers in full.
func (f *filtration) bare() [][]string {
	rows := [][]string{{"Set", "Bar", "Degree", "Birth", "Death", "Persistence", "Birth edge", "Death edge"}}
	for set, s := range f.pair {
		list, _ := s.Rows()
		for _, i := range list {
			b := s.Bars[i]
			row := []string{f.name(set), itoa(i), itoa(b.Degree), full(b.Birth), "never", "", edgeText(s.BirthEdge(i)), edgeText(s.DeathEdge(i))}
			if !b.Essential {
				row[4], row[5] = full(b.Death), full(b.Death-b.Birth)
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
	return itoa(i) + " " + itoa(j)
}

// full is a number with all its digits.
func full(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
