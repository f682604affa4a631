package lessons

import (
	"fmt"
	"math"

	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

func init() {
	register(lesson{name: "pull", title: "The pull to the anchor", line: "Mixing images with real ones draws a class together. Why, and how much.", minutes: 6, order: 5,
		pages: pullPages, cover: func() coverFigure {
			p := newPull(fourAnchors())
			p.silent = true
			return coverFigure{p, 0.5}
		}})
}

// pullSet is the lesson's class of synthetic images, as points.
func pullSet() []ui.Point { return ringPoints(18, 1, 0.07, 0.2, ui.Point{}) }

// fourAnchors lie inside the ring, each near a quarter of it.
func fourAnchors() []ui.Point { return ringPoints(4, 0.62, 0.04, math.Pi/4, ui.Point{}) }

// nearestOf is the anchor closest to each point: what retrieval by fit alone chooses.
func nearestOf(pts, anchors []ui.Point) []ui.Point {
	out := make([]ui.Point, len(pts))
	for i, p := range pts {
		out[i] = anchors[0]
		for _, a := range anchors[1:] {
			if distance(p, a) < distance(p, out[i]) {
				out[i] = a
			}
		}
	}
	return out
}

// pulled is Eqn 8's proxy update: alpha of each point and 1-alpha of its anchor.
func pulled(pts, anchors []ui.Point, alpha float64) []ui.Point {
	out := make([]ui.Point, len(pts))
	for i, p := range pts {
		out[i] = ui.Point{X: alpha*p.X + (1-alpha)*anchors[i].X, Y: alpha*p.Y + (1-alpha)*anchors[i].Y}
	}
	return out
}

// newPull is the class beside itself after a connection to the nearest of the anchors.
func newPull(anchors []ui.Point) *pairFigure {
	before := shapeOf(pullSet(), figure.Build{})
	pulls := nearestOf(before.Points, anchors)
	return &pairFigure{real: before, anchors: anchors, pulls: pulls, ratio: true, dial: "one before and one after a connection with alpha",
		make: func(alpha float64) []ui.Point { return pulled(before.Points, pulls, alpha) }}
}

func pullPages() []lessonPage {
	alpha := func(from, rest, reveal float64) *slider {
		return &slider{label: "Blend ratio α", max: 1, from: from, rest: rest, reveal: reveal, ticks: []panel.Tick{{At: 0.5, Role: "anchor"}}}
	}
	four, one := fourAnchors(), []ui.Point{{X: 0.15, Y: 0.1}}
	silent := func(p *pairFigure) *pairFigure { p.silent = true; return p }
	later := func(p *pairFigure) *pairFigure { p.later = true; return p }
	loops := newPull(four)
	loops.degree = 1
	quarter := newPull(four)
	ratio := func(p *pairFigure, at float64) string {
		return ui.Number(spread(p.second(at).Points) / spread(p.real.Points))
	}
	loop := func(s *figure.Shape) string {
		b := s.Bars[s.Longest(1)]
		return ui.Number(b.Birth) + " to " + ui.Number(b.Death)
	}
	return []lessonPage{
		{
			title: "A residual connection",
			words: []string{
				"While synthetic images are optimised they lose touch with what real images look like. So now and then each is mixed with a real image, its **anchor**: the new image is α of itself and 1 − α of the anchor (Eqn 6). The paper takes α = 0.5.",
				"Take images as points. A mixture lies **on the straight line** from the [syn|image ◆] to its [anchor|anchor ▲]. Here are 18 images and 4 anchors; each image takes the nearest. Rings show where the images were.",
			},
			figure: silent(newPull(four)),
			slider: alpha(1, 0.5, 0.5),
		},
		{
			title: "Far or close together?",
			words: []string{"After a connection with α = 0.5 every image has gone half of its way to its anchor."},
			question: &question{
				ask:     "What has become of the mean distance between two images?",
				options: []string{"It is larger", "It is about the same: they only moved", "It is smaller"},
				right:   2,
				why:     fmt.Sprintf("It is **%s** of what it was. All images of one anchor have come closer to it, and so to one another.", ratio(quarter, 0.5)),
			},
			after: []string{
				"In a formula (Eqn 8): new distance ≤ α · old distance + (1 − α) · distance of the two anchors. If the anchors lie closer together than the images do, the images must move together. And they do so **at every connection**, stage by stage.",
			},
			figure: &pairFigure{real: quarter.real, make: quarter.make, anchors: four, pulls: quarter.pulls, ratio: true, silent: true, dial: quarter.dial},
			slider: alpha(1, 1, 0.5),
		},
		{
			title: "The extreme case: one anchor for all",
			words: []string{
				"If all images take the **same** anchor, the second part of the formula is 0: two equal anchors have distance 0. What is left is: new distance = α · old distance, exactly.",
				fmt.Sprintf("Move α and compare it with the ratio measured below. At α = 0.5 it is %s. At α = 0 all images are the anchor: one point, with nothing left to learn from their differences.", ratio(newPull(one), 0.5)),
			},
			figure: silent(newPull(one)),
			slider: alpha(1, 0.5, 0.5),
		},
		{
			title: "Components merge too early",
			words: []string{"Back to four anchors. You know by now how to see a contraction: by the Betti curves. Here the set **before** the connection takes the part of the [real|real] one."},
			question: &question{
				ask:     "Which way does the curve of components move?",
				options: []string{"Left: components merge earlier", "Right: components merge later", "It stays: the points are as many"},
				right:   0,
				why:     fmt.Sprintf("Images of one anchor now lie close and merge early: **%s** of κ has opened up.", ui.Number(quarter.kappa(0.5, 0))),
			},
			after:  []string{"This is what the paper calls the **pull-to-anchor effect**: clusters within a class fuse before their time, and the class loses its variety."},
			figure: later(newPull(four)),
			slider: alpha(1, 1, 0.5),
		},
		{
			title: "And loops close",
			words: []string{
				fmt.Sprintf("Before, the ring was open for ε from %s. After a connection with α = 0.5 its loop lives from %s only: it opens later, since there are wide gaps between the groups now, and it is filled earlier. κ of loops is %s.",
					loop(loops.real), loop(loops.second(0.5)), ui.Number(loops.kappa(0.5, 1))),
				"At smaller α the images gather at their four anchors, and what loop is left is that of the anchors.",
			},
			figure:  loops,
			slider:  alpha(1, 0.5, 0.5),
			sandbox: loops.second(0.5).Points,
		},
		{
			title: "Is it so with real images?",
			words: []string{
				"An honest answer: **in part**. The formula assumes that features follow pixels in a straight line, as these points do. Measured on 50 real images of each of 20 classes with a trained ResNet-18, blending half and half with the nearest real image leaves the mean distance at 1.00 where the straight line says 0.84. What does contract is the fine structure: κ grows, to about half of what the line foretells.",
				"The optimisation itself draws a class together as well. That is why the paper does not stop at choosing anchors well: its second part, *persistent topology alignment*, compares the shape of the synthetic set with that of the real one and pushes it back. The scene *Pull to anchor* shows this in a run.",
				"And why accept the pull at all? Because of what a connection gives. Theorem 4.1 bounds what it costs by two things: how **complex** the anchors are, and α(1 − α) times how **far** they are from the images. The last lesson is about choosing anchors that are cheap in both.",
			},
			figure: newPull(four),
			slider: alpha(1, 0.75, 0.75),
		},
	}
}
