package images

import (
	"fmt"
	"slices"
	"strconv"

	"reta/viewer/scene"
	"reta/viewer/state"
	"reta/viewer/ui"
	"reta/viewer/widget"
)

// Measures of the inspector and of the large view, CSS pixels.
const (
	filmHeight = 58.0
	touch      = 44.0
)

// drawInspector paints one image large, its residual connections as the sums they are, and its past.
func (g *images) drawInspector(c ui.Canvas, r ui.Rect, x *scene.Context, class, image int) {
	t := x.Theme
	ui.Fill(c, r, t.Sunken)
	tile := x.Tile(class, image)
	if tile == nil {
		return
	}
	if r.W > r.H*1.4 {
		inner := r.Inset(12)
		if g.wantsFilm(x, class, image) && inner.H > 130 {
			inner.H -= filmHeight - 4
			g.drawFilm(c, ui.Rect{X: inner.X, Y: inner.Y + inner.H + 8, W: inner.W, H: filmHeight - 12}, x, class, image)
		}
		at := g.drawChosen(c, ui.Rect{X: inner.X, Y: inner.Y, W: min(inner.H, inner.W*0.4), H: inner.H}, x, class, image)
		left := at.X + at.W + 16
		drawSums(c, ui.Rect{X: left, Y: inner.Y, W: inner.X + inner.W - left, H: inner.H}, tile, x)
		return
	}
	inner := ui.Rect{X: r.X + 18, Y: r.Y + 16, W: r.W - 36, H: r.H - 28}
	if g.wantsFilm(x, class, image) && inner.H > 300 {
		inner.H -= filmHeight + 8
		g.drawFilm(c, ui.Rect{X: inner.X, Y: inner.Y + inner.H + 8, W: inner.W, H: filmHeight}, x, class, image)
	}
	number := "#" + strconv.Itoa(image)
	room := inner.W - c.TextWidth(number, ui.SizeBody) - 10
	c.Text(ui.Point{X: inner.X, Y: inner.Y + 7}, ui.Ellipsis(c, x.ClassName(class), ui.SizeTitle, room), ui.SizeTitle, ui.Left, t.Ink)
	c.Text(ui.Point{X: inner.X + inner.W, Y: inner.Y + 7}, number, ui.SizeBody, ui.Right, t.Muted)
	side := min(inner.W, inner.H-150)
	at := g.drawChosen(c, ui.Rect{X: inner.X, Y: inner.Y + 26, W: inner.W, H: side}, x, class, image)
	y := at.Y + at.H + 14
	c.Text(ui.Point{X: inner.X, Y: y}, ui.Ellipsis(c, g.caption(x, tile, class, image), ui.SizeSmall, inner.W), ui.SizeSmall, ui.Left, t.Muted)
	y += 26
	drawSums(c, ui.Rect{X: inner.X, Y: y, W: inner.W, H: inner.Y + inner.H - y}, tile, x)
}

// drawLarge gives the chosen image the whole canvas.
func (g *images) drawLarge(c ui.Canvas, r ui.Rect, x *scene.Context) {
	t, class, image := x.Theme, x.Class(), x.Image()
	inner := r.Inset(min(widget.Pad, r.W/16))
	g.close = ui.Rect{X: r.X + r.W - touch, Y: r.Y, W: touch, H: touch}
	centre := g.close.Centre()
	c.Segments([]ui.Point{centre.Add(ui.Point{X: -6, Y: -6}), centre.Add(ui.Point{X: 6, Y: 6}),
		centre.Add(ui.Point{X: 6, Y: -6}), centre.Add(ui.Point{X: -6, Y: 6})}, 1.75, t.Muted)
	title := x.ClassName(class) + "  #" + strconv.Itoa(image)
	c.Text(ui.Point{X: inner.X, Y: r.Y + touch/2}, ui.Ellipsis(c, title, ui.SizeTitle, inner.W-touch), ui.SizeTitle, ui.Left, t.Ink)
	inner.Y, inner.H = r.Y+touch, r.Y+r.H-12-r.Y-touch
	tile := x.Tile(class, image)
	if tile == nil {
		c.Text(ui.Point{X: inner.X, Y: inner.Y + 10}, "This image has not come yet.", ui.SizeBody, ui.Left, t.Muted)
		return
	}
	if g.wantsFilm(x, class, image) && inner.H > 220 {
		inner.H -= filmHeight + 20
		g.drawFilm(c, ui.Rect{X: inner.X, Y: inner.Y + inner.H + 12, W: inner.W, H: filmHeight + 8}, x, class, image)
	}
	const foot = 24.0
	if inner.W > inner.H*1.15 {
		at := g.drawChosen(c, ui.Rect{X: inner.X, Y: inner.Y, W: min(inner.H-foot, inner.W*0.62), H: inner.H - foot}, x, class, image)
		c.Text(ui.Point{X: at.X, Y: at.Y + at.H + 14}, g.caption(x, tile, class, image), ui.SizeSmall, ui.Left, t.Muted)
		left := at.X + at.W + 28
		drawSums(c, ui.Rect{X: left, Y: inner.Y, W: inner.X + inner.W - left, H: inner.H}, tile, x)
		return
	}
	sums := min(150, inner.H*0.34)
	side := min(inner.W, inner.H-foot-sums)
	at := g.drawChosen(c, ui.Rect{X: inner.X, Y: inner.Y, W: inner.W, H: side}, x, class, image)
	y := at.Y + at.H + 14
	c.Text(ui.Point{X: inner.X, Y: y}, ui.Ellipsis(c, g.caption(x, tile, class, image), ui.SizeSmall, inner.W), ui.SizeSmall, ui.Left, t.Muted)
	drawSums(c, ui.Rect{X: inner.X, Y: y + 18, W: inner.W, H: inner.Y + inner.H - y - 18}, tile, x)
}

// caption says what the large image is.
func (g *images) caption(x *scene.Context, tile *state.Tile, class, i int) string {
	m := residualOf(tile, x.View)
	if played, _, ok := g.phase(x, class, i, tile); ok {
		return "before to after, stage " + strconv.Itoa(played.Stage+1)
	}
	switch how := compare.Of(x.View); {
	case m == nil:
		return "synthetic, step " + strconv.Itoa(tile.Step)
	case how == "wipe":
		return "before | after, stage " + strconv.Itoa(m.Stage+1)
	case how == "blend":
		return ui.Number(blend.Of(x.View)) + " of the way from before to after, stage " + strconv.Itoa(m.Stage+1)
	}
	switch what := showing.Of(x.View); what {
	case synthetic:
		return "synthetic, step " + strconv.Itoa(tile.Step)
	case anchor:
		return "anchor " + m.AnchorID
	case difference:
		return "after − before, stage " + strconv.Itoa(m.Stage+1) + ", × " + ui.Number(gain.Of(x.View))
	default:
		return what + ", stage " + strconv.Itoa(m.Stage+1)
	}
}

// drawChosen paints the image large in the upper left of r and returns where.
func (g *images) drawChosen(c ui.Canvas, r ui.Rect, x *scene.Context, class, i int) ui.Rect {
	tile, v := x.Tile(class, i), x.View
	side := ui.Crisp(max(tile.Picture.W, 1), min(r.W, r.H), c.Scale())
	at := ui.Snap(ui.Point{X: r.X, Y: r.Y}, c.Scale())
	box := ui.Rect{X: at.X, Y: at.Y, W: side, H: side}
	if box.Empty() {
		return box
	}
	if class == x.Class() && i == x.Image() {
		g.box = box
	}
	m := residualOf(tile, v)
	if played, p, ok := g.phase(x, class, i, tile); ok {
		c.Picture(&played.Before, box, 1)
		c.Picture(&played.After, box, ui.Ease((p-0.25)/0.5))
		return box
	}
	switch how := compare.Of(v); {
	case m == nil || how == "none":
		if p := g.picture(tile, v); p != nil && p.W > 0 {
			c.Picture(p, box, 1)
		} else {
			ui.Fill(c, box, x.Theme.Line)
		}
	case how == "wipe":
		widget.Divided(c, box, &m.Before, &m.After, wipe.Of(v), x.Theme)
	default:
		c.Picture(&m.Before, box, 1)
		c.Picture(&m.After, box, blend.Of(v))
	}
	return box
}

// wantsFilm reports whether there is a past to show: at least two places.
func (g *images) wantsFilm(x *scene.Context, class, i int) bool {
	return len(x.Past.Places(class, i, 2)) > 1
}

// drawFilm paints an image's past from left to right, as much of it as fits.
func (g *images) drawFilm(c ui.Canvas, r ui.Rect, x *scene.Context, class, i int) {
	g.film.Draw(c, r, x.Past.Places(class, i, widget.FilmPlaces(r)), x.Step, x.Theme)
}

// drawSums paints every residual connection that r has room for, the newest on top.
func drawSums(c ui.Canvas, r ui.Rect, tile *state.Tile, x *scene.Context) {
	t := x.Theme
	if len(tile.Residuals) == 0 {
		for i, line := range []string{"No anchor yet.", "The first is blended in", "when stage 1 ends."} {
			if y := 8 + 17*float64(i); y+8 < r.H && r.W > 120 {
				c.Text(ui.Point{X: r.X, Y: r.Y + y}, line, ui.SizeBody-0.5, ui.Left, t.Muted)
			}
		}
		return
	}
	chosen, list := residualOf(tile, x.View), slices.Clone(tile.Residuals)
	slices.Reverse(list)
	n := len(list)
	for n > 1 && r.H/float64(n) < sumHead+sumFoot+sumLeast {
		n--
	}
	if at := slices.Index(list, chosen); at >= n {
		list[n-1] = chosen
	}
	side := ui.Crisp(max(list[0].Before.W, 1), min((r.W-2*sumSign)/3, (r.H+sumFoot-22)/float64(n)-sumHead-sumFoot), c.Scale())
	for _, m := range list[:n] {
		if side < 12 {
			return
		}
		drawSum(c, ui.Point{X: r.X, Y: r.Y}, m, side, min((r.W-3*side)/2, 44), m == chosen, t)
		r.Y += sumHead + side + sumFoot
	}
}

// Heights over and under the pictures of a sum, room for a sign between them, and their smallest side where there are
// several sums.
const (
	sumHead  = 36.0
	sumFoot  = 36.0
	sumSign  = 22.0
	sumLeast = 40.0
)

// drawSum paints alpha*before + (1-alpha)*anchor = after, pictures of a side, a gap apart.
func drawSum(c ui.Canvas, r ui.Point, m *state.Residual, side, gap float64, chosen bool, t ui.Theme) {
	y := ui.Snap(ui.Point{Y: r.Y + sumHead}, c.Scale()).Y
	col := t.Muted
	if chosen {
		col = t.Ink
	}
	head := fmt.Sprintf("end of stage %d, step %d", m.Stage+1, m.Step)
	c.Text(ui.Point{X: r.X, Y: r.Y + 6}, ui.Ellipsis(c, head, ui.SizeSmall, 3*side+2*gap), ui.SizeSmall, ui.Left, col)
	for i, part := range []struct {
		p    *ui.Picture
		name string
		note string
		col  ui.Color
	}{
		{&m.Before, before, "× " + ui.Number(m.Alpha), t.Muted},
		{&m.Anchor, anchor, "× " + ui.Number(1-m.Alpha), t.Anchor},
		{&m.After, after, "", t.Muted},
	} {
		x := ui.Snap(ui.Point{X: r.X + float64(i)*(side+gap)}, c.Scale()).X
		box := ui.Rect{X: x, Y: y, W: side, H: side}
		c.Picture(part.p, box, 1)
		if i == 1 {
			ui.Outline(c, box.Inset(-1.5), 2, 2, t.Anchor)
		}
		c.Text(ui.Point{X: x, Y: y - 10}, part.name, ui.SizeSmall, ui.Left, part.col)
		c.Text(ui.Point{X: x, Y: y + side + 11}, part.note, ui.SizeSmall, ui.Left, part.col)
		if i < 2 {
			c.Text(ui.Point{X: x + side + gap/2, Y: y + side/2}, [2]string{"+", "="}[i], 16, ui.Centre, t.Muted)
		}
	}
}
