package scene

import (
	"fmt"

	"reta/viewer/ui"
)

// drawTrack paints the run's stages as one line: what is done, where the residual
// connections were and will be, and the present step.
func drawTrack(c ui.Canvas, r ui.Rect, s *State, v *View, now float64) {
	t := v.theme
	stages, ends := s.Stages()
	steps := max(s.Hello.Steps, s.Step)
	if steps == 0 || stages == 0 {
		return
	}
	y := ui.Snap(ui.Point{Y: r.Y + 9}, c.Scale()).Y
	x := func(step int) float64 { return r.X + r.W*float64(min(step, steps))/float64(steps) }
	ui.Fill(c, ui.Rect{X: r.X, Y: y - 1, W: r.W, H: 2}, t.Line)
	ui.Fill(c, ui.Rect{X: r.X, Y: y - 1, W: x(s.Step) - r.X, H: 2}, t.Accent)
	from := 0
	for stage := range stages {
		to, known := ends[stage]
		if !known {
			to = steps * (stage + 1) / stages
		}
		if label := fmt.Sprintf("stage %d", stage+1); c.TextWidth(label, ui.SizeSmall) < x(to)-x(from)-18 {
			col := t.Muted
			if s.Step >= from && (s.Step < to || stage == stages-1) {
				col = t.Ink
			}
			c.Text(ui.Point{X: (x(from) + x(to)) / 2, Y: y + 15}, label, ui.SizeSmall, ui.Centre, col)
		}
		if stage < stages-1 {
			at := ui.Point{X: x(to), Y: y}
			if p, ok := s.stageMoment(stage, now); ok && !v.Still {
				ui.Disc(c, at, 5+12*p, t.Anchor.Fade(0.4*(1-p)))
			}
			ui.Disc(c, at, 6, t.Surface)
			if s.Step >= to && known {
				ui.Disc(c, at, 4.5, t.Anchor)
			} else {
				ui.Ring(c, at, 4, 1.5, t.Muted)
			}
		}
		from = to
	}
}

// stageMoment is the progress of the newest residual connection of a stage.
func (s *State) stageMoment(stage int, now float64) (p float64, ok bool) {
	p = 1
	for _, class := range s.Tiles {
		for _, tile := range class {
			if tile == nil || tile.Last() == nil || tile.Last().Stage != stage {
				continue
			}
			if q, shown := tile.progress(now); shown && q < p {
				p, ok = q, true
			}
		}
	}
	return p, ok
}

// drawInspector paints one image large, and its residual connections as the sums they are.
func drawInspector(c ui.Canvas, r ui.Rect, s *State, v *View, class, image int, now float64) {
	t := v.theme
	ui.Fill(c, r, t.Sunken)
	tile := s.Tile(class, image)
	if tile == nil {
		return
	}
	if r.W > r.H*1.4 {
		inner := r.Inset(12)
		at := drawChosen(c, ui.Rect{X: inner.X, Y: inner.Y, W: min(inner.H, inner.W*0.4), H: inner.H}, tile, v, now)
		x := at.X + at.W + 16
		drawSums(c, ui.Rect{X: x, Y: inner.Y, W: inner.X + inner.W - x, H: inner.H}, tile, t)
		return
	}
	inner := ui.Rect{X: r.X + 18, Y: r.Y + 16, W: r.W - 36, H: r.H - 28}
	number := "#" + itoa(image)
	room := inner.W - c.TextWidth(number, ui.SizeBody) - 10
	c.Text(ui.Point{X: inner.X, Y: inner.Y + 7}, ellipsis(c, s.ClassName(class), ui.SizeTitle, room), ui.SizeTitle, ui.Left, t.Ink)
	c.Text(ui.Point{X: inner.X + inner.W, Y: inner.Y + 7}, number, ui.SizeBody, ui.Right, t.Muted)
	side := min(inner.W, inner.H-150)
	at := drawChosen(c, ui.Rect{X: inner.X, Y: inner.Y + 26, W: inner.W, H: side}, tile, v, now)
	caption := "synthetic, step " + itoa(tile.Step)
	if tile.wiped(v, now) {
		caption = "before to after, stage " + itoa(tile.Last().Stage+1)
	}
	y := at.Y + at.H + 14
	c.Text(ui.Point{X: inner.X, Y: y}, caption, ui.SizeSmall, ui.Left, t.Muted)
	y += 26
	drawSums(c, ui.Rect{X: inner.X, Y: y, W: inner.W, H: inner.Y + inner.H - y}, tile, t)
}

// wiped reports whether the chosen image shows its residual connection instead of
// its present pixels: while that is animated, or when the user set the wipe back.
func (t *Tile) wiped(v *View, now float64) bool {
	_, ok := t.progress(now)
	return t.Last() != nil && (ok || wipe.Of(v) < 1)
}

// drawChosen paints the image large in r and returns where.
func drawChosen(c ui.Canvas, r ui.Rect, tile *Tile, v *View, now float64) ui.Rect {
	side := ui.Crisp(tile.Picture.W, min(r.W, r.H), c.Scale())
	at := ui.Snap(ui.Point{X: r.X + (r.W-side)/2, Y: r.Y}, c.Scale())
	box := ui.Rect{X: at.X, Y: at.Y, W: side, H: side}
	if !tile.wiped(v, now) {
		c.Picture(&tile.Picture, box, 1)
		return box
	}
	blend := wipe.Of(v)
	if p, ok := tile.progress(now); ok && wipe.Of(v) == 1 && !v.Still {
		blend = ease((p - 0.25) / 0.5)
	}
	c.Picture(&tile.Last().Before, box, 1)
	c.Picture(&tile.Last().After, box, blend)
	return box
}

// drawSums paints every residual connection that r has room for, the newest on top.
func drawSums(c ui.Canvas, r ui.Rect, tile *Tile, t ui.Theme) {
	if len(tile.Moments) == 0 {
		for i, line := range []string{"No anchor yet.", "The first is blended in", "when stage 1 ends."} {
			c.Text(ui.Point{X: r.X, Y: r.Y + 8 + 17*float64(i)}, line, ui.SizeBody-0.5, ui.Left, t.Muted)
		}
		return
	}
	for i := len(tile.Moments) - 1; i >= 0; i-- {
		h := drawSum(c, r, tile.Moments[i], t)
		if h == 0 {
			return
		}
		r.Y, r.H = r.Y+h, r.H-h
	}
}

// drawSum paints alpha*before + (1-alpha)*anchor = after and returns the height it
// took, 0 where it does not fit.
func drawSum(c ui.Canvas, r ui.Rect, m *Moment, t ui.Theme) float64 {
	const sign, head, foot = 22.0, 36.0, 22.0
	side := ui.Crisp(m.Before.W, min((r.W-2*sign)/3, r.H-head-foot), c.Scale())
	if side < 12 {
		return 0
	}
	gap := min((r.W-3*side)/2, 44)
	y := ui.Snap(ui.Point{Y: r.Y + head}, c.Scale()).Y
	c.Text(ui.Point{X: r.X, Y: r.Y + 6}, fmt.Sprintf("end of stage %d, step %d", m.Stage+1, m.Step), ui.SizeSmall, ui.Left, t.Ink)
	for i, part := range []struct {
		p    *ui.Picture
		name string
		note string
		col  ui.Color
	}{
		{&m.Before, "before", "× " + decimal(m.Alpha), t.Muted},
		{&m.Anchor, "anchor", "× " + decimal(1-m.Alpha), t.Anchor},
		{&m.After, "after", "", t.Muted},
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
	return head + side + foot + 14
}
