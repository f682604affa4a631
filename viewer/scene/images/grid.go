package images

import (
	"strings"

	"reta/viewer/state"
	"reta/viewer/ui"
	"reta/viewer/view"
)

// Measures of the grid, CSS pixels.
const (
	pad         = 20.0
	labelHeight = 22.0
	tileGap     = 4.0
	cardGap     = 22.0
	labelMost   = 120.0
	headHeight  = 30.0
	topPad      = 8.0

	inspectorMost = 440.0
)

// grid is where the tiles are, before scrolling.
type grid struct {
	area    ui.Rect // visible part of the canvas
	tile    float64 // side
	columns int     // tiles side by side in a card
	label   float64 // width of the name left of the tiles; 0: it stands over them
	names   float64 // width of the longest name
	perRow  int     // cards side by side
	cardW   float64
	cardH   float64
	classes []int // cards in order
	ipc     int
	height  float64 // of everything
}

// split gives the grid's and the inspector's part of the canvas: side by side, or one
// over the other on a narrow one.
func split(r ui.Rect) (grid, inspect ui.Rect) {
	if r.W >= 640 {
		w := min(max(r.W*0.235, 200), 320)
		return ui.Rect{X: r.X, Y: r.Y, W: r.W - w, H: r.H}, ui.Rect{X: r.X + r.W - w, Y: r.Y, W: w, H: r.H}
	}
	h := min(max(r.H*0.34, 130), 190)
	return ui.Rect{X: r.X, Y: r.Y, W: r.W, H: r.H - h}, ui.Rect{X: r.X, Y: r.Y + r.H - h, W: r.W, H: h}
}

// arrange lays the cards out. At zoom 1 the tiles are as large as lets everything be
// seen at once, and never smaller than is worth looking at.
func (g *images) arrange(c ui.Canvas, area ui.Rect, s *state.State, v *view.View) grid {
	l := grid{area: area}
	pixels := max(s.Hello.Width, 1)
	for class, tiles := range s.Tiles {
		l.ipc = max(l.ipc, len(tiles))
		if len(tiles) > 0 && matches(s.ClassName(class), filter.Of(v)) {
			l.classes = append(l.classes, class)
			l.names = max(l.names, g.width(c, s.ClassName(class)))
		}
		for _, t := range tiles {
			if t != nil {
				pixels = max(pixels, t.Picture.W)
			}
		}
	}
	l.ipc = max(l.ipc, s.Hello.IPC)
	best, lines := l.roomy(), false
	for side := 128.0; side > 36; side -= 4 {
		if lines = l.fits(side, pixels, c.Scale(), true); lines || l.fits(side, pixels, c.Scale(), false) {
			best = side
			break
		}
	}
	l.size(best*g.zoom, pixels, c.Scale(), lines)
	return l
}

// width is the width of a class's name, measured once.
func (g *images) width(c ui.Canvas, name string) float64 {
	w, known := g.widths[name]
	if !known {
		if g.widths == nil || len(g.widths) > state.MaxClasses {
			g.widths = map[string]float64{}
		}
		w = c.TextWidth(name, nameSize)
		g.widths[name] = w
	}
	return w
}

// fits reports whether everything can be seen at once with tiles of a side.
func (l *grid) fits(side float64, pixels int, scale float64, lines bool) bool {
	l.size(side, pixels, scale, lines)
	return l.height <= l.area.H && l.tile >= 36 && (l.label > 0) == lines
}

// roomy is the side of tiles when not everything fits: half a class or all of it side
// by side, whatever comes nearer to a good size.
func (l *grid) roomy() float64 {
	columns := min(max(l.ipc, 1), 10)
	width := l.area.W - 2*pad + tileGap
	if width/float64(columns) < 48 {
		columns = (columns + 1) / 2
	}
	return min(max(width/float64(columns)-tileGap, 36), 64)
}

// size fills in the measures that follow from the side of a tile. With lines, a card is
// one line of tiles behind the class's name, as long as that fits.
func (l *grid) size(want float64, pixels int, scale float64, lines bool) {
	width := l.area.W - 2*pad
	l.tile = ui.Crisp(pixels, min(want, width), scale)
	pitch := l.tile + tileGap
	l.label = 0
	n := max(l.ipc, 1)
	if label := min(l.names, labelMost) + 14; lines && l.ipc > 1 && float64(n)*pitch-tileGap+label <= width {
		l.label, l.columns, l.perRow = label, n, 1
		l.cardW, l.cardH = width, l.tile
	} else {
		l.columns = max(1, min(n, 10, int((width+tileGap)/pitch)))
		rows := (n + l.columns - 1) / l.columns
		l.columns = (n + rows - 1) / rows
		l.cardW = max(float64(l.columns)*pitch-tileGap, min(64, width))
		l.cardH = labelHeight + float64(rows)*pitch - tileGap
		l.perRow = max(1, int((width+l.gap())/(l.cardW+l.gap())))
	}
	cards := (len(l.classes) + l.perRow - 1) / l.perRow
	l.height = topPad + float64(cards)*(l.cardH+l.gap()) + 10
}

// nameSize is the size of a class's name.
const nameSize = 12.0

// gap is the distance between cards.
func (l *grid) gap() float64 {
	if l.label > 0 {
		return tileGap
	}
	return min(cardGap, max(10, l.tile/3))
}

// used is the width that the cards take.
func (l *grid) used() float64 {
	if l.label > 0 {
		return l.label + float64(l.columns)*(l.tile+tileGap) + 2*pad
	}
	return float64(min(l.perRow, max(len(l.classes), 1)))*(l.cardW+l.gap()) - l.gap() + 2*pad
}

// card is the place of the n-th card, before scrolling.
func (l *grid) card(n int) ui.Rect {
	gap := l.gap()
	return ui.Rect{X: l.area.X + pad + float64(n%l.perRow)*(l.cardW+gap),
		Y: l.area.Y + topPad + float64(n/l.perRow)*(l.cardH+gap), W: l.cardW, H: l.cardH}
}

// place is where image i of a card is drawn.
func (l *grid) place(card ui.Rect, i int) ui.Rect {
	r := ui.Rect{X: card.X + l.label + float64(i%l.columns)*(l.tile+tileGap),
		Y: card.Y + float64(i/l.columns)*(l.tile+tileGap), W: l.tile, H: l.tile}
	if l.label == 0 {
		r.Y += labelHeight
	}
	return r
}

// seen gives the range of a card's images that can be seen, the card already scrolled.
func (l *grid) seen(card ui.Rect) (from, to int) {
	top := card.Y
	if l.label == 0 {
		top += labelHeight
	}
	pitch := l.tile + tileGap
	first := max(0, int((l.area.Y-top)/pitch))
	last := max(0, int((l.area.Y+l.area.H-top)/pitch)+1)
	return min(first*l.columns, l.ipc), min(last*l.columns, l.ipc)
}

// at finds the image under p.
func (l *grid) at(p ui.Point, scroll float64) (class, image int, ok bool) {
	p.Y += scroll
	for n, class := range l.classes {
		card := l.card(n)
		if !card.Contains(p) {
			continue
		}
		for i := range l.ipc {
			if l.place(card, i).Contains(p) {
				return class, i, true
			}
		}
	}
	return 0, 0, false
}

func matches(name, filter string) bool {
	return filter == "" || strings.Contains(strings.ToLower(name), strings.ToLower(strings.TrimSpace(filter)))
}
