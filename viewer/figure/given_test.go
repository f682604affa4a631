package figure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"reta/shared/topology"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

// What is given as distances or as a graph has the bars of the same points in a plane.
func TestGivenLengthsAreThoseOfThePlane(t *testing.T) {
	pts := scatter(40, 0.2, 9)
	xy := []float64{}
	for _, p := range pts {
		xy = append(xy, p.X, p.Y)
	}
	cloud, err := topology.NewCloud(xy, len(pts), 2)
	if err != nil {
		t.Fatal(err)
	}
	d, err := cloud.Distances()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := make([]ui.Point, len(pts))
	for _, o := range []Build{{}, {K: 5}, {Cutoff: 0.4}} {
		want := build(t, pts, o)
		got, err := FromDistances(d, elsewhere, o)
		if err != nil || !slices.Equal(got.Bars, want.Bars) || got.EpsMax != want.EpsMax || got.Points[3] != (ui.Point{}) {
			t.Errorf("%+v: by distances %v", o, err)
		}
		graph, _ := filtration(d, o)
		got, err = FromGraph(graph, elsewhere, float64(want.EpsMax))
		if err != nil || len(got.Bars) != len(want.Bars) {
			t.Errorf("%+v: by graph %v", o, err)
		}
	}
	if _, err := FromDistances(d, elsewhere[1:], Build{}); err == nil {
		t.Error("a place too few is no error")
	}
	if _, err := FromGraph(&topology.Graph{N: 2}, elsewhere[:2], math.NaN()); err == nil {
		t.Error("a cut-off that is no number is no error")
	}
	if s, err := FromGraph(&topology.Graph{N: 2}, elsewhere[:2], 0); err != nil || !(s.EpsMax > 0) || len(s.Bars) != 2 {
		t.Errorf("two points and no edge: %+v, %v", s, err)
	}
}

func TestOneBettiCurveHasNoKappa(t *testing.T) {
	b := Betti{Title: "loops", Real: build(t, scatter(30, 0.1, 2), Build{}), Degree: 1, Focus: At(0.5)}
	c := &uitest.Recorder{W: 300, H: 200}
	b.Draw(c, ui.Rect{W: 300, H: 200}, ui.Theme{})
	if c.Count("polyline") < 2 || strings.Contains(c.String(), "κ") {
		t.Errorf("drawn:\n%s", c)
	}
	if lines := b.Describe(0.5); len(lines) != 2 {
		t.Errorf("described as %q", lines)
	}
}
