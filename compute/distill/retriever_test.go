package distill

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models/modelstest"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/retrieval"
)

const px = 16 // resolution of the complexities that tests make up

// retrieverCase is a pool of so many candidates a class and images to retrieve for.
type retrieverCase struct {
	candidates    []int
	images, width int
	drc           recipe.DRC
	limit         int64 // bytes a tensor, 0 for the device's own
}

// open uploads a pool of random directions, every third candidate like the one before, with log-normal complexities, as
// real ones nearly are. The queries lie near candidates; every fifth is one. own is that candidate.
func (c retrieverCase) open(t testing.TB) (r *retriever, queries []float32, own [][]int) {
	t.Helper()
	p := &Pool{Width: c.width, start: []int{0}}
	var complexity [][]float64
	for class, n := range c.candidates {
		p.Class = append(p.Class, make([]int, n))
		p.start = append(p.start, p.start[class]+n)
		complexity = append(complexity, make([]float64, n))
		for i := range n {
			complexity[class][i] = float64(float32(2e-5 * math.Exp(graphtest.Normal(uint64(20+class), uint64(i)))))
		}
	}
	p.features = directions(normals(3, p.Size()*c.width), c.width)
	for i := 2; i < p.Size(); i += 3 {
		copy(p.features[i*c.width:(i+1)*c.width], p.features[(i-1)*c.width:])
	}
	queries = normals(4, len(c.candidates)*c.images*c.width)
	for class, n := range c.candidates {
		own = append(own, make([]int, c.images))
		for i := range c.images {
			own[class][i] = i * 7 % n
			q, near := queries[(class*c.images+i)*c.width:][:c.width], p.Features(class)[own[class][i]*c.width:][:c.width]
			for k := range q {
				if q[k] = near[k] + 0.3*q[k]; i%5 == 0 {
					q[k] = near[k]
				}
			}
		}
	}
	directions(queries, c.width)
	job := Job{Emit: func(event.Event) {}, Data: train.Data{Train: modelstest.Stripes(9, 8, 1)}, Recipe: recipe.Recipe{IPC: c.images, DRC: c.drc}}
	dev := graphtest.Device(t)
	if c.limit == 0 {
		c.limit = dev.Info().Limits.StorageRange
	}
	r, err := (&run{ctx: context.Background(), dev: dev, Job: job, pool: p}).newRetriever(0, len(c.candidates), c.limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	r.complexity[px] = complexity
	return r, queries, own
}

// directions scales the rows of v to length 1.
func directions(v []float32, width int) []float32 {
	for at := 0; at < len(v); at += width {
		row := v[at : at+width]
		length := float32(math.Sqrt(distance(row, make([]float32, width))))
		for k := range row {
			row[k] /= length
		}
	}
	return v
}

// Every choice is that of the reference in float64, its terms and the order of the best too, but where two candidates
// score alike within float32: on every scale, for ragged classes, more candidates wanted than there are, duplicates,
// pools of a single candidate and pools in several parts.
func TestRetrieverAgreesWithTheReference(t *testing.T) {
	for _, c := range []retrieverCase{
		{candidates: []int{1}, images: 1, width: 3},
		{candidates: []int{2, 1, 9}, images: 3, width: 8},
		{candidates: []int{63, 64, 65}, images: 17, width: 20},
		{candidates: []int{500, 7, 128, 1}, images: 5, width: 64},
		{candidates: []int{40, 41, 21, 60}, images: 4, width: 16, limit: 5000}, // in parts
	} {
		for _, scale := range scales {
			for _, lambda := range []float64{0, 0.1, 0.7, 1} {
				c.drc = recipe.DRC{Lambda: lambda, Scale: scale, TopM: 8}
				t.Run(fmt.Sprint(c.candidates, c.images, scale, lambda), func(t *testing.T) { c.compare(t) })
			}
		}
		c.drc = recipe.DRC{Lambda: 0.1, Scale: recipe.Percentile, TopM: 1, ExcludeSelf: true}
		if slices.Min(c.candidates) > 1 {
			t.Run(fmt.Sprint(c.candidates, c.images, "exclude self"), func(t *testing.T) { c.compare(t) })
		}
		c.drc.NoRepeat = true
		if slices.Min(c.candidates) > c.images {
			t.Run(fmt.Sprint(c.candidates, c.images, "no repeat, exclude self"), func(t *testing.T) { c.compare(t) })
		}
	}
}

// Classes are large where images are small: what an invocation does for one must not be cut short, on any scale, for all
// the best that can be asked for.
func TestLargeClasses(t *testing.T) {
	for _, scale := range scales {
		c := retrieverCase{candidates: []int{16_000, 3}, images: 2, width: 8, drc: recipe.DRC{Lambda: 0.1, Scale: scale, TopM: 64}}
		t.Run(string(scale), func(t *testing.T) { c.compare(t) })
	}
	c := retrieverCase{candidates: []int{cpuCandidates}, images: 1, width: 4, drc: recipe.DRC{Lambda: 0.1, Scale: recipe.Percentile, TopM: 8}}
	t.Run("largest", func(t *testing.T) { c.compare(t) })
}

// compare checks the device's choices against retrieval.Pool's.
func (c retrieverCase) compare(t *testing.T) {
	r, queries, own := c.open(t)
	got, err := r.choose(queries, px, own)
	if err != nil {
		t.Fatal(err)
	}
	const tol = 2e-5
	for class, n := range c.candidates {
		reference, err := retrieval.NewPool(r.r.pool.Features(class), c.width, r.complexity[px][class], c.drc)
		if err != nil {
			t.Fatal(err)
		}
		mine := queries[class*c.images*c.width : (class+1)*c.images*c.width]
		want, err := reference.Match(mine, own[class])
		if err != nil {
			t.Fatal(err)
		}
		sum, least, taken := 0.0, 0.0, map[int]bool{}
		for i, k := range got[class] {
			list, err := reference.Score(mine[i*c.width : (i+1)*c.width])
			if err != nil {
				t.Fatal(err)
			}
			if len(k.Top) != min(n, c.drc.TopM) {
				t.Fatalf("class %d, image %d: %d best, want %d", class, i, len(k.Top), min(n, c.drc.TopM))
			}
			for at, top := range append([]retrieval.Candidate{k.Anchor}, k.Top...) {
				ref := list[top.Index]
				if math.Abs(top.Fit-ref.Fit) > 2e-6 || top.Complexity != ref.Complexity || math.Abs(top.Score-ref.Score) > tol {
					t.Fatalf("class %d, image %d: candidate %+v, want %+v", class, i, top, ref)
				}
				if at > 0 && math.Abs(ref.Score-want[i].Top[at-1].Score) > tol {
					t.Fatalf("class %d, image %d: place %d is %+v, want %+v", class, i, at, top, want[i].Top[at-1])
				}
			}
			if c.drc.ExcludeSelf && k.Anchor.Index == own[class][i] {
				t.Errorf("class %d, image %d got its own patch", class, i)
			}
			if c.drc.NoRepeat && taken[k.Anchor.Index] {
				t.Errorf("class %d: patch %d is used twice", class, k.Anchor.Index)
			}
			taken[k.Anchor.Index] = true
			if !c.drc.NoRepeat && math.Abs(list[k.Anchor.Index].Score-want[i].Anchor.Score) > tol {
				t.Errorf("class %d, image %d: anchor %+v, want %+v", class, i, k.Anchor, want[i].Anchor)
			}
			sum, least = sum+list[k.Anchor.Index].Score, least+want[i].Anchor.Score
		}
		if math.Abs(sum-least) > tol*float64(c.images) {
			t.Errorf("class %d: anchors score %v in all, the best %v", class, sum, least)
		}
	}
}

// With lambda 0 the anchor is the nearest candidate, the lower of two alike, and a query that is one finds itself at
// distance 0. With lambda 1 it is the flattest for all. Pixels scaled by s, so complexities by s^4, change no choice.
func TestRetrieverProperties(t *testing.T) {
	for _, scale := range scales {
		c := retrieverCase{candidates: []int{120, 77}, images: 11, width: 32, drc: recipe.DRC{Scale: scale, TopM: 3}}
		r, queries, own := c.open(t)
		nearest, err := r.choose(queries, px, own)
		if err != nil {
			t.Fatal(err)
		}
		c.drc.Lambda = 1
		r, _, _ = c.open(t)
		flattest, err := r.choose(queries, px, own)
		if err != nil {
			t.Fatal(err)
		}
		for class := range c.candidates {
			complexity := r.complexity[px][class]
			for i := range c.images {
				best, least := -1, math.Inf(1)
				q := queries[(class*c.images+i)*c.width:][:c.width]
				for k := range complexity {
					if d := distance(q, r.r.pool.Features(class)[k*c.width:][:c.width]); d < least {
						best, least = k, d
					}
				}
				if a := nearest[class][i].Anchor; a.Index != best || math.Abs(a.Fit-least) > 1e-6 || i%5 == 0 && a.Fit > 1e-12 {
					t.Errorf("%s: class %d, image %d gets %d at %v, the nearest is %d at %v", scale, class, i, a.Index, a.Fit, best, least)
				}
				if a := flattest[class][i].Anchor; a.Complexity != slices.Min(complexity) {
					t.Errorf("%s: class %d, image %d gets complexity %v, the least is %v", scale, class, i, a.Complexity, slices.Min(complexity))
				}
			}
		}
		c.drc.Lambda = 0.3
		r, _, _ = c.open(t)
		before, err := r.choose(queries, px, own)
		if err != nil {
			t.Fatal(err)
		}
		for _, class := range r.complexity[px] {
			for i := range class {
				class[i] *= math.Pow(255, 4)
			}
		}
		after, err := r.choose(queries, px, own)
		if err != nil {
			t.Fatal(err)
		}
		same := slices.Equal(indices(before), indices(after))
		if same != (scale != recipe.Raw) {
			t.Errorf("%s: anchors %v become %v", scale, indices(before), indices(after))
		}
	}
}

func indices(choices [][]retrieval.Choice) (all []int) {
	for _, class := range choices {
		for _, c := range class {
			all = append(all, c.Anchor.Index)
		}
	}
	return all
}

func TestRetrieverRefuses(t *testing.T) {
	alone := retrieverCase{candidates: []int{1, 4}, images: 2, width: 4, drc: recipe.DRC{Scale: recipe.Raw, TopM: 2, ExcludeSelf: true}}
	r, queries, own := alone.open(t)
	if _, err := r.choose(queries, px, own); err == nil || !strings.Contains(err.Error(), "class 0: retrieval: image 0 can have no patch") {
		t.Errorf("a pool of the image's own patch: %v", err)
	}
	alone.drc.ExcludeSelf, alone.drc.NoRepeat = false, true
	r, queries, own = alone.open(t)
	if _, err := r.choose(queries, px, own); err == nil || !strings.Contains(err.Error(), "class 0: retrieval: 2 images but 1 patches") {
		t.Errorf("more images than patches: %v", err)
	}
	alone.candidates = []int{2, 4}
	for _, alone.drc.NoRepeat = range []bool{true, false} {
		r, queries, own = alone.open(t)
		queries[len(queries)-1] = float32(math.NaN())
		if _, err := r.choose(queries, px, own); err == nil || !strings.Contains(err.Error(), "class 1: retrieval: image 1 can have no patch: its feature is not finite") {
			t.Errorf("a query that is not a number: %v", err)
		}
	}
	r.r.Recipe.DRC.Scale = "log"
	if _, err := r.r.newRetriever(0, 2, 1<<20); err == nil || !strings.Contains(err.Error(), `scale "log"`) {
		t.Errorf("an unknown scale: %v", err)
	}
}

// A part holds as many classes as its limit lets in, and at least one.
func TestRetrieverParts(t *testing.T) {
	c := retrieverCase{candidates: []int{10, 10, 10, 40, 1, 1}, images: 2, width: 8, drc: recipe.DRC{Scale: recipe.Raw, TopM: 1}}
	for limit, want := range map[int64]string{640: "[2 1 1 2]", 1: "[1 1 1 1 1 1]", 1 << 20: "[6]", 1280: "[3 1 2]"} {
		c.limit = limit
		r, _, _ := c.open(t)
		var counts []int
		for _, p := range r.parts {
			counts = append(counts, p.count)
		}
		if got := fmt.Sprint(counts); got != want {
			t.Errorf("limit %d bytes: parts of %s classes, want %s", limit, got, want)
		}
	}
}
