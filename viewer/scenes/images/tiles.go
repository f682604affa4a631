package images

import (
	"math"
	"strconv"

	"reta/viewer/scene"
	"reta/viewer/state"
	"reta/viewer/ui"
	"reta/viewer/view"
	"reta/viewer/widget"
)

// stageOf is the stage, from 0, whose residual connection is shown; -1 for the newest.
func stageOf(v *view.View) int {
	if n, err := strconv.Atoi(stageNo.Of(v)); err == nil && n > 0 {
		return n - 1
	}
	return -1
}

// residualOf is the residual connection of a tile that the view chooses, nil where the tile has none.
func residualOf(t *state.Tile, v *view.View) *state.Residual {
	stage := stageOf(v)
	if stage < 0 {
		return t.Last()
	}
	for _, m := range t.Residuals {
		if m.Stage == stage {
			return m
		}
	}
	return nil
}

// picture is what a tile shows, nil where it has none.
func (g *images) picture(t *state.Tile, v *view.View) *ui.Picture {
	m := residualOf(t, v)
	switch what := showing.Of(v); {
	case what == synthetic:
		return &t.Picture
	case m == nil:
		return nil
	case what == before:
		return &m.Before
	case what == after:
		return &m.After
	case what == anchor:
		return &m.Anchor
	}
	return g.differences.of(m, gain.Of(v))
}

// phase is the residual connection that a tile plays at present, and how far it is, in [0,1).
func (g *images) phase(x *scene.Context, class, i int, t *state.Tile) (m *state.Residual, p float64, ok bool) {
	if x.Still {
		return nil, 0, false
	}
	if mine := g.playing == 2 || class == x.Class() && i == x.Image(); mine && g.played > 0 {
		m, p = residualOf(t, x.View), (x.Now-g.played)/residualSeconds
		if m != nil && p >= 0 && p < 1 {
			return m, p, true
		}
	}
	p, ok = progress(t, x.Now)
	return t.Last(), p, ok && showing.Of(x.View) == synthetic
}

// differences keeps the pictures of what residual connections changed: grey where a colour stayed as it was, lighter
// where after has more of it, darker where before had.
type differences struct {
	gain float64
	made map[*state.Residual]*ui.Picture
}

// maxDifferences bounds the pictures that are kept.
const maxDifferences = 2048

func (d *differences) of(m *state.Residual, gain float64) *ui.Picture {
	if d.gain != gain || len(d.made) >= maxDifferences {
		d.gain, d.made = gain, map[*state.Residual]*ui.Picture{}
	}
	p := d.made[m]
	if p == nil {
		p = subtract(&m.After, &m.Before, gain)
		d.made[m] = p
	}
	return p
}

// subtract is 128 + gain*(a-b) for every value of a picture, held inside a byte.
func subtract(a, b *ui.Picture, gain float64) *ui.Picture {
	if a.W != b.W || a.H != b.H || len(a.Pix) != len(b.Pix) {
		return &ui.Picture{}
	}
	p := &ui.Picture{W: a.W, H: a.H, Pix: make([]byte, len(a.Pix)), Version: 1}
	var table [511]byte
	for i := range table {
		table[i] = byte(min(max(math.Round(128+gain*float64(i-255)), 0), 255))
	}
	for i := range p.Pix {
		p.Pix[i] = table[int(a.Pix[i])-int(b.Pix[i])+255]
		if i%4 == 3 {
			p.Pix[i] = 255
		}
	}
	return p
}

// anyPlaying reports whether any tile shows its residual connection at clock time now.
func anyPlaying(s *state.State, now float64) bool {
	for _, class := range s.Tiles {
		for _, t := range class {
			if t != nil {
				if _, ok := progress(t, now); ok {
					return true
				}
			}
		}
	}
	return false
}

// progress is how far a tile's newest residual connection has been shown, in [0,1).
func progress(t *state.Tile, now float64) (p float64, ok bool) {
	m := t.Last()
	if m == nil {
		return 0, false
	}
	p = (now - m.Arrived) / residualSeconds
	return p, p >= 0 && p < 1
}

// scrollToChosen scrolls to the chosen image when the choice was made elsewhere.
func (g *images) scrollToChosen(v *view.View) {
	chosen := [3]int{v.Class(), v.Image(), 1}
	if g.shown == chosen {
		return
	}
	first := g.shown[2] == 0
	g.shown = chosen
	if first && v.Class() == 0 && v.Image() == 0 {
		return
	}
	g.scroll = g.layout.Reveal(v.Class(), v.Image(), g.scroll)
}

type ring struct {
	r     ui.Rect
	col   ui.Color
	width float64
}

func (g *images) drawTiles(c ui.Canvas, x *scene.Context) {
	l, t, v := &g.layout, x.Theme, x.View
	first, last := l.Visible(g.scroll)
	var rings []ring
	var holes []ui.Point
	for n := first; n < last; n++ {
		class := l.Classes[n]
		card := l.Card(n)
		card.Y = ui.Snap(ui.Point{Y: card.Y - g.scroll}, c.Scale()).Y
		from, to := l.Seen(card)
		for i := from; i < to; i++ {
			r := l.Place(card, i)
			r.X = ui.Snap(ui.Point{X: r.X}, c.Scale()).X
			tile := x.Tile(class, i)
			var p *ui.Picture
			if tile != nil {
				p = g.picture(tile, v)
			}
			if p == nil || p.W == 0 {
				k := r.Corners()
				holes = append(holes, k[0], k[1], k[2], k[0], k[2], k[3])
			} else if m, at, ok := g.phase(x, class, i, tile); ok {
				drawBlend(c, r, m, at)
				rings = append(rings, ring{r, t.Anchor.Fade(1 - at*at), 2})
			} else {
				c.Picture(p, r, 1)
			}
			if class == v.Class() && i == v.Image() {
				rings = append(rings, ring{r, t.Accent, 2.5})
			} else if g.hovering && g.hover == [2]int{class, i} {
				rings = append(rings, ring{r, t.Ink.Fade(0.6), 1.5})
			}
		}
	}
	if len(holes) > 0 {
		c.Triangles(holes, t.Sunken)
	}
	for _, k := range rings {
		ui.Outline(c, k.r.Inset(-k.width/2-0.5), 2, k.width, k.col)
	}
	for n := first; n < last; n++ {
		g.drawName(c, x, n)
	}
}

func (g *images) drawName(c ui.Canvas, x *scene.Context, n int) {
	class := g.layout.Classes[n]
	at, room := g.layout.Name(n, g.scroll)
	col := x.Theme.Muted
	if class == x.Class() {
		col = x.Theme.Ink
	}
	c.Text(at, ui.Ellipsis(c, x.ClassName(class), widget.NameSize, room), widget.NameSize, ui.Left, col)
}

// drawBlend blends a tile from before to after, its anchor in the corner.
func drawBlend(c ui.Canvas, r ui.Rect, m *state.Residual, p float64) {
	c.Picture(&m.Before, r, 1)
	if share := ui.Ease((p - 0.25) / 0.5); share > 0 {
		c.Picture(&m.After, r, share)
	}
	if fade := ui.Ease(p/0.12) * (1 - ui.Ease((p-0.75)/0.25)); fade > 0 {
		side := math.Round(r.W * 0.45)
		c.Picture(&m.Anchor, ui.Rect{X: r.X + r.W - side, Y: r.Y + r.H - side, W: side, H: side}, fade)
	}
}
