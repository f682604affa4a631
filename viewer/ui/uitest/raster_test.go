package uitest

import (
	"path/filepath"
	"testing"

	"reta/viewer/ui"
)

var (
	white = ui.Color{R: 255, G: 255, B: 255, A: 255}
	red   = ui.Color{R: 255, A: 255}
)

func paper(t *testing.T) *Raster {
	t.Helper()
	c, err := NewRaster(40, 30, 2)
	if err != nil {
		t.Fatal(err)
	}
	ui.Fill(c, ui.Rect{W: 40, H: 30}, white)
	return c
}

// Triangles that share sides paint every pixel once: a fan of a translucent colour
// is even.
func TestSharedSidesArePaintedOnce(t *testing.T) {
	c := paper(t)
	corners := []ui.Point{{X: 3, Y: 2}, {X: 20, Y: 4}, {X: 37, Y: 2}, {X: 37, Y: 27}, {X: 3, Y: 27}}
	for i, p := range corners {
		c.Triangles([]ui.Point{{X: 19.5, Y: 14.5}, p, corners[(i+1)%len(corners)]}, red.Fade(0.5))
	}
	want := ui.Color{R: 255, G: 127, B: 127, A: 255}
	for y := 5.0; y < 26; y += 0.5 {
		for x := 4.0; x < 36; x += 0.5 {
			if got := c.At(ui.Point{X: x, Y: y}); got != want {
				t.Fatalf("pixel %v, %v is %v, want %v", x, y, got, want)
			}
		}
	}
	if got := c.At(ui.Point{X: 1, Y: 1}); got != white {
		t.Errorf("a pixel outside is %v", got)
	}
}

func TestClipLimitsEverything(t *testing.T) {
	c := paper(t)
	p := &ui.Picture{}
	p.SetRGB(1, 1, []byte{255, 0, 0})
	c.Clip(ui.Rect{X: 10, Y: 10, W: 10, H: 10})
	ui.Fill(c, ui.Rect{W: 40, H: 30}, red)
	c.Picture(p, ui.Rect{W: 40, H: 30}, 1)
	c.Text(ui.Point{X: 0, Y: 15}, "WWWWWWWWWW", 20, ui.Left, red)
	for y := range 30 {
		for x := range 40 {
			in := x >= 10 && x < 20 && y >= 10 && y < 20
			if got := c.At(ui.Point{X: float64(x), Y: float64(y)}); (got == red) != in {
				t.Fatalf("pixel %d, %d is %v", x, y, got)
			}
		}
	}
	c.Clip(ui.Rect{})
	ui.Fill(c, ui.Rect{W: 40, H: 30}, red)
	if c.At(ui.Point{X: 1, Y: 1}) != red {
		t.Error("the limit was not lifted")
	}
}

func TestTextIsAsWideAsMeasured(t *testing.T) {
	for _, align := range []ui.Align{ui.Left, ui.Centre, ui.Right} {
		c := paper(t)
		c.Text(ui.Point{X: 20, Y: 15}, "HH", 12, align, red)
		lo, hi := 40.0, 0.0
		for x := 0.0; x < 40; x += 0.5 {
			for y := 0.0; y < 30; y += 0.5 {
				if c.At(ui.Point{X: x, Y: y}) != white {
					lo, hi = min(lo, x), max(hi, x)
				}
			}
		}
		w := c.TextWidth("HH", 12)
		start := 20 - w*float64(align)/2
		if lo < start-1 || lo > start+2 || hi > start+w+1 || hi < start+w-2.5 {
			t.Errorf("align %d: ink from %v to %v, want from %v, %v wide", align, lo, hi, start, w)
		}
	}
}

func TestPictureKeepsItsPixels(t *testing.T) {
	c := paper(t)
	p := &ui.Picture{}
	p.SetRGB(2, 1, []byte{255, 0, 0, 0, 0, 255})
	c.Picture(p, ui.Rect{X: 10, Y: 10, W: 20, H: 10}, 1)
	if a, b := c.At(ui.Point{X: 19, Y: 15}), c.At(ui.Point{X: 21, Y: 15}); a != red || b != (ui.Color{B: 255, A: 255}) {
		t.Errorf("the two halves are %v and %v", a, b)
	}
	c.Picture(&ui.Picture{W: 5, H: 5}, ui.Rect{W: 40, H: 30}, 1) // without pixels
	if c.At(ui.Point{}) != white {
		t.Error("a picture without pixels was drawn")
	}
	if err := c.Save(filepath.Join(t.TempDir(), "page.png")); err != nil {
		t.Error(err)
	}
	if c.Save(filepath.Join(t.TempDir(), "no", "page.png")) == nil {
		t.Error("a page was saved in a folder that is not there")
	}
}
