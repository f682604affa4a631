package distill

import (
	"slices"
	"testing"

	"reta/compute/nn"
	"reta/shared/recipe"
)

// Of eleven patches of rising difficulty the four around the median are taken, each once, in an order that the seed
// decides and the order of trying does not.
func TestPatchesOfMiddleDifficulty(t *testing.T) {
	rec := recipe.Recipe{IPC: 4, Init: recipe.Init{Difficulty: recipe.Medium, Factor: 1}}
	pick := func(tried []patch, seed uint64) (images []int) {
		for _, p := range pickPatches(slices.Clone(tried), rec, nn.NewDraws(seed, streamPatch, 0, 1)) {
			images = append(images, p.image)
		}
		return images
	}
	var tried []patch
	for i := range 11 {
		tried = append(tried, patch{image: i, ce: float32(i * i)})
	}
	first := pick(tried, 1)
	if got := slices.Sorted(slices.Values(first)); !slices.Equal(got, []int{3, 4, 5, 6}) {
		t.Errorf("picked %v, want those around the median, 3 to 6", got)
	}
	slices.Reverse(tried)
	if got := pick(tried, 1); !slices.Equal(got, first) {
		t.Errorf("picked %v, tried in another order %v", first, got)
	}
	orders := map[[4]int]bool{}
	for seed := range uint64(20) {
		orders[[4]int(pick(tried, seed))] = true
	}
	if len(orders) < 5 {
		t.Errorf("20 seeds give %d orders", len(orders))
	}
	for difficulty, want := range map[recipe.Difficulty][]int{recipe.Easy: {0, 1, 2, 3}, recipe.Hard: {7, 8, 9, 10}} {
		rec.Init.Difficulty = difficulty
		if got := slices.Sorted(slices.Values(pick(tried, 1))); !slices.Equal(got, want) {
			t.Errorf("%s: picked %v, want %v", difficulty, got, want)
		}
	}
	if got := pick(tried[:4], 1); len(got) != 4 {
		t.Errorf("of four patches %v are picked", got)
	}
}
