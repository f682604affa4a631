package scene

import (
	"maps"
	"slices"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

// tableMost bounds the rows of the bars beside the drawing; the data table and the export have them all.
const tableMost = 24

// Panel implements Scene.
func (d *diagrams) Panel(x *Context) panel.Panel {
	if !d.load(x, rival(x)) {
		return panel.Panel{panel.Lede("The shape of a class in numbers: which pieces and which loops its features form, and at what distance.")}
	}
	p := panel.Panel{panel.Lede("The shape of " + panel.Plain(x.ClassName(x.Class())) + ": every piece and every loop is a *bar* from its birth to its death along *ε*. All figures show the same bars.")}
	if reason := d.reason(); reason != "" {
		p = append(p, panel.Reason(panel.Plain(reason)))
	}
	if !d.bars() {
		return p
	}
	p = append(p, d.slider(x)...)
	p = append(p,
		panel.Choice{Param: figureName.Name(), Label: "Figures", As: "menu", Value: figureName.Of(x.View), Options: []panel.Option{
			{Value: "all", Text: "All together"}, {Value: "map", Text: "Map"}, {Value: "bars", Text: "Barcodes"}, {Value: "diagram", Text: "Persistence diagram"},
			{Value: "betti", Text: "Betti curves"}, {Value: "images", Text: "Persistence images"}}},
		panel.Choice{Param: degreeOf.Name(), Label: "Images of", Value: degreeOf.Of(x.View), Options: []panel.Option{
			{Value: "0", Text: "Components H₀"}, {Value: "1", Text: "Loops H₁"}}})
	if text := d.noLoops(x); text != "" {
		p = append(p, panel.Reason(text))
	}
	p = append(p, d.others(x)...)
	if !d.alone() {
		p = append(p, d.kappa()...)
	}
	p = append(p, d.card(x),
		panel.Choice{Param: sets.Name(), Label: "Bars of", Value: sets.Of(x.View), Options: []panel.Option{
			{Value: "both", Text: "Both"}, {Value: "real", Text: panel.Plain(d.name(0))}, {Value: "syn", Text: panel.Plain(d.name(1))}}})
	table := d.barTable(x, tableMost)
	p = append(p, table)
	if n := len(d.order(sets.Of(x.View))); n > len(table.Rows) {
		p = append(p, panel.Note("The first "+itoa(tableMost)+" of "+itoa(n)+": loops before components, the longest first."))
	}
	return append(p, d.dataTable(x), d.method())
}

// noLoops says in words what the images of degree 1 cannot show.
func (d *diagrams) noLoops(x *Context) string {
	if d.degree(x) != 1 {
		return ""
	}
	var without []string
	for set, s := range d.pair {
		if set == 1 && d.alone() {
			continue
		}
		if !slices.ContainsFunc(s.Bars, func(b event.Bar) bool { return b.Degree == 1 }) {
			without = append(without, panel.Plain(d.name(set)))
		}
	}
	switch {
	case len(without) == 2:
		return "Neither set forms a loop up to ε max, so their images of degree 1 are empty. With few points per class that is usual."
	case len(without) == 1:
		return without[0] + ": no loop up to ε max, so its image of degree 1 is empty."
	}
	return ""
}

// others lets the user put another class's real set in the place of the synthetic one.
func (d *diagrams) others(x *Context) panel.Panel {
	menu := panel.Choice{Param: against.Name(), Label: "Compare with", As: "menu", Value: "", Options: []panel.Option{{Value: "", Text: "its synthetic set"}}}
	for _, class := range slices.Sorted(maps.Keys(x.Clouds)) {
		if class != x.Class() {
			menu.Options = append(menu.Options, panel.Option{Value: itoa(class), Text: "real " + panel.Plain(x.ClassName(class))})
		}
		if class == rival(x) {
			menu.Value = itoa(class)
		}
	}
	if len(menu.Options) == 1 {
		return nil
	}
	p := panel.Panel{menu}
	if other, ok := x.Clouds[rival(x)]; ok {
		p = append(p, panel.Note("[total|"+panel.Plain(x.ClassName(other.Class))+"] as it was at step "+itoa(other.Step)+", in its own features: "+itoa(other.Real.Len())+" points, its ε max "+decimal(other.EpsMax)+
			". All axes are those of "+panel.Plain(x.ClassName(x.Class()))+". The map has a plane of its own for each class."))
	}
	return p
}

// kappa sets the shaded areas beside what the run reported.
func (d *diagrams) kappa() panel.Panel {
	t := panel.Table{ID: "kappa", Head: []string{"κ, in units of ε", "H₀", "H₁"}, Chosen: -1}
	area := []string{"Shaded area"}
	for degree := range 2 {
		area = append(area, ui.Number(figure.Shortfall(d.pair[0], d.pair[1], degree, d.pair[0].EpsMax)))
	}
	t.Rows = append(t.Rows, area)
	say := "*κ* is the area by which the real Betti curve lies above the synthetic one: what the synthetic set lacks. Pulled together, it has its components for too short a while."
	if d.second == "syn" {
		t.Rows = append(t.Rows, []string{"Reported by the run", decimal(d.cloud.Kappa[0]), decimal(d.cloud.Kappa[1])})
	} else {
		say = "Here *κ* is the area by which this class's Betti curve lies above the other's. The run reports none for such a pair."
	}
	return panel.Panel{t, panel.Note(say)}
}

// method says how the images are made.
func (d *diagrams) method() panel.Details {
	im := d.imager()
	return panel.Details{ID: "method", Label: "How these are made", Blocks: panel.Panel{
		panel.Text("Each set has a mutual k-NN graph of its own, with k = " + itoa(d.cloud.K) + ". As ε grows its edges enter, shortest first, and every clique of three is filled. *Bars* record when a component or a loop appears and ends; in the *diagram* each is a point at (birth, death), far from the diagonal when it lasts."),
		panel.Text("A *Betti curve* counts the bars alive at each ε. A *persistence image* spreads every bar into a soft spot at (birth, persistence), weighted by its persistence."),
		panel.Facts{
			{Name: "Grid", Value: itoa(im.Grid) + " × " + itoa(im.Grid)},
			{Name: "σ", Value: ui.Number(im.Sigma) + " ε max", Title: "bandwidth of a spot"},
			{Name: "Weight", Value: "persistence to the power " + ui.Number(im.Exponent), Wide: true},
		},
		panel.Note("These are the default settings of the topology loss; a run does not tell the viewer its own. All three images share one scale of colours. Bars that never die end at ε max in them."),
	}}
}

// Table implements Tabler: every bar, and then both Betti curves as steps.
func (d *diagrams) Table(x *Context) [][]string {
	if !d.load(x, rival(x)) {
		return nil
	}
	rows := [][]string{{"Kind", "Set", "Degree", "From", "To", "Value"}}
	for set, s := range d.pair {
		list, _ := s.Rows()
		for _, i := range list {
			b := s.Bars[i]
			row := []string{"bar", d.name(set), itoa(b.Degree), full(b.Birth), "never", ""}
			if !b.Essential {
				row[4], row[5] = full(b.Death), full(b.Death-b.Birth)
			}
			rows = append(rows, row)
		}
	}
	for set, s := range d.pair {
		for degree := range 2 {
			rows = append(rows, betti(s, d.name(set), degree)...)
		}
	}
	return rows
}

// betti is a Betti curve as rows, one for each stretch on which it is level.
func betti(s *figure.Shape, name string, degree int) (rows [][]string) {
	stops := append(append([]float32{0}, s.Events()...), s.EpsMax)
	for i := 1; i < len(stops); i++ {
		if stops[i] <= stops[i-1] {
			continue
		}
		n := itoa(s.At(stops[i-1]).Betti[degree])
		if last := len(rows) - 1; last >= 0 && rows[last][5] == n {
			rows[last][4] = full(stops[i])
			continue
		}
		rows = append(rows, []string{"curve", name, itoa(degree), full(stops[i-1]), full(stops[i]), n})
	}
	return rows
}

// Label implements Labeller.
func (d *diagrams) Label(x *Context) string {
	if !d.load(x, rival(x)) {
		return ""
	}
	text := "Persistent homology of " + x.ClassName(x.Class())
	for set, s := range d.pair {
		rows, split := s.Rows()
		text += [2]string{": ", "; "}[set] + d.name(set) + " " + plural(split, "component bar") + " and " + plural(len(rows)-split, "loop bar")
	}
	return text
}

// Empty implements Idler.
func (d *diagrams) Empty(x *Context) *Empty { return x.noCloud() }
