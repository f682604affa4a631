package widget

import (
	"strconv"

	"reta/viewer/state"
	"reta/viewer/ui"
)

// Film is the strip of an image's past, from left to right.
type Film struct{ frames []frame }

// frame is one picture of the strip, as drawn.
type frame struct {
	r    ui.Rect
	step int
}

const (
	filmLabel = 16.0 // height of the steps below the pictures, CSS pixels
	filmGap   = 3.0
)

// FilmPlaces is the number of pictures that a strip in r has room for, 0 where it has none.
func FilmPlaces(r ui.Rect) int {
	side := r.H - filmLabel
	if side < 8 || r.W < 2*side {
		return 0
	}
	return min(state.MaxFrames, int((r.W+filmGap)/(side+filmGap)))
}

// Draw paints places of an image's past, the newest up to a step lit; what the page has not seen yet is empty.
func (f *Film) Draw(c ui.Canvas, r ui.Rect, places []state.Place, step int, t ui.Theme) {
	f.frames = f.frames[:0]
	side := r.H - filmLabel
	if FilmPlaces(r) == 0 {
		return
	}
	lit := -1
	for k, p := range places {
		if p.Step <= step {
			lit = k
		}
	}
	var holes []ui.Point
	for k, p := range places {
		at := ui.Snap(ui.Point{X: r.X + float64(k)*(side+filmGap), Y: r.Y}, c.Scale())
		box := ui.Rect{X: at.X, Y: at.Y, W: side, H: side}
		f.frames = append(f.frames, frame{ui.Rect{X: at.X, Y: r.Y, W: side + 3, H: r.H}, p.Step})
		if p.Picture != nil {
			c.Picture(p.Picture, box, 1)
		} else {
			q := box.Corners()
			holes = append(holes, q[0], q[1], q[2], q[0], q[2], q[3])
		}
	}
	if len(holes) > 0 {
		c.Triangles(holes, t.Line)
	}
	y := r.Y + side + filmLabel/2 + 2
	end := r.X
	for k, q := range f.frames {
		if k == lit {
			ui.Outline(c, ui.Rect{X: q.r.X, Y: q.r.Y, W: side, H: side}.Inset(-1), 2, 2, t.Accent)
		}
	}
	for k, q := range f.frames {
		label := strconv.Itoa(q.step)
		if k == 0 {
			label = "step " + label
		}
		if room := q.r.X - end; k == 0 || room >= 0 {
			col := t.Muted
			if k == lit {
				col = t.Ink
			}
			if q.r.X+c.TextWidth(label, ui.SizeSmall) > r.X+r.W {
				break
			}
			c.Text(ui.Point{X: q.r.X, Y: y}, label, ui.SizeSmall, ui.Left, col)
			end = q.r.X + c.TextWidth(label, ui.SizeSmall) + 8
		}
	}
}

// Clear takes the strip off the canvas.
func (f *Film) Clear() { f.frames = f.frames[:0] }

// At is the step of the picture under p, and whether it is the last.
func (f *Film) At(p ui.Point) (step int, last, ok bool) {
	for k, frame := range f.frames {
		if frame.r.Contains(p) {
			return frame.step, k == len(f.frames)-1, true
		}
	}
	return 0, false, false
}
