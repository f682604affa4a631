package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/shared/topology"
)

func cloudOf(t *testing.T, dim int, x ...float64) topology.Cloud {
	t.Helper()
	c, err := topology.NewCloud(x, len(x)/dim, dim)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func near(a, b []float64) bool {
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-12 {
			return false
		}
	}
	return len(a) == len(b)
}

func TestMovesByHand(t *testing.T) {
	c := cloudOf(t, 2, 3, 4, 0, 2, 6, 0) // mean (3, 2)
	for name, got := range map[string]struct {
		cloud topology.Cloud
		want  []float64
	}{
		"scaled by 0.5": {scaled(c, 0.5), []float64{3, 3, 1.5, 2, 4.5, 1}},
		"as it is":      {raw.of(c), []float64{3, 4, 0, 2, 6, 0}},
		"length one":    {unit.of(c), []float64{0.6, 0.8, 0, 1, 1, 0}},
		"to the mean":   {pulled(c, meanAnchor.aims(c, 0), 1), []float64{3, 2, 3, 2, 3, 2}},
		"a quarter":     {pulled(c, cloudOf(t, 2, 7, 0, 0, 2, 6, 4), 0.25), []float64{4, 3, 0, 2, 6, 1}},
		"rows 2 and 0":  {taken(c, []int{2, 0}), []float64{6, 0, 3, 4}},
	} {
		if !near(got.cloud.X, got.want) {
			t.Errorf("%s: %v, want %v", name, got.cloud.X, got.want)
		}
	}
	if !near(c.X, []float64{3, 4, 0, 2, 6, 0}) {
		t.Errorf("the cloud itself became %v", c.X)
	}
}

// No point is its own anchor, and the nearest goes by direction, not by length.
func TestAnchors(t *testing.T) {
	c := cloudOf(t, 2, 1, 0, 10, 1, 0, 1, 1, 8, 1, 1)
	if got, want := nearestAnchor.anchors(c, 1), []int{1, 0, 3, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("nearest of %v: %v, want %v", c.X, got, want)
	}
	for seed := range 5 {
		used := map[int]bool{}
		for i, a := range threeAnchors.anchors(c, seed) {
			if a == i {
				t.Errorf("seed %d: image %d is its own anchor", seed, i)
			}
			used[a] = true
		}
		if len(used) > 3 {
			t.Errorf("seed %d: %d anchors", seed, len(used))
		}
	}
}

// The gradient by raw features is that of the loss as a function of them.
func TestPullBackByDifferences(t *testing.T) {
	phi, weights := cloudOf(t, 3, 1, 2, 2, 0.5, -1, 3), cloudOf(t, 3, 0.3, -2, 1, 4, 0.1, -0.7)
	for _, view := range []convention{raw, unit} {
		loss := func(c topology.Cloud) (sum float64) {
			for i, z := range view.of(c).X {
				sum += weights.X[i] * z
			}
			return sum
		}
		gradient := view.pullBack(phi, weights)
		for i := range phi.X {
			step := func(h float64) topology.Cloud {
				moved := mapped(phi, func(int, []float64) {})
				moved.X[i] += h
				return moved
			}
			if fd := (loss(step(1e-6)) - loss(step(-1e-6))) / 2e-6; math.Abs(fd-gradient.X[i]) > 1e-8 {
				t.Errorf("%s, number %d: %v, by differences %v", view, i, gradient.X[i], fd)
			}
		}
	}
}

func TestTurnByHand(t *testing.T) {
	curve := func(push ...float64) (list []reading) {
		for i, p := range push {
			list = append(list, reading{x: float64(i), push: p})
		}
		return list
	}
	for _, c := range []struct {
		push []float64
		want float64
	}{
		{[]float64{-1, -3, 1, 2}, 1.75},
		{[]float64{2, -1, -1, 1, 5}, 2.5},
		{[]float64{1, 2, 3}, 0},
		{[]float64{-1, 2, -1}, math.NaN()},
	} {
		if got := turn(curve(c.push...)); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("push %v turns at %v, want %v", c.push, got, c.want)
		}
	}
}

func TestSummaryByHand(t *testing.T) {
	s := summarise([]float64{5, 1, math.NaN(), 2, 4})
	if s != (summary{n: 4, mean: 3, low: 1.75, median: 3, high: 4.25}) {
		t.Errorf("%+v", s)
	}
}

// made is a sample of two classes of fifty images, each class around a direction of its own.
func made() *sample {
	s := &sample{title: "made", classes: 2, each: 50, width: 6, blends: map[string][]float32{}}
	for i := range s.classes * s.each * s.width {
		s.real = append(s.real, float32(1+math.Sin(float64(i*i%977))))
	}
	for _, kind := range blendAnchors {
		for _, share := range blendShares {
			s.blends[blendName(kind, share)] = s.real
		}
	}
	return s
}

// Along a scale curve push is s times the slope of the loss by s, so that its sign tells which way descent goes.
func TestPushIsTheSlopeOfTheScaleCurve(t *testing.T) {
	st, err := newStudy(made())
	if err != nil {
		t.Fatal(err)
	}
	tr := st.trials[pairing{10, false}][0]
	target, err := newScale(setting{raw, 15, 0.2}.options(), tr.real)
	if err != nil {
		t.Fatal(err)
	}
	const s, h = 0.6, 1e-5
	list, err := target.curve([]float64{s - h, s, s + h}, func(x float64) topology.Cloud { return scaled(tr.syn, x) })
	if err != nil {
		t.Fatal(err)
	}
	if slope := s * (list[2].total - list[0].total) / (2 * h); math.Abs(slope-list[1].push) > 1e-5*math.Abs(slope) {
		t.Errorf("push %v, slope %v", list[1].push, slope)
	}
	if list[1].kappa <= 0 || list[1].kappa >= 1 || list[1].spread >= 1 {
		t.Errorf("a narrower set has kappa share %v and spread %v", list[1].kappa, list[1].spread)
	}
}

// What is kept and read again gives the same tables, and figures that are XML.
func TestKeptFeaturesGiveTheSame(t *testing.T) {
	file := filepath.Join(t.TempDir(), "features.safetensors")
	if err := made().write(file); err != nil {
		t.Fatal(err)
	}
	kept, err := readSample(file)
	if err != nil {
		t.Fatal(err)
	}
	var tables [2]bytes.Buffer
	for i, s := range []*sample{made(), kept} {
		st, err := newStudy(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(st.draws(&tables[i]), st.margins(&tables[i]), st.pixels(&tables[i])); err != nil {
			t.Fatal(err)
		}
	}
	if tables[0].Len() == 0 || tables[0].String() != tables[1].String() {
		t.Error("the tables differ")
	}
	folder := t.TempDir()
	st, err := newStudy(kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.draw(folder); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.svg"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%d figures (%v), want 4", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(bytes.NewReader(text))
		for err == nil {
			_, err = d.Token()
		}
		if err != io.EOF || strings.Contains(string(text), "NaN") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestSampleRefusesWhatItIsNot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "features.safetensors")
	s := made()
	delete(s.blends, blendName(nearestAnchor, 0.5))
	if err := s.write(file); err != nil {
		t.Fatal(err)
	}
	if _, err := readSample(file); err == nil || !strings.Contains(err.Error(), blendName(nearestAnchor, 0.5)) {
		t.Errorf("error %v, want the missing blend named", err)
	}
}

// A sample of few images has tables without holes, and no figures.
func TestFewImages(t *testing.T) {
	s := made()
	s.each = 12
	cut := s.classes * s.each * s.width
	s.real = s.real[:cut]
	for name, b := range s.blends {
		s.blends[name] = b[:cut]
	}
	st, err := newStudy(s)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := st.descents(&text); err != nil || strings.Contains(text.String(), "NaN") {
		t.Errorf("%v\n%s", err, text.String())
	}
	file := filepath.Join(t.TempDir(), "features.safetensors")
	if err := s.write(file); err != nil {
		t.Fatal(err)
	}
	if err := measure(t.Context(), source{}, file, t.TempDir()); err == nil || !strings.Contains(err.Error(), "the figures want 50") {
		t.Errorf("figures of 12 images: %v", err)
	}
}
