package label

import (
	"context"
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models/modelstest"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/shared/protocol"
)

// show runs the program of a batch's views and returns their pixels from 0 to 255, not rounded.
func show(t *testing.T, p Plan, data train.Data, batch View) []float64 {
	t.Helper()
	g := graph.New(graphtest.Device(t))
	v := p.Record(g, len(batch.Index), data.Mean, data.Std)
	exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{v.Out}, Poison: true, Name: "views"})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Close()
	if err := v.Set(exec, data.Train, batch); err != nil {
		t.Fatal(err)
	}
	if err := exec.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	x, err := exec.Get(v.Out)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = 255 * (float64(v)*data.Std[i%3] + data.Mean[i%3])
	}
	return out
}

// image is a picture in float64: at row y, column x, channel c.
type image func(y, x, c int) float64

// reference are the views of a batch in float64, by the definitions and without any rounding.
func reference(t *testing.T, p Plan, data train.Data, batch View) []float64 {
	t.Helper()
	side, k := p.Side, p.Labels.Shuffle
	var singles []image
	for i, index := range batch.Index {
		rgb := make([]byte, side*side*3)
		if err := data.Train.Batch([]int{index}, rgb); err != nil {
			t.Fatal(err)
		}
		at := func(y, x, c int) float64 { return float64(rgb[(y*side+x)*3+c]) }
		if k > 1 {
			whole, strip := at, side/k
			columns, rows := batch.Strips[2*k*i:], batch.Strips[2*k*i+k:]
			at = func(y, x, c int) float64 {
				return whole(int(rows[y/strip])*strip+y%strip, int(columns[x/strip])*strip+x%strip, c)
			}
		}
		singles = append(singles, placed(at, p, batch, i))
	}
	var out []float64
	for i, self := range singles {
		other := singles[batch.Partner[i]]
		for y := range side {
			for x := range side {
				for c := range 3 {
					v, cut := self(y, x, c), batch.Cut
					if p.Labels.Mix == protocol.Mixup {
						v = batch.Lambda*v + (1-batch.Lambda)*other(y, x, c)
					} else if y >= cut.Top && y < cut.Top+cut.Height && x >= cut.Left && x < cut.Left+cut.Width {
						v = other(y, x, c)
					}
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// placed is image i of a batch, cut out and flipped.
func placed(at image, p Plan, batch View, i int) image {
	side := p.Side
	if batch.Shifts != nil {
		s := batch.Shifts[i*nn.ShiftWords:]
		return func(y, x, c int) float64 {
			if s[2] != 0 {
				x = side - 1 - x
			}
			y, x = y+int(s[0]), x+int(s[1])
			if y < 0 || x < 0 || y >= side || x >= side {
				return 0
			}
			return at(y, x, c)
		}
	}
	b := batch.Boxes[i*nn.BoxWords:]
	axis := func(o int, start, size float32) (lo, hi int, share float64) {
		s := math.Max(0, math.Min((float64(o)+0.5)*float64(size)/float64(side)-0.5, float64(size)-1))
		lo = int(s)
		return int(start) + lo, int(start) + min(lo+1, int(size)-1), s - float64(lo)
	}
	return func(y, x, c int) float64 {
		if b[4] != 0 {
			x = side - 1 - x
		}
		y0, y1, v := axis(y, b[0], b[2])
		x0, x1, u := axis(x, b[1], b[3])
		return (1-v)*((1-u)*at(y0, x0, c)+u*at(y0, x1, c)) + v*((1-u)*at(y1, x0, c)+u*at(y1, x1, c))
	}
}

// Every kind of view against its definition; rounding as Pillow does, once along each axis, moves a pixel by one grey level
// at most.
func TestViewsAgainstTheirDefinition(t *testing.T) {
	noise := func(n, side int) train.Data {
		s := &modelstest.Images{}
		for i := range n {
			var rgb []byte
			for _, u := range modelstest.Uniform(uint64(500+i), side*side*3) {
				rgb = append(rgb, byte(256*u))
			}
			s.Add(0, rgb)
		}
		return train.Data{Train: s, Classes: 1, Size: side, Mean: modelstest.Mean, Std: modelstest.Std}
	}
	for name, c := range map[string]struct {
		images, side int
		change       func(*protocol.Labels)
		off          float64 // grey levels
	}{
		"published":     {20, 32, func(l *protocol.Labels) {}, 1.0001},
		"not rounded":   {20, 32, func(l *protocol.Labels) { l.Round = false }, 2e-3},
		"odd side":      {5, 33, func(l *protocol.Labels) { l.Round, l.Box = false, protocol.ExactBox }, 2e-3},
		"strips":        {6, 64, func(l *protocol.Labels) { l.Round, l.Shuffle, l.Mix = false, 4, protocol.NoMix }, 2e-3},
		"padded, mixed": {9, 32, func(l *protocol.Labels) { l.Pad, l.Mix, l.MixBeta = 4, protocol.Mixup, 0.8 }, 1e-3},
		"whole, strips": {4, 30, func(l *protocol.Labels) { l.Area, l.Ratio, l.Shuffle = [2]float64{1, 1}, [2]float64{1, 1}, 3 }, 1e-3},
	} {
		t.Run(name, func(t *testing.T) {
			l := published()
			c.change(&l)
			p, data := newPlan(t, l, c.images, c.side), noise(c.images, c.side)
			for b, batch := range p.Epoch(1) {
				got, worst := show(t, p, data, batch), 0.0
				for i, want := range reference(t, p, data, batch) {
					worst = math.Max(worst, math.Abs(got[i]-want))
				}
				t.Logf("batch %d: off by at most %.2g grey levels", b, worst)
				if !(worst <= c.off) {
					t.Errorf("batch %d: off by up to %.3g grey levels, want at most %g", b, worst, c.off)
				}
			}
		})
	}
}

// Views of the published settings are those that Pillow makes, byte for byte.
func TestViewsAgreeWithPillow(t *testing.T) {
	want, err := modelstest.ReferenceIn(t, "testdata", "relabel").Uint8("views", 20, 32, 32, 3)
	if err != nil {
		t.Fatal(err)
	}
	p := newPlan(t, published(), 20, 32)
	var got []float64
	for _, batch := range p.Epoch(3) {
		got = append(got, show(t, p, squares(100, 32), batch)...)
	}
	for i := range want {
		if !(math.Abs(got[i]-float64(want[i])) < 1e-3) {
			t.Fatalf("view %d, row %d, column %d, channel %d is %g, Pillow has %d", i/3072, i/96%32, i/3%32, i%3, got[i], want[i])
		}
	}
}

// A source that fails, and a batch of another size, are errors.
func TestViewsRefuse(t *testing.T) {
	p, data := newPlan(t, published(), 20, 32), squares(100, 32)
	g := graph.New(graphtest.Device(t))
	v := p.Record(g, 16, data.Mean, data.Std)
	exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{v.Out}, Name: "views"})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Close()
	if err := v.Set(exec, data.Train, p.Batch(0, 1)); err == nil {
		t.Error("a batch of 4 images in a program of 16: no error")
	}
	if err := v.Set(exec, broken{data.Train}, p.Batch(0, 0)); err == nil {
		t.Error("images that cannot be read: no error")
	}
}

type broken struct{ train.Source }

func (broken) Batch([]int, []byte) error { return fmt.Errorf("unreadable") }
