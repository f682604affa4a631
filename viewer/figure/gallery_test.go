package figure

import (
	"flag"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"reta/shared/topology"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

var gallery = flag.String("gallery", "", "folder to write pictures of all figures to, to be looked at")

// thumbnail is a small picture with some structure.
func thumbnail(i int) *ui.Picture {
	rgb := make([]byte, 16*16*3)
	rng := rand.New(rand.NewPCG(uint64(i), 7))
	r, g, b := rng.IntN(256), rng.IntN(256), rng.IntN(256)
	for p := range 256 {
		d := int(40 * math.Hypot(float64(p%16)-8, float64(p/16)-8) / 8)
		rgb[3*p], rgb[3*p+1], rgb[3*p+2] = byte(min(r+d, 255)), byte(max(g-d, 0)), byte(min(b+2*d, 255))
	}
	p := &ui.Picture{}
	p.SetRGB(16, 16, rgb)
	return p
}

// closer draws a large loop before, in and after its life, and figures in little room.
func closer(t testing.TB, c ui.Canvas, th ui.Theme) {
	w, h := c.Size()
	ui.Fill(c, ui.Rect{W: w, H: h}, th.Surface)
	s := build(t, scatter(48, 0.1, 21), Build{})
	loop := s.Longest(1)
	b := s.Bars[loop]
	for i, eps := range []float32{b.Birth * 0.7, (b.Birth + b.Death) / 2, b.Death * 1.02} {
		m := Map{Shape: s, Fit: FitPoints(s.Points), Focus: At(eps), Point: None}
		m.Focus.Select = loop
		m.Draw(c, ui.Rect{X: 16 + 398*float64(i), Y: 16, W: 384, H: 384}, th)
	}
	bars := Barcode{Shape: s, Tint: th.Syn, Focus: At(b.Birth)}
	bars.Draw(c, ui.Rect{X: 16, Y: 420, W: 180, H: 140}, th)
	d := Diagram{Shape: s, Tint: th.Syn, Focus: At(b.Birth)}
	d.Draw(c, ui.Rect{X: 212, Y: 420, W: 180, H: 180}, th)
	heat := Heat{Pixels: s.Images(topology.Imager{Grid: 32, Sigma: 0.05, Exponent: 1})[0], Grid: 32, Hue: th.Real, EpsMax: s.EpsMax}
	heat.Most = MostOf(heat.Pixels)
	heat.Draw(c, ui.Rect{X: 410, Y: 420, W: 190, H: 170}, th)
	curve := Betti{Real: s, Syn: build(t, scatter(30, 0.2, 5), Build{}), Degree: 0, Focus: At(b.Birth)}
	curve.Draw(c, ui.Rect{X: 620, Y: 420, W: 180, H: 140}, th)
	big := build(t, scatter(200, 0.12, 8), Build{K: 20})
	m := Map{Shape: big, Syn: true, Fit: FitPoints(big.Points), Focus: At(big.EpsMax * 0.55), Point: None}
	m.Draw(c, ui.Rect{X: 820, Y: 420, W: 368, H: 300}, th)
}

// page draws every figure once.
func page(t testing.TB, c ui.Canvas, th ui.Theme) {
	w, h := c.Size()
	ui.Fill(c, ui.Rect{W: w, H: h}, th.Surface)
	real, syn := build(t, scatter(60, 0.13, 11), Build{K: 8}), build(t, scatter(40, 0.34, 12), Build{K: 8})
	end := max(real.EpsMax, syn.EpsMax)
	loop := real.Longest(1)
	focus := At((real.Bars[loop].Birth + real.Bars[loop].Death) / 2)
	lit := focus
	lit.Hover = loop
	fit := FitPoints(real.Points, syn.Points)
	m := Map{Shape: real, Ghosts: syn.Points, Fit: fit, Focus: lit, Point: None}
	m.Draw(c, ui.Rect{X: 16, Y: 40, W: 380, H: 340}, th)
	m2 := Map{Shape: syn, Syn: true, Ghosts: real.Points, Anchors: real.Points[:5], Fit: fit, Focus: At(syn.EpsMax * 0.5), Point: 3}
	m2.Focus.Select = 20
	m2.Draw(c, ui.Rect{X: 412, Y: 40, W: 380, H: 340}, th)
	m3 := Map{Shape: syn, Fit: fit, Focus: At(0.2), Point: 7, Picture: thumbnail}
	m3.Draw(c, ui.Rect{X: 808, Y: 40, W: 380, H: 340}, th)
	Legend(c, ui.Rect{X: 16, Y: 12, W: 1100, H: 20}, th, []Key{{MarkDisc, th.Real, "real"}, {MarkDiamond, th.Syn, "synthetic"}, {MarkTriangle, th.Anchor, "anchor"},
		{MarkRing, th.Muted, "the other set"}, {MarkLine, th.Accent, "cycle"}, {MarkDashed, th.Accent, "not there yet"}, {MarkHatch, th.Topo, "κ"}, {MarkSquare, th.Topo, "loop"}})

	bars := Barcode{Shape: real, Tint: th.Real, Focus: lit}
	bars.Draw(c, ui.Rect{X: 16, Y: 396, W: 380, H: 330}, th)
	few := build(t, scatter(12, 0.05, 3), Build{})
	bars = Barcode{Shape: few, Tint: th.Syn, Focus: At(few.EpsMax * 0.5)}
	bars.Focus.Select = 3
	bars.Draw(c, ui.Rect{X: 412, Y: 396, W: 380, H: 330}, th)
	d := Diagram{Shape: real, Over: syn, Tint: th.Real, OverTint: th.Syn, Focus: lit, EpsMax: end}
	d.Draw(c, ui.Rect{X: 808, Y: 396, W: 380, H: 330}, th)

	im := topology.Imager{Grid: 32, Sigma: 0.08, EpsMax: float64(end), Exponent: 1}
	a, b := real.Images(im), syn.Images(im)
	most := MostOf(a[0], b[0])
	for i, heat := range []*Heat{
		{Title: "Real", Pixels: a[0], Most: most, Hue: th.Real},
		{Title: "Synthetic", Pixels: b[0], Most: most, Hue: th.Syn},
		{Title: "Real − synthetic", Pixels: Difference(a[0], b[0]), Most: MostOf(Difference(a[0], b[0])), Hue: th.Real, Below: th.Syn},
		{Title: "Loops", Pixels: a[1], Most: MostOf(a[1], b[1]), Hue: th.Topo},
	} {
		heat.Grid, heat.EpsMax = 32, end
		heat.Draw(c, ui.Rect{X: 16 + float64(i)*298, Y: 742, W: 290, H: 260}, th)
		if i == 2 {
			heat.Mark(c, 3, 9, th)
			Tooltip(c, th, ui.Point{X: 700, Y: 900}, heat.Describe(3, 9), nil)
		}
	}
	for i, title := range []string{"Components, H₀", "Loops, H₁"} {
		curve := Betti{Title: title, Real: real, Syn: syn, Degree: i, EpsMax: end, Focus: focus}
		curve.Draw(c, ui.Rect{X: 16 + 400*float64(i), Y: 1020, W: 380, H: 260}, th)
	}
	stack := Stack{Hover: 2}
	for i, fit := range []float64{0.22, 0.31, 0.28, 0.4, 0.36} {
		stack.Rows = append(stack.Rows, Row{Label: []string{"n02114367_1243", "n01", "goldfish 12", "n0399", "a"}[i], Fit: fit, Complexity: 0.11 + 0.07*float64(i%3),
			Picture: thumbnail(i), Winner: i == 0, Y: 34 * float64(i)})
	}
	stack.Draw(c, ui.Rect{X: 816, Y: 1030, W: 372, H: 180}, th)
	spark := Spark{Tint: th.Accent, Dot: true}
	for i := range 80 {
		spark.Values = append(spark.Values, math.Exp(-float64(i)/30)+0.05*math.Sin(float64(i)))
	}
	spark.Draw(c, ui.Rect{X: 816, Y: 1226, W: 160, H: 36}, th)
	Tooltip(c, th, ui.Point{X: 1180, Y: 40}, real.Describe(loop), thumbnail(3))
	Tooltip(c, th, ui.Point{X: 230, Y: 560}, real.Describe(10), nil)
}

func themes(t testing.TB) map[string]ui.Theme {
	light, dark := uitest.Themes(t, filepath.Join("..", "..", "server", "web", "static", "app.css"))
	return map[string]ui.Theme{"light": light, "dark": dark}
}

// Every figure is drawn in both themes, none outside the page; with -gallery the
// pages are kept.
func TestGallery(t *testing.T) {
	for name, th := range themes(t) {
		scale := 1.0
		if *gallery != "" {
			scale = 1.5
		}
		c, err := uitest.NewRaster(1204, 1296, scale)
		if err != nil {
			t.Fatal(err)
		}
		page(t, c, th)
		if *gallery != "" {
			more, err := uitest.NewRaster(1204, 736, 1.5)
			if err != nil {
				t.Fatal(err)
			}
			closer(t, more, th)
			if err := more.Save(filepath.Join(*gallery, name+"-closer.png")); err != nil {
				t.Fatal(err)
			}
			if err := c.Save(filepath.Join(*gallery, name+".png")); err != nil {
				t.Fatal(err)
			}
		}
		for what, area := range map[string]ui.Rect{"map": {X: 16, Y: 40, W: 380, H: 340}, "barcode": {X: 16, Y: 396, W: 380, H: 330},
			"diagram": {X: 808, Y: 396, W: 380, H: 330}, "heat": {X: 16, Y: 742, W: 290, H: 260}, "curves": {X: 16, Y: 1020, W: 380, H: 260},
			"ranking": {X: 816, Y: 1030, W: 372, H: 180}, "spark": {X: 816, Y: 1226, W: 160, H: 36}} {
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
