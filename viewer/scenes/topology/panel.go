package topology

import (
	"maps"
	"slices"
	"strconv"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/filtration"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// tableMost bounds the rows of the bars beside the drawing; the data table and the export have them all.
const tableMost = 24

// Panel implements Scene.
func (d *diagrams) Panel(x *scene.Context) panel.Panel {
	if !d.Load(x, otherClass(x)) {
		return panel.Panel{panel.Lede("The shape of a class in numbers: which pieces and which loops its features form, and at what distance.")}
	}
	p := panel.Panel{panel.Lede("The shape of " + panel.Plain(x.ClassName(x.Class())) + ": every piece and every loop is a *bar* from its birth to its death along *ε*. All figures show the same bars.")}
	if reason := d.Reason(); reason != "" {
		p = append(p, panel.Reason(panel.Plain(reason)))
	}
	if !d.HasBars() {
		return p
	}
	p = append(p, d.Slider(x)...)
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
	if !d.NoSecond() {
		p = append(p, d.kappa()...)
	}
	p = append(p, d.Card(x),
		panel.Choice{Param: filtration.Sets.Name(), Label: "Bars of", Value: filtration.Sets.Of(x.View), Options: []panel.Option{
			{Value: "both", Text: "Both"}, {Value: "real", Text: panel.Plain(d.Name(0))}, {Value: "syn", Text: panel.Plain(d.Name(1))}}})
	table := d.BarTable(x, tableMost)
	p = append(p, table)
	if n := len(d.Order(filtration.Sets.Of(x.View))); n > len(table.Rows) {
		p = append(p, panel.Note("The first "+strconv.Itoa(tableMost)+" of "+strconv.Itoa(n)+": loops before components, the longest first."))
	}
	return append(p, d.DataTable(x), d.method())
}

// noLoops says in words what the images of degree 1 cannot show.
func (d *diagrams) noLoops(x *scene.Context) string {
	if d.degree(x) != 1 {
		return ""
	}
	var without []string
	for set, s := range d.Shapes {
		if set == 1 && d.NoSecond() {
			continue
		}
		if !slices.ContainsFunc(s.Bars, func(b event.Bar) bool { return b.Degree == 1 }) {
			without = append(without, panel.Plain(d.Name(set)))
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
func (d *diagrams) others(x *scene.Context) panel.Panel {
	menu := panel.Choice{Param: against.Name(), Label: "Compare with", As: "menu", Value: "", Options: []panel.Option{{Value: "", Text: "its synthetic set"}}}
	for _, class := range slices.Sorted(maps.Keys(x.Clouds)) {
		if class != x.Class() {
			menu.Options = append(menu.Options, panel.Option{Value: strconv.Itoa(class), Text: "real " + panel.Plain(x.ClassName(class))})
		}
		if class == otherClass(x) {
			menu.Value = strconv.Itoa(class)
		}
	}
	if len(menu.Options) == 1 {
		return nil
	}
	p := panel.Panel{menu}
	if other, ok := x.Clouds[otherClass(x)]; ok {
		p = append(p, panel.Note("[total|"+panel.Plain(x.ClassName(other.Class))+"] as it was at step "+strconv.Itoa(other.Step)+", in its own features: "+strconv.Itoa(other.Real.Len())+" points, its ε max "+ui.Number(other.EpsMax)+
			". All axes are those of "+panel.Plain(x.ClassName(x.Class()))+". The map has a plane of its own for each class."))
	}
	return p
}

// kappa sets the shaded areas beside what the run reported.
func (d *diagrams) kappa() panel.Panel {
	t := panel.Table{ID: "kappa", Head: []string{"κ, in units of ε", "H₀", "H₁"}, Chosen: -1}
	area := []string{"Shaded area"}
	for degree := range 2 {
		area = append(area, ui.Number(figure.Shortfall(d.Shapes[0], d.Shapes[1], degree, d.Shapes[0].EpsMax)))
	}
	t.Rows = append(t.Rows, area)
	say := "*κ* is the area by which the real Betti curve lies above the synthetic one: what the synthetic set lacks. Pulled together, it has its components for too short a while."
	if d.Second == "syn" {
		t.Rows = append(t.Rows, []string{"Reported by the run", ui.Number(d.Cloud.Kappa[0]), ui.Number(d.Cloud.Kappa[1])})
	} else {
		say = "Here *κ* is the area by which this class's Betti curve lies above the other's. The run reports none for such a pair."
	}
	return panel.Panel{t, panel.Note(say)}
}

// method says how the images are made.
func (d *diagrams) method() panel.Details {
	im := d.imager()
	return panel.Details{ID: "method", Label: "How these are made", Blocks: panel.Panel{
		panel.Text("Each set has a mutual k-NN graph of its own, with k = " + strconv.Itoa(d.Cloud.K) + ". As ε grows its edges enter, shortest first, and every clique of three is filled. *Bars* record when a component or a loop appears and ends; in the *diagram* each is a point at (birth, death), far from the diagonal when it lasts."),
		panel.Text("A *Betti curve* counts the bars alive at each ε. A *persistence image* spreads every bar into a soft spot at (birth, persistence), weighted by its persistence."),
		panel.Facts{
			{Name: "Grid", Value: strconv.Itoa(im.Grid) + " × " + strconv.Itoa(im.Grid)},
			{Name: "σ", Value: ui.Number(im.Sigma) + " ε max", Title: "bandwidth of a spot"},
			{Name: "Weight", Value: "persistence to the power " + ui.Number(im.Exponent), Wide: true},
		},
		panel.Note("These are the default settings of the topology loss; a run does not tell the viewer its own. All three images share one scale of colours. Bars that never die end at ε max in them."),
	}}
}

// Table implements Tabler: every bar, and then both Betti curves as steps.
func (d *diagrams) Table(x *scene.Context) [][]string {
	if !d.Load(x, otherClass(x)) {
		return nil
	}
	rows := [][]string{{"Kind", "Set", "Degree", "From", "To", "Value"}}
	for set, s := range d.Shapes {
		list, _ := s.Rows()
		for _, i := range list {
			b := s.Bars[i]
			row := []string{"bar", d.Name(set), strconv.Itoa(b.Degree), ui.Exact(b.Birth), "never", ""}
			if !b.Essential {
				row[4], row[5] = ui.Exact(b.Death), ui.Exact(b.Death-b.Birth)
			}
			rows = append(rows, row)
		}
	}
	for set, s := range d.Shapes {
		for degree := range 2 {
			rows = append(rows, betti(s, d.Name(set), degree)...)
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
		n := strconv.Itoa(s.At(stops[i-1]).Betti[degree])
		if last := len(rows) - 1; last >= 0 && rows[last][5] == n {
			rows[last][4] = ui.Exact(stops[i])
			continue
		}
		rows = append(rows, []string{"curve", name, strconv.Itoa(degree), ui.Exact(stops[i-1]), ui.Exact(stops[i]), n})
	}
	return rows
}

// Label implements Labeller.
func (d *diagrams) Label(x *scene.Context) string {
	if !d.Load(x, otherClass(x)) {
		return ""
	}
	text := "Persistent homology of " + x.ClassName(x.Class())
	for set, s := range d.Shapes {
		rows, split := s.Rows()
		text += [2]string{": ", "; "}[set] + d.Name(set) + " " + ui.Count(split, "component bar") + " and " + ui.Count(len(rows)-split, "loop bar")
	}
	return text
}

// Empty implements Idler.
func (d *diagrams) Empty(x *scene.Context) *scene.Empty { return filtration.NoCloud(x) }
