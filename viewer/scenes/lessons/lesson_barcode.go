package lessons

import (
	"fmt"
	"math"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/ui"
)

func init() {
	register(lesson{name: "barcode", title: "Barcodes", line: "Every component and every loop is a bar from birth to death. Long bars are shape.", minutes: 6, order: 3,
		pages: barcodePages, cover: func() coverFigure {
			return coverFigure{figure: &sketchFigure{shape: shapeOf(barcodeRing(0.05), figure.Build{Cutoff: 1.9})}}
		}})
}

// barcodeRing is a ring of 24 points, each moved by noise.
func barcodeRing(noise float64) []ui.Point { return ringPoints(24, 1, noise, 0, ui.Point{}) }

// fivePoints have one loop, and bars few enough to follow each.
func fivePoints() []ui.Point {
	return []ui.Point{{X: 0, Y: 0}, {X: 1, Y: 0.1}, {X: 1.15, Y: 1.05}, {X: 0.1, Y: 1.2}, {X: 2.2, Y: 0.35}}
}

// twoRings are one ring and, apart, one of twice its size with twice the points.
func twoRings() []ui.Point {
	return joinPoints(ringPoints(12, 0.5, 0, 0, ui.Point{X: -1.3}), ringPoints(24, 1, 0, 0, ui.Point{X: 0.9}))
}

// ringMoved is how far the noise has moved the point that moved most.
func ringMoved(noise float64) (most float64) {
	for i, p := range barcodeRing(noise) {
		most = max(most, distance(p, barcodeRing(0)[i]))
	}
	return most
}

func barcodePages() []lessonPage {
	five := shapeOf(fivePoints(), figure.Build{Cutoff: 2})
	ringShape := func(noise float64) *figure.Shape { return shapeOf(barcodeRing(noise), figure.Build{Cutoff: 1.9}) }
	some := ringShape(0.05)
	loop := some.Bars[some.Longest(1)]
	_, parts := some.Rows()
	const eps = 0.8
	moved := ringMoved(0.12)
	two := shapeOf(twoRings(), figure.Build{Cutoff: 2})
	small, large := twoLoops(two)
	fiveLoop := five.Bars[five.Longest(1)]
	return []lessonPage{
		{
			title: "A life is a bar",
			words: []string{
				"Five points. Beside them every component gets a **bar**: it begins at ε = 0 and ends where its component merges with another. Five points, five bars; one component is left in the end, and its bar has an **arrow** because it never dies.",
				fmt.Sprintf("Below them are the loops. There is one: born at ε = %s, when the fourth side of the square closes it, and dead at %s, when a diagonal fills it.", ui.Number(fiveLoop.Birth), ui.Number(fiveLoop.Death)),
				"The upright line is the present ε: a bar that it crosses is alive. Drag it, or point at a bar to see what it is made of.",
			},
			figure: fixedCloud(five, withBars),
			slider: &slider{label: "ε", max: 2, from: 0, rest: (float64(fiveLoop.Birth) + float64(fiveLoop.Death)) / 2},
		},
		{
			title: "Reading the barcode of a ring",
			words: []string{
				fmt.Sprintf("Here is a ring of %d points, a little out of line. Its %d components merge at about the same ε, the distance between neighbours: many short bars of much the same length. That reads: *evenly spread, and all of one piece*.", len(some.Points), parts),
				fmt.Sprintf("The loop is born at ε = %s and dies at %s: a **long bar**. That reads: *there is a large hole*.", ui.Number(loop.Birth), ui.Number(loop.Death)),
			},
			figure:  fixedCloud(some, withBars),
			slider:  &slider{label: "ε", max: 1.9, from: 0, rest: eps},
			sandbox: barcodeRing(0.05),
		},
		{
			title: "Now shake the points",
			words: []string{"Let us push every point a little in a random direction, with a spread of 0.12 where the ring has radius 1."},
			question: &question{
				ask:     "What happens to the loop's long bar?",
				options: []string{"It breaks into many short bars", "It is still there, somewhat shorter or longer", "It is gone"},
				right:   1,
				why:     fmt.Sprintf("The point that moved most moved by %s. So no distance changes by more than %s, and no bar's end does either: a **long bar cannot be shaken off**.", ui.Number(moved), ui.Number(2*moved)),
			},
			after: []string{
				"This is a theorem (*stability*): move every point by at most δ and births and deaths move by at most 2δ. Bars shorter than 4δ may come and go. So **long bars tell of the shape, short ones mostly of the noise**. It is a rule of thumb with a proof behind it: how long is long depends on how far the points may be off.",
			},
			figure: &cloudFigure{vary: ringShape, eps: eps, beside: withBars},
			slider: &slider{label: "Noise", max: 0.3, from: 0, rest: 0, reveal: 0.12},
		},
		{
			title: "The same thing as points: the diagram",
			words: []string{
				"Bars can be drawn as dots: birth to the right, death upwards. This is the **persistence diagram**. No bar dies before it is born, so all dots lie above the diagonal, and **the height above the diagonal is the length of the bar**. Dots near the diagonal are short-lived.",
				"Discs are components, all on the left edge since they are born at 0; squares are loops. The dot on the line ∞ never dies. Point at a dot to see it in the cloud.",
			},
			figure: &cloudFigure{shape: some, beside: withDiagram},
			slider: &slider{label: "ε", max: 1.9, from: 0, rest: eps},
		},
		{
			title: "A small ring and a large one",
			words: []string{"Two rings, one with twice the radius of the other. Neighbours are about as far apart on both."},
			question: &question{
				ask:     "Whose loop lives longer?",
				options: []string{"The large ring's", "The small ring's", "Both live equally long"},
				right:   0,
				why: fmt.Sprintf("Both are born at about ε = %s, when neighbours join. The small one is filled at %s, the large one only at %s: **death tells how wide the hole is**.",
					ui.Number(small.Birth), ui.Number(small.Death), ui.Number(large.Death)),
			},
			after:   []string{"That is what a barcode keeps: how many holes, how wide they are, and how densely they are sampled. It forgets where they are, and does not change when the cloud is turned, moved or renumbered."},
			figure:  &cloudFigure{shape: two, beside: withBars, later: true, light: 2},
			slider:  &slider{label: "ε", max: 2, from: 0, rest: 0, reveal: (float64(small.Death) + float64(large.Death)) / 2},
			sandbox: twoRings(),
		},
	}
}

// twoLoops are the bars of the small and the large ring of twoRings: the two that live longest.
func twoLoops(s *figure.Shape) (small, large event.Bar) {
	for _, b := range s.Bars {
		switch {
		case b.Degree != 1:
		case b.Death-b.Birth > large.Death-large.Birth:
			small, large = large, b
		case b.Death-b.Birth > small.Death-small.Birth:
			small = b
		}
	}
	return small, large
}

func distance(p, q ui.Point) float64 { return math.Hypot(p.X-q.X, p.Y-q.Y) }
