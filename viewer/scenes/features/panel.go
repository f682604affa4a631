package features

import (
	"math"
	"strconv"

	"reta/viewer/figure"
	"reta/viewer/filtration"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// Panel implements Scene.
func (f *features) Panel(x *scene.Context) panel.Panel {
	if !f.Load(x, figure.None) {
		return panel.Panel{panel.Lede("Every image of a class as a point: real ones [real|●] and synthetic ones [syn|◆], where the teacher's features put them.")}
	}
	p := panel.Panel{panel.Lede(panel.Plain(x.ClassName(x.Class())) + ": every image is a point, real [real|●] or synthetic [syn|◆], in the teacher's feature space. As *ε* grows, points closer than *ε* join; loops open, and fill.")}
	if reason := f.Reason(); reason != "" {
		p = append(p, panel.Reason(panel.Plain(reason)))
	}
	if f.HasBars() {
		p = append(p, f.Slider(x)...)
	}
	p = append(p, f.choices(x)...)
	if f.HasBars() {
		p = append(p, f.Counts(x), f.Card(x))
	}
	return append(p, panel.Note(f.caption(x)), f.caveats(x), f.DataTable(x))
}

// caption says in a line what the map is and what it is not.
func (f *features) caption(x *scene.Context) string {
	shown := "PCA, " + percent(f.Cloud.Explained[0]+f.Cloud.Explained[1]) + " of the variance"
	if f.Projection(x) == "mds" {
		shown = "MDS, stress " + ui.Number(f.Cloud.MDS.Stress)
	}
	return "Places on the map are a projection (" + shown + "). Lengths, bars and counts are measured in the full feature space."
}

// choices is how the points are shown.
func (f *features) choices(x *scene.Context) panel.Panel {
	both := filtration.Sets.Of(x.View) == "both"
	p := panel.Panel{
		panel.Choice{Param: filtration.Sets.Name(), Label: "Show", Value: filtration.Sets.Of(x.View), Options: []panel.Option{
			{Value: "both", Text: "Both"}, {Value: "real", Text: "Real"}, {Value: "syn", Text: "Synthetic"}}},
		panel.Choice{Param: layout.Name(), Label: "Maps", Value: layout.Of(x.View), Disabled: !both, Options: []panel.Option{
			{Value: "beside", Text: "Side by side"}, {Value: "overlay", Text: "In one"}}},
	}
	if f.HasMDS() {
		p = append(p, panel.Choice{Param: filtration.Map.Name(), Label: "Projection", Value: f.Projection(x), Options: []panel.Option{
			{Value: "pca", Text: "PCA"}, {Value: "mds", Text: "MDS"}}})
	}
	p = append(p, panel.Toggle{Param: thumbs.Name(), Label: "Images instead of dots", Value: thumbs.Of(x.View)})
	signs := panel.Legend{{Shape: "disc", Role: "real", Text: "real"}, {Shape: "diamond", Role: "syn", Text: "synthetic"}}
	if len(f.plane.Anchors) > 0 {
		signs = append(signs, panel.Sign{Shape: "triangle", Role: "anchor", Text: "anchor, joined to the image it was blended into"})
	}
	words := "In the maps the *shape* of a mark tells its set, and its *colour* its component at this ε; a grey point is isolated."
	if filtration.Sets.Of(x.View) == "both" && layout.Of(x.View) == "overlay" {
		words = "In one map shape and colour tell the *set*; side by side, colours tell the components."
	}
	return append(p, signs, panel.Note(words))
}

// caveats says what in the picture is projected and what is measured.
func (f *features) caveats(x *scene.Context) panel.Details {
	c, kind := &f.Cloud, f.Projection(x)
	facts := panel.Facts{
		{Name: "Points n_c", Value: strconv.Itoa(c.Real.Len()) + " real, " + strconv.Itoa(c.Syn.Len()) + " synthetic", Wide: true},
		{Name: "Neighbours k", Value: strconv.Itoa(c.K), Title: "of the mutual k-NN graph"},
		{Name: "ε max", Value: ui.Number(c.EpsMax), Title: "where the filtration ends"},
	}
	if !f.NoSecond() {
		facts = append(facts, panel.Fact{Name: "κ components", Value: ui.Number(c.Kappa[0]), Title: "pull-to-anchor, degree 0"}, panel.Fact{Name: "κ loops", Value: ui.Number(c.Kappa[1]), Title: "pull-to-anchor, degree 1"})
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
	trust := f.Cloud.PCA
	if kind == "mds" {
		trust = f.Cloud.MDS
	}
	if trust == nil {
		return nil
	}
	return panel.Facts{
		{Name: "Stress", Value: ui.Number(trust.Stress), Title: "how far distances on the page are from proportional to true ones: 0 is perfect, 1 the worst"},
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
func (f *features) Table(x *scene.Context) [][]string {
	if !f.Load(x, figure.None) {
		return nil
	}
	return f.Rows()
}

// Label implements Labeller.
func (f *features) Label(x *scene.Context) string {
	if !f.Load(x, figure.None) {
		return ""
	}
	eps := f.Eps(x)
	return "Filtration of " + x.ClassName(x.Class()) + " at epsilon " + ui.Number(eps) + " of " + ui.Number(f.Cloud.EpsMax) + ": " +
		strconv.Itoa(f.Cloud.Real.Betti(0, eps)) + " real and " + strconv.Itoa(f.Cloud.Syn.Betti(0, eps)) + " synthetic components, " +
		strconv.Itoa(f.Cloud.Real.Betti(1, eps)) + " and " + strconv.Itoa(f.Cloud.Syn.Betti(1, eps)) + " open loops"
}

// Empty implements Idler.
func (f *features) Empty(x *scene.Context) *scene.Empty { return filtration.NoCloud(x) }
