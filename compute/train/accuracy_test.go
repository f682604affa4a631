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

// Answers are the classes by logits: as many are right as the score says.
func TestAnswers(t *testing.T) {
	dev, ctx, m, data := graphtest.Device(t), context.Background(), small(t, 3), stripesData()
	for _, centre := range []float64{0, 0.5, 1} {
		data.Centre = centre
		s, err := NewScorer(dev, m, data, 8)
		if err != nil {
			t.Fatal(err)
		}
		answers, score, err := s.Answers(ctx, data.Test)
		s.Close()
		if err != nil || len(answers) != data.Test.Len() {
			t.Fatalf("%d answers for %d images, %v", len(answers), data.Test.Len(), err)
		}
		right := 0
		for i, a := range answers {
			if uint32(a) == data.Test.Label(i) {
				right++
			}
		}
		if float64(right) != math.Round(score.Top1*float64(score.Images)) {
			t.Errorf("centre %g: %d right answers, the score says %g of %d", centre, right, score.Top1, score.Images)
		}
	}
}
