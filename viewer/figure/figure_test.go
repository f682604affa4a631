package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/shared/topology"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

func theme(t testing.TB) ui.Theme { return themes(t)["light"] }

func raster(t testing.TB, w, h int) *uitest.Raster {
	t.Helper()
	c, err := uitest.NewRaster(w, h, 2)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMapHitsWhatItDrew(t *testing.T) {
	th, s := theme(t), build(t, scatter(40, 0.2, 6), Build{K: 5})
	c := raster(t, 400, 300)
	m := Map{Shape: s, Fit: FitPoints(s.Points), Focus: At(0.3), Point: None}
	m.Draw(c, ui.Rect{X: 20, Y: 10, W: 360, H: 280}, th)
	k := s.At(0.3)
	for i, p := range s.Points {
		q := m.Place(p)
		if b := m.Unplace(q); math.Hypot(b.X-p.X, b.Y-p.Y) > 1e-9 {
			t.Errorf("point %d: %v goes to %v and back to %v", i, p, q, b)
		}
		if got := m.PointAt(ui.Point{X: q.X + 0.3, Y: q.Y - 0.2}); got != i {
			if d := m.Place(s.Points[max(got, 0)]).Sub(q); got < 0 || math.Hypot(d.X, d.Y) > 1 {
				t.Errorf("point %d is hit as %d", i, got)
			}
		}
		alone := !slices.ContainsFunc(s.Points, func(o ui.Point) bool {
			d := m.Place(o).Sub(q)
			return o != p && math.Hypot(d.X, d.Y) < 12
		})
		if alone && c.At(q) != GroupColor(th, k.Group[i]) {
			t.Errorf("point %d shows %v, want the colour of group %d", i, c.At(q), k.Group[i])
		}
	}
	if m.PointAt(ui.Point{X: 1, Y: 1}) != None {
		t.Error("a point is hit outside of the map")
	}
	across, up := m.Place(ui.Point{X: 1}).Sub(m.Place(ui.Point{})), m.Place(ui.Point{Y: 1}).Sub(m.Place(ui.Point{}))
	if math.Abs(across.X+up.Y) > 1e-9 || across.Y != 0 || up.X != 0 || up.Y >= 0 {
		t.Errorf("the axes are not equal, or y does not grow upwards: %v %v", across, up)
	}
}

// What has not appeared yet is dashed, what has is not; one call paints all edges of
// a colour.
func TestMapShowsWhatABarIsMadeOf(t *testing.T) {
	th, s := theme(t), FromSet(square(), 2)
	draw := func(eps float32, bar int) *uitest.Recorder {
		c := &uitest.Recorder{W: 300, H: 300}
		m := Map{Shape: s, Fit: FitPoints(s.Points), Focus: At(eps), Point: None}
		m.Focus.Select = bar
		m.Draw(c, ui.Rect{W: 300, H: 300}, th)
		return c
	}
	accent, topo := "#3451b2/255", "#a8327d/255"
	count := func(c *uitest.Recorder, what, colour string) (n int) {
		for _, call := range c.Calls {
			if strings.HasPrefix(call, what) && strings.HasSuffix(call, colour) {
				n++
			}
		}
		return n
	}
	for _, w := range []struct {
		eps            float32
		bar            int
		line, dash     int // in the selection's colour: rings are lines too
		killed, killer int // outline of the death triangle, whole and dashed
	}{
		{0.9, None, 0, 0, 0, 0},
		{0.9, 5, 2, 2, 0, 1}, // two rings; cycle and birth edge dashed
		{1.2, 5, 4, 0, 0, 1},
		{1.4, 5, 4, 0, 1, 0},
		{0.9, 1, 1, 1, 0, 0}, // one point joins two; they are ringed in a fainter colour
		{1, 1, 2, 0, 0, 0},
	} {
		c := draw(w.eps, w.bar)
		if got := [4]int{count(c, "polyline", accent), count(c, "segments", accent), count(c, "polyline", topo), count(c, "segments", topo)}; got != [4]int{w.line, w.dash, w.killed, w.killer} {
			t.Errorf("eps %v, bar %d: %v, want %v\n%s", w.eps, w.bar, got, w, c)
		}
	}
	if n := draw(1.4, None).Count("segments"); n != 1 {
		t.Errorf("five edges of one component take %d calls, want 1", n)
	}
}

func TestMapDrawsThumbnailsInView(t *testing.T) {
	c := &uitest.Recorder{W: 300, H: 300}
	pts := []ui.Point{{X: 0, Y: 0}, {X: 1, Y: 1}, {X: 50, Y: 50}}
	m := Map{Shape: FromSet(event.Set{Points: []float32{0, 0, 1, 1, 50, 50}}, 1), Fit: FitPoints(pts[:2]), Point: None,
		Picture: func(i int) *ui.Picture {
			if i == 1 {
				return nil
			}
			return thumbnail(i)
		}}
	m.Draw(c, ui.Rect{W: 300, H: 300}, theme(t))
	if n := c.Count("picture"); n != 1 {
		t.Errorf("%d pictures, want 1: the second has none, the third is out of sight", n)
	}
}

func TestBarcodeHitsWhatItDrew(t *testing.T) {
	th := theme(t)
	for name, s := range cases(t) {
		c := raster(t, 400, 400)
		ui.Fill(c, ui.Rect{W: 400, H: 400}, th.Surface)
		b := Barcode{Shape: s, Tint: th.Real, Focus: At(s.EpsMax)}
		b.Draw(c, ui.Rect{W: 400, H: 400}, th)
		rows, split := s.Rows()
		for row, bar := range rows {
			if b.tall(row) >= 6 {
				if got := b.BarAt(ui.Point{X: 200, Y: b.y(row)}); got != bar {
					t.Errorf("%s: row %d is hit as bar %d, want %d", name, row, got, bar)
				}
			}
			v := s.Bars[bar]
			x := (b.x(v.Birth) + b.x(min(v.Death, s.EpsMax))) / 2
			want := th.Real.Mix(th.Surface, 0.55)
			if row >= split {
				want = th.Topo.Mix(th.Surface, 0.55)
			}
			if got := c.At(ui.Point{X: x, Y: b.y(row)}); !v.Essential && b.x(v.Death)-b.x(v.Birth) > 8 && b.tall(row) > 4 && got != want {
				t.Errorf("%s: bar %d shows %v in its middle, want %v", name, bar, got, want)
			}
		}
		for _, eps := range []float32{0, s.EpsMax / 3, s.EpsMax} {
			if got := b.EpsAt(b.x(eps)); math.Abs(float64(got-eps)) > 1e-5 {
				t.Errorf("%s: eps %v is read as %v", name, eps, got)
			}
		}
		if b.EpsAt(-50) != 0 || b.EpsAt(1e4) != s.EpsMax || !b.Grip(ui.Point{X: b.x(0), Y: b.area.Y - 10}) {
			t.Errorf("%s: eps leaves the axis, or its handle cannot be held", name)
		}
	}
}

func TestBarsThatNeverDieHaveArrows(t *testing.T) {
	th, s := theme(t), FromSet(square(), 2)
	b := Barcode{Shape: s, Tint: th.Real, Focus: At(1)}
	c := &uitest.Recorder{W: 300, H: 200}
	b.Draw(c, ui.Rect{W: 300, H: 200}, th)
	arrows := 0
	for _, call := range c.Calls {
		if strings.HasPrefix(call, "polygon [287 ") { // right of the axis, which ends at 286
			arrows++
		}
	}
	if arrows != 2 {
		t.Errorf("%d arrowheads for 2 bars that never die\n%s", arrows, c)
	}
}

func TestDiagramHitsWhatItDrew(t *testing.T) {
	th := theme(t)
	for name, s := range cases(t) {
		d := Diagram{Shape: s, Tint: th.Real, Focus: At(s.EpsMax / 2)}
		d.Draw(raster(t, 300, 300), ui.Rect{W: 300, H: 300}, th)
		seen := 0
		for _, spot := range d.spots {
			seen += len(spot.bars)
			if got := d.BarAt(spot.at); got < 0 || math.Abs(d.place(s.Bars[got]).Y-spot.at.Y) > 7 {
				t.Errorf("%s: the mark of bars %v is hit as %d", name, spot.bars, got)
			}
		}
		rows, _ := s.Rows()
		if seen != len(rows) {
			t.Errorf("%s: marks for %d bars, want %d", name, seen, len(rows))
		}
		if d.BarAt(ui.Point{X: d.area.X + d.area.W, Y: d.area.Y + d.area.H}) != None {
			t.Errorf("%s: a bar is hit below the diagonal", name)
		}
	}
}

// Of bars in one place the chosen one keeps the pointer, and their number is written.
func TestDiagramCounts(t *testing.T) {
	th, s := theme(t), FromSet(square(), 2)
	d := Diagram{Shape: s, Tint: th.Real, Focus: At(1)}
	d.Focus.Select = 2
	c := &uitest.Recorder{W: 300, H: 300}
	d.Draw(c, ui.Rect{W: 300, H: 300}, th)
	if got := d.BarAt(d.place(s.Bars[0])); got != 2 {
		t.Errorf("three bars in one place are hit as %d, want the chosen one, 2", got)
	}
	for _, text := range []string{`"×3"`, `"×2"`, `"∞"`} {
		if c.Count("text "+text) != 1 {
			t.Errorf("%s is not written once\n%s", text, c)
		}
	}
}

func TestHeatShowsItsPixels(t *testing.T) {
	s := build(t, scatter(40, 0.2, 4), Build{})
	im := topology.Imager{Grid: 32, Sigma: 0.08, Exponent: 1}
	a := s.Images(im)
	if want := (topology.Imager{Grid: 32, Sigma: 0.08, Exponent: 1, EpsMax: float64(s.EpsMax)}).Image(s.homology.Bars[1]); !closeTo(a[1], want, 1e-5) {
		t.Error("the image of the told bars is not that of the homology")
	}
	for name, th := range themes(t) {
		h := Heat{Pixels: Difference(a[0], a[1]), Grid: 32, Hue: th.Real, Below: th.Syn, EpsMax: s.EpsMax}
		h.Most = MostOf(h.Pixels)
		c := raster(t, 320, 320)
		h.Draw(c, ui.Rect{W: 320, H: 320}, th)
		cell := h.area.W / 32
		above, below := Rising(th.Real, th), Rising(th.Syn, th)
		for row := range 32 {
			for column := range 32 {
				p := ui.Point{X: h.area.X + (float64(column)+0.5)*cell, Y: h.area.Y + h.area.H - (float64(row)+0.5)*cell}
				if i, j, ok := h.CellAt(p); !ok || i != column || j != row {
					t.Fatalf("%s: pixel %d, %d is hit as %d, %d, %v", name, column, row, i, j, ok)
				}
				v := h.Pixels[row*32+column]
				want := above.At(v / h.Most)
				if v < 0 {
					want = below.At(-v / h.Most)
				}
				if got := c.At(p); got != want {
					t.Fatalf("%s: pixel %d, %d of value %v shows %v, want %v", name, column, row, v, got, want)
				}
			}
		}
		version := h.image.Version
		h.Draw(c, ui.Rect{W: 300, H: 300}, th)
		if h.image.Version != version {
			t.Errorf("%s: an unchanged image was made anew", name)
		}
		h.Pixels[5]++
		h.Draw(c, ui.Rect{W: 300, H: 300}, th)
		if h.image.Version == version {
			t.Errorf("%s: a changed image was not made anew", name)
		}
	}
}

func closeTo(a, b []float64, e float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= e*(1+math.Abs(y)) })
}

// The scales of colours begin at the surface and move steadily away from it.
func TestRampsRise(t *testing.T) {
	for name, th := range themes(t) {
		for _, hue := range []ui.Color{th.Real, th.Syn, th.Topo, th.Anchor} {
			r := Rising(hue, th)
			if r[0] != th.Surface {
				t.Errorf("%s: the scale of %v begins at %v, want %v", name, hue, r[0], th.Surface)
			}
			sign := math.Copysign(1, lab(r[255])[0]-lab(r[0])[0])
			for i := 4; i < 256; i += 4 {
				if step := sign * (lab(r[i])[0] - lab(r[i-4])[0]); step < 1e-4 {
					t.Errorf("%s: the scale of %v does not go on at %d: lightness moves by %v", name, hue, i, step)
				}
			}
		}
	}
}

// The shaded area is what the server reports.
func TestShortfallIsKappa(t *testing.T) {
	for seed := range uint64(8) {
		o := Build{K: 5 * int(seed%2)}
		real, syn := build(t, scatter(40, 0.1, seed), o), build(t, scatter(40, 0.1+0.1*float64(seed), seed+50), o)
		for _, end := range []float32{real.EpsMax, real.EpsMax / 3, 2 * real.EpsMax} {
			k := topology.MeasureKappa(real.homology, syn.homology, float64(end))
			for degree, want := range []float64{k.H0, k.H1} {
				if got := Shortfall(real, syn, degree, end); math.Abs(got-want) > 1e-5*(1+want) {
					t.Errorf("seed %d, degree %d up to %v: shaded %v, kappa %v", seed, degree, end, got, want)
				}
			}
		}
	}
	a, b := FromSet(square(), 2), FromSet(event.Set{}, 2)
	if got := Shortfall(a, b, 0, 2); got != 7 { // three bars of length 1 and two of 2
		t.Errorf("nothing lacks %v of the square's components, want 7", got)
	}
	if got := Shortfall(a, b, 1, 2); math.Abs(got-0.4) > 1e-6 {
		t.Errorf("nothing lacks %v of the square's loop, want 0.4", got)
	}
	if Shortfall(b, a, 0, 2) != 0 || Shortfall(a, a, 0, 2) != 0 {
		t.Error("kappa is not one-sided")
	}
}

// The area in pixels is the number times the scales of the axes.
func TestBettiShadesKappa(t *testing.T) {
	th := theme(t)
	real, syn := build(t, scatter(30, 0.1, 1), Build{}), build(t, scatter(30, 0.3, 2), Build{})
	b := Betti{Real: real, Syn: syn, Degree: 0, Most: 32, Focus: At(0.2)}
	c := &triangles{Recorder: uitest.Recorder{W: 400, H: 300}}
	b.Draw(c, ui.Rect{W: 400, H: 300}, th)
	area := b.Area()
	unit := area.W / float64(b.EpsMax) * area.H / 32
	if want := Shortfall(real, syn, 0, b.EpsMax) * unit; want == 0 || math.Abs(c.area-want) > 1e-6*want {
		t.Errorf("%v square pixels are shaded, want %v", c.area, want)
	}
	if got := b.EpsAt(area.X + area.W/2); math.Abs(float64(got-b.EpsMax/2)) > 1e-6 {
		t.Errorf("the middle is read as %v of %v", got, b.EpsMax)
	}
}

// triangles measures what Triangles fills.
type triangles struct {
	uitest.Recorder
	area float64
}

func (c *triangles) Triangles(pts []ui.Point, _ ui.Color) {
	for i := 0; i+2 < len(pts); i += 3 {
		a, b := pts[i+1].Sub(pts[i]), pts[i+2].Sub(pts[i])
		c.area += math.Abs(a.X*b.Y-a.Y*b.X) / 2
	}
}

func TestStackHitsWhatItDrew(t *testing.T) {
	th := theme(t)
	s := Stack{Hover: None, Rows: []Row{{Label: "a", Fit: 1, Complexity: 1, Y: 40}, {Label: "b", Fit: 2, Complexity: 2, Y: 0, Winner: true}, {Label: "c", Fit: 1, Y: 400}}}
	c := raster(t, 300, 200)
	ui.Fill(c, ui.Rect{W: 300, H: 200}, th.Surface)
	r := ui.Rect{X: 10, Y: 20, W: 280, H: 120}
	s.Draw(c, r, th)
	for y, want := range map[float64]int{25: 1, 55: None, 65: 0, 130: None, 10: None} {
		if got := s.RowAt(ui.Point{X: 60, Y: y}); got != want {
			t.Errorf("y %v is hit as row %d, want %d", y, got, want)
		}
	}
	width := func(y float64) (n int) {
		for x := 100.0; x < 300; x += 0.5 {
			if c.At(ui.Point{X: x, Y: y}) == th.Real {
				n++
			}
		}
		return n
	}
	if a, b := width(75), width(35); a == 0 || math.Abs(float64(b)-2*float64(a)) > 2 {
		t.Errorf("a fit of 1 is %d half pixels wide and one of 2 %d", a, b)
	}
}

func TestTooltipStaysInside(t *testing.T) {
	c := &uitest.Recorder{W: 300, H: 200}
	for _, at := range []ui.Point{{}, {X: 300}, {Y: 200}, {X: 300, Y: 200}, {X: 150, Y: 100}} {
		r := Tooltip(c, theme(t), at, []string{"a title of some length", "more"}, thumbnail(1))
		if r.X < 0 || r.Y < 0 || r.X+r.W > 300 || r.Y+r.H > 200 {
			t.Errorf("at %v the box is %v", at, r)
		}
		if r.Contains(at) && at.X > 0 && at.X < 300 {
			t.Errorf("at %v the box covers the place", at)
		}
	}
}

func TestDescribe(t *testing.T) {
	s := FromSet(square(), 2)
	s.Index = []int{10, 11, 12, 13, 14}
	for bar, want := range map[int]string{
		None: "[]", 0: "[component merges with another at ε 1 by the edge 10 – 11]",
		3: "[component that never dies born at ε 0, open at the end, 2]",
		5: "[loop of length 0.4 born at ε 1, dies at 1.4 closed by the edge 10 – 13 filled by the triangle 10 – 12 – 13]",
	} {
		if got := fmt.Sprint(s.Describe(bar)); got != want {
			t.Errorf("bar %d: %s, want %s", bar, got, want)
		}
	}
}

// A figure draws nothing, and hits nothing, where it has no data or no room.
func TestFiguresWithoutDataOrRoom(t *testing.T) {
	th, s := theme(t), build(t, scatter(9, 0.1, 1), Build{})
	nan := float32(math.NaN())
	odd := event.Set{Points: []float32{nan, 0, 1, 1}, Edges: []event.Edge{{I: 0, J: 1, Length: nan}},
		Bars: []event.Bar{{Birth: nan, Death: 1}, {Degree: 1, Birth: 0, Death: nan, DeathEdge: [2]int{0, 1}}, {Degree: 7}}}
	for _, shape := range []*Shape{nil, FromSet(event.Set{}, 0), FromSet(odd, nan), s} {
		for _, r := range []ui.Rect{{}, {W: 20, H: 8}, {W: 8, H: 300}, {W: 300, H: 200}} {
			c := &uitest.Recorder{W: 300, H: 200}
			m, b := Map{Shape: shape, Point: 99, Focus: Focus{Hover: 99, Select: None}}, Barcode{Shape: shape, Focus: Focus{Hover: 99, Select: None}}
			d, e := Diagram{Shape: shape, Focus: Focus{Hover: 99, Select: None}}, Betti{Real: shape, Syn: shape}
			h, k := Heat{Grid: 4, Pixels: make([]float64, 3)}, Stack{Rows: []Row{{Label: "x"}}}
			sp := Spark{Values: []float64{math.NaN()}}
			h2 := Heat{Grid: 1, Pixels: []float64{math.NaN()}, Most: 1}
			for _, f := range []interface {
				Draw(ui.Canvas, ui.Rect, ui.Theme)
			}{&m, &b, &d, &e, &h, &h2, &k, &sp} {
				f.Draw(c, r, th)
			}
			if r.Empty() && (m.PointAt(ui.Point{}) != None || b.BarAt(ui.Point{}) != None || d.BarAt(ui.Point{}) != None || k.RowAt(ui.Point{}) != None) {
				t.Error("something is hit where nothing is")
			}
			if strings.Contains(c.String(), "NaN") || strings.Contains(c.String(), "Inf") {
				t.Errorf("in %v something is drawn nowhere:\n%s", r, c)
			}
		}
	}
}
