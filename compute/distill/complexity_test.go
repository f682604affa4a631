package distill

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"reta/compute/train/traintest"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/nn"
	"reta/shared/retrieval"
)

// From image bytes to complexity, at any size and number of images, down to images so flat that c is 1e-9: the device
// agrees with float64 relatively.
func TestComplexity(t *testing.T) {
	for _, c := range []struct {
		n, from, size int
		sigma         float64
	}{
		{1, 8, 8, 1}, {5, 8, 17, 0.5}, {3, 31, 16, 1}, {4, 32, 32, 1}, {7, 32, 24, 2}, {2, 64, 64, 1}, {3, 9, 9, 3}, {1, 64, 256, 2},
		{2, 224, 200, 2}, {2, 16, 16, 0}, {2, 8, 8, 7.3}, {1, 1, 1, 1},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			rgb := make([]byte, c.n*c.from*c.from*3)
			for i := range rgb { // every image flatter than the last
				contrast := 60 * math.Pow(0.5, float64(i/(c.from*c.from*3)))
				rgb[i] = byte(128 + min(max(contrast*graphtest.Normal(uint64(c.from), uint64(i)), -127), 127))
			}
			g := graph.New(graphtest.Device(t))
			pixels := g.Input("pixels", graph.U32, c.n, nn.RGBWords(c.from, c.from))
			x := resample(nn.DecodeRGB(pixels, c.from, c.from, traintest.Stripes.Mean, traintest.Stripes.Std), c.size)
			forms := []*graph.Node{complexity(x, traintest.Stripes.Mean, traintest.Stripes.Std, c.sigma, ""), complexity(x, traintest.Stripes.Mean, traintest.Stripes.Std, c.sigma, "_plain")}
			e, err := g.Compile(graph.CompileOptions{Outputs: forms, Poison: true})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if err := firstError(e.SetU32(pixels, nn.PackRGB(rgb, c.from, c.from)), e.Run(context.Background())); err != nil {
				t.Fatal(err)
			}
			for _, y := range forms {
				got, err := e.Get(y)
				if err != nil {
					t.Fatal(err)
				}
				for i := range got {
					luma := retrieval.Luminance(rgb[i*c.from*c.from*3:][:c.from*c.from*3])
					want, err := retrieval.Complexity(shrink(luma, c.from, c.size), c.size, c.size, c.sigma)
					if err != nil {
						t.Fatal(err)
					}
					if off := math.Abs(float64(got[i])-want) / max(want, 1e-12); !(off < 1e-5) {
						t.Errorf("image %d: %.7g, want %.7g, off by %.2g", i, got[i], want, off)
					}
				}
			}
		})
	}
}

func TestComplexityRefuses(t *testing.T) {
	g := graph.New(graphtest.Device(t))
	Complexity(g.Input("x", graph.F32, 2, 8, 8, 1), [3]float64{}, [3]float64{1, 1, 1}, 1)
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), "images [2,8,8,1], sigma 1: want [N,H,W,3]") {
		t.Errorf("images of one channel: %v", err)
	}
}

// shrink resamples a square image bilinearly with half-pixel centres, as nn.Resize does.
func shrink(luma []float64, from, to int) []float64 {
	if from == to {
		return luma
	}
	out := make([]float64, to*to)
	at := func(i int) (lo, hi int, t float64) {
		x := max(0, (float64(i)+0.5)*float64(from)/float64(to)-0.5)
		lo = min(int(x), from-1)
		return lo, min(lo+1, from-1), x - float64(lo)
	}
	for y := range to {
		y0, y1, ty := at(y)
		for x := range to {
			x0, x1, tx := at(x)
			top := luma[y0*from+x0]*(1-tx) + luma[y0*from+x1]*tx
			bottom := luma[y1*from+x0]*(1-tx) + luma[y1*from+x1]*tx
			out[y*to+x] = top*(1-ty) + bottom*ty
		}
	}
	return out
}
