package lessons

import (
	"fmt"
	"math"

	"reta/viewer/figure"
	"reta/viewer/ui"
)

func init() {
	register(lesson{name: "hole", title: "What is a hole?", line: "Points know nothing of a ring. How to see one all the same.", minutes: 4, order: 1,
		pages: holePages, cover: func() coverFigure {
			s := fixedCloud(shapeOf(holeRing(), figure.Build{}), mapAlone)
			s.light = 1
			return coverFigure{s, 0.6}
		}})
}

// holeRing is the lesson's cloud.
func holeRing() []ui.Point { return ringPoints(20, 1, 0.03, 0.1, ui.Point{}) }

// figureEight is two circles that share a point.
func figureEight() []ui.Point {
	right := ringPoints(16, 0.8, 0, math.Pi, ui.Point{X: 0.8}) // its first point is the left one's
	return joinPoints(ringPoints(16, 0.8, 0, 0, ui.Point{X: -0.8}), right[1:])
}

func holePages() []lessonPage {
	around := shapeOf(holeRing(), figure.Build{})
	loop := around.Bars[around.Longest(1)]
	triangle := shapeOf([]ui.Point{{X: 0, Y: 0}, {X: 1, Y: 0.1}, {X: 0.45, Y: 0.85}}, figure.Build{Cutoff: 1.5})
	eight := shapeOf(figureEight(), figure.Build{})
	open := float64(loop.Birth) * 1.15
	lit := func(s *figure.Shape, n int) *cloudFigure { return &cloudFigure{shape: s, light: n} }
	return []lessonPage{
		{
			title: "You see a ring; the list does not",
			words: []string{
				fmt.Sprintf("Here are %d points. You see a ring at once. A computer sees %d pairs of numbers, and no pair says *ring*: it is the points *together* that leave a gap in the middle.", len(around.Points), len(around.Points)),
				"This lesson is about making that gap something one can count. It matters for more than drawings: the images of a class, seen by a neural network, are such a cloud of points too, only in hundreds of dimensions, where nobody can look.",
			},
			figure: fixedCloud(around, mapAlone),
		},
		{
			title: "Join what is close",
			words: []string{
				"Choose a distance and call it **ε** (epsilon). Draw an **edge** between any two points that are at most ε apart.",
				fmt.Sprintf("As ε grows the points join into chains. At ε = %s the last gap closes and the chain bites its tail: you can walk along edges and come back to where you started without turning round. That is a **loop**, and it goes around a hole.", ui.Number(loop.Birth)),
			},
			figure: lit(around, 1),
			slider: &slider{label: "ε", max: float64(around.EpsMax), from: 0, rest: open},
		},
		{
			title: "Is a triangle a hole?",
			words: []string{"Three points, all close to one another, joined by three edges. One can walk around them and come back."},
			question: &question{
				ask:     "Should this count as a hole?",
				options: []string{"Yes: there is a way around it", "No: three points that are all close are one small patch", "Only if the triangle is large"},
				right:   1,
				why:     "Otherwise every three neighbours would make a hole and the ring would drown in them. So the rule is: **where three points are joined pairwise, fill the triangle.**",
			},
			after: []string{
				"The same goes for four points that are all joined, which make a solid tetrahedron, and so on. Points with these filled patches are called a **flag complex**. Size plays no part in the rule: how large a patch may be is what ε says.",
			},
			figure: &cloudFigure{shape: triangle, hollow: true},
			slider: &slider{label: "ε", max: 1.5, from: 1.1, rest: 1.1, reveal: 1.1},
		},
		{
			title: "How many loops has a figure eight?",
			words: []string{"One can walk around the left ring, around the right ring, or around both in one go."},
			question: &question{
				ask:     "How many loops should we count?",
				options: []string{"One: it hangs together", "Two: left and right", "Three: left, right, and both in one go"},
				right:   1,
				why:     "The walk around both is the left walk followed by the right one: nothing new. We count loops that **cannot be put together from others**.",
			},
			after: []string{
				"That number is called **β₁** (beta one, a *Betti number*). Its sister **β₀** counts the **components**, the pieces that hang together: one here.",
			},
			figure:  lit(eight, 2),
			slider:  &slider{label: "ε", max: float64(eight.EpsMax), from: 0, rest: 0.36, reveal: 0.36},
			sandbox: figureEight(),
		},
		{
			title: "It depends on ε",
			words: []string{
				"Move ε and read β₀ and β₁. When ε is small there is only dust: every point is a component of its own. When ε is large everything is joined to everything, all patches are filled, and the hole is gone.",
				fmt.Sprintf("In between, from ε = %s to %s, there is exactly the loop you saw at first sight. So which ε is the right one? **None of them**: we look at all of them at once. How that goes is the next lesson.", ui.Number(loop.Birth), ui.Number(loop.Death)),
			},
			figure:  lit(around, 1),
			slider:  &slider{label: "ε", max: float64(around.EpsMax), from: 0, rest: float64(around.EpsMax)},
			sandbox: holeRing(),
		},
	}
}
