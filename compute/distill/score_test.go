package distill

import (
	"context"
	"math"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/vk"
	"reta/shared/recipe"
)

// Two classes of four and one candidates, two images each, three best wanted, worked by hand. The first class has
// complexities 0, 1, 0, 1 and lambda 1/2; the pool starts with a candidate of no class.
func TestScoreAndBestByHand(t *testing.T) {
	inf := math.Inf(1)
	for scale, want := range map[recipe.Scale]struct{ score, best []float64 }{
		recipe.Raw: {
			[]float64{2, 2, 1, 1, 0.5, 0.5, 2, 2, 1, 1, 1.5, 1.5, 1, 1, 2, 2, 4, 4, inf, inf, inf, inf, inf, inf, 3, 3, inf, inf, inf, inf, inf, inf},
			[]float64{
				1, 1, 1, 1, 2, 1, 0.5, 0.5, 1, 1, 1, 1, 0, 4, 2, 2, // own 2: anchor 1
				0, 2, 1, 1, 0, 2, 1, 1, 2, 2, 1, 1, 1, 2, 1.5, 1.5, // equal scores: the lower
				0, 8, 4, 4, 0, 8, 4, 4, -1, 0, 0, 0, -1, 0, 0, 0,
				-1, 0, 0, 0, 0, 6, 3, 3, -1, 0, 0, 0, -1, 0, 0, 0, // its own patch alone
			},
		},
		recipe.Rank: {
			[]float64{0.5, 0.5, 0.5, 0.5, 0, 0, 5. / 6, 5. / 6, 0, 0, 0.5, 0.5, 0, 0, 1, 1, 0, 0, inf, inf, inf, inf, inf, inf, 0, 0, inf, inf, inf, inf, inf, inf},
			[]float64{
				0, 4, 0.5, 0.5, 2, 1, 0, 0, 0, 4, 0.5, 0.5, 1, 1, 0.5, 0.5,
				0, 2, 0, 0, 0, 2, 0, 0, 2, 2, 0, 0, 1, 2, 0.5, 0.5,
				0, 8, 0, 0, 0, 8, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0,
				-1, 0, 0, 0, 0, 6, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0,
			},
		},
		// fit from its least, 1, to its 95th percentile, 3 + 0.85: 4 clips
		recipe.Percentile: {
			[]float64{0.5, 1.5 / 2.85, 0.5, 0.5, 0, 0, 0.5 + 1/2.85, 0.5 + 1/2.85, 0, 0, 0.5, 0.5, 0, 0, 1, 0.5 + 0.5/0.85,
				0, 0, inf, inf, inf, inf, inf, inf, 0, 0, inf, inf, inf, inf, inf, inf},
			[]float64{
				1, 1, 0.5, 0.5, 2, 1, 0, 0, 1, 1, 0.5, 0.5, 0, 4, 0.5, 1.5 / 2.85, // clipped alike: by J before
				0, 2, 0, 0, 0, 2, 0, 0, 2, 2, 0, 0, 1, 2, 0.5, 0.5,
				0, 8, 0, 0, 0, 8, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0,
				-1, 0, 0, 0, 0, 6, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0,
			},
		},
	} {
		t.Run(string(scale), func(t *testing.T) {
			g := graph.New(graphtest.Device(t))
			fit, complexity := g.Input("fit", graph.F32, 2, 2, 4), g.Input("complexity", graph.F32, 6, 2)
			segments, own := g.Input("segments", graph.U32, 2, 2), g.Input("own", graph.U32, 2, 2)
			score := Score(fit, complexity, segments, g.Const("lambda", []float32{0.5}, 1), scale)
			best := Best(score, fit, segments, own, 3)
			e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{score, best}, Poison: true})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			none := float32(math.Inf(1))
			if err := firstError(
				e.Set(fit, []float32{4, 1, 1, 3, 2, 2, 2, 3, 8, none, none, none, 6, none, none, none}),
				e.Set(complexity, []float32{9, 9, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0}),
				e.SetU32(segments, []uint32{1, 4, 5, 1}), e.SetU32(own, []uint32{2, noPatch, noPatch, 0}), e.Run(context.Background()),
			); err != nil {
				t.Fatal(err)
			}
			for node, want := range map[*graph.Node][]float64{score: want.score, best: want.best} {
				got, err := e.Get(node)
				if err != nil {
					t.Fatal(err)
				}
				for i, w := range want {
					if d := math.Abs(float64(got[i]) - w); float64(got[i]) != w && !(d < 1e-6) {
						t.Errorf("%v number %d is %v, want %v", node, i, got[i], w)
					}
				}
			}
		})
	}
}

func TestScoreRefuses(t *testing.T) {
	g := graph.New(graphtest.Device(t))
	fit, segments := g.Input("fit", graph.F32, 2, 2, 4), g.Input("segments", graph.U32, 2, 2)
	Score(fit, g.Input("complexity", graph.F32, 6, 3), segments, g.Input("lambda", graph.F32, 1), recipe.Raw)
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), "want [C,I,L], [M,2], [C,2]") {
		t.Errorf("complexities of three numbers: %v", err)
	}
	if g.Info().Kind != vk.CPU {
		return
	}
	g = graph.New(graphtest.Device(t))
	fit = g.Input("fit", graph.F32, 1, 1, cpuCandidates+1)
	Score(fit, g.Input("complexity", graph.F32, cpuCandidates+1, 2), g.Input("segments", graph.U32, 1, 2), g.Input("lambda", graph.F32, 1), recipe.Raw)
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), "40001 candidates of a class: the CPU driver takes 40000; limit them with --per-class") {
		t.Errorf("a class too large for the CPU driver: %v", err)
	}
}
