package scene

import (
	"math"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

// Panel implements Scene.
func (f *features) Panel(x *Context) panel.Panel {
	if !f.load(x, figure.None) {
		return panel.Panel{panel.Lede("Every image of a class as a point: real ones [real|●] and synthetic ones [syn|◆], where the teacher's features put them.")}
	}
	p := panel.Panel{panel.Lede(panel.Plain(x.ClassName(x.Class())) + ": every image is a point, real [real|●] or synthetic [syn|◆], in the teacher's feature space. As *ε* grows, points closer than *ε* join; loops open, and fill.")}
	if reason := f.reason(); reason != "" {
		p = append(p, panel.Reason(panel.Plain(reason)))
	}
	if f.bars() {
		p = append(p, f.slider(x)...)
	}
	p = append(p, f.choices(x)...)
	if f.bars() {
		p = append(p, f.counts(x), f.card(x))
	}
	return append(p, panel.Note(f.caption(x)), f.honesty(x), f.dataTable(x))
}

// caption says in a line what the map is and what it is not.
func (f *features) caption(x *Context) string {
	shown := "PCA, " + percent(f.cloud.Explained[0]+f.cloud.Explained[1]) + " of the variance"
	if f.mapKind(x) == "mds" {
		shown = "MDS, stress " + decimal(f.cloud.MDS.Stress)
	}
	return "Places on the map are a projection (" + shown + "). Lengths, bars and counts are measured in the full feature space."
}

// choices is how the points are shown.
func (f *features) choices(x *Context) panel.Panel {
	both := sets.Of(x.View) == "both"
	p := panel.Panel{
		panel.Choice{Param: sets.Name(), Label: "Show", Value: sets.Of(x.View), Options: []panel.Option{
			{Value: "both", Text: "Both"}, {Value: "real", Text: "Real"}, {Value: "syn", Text: "Synthetic"}}},
		panel.Choice{Param: layout.Name(), Label: "Maps", Value: layout.Of(x.View), Disabled: !both, Options: []panel.Option{
			{Value: "beside", Text: "Side by side"}, {Value: "overlay", Text: "In one"}}},
	}
	if f.hasMDS() {
		p = append(p, panel.Choice{Param: mapKind.Name(), Label: "Projection", Value: f.mapKind(x), Options: []panel.Option{
			{Value: "pca", Text: "PCA"}, {Value: "mds", Text: "MDS"}}})
	}
	p = append(p, panel.Toggle{Param: thumbs.Name(), Label: "Images instead of dots", Value: thumbs.Of(x.View)})
	signs := panel.Legend{{Shape: "disc", Role: "real", Text: "real"}, {Shape: "diamond", Role: "syn", Text: "synthetic"}}
	if len(f.plane.anchors) > 0 {
		signs = append(signs, panel.Sign{Shape: "triangle", Role: "anchor", Text: "anchor, joined to the image it was blended into"})
	}
	words := "In the maps the *shape* of a mark tells its set, and its *colour* its component at this ε; a grey point is alone."
	if sets.Of(x.View) == "both" && layout.Of(x.View) == "overlay" {
		words = "In one map shape and colour tell the *set*; side by side, colours tell the components."
	}
	return append(p, signs, panel.Note(words))
}

// honesty says what in the picture is projected and what is measured.
func (f *features) honesty(x *Context) panel.Details {
	c, kind := &f.cloud, f.mapKind(x)
	facts := panel.Facts{
		{Name: "Points n_c", Value: itoa(c.Real.Len()) + " real, " + itoa(c.Syn.Len()) + " synthetic", Wide: true},
		{Name: "Neighbours k", Value: itoa(c.K), Title: "of the mutual k-NN graph"},
		{Name: "ε max", Value: decimal(c.EpsMax), Title: "where the filtration ends"},
	}
	if !f.alone() {
		facts = append(facts, panel.Fact{Name: "κ components", Value: decimal(c.Kappa[0]), Title: "pull-to-anchor, degree 0"}, panel.Fact{Name: "κ loops", Value: decimal(c.Kappa[1]), Title: "pull-to-anchor, degree 1"})
	}
	if kind == "pca" {
		facts = append(facts, panel.Fact{Name: "Variance shown", Value: percent(c.Explained[0]) + " + " + percent(c.Explained[1]) + " = " + percent(c.Explained[0]+c.Explained[1]), Wide: true,
			Title: "of both sets together, along the two axes"})
	}
	facts = append(facts, f.fidelity(kind)...)
	words := panel.Panel{
		panel.Text("**Measured** in the feature space, in all its dimensions: every edge length, birth, death and count. **Projected**: only where the points lie on this page. Two points may look close and be far apart, so an edge can be missing between neighbours on the map."),
		panel.Text(map[string]string{"pca": "**PCA** is the flat shadow that keeps most of the variance.", "mds": "**MDS** bends the plane to keep distances as well as it can; its axes mean nothing."}[kind]),
		facts,
		panel.Note("Each set has a graph of its own: two points are joined when each is among the other's k nearest. Such a graph may stay in several pieces even at ε max; those bars never die."),
	}
	if c.Real.Len() != c.Syn.Len() && c.Syn.Len() > 0 {
		words = append(words, panel.Note("The sets differ in size. Counts of components compare only at equal numbers of points."))
	}
	return panel.Details{ID: "honesty", Label: "What to trust in this picture", Blocks: words}
}

// fidelity is how far a picture can be trusted, as the run measured it.
func (f *features) fidelity(kind string) panel.Facts {
	trust := f.cloud.PCA
	if kind == "mds" {
		trust = f.cloud.MDS
	}
	if trust == nil {
		return nil
	}
	return panel.Facts{
		{Name: "Stress", Value: decimal(trust.Stress), Title: "how far distances on the page are from proportional to true ones: 0 is perfect, 1 the worst"},
		{Name: "Neighbours kept", Value: percent(trust.Kept), Title: "share of the k nearest neighbours that are also nearest on the page"},
	}
}

func percent(v float32) string {
	if v != v || math.IsInf(float64(v), 0) {
		return "–"
	}
	return ui.Number(float64(v)*100) + " %"
}

// Table implements Tabler.
func (f *features) Table(x *Context) [][]string {
	if !f.load(x, figure.None) {
		return nil
	}
	return f.bare()
}

// Label implements Labeller.
func (f *features) Label(x *Context) string {
	if !f.load(x, figure.None) {
		return ""
	}
	eps := f.eps(x)
	return "Filtration of " + x.ClassName(x.Class()) + " at epsilon " + decimal(eps) + " of " + decimal(f.cloud.EpsMax) + ": " +
		itoa(f.cloud.Real.Betti(0, eps)) + " real and " + itoa(f.cloud.Syn.Betti(0, eps)) + " synthetic components, " +
		itoa(f.cloud.Real.Betti(1, eps)) + " and " + itoa(f.cloud.Syn.Betti(1, eps)) + " open loops"
}

// Empty implements Idler.
func (f *features) Empty(x *Context) *Empty { return x.noCloud() }

// noCloud says why the chosen class has no cloud yet; nil when it has.
func (x *Context) noCloud() *Empty {
	if _, ok := x.Clouds[x.Class()]; ok {
		return nil
	}
	body := "Features of “" + x.ClassName(x.Class()) + "” come with the next topology update."
	switch {
	case x.Pictures == 0 && len(x.Points) == 0:
		body = x.waiting()
	case x.Status.State == event.Paused:
		body = "The run is paused. Features of “" + x.ClassName(x.Class()) + "” come when it goes on."
	}
	return &Empty{Head: "No feature cloud yet", Body: body}
}
