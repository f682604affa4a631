package topology

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/figure"
	"reta/viewer/filtration"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

// The area that is shaded is the kappa the run reported, and the exported curves integrate to it.
func TestShadedAreaIsTheReportedKappa(t *testing.T) {
	v, _ := apptest.WithCloud(t, 1000, 700, apptest.Values{"scene": "topology"})
	d := v.Scene("topology").(*diagrams)
	rows := d.Table(v.Context())
	curve := func(set string, degree int) func(float64) float64 {
		return func(eps float64) float64 {
			for _, r := range rows {
				from, _ := strconv.ParseFloat(r[3], 64)
				to, _ := strconv.ParseFloat(r[4], 64)
				if r[0] == "curve" && r[1] == set && r[2] == strconv.Itoa(degree) && from <= eps && eps < to {
					n, _ := strconv.ParseFloat(r[5], 64)
					return n
				}
			}
			t.Fatalf("no curve of %s in degree %d at %v", set, degree, eps)
			return 0
		}
	}
	for degree := range 2 {
		want := float64(d.Cloud.Kappa[degree])
		if got := figure.Shortfall(d.Shapes[0], d.Shapes[1], degree, d.Cloud.EpsMax); math.Abs(got-want) > 1e-4*(1+want) {
			t.Errorf("degree %d: shaded %v, reported %v", degree, got, want)
		}
		a, b, sum := curve("Real", degree), curve("Synthetic", degree), 0.0
		const steps = 4000
		end := float64(d.Cloud.EpsMax)
		for i := range steps {
			eps := end * (float64(i) + 0.5) / steps
			sum += max(a(eps)-b(eps), 0) * end / steps
		}
		if math.Abs(sum-want) > 0.01*(1+want) {
			t.Errorf("degree %d: the exported curves enclose %v, reported %v", degree, sum, want)
		}
	}
	if d.Cloud.Kappa[0] < 1 {
		t.Errorf("kappa %v: the contracted set lacks nothing", d.Cloud.Kappa)
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, `["Shaded area","`+ui.Number(d.Cloud.Kappa[0])) || !strings.Contains(words, `["Reported by the run","`+ui.Number(d.Cloud.Kappa[0])) {
		t.Errorf("the panel does not show both numbers: %s", words)
	}
}

// A pixel reads as Eqn 10 says: the sum over all bars of persistence times a Gaussian, both in parts of eps max.
func TestImagesAreEqnTen(t *testing.T) {
	v, _ := apptest.WithCloud(t, 1000, 700, apptest.Values{"scene": "topology", "degree": "1"})
	d := v.Scene("topology").(*diagrams)
	const sigma, grid = 0.2, 32
	for set, s := range d.Shapes {
		for _, at := range [][2]int{{3, 20}, {25, 8}} {
			want := 0.0
			for _, b := range s.Bars {
				if b.Degree != 1 {
					continue
				}
				end := float64(s.EpsMax)
				x, y := float64(b.Birth)/end, (math.Min(float64(b.Death), end)-float64(b.Birth))/end
				u, w := (float64(at[0])+0.5)/grid, (float64(at[1])+0.5)/grid
				want += y * math.Exp(-((u-x)*(u-x)+(w-y)*(w-y))/(2*sigma*sigma))
			}
			if got := d.pixels[set][at[1]*grid+at[0]]; math.Abs(got-want) > 1e-9 || want == 0 {
				t.Errorf("set %d, pixel %v: %v, want %v", set, at, got, want)
			}
		}
	}
	var heat ui.Point
	for _, q := range d.cells {
		if q.kind == imageDiff {
			heat = ui.Point{X: q.r.X + 60, Y: q.r.Y + 80}
		}
	}
	v.Update(ui.Input{Now: 301, Inside: true, Pointer: heat})
	column, row, ok := d.pixelAt()
	if !ok {
		t.Fatal("no pixel below the pointer")
	}
	canvas := &uitest.Recorder{W: 1000, H: 700}
	v.Draw(canvas, 302)
	if want := "difference " + ui.Number(d.pixels[0][row*grid+column]-d.pixels[1][row*grid+column]); !strings.Contains(canvas.String(), want) {
		t.Errorf("pixel %d, %d: %q is nowhere", column, row, want)
	}
}

// A bar under the pointer in one figure is lit in all of them, and the map shows the set it belongs to.
func TestFiguresAreLinked(t *testing.T) {
	v, _ := apptest.WithCloud(t, 1200, 900, apptest.Values{"scene": "topology"})
	d := v.Scene("topology").(*diagrams)
	loop := d.Shapes[1].Longest(1)
	if loop < 0 {
		loop = 0
	}
	v.Update(ui.Input{Now: 301, Inside: true, Pointer: apptest.BarPlace(t, &d.codes[1], 1200, 900, loop)})
	if d.Hover != (filtration.Pick{Set: 1, At: loop}) {
		t.Fatalf("hovering finds %v", d.Hover)
	}
	v.Draw(&uitest.Recorder{W: 1200, H: 900}, 302)
	if d.plan.Shape != d.Shapes[1] || d.plan.Focus.Bar() != loop || d.codes[1].Focus.Bar() != loop || d.codes[0].Focus.Hover != figure.None {
		t.Errorf("the map shows %v, bar %d", d.plan.Shape == d.Shapes[1], d.plan.Focus.Bar())
	}
	// every mark of the diagram, filled or hollow, chooses a bar of its place
	area, hits := d.diagram.Area(), [2]int{}
	for y := area.Y - 20; y < area.Y+area.H; y += 3 {
		for x := area.X - 5; x < area.X+area.W; x += 3 {
			v.Update(ui.Input{Now: 303, Inside: true, Pointer: ui.Point{X: x, Y: y}})
			if d.Hover.At >= 0 {
				hits[d.Hover.Set]++
			}
		}
	}
	if hits[0] == 0 || hits[1] == 0 {
		t.Errorf("marks under the pointer: %v", hits)
	}
	v.Update(ui.Input{Now: 304, Inside: true, Clicked: true, Pointer: apptest.BarPlace(t, &d.codes[1], 1200, 900, loop)})
	if filtration.Bar.Int(&v.View) != loop || filtration.BarOf.Of(&v.View) != "syn" {
		t.Errorf("bar %d of %s is chosen", filtration.Bar.Int(&v.View), filtration.BarOf.Of(&v.View))
	}
}

// The keys walk the table from row to row; the chosen row is lit even below the cut.
func TestBarsAreReachedByKeyboard(t *testing.T) {
	v, _ := apptest.WithCloud(t, 900, 600, apptest.Values{"scene": "topology", "sets": "syn"})
	d := v.Scene("topology").(*diagrams)
	list := d.Order("syn")
	for i, want := range list {
		if want.Set != 1 {
			t.Fatalf("row %d is of set %d", i, want.Set)
		}
		v.Update(ui.Input{Now: 301, Acts: []ui.Act{{Name: "bar-move", Arg: "1"}}})
		if got := d.Selected(&v.View); got != want {
			t.Fatalf("row %d: %v, want %v", i, got, want)
		}
		table := d.BarTable(v.Context(), 4)
		if table.Chosen < 0 || table.Args[table.Chosen] != want.String() || len(table.Rows) > 5 {
			t.Fatalf("row %d of %d is lit of %d", table.Chosen, i, len(table.Rows))
		}
	}
	v.Update(ui.Input{Now: 302, Acts: []ui.Act{{Name: "bar-move", Arg: "1"}, {Name: "bar-eps", Arg: "death"}}})
	last := list[len(list)-1]
	if got := d.Selected(&v.View); got != last || float32(filtration.Eps.Of(&v.View)) != d.Shapes[1].Bars[last.At].Death {
		t.Errorf("at the end: %v, eps %v", got, filtration.Eps.Of(&v.View))
	}
	if rows := d.Order("both"); d.Shapes[rows[0].Set].Bars[rows[0].At].Degree != 1 {
		t.Error("loops do not come first")
	}
}

func TestOnePointHasNoDiagram(t *testing.T) {
	v, _ := apptest.WithCloud(t, 900, 600, apptest.Values{"scene": "topology"})
	one := eventtest.RingCloud(t, 1, 13, 40, 0.6)
	one.Syn = event.Set{Points: []float32{0, 0}, Bars: []event.Bar{{Death: one.EpsMax, Essential: true}}}
	apptest.Apply(&v.Live, 400, one)
	canvas := &uitest.Recorder{W: 900, H: 600}
	v.Draw(canvas, 401)
	if words := apptest.PanelText(t, v); !strings.Contains(words, `["reason","With one image per class`) || strings.Contains(words, "Shaded area") {
		t.Errorf("nothing says why there is no diagram: %s", words)
	}
	for _, name := range figureNames {
		apptest.Show(t, v, apptest.Values{"scene": "topology", "class": 1, "figure": name, "degree": "1", "sets": "syn"})
		canvas = &uitest.Recorder{W: 900, H: 600}
		v.Draw(canvas, 402)
		d := v.Scene("topology").(*diagrams)
		for _, q := range d.cells {
			if q.kind == barsSyn || q.kind == betti0 || q.kind == betti1 || q.kind == imageSyn || q.kind == imageDiff {
				t.Errorf("%s: figure %d has nothing to show", name, q.kind)
			}
		}
		if len(d.cells) == 0 || canvas.Count("text") < 2 {
			t.Errorf("%s: nothing is drawn", name)
		}
	}
}

// Another class's real set takes the place of the synthetic one, under its own name, and its bars are told apart.
func TestClassesAreCompared(t *testing.T) {
	v, _ := apptest.WithCloud(t, 900, 600, apptest.Values{"scene": "topology"})
	other := eventtest.RingCloud(t, 0, 9, 18, 0.9)
	apptest.Apply(&v.Live, 400, other)
	apptest.Show(t, v, apptest.Values{"against": "0"})
	v.Draw(&uitest.Recorder{W: 900, H: 600}, 401)
	d := v.Scene("topology").(*diagrams)
	if len(d.Shapes[1].Points) != 18 || d.Name(1) != "cat" || d.Second == "syn" || d.Tint(v.View.Theme, 1) == v.View.Theme.Syn {
		t.Errorf("%d points of %s", len(d.Shapes[1].Points), d.Name(1))
	}
	words := apptest.PanelText(t, v)
	if !strings.Contains(words, "as it was at step 9") || strings.Contains(words, "Reported by the run") {
		t.Errorf("the panel: %s", words)
	}
	apptest.Show(t, v, apptest.Values{"against": ""})
	v.Draw(&uitest.Recorder{W: 900, H: 600}, 402)
	if len(d.Shapes[1].Points) != 40 || d.Second != "syn" || d.Tint(v.View.Theme, 1) != v.View.Theme.Syn {
		t.Error("the synthetic set does not come back")
	}
}

// Figures lie side by side and below each other, none over another or beside the canvas; all are reached by scrolling.
func TestCompositionFits(t *testing.T) {
	for _, name := range figureNames {
		for _, w := range []float64{320, 390, 700, 1000, 1400, 3840} {
			for _, h := range []float64{300, 640, 900, 2160} {
				cells, height := arrange(w, h, name, false)
				for i, a := range cells {
					if a.r.X < 0 || a.r.X+a.r.W > w || a.r.Y < 0 || a.r.Y+a.r.H > max(h, height) || a.r.W < 200 || a.r.H < 150 {
						t.Errorf("%s on %vx%v: figure %d at %v of %v", name, w, h, a.kind, a.r, height)
					}
					for _, b := range cells[:i] {
						if a.r.X < b.r.X+b.r.W && b.r.X < a.r.X+a.r.W && a.r.Y < b.r.Y+b.r.H && b.r.Y < a.r.Y+a.r.H {
							t.Errorf("%s on %vx%v: figures %d and %d overlap", name, w, h, a.kind, b.kind)
						}
					}
				}
				if name != "all" && h >= 900 && height > h+1 && w >= 700 {
					t.Errorf("%s on %vx%v scrolls to %v", name, w, h, height)
				}
			}
		}
	}
	v, _ := apptest.WithCloud(t, 360, 500, apptest.Values{"scene": "topology"})
	d := v.Scene("topology").(*diagrams)
	for range 400 {
		v.Update(ui.Input{Now: 301, Inside: true, Down: true, Drag: ui.Point{Y: -10}, Pointer: ui.Point{X: 20, Y: 250}})
	}
	if math.Abs(d.scroll-(d.height-500)) > 1 || d.height < 1000 || filtration.Eps.Of(&v.View) != -1 {
		t.Errorf("scrolled to %v of %v, eps %v", d.scroll, d.height, filtration.Eps.Of(&v.View))
	}
	if !v.Scrolls() {
		t.Error("the page would scroll instead")
	}
}
