// Package heatmap draws square images of numbers side by side, as a PNG to look at.
//
//	data, err := heatmap.PNG([]heatmap.Panel{{Title: "H1, loops", Grid: 32, Pixels: pixels, Extent: 0.4}}, "ring.csv")
package heatmap

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"slices"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Panel is one image of Grid x Grid numbers over [0, Extent]^2, row after row from the bottom. Each panel has its own
// colour scale, from 0 to its largest number.
type Panel struct {
	Title     string
	Grid      int
	Pixels    []float64
	Extent    float64
	Right, Up string       // what the axes mean
	Marks     [][2]float64 // places to mark with a dot
}

// PNG draws the panels from left to right, all of one grid, and the notes below, a line each. A dashed line joins the
// ends of the axes: beyond it two coordinates sum to more than the extent.
func PNG(panels []Panel, notes ...string) ([]byte, error) {
	p, err := newPicture(panels[0].Grid, len(panels), len(notes))
	if err != nil {
		return nil, err
	}
	for q, panel := range panels {
		p.panel(image.Pt(margin+numbers+q*p.width, margin+head), panel)
	}
	for k, note := range notes {
		if k == 0 {
			p.fit(p.plain, ink, p.notes, note)
		} else {
			p.fit(p.small, muted, p.notes+k*line, note)
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, p)
	return b.Bytes(), err
}

// Measures in pixels.
const (
	least   = 384 // side of a panel, at least about that
	margin  = 28  // around everything
	numbers = 48  // for numbers left of a panel
	head    = 56  // for a panel's title
	foot    = 76  // from a panel to the first note
	gap     = 14  // from a panel to its colour scale
	scale   = 14  // width of the colour scale
	far     = 72  // for the scale's numbers and the distance to the next panel
	line    = 22
)

// magma are the stops of matplotlib's colour map of that name, from nothing to most.
var magma = []color.RGBA{
	{0x00, 0x00, 0x04, 255}, {0x1d, 0x11, 0x47, 255}, {0x51, 0x12, 0x7c, 255}, {0x83, 0x26, 0x81, 255}, {0xb7, 0x37, 0x79, 255},
	{0xe7, 0x52, 0x63, 255}, {0xfc, 0x89, 0x61, 255}, {0xfe, 0xc4, 0x88, 255}, {0xfc, 0xfd, 0xbf, 255},
}

func heat(share float64) color.RGBA {
	at := min(max(share, 0), 1) * float64(len(magma)-1)
	k := min(int(at), len(magma)-2)
	return mix(magma[k], magma[k+1], at-float64(k))
}

// mix is the colour a share of the way from a to b.
func mix(a, b color.RGBA, share float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*share + 0.5) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

var (
	paper = color.RGBA{0xff, 0xff, 0xff, 255}
	ink   = color.RGBA{0x17, 0x1c, 0x24, 255}
	muted = color.RGBA{0x5b, 0x65, 0x73, 255}
)

// picture is what is drawn on.
type picture struct {
	*image.RGBA
	cell, side          int // of a pixel, of a panel
	width               int // from panel to panel
	notes               int // baseline of the first note
	small, plain, title font.Face
}

func newPicture(grid, panels, notes int) (*picture, error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	cell := max(1, (least+grid/2)/grid)
	p := &picture{cell: cell, side: cell * grid}
	for face, size := range map[*font.Face]float64{&p.small: 13, &p.plain: 15, &p.title: 20} {
		*face, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			return nil, err
		}
	}
	p.width = numbers + p.side + gap + scale + far
	p.notes = margin + head + p.side + foot
	p.RGBA = image.NewRGBA(image.Rect(0, 0, margin+panels*p.width, p.notes+max(notes-1, 0)*line+margin))
	p.fill(p.Rect, paper)
	return p, nil
}

// panel draws one panel with its upper left corner at a place.
func (p *picture) panel(at image.Point, panel Panel) {
	box := image.Rectangle{at, at.Add(image.Pt(p.side, p.side))}
	most := slices.Max(panel.Pixels)
	for k, v := range panel.Pixels {
		x, y := at.X+k%panel.Grid*p.cell, box.Max.Y-(k/panel.Grid+1)*p.cell
		share := 0.0
		if most > 0 {
			share = v / most
		}
		p.fill(image.Rect(x, y, x+p.cell, y+p.cell), heat(share))
	}
	for x := range p.side {
		if x/5%2 == 0 {
			p.blend(at.X+x, at.Y+x, paper, 0.5)
		}
	}
	for _, m := range panel.Marks {
		unit := float64(p.side) / panel.Extent
		p.dot(float64(at.X)+m[0]*unit, float64(box.Max.Y)-m[1]*unit)
	}

	p.text(p.title, ink, at.X, at.Y-34, panel.Title)
	p.text(p.small, muted, at.X, at.Y-10, "↑ "+panel.Up)
	right := panel.Right + " →"
	p.text(p.small, muted, box.Max.X-p.extent(p.small, right), box.Max.Y+38, right)
	for _, share := range []float64{0, 0.5, 1} {
		label := fmt.Sprintf("%.3g", share*panel.Extent)
		step := int(share * float64(p.side-1))
		x, y := at.X+step, box.Max.Y-1-step
		p.fill(image.Rect(x, box.Max.Y, x+1, box.Max.Y+5), muted)
		p.fill(image.Rect(at.X-5, y, at.X, y+1), muted)
		p.text(p.small, ink, x-p.extent(p.small, label)/2, box.Max.Y+19, label)
		p.text(p.small, ink, at.X-9-p.extent(p.small, label), y+5, label)
	}

	left := box.Max.X + gap
	for y := range p.side {
		p.fill(image.Rect(left, at.Y+y, left+scale, at.Y+y+1), heat(1-float64(y)/float64(p.side-1)))
	}
	p.text(p.small, ink, left+scale+6, at.Y+10, fmt.Sprintf("%.3g", most))
	p.text(p.small, ink, left+scale+6, box.Max.Y, "0")
}

func (p *picture) fill(r image.Rectangle, c color.RGBA) {
	draw.Draw(p, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// blend puts a share of a colour over what is there.
func (p *picture) blend(x, y int, c color.RGBA, share float64) {
	if image.Pt(x, y).In(p.Rect) {
		p.SetRGBA(x, y, mix(p.RGBAAt(x, y), c, share))
	}
}

// dot marks a place, with a dark line around it, so that it shows on any colour.
func (p *picture) dot(x, y float64) {
	const radius = 3.5
	for j := int(y) - 6; j <= int(y)+6; j++ {
		for i := int(x) - 6; i <= int(x)+6; i++ {
			off := math.Hypot(float64(i)+0.5-x, float64(j)+0.5-y) - radius
			p.blend(i, j, ink, min(max(1.5-off, 0), 1))
			p.blend(i, j, paper, min(max(0.3-off, 0), 1))
		}
	}
}

func (p *picture) extent(face font.Face, s string) int { return font.MeasureString(face, s).Ceil() }

// text writes s with its baseline at y.
func (p *picture) text(face font.Face, c color.RGBA, x, y int, s string) {
	w := font.Drawer{Dst: p, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
	w.DrawString(s)
}

// fit writes a line across the picture, cut where it would not fit.
func (p *picture) fit(face font.Face, c color.RGBA, y int, s string) {
	room := p.Rect.Dx() - numbers - 2*margin
	if p.extent(face, s) > room {
		letters := []rune(s)
		for len(letters) > 0 && p.extent(face, string(letters)+"…") > room {
			letters = letters[:len(letters)-1]
		}
		s = string(letters) + "…"
	}
	p.text(face, c, margin+numbers, y, s)
}
