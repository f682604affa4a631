package retrieval

import (
	"strconv"

	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/state"
	"reta/viewer/ui"
)

// areas is where the parts of the drawing go; what has no room is empty.
type areas struct{ strip, stack, plane, band ui.Rect }

// arrange divides the canvas: the class's images on top, the ranking, the plane of fit and complexity, the band of lambda.
func (g *ranking) arrange(w, h float64) (l areas) {
	r := ui.Rect{W: w, H: h}.Inset(min(16, w/20))
	if h < 120 || w < 140 {
		return areas{stack: r}
	}
	l.strip = ui.Rect{X: r.X, Y: r.Y, W: r.W, H: 52}
	rest := ui.Rect{X: r.X, Y: r.Y + 66, W: r.W, H: r.H - 66}
	if rest.W >= 680 {
		side := min(rest.W*0.42, 520)
		l.stack = ui.Rect{X: rest.X, Y: rest.Y + 26, W: rest.W - side - 24, H: rest.H - 26}
		right := ui.Rect{X: rest.X + rest.W - side, Y: rest.Y, W: side, H: rest.H}
		l.band = ui.Rect{X: right.X + 10, Y: right.Y + 40, W: right.W - 20, H: 34}
		if y := right.Y + 112; right.Y+right.H-y > 120 {
			l.plane = ui.Rect{X: right.X, Y: y, W: right.W, H: min(right.Y+right.H-y, side*1.05)}
		}
		return l
	}
	l.band = ui.Rect{X: rest.X + 10, Y: rest.Y + 40, W: rest.W - 20, H: 30}
	y := rest.Y + 104
	l.stack = ui.Rect{X: rest.X, Y: y + 18, W: rest.W, H: rest.Y + rest.H - y - 18}
	if l.stack.H > 430 {
		l.plane = ui.Rect{X: rest.X, Y: rest.Y + rest.H - 220, W: rest.W, H: 220}
		l.stack.H -= 236
	}
	return l
}

// Draw implements Scene.
func (g *ranking) Draw(c ui.Canvas, x *scene.Context) {
	w, h := c.Size()
	t := x.Theme
	ui.Fill(c, ui.Rect{W: w, H: h}, t.Surface)
	g.places, g.tiles, g.dots, g.rows = areas{}, g.tiles[:0], g.dots[:0], g.rows[:0]
	g.stack = figure.Stack{Hover: figure.None}
	if !g.load(x) {
		return
	}
	g.places = g.arrange(w, h)
	ids, times := g.anchorsTaken(x)
	g.drawStrip(c, g.places.strip, ids, times, x)
	if rankShow.Of(x.View) == "class" {
		r := g.places.stack
		if !g.places.plane.Empty() && g.places.plane.X > r.X+r.W {
			r.W = g.places.plane.X - r.X - 24
		} else if !g.places.plane.Empty() {
			r.H = g.places.plane.Y + g.places.plane.H - r.Y
		}
		g.drawClass(c, ui.Rect{X: r.X, Y: r.Y - 26, W: r.W, H: r.H + 26}, ids, times, x)
		g.drawBand(c, g.places.band, x)
		if g.places.plane.X > r.X+r.W {
			g.drawPlane(c, g.places.plane, x)
		}
		return
	}
	g.drawStack(c, g.places.stack, x)
	g.drawBand(c, g.places.band, x)
	g.drawPlane(c, g.places.plane, x)
	g.drawTip(c, x)
}

// drawStrip paints the class's images, the chosen one ringed, with how many share the anchor where several do.
func (g *ranking) drawStrip(c ui.Canvas, r ui.Rect, ids []string, times map[string]int, x *scene.Context) {
	if r.Empty() || len(ids) == 0 {
		return
	}
	t, n := x.Theme, len(ids)
	side := ui.Crisp(max(x.Hello.Width, 1), 40, c.Scale())
	pitch := side + 8
	room := max(int((r.W+8)/pitch), 1)
	first := min(max(g.key.image-room/2, 0), max(n-room, 0))
	for i := first; i < min(n, first+room); i++ {
		p := ui.Snap(ui.Point{X: r.X + float64(i-first)*pitch + 2, Y: r.Y + 6}, c.Scale())
		q := ui.Rect{X: p.X, Y: p.Y, W: side, H: side}
		g.tiles = append(g.tiles, imageTile{ui.Rect{X: q.X - 4, Y: q.Y - 4, W: pitch, H: side + 8}, i})
		if tile := x.Tile(x.Class(), i); tile != nil && tile.Picture.W > 0 {
			c.Picture(&tile.Picture, q, 1)
		} else {
			ui.Fill(c, q, t.Sunken)
			c.Text(q.Centre(), strconv.Itoa(i), ui.SizeSmall, ui.Centre, t.Muted)
		}
		if i == g.key.image {
			ui.Outline(c, q.Inset(-2.5), 3, 2.5, t.Accent)
		}
		if k := times[ids[i]]; k > 1 {
			g.badge(c, ui.Point{X: q.X + side - 1, Y: q.Y + 1}, k, t)
		}
	}
}

// badge counts the images that share an anchor.
func (g *ranking) badge(c ui.Canvas, p ui.Point, n int, t ui.Theme) {
	ui.Disc(c, p, 9, t.Surface)
	ui.Disc(c, p, 7.5, t.Anchor)
	c.Text(p, strconv.Itoa(n), ui.SizeSmall-1, ui.Centre, t.Surface)
}

// drawStack paints the candidates by rank.
func (g *ranking) drawStack(c ui.Canvas, r ui.Rect, x *scene.Context) {
	t, l, w := x.Theme, g.list, g.lambda(x)
	if r.Empty() {
		return
	}
	if r.Y > 40 {
		keys := []figure.Key{{Mark: figure.MarkSquare, Color: t.Real, Text: "(1 − λ) · fit"}, {Mark: figure.MarkHatch, Color: t.Anchor, Text: "λ · complexity"}}
		if r.W > 420 {
			keys = append(keys, figure.Key{Mark: figure.MarkRing, Color: t.Anchor, Text: "the run's anchor"})
		}
		figure.Legend(c, ui.Rect{X: r.X + 4, Y: r.Y - 24, W: r.W, H: 20}, t, keys)
	}
	g.scroll = min(max(g.scroll, 0), max(0, float64(len(l.all))*rowHeight-r.H))
	winner := l.winner(w)
	order := l.order(w)
	for k := len(order) - 1; k >= 0; k-- { // the best on top where rows pass each other
		i := order[k]
		row := figure.Row{Label: g.label(i), Winner: i == winner, Y: g.now[i] - g.scroll, Picture: g.picture(x, l.all[i].ID),
			Fit: (1 - w) * (l.fit[i] - g.barBase(l.fit)), Complexity: w * (l.complexity[i] - g.barBase(l.complexity))}
		if row.Picture == nil {
			row.Picture = g.placeholder(x)
		}
		g.stack.Rows, g.rows = append(g.stack.Rows, row), append(g.rows, i)
		if i == g.hover {
			g.stack.Hover = len(g.stack.Rows) - 1
		}
	}
	g.stack.Tall = rowHeight
	g.stack.Draw(c, r, t)
	if l.chosen < 0 || l.chosen >= len(l.all) {
		return
	}
	c.Clip(r)
	for k, i := range g.rows { // the thumbnail as Stack places it
		if p := g.stack.Rows[k].Picture; i == l.chosen {
			side := ui.Crisp(p.W, rowHeight-4, c.Scale())
			q := ui.Snap(ui.Point{X: r.X + 26, Y: r.Y + g.stack.Rows[k].Y + rowHeight/2 - side/2}, c.Scale())
			ui.Outline(c, ui.Rect{X: q.X, Y: q.Y, W: side, H: side}.Inset(-1), 2, 2, t.Anchor)
		}
	}
	c.Clip(ui.Rect{})
	ui.Scrollbar(c, r, float64(len(l.all))*rowHeight, g.scroll, t)
}

// label names a candidate, and says which one is the patch that the image began as.
func (g *ranking) label(i int) string {
	name := imageName(g.list.all[i].ID)
	if g.list.all[i].Own {
		name += ", own"
	}
	return name
}

// barBase is what is taken off a term so that bars start at 0: nothing, but where the scale goes below 0.
func (g *ranking) barBase(v []float64) float64 {
	least := 0.0
	for _, x := range v {
		least = min(least, x)
	}
	return least
}

// placeholder stands for a thumbnail that was not sent.
func (g *ranking) placeholder(x *scene.Context) *ui.Picture {
	side := min(max(x.Hello.Width, 1), 48) // of the thumbnails that were sent
	for _, c := range g.list.all {
		if p := g.picture(x, c.ID); p != nil {
			side = p.W
			break
		}
	}
	if g.blank.W != side || g.ground != x.Theme.Sunken {
		rgb := make([]byte, 0, side*side*3)
		for i := range side * side {
			col := x.Theme.Sunken
			if (i%side+i/side)%max(side/4, 2) == 0 {
				col = x.Theme.Line
			}
			rgb = append(rgb, col.R, col.G, col.B)
		}
		g.blank.SetRGB(side, side, rgb)
		g.ground = x.Theme.Sunken
	}
	return &g.blank
}

// drawTip says what the candidate under the pointer is.
func (g *ranking) drawTip(c ui.Canvas, x *scene.Context) {
	if g.hover < 0 || g.hover >= len(g.list.all) || len(g.dots) != len(g.list.all) || g.places.plane.Empty() {
		return
	}
	k := g.list.all[g.hover]
	score, _ := g.list.score(g.hover, g.lambda(x))
	lines := []string{imageName(k.ID), "J " + ui.Number(score) + " at λ " + ui.Number(g.lambda(x)), "fit " + ui.Number(k.Fit) + ", scaled " + ui.Number(g.list.fit[g.hover]),
		"complexity " + ui.Number(k.Complexity) + ", scaled " + ui.Number(g.list.complexity[g.hover])}
	figure.Tooltip(c, x.Theme, g.dots[g.hover], lines, g.picture(x, k.ID))
}

// drawClass paints the class's images on the left and the anchors they take on the right: those of one anchor together, the
// most shared first, so that a shared anchor is a fan of lines.
func (g *ranking) drawClass(c ui.Canvas, r ui.Rect, ids []string, times map[string]int, x *scene.Context) {
	t := x.Theme
	if r.W < 120 || r.H < 60 || len(ids) == 0 {
		return
	}
	anchors := rankShared(ids, times)
	c.Text(ui.Point{X: r.X, Y: r.Y + 8}, strconv.Itoa(len(ids))+" images", ui.SizeTitle, ui.Left, t.Syn)
	c.Text(ui.Point{X: r.X + r.W, Y: r.Y + 8}, ui.Count(len(anchors), "anchor"), ui.SizeTitle, ui.Right, t.Anchor)
	box := ui.Rect{X: r.X, Y: r.Y + 28, W: r.W, H: r.H - 28}
	pitch := min(box.H/float64(len(ids)), 46)
	side := max(min(pitch-3, 40), 2)
	if side >= 8 {
		side = ui.Crisp(max(x.Hello.Width, 1), side, c.Scale())
	}
	place := func(left, y float64) ui.Rect {
		s := ui.Snap(ui.Point{X: left, Y: y - side/2}, c.Scale())
		return ui.Rect{X: s.X, Y: s.Y, W: side, H: side}
	}
	number := 0.0
	if pitch > 14 {
		number = c.TextWidth("#"+strconv.Itoa(len(ids)-1), ui.SizeSmall) + 8
	}
	var plain, shared, chosen []ui.Point
	y := box.Y + pitch/2
	for _, id := range anchors {
		b := place(box.X+box.W-side, y+pitch*float64(times[id]-1)/2)
		for i, other := range ids {
			if other != id {
				continue
			}
			a := place(box.X+number, y)
			y += pitch
			ends := []ui.Point{{X: a.X + side + 5, Y: a.Centre().Y}, {X: b.X - 5, Y: b.Centre().Y}}
			switch {
			case i == g.key.image:
				chosen = ends
			case times[id] > 1:
				shared = append(shared, ends...)
			default:
				plain = append(plain, ends...)
			}
			if number > 0 {
				c.Text(ui.Point{X: box.X, Y: a.Centre().Y}, "#"+strconv.Itoa(i), ui.SizeSmall, ui.Left, t.Muted)
			}
			g.drawFace(c, a, x.Tile(x.Class(), i), nil, x)
			if i == g.key.image {
				ui.Outline(c, a.Inset(-2), 2, 2, t.Accent)
			}
			g.tiles = append(g.tiles, imageTile{ui.Rect{X: box.X, Y: a.Centre().Y - pitch/2, W: number + side + 6, H: pitch}, i})
		}
		g.drawFace(c, b, nil, g.picture(x, id), x)
		if times[id] > 1 {
			ui.Outline(c, b.Inset(-2), 2, 2, t.Anchor)
			g.badge(c, ui.Point{X: b.X - 2, Y: b.Y + 1}, times[id], t)
		}
	}
	c.Segments(plain, 1.2, t.Muted.Fade(0.6))
	c.Segments(shared, 2, t.Anchor.Fade(0.75))
	if chosen != nil {
		c.Segments(chosen, 3, t.Accent)
	}
}

// drawFace paints a synthetic image, or a real one, or a plain square where it has not come.
func (g *ranking) drawFace(c ui.Canvas, r ui.Rect, tile *state.Tile, p *ui.Picture, x *scene.Context) {
	if tile != nil {
		p = &tile.Picture
	}
	if p == nil || p.W == 0 {
		p = g.placeholder(x)
	}
	c.Picture(p, r, 1)
}
