// Package uitest records what a scene draws.
package uitest

import (
	"fmt"
	"math"
	"strings"

	"reta/viewer/ui"
)

// Recorder is a ui.Canvas that writes one line per call. Text is as wide as half its
// size for each letter.
type Recorder struct {
	W, H, S float64
	Calls   []string
}

var _ ui.Canvas = (*Recorder)(nil)

func (r *Recorder) add(format string, args ...any) {
	r.Calls = append(r.Calls, fmt.Sprintf(format, args...))
}

// Size implements ui.Canvas.
func (r *Recorder) Size() (w, h float64) { return r.W, r.H }

// Scale implements ui.Canvas; 0 counts as 1.
func (r *Recorder) Scale() float64 {
	if r.S == 0 {
		return 1
	}
	return r.S
}

// Polygon implements ui.Canvas.
func (r *Recorder) Polygon(pts []ui.Point, c ui.Color) { r.add("polygon %s %s", where(pts), name(c)) }

// Polyline implements ui.Canvas.
func (r *Recorder) Polyline(pts []ui.Point, width float64, c ui.Color) {
	r.add("polyline %s width %s %s", where(pts), number(width), name(c))
}

// Segments implements ui.Canvas.
func (r *Recorder) Segments(pts []ui.Point, width float64, c ui.Color) {
	r.add("segments %d %s width %s %s", len(pts)/2, where(pts), number(width), name(c))
}

// Triangles implements ui.Canvas.
func (r *Recorder) Triangles(pts []ui.Point, c ui.Color) {
	r.add("triangles %d %s %s", len(pts)/3, where(pts), name(c))
}

// Text implements ui.Canvas.
func (r *Recorder) Text(at ui.Point, s string, size float64, align ui.Align, c ui.Color) {
	r.add("text %q at %s %s size %s %s %s", s, number(at.X), number(at.Y), number(size), [3]string{"left", "centre", "right"}[align], name(c))
}

// TextWidth implements ui.Canvas.
func (r *Recorder) TextWidth(s string, size float64) float64 {
	return float64(len([]rune(s))) * size / 2
}

// Picture implements ui.Canvas.
func (r *Recorder) Picture(p *ui.Picture, dst ui.Rect, alpha float64) {
	r.add("picture %dx%d in %s alpha %s", p.W, p.H, where(dst.Corners()), number(alpha))
}

// Clip implements ui.Canvas.
func (r *Recorder) Clip(c ui.Rect) { r.add("clip %s", where(c.Corners())) }

// Count is the number of calls that begin with prefix.
func (r *Recorder) Count(prefix string) int {
	n := 0
	for _, c := range r.Calls {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

// String returns all calls, one a line.
func (r *Recorder) String() string { return strings.Join(r.Calls, "\n") + "\n" }

// where is the bounding box of points.
func where(pts []ui.Point) string {
	if len(pts) == 0 {
		return "nothing"
	}
	lo, hi := pts[0], pts[0]
	for _, p := range pts {
		lo, hi = ui.Point{X: min(lo.X, p.X), Y: min(lo.Y, p.Y)}, ui.Point{X: max(hi.X, p.X), Y: max(hi.Y, p.Y)}
	}
	return fmt.Sprintf("[%s %s - %s %s]", number(lo.X), number(lo.Y), number(hi.X), number(hi.Y))
}

func number(v float64) string { return fmt.Sprint(math.Round(v*10) / 10) }

func name(c ui.Color) string { return fmt.Sprintf("#%02x%02x%02x/%d", c.R, c.G, c.B, c.A) }
