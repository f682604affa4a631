package lessons

import (
	"fmt"
	"math"
	"strconv"

	"reta/viewer/panel"
	"reta/viewer/ui"
)

func init() {
	register(lesson{name: "retrieval", title: "Fit and complexity", line: "Which anchor? Near but busy, or simple but far: λ decides, and the winner jumps.", minutes: 5, order: 6,
		pages: retrievalPages, cover: func() coverFigure {
			t := newTradeoff()
			t.hull = true
			return coverFigure{t, 0.3}
		}})
}

// threeTextures are a soft spot, a disc with a sharp rim, and grain all over.
func threeTextures() []*toyImage {
	return []*toyImage{
		newToy("soft spot", hill(0.5, 0.5, 0.2)),
		newToy("grain all over", grained(func(x, y float64) float64 { return 0.5 }, 0.3, 1)),
		newToy("sharp rim", func(x, y float64) float64 {
			if math.Hypot(x-0.5, y-0.5) < 0.3 {
				return 0.9
			}
			return 0.1
		}),
	}
}

// offHull is the candidate of the lesson that no lambda chooses although it is beaten in both respects by none: index in
// the pool, -1 when there is none.
func offHull(pts []ui.Point) int {
	on := map[int]bool{}
	for _, i := range lowerHull(pts) {
		on[i] = true
	}
	for i, p := range pts {
		beaten := on[i]
		for j, q := range pts {
			beaten = beaten || j != i && q.X <= p.X && q.Y <= p.Y
		}
		if !beaten {
			return i
		}
	}
	return -1
}

func retrievalPages() []lessonPage {
	plain := newTradeoff()
	pool, query := plain.pool, plain.query
	fit := toyScores(query, pool, 0)
	lambda := func(from, rest, reveal float64) *slider {
		return &slider{label: "Complexity weight λ", max: 1, from: from, rest: rest, reveal: reveal, ticks: []panel.Tick{{At: 0.1, Role: "anchor"}}}
	}
	name := func(l float64) string { return "*" + pool[plain.winner(l).Index].name + "*" }
	bare := newTradeoff()
	bare.bare = true
	marked := newTradeoff()
	marked.hull = true
	marked.ring = offHull(marked.spots())
	odd := "*" + pool[marked.ring].name + "*"
	open := newTradeoff()
	open.hull = true
	near := plain.winner(0)
	simple := plain.winner(1)
	three := threeTextures()
	return []lessonPage{
		{
			title: "Which real image shall it be?",
			words: []string{
				fmt.Sprintf("On the left a synthetic image in the middle of its making; beside it %d real images of its class, the **pool**. One of them is to become its anchor: it will be mixed in, half and half.", len(pool)),
				"The first idea: take the one that is **nearest** in the network's eyes. A network turns an image into a list of numbers, its *feature*; the squared distance of two features is called the **fit**, and small is good. In this toy the feature is a 4 × 4 thumbnail, scaled to length 1.",
				fmt.Sprintf("The nearest is %s, at %s. Look at it closely, though: it is full of grain.", name(0), ui.Number(near.Fit)),
			},
			figure: &galleryFigure{first: query, rest: pool, lit: near.Index, lines: func(i int) string { return "fit " + ui.Number(fit[i].Fit) }},
		},
		{
			title: "What makes an image complex?",
			words: []string{
				"What is mixed in has to be learnt by whoever trains on the result. Restless detail costs. The paper measures it so (Eqn 5): blur the image a little, take at every pixel how steep the brightness is, squared, and see **how much that varies over the image**.",
			},
			question: &question{
				ask:     "Which of these has the largest complexity?",
				options: []string{"The soft spot", "The grain all over", "The disc with a sharp rim"},
				right:   2,
				why: fmt.Sprintf("The blur takes most of the grain away, and what is left is much the same everywhere. A sharp edge survives it, and stands alone on a flat ground: %s against %s for the grain, and %s for the soft spot.",
					scientific(three[2].complexity), scientific(three[1].complexity), scientific(three[0].complexity)),
			},
			after:  []string{"So it is a measure of *sharp edges amid calm* rather than of texture as such. It is made by hand, and the paper says so; but it is cheap, and it can tell a clean image from a cluttered one."},
			figure: &galleryFigure{rest: three, lit: 2, lines: func(i int) string { return "c = " + scientific(three[i].complexity) }},
		},
		{
			title: "Two wishes, one plane",
			words: []string{
				"Put every image of the pool into a plane: to the right what is complex, upwards what is far. The best place would be the lower left corner, near *and* simple. Nobody is there.",
				"Both axes are scaled to run from 0 to 1 within the class, complexity by its logarithm; on raw numbers one wish would drown the other. That scale is this project's choice, since the paper leaves it open. Point at an image to see its numbers.",
			},
			figure: bare,
		},
		{
			title: "λ weighs the wishes",
			words: []string{
				"The score (Eqn 4) is **J = (1 − λ) · fit + λ · complexity**, and the image with the least J wins. All places with the same J lie on a **straight line**; the winner is the first image that a line meets as it comes from the lower left. λ sets its slope.",
				fmt.Sprintf("At λ = 0 only fit counts, and %s wins. At λ = 1 only complexity counts, and it is %s, whatever the synthetic image looks like. In between the winner does not glide, it **jumps**.", name(0), name(1)),
			},
			figure: plain,
			slider: lambda(0, 0.3, 0.3),
		},
		{
			title: "Who can win at all?",
			words: []string{fmt.Sprintf("Look at %s. No other image of the pool is both nearer and simpler than it.", odd)},
			question: &question{
				ask:     "For which λ does it win?",
				options: []string{"For some λ near the middle", "For none", "Only for λ = 1"},
				right:   1,
				why:     "A straight line from the lower left always meets one of its neighbours first. It lies **above the hull**, the rubber band stretched around the images from below.",
			},
			after:  []string{fmt.Sprintf("Only the %s on the hull can ever win. Move λ through its whole range and watch the line roll along the hull.", ui.Count(len(lowerHull(plain.spots())), "image"))},
			figure: marked,
			slider: lambda(0, 0, 1),
		},
		{
			title: "A little is enough",
			words: []string{
				fmt.Sprintf("The paper takes **λ = 0.1**: mostly fit, with a small say for complexity. Here that chooses %s: nearly as close as the nearest, and far calmer.", name(0.1)),
				"It reports, on ImageNet-1K with ten images per class, 51.7 % accuracy at λ = 0, 52.9 % at 0.1 and 50.8 % at 1. These are the paper's numbers, which this project has not reproduced.",
				fmt.Sprintf("The choice is made **anew at every stage** for every image, since the image has moved on meanwhile: that is the *dynamic* in dynamic retrieval. At λ = 1 it would give all of them one anchor, *%s*, and you know from the lesson before what that does.", pool[simple.Index].name),
			},
			figure: open,
			slider: lambda(0, 0.1, 0.1),
		},
	}
}

// scientific writes a small number so that two of them compare at sight.
func scientific(v float64) string {
	e := int(math.Floor(math.Log10(v)))
	return fmt.Sprintf("%.1f × 10%s", v/math.Pow(10, float64(e)), superscript(e))
}

func superscript(n int) string {
	out := ""
	for _, r := range strconv.Itoa(n) {
		out += map[rune]string{'-': "⁻", '0': "⁰", '1': "¹", '2': "²", '3': "³", '4': "⁴", '5': "⁵", '6': "⁶", '7': "⁷", '8': "⁸", '9': "⁹"}[r]
	}
	return out
}
