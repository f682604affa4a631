package sandbox

import (
	"fmt"
	"math"
	"strconv"

	"reta/shared/event"
	"reta/shared/topology"
	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// Panel implements Scene.
func (s *sandbox) Panel(x *scene.Context) panel.Panel {
	s.sync(x)
	p := panel.Panel{panel.Lede("Draw points and watch their shape. As *ε* grows, points closer than *ε* join; loops open, and are filled.")}
	if s.problem != "" {
		p = append(p, panel.Reason(s.problem))
	}
	if s.failed != "" {
		p = append(p, panel.Reason(panel.Plain(s.failed)))
	}
	p = append(p, s.drawing(x)...)
	if len(s.shape.Points) > 0 {
		p = append(p, s.filtration(x)...)
		p = append(p, s.loops(x)...)
	}
	if len(s.shape.Points) > 0 || keptParam.Of(x.View) != "" {
		p = append(p, s.comparison(x))
	}
	p = append(p, s.data(x)...)
	return p
}

// drawing is how the cloud is made.
func (s *sandbox) drawing(x *scene.Context) panel.Panel {
	v := x.View
	choose := panel.Choice{Param: cloudParam.Name(), Label: "Points", As: "menu", Value: s.now.Cloud}
	for _, p := range presets {
		choose.Options = append(choose.Options, panel.Option{Value: p.name, Text: p.title})
	}
	if s.now.Cloud == drawn {
		name := "Drawn by hand"
		if s.cloud.name != "" && !s.cloud.unit {
			name = panel.Plain(s.cloud.name)
		}
		choose.Options = append(choose.Options, panel.Option{Value: drawn, Text: name})
	}
	p := panel.Panel{choose}
	if s.now.Cloud != drawn {
		p = append(p,
			panel.Range{Param: countParam.Name(), Label: "Number", Min: 1, Max: countParam.Max(), Step: 1, Value: float64(s.now.N), Text: strconv.Itoa(s.now.N)},
			panel.Range{Param: noiseParam.Name(), Label: "Noise", Max: noiseParam.Max(), Step: 0.005, Value: s.now.Noise, Text: ui.Number(s.now.Noise),
				Help: "How far each point strays: the standard deviation, where the square has side 1."})
	}
	if s.cloud.note != "" {
		p = append(p, panel.Note(panel.Plain(s.cloud.note)))
	}
	if s.cloud.flat() {
		p = append(p, panel.Choice{Param: toolParam.Name(), Label: "Pointer", Value: toolParam.Of(v), Options: []panel.Option{
			{Value: "draw", Text: "Draw and move"}, {Value: "erase", Text: "Erase"}}})
	} else {
		p = append(p, panel.Note("These points cannot be moved here. Choose others, or clear them, to draw."))
	}
	buttons := panel.Buttons{{Act: "undo", Label: "Undo", Disabled: len(s.undo) == 0}, {Act: "redo", Label: "Redo", Disabled: len(s.redo) == 0},
		{Act: "clear", Label: "Clear", Disabled: len(s.cloud.points) == 0}}
	if s.now.Cloud != drawn {
		buttons = append(buttons, panel.Button{Act: "seed", Label: "Draw again", Title: "The same shape with other chance"})
	}
	return append(p, buttons)
}

// filtration is what grows, and how far it has.
func (s *sandbox) filtration(x *scene.Context) panel.Panel {
	v, end := x.View, s.shape.EpsMax
	eps := s.eps(v)
	var ticks []panel.Tick
	add := func(shape *figure.Shape, role string) {
		for _, e := range shape.Events() {
			ticks = append(ticks, panel.Tick{At: float64(e), Role: role})
		}
	}
	role, kind := "real", "all pairs"
	if s.other != nil {
		add(s.other, "real")
		role = "syn"
	}
	add(s.shape, role)
	if s.k > 0 {
		kind = ui.Count(s.k, "neighbour")
	}
	p := panel.Panel{
		panel.Range{Param: epsParam.Name(), Label: "ε", Max: float64(end), Value: float64(eps), Text: ui.Number(eps) + " of " + ui.Number(end), Ticks: ticks,
			Help: "Ticks mark births and deaths."},
		panel.Buttons{{Act: "event", Arg: "-1", Label: "‹ Event", Title: "Previous birth or death"}, {Act: "event", Arg: "1", Label: "Event ›", Title: "Next birth or death"},
			{Act: "grow", Label: "Grow", Pressed: panel.Bool(s.rise.on)}},
	}
	if s.cloud.graph == nil {
		p = append(p, panel.Range{Param: kParam.Name(), Label: "Who may join", Max: kParam.Max(), Step: 1, Value: float64(s.k), Text: kind,
			Help: "At 0 any two points: the Vietoris–Rips complex. Else only points that are among each other’s *k* nearest: the mutual *k*-NN graph that training uses."})
	}
	if s.cloud.flat() {
		p = append(p, panel.Toggle{Param: discsParam.Name(), Label: "Discs of radius ε/2: points join when theirs touch", Value: discsParam.Of(v)})
	}
	if n := len(s.figures.shown); n > 0 && n < len(paneNames) {
		c := panel.Choice{Param: figureParam.Name(), Label: "Shown first", Value: figureParam.Of(v)}
		for i, name := range paneNames {
			c.Options = append(c.Options, panel.Option{Value: name, Text: [...]string{"Barcode", "Diagram", "Betti", "Image"}[i]})
		}
		p = append(p, c)
	}
	k := s.shape.At(eps)
	return append(p, panel.Facts{{Name: "Points", Value: strconv.Itoa(len(s.shape.Points))}, {Name: "Edges at ε", Value: strconv.Itoa(k.Edges)},
		{Name: "β₀ components", Value: strconv.Itoa(k.Betti[0])}, {Name: "β₁ loops", Value: strconv.Itoa(k.Betti[1])},
		{Name: "Computed in", Value: milliseconds(s.milliseconds()), Title: "Persistent homology of all points, in this page"}})
}

func (s *sandbox) milliseconds() float64 { return float64(s.took.Nanoseconds()) / 1e6 }

func milliseconds(ms float64) string {
	if ms < 1 {
		return "under 1 ms"
	}
	return strconv.Itoa(int(math.Round(ms))) + " ms"
}

// loops lists the bars that last.
func (s *sandbox) loops(x *scene.Context) panel.Panel {
	const most = 5
	table := panel.Table{ID: "loops", Caption: "Longest-lived loops", Head: []string{"Born at ε", "Filled at ε", "Life"}, Act: "bar", Chosen: -1, Rows: [][]string{}}
	chosen, bars := s.bar(x.View), s.ranked(1)
	for rank, i := range bars[:min(most, len(bars))] {
		b := s.shape.Bars[i]
		row := []string{ui.Number(b.Birth), ui.Number(b.Death), ui.Number(b.Death - b.Birth)}
		if b.Essential {
			row[1], row[2] = "never", "∞"
		}
		if i == chosen {
			table.Chosen = rank
		}
		table.Rows, table.Args = append(table.Rows, row), append(table.Args, "h1."+strconv.Itoa(rank))
	}
	var p panel.Panel
	if len(bars) == 0 {
		p = append(p, panel.Text("No loop opens at any *ε*. It takes four points at least, around a hole."))
	} else {
		p = append(p, table)
	}
	if chosen >= 0 {
		lines := s.shape.Describe(chosen)
		words := "Chosen: " + lines[0]
		for _, line := range lines[1:] {
			words += "; " + line
		}
		p = append(p, panel.Text(panel.Plain(words)+"."), panel.Buttons{{Act: "bar", Arg: "next", Label: "Next bar"}, {Act: "bar", Arg: noBar, Label: "Deselect"}})
	} else if len(s.shape.Bars) > 0 {
		p = append(p, panel.Buttons{{Act: "bar", Arg: "next", Label: "Choose a bar", Title: "Shows what it is made of"}})
	}
	return p
}

// comparison is the kept cloud, and how far the present one is from it.
func (s *sandbox) comparison(x *scene.Context) panel.Card {
	card := panel.Card{ID: "compare", Title: "Compare"}
	if keptParam.Of(x.View) == "" {
		card.Buttons = []panel.Button{{Act: "keep", Label: "Keep this cloud", Disabled: len(s.cloud.points) == 0}}
		card.Blocks = panel.Panel{panel.Text("Keep the cloud as it is, then change it: what you keep plays the *real* images, what you draw the *synthetic* ones.")}
		return card
	}
	card.Buttons = []panel.Button{{Act: "keep", Label: "Discard it"}}
	if s.keptNow == nil {
		card.Blocks = panel.Panel{panel.Reason("The kept cloud was drawn on another page and is too large for a link.")}
		return card
	}
	if s.other == nil {
		return card
	}
	card.Blocks = panel.Panel{
		panel.Legend{{Shape: "disc", Role: "real", Text: "kept, " + ui.Count(len(s.keptNow.points), "point")}, {Shape: "diamond", Role: "syn", Text: "now, " + ui.Count(len(s.cloud.points), "point")},
			{Shape: "hatch", Role: "topo", Text: "missing, κ"}},
		panel.Table{Head: []string{"", "components", "loops"}, Chosen: -1, Rows: [][]string{
			append([]string{"κ"}, s.both(func(d int) float64 { return figure.Shortfall(s.other, s.shape, d, s.shape.EpsMax) })...),
			append([]string{"Bottleneck"}, s.both(func(d int) float64 { return topology.Bottleneck(bars(s.other, d), bars(s.shape, d)) })...)}},
		panel.Note("κ (Eqn 9) is one-sided: the area by which the Betti curve of what is kept is above that of what is drawn. " +
			"The bottleneck distance counts both ways: how far the worst pair of bars is apart. Both run up to ε " + ui.Number(s.shape.EpsMax) + ", the longer filtration’s end."),
	}
	return card
}

func (s *sandbox) both(f func(degree int) float64) []string {
	return []string{ui.Number(f(0)), ui.Number(f(1))}
}

// bars is the bars of one degree, for what topology measures on them.
func bars(shape *figure.Shape, degree int) (out []topology.Bar) {
	for _, b := range shape.Bars {
		if b.Degree == degree {
			bar := topology.Bar{Degree: degree, Birth: float64(b.Birth), Death: float64(b.Death)}
			if b.Essential {
				bar.Death = math.Inf(1)
			}
			out = append(out, bar)
		}
	}
	return out
}

// data is what comes in and goes out.
func (s *sandbox) data(x *scene.Context) panel.Panel {
	points := panel.Details{ID: "points", Label: "Points, one by one"}
	if x.Open(points.ID) {
		rows := s.pointRows()
		table := panel.Table{Head: rows[0], Rows: rows[1:], Act: "point", Chosen: s.chosen, Scroll: true}
		for i := range rows[1:] {
			table.Args = append(table.Args, strconv.Itoa(i))
		}
		points.Blocks = panel.Panel{table}
		if s.cloud.flat() {
			nothing := s.chosen < 0
			points.Blocks = append(points.Blocks, panel.Buttons{{Act: "add", Label: "Add"}, {Act: "erase", Label: "Erase", Disabled: nothing},
				{Act: "nudge", Arg: "left", Label: "←", Name: "Move left", Disabled: nothing}, {Act: "nudge", Arg: "right", Label: "→", Name: "Move right", Disabled: nothing},
				{Act: "nudge", Arg: "up", Label: "↑", Name: "Move up", Disabled: nothing}, {Act: "nudge", Arg: "down", Label: "↓", Name: "Move down", Disabled: nothing}})
		}
	}
	in := panel.Details{ID: "open", Label: "Your own points", Blocks: panel.Panel{
		panel.Text(fmt.Sprintf("A point in each line: two numbers, or more for points of a larger space, up to %d points.", cloudMost)),
		panel.Area{ID: "paste", Label: "Points", Placeholder: "0.2, 0.7\n0.4, 0.9\n0.8, 0.3", Act: "paste", Button: "Use these"},
		panel.File{Label: "Open a file", Types: ".csv,.tsv,.txt,.npy,.off,.distance_matrix,.lower_distance_matrix,.upper_distance_matrix,.sparse,.edges,.graph,.json"},
		panel.Note("Points as CSV, a NumPy array or OFF; a distance matrix, square or a triangle; or a weighted graph: lines of `i j weight`, or JSON. It stays in this page.")}}
	out := panel.Details{ID: "save", Label: "Save", Blocks: panel.Panel{
		panel.Choice{Param: tableParam.Name(), Label: "As CSV", Value: tableParam.Of(x.View), Options: []panel.Option{{Value: "bars", Text: "Bars"}, {Value: "points", Text: "Points"}}},
		panel.Buttons{{Act: "save:csv", Label: "Save CSV"}, {Act: "save:png", Label: "Save picture"}},
		panel.Note(s.linkWords())}}
	return panel.Panel{points, in, out}
}

// linkWords says what the address carries.
func (s *sandbox) linkWords() string {
	_, carried := pointsOf(s.now.Points)
	switch {
	case s.now.Cloud != drawn:
		return "The address of this page carries this cloud: hand it out, and others see the same."
	case carried:
		return "The address of this page carries these points: hand it out, and others see the same."
	case !s.cloud.unit:
		return "The address of this page carries no file: others see the preset " + presetOf(s.now.From).title + " instead. Hand out the CSV."
	}
	return fmt.Sprintf("The address carries up to %d points drawn by hand. These are more: others see the preset %s that you began with. Hand out the CSV.",
		linkMost, presetOf(s.now.From).title)
}

func (s *sandbox) pointRows() [][]string {
	rows := [][]string{{"", "x", "y"}}
	for i, p := range s.cloud.points {
		rows = append(rows, []string{strconv.Itoa(i), ui.Number(p.X), ui.Number(p.Y)})
	}
	return rows
}

// Table implements Tabler: the bars, or the points in full precision, as a file that the
// sandbox opens again.
func (s *sandbox) Table(x *scene.Context) [][]string {
	s.sync(x)
	exact := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	if tableParam.Of(x.View) == "points" {
		rows := [][]string{{"x", "y"}}
		for _, p := range s.cloud.points {
			rows = append(rows, []string{exact(p.X), exact(p.Y)})
		}
		return rows
	}
	rows := [][]string{{"Set", "Degree", "Birth", "Death"}}
	add := func(name string, list []event.Bar) {
		for _, b := range list {
			death := exact(float64(b.Death))
			if b.Essential {
				death = "never"
			}
			rows = append(rows, []string{name, strconv.Itoa(b.Degree), exact(float64(b.Birth)), death})
		}
	}
	if s.other != nil {
		add("kept", s.other.Bars)
	}
	add("drawn", s.shape.Bars)
	return rows
}

// Probe implements Prober.
func (s *sandbox) Probe(x *scene.Context) *scene.Filtration {
	s.sync(x)
	k, r := s.shape.At(s.eps(x.View)), s.figures.cloud.Area()
	p := &scene.Filtration{Points: len(s.cloud.points), Eps: float64(k.Eps), EpsMax: float64(s.shape.EpsMax), Betti: k.Betti,
		Bars: [2]int{len(s.ranked(0)), len(s.ranked(1))}, Milliseconds: s.milliseconds(), Map: [4]float64{r.X, r.Y, r.W, r.H}}
	if s.keptNow != nil {
		p.Kept = len(s.keptNow.points)
	}
	return p
}

// Label implements Labeller.
func (s *sandbox) Label(x *scene.Context) string {
	s.sync(x)
	eps := s.eps(x.View)
	k := s.shape.At(eps)
	words := "Sandbox: " + s.title() + ". At epsilon " + ui.Number(eps) + " of " + ui.Number(s.shape.EpsMax) + " there are " +
		ui.Count(k.Betti[0], "component") + " and " + ui.Count(k.Betti[1], "loop")
	if i := s.shape.Longest(1); i >= 0 {
		b := s.shape.Bars[i]
		words += ". The longest-lived loop is born at " + ui.Number(b.Birth) + " and filled at " + ui.Number(b.Death)
	}
	return words
}
