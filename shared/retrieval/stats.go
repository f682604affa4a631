package retrieval

import "math"

// Stats judges the anchors chosen for the images of one class at one stage.
type Stats struct {
	Collisions     float64 // share of images beyond the first on an anchor: 1 - different/all
	SelfRetrieval  float64 // share of images that got the patch they started as, which turns DRC into a fixed anchor
	Entropy        float64 // of the anchor histogram, nats: 0 when all share one, log m when all differ
	MeanFit        float64 // |q - z|^2
	MeanComplexity float64 // c(o)
}

// Judge computes the figures. self[i] is the patch that image i started as, -1 or a nil self for none.
func Judge(choices []Choice, self []int) (s Stats) {
	m := float64(len(choices))
	if m == 0 {
		return s
	}
	used := map[int]int{}
	for i, c := range choices {
		used[c.Anchor.Index]++
		if i < len(self) && self[i] == c.Anchor.Index {
			s.SelfRetrieval += 1 / m
		}
		s.MeanFit += c.Anchor.Fit / m
		s.MeanComplexity += c.Anchor.Complexity / m
	}
	s.Collisions = 1 - float64(len(used))/m
	for _, c := range choices { // -sum p log p, image by image so that the order of a map does not matter
		s.Entropy -= math.Log(float64(used[c.Anchor.Index])/m) / m
	}
	return s
}
