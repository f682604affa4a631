package event

import (
	"slices"
	"testing"
)

// Every pixel of an image is in one box, whatever the sides: by hand.
func TestShrink(t *testing.T) {
	grey := func(v ...byte) (rgb []byte) {
		for _, x := range v {
			rgb = append(rgb, x, x+1, x+2)
		}
		return rgb
	}
	for _, c := range []struct {
		width, height, toWidth, toHeight int
		in, want                         []byte
	}{
		{2, 2, 1, 1, grey(0, 4, 8, 12), grey(6)},
		{2, 2, 1, 1, grey(0, 4, 8, 12, 100, 100, 100, 104), grey(6, 101)}, // two images
		{3, 3, 1, 1, grey(0, 1, 2, 3, 4, 5, 6, 7, 8), grey(4)},            // the odd row and column count
		{3, 2, 2, 1, grey(10, 0, 0, 20, 0, 4), grey(15, 1)},               // a box of one column and one of two
		{1, 2, 1, 1, grey(10, 21), grey(16)},                              // 15.5 is rounded up
		{4, 1, 2, 1, grey(0, 2, 10, 20), grey(1, 15)},
		{2, 3, 2, 3, grey(1, 2, 3, 4, 5, 6), grey(1, 2, 3, 4, 5, 6)},
	} {
		if got := Shrink(c.in, 3, c.width, c.height, c.toWidth, c.toHeight); !slices.Equal(got, c.want) {
			t.Errorf("%d x %d to %d x %d: got %v, want %v", c.width, c.height, c.toWidth, c.toHeight, got, c.want)
		}
	}
	if got := Shrink([]byte{0, 50, 100, 255, 2, 50, 101, 255}, 4, 2, 1, 1, 1); !slices.Equal(got, []byte{1, 50, 101, 255}) {
		t.Errorf("four channels: %v", got)
	}
	// 5 px to 2: boxes of 2 and 3 pixels a side
	ramp := make([]byte, 25)
	for i := range ramp {
		ramp[i] = byte(i)
	}
	if got := Shrink(ramp, 1, 5, 5, 2, 2); !slices.Equal(got, []byte{3, 6, 16, 18}) {
		t.Errorf("boxes of 2 and 3 pixels give %v", got)
	}
}
