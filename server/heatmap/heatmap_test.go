package heatmap

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

func drawn(t *testing.T, panels []Panel, notes ...string) image.Image {
	t.Helper()
	data, err := PNG(panels, notes...)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func at(img image.Image, x, y int) color.RGBA {
	return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
}

// The largest number is brightest and lies where its row and column say, rows from the bottom; a panel of zeros is
// dark; a mark is white.
func TestPlaces(t *testing.T) {
	hot := make([]float64, 16)
	hot[3*4+1] = 5 // row 3 of 4, column 1
	img := drawn(t, []Panel{
		{Title: "one", Grid: 4, Pixels: hot, Extent: 2, Right: "x", Up: "y", Marks: [][2]float64{{1.75, 0.25}}},
		{Title: "none", Grid: 4, Pixels: make([]float64, 16), Extent: 2, Right: "x", Up: "y"},
	}, "a note")
	const left, top, cell, width = margin + numbers, margin + head, least / 4, numbers + least + gap + scale + far
	for _, c := range []struct {
		name string
		x, y int
		want color.RGBA
	}{
		{"the hot pixel", left + cell*3/2, top + cell/4, magma[len(magma)-1]},
		{"one below it", left + cell*3/2, top + cell*3/2 + 9, magma[0]},
		{"the mark", left + cell*7/2, top + cell*7/2, paper},
		{"the second panel", width + left + cell*3/2, top + cell/4, magma[0]},
		{"the head of the scale", left + least + gap + scale/2, top, magma[len(magma)-1]},
		{"its foot", left + least + gap + scale/2, top + least - 1, magma[0]},
		{"the margin", 3, 3, paper},
	} {
		if got := at(img, c.x, c.y); got != c.want {
			t.Errorf("%s, (%d, %d), is %v, want %v", c.name, c.x, c.y, got, c.want)
		}
	}
}

// A note that is too long is cut and leaves the margin free; a picture with more notes is higher.
func TestNotes(t *testing.T) {
	panel := Panel{Title: "t", Grid: 1, Pixels: []float64{1}, Extent: 1}
	short, long := drawn(t, []Panel{panel}, "a"), drawn(t, []Panel{panel}, strings.Repeat("long ", 99), "second")
	if long.Bounds().Dy() != short.Bounds().Dy()+line || long.Bounds().Dx() != short.Bounds().Dx() {
		t.Errorf("%v with one note, %v with two", short.Bounds(), long.Bounds())
	}
	inked := func(img image.Image, from, to int) bool {
		for y := margin + head + least + foot - 15; y < img.Bounds().Dy(); y++ {
			for x := from; x < to; x++ {
				if at(img, x, y) != paper {
					return true
				}
			}
		}
		return false
	}
	width := long.Bounds().Dx()
	if !inked(long, width-margin-40, width-margin) || inked(long, width-margin, width) {
		t.Error("the long note does not end at the margin")
	}
	if inked(short, width/2, width) {
		t.Error("the short note is long")
	}
}
