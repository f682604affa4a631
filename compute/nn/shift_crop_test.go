package nn

import (
	"context"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// What a shift leaves free is black before the normalisation.
func TestShiftRGBIsOverBlack(t *testing.T) {
	const n, h, w = 2, 5, 6
	rng, mean, std := RNG{Seed: 4}, [3]float64{0.5, 0.4, 0.3}, [3]float64{0.2, 0.3, 0.1}
	rgb := make([]byte, n*h*w*3)
	for i := range rgb {
		rgb[i] = byte(rng.Uint32(0, uint64(i)))
	}
	shifts := []Shift{{Down: 2, Right: -1, Flip: true}, {Down: -4, Right: 3}}
	g := graph.New(graphtest.Device(t))
	pixels, at := g.Input("pixels", graph.U32, n, RGBWords(h, w)), g.Input("shifts", graph.F32, n, ShiftWords)
	y := ShiftRGB(pixels, at, h, w, mean, std)
	exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{y}})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Close()
	if err := exec.SetU32(pixels, PackRGB(rgb, h, w)); err != nil {
		t.Fatal(err)
	}
	if err := exec.Set(at, shifts[1].Append(shifts[0].Append(nil))); err != nil {
		t.Fatal(err)
	}
	if err := exec.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, err := exec.Get(y)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		c, col, row, k := i%3, i/3%w, i/3/w%h, i/3/w/h
		s := shifts[k]
		if s.Flip {
			col = w - 1 - col
		}
		value := 0.0
		if r, q := row+s.Down, col+s.Right; r >= 0 && r < h && q >= 0 && q < w {
			value = float64(rgb[((k*h+r)*w+q)*3+c]) / 255
		}
		if want := (value - mean[c]) / std[c]; math.Abs(float64(v)-want) > 1e-5 {
			t.Fatalf("element %d is %g, want %g", i, v, want)
		}
	}
}
