package distill

import (
	"math"
	"slices"
	"testing"

	"reta/compute/nn"
	"reta/shared/recipe"
)

// Crops lie inside the image, cover the shares and ratios asked for, and equal parts give equal draws.
func TestCropBox(t *testing.T) {
	const size, tries = 32, 2000
	c := recipe.Crop{Area: [2]float64{0.08, 1}, Ratio: [2]float64{3. / 4, 4. / 3}}
	d := draws(1, streamCrop, 2, 3)
	sum, least, most := 0.0, 1.0, 0.0
	for range tries {
		b := cropBox(d, size, c)
		if b.Top < 0 || b.Left < 0 || b.Height < 1 || b.Width < 1 || b.Top+b.Height > size || b.Left+b.Width > size {
			t.Fatalf("%+v leaves the image of %d px", b, size)
		}
		if r := b.Width / b.Height; b.Width != size && (r < 3./4*0.85 || r > 4./3*1.15) { // rounding to pixels
			t.Fatalf("%+v has ratio %.2f", b, r)
		}
		share := b.Height * b.Width / size / size
		sum, least, most = sum+share, math.Min(least, share), math.Max(most, share)
	}
	if mean := sum / tries; mean < 0.46 || mean > 0.515 || least > 0.1 || most < 0.95 {
		t.Errorf("shares from %.2f to %.2f, mean %.2f: want 0.08 to 1, torchvision's mean is 0.488", least, most, mean)
	}
	if a, b := cropBox(draws(1, streamCrop, 2, 3), size, c), cropBox(draws(1, streamCrop, 3, 2), size, c); a == b {
		t.Error("other parts give the same crop")
	}
}

func TestAugmentationSharesOneDraw(t *testing.T) {
	r := recipe.Recipe{
		Crop: recipe.Crop{Area: [2]float64{0.08, 1}, Ratio: [2]float64{1, 1}}, SharedCrop: true, Flip: 0.5, Jitter: 4,
	}
	rows := func(boxes []float32) (out [][]float32) {
		for at := 0; at < len(boxes); at += nn.BoxWords {
			out = append(out, boxes[at:at+nn.BoxWords])
		}
		return out
	}
	shared := rows(augmentation(r, draws(1, streamCrop, 0), 32, 5))
	for _, b := range shared {
		if !slices.Equal(b, shared[0]) {
			t.Errorf("a shared draw gives %v and %v", shared[0], b)
		}
	}
	r.SharedCrop = false
	flips, rolls := 0, map[float32]int{}
	own := rows(augmentation(r, draws(1, streamCrop, 0), 32, 1000))
	for _, b := range own {
		flips += int(b[4])
		rolls[b[5]]++
	}
	if flips < 430 || flips > 570 {
		t.Errorf("%d of 1000 images are flipped, want about half", flips)
	}
	for roll := float32(0); roll <= 4; roll++ {
		if rolls[roll] < 120 {
			t.Errorf("%d of 1000 images roll by %g, want about 200: both ends included", rolls[roll], roll)
		}
	}
	if len(rolls) != 5 {
		t.Errorf("rolls %v, want 0 to 4", rolls)
	}
}

// A permutation holds every number once, and each lands everywhere.
func TestPerm(t *testing.T) {
	var at [5][5]int
	d := draws(3, streamPatch)
	for range 1000 {
		p := d.perm(5)
		seen := slices.Clone(p)
		slices.Sort(seen)
		if !slices.Equal(seen, []int{0, 1, 2, 3, 4}) {
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
