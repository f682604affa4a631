package lessons

import (
	"fmt"

	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

func init() {
	register(lesson{name: "kappa", title: "κ: comparing two curves", line: "How much of the real set's shape does the synthetic one lack?", minutes: 5, order: 4,
		pages: kappaPages, cover: func() coverFigure {
			real := kappaReal()
			return coverFigure{figure: &sketchFigure{real, shapeOf(shrunk(real)(0.6), figure.Build{})}}
		}})
}

// kappaReal is the lesson's real set: 16 points around a ring.
func kappaReal() *figure.Shape {
	return shapeOf(ringPoints(16, 1, 0.09, 0.1, ui.Point{}), figure.Build{})
}

// shrunk makes the synthetic set: a copy of the real one, scaled about its mean.
func shrunk(real *figure.Shape) func(scale float64) []ui.Point {
	return func(scale float64) []ui.Point {
		mean := ui.Point{}
		for _, p := range real.Points {
			mean = mean.Add(ui.Point{X: p.X / float64(len(real.Points)), Y: p.Y / float64(len(real.Points))})
		}
		out := make([]ui.Point, len(real.Points))
		for i, p := range real.Points {
			out[i] = ui.Point{X: mean.X + scale*(p.X-mean.X), Y: mean.Y + scale*(p.Y-mean.Y)}
		}
		return out
	}
}

// total is the length of all components' bars that end.
func total(s *figure.Shape) (sum float64) {
	for _, b := range s.Bars {
		if b.Degree == 0 && !b.Essential {
			sum += float64(b.Death)
		}
	}
	return sum
}

func kappaPages() []lessonPage {
	real := kappaReal()
	pair := func(degree int) *pairFigure {
		return &pairFigure{real: real, make: shrunk(real), degree: degree, dial: "the synthetic one a copy of the real one at scale"}
	}
	later := func(degree int) *pairFigure {
		p := pair(degree)
		p.later = true
		return p
	}
	wide := later(0)
	wide.widest = 1.5
	scale := func(from, rest, reveal float64) *slider {
		return &slider{label: "Size of the synthetic set", min: 0.2, max: 1.6, from: from, rest: rest, reveal: reveal,
			ticks: []panel.Tick{{At: 1, Role: "real"}}, text: func(v float64) string { return "× " + ui.Number(v) }}
	}
	k := func(at float64, degree int) string { return ui.Number(pair(degree).kappa(at, degree)) }
	loop := real.Bars[real.Longest(1)]
	all := total(real)
	return []lessonPage{
		{
			title: "A count at every ε",
			words: []string{
				"At every ε there is a number of components, β₀. Drawn over ε it is a staircase that comes down: the **Betti curve** of degree 0. It starts at 16, one for each point, and ends at 1.",
				"A second set, the [syn|synthetic] one, is an exact copy of the [real|real] one for now. So the two curves lie on one another, and nothing is missing.",
			},
			figure: pair(0),
			slider: scale(1, 1, 1),
		},
		{
			title: "Shrink the copy",
			words: []string{"Now let the synthetic set shrink to 0.6 of its size. All its distances become 0.6 of what they were."},
			question: &question{
				ask:     "Where does its curve of components go?",
				options: []string{"To the left: components merge at a smaller ε", "To the right: they merge later", "Straight down: there are fewer points"},
				right:   0,
				why:     "The points are as many, so it starts as high; but they lie closer, so every merge comes **at 0.6 of the ε**. The curve moves to the left.",
			},
			after:  []string{"Between the two curves an area opens: for these ε the real set is still in more pieces than the synthetic one."},
			figure: later(0),
			slider: scale(1, 1, 0.6),
		},
		{
			title: "The area is κ",
			words: []string{
				"The hatched area, where the [real|real] curve is **above** the [syn|synthetic] one, is called **κ** (kappa). In the paper's words (Eqn 9): κ is the integral of (β real − β synthetic)₊ over ε, where ₊ means that negative differences count as 0.",
				fmt.Sprintf("Here κ = %s. In this simple case one can check it: the area below the whole real curve, apart from the one component that stays, is the length of all its bars, %s; at 0.6 of the size 0.4 of that is missing.", k(0.6, 0), ui.Number(all)),
				"Move the size: at 1 nothing is missing, and the smaller the copy, the larger κ.",
			},
			figure: pair(0),
			slider: scale(1, 0.6, 0.6),
		},
		{
			title: "And if it were too large?",
			words: []string{"Suppose the synthetic set is 1.5 times as large as the real one."},
			question: &question{
				ask:     "What is κ of the components then?",
				options: []string{"Large: the curves differ a lot", "0: the real curve is nowhere above", "Below 0"},
				right:   1,
				why:     "The synthetic curve now lies to the right and above. Nothing of the real curve is **missing** from it, so κ is 0. It is one-sided on purpose: it measures **contraction**, not difference.",
			},
			after:  []string{fmt.Sprintf("Do look at the loops too: a larger copy closes its loop later, so for some ε the real loop is there and the synthetic one is not yet. κ of loops is %s.", k(1.5, 1))},
			figure: wide,
			slider: scale(0.6, 0.6, 1.5),
		},
		{
			title: "The same for loops",
			words: []string{
				fmt.Sprintf("Loops have a Betti curve as well, β₁. The real ring is open from ε = %s to %s. The smaller copy opens its loop earlier and **fills it earlier**; from then on one loop is missing.", ui.Number(loop.Birth), ui.Number(loop.Death)),
				fmt.Sprintf("At 0.6 this adds κ = %s. The paper adds the two: κ of components + γ · κ of loops, with a weight γ, which is 1 here.", k(0.6, 1)),
			},
			figure: pair(1),
			slider: scale(1, 0.6, 0.6),
		},
		{
			title: "What κ is for, and what not",
			words: []string{
				"During a run κ tells, class by class, whether the synthetic images huddle together in the network's eyes. You find it in the scenes on feature space and topology, measured in the same way as here, on the complex of the mutual k-NN graph.",
				"It has limits. It is **one number**: it says how much is missing, not where. It cannot be followed downhill, because counts jump: to *pull* a set back into shape the paper uses a smooth cousin, the difference of *persistence images* (Eqns 10 and 11). And with **one image per class** there is one point, no distance, and nothing to compare.",
			},
			figure: pair(0),
			slider: scale(0.6, 0.8, 0.8),
		},
	}
}
