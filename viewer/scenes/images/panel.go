package images

import (
	"strconv"
	"strings"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/state"
	"reta/viewer/ui"
)

// Panel implements Scene.
func (g *images) Panel(x *scene.Context) panel.Panel {
	p := panel.Panel{
		panel.Lede("Every tile is one synthetic image. Gradients through the frozen teacher move its pixels; at the end of a stage a real image, its [anchor|anchor], is blended in."),
		panel.Search{Param: find.Name(), Label: "Find an image", Placeholder: "class, or class and number: dog 3", Value: find.Of(x.View)},
	}
	if g.notFound && find.Of(x.View) != "" {
		p = append(p, panel.Note("There is no class, image or anchor called “"+panel.Plain(find.Of(x.View))+"”."))
	}
	image := g.imageCard(x)
	if d, ok := g.pastOf(x); ok {
		image.Blocks = append(image.Blocks, d)
	}
	return append(p, image, g.tilesCard(x), panel.Note("Drag or scroll to move, pinch or `+` `−` to zoom. A double click, or `Enter`, shows an image large."))
}

// tilesCard holds what all tiles show.
func (g *images) tilesCard(x *scene.Context) panel.Card {
	what := showing.Of(x.View)
	card := panel.Card{ID: "tiles", Title: "All tiles", Blocks: panel.Panel{
		panel.Search{Param: filter.Name(), Label: "Only classes called", Placeholder: "part of a name", Value: filter.Of(x.View)}}}
	if filter.Of(x.View) != "" && x.Pictures > 0 {
		card.Blocks = append(card.Blocks, panel.Note(strconv.Itoa(len(g.layout.Classes))+" of "+strconv.Itoa(max(len(x.Tiles), len(x.Hello.Classes)))+" classes."))
	}
	card.Blocks = append(card.Blocks,
		panel.Choice{Param: showing.Name(), Label: "Show", Value: what, As: "menu", Options: []panel.Option{
			{Value: synthetic, Text: "synthetic"}, {Value: before, Text: "before"}, {Value: after, Text: "after"},
			{Value: anchor, Text: "anchor"}, {Value: difference, Text: "difference"}}})
	stages := connectedStages(x.State)
	if len(stages) == 0 {
		if what != synthetic {
			card.Blocks = append(card.Blocks, panel.Reason("No residual connection yet: the first comes when stage 1 ends."))
		}
		return card
	}
	options := []panel.Option{{Value: "", Text: "newest"}}
	for _, stage := range stages {
		options = append(options, panel.Option{Value: strconv.Itoa(stage + 1), Text: "stage " + strconv.Itoa(stage+1)})
	}
	card.Blocks = append(card.Blocks, panel.Choice{Param: stageNo.Name(), Label: "Stage", As: "menu", Options: options, Value: stageNo.Of(x.View)})
	if what == difference {
		card.Blocks = append(card.Blocks,
			panel.Range{Param: gain.Name(), Label: "Amplified", Min: 1, Max: 32, Step: 1, Value: gain.Of(x.View), Text: "× " + ui.Number(gain.Of(x.View))},
			panel.Note("After − before, for each of red, green and blue. Grey: unchanged. Lighter: more of it after. Darker: less."))
	}
	if what != synthetic && what != difference {
		card.Blocks = append(card.Blocks, panel.Note("At the end of a stage after = α × before + (1 − α) × [anchor|anchor]: the residual connection."))
	}
	card.Blocks = append(card.Blocks, panel.Buttons{{Act: "replay-all", Label: "Play on all tiles"}})
	if x.Pictures > state.ManyTiles {
		card.Blocks = append(card.Blocks, panel.Note("Of so many images the page keeps the newest residual connection only."))
	}
	return card
}

// connectedStages is the stages whose residual connections the page has, in order.
func connectedStages(s *state.State) (stages []int) {
	var has [maxStages]bool
	for _, tiles := range s.Tiles {
		for _, t := range tiles {
			if t == nil {
				continue
			}
			for _, m := range t.Residuals {
				if m.Stage >= 0 && m.Stage < maxStages {
					has[m.Stage] = true
				}
			}
		}
	}
	for stage, here := range has {
		if here {
			stages = append(stages, stage)
		}
	}
	return stages
}

// maxStages bounds the stages a menu names.
const maxStages = 64

// imageCard holds the chosen image.
func (g *images) imageCard(x *scene.Context) panel.Card {
	label := "Large"
	if large.Of(x.View) {
		label = "All images"
	}
	card := panel.Card{ID: "image", Title: "No image chosen", Buttons: []panel.Button{
		{Act: "move", Arg: "-1", Label: "‹", Name: "Previous image"}, {Act: "move", Arg: "1", Label: "›", Name: "Next image"}}}
	tile := x.Tile(x.Class(), x.Image())
	if tile == nil {
		card.Blocks = panel.Panel{panel.Note("Choose a tile by pointing at it, or with the arrow keys.")}
		return card
	}
	card.Title = panel.Plain(x.ClassName(x.Class())) + "  #" + strconv.Itoa(x.Image())
	m := residualOf(tile, x.View)
	if m == nil {
		why := "Its anchor, fit and complexity appear here once a stage has ended."
		if stageNo.Of(x.View) != "" {
			why = "The page has no residual connection of this image from that stage."
		}
		card.Blocks = panel.Panel{panel.Note(why), panel.Buttons{{Act: "large", Label: label}}}
		return card
	}
	card.Blocks = panel.Panel{
		panel.Facts{
			{Name: "Anchor", Value: m.AnchorID, Role: "anchor", Wide: true},
			{Name: "Fit", Value: ui.Number(m.Fit), Title: "Distance of the features of image and anchor"},
			{Name: "Complexity", Value: ui.Number(m.Complexity), Title: "Variance of the smoothed gradient energy"},
			{Name: "α", Value: ui.Number(m.Alpha), Title: "Blend ratio: weight of the synthetic image in the residual connection (Eqn 6)"},
			{Name: "λ", Value: ui.Number(m.Lambda), Title: "Complexity weight: weight of complexity in the choice of the anchor (Eqn 4)"},
			{Name: "Injected", Value: "step " + strconv.Itoa(m.Step) + ", end of stage " + strconv.Itoa(m.Stage+1), Wide: true},
		}}
	if note := sharedAnchor(x, m); note != "" {
		card.Blocks = append(card.Blocks, panel.Note(note))
	}
	how := compare.Of(x.View)
	card.Blocks = append(card.Blocks, panel.Choice{Param: compare.Name(), Label: "Before and after", Value: how, Options: []panel.Option{
		{Value: "none", Text: "Off"}, {Value: "wipe", Text: "Wipe"}, {Value: "blend", Text: "Blend"}}})
	switch how {
	case "wipe":
		card.Blocks = append(card.Blocks, panel.Range{Param: wipe.Name(), Label: "Divider", Max: 1, Step: 0.01, Value: wipe.Of(x.View),
			Text: ui.Number(wipe.Of(x.View)), Help: "Left of it before, right of it after. It can be dragged on the image."})
	case "blend":
		card.Blocks = append(card.Blocks, panel.Range{Param: blend.Name(), Label: "Before to after", Max: 1, Step: 0.01, Value: blend.Of(x.View), Text: ui.Number(blend.Of(x.View))})
	}
	card.Blocks = append(card.Blocks, panel.Buttons{{Act: "replay", Label: "Play"}, {Act: "large", Label: label}})
	return card
}

// sharedAnchor says which other images of the chosen class took the same anchor at that stage, "" if none did.
func sharedAnchor(x *scene.Context, of *state.Residual) string {
	var others []string
	if of.AnchorID == "" || x.Class() >= len(x.Tiles) {
		return ""
	}
	for i, t := range x.Tiles[x.Class()] {
		if t == nil || i == x.Image() {
			continue
		}
		for _, m := range t.Residuals {
			if m.Stage == of.Stage && m.AnchorID == of.AnchorID {
				others = append(others, "#"+strconv.Itoa(i))
			}
		}
	}
	switch n := len(others); {
	case n == 0:
		return ""
	case n > 6:
		return "[anchor|" + strconv.Itoa(n) + " other images] of the class took the same anchor."
	default:
		return "[anchor|" + strings.Join(others, ", ") + "] took the same anchor."
	}
}

// pastOf lists the chosen image's past, for those who cannot point at the strip.
func (g *images) pastOf(x *scene.Context) (panel.Details, bool) {
	d := panel.Details{ID: "past", Label: "Its past"}
	if !g.wantsFilm(x, x.Class(), x.Image()) {
		return d, false
	}
	if !x.Open("past") {
		return d, true
	}
	t := panel.Table{Head: []string{"Step", "Picture"}, Act: "time:seek", Chosen: -1}
	for _, p := range x.Past.Places(x.Class(), x.Image(), state.MaxFrames) {
		seen := "not seen yet"
		if p.Picture != nil {
			seen = "seen"
		}
		if p.Step <= x.Step {
			t.Chosen = len(t.Rows)
		}
		t.Rows, t.Args = append(t.Rows, []string{strconv.Itoa(p.Step), seen}), append(t.Args, strconv.Itoa(p.Step))
	}
	words := "Pictures of this image that the page has seen, at most " + strconv.Itoa(state.MaxFrames) + ", evenly spread. Choosing one goes to its step."
	if x.Past.Recording() {
		words += " Play the recording to see the others."
	}
	d.Blocks = panel.Panel{panel.Note(words), t}
	return d, true
}

// Label implements Labeller.
func (g *images) Label(x *scene.Context) string {
	if tile := x.Tile(x.Class(), x.Image()); large.Of(x.View) && tile != nil {
		return x.ClassName(x.Class()) + " " + strconv.Itoa(x.Image()) + ", large: " + g.caption(x, tile, x.Class(), x.Image())
	}
	words := strconv.Itoa(x.Pictures) + " synthetic images of " + strconv.Itoa(len(x.Tiles)) + " classes at step " + strconv.Itoa(x.Step)
	if showing.Of(x.View) != synthetic {
		words += "; shown: " + g.heading(x)
	}
	return words
}

// Empty implements Idler.
func (g *images) Empty(x *scene.Context) *scene.Empty {
	switch {
	case x.Pictures > 0:
		return nil
	case x.Status.State == event.Squeezing:
		return &scene.Empty{Head: "No images yet", Body: "The teacher is being trained first; its curve is under Training."}
	}
	return &scene.Empty{Head: "No images yet", Body: x.Waiting()}
}

// Table implements Tabler: every residual connection that the page has.
func (g *images) Table(x *scene.Context) [][]string {
	out := [][]string{{"class", "image", "stage", "step", "anchor", "fit", "complexity", "alpha", "lambda"}}
	f := func(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
	for class, tiles := range x.Tiles {
		for i, t := range tiles {
			if t == nil {
				continue
			}
			for _, m := range t.Residuals {
				out = append(out, []string{x.ClassName(class), strconv.Itoa(i), strconv.Itoa(m.Stage + 1), strconv.Itoa(m.Step), m.AnchorID, f(m.Fit), f(m.Complexity), f(m.Alpha), f(m.Lambda)})
			}
		}
	}
	return out
}
