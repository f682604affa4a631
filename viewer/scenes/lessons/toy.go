package lessons

import (
	"math"
	"math/rand/v2"
	"strconv"

	"reta/shared/retrieval"
	"reta/viewer/ui"
)

// toySide is the side of a lesson's images in pixels, toyGrid of the thumbnail that stands for their feature.
const toySide, toyGrid = 32, 4

// toyImage is a grey picture with what retrieval asks of it.
type toyImage struct {
	name       string
	luma       []float64 // [toySide, toySide], 0 to 1
	feature    []float32 // the thumbnail about its mean, of length 1: the lesson's encoder
	complexity float64   // c of Eqn 5
	picture    ui.Picture
}

// newToy paints an image: at tells the luminance of a place in the unit square.
func newToy(name string, at func(x, y float64) float64) *toyImage {
	m := &toyImage{name: name, luma: make([]float64, toySide*toySide)}
	thumb := [toyGrid * toyGrid]float64{}
	rgb := make([]byte, 0, 3*len(m.luma))
	mean := 0.0
	for i := range m.luma {
		v := min(max(at((float64(i%toySide)+0.5)/toySide, (float64(i/toySide)+0.5)/toySide), 0), 1)
		m.luma[i] = v
		thumb[i/toySide*toyGrid/toySide*toyGrid+i%toySide*toyGrid/toySide] += v
		mean += v / toyGrid / toyGrid
		g := byte(math.Round(255 * v))
		rgb = append(rgb, g, g, g)
	}
	length := 0.0
	for _, v := range thumb {
		length += (v - mean) * (v - mean)
	}
	for _, v := range thumb {
		m.feature = append(m.feature, float32((v-mean)/math.Sqrt(max(length, 1e-12))))
	}
	c, err := retrieval.Complexity(m.luma, toySide, toySide, 1)
	if err != nil {
		panic("scene: image of a lesson: " + err.Error())
	}
	m.complexity = c
	m.picture.SetRGB(toySide, toySide, rgb)
	return m
}

// hill is a bright round spot, wide across, on a dark ground.
func hill(cx, cy, wide float64) func(x, y float64) float64 {
	return func(x, y float64) float64 {
		return 0.15 + 0.6*math.Exp(-((x-cx)*(x-cx)+(y-cy)*(y-cy))/(2*wide*wide))
	}
}

// grained adds a grain of that strength, the same for the same seed.
func grained(at func(x, y float64) float64, strength float64, seed uint64) func(x, y float64) float64 {
	rng := rand.New(rand.NewPCG(seed, 13))
	var grain [toySide * toySide]float64
	for i := range grain {
		grain[i] = rng.NormFloat64()
	}
	return func(x, y float64) float64 {
		return at(x, y) + strength*grain[int(y*toySide)*toySide+int(x*toySide)]
	}
}

// toyQuery is the synthetic image that looks for an anchor.
func toyQuery() *toyImage { return newToy("synthetic image", hill(0.5, 0.45, 0.2)) }

// toyPool are the real images of the lesson: spots in several places, some of them grainy.
func toyPool() []*toyImage {
	var pool []*toyImage
	for i, p := range []struct{ x, y, wide, grain float64 }{
		{0.52, 0.46, 0.19, 0.30}, {0.55, 0.42, 0.2, 0.16}, {0.42, 0.5, 0.22, 0.08}, {0.6, 0.55, 0.24, 0.03}, {0.36, 0.36, 0.3, 0},
		{0.62, 0.38, 0.2, 0.2}, {0.3, 0.55, 0.2, 0.12}, {0.7, 0.6, 0.22, 0.08}, {0.4, 0.7, 0.26, 0.25}, {0.25, 0.3, 0.2, 0.05}, {0.55, 0.65, 0.2, 0.3}, {0.75, 0.35, 0.3, 0.01},
	} {
		pool = append(pool, newToy("image "+strconv.Itoa(i+1), grained(hill(p.x, p.y, p.wide), p.grain, uint64(i))))
	}
	return pool
}

// toyScores are fit and complexity of every image of the pool for the query, on the scale of a recipe's default.
func toyScores(query *toyImage, pool []*toyImage, lambda float64) []retrieval.Candidate {
	var features []float32
	var complexity []float64
	for _, m := range pool {
		features, complexity = append(features, m.feature...), append(complexity, m.complexity)
	}
	p, err := retrieval.NewPool(features, toyGrid*toyGrid, complexity, retrieval.DRC{Lambda: lambda, Scale: retrieval.Percentile})
	if err != nil {
		panic("scene: pool of a lesson: " + err.Error())
	}
	list, err := p.Score(query.feature)
	if err != nil {
		panic("scene: query of a lesson: " + err.Error())
	}
	return list
}
