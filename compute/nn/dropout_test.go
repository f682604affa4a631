package nn

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// kept is a mask whose name has that hash: 0 or 1/(1-p) for each of n elements.
func kept(r RNG, stream, step, hash uint32, n int, p float64) []float64 {
	mask := make([]float64, n)
	for e := range mask {
		if u := r.Uniform(stream+hash, uint64(step)<<34+uint64(e)); float32(u) >= float32(p) && p < 1 {
			mask[e] = 1 / (1 - p)
		}
	}
	return mask
}

// Values and gradients are those of the mask that the host draws, of a part of a
// program and whatever mask comes before.
func TestDropout(t *testing.T) {
	const foobar = 0xbf9cf968                                        // FNV-1a of "foobar" (Fowler, Noll, Vo; draft-eastlake-fnv)
	const slash = 0xc7a71bed                                         // and of "foo/bar"
	rng, stream, step := RNG{71<<32 + 1234567}, uint32(5), uint32(9) // words that float32 holds
	for i, s := range [][]int{{3}, {2, 7}, {5, 64}, {3, 5, 5, 33}, {4, 4, 4, 64}, {1, 3}} {
		p := []float64{0.2, 0.5, 0.9, 1, 0.25, 0}[i]
		inputs := []graphtest.In{{Shape: s}, {Shape: s}, {Shape: []int{SeedWords}, DType: graph.U32, Values: func(i int) float64 { return float64(rng.SeedAt(stream, step)[i]) }}}
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint("dropout", s, p),
			Inputs: []graphtest.In{inputs[0], inputs[2]},
			Build: func(in []*graph.Node) *graph.Node {
				masks := NewMasks(in[1])
				Dropout(in[0], masks, "before", p)
				return Dropout(in[0], masks, "foobar", p)
			},
			Ref: func(in [][]float64) []float64 {
				y, mask := slices.Clone(in[0]), kept(rng, stream, step, foobar, len(in[0]), p)
				for i := range y {
					y[i] *= mask[i]
				}
				return y
			},
		})
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint("stochastic depth", s, p),
			Inputs: inputs,
			Build: func(in []*graph.Node) *graph.Node {
				if len(s) < 2 {
					return graph.Add(in[0], in[1])
				}
				masks := NewMasks(in[2])
				Dropout(in[0], masks, "bar", 0.5)
				return StochasticDepth(in[0], in[1], masks.Part("foo"), "bar", p)
			},
			Ref: func(in [][]float64) []float64 {
				y, mask := slices.Clone(in[1]), kept(rng, stream, step, slash, s[0], p)
				for i := range y {
					if len(s) < 2 {
						y[i] += in[0][i]
					} else {
						y[i] += in[0][i] * mask[i/(len(y)/s[0])]
					}
				}
				return y
			},
		})
	}
}

// Masks differ between names and steps, and repeat for the same seed; about
// 1-p of the elements are kept.
func TestMasksRepeat(t *testing.T) {
	const n = 4096
	g := graph.New(graphtest.Device(t))
	seed := g.Input("seed", graph.U32, SeedWords)
	masks := NewMasks(seed)
	var ones = make([]float32, n)
	for i := range ones {
		ones[i] = 1
	}
	x := g.Const("ones", ones, n)
	a, b := Dropout(x, masks, "a", 0.25), Dropout(x, masks, "b", 0.25)
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{a, b}, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var seen [][]float32
	for _, step := range []uint32{1, 2, 1} {
		if err := e.SetU32(seed, RNG{7}.SeedAt(3, step)); err != nil {
			t.Fatal(err)
		}
		if err := e.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, y := range []*graph.Node{a, b} {
			v, err := e.Get(y)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, v)
			zeros := 0
			for _, x := range v {
				if x == 0 {
					zeros++
				}
			}
			if zeros < n/4-150 || zeros > n/4+150 { // 5 standard deviations
				t.Errorf("step %d: %d of %d elements are zero", step, zeros, n)
			}
		}
	}
	for i, v := range seen {
		for j, w := range seen[:i] {
			if same := slices.Equal(v, w); same != (i == j+4) {
				t.Errorf("masks %d and %d: equal %v", i, j, same)
			}
		}
	}
}

// Seeds differ between purposes and steps, and repeat.
func TestMaskSeed(t *testing.T) {
	seen := map[[SeedWords]uint32]bool{}
	for _, parts := range [][]int{{}, {0}, {1}, {0, 1}, {1, 0}, {1, 1}} {
		for _, seed := range []uint64{1, 2} {
			seen[[SeedWords]uint32(MaskSeed(seed, parts...))] = true
			seen[[SeedWords]uint32(MaskSeed(seed, parts...))] = true
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d different seeds, want 12", len(seen))
	}
}
