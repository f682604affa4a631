package retrieval

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const dim = 8

// features draws n features of length 1.
func features(n int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	z := make([]float32, n*dim)
	for i := range n {
		row, s := z[i*dim:][:dim], 0.0
		for k := range row {
			row[k] = float32(math.Abs(rng.NormFloat64()))
			s += float64(row[k]) * float64(row[k])
		}
		for k := range row {
			row[k] /= float32(math.Sqrt(s))
		}
	}
	return z
}

// complexities are log-normal, as real ones are nearly.
func complexities(n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 2))
	c := make([]float64, n)
	for i := range c {
		c[i] = 2e-5 * math.Exp(rng.NormFloat64())
	}
	return c
}

var scales = []Scale{Percentile, Raw, ZScore, Rank}

func choose(t *testing.T, drc DRC, c []float64, queries []float32, self []int) []Choice {
	t.Helper()
	drc.TopM = 8
	p, err := NewPool(features(len(c), 3), dim, c, drc)
	if err != nil {
		t.Fatal(err)
	}
	choices, err := p.Match(queries, self)
	if err != nil {
		t.Fatal(err)
	}
	return choices
}

func anchors(choices []Choice) (list []int) {
	for _, c := range choices {
		list = append(list, c.Anchor.Index)
	}
	return list
}

func TestLambdaZeroIsTheNearestNeighbour(t *testing.T) {
	pool, queries := features(200, 3), features(20, 4)
	for _, scale := range scales {
		got := choose(t, DRC{Lambda: 0, Scale: scale}, complexities(200, 5), queries, nil)
		for i, c := range got {
			best, at := math.Inf(1), -1
			for j := range 200 {
				d := 0.0
				for k := range dim {
					x := float64(queries[i*dim+k]) - float64(pool[j*dim+k])
					d += x * x
				}
				if d < best {
					best, at = d, j
				}
			}
			if c.Anchor.Index != at || math.Abs(c.Anchor.Fit-best) > 1e-12 {
				t.Errorf("%s: image %d gets patch %d at %v, the nearest is %d at %v", scale, i, c.Anchor.Index, c.Anchor.Fit, at, best)
			}
		}
	}
}

func TestLambdaOneIsTheFlattestForAll(t *testing.T) {
	c := complexities(200, 5)
	flattest := slices.Index(c, slices.Min(c))
	for _, scale := range scales {
		for i, a := range anchors(choose(t, DRC{Lambda: 1, Scale: scale}, c, features(20, 4), nil)) {
			if a != flattest {
				t.Errorf("%s: image %d gets patch %d, the flattest is %d", scale, i, a, flattest)
			}
		}
	}
}

// Pixels scaled by s scale every complexity by s^4. Only the raw scale may notice, and at [0,255] it must.
func TestPixelScalingChangesNoChoice(t *testing.T) {
	c := complexities(200, 5)
	big := slices.Clone(c)
	for i := range big {
		big[i] *= math.Pow(255, 4)
	}
	for _, scale := range scales {
		drc := DRC{Lambda: 0.1, Scale: scale}
		a := anchors(choose(t, drc, c, features(20, 4), nil))
		b := anchors(choose(t, drc, big, features(20, 4), nil))
		if slices.Equal(a, b) != (scale != Raw) {
			t.Errorf("%s: anchors %v become %v", scale, a, b)
		}
	}
}

// At the default the weight decides something, yet not everything.
func TestDefaultLambdaTrades(t *testing.T) {
	mean := func(lambda float64) (fit, c float64) {
		s := Judge(choose(t, DRC{Lambda: lambda, Scale: Percentile}, complexities(200, 5), features(40, 4), nil), nil)
		return s.MeanFit, s.MeanComplexity
	}
	fit0, c0 := mean(0)
	fit1, c1 := mean(0.1)
	fit9, c9 := mean(0.9)
	if !(fit0 < fit1 && fit1 < fit9 && c0 > c1 && c1 > c9) {
		t.Errorf("mean fit %v, %v, %v and complexity %v, %v, %v at lambda 0, 0.1, 0.9: want a trade", fit0, fit1, fit9, c0, c1, c9)
	}
}

func TestTopIsSortedAndHoldsTheAnchor(t *testing.T) {
	for _, c := range choose(t, DRC{Lambda: 0.1, Scale: Percentile}, complexities(30, 5), features(10, 4), nil) {
		if len(c.Top) != 8 || c.Top[0] != c.Anchor || !slices.IsSortedFunc(c.Top, better) {
			t.Errorf("anchor %+v, top %+v", c.Anchor, c.Top)
		}
	}
}

// The assignment costs what the best of all assignments costs, with costs of either sign, on square tables and others.
func TestAssignIsTheBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 300 {
		m := 1 + rng.IntN(5)
		n := m + rng.IntN(3)
		cost := make([]float64, m*n)
		for i := range cost {
			cost[i] = rng.NormFloat64()
		}
		total, taken := 0.0, uint(0)
		for i, j := range assign(m, n, func(i, j int) float64 { return cost[i*n+j] }) {
			if total += cost[i*n+j]; taken>>j&1 == 1 {
				t.Fatalf("column %d is used twice", j)
			}
			taken |= 1 << j
		}
		least := math.Inf(1)
		var try func(i int, taken uint, sum float64)
		try = func(i int, taken uint, sum float64) {
			if i == m {
				least = min(least, sum)
				return
			}
			for j := range n {
				if taken>>j&1 == 0 {
					try(i+1, taken|1<<j, sum+cost[i*n+j])
				}
			}
		}
		if try(0, 0, 0); math.Abs(total-least) > 1e-12 {
			t.Fatalf("%d x %d: the assignment costs %v, the best %v", m, n, total, least)
		}
	}
}

func TestNoRepeat(t *testing.T) {
	drc := DRC{Lambda: 0.5, Scale: Percentile}
	free := Judge(choose(t, drc, complexities(40, 7), features(40, 9), nil), nil)
	drc.NoRepeat = true
	all := Judge(choose(t, drc, complexities(40, 7), features(40, 9), nil), nil) // a full permutation
	if all.Collisions != 0 || math.Abs(all.Entropy-math.Log(40)) > 1e-12 || free.Collisions == 0 {
		t.Errorf("40 images on 40 patches: %+v without repeats, %+v with", all, free)
	}
}

func TestScalesByHand(t *testing.T) {
	v := []float64{2, 1, 4, 1}
	for scale, want := range map[Scale][]float64{
		Raw:    v,
		Rank:   {2. / 3, 0, 1, 0},
		ZScore: {0, -1 / math.Sqrt(1.5), 2 / math.Sqrt(1.5), -1 / math.Sqrt(1.5)},
	} {
		got, _ := ScaleComplexity(v, scale)
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-15 {
				t.Errorf("%s of %v is %v, want %v", scale, v, got, want)
			}
		}
	}
	// 5th and 95th percentile of the logs 0..20 are 1 and 19
	c := make([]float64, 21)
	for i := range c {
		c[i] = math.Exp(float64(i) - 10)
	}
	got, _ := ScaleComplexity(c, Percentile)
	for i, g := range got {
		if want := min(max(float64(i-1)/18, 0), 1); math.Abs(g-want) > 1e-12 {
			t.Errorf("percentile scale of entry %d is %v, want %v", i, g, want)
		}
	}
}

func TestExcludeSelf(t *testing.T) {
	drc := DRC{Lambda: 0, Scale: Raw}
	queries := features(10, 3) // the pool's own first patches
	self := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	c := complexities(30, 5)
	if s := Judge(choose(t, drc, c, queries, self), self); s.SelfRetrieval < 0.999 || s.MeanFit != 0 {
		t.Errorf("patches as queries find themselves at %v, fit %v", s.SelfRetrieval, s.MeanFit)
	}
	drc.ExcludeSelf = true
	for _, drc.NoRepeat = range []bool{false, true} {
		if s := Judge(choose(t, drc, c, queries, self), self); s.SelfRetrieval != 0 {
			t.Errorf("excluded patches come back at rate %v (no repeat: %v)", s.SelfRetrieval, drc.NoRepeat)
		}
	}
}

func TestJudgeByHand(t *testing.T) {
	at := func(i int) Choice { return Choice{Anchor: Candidate{Index: i, Fit: float64(i), Complexity: 2}} }
	s := Judge([]Choice{at(1), at(1), at(1), at(5)}, []int{1, 2, -1, 5})
	want := Stats{Collisions: 0.5, SelfRetrieval: 0.5, Entropy: 0.75*math.Log(4./3) + 0.25*math.Log(4), MeanFit: 2, MeanComplexity: 2}
	if math.Abs(s.Entropy-want.Entropy) > 1e-15 {
		t.Errorf("entropy %v, want %v", s.Entropy, want.Entropy)
	}
	if s.Entropy = want.Entropy; s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
	if (Judge(nil, nil) != Stats{}) {
		t.Error("no choice has figures")
	}
}

func TestPoolRefusals(t *testing.T) {
	z, c := features(4, 3), complexities(4, 5)
	long := slices.Clone(z)
	long[dim] = 9
	for words, call := range map[string]func() error{
		"a patch at least":           func() error { _, err := NewPool(nil, dim, nil, DRC{}); return err },
		"one of each":                func() error { _, err := NewPool(z[:9], dim, c, DRC{}); return err },
		"patch 1: feature of length": func() error { _, err := NewPool(long, dim, c, DRC{}); return err },
		"patch 2 has complexity NaN": func() error { _, err := NewPool(z, dim, []float64{1, 1, math.NaN(), 1}, DRC{}); return err },
		"image 0: retrieval: query":  func() error { return match(z, c, DRC{}, make([]float32, dim), nil) },
		"5 images but 4 patches":     func() error { return match(z, c, DRC{NoRepeat: true}, features(5, 1), nil) },
		"1 starting patches for 2":   func() error { return match(z, c, DRC{ExcludeSelf: true}, features(2, 1), []int{1}) },
		"the pool has no other":      func() error { return match(z[:dim], c[:1], DRC{ExcludeSelf: true}, features(1, 1), []int{0}) },
		"no patch but its own": func() error {
			return match(z[:dim], c[:1], DRC{ExcludeSelf: true, NoRepeat: true}, features(1, 1), []int{0})
		},
		"multiple of 8":             func() error { return match(z, c, DRC{}, make([]float32, 9), nil) },
		"2 distances for 4 patches": func() error { p, _ := NewPool(z, dim, c, DRC{}); _, err := p.Weigh([]float64{1, 2}); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
}

func match(z []float32, c []float64, drc DRC, queries []float32, self []int) error {
	p, err := NewPool(z, dim, c, drc)
	if err == nil {
		_, err = p.Match(queries, self)
	}
	return err
}

// Percentiles as NumPy computes them: numpy.percentile([3, 1, 2, 10], [5, 50, 95]) is 1.15, 2.5, 8.95.
func TestPercentile(t *testing.T) {
	for p, want := range map[float64]float64{5: 1.15, 50: 2.5, 95: 8.95, 0: 1, 100: 10} {
		if got := percentile([]float64{3, 1, 2, 10}, p); math.Abs(got-want) > 1e-12 {
			t.Errorf("percentile %v is %v, want %v", p, got, want)
		}
	}
}
