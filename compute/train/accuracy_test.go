package train

import (
	"context"
	"math"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models/modelstest"
)

// like reports whether two scores agree but for the rounding of float32, for the batch decides how convolutions are computed.
func like(a, b Score) bool {
	near := math.Abs(a.Loss-b.Loss) <= 1e-6*a.Loss
	b.Loss = a.Loss
	return near && a == b
}

// A network is scored alike whatever the batch, and an estimate is the score of images spread over the split.
func TestScoresDoNotDependOnTheBatch(t *testing.T) {
	dev, ctx, m, data := graphtest.Device(t), context.Background(), small(t, 3), stripesData()
	var scores []Score
	for _, batch := range []int{1, 8, 21, 100} {
		s, err := NewScorer(dev, m, data, batch)
		if err != nil {
			t.Fatal(err)
		}
		score, err := s.Run(ctx, data.Test, nil)
		s.Close()
		if err != nil {
			t.Fatal(err)
		}
		scores = append(scores, score)
	}
	for _, s := range scores[1:] {
		if !like(s, scores[0]) {
			t.Errorf("scores %+v", scores)
		}
	}
	estimate, err := Estimate(ctx, dev, m, data)
	if err != nil {
		t.Fatal(err)
	}
	scores[0].Split = "test"
	if !like(estimate, scores[0]) { // 21 images are few enough for all
		t.Errorf("estimate %+v, score %+v", estimate, scores[0])
	}
	data.Train, data.Test = modelstest.Stripes(3000, 16, 4), modelstest.Stripes(0, 16, 2)
	if estimate, err = Estimate(ctx, dev, m, data); err != nil || estimate.Split != "training" || estimate.Images < 20 || estimate.Images > 500 {
		t.Errorf("without test images: %+v, %v", estimate, err)
	}
}

// The spread of a sorted split has images of every class.
func TestSpread(t *testing.T) {
	s := spread{modelstest.Stripes(3000, 4, 1), 7}
	for i, want := range []int{0, 428, 857, 1285, 1714, 2142, 2571} {
		if s.at(i) != want {
			t.Errorf("image %d is %d, want %d", i, s.at(i), want)
		}
	}
}
