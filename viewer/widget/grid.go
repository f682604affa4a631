// Package widget holds parts of a drawing that more than one scene can show: a grid of classes and their images, the strip
// of an image's past, two pictures side by side of a divider.
//
//	grid := widget.NewGrid(area, widget.Tiles{Classes: classes, IPC: 10, Pixels: 32, Zoom: 1}, c.Scale())
//	class, image, ok := grid.At(pointer, scroll)
package widget

import (
	"slices"

	"reta/viewer/ui"
)

// Measures of the grid, CSS pixels.
const (
	Pad         = 20.0 // beside the cards
	labelHeight = 22.0
	tileGap     = 4.0
	cardGap     = 22.0
	labelMost   = 120.0
	topPad      = 8.0
)

// Tiles is what a grid lays out.
type Tiles struct {
	Classes []int   // a card each, in order
	IPC     int     // images of each
	Pixels  int     // side of an image
	Names   float64 // width of the longest class's name, at NameSize
	Zoom    float64 // 1: as large as lets everything be seen at once, and never smaller than is worth looking at
}

// Grid is where the images of all classes are, a card for each class, before scrolling.
type Grid struct {
	Tiles
	Area   ui.Rect // visible part of the canvas
	Height float64 // of everything

	tile    float64 // side
	columns int     // tiles side by side in a card
	label   float64 // width of the name left of the tiles; 0: it stands over them
	perRow  int     // cards side by side
	cardW   float64
	cardH   float64
}

// NewGrid lays tiles out on a canvas of so many device pixels a CSS pixel.
func NewGrid(area ui.Rect, tiles Tiles, scale float64) Grid {
	g := Grid{Tiles: tiles, Area: area}
	best, lines := g.roomy(), false
	for side := 128.0; side > 36; side -= 4 {
		if lines = g.fits(side, scale, true); lines || g.fits(side, scale, false) {
			best = side
			break
		}
	}
	g.size(best*g.Zoom, scale, lines)
	return g
}

// fits reports whether everything can be seen at once with tiles of a side.
func (g *Grid) fits(side, scale float64, lines bool) bool {
	g.size(side, scale, lines)
	return g.Height <= g.Area.H && g.tile >= 36 && (g.label > 0) == lines
}

// roomy is the side of tiles when not everything fits: half a class or all of it side
// by side, whatever comes nearer to a good size.
func (g *Grid) roomy() float64 {
	columns := min(max(g.IPC, 1), 10)
	width := g.Area.W - 2*Pad + tileGap
	if width/float64(columns) < 48 {
		columns = (columns + 1) / 2
	}
	return min(max(width/float64(columns)-tileGap, 36), 64)
}

// size fills in the measures that follow from the side of a tile. With lines, a card is
// one line of tiles behind the class's name, as long as that fits.
func (g *Grid) size(want, scale float64, lines bool) {
	width := g.Area.W - 2*Pad
	g.tile = ui.Crisp(max(g.Pixels, 1), min(want, width), scale)
	pitch := g.tile + tileGap
	g.label = 0
	n := max(g.IPC, 1)
	if label := min(g.Names, labelMost) + 14; lines && g.IPC > 1 && float64(n)*pitch-tileGap+label <= width {
		g.label, g.columns, g.perRow = label, n, 1
		g.cardW, g.cardH = width, g.tile
	} else {
		g.columns = max(1, min(n, 10, int((width+tileGap)/pitch)))
		rows := (n + g.columns - 1) / g.columns
		g.columns = (n + rows - 1) / rows
		g.cardW = max(float64(g.columns)*pitch-tileGap, min(64, width))
		g.cardH = labelHeight + float64(rows)*pitch - tileGap
		g.perRow = max(1, int((width+g.gap())/(g.cardW+g.gap())))
	}
	cards := (len(g.Classes) + g.perRow - 1) / g.perRow
	g.Height = topPad + float64(cards)*(g.cardH+g.gap()) + 10
}

// NameSize is the size of a class's name.
const NameSize = 12.0

// gap is the distance between cards.
func (g *Grid) gap() float64 {
	if g.label > 0 {
		return tileGap
	}
	return min(cardGap, max(10, g.tile/3))
}

// Used is the width that the cards take.
func (g *Grid) Used() float64 {
	if g.label > 0 {
		return g.label + float64(g.columns)*(g.tile+tileGap) + 2*Pad
	}
	return float64(min(g.perRow, max(len(g.Classes), 1)))*(g.cardW+g.gap()) - g.gap() + 2*Pad
}

// Card is the place of the n-th card, before scrolling.
func (g *Grid) Card(n int) ui.Rect {
	gap := g.gap()
	return ui.Rect{X: g.Area.X + Pad + float64(n%g.perRow)*(g.cardW+gap),
		Y: g.Area.Y + topPad + float64(n/g.perRow)*(g.cardH+gap), W: g.cardW, H: g.cardH}
}

// Place is where image i of a card is drawn.
func (g *Grid) Place(card ui.Rect, i int) ui.Rect {
	r := ui.Rect{X: card.X + g.label + float64(i%g.columns)*(g.tile+tileGap),
		Y: card.Y + float64(i/g.columns)*(g.tile+tileGap), W: g.tile, H: g.tile}
	if g.label == 0 {
		r.Y += labelHeight
	}
	return r
}

// Seen gives the range of a card's images that can be seen, the card already scrolled.
func (g *Grid) Seen(card ui.Rect) (from, to int) {
	top := card.Y
	if g.label == 0 {
		top += labelHeight
	}
	pitch := g.tile + tileGap
	first := max(0, int((g.Area.Y-top)/pitch))
	last := max(0, int((g.Area.Y+g.Area.H-top)/pitch)+1)
	return min(first*g.columns, g.IPC), min(last*g.columns, g.IPC)
}

// Visible gives the range of cards that can be seen, scrolled so far.
func (g *Grid) Visible(scroll float64) (first, last int) {
	pitch := g.cardH + g.gap()
	first = max(0, int((scroll-topPad)/pitch)) * g.perRow
	last = (int((scroll+g.Area.H)/pitch) + 1) * g.perRow
	return min(first, len(g.Classes)), min(last, len(g.Classes))
}

// Name is where the n-th card's name goes, and how wide it may be.
func (g *Grid) Name(n int, scroll float64) (at ui.Point, room float64) {
	card := g.Card(n)
	if g.label > 0 {
		return ui.Point{X: card.X, Y: card.Y - scroll + g.tile/2}, g.label - 10
	}
	return ui.Point{X: card.X, Y: card.Y - scroll + 9}, card.W
}

// Reveal is the scroll position that brings an image into sight, the present one where it is.
func (g *Grid) Reveal(class, image int, scroll float64) float64 {
	n := slices.Index(g.Classes, class)
	if n < 0 {
		return scroll
	}
	card := g.Card(n)
	r := card
	if card.H > g.Area.H {
		r = g.Place(card, image)
	}
	top := r.Y - g.Area.Y
	if top < scroll || top+r.H > scroll+g.Area.H {
		return top - (g.Area.H-r.H)/2
	}
	return scroll
}

// Beside is the image so many places further than another, across classes.
func (g *Grid) Beside(class, image, by int) (int, int) {
	if len(g.Classes) == 0 {
		return class, image
	}
	n := max(g.IPC, 1)
	at := min(max(max(slices.Index(g.Classes, class), 0)*n+image+by, 0), len(g.Classes)*n-1)
	return g.Classes[at/n], at % n
}

// Below is the image one row further down than another, or up with by below 0.
func (g *Grid) Below(class, image, by int) (int, int) {
	if len(g.Classes) == 0 {
		return class, image
	}
	n, i := max(slices.Index(g.Classes, class), 0), image+by*g.columns
	if i < 0 || i >= g.IPC {
		to := n + by*g.perRow
		if to < 0 || to >= len(g.Classes) {
			return class, image
		}
		rows := (g.IPC + g.columns - 1) / g.columns
		n, i = to, image%g.columns
		if by < 0 {
			i = min(i+(rows-1)*g.columns, g.IPC-1)
		}
	}
	return g.Classes[n], i
}

// At finds the image under p.
func (g *Grid) At(p ui.Point, scroll float64) (class, image int, ok bool) {
	p.Y += scroll
	for n, class := range g.Classes {
		card := g.Card(n)
		if !card.Contains(p) {
			continue
		}
		for i := range g.IPC {
			if g.Place(card, i).Contains(p) {
				return class, i, true
			}
		}
	}
	return 0, 0, false
}
