package pull

import (
	"fmt"
	"math"
	"strconv"

	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// Panel implements Scene.
func (p *pull) Panel(x *scene.Context) panel.Panel {
	of := panel.Choice{Param: sourceParam.Name(), Label: "Shown", Value: sourceParam.Of(x.View), Options: []panel.Option{
		{Value: "plane", Text: "A model to try"}, {Value: "run", Text: "This run"}}}
	if sourceParam.Of(x.View) == "run" {
		return append(panel.Panel{of}, p.runPanel(x)...)
	}
	p.ready(x)
	v, m := x.View, &p.model
	sets := panel.Choice{Param: presetParam.Name(), Label: "Real set", As: "menu", Value: presetParam.Of(v)}
	for _, s := range presets {
		sets.Options = append(sets.Options, panel.Option{Value: s.name, Text: s.title})
	}
	list := panel.Panel{
		panel.Lede("A residual connection mixes each [syn|synthetic ◆] image with a real one, its [anchor|anchor ▲]: new = α · old + (1 − α) · anchor (Eqn 6). Here images are points. Watch what that does to the shape of the whole set."),
		of,
		panel.Choice{Param: anchorsParam.Name(), Label: "Each takes as its anchor", As: "menu", Value: anchorsParam.Of(v), Options: []panel.Option{
			{Value: "few", Text: "the nearest of four"}, {Value: "nearest", Text: "the nearest real point"}, {Value: "one", Text: "the same one"}, {Value: "random", Text: "one by chance"}}},
		panel.Range{Param: alphaParam.Name(), Label: "Blend ratio α", Max: 1, Step: 0.01, Value: alphaParam.Of(v), Text: ui.Number(alphaParam.Of(v)),
			Ticks: []panel.Tick{{At: 0.5, Role: "anchor"}}},
		panel.Range{Param: repeatsParam.Name(), Label: "Connections", Max: maxRepeats, Step: 1, Value: repeatsParam.Of(v), Text: strconv.Itoa(repeatsParam.Int(v))},
		panel.Buttons{{Act: "pull-play", Label: "Play", Primary: true, Disabled: x.Still, Title: "From the start, one connection after the other"}, {Act: "pull-draw", Label: "New draw"},
			{Act: "pull-back", Label: "Points back", Disabled: pointsParam.Of(v) == "", Title: "Undo what was dragged"}},
		panel.Toggle{Param: alignParam.Name(), Label: "Topology alignment after each connection", Value: alignParam.Of(v)},
	}
	if alignParam.Of(v) {
		text := strconv.Itoa(stepsParam.Int(v))
		if !m.done() {
			text += ", computing"
		}
		list = append(list, panel.Range{Param: stepsParam.Name(), Label: "Gradient steps", Min: 5, Max: 80, Step: 1, Value: stepsParam.Of(v), Text: text,
			Help: "Descent on L_topo (Eqn 11), computed in this page. A step moves no point by more than 2 % of ε_max."})
	}
	list = append(list, p.verdict(), p.table(x))
	list = append(list, panel.Range{Param: epsParam.Name(), Label: "ε of the map", Max: float64(m.real.EpsMax), Value: float64(p.eps(v)),
		Text: ui.Number(p.eps(v)) + " of " + ui.Number(m.real.EpsMax), Help: "Points closer than ε are joined. Drag in a barcode or a curve as well."},
		sets,
		panel.Choice{Param: degreeParam.Name(), Label: "Curve on a small screen", Value: strconv.Itoa(degreeParam.Int(v)), Options: []panel.Option{{Value: "0", Text: "Components"}, {Value: "1", Text: "Loops"}}},
		panel.Note("Drag the start of a synthetic point, the small ring, to put it elsewhere. Real points stand still."),
		panel.Details{ID: "pull-theory", Label: "What the paper says, and what was measured", Blocks: panel.Panel{
			panel.Text("**Eqn 7** is this model: if features follow pixels in a straight line, a connection moves them to α z + (1 − α) z_anchor. **Eqn 8** then bounds distances: new ≤ α · old + (1 − α) · distance of the two anchors. With one anchor for all the second part is 0 and the bound is exact. **Eqn 9**, κ, is how much of the real Betti curve the synthetic one lacks."),
			panel.Text("**Theorem 4.1** says why one connects nevertheless: what a connection costs grows with how complex the anchors are and with α(1 − α) times how far they are from the images."),
			panel.Text("For real images the straight line *does not hold*. Blending half and half with the nearest real image left the spread at 1.00 where the line says 0.84 (50 images of each of 20 classes, ResNet-18); what contracted was the fine structure, by about half of what the line foretells. The optimisation draws a class together as well. So take the model for the idea, and *This run* for the facts."),
		}})
	return list
}

// verdict says in words what one sees.
func (p *pull) verdict() panel.Block {
	m := &p.model
	if m.setup.repeats == 0 {
		return panel.Text("No connection yet. The two sets differ by chance only: they are two draws of one shape, and κ is not quite 0 for that reason.")
	}
	before, now := p.shapes()
	ratio := spread(now.Points) / max(spread(m.start), 1e-12)
	words := fmt.Sprintf("The set has shrunk to **%s** of its spread", ui.Number(ratio))
	if ratio > 0.97 {
		words = fmt.Sprintf("The spread has hardly changed: **%s** of what it was", ui.Number(ratio))
	}
	switch n := m.anchorCount(); {
	case n == 1:
		words += ". All share one anchor: Eqn 8 is exact, and each connection multiplies every distance by α."
	case n < len(m.start):
		words += fmt.Sprintf(". %d points share %d anchors; those of one anchor come together, and their components merge early.", len(m.start), n)
	default:
		words += ". Every point has an anchor of its own."
	}
	was := m.measure(before).kappa[0]
	words += fmt.Sprintf(" κ of components was %s and is **%s**.", ui.Number(was), ui.Number(m.measure(now).kappa[0]))
	if m.setup.steps > 0 {
		words += " Alignment then pushes the points until the bars of both sets resemble each other; it does not bring them back to where they were."
	}
	return panel.Text(words)
}

// table compares the sets by number.
func (p *pull) table(x *scene.Context) panel.Table {
	rows := p.Table(x)
	return panel.Table{Head: rows[0], Rows: rows[1:], Roles: []string{"", "real", "syn", "syn"}, Chosen: -1}
}

// Table implements Tabler.
func (p *pull) Table(x *scene.Context) [][]string {
	if sourceParam.Of(x.View) == "run" {
		return p.runTable(x)
	}
	p.ready(x)
	before, now := p.shapes()
	m := &p.model
	list := []measurement{m.measure(m.real), m.measure(before), m.measure(now)}
	rows := [][]string{{"", "Real", "Before", "Now"}, {"Spread"}, {"First merge at ε"}, {"κ components"}, {"κ loops"}}
	for i, k := range list {
		rows[1] = append(rows[1], ui.Number(k.spread))
		rows[2] = append(rows[2], ui.Number(k.merge))
		for q, v := range k.kappa {
			text := ui.Number(v)
			if i == 0 {
				text = "–"
			}
			rows[3+q] = append(rows[3+q], text)
		}
	}
	if m.setup.repeats > 0 {
		foretold := "–"
		if f := p.foretoldSpread(); !math.IsNaN(f) {
			foretold = "≤ " + ui.Number(f)
		}
		rows = append(rows, []string{"Spread ratio", "", foretold, ui.Number(list[2].spread / max(list[1].spread, 1e-12))})
	}
	return rows
}

// foretoldSpread is the most that Eqn 8 allows for the spread behind all connections over that before, NaN with alignment
// between them.
func (p *pull) foretoldSpread() float64 {
	m := &p.model
	if m.setup.steps > 0 {
		return math.NaN()
	}
	anchors := make([]ui.Point, len(m.start))
	for i := range anchors {
		anchors[i] = m.anchor(i)
	}
	stays := math.Pow(m.setup.alpha, float64(m.setup.repeats))
	start := spread(m.start)
	return (stays*start + (1-stays)*spread(anchors)) / max(start, 1e-12)
}

// Label implements Labeller.
func (p *pull) Label(x *scene.Context) string {
	if sourceParam.Of(x.View) == "run" {
		return p.runLabel(x)
	}
	p.ready(x)
	before, now := p.shapes()
	a, b := p.model.measure(before), p.model.measure(now)
	return fmt.Sprintf("A model of the pull to the anchor: after %s with alpha %s the spread is %s, it was %s; kappa of components is %s, it was %s",
		ui.Count(p.model.setup.repeats, "connection"), ui.Number(p.model.setup.alpha), ui.Number(b.spread), ui.Number(a.spread), ui.Number(b.kappa[0]), ui.Number(a.kappa[0]))
}

// Empty implements Idler.
func (p *pull) Empty(x *scene.Context) *scene.Empty {
	if sourceParam.Of(x.View) != "run" || len(p.stages(x)) > 0 {
		return nil
	}
	if _, ok := x.Clouds[x.Class()]; ok {
		return nil
	}
	return &scene.Empty{Head: "No stage has ended yet", Body: "What a stage does to the shape of “" + x.ClassName(x.Class()) + "” is reported when it ends. " + x.Waiting()}
}
