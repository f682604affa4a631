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
	ui.RoundRect(c, ui.Rect{X: r.X, Y: y - 1.5, W: r.W, H: 3}, 1.5, t.Line)
	ui.RoundRect(c, ui.Rect{X: r.X, Y: y - 1.5, W: x(s.Step) - r.X, H: 3}, 1.5, t.Accent.Fade(0.8))
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
			if tile == nil || tile.Moment == nil || tile.Moment.Stage != stage {
				continue
			}
			if q, shown := tile.progress(now); shown && q < p {
				p, ok = q, true
			}
		}
	}
	return p, ok
}

// drawInspector paints one image large, and its last residual connection as the sum it is.
func drawInspector(c ui.Canvas, r ui.Rect, s *State, v *View, class, image int, now float64) {
	t := v.theme
	ui.Fill(c, r, t.Sunken)
	tile := s.Tile(class, image)
	if tile == nil {
		return
	}
	if r.W > r.H*1.4 {
		inspectWide(c, r, s, v, tile, now)
		return
	}
	inner := ui.Rect{X: r.X + 18, Y: r.Y + 16, W: r.W - 36, H: r.H - 32}
	c.Text(ui.Point{X: inner.X, Y: inner.Y + 7}, ellipsis(c, s.ClassName(class), ui.SizeTitle, inner.W-36), ui.SizeTitle, ui.Left, t.Ink)
	c.Text(ui.Point{X: inner.X + inner.W, Y: inner.Y + 7}, "#"+itoa(image), ui.SizeBody, ui.Right, t.Muted)
	side := ui.Crisp(tile.Picture.W, min(inner.W, inner.H-190), c.Scale())
	at := ui.Snap(ui.Point{X: inner.X + (inner.W-side)/2, Y: inner.Y + 26}, c.Scale())
	drawChosen(c, ui.Rect{X: at.X, Y: at.Y, W: side, H: side}, tile, v, now)
	caption := "synthetic, step " + itoa(tile.Step)
	if tile.wiped(v, now) {
		caption = fmt.Sprintf("residual connection, stage %d", tile.Moment.Stage+1)
	}
	c.Text(ui.Point{X: inner.X, Y: at.Y + side + 14}, caption, ui.SizeSmall, ui.Left, t.Muted)
	drawSum(c, ui.Rect{X: inner.X, Y: at.Y + side + 38, W: inner.W, H: inner.Y + inner.H - at.Y - side - 38}, tile, v)
}

func inspectWide(c ui.Canvas, r ui.Rect, s *State, v *View, tile *Tile, now float64) {
	inner := r.Inset(12)
	side := ui.Crisp(tile.Picture.W, min(inner.H, inner.W*0.4), c.Scale())
	at := ui.Snap(ui.Point{X: inner.X, Y: inner.Y + (inner.H-side)/2}, c.Scale())
	drawChosen(c, ui.Rect{X: at.X, Y: at.Y, W: side, H: side}, tile, v, now)
	drawSum(c, ui.Rect{X: at.X + side + 14, Y: inner.Y, W: inner.X + inner.W - at.X - side - 14, H: inner.H}, tile, v)
}

// wiped reports whether the chosen image shows its residual connection instead of
// its present pixels: while that is animated, or when the user set the wipe back.
func (t *Tile) wiped(v *View, now float64) bool {
	_, ok := t.progress(now)
	return t.Moment != nil && (ok || v.Wipe < 1)
}

func drawChosen(c ui.Canvas, r ui.Rect, tile *Tile, v *View, now float64) {
	if !tile.wiped(v, now) {
		c.Picture(&tile.Picture, r, 1)
		return
	}
	blend := v.Wipe
	if p, ok := tile.progress(now); ok && v.Wipe == 1 && !v.Still {
		blend = ease((p - 0.25) / 0.5)
	}
	c.Picture(&tile.Moment.Before, r, 1)
	c.Picture(&tile.Moment.After, r, blend)
}

// drawSum paints alpha*before + (1-alpha)*anchor = after.
func drawSum(c ui.Canvas, r ui.Rect, tile *Tile, v *View) {
	t, m := v.theme, tile.Moment
	if m == nil {
		lines := []string{"No anchor yet.", "The first is blended in", "when stage 1 ends."}
		for i, line := range lines {
			c.Text(ui.Point{X: r.X, Y: r.Y + 8 + 17*float64(i)}, line, ui.SizeBody-0.5, ui.Left, t.Muted)
		}
		return
	}
	const sign = 26.0
	side := ui.Crisp(m.Before.W, min((r.W-2*sign)/3, r.H-42), c.Scale())
	if side < 12 {
		return
	}
	gap := min((r.W-3*side)/2, 44)
	y := ui.Snap(ui.Point{Y: r.Y + 18}, c.Scale()).Y
	parts := []struct {
		p          *ui.Picture
		name, note string
		col        ui.Color
	}{
		{&m.Before, "before", fmt.Sprintf("× %.2g", m.Alpha), t.Muted},
		{&m.Anchor, "anchor", fmt.Sprintf("× %.2g", 1-m.Alpha), t.Anchor},
		{&m.After, "after", "", t.Muted},
	}
	for i, part := range parts {
		x := ui.Snap(ui.Point{X: r.X + float64(i)*(side+gap)}, c.Scale()).X
		box := ui.Rect{X: x, Y: y, W: side, H: side}
		c.Text(ui.Point{X: x, Y: r.Y + 6}, part.name, ui.SizeSmall, ui.Left, part.col)
		c.Picture(part.p, box, 1)
		if i == 1 {
			ui.Outline(c, box.Inset(-1.5), 2, 2, t.Anchor)
		}
		c.Text(ui.Point{X: x, Y: y + side + 12}, part.note, ui.SizeSmall, ui.Left, part.col)
		if i < 2 {
			c.Text(ui.Point{X: x + side + gap/2, Y: y + side/2}, [2]string{"+", "="}[i], 16, ui.Centre, t.Muted)
		}
	}
}
