package figure

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

// results are rows as the scene of evaluation has them.
func results(th ui.Theme) []Measure {
	return []Measure{
		{Head: "convnet3", Label: "distilled images, soft labels", Value: 62.1, Error: 1.1, Singles: []float64{61.2, 62.9, 62.2}, Tint: th.Syn, Reading: "62.1 ± 1.1"},
		{Label: "random real images, soft labels", Value: 58, Error: 1.6, Singles: []float64{57, 58.6, 58.4}, Tint: th.Real, Reading: "58.0 ± 1.6"},
		{Label: "distilled images, hard labels", Value: 41, Error: math.NaN(), Singles: []float64{41}, Tint: th.Syn, Hatched: true, Reading: "41.0"},
		{Label: "whole training set, hard labels", Value: math.NaN(), Error: math.NaN(), Tint: th.Muted, Reading: "0 of 3"},
	}
}

// counts is a confusion of n classes.
func counts(n int) []uint32 {
	rng := rand.New(rand.NewPCG(4, 4))
	out := make([]uint32, n*n)
	for i := range n {
		for range 60 {
			switch rng.IntN(6) {
			case 0:
				out[i*n+rng.IntN(n)]++
			case 1:
				out[i*n+(i+1)%n]++
			default:
				out[i*n+i]++
			}
		}
	}
	return out
}

func curves(th ui.Theme) Curves {
	k := Curves{Plot: ui.Plot{X: ui.Linear(0, 60), XLabel: "epoch", Title: "Accuracy, %"}, Hover: 4}
	for i, tint := range []ui.Color{th.Real, th.Syn} {
		mean := Line{Tint: tint, Width: 2.4, End: true}
		for seed := range 3 {
			rng := rand.New(rand.NewPCG(uint64(i), uint64(seed)))
			l := Line{Tint: tint.Fade(0.5), Width: 1, Dashed: i == 0 && seed == 2}
			for e := 5; e <= 60; e += 5 {
				p := ui.Point{X: float64(e), Y: (56+4*float64(i))*(1-0.8*math.Exp(-float64(e)/10)) + 1.2*rng.NormFloat64()}
				l.Points = append(l.Points, p)
				if seed == 0 {
					mean.Points = append(mean.Points, ui.Point{X: p.X})
				}
				mean.Points[e/5-1].Y += p.Y / 3
			}
			k.Lines = append(k.Lines, l)
		}
		k.Lines = append(k.Lines, mean)
	}
	return k
}

var classNames = []string{"blob", "ring", "two rings", "figure eight", "ring with a dot", "three blobs", "grid of holes", "open arc", "spiral", "cross"}

func classScatter(th ui.Theme) Scatter {
	s := Scatter{Names: classNames, XLabel: "κ →", YLabel: "↑ accuracy, %", Tint: th.Syn, Chosen: 3, Hover: None, Hollow: make([]bool, 10)}
	rng := rand.New(rand.NewPCG(6, 2))
	for i := range 10 {
		s.Points = append(s.Points, ui.Point{X: rng.Float64(), Y: 40 + 40*rng.Float64()})
		s.Hollow[i] = i%4 == 1
	}
	return s
}

// students draws the figures of an evaluation.
func students(c ui.Canvas, th ui.Theme) {
	w, h := c.Size()
	ui.Fill(c, ui.Rect{W: w, H: h}, th.Surface)
	bars := Bars{Rows: results(th), Hover: 1}
	bars.Draw(c, ui.Rect{X: 16, Y: 16, W: 520, H: 200}, th)
	differences := Bars{Signed: true, Hover: None, Rows: []Measure{{Label: "random real images", Value: 4.1, Error: 1.9, Tint: th.Syn, Reading: "+4.1 ± 1.9"},
		{Label: "starting patches", Value: -0.8, Error: 2.2, Tint: th.Muted, Reading: "−0.8 ± 2.2"}}}
	differences.Draw(c, ui.Rect{X: 230, Y: 240, W: 310, H: 90}, th)
	plain := Bars{Plain: true, Tall: 16, Hover: None, Most: 0.2}
	for i, v := range []float64{0.16, 0.12, 0.1, 0.09, 0.08} {
		plain.Rows = append(plain.Rows, Measure{Label: classNames[i], Value: v, Error: math.NaN(), Tint: th.Muted, Reading: ui.Number(v)})
	}
	plain.Rows[0].Tint = th.Accent
	plain.Draw(c, ui.Rect{X: 16, Y: 240, W: 200, H: 90}, th)
	k := curves(th)
	k.Draw(c, ui.Rect{X: 560, Y: 10, W: 500, H: 320}, th)
	s := classScatter(th)
	s.Draw(c, ui.Rect{X: 16, Y: 350, W: 500, H: 320}, th)
	m := Matrix{Counts: counts(10), Names: classNames, Right: th.BN, Wrong: th.Groups[2], Chosen: 3}
	m.Draw(c, ui.Rect{X: 540, Y: 340, W: 420, H: 380}, th)
	m.Mark(c, 2, 3, th)
	small := Matrix{Counts: counts(100), Right: th.BN, Wrong: th.Groups[2], Chosen: None}
	small.Draw(c, ui.Rect{X: 970, Y: 360, W: 220, H: 260}, th)
	p := m.Area()
	Tooltip(c, th, ui.Point{X: p.X + p.W*0.35, Y: p.Y + p.H*0.25}, m.Describe(2, 3), nil)
}

func TestStudentsGallery(t *testing.T) {
	for name, th := range themes(t) {
		scale := 1.0
		if *gallery != "" {
			scale = 1.5
		}
		c, err := uitest.NewRaster(1204, 736, scale)
		if err != nil {
			t.Fatal(err)
		}
		students(c, th)
		if *gallery != "" {
			if err := c.Save(filepath.Join(*gallery, name+"-students.png")); err != nil {
				t.Fatal(err)
			}
		}
		for what, area := range map[string]ui.Rect{"bars": {X: 16, Y: 16, W: 520, H: 200}, "curves": {X: 560, Y: 10, W: 500, H: 320},
			"scatter": {X: 16, Y: 350, W: 500, H: 320}, "matrix": {X: 540, Y: 340, W: 420, H: 380}} {
			colours := map[ui.Color]int{}
			for y := area.Y; y < area.Y+area.H; y++ {
				for x := area.X; x < area.X+area.W; x++ {
					colours[c.At(ui.Point{X: x, Y: y})]++
				}
			}
			if len(colours) < 12 {
				t.Errorf("%s: the %s shows %d colours", name, what, len(colours))
			}
		}
	}
}

// A bar ends at its value, its error bar spans the error, and a click finds the row.
func TestBarsAreToScale(t *testing.T) {
	th := theme(t)
	c := raster(t, 540, 240)
	ui.Fill(c, ui.Rect{W: 540, H: 240}, th.Surface)
	b := Bars{Rows: results(th), Most: 80, Hover: None}
	b.Draw(c, ui.Rect{X: 10, Y: 10, W: 520, H: 200}, th)
	for i := range b.Rows {
		r := b.Row(i)
		if got := b.RowAt(r.Centre()); got != i {
			t.Errorf("row %d is hit as %d", i, got)
		}
	}
	if b.RowAt(ui.Point{X: 50, Y: 12}) != None || b.Row(9) != (ui.Rect{}) {
		t.Error("a row is hit on the head of its group")
	}
	painted := func(i int, v, dy float64) ui.Color { return c.At(ui.Point{X: b.x(v), Y: b.Row(i).Centre().Y + dy}) }
	fill := painted(0, 5, 4)
	if fill == th.Surface || painted(0, 62.1-0.5, 6) != fill || painted(0, 62.1+0.7, 6) == fill {
		t.Error("the bar does not end at its value")
	}
	if at := painted(0, 62.1+1.1, 0); at != th.Ink {
		t.Errorf("at the end of the error bar there is %v", at)
	}
	if at := painted(0, 62.1+1.9, 0); at == th.Ink {
		t.Error("the error bar is too long")
	}
	if painted(3, 5, 0) != painted(3, 33, 0) {
		t.Error("a value that is not known has a bar")
	}
	d := Bars{Signed: true, Rows: []Measure{{Value: -2, Error: 1, Tint: th.Syn}, {Value: 3, Error: math.NaN(), Tint: th.Syn}}, Hover: None}
	ui.Fill(c, ui.Rect{W: 540, H: 240}, th.Surface)
	d.Draw(c, ui.Rect{X: 10, Y: 10, W: 520, H: 100}, th)
	for i, m := range d.Rows {
		if at := c.At(ui.Point{X: d.x(m.Value), Y: d.Row(i).Centre().Y}); at != th.Syn || (d.x(m.Value) < d.x(0)) != (m.Value < 0) {
			t.Errorf("the difference %v is marked by %v", m.Value, at)
		}
	}
	huge := Bars{Rows: []Measure{{Value: math.Inf(1), Error: math.NaN()}, {Value: -3, Error: math.Inf(1)}, {Value: 1e300, Error: 1e308, Singles: []float64{math.Inf(-1), 1}}}, Hover: 7}
	r := &uitest.Recorder{W: 300, H: 200}
	huge.Draw(r, ui.Rect{W: 300, H: 200}, th)
	if s := r.String(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
		t.Errorf("odd values are drawn:\n%s", s)
	}
}

func TestCurvesHitWhatTheyDrew(t *testing.T) {
	th := theme(t)
	k := curves(th)
	k.Draw(raster(t, 540, 340), ui.Rect{X: 10, Y: 10, W: 500, H: 320}, th)
	for line, l := range k.Lines {
		for at, p := range l.Points {
			got, where := k.LineAt(k.Place(p))
			near := k.Place(k.Lines[got].Points[where]).Sub(k.Place(p))
			if got == None || got != line && math.Hypot(near.X, near.Y) > 10 || got == line && where != at {
				t.Errorf("point %d of line %d is hit as %d of %d", at, line, where, got)
			}
		}
	}
	if line, _ := k.LineAt(ui.Point{X: k.Area().X + 300, Y: k.Area().Y + k.Area().H - 5}); line != None {
		t.Errorf("line %d is hit far from it", line)
	}
	if _, hi, _ := ui.Range(false, k.Lines[4].Points); k.Plot.Y.Max < hi {
		t.Error("the axis ends below a line")
	}
}

func TestScatterHitsWhatItDrew(t *testing.T) {
	th := theme(t)
	s := classScatter(th)
	s.Points[7] = ui.Point{X: math.NaN(), Y: 1}
	c := &uitest.Recorder{W: 500, H: 320}
	s.Draw(c, ui.Rect{W: 500, H: 320}, th)
	for i := range s.Points {
		got := s.PointAt(s.Place(i).Add(ui.Point{X: 0.5}))
		if i == 7 && got != None || i != 7 && got != i {
			t.Errorf("point %d is hit as %d", i, got)
		}
	}
	if n := strings.Count(c.String(), `"figure eight"`); n != 1 {
		t.Errorf("the chosen point is named %d times", n)
	}
	right := s.Place(slices.IndexFunc(s.Points, func(p ui.Point) bool { return p == slices.MaxFunc(s.Points, cmpX) }))
	for i := range s.Points {
		if i != 7 && s.Place(i).X > right.X {
			t.Errorf("point %d lies right of the largest", i)
		}
	}
	one := Scatter{Points: []ui.Point{{X: 2, Y: 3}}, Chosen: None, Hover: 0}
	one.Draw(&uitest.Recorder{W: 300, H: 200}, ui.Rect{W: 300, H: 200}, th)
	if one.PointAt(one.Place(0)) != 0 {
		t.Error("a point alone is not hit")
	}
}

func cmpX(a, b ui.Point) int {
	switch {
	case a.X < b.X || math.IsNaN(a.X):
		return -1
	case a.X > b.X:
		return 1
	}
	return 0
}

func TestMatrixHitsWhatItDrew(t *testing.T) {
	th := theme(t)
	for _, n := range []int{1, 3, 10, 100} {
		c := raster(t, 460, 420)
		m := Matrix{Counts: counts(n), Right: th.BN, Wrong: th.Groups[2], Chosen: None}
		m.Draw(c, ui.Rect{X: 10, Y: 10, W: 440, H: 400}, th)
		cell := m.Area().W / float64(n)
		for _, at := range [][2]int{{0, 0}, {n - 1, 0}, {n / 2, n - 1}, {n - 1, n - 1}} {
			p := ui.Point{X: m.Area().X + cell*(float64(at[1])+0.5), Y: m.Area().Y + cell*(float64(at[0])+0.3)}
			if row, column, ok := m.CellAt(p); !ok || row != at[0] || column != at[1] {
				t.Errorf("of %d classes, cell %v is hit as %d, %d", n, at, row, column)
			}
		}
		if _, _, ok := m.CellAt(ui.Point{X: m.Area().X - 2, Y: m.Area().Y + 5}); ok {
			t.Error("a cell is hit beside the matrix")
		}
	}
	m := Matrix{Counts: []uint32{3, 1, 0, 4}, Names: []string{"cat", "dog"}, Chosen: None}
	m.Draw(raster(t, 300, 300), ui.Rect{W: 300, H: 300}, th)
	if got := strings.Join(m.Describe(0, 1), "; "); got != "cat; answered dog: 1, 25.0 % of its answers" {
		t.Errorf("a cell says %q", got)
	}
	if got := strings.Join(m.Describe(1, 1), "; "); got != "dog; answered right: 4, 100.0 % of its answers" {
		t.Errorf("a cell on the diagonal says %q", got)
	}
	for _, counts := range [][]uint32{nil, make([]uint32, 5), make([]uint32, 9)} { // none, no square, no answers
		odd, c := Matrix{Counts: counts, Chosen: 50}, &uitest.Recorder{W: 300, H: 300}
		odd.Draw(c, ui.Rect{W: 300, H: 300}, th)
		odd.Mark(c, 7, 7, th)
		if strings.Contains(c.String(), "NaN") {
			t.Errorf("%d counts: %s", len(counts), c)
		}
	}
}
