//go:build js

package main

import (
	"image"
	"log"
	"math"

	"github.com/hajimehoshi/ebiten/v2"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"reta/viewer/ui"
)

// letters writes texts as lists of triangles: each letter is rasterised once for every size and quarter of a pixel, onto a page
// on the graphics card.
type letters struct {
	font  *opentype.Font
	faces map[float64]*face // by size in device pixels
	page  *ebiten.Image
	next  image.Point // where the next letter goes
	tall  int         // of its row

	vertices []ebiten.Vertex
	indices  []uint32
}

// face is the font at one size.
type face struct {
	font.Face
	xHeight  float64 // device pixels
	advances map[rune]fixed.Int26_6
	kerns    map[[2]rune]fixed.Int26_6
	letters  map[letterKey]letter
}

type letterKey struct {
	r       rune
	quarter fixed.Int26_6 // of the pixel that it begins in, from 0 to 3
}

// letter is where one lies on the page, and where its picture lies from the point on the baseline that it is written at.
type letter struct {
	at     image.Rectangle
	offset image.Point
}

const letterPage = 1024 // side of the page

func newLetters() *letters {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		log.Fatal(err) // the font is part of the program
	}
	return &letters{font: f, faces: map[float64]*face{}, page: ebiten.NewImage(letterPage, letterPage)}
}

// face is the font at a size in device pixels.
func (l *letters) face(size float64) *face {
	size = math.Round(size*2) / 2
	if f, ok := l.faces[size]; ok {
		return f
	}
	f, err := opentype.NewFace(l.font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		log.Fatal(err) // the options are constant but for the size
	}
	l.faces[size] = &face{Face: f, xHeight: float64(f.Metrics().XHeight) / 64, advances: map[rune]fixed.Int26_6{},
		kerns: map[[2]rune]fixed.Int26_6{}, letters: map[letterKey]letter{}}
	return l.faces[size]
}

// walk calls visit with every letter of a text and where it begins, and returns where the text ends; visit may be nil.
func (f *face) walk(s string, visit func(r rune, at fixed.Int26_6)) fixed.Int26_6 {
	at, last := fixed.Int26_6(0), rune(-1)
	for _, r := range s {
		if last >= 0 {
			pair := [2]rune{last, r}
			kern, known := f.kerns[pair]
			if !known {
				kern = f.Kern(last, r)
				f.kerns[pair] = kern
			}
			at += kern
		}
		if visit != nil {
			visit(r, at)
		}
		advance, known := f.advances[r]
		if !known {
			advance, _ = f.GlyphAdvance(r)
			f.advances[r] = advance
		}
		at, last = at+advance, r
	}
	return at
}

// width is that of a text in device pixels.
func (f *face) width(s string) float64 { return float64(f.walk(s, nil)) / 64 }

// write adds a text to those that gather; it begins at a whole pixel of the baseline.
func (l *letters) write(target *ebiten.Image, f *face, s string, x, baseline int, col ui.Color) {
	f.walk(s, func(r rune, at fixed.Int26_6) {
		k := l.letter(target, f, letterKey{r, at & 63 >> 4})
		if k.at.Empty() {
			return
		}
		l.quad(k, image.Pt(x+at.Floor(), baseline).Add(k.offset), col)
	})
}

// quad adds the two triangles of a letter.
func (l *letters) quad(k letter, to image.Point, col ui.Color) {
	first := uint32(len(l.vertices))
	w, h := k.at.Dx(), k.at.Dy()
	for _, p := range [4]image.Point{{}, {X: w}, {X: w, Y: h}, {Y: h}} {
		l.vertices = append(l.vertices, ebiten.Vertex{DstX: float32(to.X + p.X), DstY: float32(to.Y + p.Y), SrcX: float32(k.at.Min.X + p.X), SrcY: float32(k.at.Min.Y + p.Y),
			ColorR: float32(col.R) / 255, ColorG: float32(col.G) / 255, ColorB: float32(col.B) / 255, ColorA: float32(col.A) / 255})
	}
	l.indices = append(l.indices, first, first+1, first+2, first, first+2, first+3)
}

// letter finds a letter on the page or puts it there.
func (l *letters) letter(target *ebiten.Image, f *face, key letterKey) letter {
	if k, ok := f.letters[key]; ok {
		return k
	}
	box, mask, from, _, ok := f.Glyph(fixed.Point26_6{X: key.quarter << 4}, key.r)
	var k letter
	if ok && !box.Empty() && box.Dx() < letterPage && box.Dy() < letterPage {
		k = letter{l.place(target, box.Size()), box.Min}
		pix := make([]byte, 0, 4*box.Dx()*box.Dy())
		for y := range box.Dy() {
			for x := range box.Dx() {
				_, _, _, a := mask.At(from.X+x, from.Y+y).RGBA()
				cover := byte(a >> 8)
				pix = append(pix, cover, cover, cover, cover)
			}
		}
		l.page.SubImage(k.at).(*ebiten.Image).WritePixels(pix)
	}
	f.letters[key] = k
	return k
}

// place finds room for a letter on the page, row by row, a pixel from its neighbours. A full page is begun anew.
func (l *letters) place(target *ebiten.Image, size image.Point) image.Rectangle {
	if l.next.X+size.X > letterPage {
		l.next = image.Pt(0, l.next.Y+l.tall+1)
		l.tall = 0
	}
	if l.next.Y+size.Y > letterPage {
		l.flush(target)
		l.page.Clear()
		for _, f := range l.faces {
			clear(f.letters)
		}
		l.next, l.tall = image.Point{}, 0
	}
	r := image.Rectangle{Min: l.next, Max: l.next.Add(size)}
	l.next.X += size.X + 1
	l.tall = max(l.tall, size.Y)
	return r
}

// flush draws the texts that have gathered.
func (l *letters) flush(target *ebiten.Image) {
	if len(l.indices) == 0 {
		return
	}
	target.DrawTriangles32(l.vertices, l.indices, l.page, nil)
	l.vertices, l.indices = l.vertices[:0], l.indices[:0]
}
