package nn

import (
	"math"
	"slices"
	"testing"
)

// Crops lie inside the image and cover the areas and ratios asked for.
func TestCropDraw(t *testing.T) {
	const tries = 2000
	d := NewDraws(3, 1, 2, 3)
	sum, least, most := 0.0, 1.0, 0.0
	for i := range tries {
		b := ImageNetCrop.Draw(d, 32, 32)
		area, ratio := b.Height*b.Width/(32*32), b.Width/b.Height
		if b.Top < 0 || b.Left < 0 || b.Top+b.Height > 32 || b.Left+b.Width > 32 || b.Height < 1 || b.Width < 1 {
			t.Fatalf("crop %d leaves the image: %+v", i, b)
		}
		if area < 0.06 || ratio < 0.66 || ratio > 1.5 { // the range, and rounding to whole pixels
			t.Fatalf("crop %d: area %g, ratio %g", i, area, ratio)
		}
		sum, least, most = sum+area, min(least, area), max(most, area)
	}
	if mean := sum / tries; mean < 0.46 || mean > 0.515 || least > 0.1 || most < 0.95 {
		t.Errorf("areas from %.2f to %.2f, mean %.2f: want 0.08 to 1, torchvision's mean is 0.488", least, most, mean)
	}
}

// What fits takes four numbers in the documented order; what never does takes
// ten pairs, then torchvision's fallback.
func TestCropDrawsInOrder(t *testing.T) {
	r := RNG{Seed: 5}
	c := Crop{Area: [2]float64{0.1, 0.2}, Ratio: [2]float64{1, 2}} // always fits
	d := r.Draws(7, 100)
	got := c.Draw(d, 40, 50)
	area, ratio := 2000*r.Between(7, 101, 0.1, 0.2), math.Exp(r.Between(7, 102, 0, math.Log(2)))
	w, h := math.RoundToEven(math.Sqrt(area*ratio)), math.RoundToEven(math.Sqrt(area/ratio))
	want := Box{Top: float64(r.IntN(7, 103, 41-int(h))), Left: float64(r.IntN(7, 104, 51-int(w))), Height: h, Width: w}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := d.Uniform(0, 1), r.Uniform(7, 105); got != want {
		t.Errorf("the next number is %v, want %v", got, want)
	}
	for _, f := range []struct {
		h, w int
		want Box // by torchvision 0.19's get_params
	}{
		{10, 100, Box{Top: 0, Left: 43, Height: 10, Width: 13}},
		{100, 10, Box{Top: 43, Left: 0, Height: 13, Width: 10}},
	} {
		d := r.Draws(7, 0)
		if got := (Crop{Area: [2]float64{0.9, 1}, Ratio: ImageNetCrop.Ratio}).Draw(d, f.h, f.w); got != f.want {
			t.Errorf("fallback for %d x %d: got %+v, want %+v", f.h, f.w, got, f.want)
		}
		if got, want := d.Uniform(0, 1), r.Uniform(7, 21); got != want {
			t.Errorf("the number after ten tries is %v, want %v", got, want)
		}
	}
}

func TestViews(t *testing.T) {
	rows := func(boxes []float32) [][]float32 { return slices.Collect(slices.Chunk(boxes, BoxWords)) }
	v := Views{Crop: ImageNetCrop, Flip: 0.5, Roll: [2]int{-1, 3}, Shared: true}
	shared := rows(v.Draw(NewDraws(1, 2, 0), 5, 32, 32))
	for _, b := range shared {
		if !slices.Equal(b, shared[0]) {
			t.Errorf("a shared view gives %v and %v", shared[0], b)
		}
	}
	v.Shared = false
	flips, rolls := 0, map[float32]int{}
	for _, b := range rows(v.Draw(NewDraws(1, 2, 0), 1000, 32, 32)) {
		flips += int(b[4])
		rolls[b[5]]++
	}
	if flips < 430 || flips > 570 {
		t.Errorf("%d of 1000 images are flipped, want about half", flips)
	}
	for roll := float32(-1); roll <= 3; roll++ {
		if rolls[roll] < 120 {
			t.Errorf("%d of 1000 images roll by %g, want about 200: both ends included", rolls[roll], roll)
		}
	}
	if len(rolls) != 5 {
		t.Errorf("rolls %v, want -1 to 3", rolls)
	}
	whole := Views{Flip: 1}.Draw(NewDraws(1, 2, 0), 1, 20, 30)
	if want := (Box{Height: 20, Width: 30, Flip: true}).Append(nil); !slices.Equal(whole, want) {
		t.Errorf("a flip of the whole image is %v, want %v", whole, want)
	}
}

// Equal parts give equal numbers, others give others; a permutation holds every
// number once, and each lands everywhere.
func TestDraws(t *testing.T) {
	if a, b := NewDraws(1, 2, 3, 4).Uniform(0, 1), NewDraws(1, 2, 3, 4).Uniform(0, 1); a != b {
		t.Errorf("equal parts give %v and %v", a, b)
	}
	first := map[float64]bool{}
	for _, d := range []*Draws{NewDraws(1, 2, 3, 4), NewDraws(1, 2, 4, 3), NewDraws(1, 3, 3, 4), NewDraws(2, 2, 3, 4), NewDraws(1, 2, 3)} {
		first[d.Uniform(0, 1)] = true
	}
	if len(first) != 5 {
		t.Errorf("other parts give equal numbers: %v", first)
	}
	var at [5][5]int
	d := NewDraws(3, 1)
	for range 1000 {
		p := d.Perm(5)
		sorted := slices.Clone(p)
		slices.Sort(sorted)
		if !slices.Equal(sorted, []int{0, 1, 2, 3, 4}) {
			t.Fatalf("%v is no permutation", p)
		}
		for i, v := range p {
			at[i][v]++
		}
	}
	for i := range at {
		for v, n := range at[i] {
			if n < 140 || n > 260 {
				t.Errorf("%d lies at place %d in %d of 1000, want about 200", v, i, n)
			}
		}
	}
}
