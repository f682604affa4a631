package lessons

import (
	"fmt"
	"math"

	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

func init() {
	register(lesson{name: "balls", title: "ε: growing balls", line: "Points grow into balls; edges, patches and the flag complex appear.", minutes: 5, order: 2,
		pages: ballPages, cover: func() coverFigure {
			s := fixedCloud(shapeOf(ballPoints(), figure.Build{}), mapAlone)
			s.balls = 0.2
			return coverFigure{s, 0.62}
		}})
}

// ballPoints is the lesson's cloud: a bent chain that closes late, and two points aside.
func ballPoints() []ui.Point {
	return append(ringPoints(9, 0.8, 0.07, 0.3, ui.Point{}), ui.Point{X: 1.55, Y: -0.5}, ui.Point{X: 1.75, Y: 0.1})
}

// unevenPoints is a crowd and, apart from it, a few far from one another.
func unevenPoints() []ui.Point {
	return joinPoints(blobPoints(14, 0.2, ui.Point{X: -0.75, Y: 0}, 5), ringPoints(7, 0.62, 0.03, 0.4, ui.Point{X: 0.75}))
}

// sideOne is an equilateral triangle of side 1.
func sideOne() []ui.Point { return []ui.Point{{}, {X: 1}, {X: 0.5, Y: math.Sqrt(3) / 2}} }

func ballPages() []lessonPage {
	cloud := shapeOf(ballPoints(), figure.Build{Cutoff: 1.6})
	end := float64(cloud.EpsMax)
	first := float64(cloud.Edges[0].Length)
	loop := cloud.Bars[cloud.Longest(1)]
	balls := func() *cloudFigure { return &cloudFigure{shape: cloud, balls: 0.2} }
	gap := shapeOf(sideOne(), figure.Build{Cutoff: 1.3})
	wholly := 2 / math.Sqrt(3) // twice the radius of the circle through the corners
	nearest := map[int]*figure.Shape{}
	uneven := unevenPoints()
	most := shapeOf(uneven, figure.Build{}).EpsMax
	mutual := func(k float64) *figure.Shape {
		if nearest[int(k)] == nil {
			nearest[int(k)] = shapeOf(uneven, figure.Build{K: int(k), Cutoff: float64(most)})
		}
		return nearest[int(k)]
	}
	all := len(uneven) - 1
	ticks := func(s *figure.Shape) (out []panel.Tick) {
		for _, e := range s.Events() {
			out = append(out, panel.Tick{At: float64(e), Role: "topo"})
		}
		return out
	}
	return []lessonPage{
		{
			title: "Let every point grow",
			words: []string{
				"Picture a ball around every point, of radius **ε/2**, and let all of them grow at the same rate. Two balls touch at the moment when their centres are ε apart: that is when the edge between them appears.",
				fmt.Sprintf("So “join all points at most ε apart” and “let balls grow until they touch” are one and the same. In this cloud the first edge comes at ε = %s.", ui.Number(first)),
			},
			figure: balls(),
			slider: &slider{label: "ε", max: end, from: 0, rest: float64(cloud.Edges[3].Length) * 1.02},
		},
		{
			title: "Edges, patches, and the flag complex",
			words: []string{
				"Three balls that touch one another two by two give three edges, and the triangle between them is filled. Four give a solid tetrahedron, and so on: **every group of points that are all joined is filled at once**. This is the **flag complex** of the graph. If any two points may be joined, as here, it is also known as the *Vietoris–Rips complex*.",
				"Nothing ever disappears: as ε grows, edges and patches only come. A sequence that only grows like this is called a **filtration**. In colour: points that hang together.",
			},
			figure:  balls(),
			slider:  &slider{label: "ε", max: end, from: 0, rest: float64(loop.Birth) * 1.12},
			sandbox: ballPoints(),
		},
		{
			title: "What can components do?",
			words: []string{fmt.Sprintf("At ε = 0 there are %d components, one for each point. Now ε grows up to %s.", len(cloud.Points), ui.Number(end))},
			question: &question{
				ask:     "What can happen to the number of components on the way?",
				options: []string{"It can only fall", "It can only rise", "It can fall and rise again"},
				right:   0,
				why:     "A new edge either joins two components into one or runs inside a component. It never parts anything, so the number **falls and never rises**.",
			},
			after:  []string{"Watch the colours: when two components meet, the larger keeps its colour."},
			figure: balls(),
			slider: &slider{label: "ε", max: end, from: 0, rest: 0, reveal: end, ticks: ticks(cloud)},
		},
		{
			title: "And the loops?",
			words: []string{"Now watch the loops. At ε = 0 there is none."},
			question: &question{
				ask:     "What does the number of open loops do as ε grows?",
				options: []string{"It only grows: edges only come", "Loops open and later fill: it rises and falls", "It stays at 0"},
				right:   1,
				why:     fmt.Sprintf("An edge inside a component **opens** a loop, here at ε = %s. As balls grow further, patches **fill** it, here at %s, and it is gone.", ui.Number(loop.Birth), ui.Number(loop.Death)),
			},
			after:  []string{"The ε at which a loop opens is its **birth**, the ε at which it is filled its **death**. Components have both too: all are born at 0, and one dies whenever two meet. The next lesson draws them."},
			figure: &cloudFigure{shape: cloud, balls: 0.2, light: 1},
			slider: &slider{label: "ε", max: end, from: 0, rest: 0, reveal: (float64(loop.Birth) + float64(loop.Death)) / 2, ticks: ticks(cloud)},
		},
		{
			title: "An honest word about the gap",
			words: []string{
				"Look closely: three points at distance 1 from one another. At ε = 1 their balls touch two by two, and the flag complex fills the triangle. But the balls leave a small **gap** in the middle!",
				fmt.Sprintf("The gap closes at ε = %s only. The complex that waits for this is called the *Čech complex*. The flag complex looks at pairs and nothing else, which is far cheaper, and is, in the plane, never off by more than that factor.", ui.Number(wholly)),
			},
			figure: &cloudFigure{shape: gap, balls: 0.5},
			slider: &slider{label: "ε", max: 1.3, from: 0.7, rest: 1},
		},
		{
			title: "What the paper builds",
			words: []string{
				"Where points lie dense, one ε joins a great many of them; where they lie thin, the same ε joins none. So the paper does not allow every edge: two points may be joined only when **each is among the k nearest neighbours of the other**. That is the **mutual k-NN graph**. Its edges still wait for ε, and its groups are filled as before.",
				fmt.Sprintf("In short: the paper's complex is **the flag complex of the mutual k-NN graph**, with k around 10 to 20. Here are %d points; move k and see which edges are allowed at all. With k = %d every pair may be joined, and it is the Vietoris–Rips complex again.", len(uneven), all),
			},
			figure: &cloudFigure{vary: mutual, eps: most},
			slider: &slider{label: "k", min: 1, max: float64(all), whole: true, from: 1, rest: 4, text: func(v float64) string { return ui.Count(int(v), "neighbour") }},
		},
	}
}
