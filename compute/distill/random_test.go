package distill

import (
	"slices"
	"testing"

	"reta/compute/nn"
	"reta/shared/recipe"
)

// A batch's views are those of the recipe: one for all where it shares them, rolls from 0 or to both sides, softened crops.
func TestAugmentationFollowsTheRecipe(t *testing.T) {
	r := recipe.Recipe{
		Steps: 300, Crop: recipe.Crop{Area: [2]float64{0.08, 1}, Ratio: [2]float64{1, 1}}, SharedCrop: true, Flip: 0.5, Jitter: 4,
	}
	rows := func(n int) (out [][]float32) {
		boxes := augmentation(r, nn.NewDraws(1, streamCrop, 0), 0, 32, n)
		for at := 0; at < len(boxes); at += nn.BoxWords {
			out = append(out, boxes[at:at+nn.BoxWords])
		}
		return out
	}
	shared := rows(5)
	for _, b := range shared {
		if !slices.Equal(b, shared[0]) {
			t.Errorf("a shared view gives %v and %v", shared[0], b)
		}
	}
	r.SharedCrop = false
	least := func() float32 {
		side := float32(32)
		for _, b := range rows(1000) {
			side = min(side, b[2])
		}
		return side
	}
	if side := least(); side > 10 {
		t.Errorf("the smallest of 1000 crops is %g px, want about 9", side)
	}
	r.Steps, r.SoftBudget = 75, true // crops of 77 % of the image at least
	if side := least(); side < 28 {
		t.Errorf("the smallest of 1000 softened crops is %g px, want 28 at least", side)
	}
	for both, want := range map[bool][]float32{false: {0, 1, 2, 3, 4}, true: {-4, -3, -2, -1, 0, 1, 2, 3, 4}} {
		r.RollBoth = both
		seen := map[float32]int{}
		for _, b := range rows(1000) {
			seen[b[5]]++
		}
		for _, roll := range want {
			if n := seen[roll]; n < 500/len(want) {
				t.Errorf("to both sides %t: %d of 1000 images roll by %g", both, n, roll)
			}
		}
		if len(seen) != len(want) {
			t.Errorf("to both sides %t: rolls %v, want %v", both, seen, want)
		}
	}
}
