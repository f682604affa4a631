package label

import (
	"math"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reta/compute/nn"
	"reta/shared/protocol"
)

// published are FADRM's settings for 300 epochs.
func published() protocol.Labels {
	return protocol.Labels{
		Source: protocol.Stored, Epochs: 300, Seed: 42, Batch: 16, Last: protocol.KeepLast,
		Shuffle: 1, Area: [2]float64{0.08, 1}, Ratio: [2]float64{3. / 4, 4. / 3}, Flip: 0.5, Round: true,
		Mix: protocol.CutMix, MixBeta: 1, Box: protocol.EvenBox,
		Mode: protocol.TrainMode, Halves: true, Dropout: true, Weighting: protocol.Equal, Bits: 16,
	}
}

func newPlan(t *testing.T, l protocol.Labels, images, side int) Plan {
	t.Helper()
	p, err := NewPlan(l, images, side)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Whatever order the batches are asked for in, and whatever the size of a batch, an image has the same crop in an epoch.
func TestViewsDoNotDependOnTheOrderOfAccess(t *testing.T) {
	p := newPlan(t, published(), 50, 32)
	type key struct{ epoch, batch int }
	want, crops := map[key]View{}, map[key][]float32{}
	for epoch := range 5 {
		seen := map[int]bool{}
		for b, v := range p.Epoch(epoch) {
			want[key{epoch, b}] = v
			for i, image := range v.Index {
				seen[image] = true
				crops[key{epoch, image}] = v.Boxes[i*nn.BoxWords : (i+1)*nn.BoxWords]
			}
		}
		if len(seen) != 50 {
			t.Errorf("epoch %d shows %d of 50 images", epoch, len(seen))
		}
	}
	if len(want) != 5*4 {
		t.Fatalf("%d batches in 5 epochs, want 20: three of 16 and one of 2 in each", len(want))
	}
	for _, i := range rand.New(rand.NewSource(1)).Perm(20) {
		epoch, b := i/4, i%4
		if v := p.Batch(epoch, b); !reflect.DeepEqual(v, want[key{epoch, b}]) {
			t.Errorf("epoch %d, batch %d is another view when it is asked for alone", epoch, b)
		}
	}
	q := p
	q.Labels.Batch = 7
	for _, v := range q.Epoch(2) {
		for i, image := range v.Index {
			if !slices.Equal(v.Boxes[i*nn.BoxWords:(i+1)*nn.BoxWords], crops[key{2, image}]) {
				t.Errorf("image %d has another crop in batches of 7", image)
			}
		}
	}
	if reflect.DeepEqual(want[key{0, 0}], want[key{1, 0}]) {
		t.Error("epochs 0 and 1 begin with the same view")
	}
}

func TestLastBatchIsKeptOrDropped(t *testing.T) {
	l := published()
	p := newPlan(t, l, 50, 32)
	if v := p.Batch(0, 3); p.Batches() != 4 || len(v.Index) != 2 || len(v.Partner) != 2 || len(v.Boxes) != 2*nn.BoxWords {
		t.Errorf("%d batches, the last of %d images: want 4 and 2", p.Batches(), len(v.Index))
	}
	l.Last = protocol.DropLast
	if p := newPlan(t, l, 50, 32); p.Batches() != 3 || len(p.Batch(0, 2).Index) != 16 {
		t.Errorf("%d batches, want 3 of 16 images", p.Batches())
	}
}

// Over many batches the draws have the distributions that the settings name.
func TestDrawsHaveTheirDistributions(t *testing.T) {
	p := newPlan(t, published(), 64, 32)
	var lambda, area, ratio, flips, fixed, n, boxes float64
	centre := make([]float64, 32)
	for epoch := range 500 {
		for _, v := range p.Epoch(epoch) {
			lambda, n = lambda+v.Lambda, n+1
			if side := int(32 * math.Sqrt(1-v.Lambda)); v.Cut.Top > 0 && v.Cut.Top+v.Cut.Height < 32 {
				if v.Cut.Height != 2*(side/2) {
					t.Fatalf("lambda %v: box %+v, want %d rows where it is not clipped", v.Lambda, v.Cut, 2*(side/2))
				}
				centre[v.Cut.Top+v.Cut.Height/2]++
			}
			if seen := slices.Sorted(slices.Values(v.Partner)); len(seen) != 16 || seen[0] != 0 || !slices.IsSortedFunc(seen, func(a, b uint32) int { return int(a) - int(b) }) || slices.Compact(seen)[15] != 15 {
				t.Fatalf("partners %v are no permutation", v.Partner)
			}
			for i := range v.Index {
				if v.Partner[i] == uint32(i) {
					fixed++
				}
				b := v.Boxes[i*nn.BoxWords:]
				if b[0] < 0 || b[1] < 0 || b[0]+b[2] > 32 || b[1]+b[3] > 32 || b[5] != 0 || b[6] != 0 {
					t.Fatalf("box %v leaves the image", b[:8])
				}
				area, ratio, flips, boxes = area+float64(b[2]*b[3])/1024, ratio+math.Log(float64(b[3]/b[2])), flips+float64(b[4]), boxes+1
			}
		}
	}
	for _, c := range []struct {
		what            string
		got, want, sure float64 // sure: five standard errors
	}{
		{"mean lambda", lambda / n, 0.5, 5 * math.Sqrt(1./12/n)},
		{"mean share of flips", flips / boxes, 0.5, 5 * 0.5 / math.Sqrt(boxes)},
		{"mean images mixed with themselves in a batch", fixed / n, 1, 5 / math.Sqrt(n)}, // of a random permutation
		{"mean logarithm of the crop's ratio", ratio / boxes, 0, 5 * 0.2 / math.Sqrt(boxes)},
		// of areas a in (0.08, 1) and ratios r of which a max(r, 1/r) fits: 0.478; rounding to pixels lets a few more fit
		{"mean area of a crop", area / boxes, 0.478, 0.02},
	} {
		if !(math.Abs(c.got-c.want) < c.sure) {
			t.Errorf("%s is %.4f, want %.4f within %.4f", c.what, c.got, c.want, c.sure)
		}
	}
	for at, count := range centre[8:24] { // where few boxes are clipped
		if count < 3 {
			t.Errorf("row %d is the centre of %.0f boxes", at+8, count)
		}
	}
}

// Beta(a, a) has mean 1/2 and variance 1/(4(2a+1)).
func TestBeta(t *testing.T) {
	for _, a := range []float64{0.2, 0.8, 1, 2} {
		d := nn.NewDraws(1, 9)
		const n = 20_000
		sum, square := 0.0, 0.0
		for range n {
			x := beta(d, a) - 0.5
			sum, square = sum+x, square+x*x
		}
		variance := 1 / (4 * (2*a + 1))
		if mean := sum / n; math.Abs(mean) > 5*math.Sqrt(variance/n) {
			t.Errorf("Beta(%g, %g) has mean %.4f, want 0.5", a, a, mean+0.5)
		}
		if v := square / n; math.Abs(v/variance-1) > 0.05 {
			t.Errorf("Beta(%g, %g) has variance %.4f, want %.4f", a, a, v, variance)
		}
	}
}

func box(top, left, height, width int) nn.Cut {
	return nn.Cut{Top: top, Left: left, Height: height, Width: width}
}

// The box by hand, on 32 px: lambda 0.75 cuts 16 px; lambda 1-(15/32)^2 cuts 15, of which the even box has 14.
func TestCut(t *testing.T) {
	even := newPlan(t, published(), 16, 32)
	exact := even
	exact.Labels.Box = protocol.ExactBox
	odd := 1 - 15./32*15./32
	for _, c := range []struct {
		plan   Plan
		lambda float64
		x, y   int
		want   nn.Cut
	}{
		{even, 0.75, 16, 16, box(8, 8, 16, 16)},
		{even, 0.75, 2, 31, box(23, 0, 9, 10)},
		{even, odd, 16, 16, box(9, 9, 14, 14)},
		{exact, odd, 16, 16, box(9, 9, 15, 15)},
		{exact, odd, 0, 0, box(0, 0, 8, 8)},
		{even, 0, 16, 16, box(0, 0, 32, 32)},
		{even, 1, 5, 5, box(5, 5, 0, 0)},
	} {
		if got := c.plan.cut(c.lambda, c.x, c.y); got != c.want {
			t.Errorf("%s box for lambda %.4f at %d, %d is %+v, want %+v", c.plan.Labels.Box, c.lambda, c.x, c.y, got, c.want)
		}
	}
}

// Epochs beyond those labelled meet each labelled one once a round, in an order that differs from round to round.
func TestEpochsAreMetAgain(t *testing.T) {
	l := published()
	l.Epochs = 10
	p := newPlan(t, l, 16, 32)
	var rounds [3][]int
	for epoch := range 30 {
		rounds[epoch/10] = append(rounds[epoch/10], p.Stored(epoch))
	}
	for i, round := range rounds {
		sorted := slices.Sorted(slices.Values(round))
		if !slices.Equal(sorted, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Errorf("round %d is %v, want each epoch once", i, round)
		}
	}
	if !slices.IsSorted(rounds[0]) || slices.IsSorted(rounds[1]) || slices.Equal(rounds[1], rounds[2]) {
		t.Errorf("rounds %v: want the first in order, the others in orders of their own", rounds)
	}
}

func TestPlanRefusals(t *testing.T) {
	for _, c := range []struct {
		change       func(*protocol.Labels)
		images, side int
		want         string
	}{
		{func(l *protocol.Labels) { l.Batch = 0 }, 10, 32, "batch 0"},
		{func(l *protocol.Labels) { l.Epochs = 0 }, 10, 32, "epochs 0"},
		{func(l *protocol.Labels) {}, 0, 32, "0 images"},
		{func(l *protocol.Labels) { l.Last = protocol.DropLast }, 10, 32, "leaves no batch of 16 out of 10 images"},
		{func(l *protocol.Labels) {}, 33, 32, "33 images in batches of 16 make a batch of one image"},
		{func(l *protocol.Labels) { l.Batch = 1 }, 10, 32, "batch of one image"},
		{func(l *protocol.Labels) { l.Shuffle = 3 }, 10, 32, "shuffle 3: want a divisor of"},
	} {
		l := published()
		c.change(&l)
		if _, err := NewPlan(l, c.images, c.side); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	l := published()
	l.Mode = protocol.EvalMode // one image is labelled as well as sixteen
	newPlan(t, l, 33, 32)
}

// What settings draw is fixed: a store made on another machine, or by an older version, keeps its meaning. testdata/views.py
// draws the same in Python.
func TestGoldenViews(t *testing.T) {
	l := published()
	v := newPlan(t, l, 10, 32).Batch(7, 0)
	want := View{
		Epoch: 7, Index: []int{9, 1, 0, 7, 6, 8, 2, 4, 3, 5},
		Boxes: []float32{
			15, 16, 17, 15, 1, 0, 0, 0, 8, 9, 15, 16, 0, 0, 0, 0, 8, 16, 11, 11, 0, 0, 0, 0, 0, 0, 30, 30, 0, 0, 0, 0, 5, 2, 26, 28, 0, 0, 0, 0,
			5, 0, 19, 22, 0, 0, 0, 0, 0, 1, 32, 31, 1, 0, 0, 0, 1, 1, 30, 30, 0, 0, 0, 0, 18, 5, 12, 15, 1, 0, 0, 0, 1, 1, 23, 29, 1, 0, 0, 0,
		},
		Partner: []uint32{5, 4, 2, 8, 6, 0, 1, 3, 7, 9}, Lambda: 15944967. / (1 << 24), Cut: box(22, 22, 6, 6),
	}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("published settings draw\n%#v, want\n%#v", v, want)
	}
	l.Shuffle, l.Pad, l.Mix, l.MixBeta = 4, 4, protocol.Mixup, 0.8
	v = newPlan(t, l, 3, 32).Batch(7, 0)
	want = View{
		Epoch: 7, Index: []int{2, 1, 0}, Strips: []uint32{2, 0, 3, 1, 2, 1, 0, 3, 0, 2, 3, 1, 1, 3, 2, 0, 1, 2, 3, 0, 0, 1, 2, 3},
		Shifts: []float32{-1, 1, 1, 0, 3, -1, 0, 0, -4, -4, 0, 0}, Partner: []uint32{0, 2, 1}, Lambda: 0.7840595511342593,
	}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("strips, padding and mixup draw\n%#v, want\n%#v", v, want)
	}
	l = published()
	l.RandAugment, l.Mix = 9, protocol.NoMix
	v = newPlan(t, l, 3, 32).Batch(7, 0)
	const brighter = 0.26999999999999996 // 0.9 times 9, over 30
	want = View{
		Epoch: 7, Index: []int{2, 1, 0}, Partner: []uint32{0, 1, 2}, Lambda: 1,
		Changes: [][2]Change{{{"Equalize", 0}, {"Brightness", brighter}}, {{"ShearY", -0.09}, {"Brightness", -brighter}}, {{"Identity", 0}, {"Brightness", brighter}}},
		Boxes:   []float32{2, 1, 30, 24, 0, 0, 0, 0, 1, 1, 31, 30, 0, 0, 0, 0, 4, 3, 27, 29, 0, 0, 0, 0},
	}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("RandAugment draws\n%#v, want\n%#v", v, want)
	}
}
