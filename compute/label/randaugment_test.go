package label

import (
	"encoding/json"
	"slices"
	"testing"

	"reta/compute/models/modelstest"
	"reta/compute/nn"
)

// Every operation gives torchvision's bytes, at several magnitudes and both signs.
func TestChangesAgreeWithTorchvision(t *testing.T) {
	const side, size = 32, 32 * 32 * 3
	ref := modelstest.ReferenceIn(t, "testdata", "changes")
	var names [][3]any
	if err := json.Unmarshal([]byte(ref.Metadata("names")), &names); err != nil {
		t.Fatal(err)
	}
	image, err := ref.Uint8("image", side, side, 3)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ref.Uint8("changed", len(names), side, side, 3)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, name := range names {
		op, magnitude, sign := name[0].(string), int(name[1].(float64)), name[2].(float64)
		k := slices.IndexFunc(changes, func(c operation) bool { return c.op == op })
		if k < 0 {
			t.Errorf("operation %s is not known", op)
			continue
		}
		seen[op] = true
		p := picture{slices.Clone(image), side}
		p.change(Change{op, sign * changes[k].amount(magnitude, side)})
		wrong := 0
		for b := range size {
			if p.rgb[b] != want[i*size+b] {
				wrong++
			}
		}
		if wrong > 0 {
			t.Errorf("%s of magnitude %d, sign %g: %d of %d bytes differ", op, magnitude, sign, wrong, size)
		}
	}
	t.Logf("%d images of %d operations", len(names), len(seen))
	if len(seen) != len(changes) {
		t.Errorf("%d operations, torchvision has %d", len(changes), len(seen))
	}
}

// The operations are drawn alike, and half of those with a sign have it.
func TestRandAugmentDraws(t *testing.T) {
	const n = 14_000
	count, negative := map[string]int{}, map[string]int{}
	d := nn.NewDraws(1, 9)
	for range n / 2 {
		for _, c := range randAugment(d, 9, 32) {
			count[c.Op]++
			if c.Amount < 0 {
				negative[c.Op]++
			}
		}
	}
	for _, c := range changes {
		if got := count[c.op]; got < 850 || got > 1150 { // five standard errors around 1000
			t.Errorf("%s is drawn %d times in %d, want about %d", c.op, got, n, n/14)
		}
		if got := negative[c.op]; c.sign && (got < 400 || got > 600) || !c.sign && got > 0 {
			t.Errorf("%s is negative %d times", c.op, got)
		}
	}
}

// A flat image has no contrast to stretch and no values to spread.
func TestChangesOfAFlatImage(t *testing.T) {
	for _, c := range changes {
		p := picture{slices.Repeat([]byte{77}, 8*8*3), 8}
		p.change(Change{c.op, c.amount(0, 8)})
		if c.op != "Solarize" && !slices.Equal(p.rgb, slices.Repeat([]byte{77}, 8*8*3)) {
			t.Errorf("%s of magnitude 0 changes a flat image", c.op)
		}
	}
}
