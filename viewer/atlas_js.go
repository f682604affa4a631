//go:build js

package main

import (
	"image"
	"math"

	"github.com/hajimehoshi/ebiten/v2"

	"reta/shared/event"
	"reta/viewer/ui"
)

// atlas keeps copies of pictures on the graphics card, many to a page, so that a grid
// of them is one draw call. Pages hold cells of one size. A picture drawn smaller than
// it is gets a copy halved as often as fits.
type atlas struct {
	pages []*atlasPage
	cells map[cellKey]*cell
	clock uint64 // frames

	page     *atlasPage // of the pictures that gather
	smooth   bool
	vertices []ebiten.Vertex
	indices  []uint32
}

type cellKey struct {
	picture  *ui.Picture
	halvings int
}

type cell struct {
	page    *atlasPage
	at      image.Point
	version uint64
	used    uint64
}

// atlasPage is one texture, and its pixels on this side.
type atlasPage struct {
	image *ebiten.Image
	pix   []byte
	w, h  int // of a cell
	free  []image.Point
	dirty []*cell
	used  uint64
}

const (
	pageSide  = 1024
	pagesMost = 24
	// wholePage is the number of changed cells from which one write of the whole page
	// is cheaper than a write each.
	wholePage = 32
)

func newAtlas() *atlas { return &atlas{cells: map[cellKey]*cell{}} }

func (a *atlas) begin() {
	a.clock++
	if a.clock%256 == 0 {
		a.sweep(256)
	}
}

// sweep drops cells not drawn for some frames, and pages without any.
func (a *atlas) sweep(age uint64) {
	for key, c := range a.cells {
		if c.used+age < a.clock {
			c.page.free = append(c.page.free, c.at)
			delete(a.cells, key)
		}
	}
	kept := a.pages[:0]
	for _, p := range a.pages {
		if p.used+age < a.clock {
			p.image.Deallocate()
			continue
		}
		kept = append(kept, p)
	}
	a.pages = kept
}

// draw adds a picture to those that gather.
func (a *atlas) draw(target *ebiten.Image, p *ui.Picture, dst ui.Rect, alpha, scale float64) {
	if p.W == 0 || p.H == 0 || alpha <= 0 {
		return
	}
	k := 0
	for p.W>>(k+1) >= int(dst.W*scale) && p.W>>(k+1) >= 4 && p.H>>(k+1) >= 4 {
		k++
	}
	for max(p.W>>k, p.H>>k) > pageSide {
		k++
	}
	c := a.cell(cellKey{p, k})
	if c == nil {
		return
	}
	c.used, c.page.used = a.clock, a.clock
	if c.version != p.Version {
		c.version = p.Version
		c.page.put(c, p, k)
	}
	ratio := dst.W * scale / float64(c.page.w)
	smooth := ratio < 0.99 || ratio < 2 && math.Abs(ratio-1) > 0.01
	if a.page != c.page || a.smooth != smooth {
		a.flush(target)
		a.page, a.smooth = c.page, smooth
	}
	a.quad(c, dst, alpha, scale)
}

// quad adds the two triangles of a cell. The corners lie a little inside the cell, so
// that rounding never fetches a neighbour.
func (a *atlas) quad(c *cell, dst ui.Rect, alpha, scale float64) {
	inset := float32(0.01)
	if a.smooth {
		inset = 0.5
	}
	x0, y0 := float32(c.at.X)+inset, float32(c.at.Y)+inset
	x1, y1 := float32(c.at.X+c.page.w)-inset, float32(c.at.Y+c.page.h)-inset
	first := uint32(len(a.vertices))
	for i, p := range dst.Corners() {
		v := ebiten.Vertex{DstX: float32(p.X * scale), DstY: float32(p.Y * scale), SrcX: x0, SrcY: y0,
			ColorR: 1, ColorG: 1, ColorB: 1, ColorA: float32(alpha)}
		if i == 1 || i == 2 {
			v.SrcX = x1
		}
		if i >= 2 {
			v.SrcY = y1
		}
		a.vertices = append(a.vertices, v)
	}
	a.indices = append(a.indices, first, first+1, first+2, first, first+2, first+3)
}

// flush sends what changed to the card and draws what has gathered.
func (a *atlas) flush(target *ebiten.Image) {
	if len(a.indices) == 0 {
		return
	}
	a.page.upload()
	op := &ebiten.DrawTrianglesOptions{Filter: ebiten.FilterNearest}
	if a.smooth {
		op.Filter = ebiten.FilterLinear
	}
	target.DrawTriangles32(a.vertices, a.indices, a.page.image, op)
	a.vertices, a.indices = a.vertices[:0], a.indices[:0]
}

// cell finds or makes the copy of a picture; nil when the atlas is full of cells that
// this frame needs.
func (a *atlas) cell(key cellKey) *cell {
	w, h := key.picture.W>>key.halvings, key.picture.H>>key.halvings
	if c := a.cells[key]; c != nil {
		if c.page.w == w && c.page.h == h {
			return c
		}
		c.page.free = append(c.page.free, c.at) // the picture changed its size
		delete(a.cells, key)
	}
	for range 2 {
		for _, p := range a.pages {
			if n := len(p.free); p.w == w && p.h == h && n > 0 {
				c := &cell{page: p, at: p.free[n-1]}
				p.free = p.free[:n-1]
				a.cells[key] = c
				return c
			}
		}
		if len(a.pages) >= pagesMost {
			a.sweep(1)
		}
		if len(a.pages) < pagesMost {
			a.pages = append(a.pages, newAtlasPage(w, h, a.clock))
		}
	}
	return nil
}

func newAtlasPage(w, h int, clock uint64) *atlasPage {
	p := &atlasPage{image: ebiten.NewImage(pageSide, pageSide), pix: make([]byte, 4*pageSide*pageSide), w: w, h: h, used: clock}
	for y := pageSide - pageSide%h - h; y >= 0; y -= h {
		for x := pageSide - pageSide%w - w; x >= 0; x -= w {
			p.free = append(p.free, image.Pt(x, y))
		}
	}
	return p
}

// put copies a picture, halved k times, into its cell's pixels.
func (p *atlasPage) put(c *cell, from *ui.Picture, k int) {
	w, h := from.W>>k, from.H>>k
	pix := event.Shrink(from.Pix, 4, from.W, from.H, w, h)
	for y := range p.h {
		copy(p.pix[4*((c.at.Y+y)*pageSide+c.at.X):][:4*p.w], pix[4*y*w:])
	}
	p.dirty = append(p.dirty, c)
}

func (p *atlasPage) upload() {
	if len(p.dirty) > wholePage {
		p.image.WritePixels(p.pix)
	} else {
		for _, c := range p.dirty {
			r := image.Rectangle{Min: c.at, Max: c.at.Add(image.Pt(p.w, p.h))}
			pix := make([]byte, 0, 4*p.w*p.h)
			for y := range p.h {
				pix = append(pix, p.pix[4*((c.at.Y+y)*pageSide+c.at.X):][:4*p.w]...)
			}
			p.image.SubImage(r).(*ebiten.Image).WritePixels(pix)
		}
	}
	p.dirty = p.dirty[:0]
}
