package train

import (
	"context"
	"errors"
	"fmt"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
)

// Score is how well a network does on a split, as fractions.
type Score struct {
	Top1, Top5 float64
	Loss       float64 // mean cross-entropy
	Images     int
	Split      string // what they are: test, or training where a set has no test images
}

// Scorer measures one model on batches of images of one size. It may be used
// again after the model's weights change.
type Scorer struct {
	data                     Data
	outputs                  []uint32
	pass                     *graph.Pass
	pixels, labels           *graph.Node
	loss, correct1, correct5 *graph.Node
	logits                   *graph.Node
	host                     Batch
}

// NewScorer records the forward pass of m for batches of the given size, or of
// the largest that the device takes.
func NewScorer(dev *vk.Device, m *models.Model, data Data, size int) (*Scorer, error) {
	outputs, err := data.Outputs(m)
	if err != nil {
		return nil, err
	}
	s := &Scorer{data: data, outputs: outputs}
	s.pass, err = graph.NewPass(dev, m.Name+" accuracy", size, func(g *graph.Graph, n int) []*graph.Node {
		s.pixels = g.Input("pixels", graph.U32, n, nn.RGBWords(data.Size, data.Size))
		s.labels = g.Input("labels", graph.U32, n)
		x := nn.DecodeRGB(s.pixels, data.Size, data.Size, data.Mean, data.Std)
		if data.Centre > 0 && data.Centre < 1 {
			side := float64(data.Size)
			at := side * (1 - data.Centre) / 2
			boxes := make([]float32, 0, n*nn.BoxWords)
			for range n {
				boxes = nn.Box{Top: at, Left: at, Height: side - 2*at, Width: side - 2*at}.Append(boxes)
			}
			x = nn.Augment(x, g.Const("centre", boxes, n, nn.BoxWords), data.Size, data.Size)
		}
		out := m.Forward(x, models.Eval)
		s.loss = nn.CrossEntropyPerSample(out.Logits, s.labels, 0)
		s.correct1 = nn.Correct(out.Logits, s.labels, 1)
		s.correct5 = nn.Correct(out.Logits, s.labels, min(5, m.Spec.Classes))
		s.logits = out.Logits
		return []*graph.Node{s.loss, s.correct1, s.correct5, s.logits}
	})
	return s, err
}

// Run scores all images of src. progress, if not nil, is called after every
// batch with the images done.
func (s *Scorer) Run(ctx context.Context, src Source, progress func(done int)) (Score, error) {
	return s.run(ctx, src, progress, nil)
}

// Answers scores all images of src and returns the output that each was taken
// for, the first of equal logits.
func (s *Scorer) Answers(ctx context.Context, src Source) ([]int, Score, error) {
	var answers []int
	score, err := s.run(ctx, src, nil, func(logits []float32) {
		for n := s.logits.Dim(1); len(logits) > 0; logits = logits[n:] {
			best := 0
			for c, z := range logits[:n] {
				if z > logits[best] {
					best = c
				}
			}
			answers = append(answers, best)
		}
	})
	return answers, score, err
}

func (s *Scorer) run(ctx context.Context, src Source, progress func(done int), each func(logits []float32)) (Score, error) {
	var total Score
	if src.Len() == 0 {
		return total, fmt.Errorf("%s: the split holds no images", s.data.Name)
	}
	err := s.pass.Each(ctx, src.Len(), func(b graph.Batch) error {
		idx := make([]int, b.End-b.First)
		for i := range idx {
			idx[i] = b.First + i
		}
		if err := s.host.Load(src, s.outputs, idx, s.pass.Size, s.data.Size); err != nil {
			return err
		}
		return errors.Join(b.SetU32(s.pixels, s.host.Words), b.SetU32(s.labels, s.host.Labels))
	}, func(b graph.Batch) error {
		var loss []float32
		err := b.Append(&loss, s.loss)
		top1, err1 := b.Get(s.correct1)
		top5, err5 := b.Get(s.correct5)
		if err := errors.Join(err, err1, err5); err != nil {
			return err
		}
		for _, v := range loss {
			total.Loss += float64(v)
		}
		total.Top1 += float64(top1[0])
		total.Top5 += float64(top5[0])
		total.Images += len(loss)
		if each != nil {
			var logits []float32
			if err := b.Append(&logits, s.logits); err != nil {
				return err
			}
			each(logits)
		}
		if progress != nil {
			progress(total.Images)
		}
		return nil
	})
	if err != nil {
		return total, err
	}
	n := float64(total.Images)
	total.Top1, total.Top5, total.Loss = total.Top1/n, total.Top5/n, total.Loss/n
	return total, nil
}

// Close frees the recorded pass.
func (s *Scorer) Close() { s.pass.Close() }

// Estimate scores a network on test images spread over the split, or training images where there are no others: as many
// as take about a second, 20 to 500.
func Estimate(ctx context.Context, dev *vk.Device, m *models.Model, data Data) (Score, error) {
	_, _, score, err := Sample(ctx, dev, m, data, 1)
	return score, err
}

// Sample is Estimate for seconds times as many images. It also returns, for each image, its class and the output that it was taken
// for.
func Sample(ctx context.Context, dev *vk.Device, m *models.Model, data Data, seconds int) (classes, answers []int, score Score, err error) {
	src, split := Source(data.Test), "test"
	if data.Test.Len() == 0 {
		src, split = data.Train, "training"
	}
	each := 1.0 // floating-point operations an image
	_, err = graph.Largest(dev, 1, func(g *graph.Graph, n int) []*graph.Node {
		logits := m.Forward(g.Input("x", graph.F32, n, data.Size, data.Size, 3), models.Eval).Logits
		each = nn.Flops(logits)
		return []*graph.Node{logits}
	})
	if err != nil {
		return nil, nil, score, err
	}
	budget := 2e12
	if dev.Info().Kind == vk.CPU {
		budget = 3e10
	}
	n := min(src.Len(), seconds*max(20, min(500, int(budget/each))))
	s, err := NewScorer(dev, m, data, min(100, n))
	if err != nil {
		return nil, nil, score, err
	}
	defer s.Close()
	some := spread{src, n}
	answers, score, err = s.Answers(ctx, some)
	score.Split = split
	for i := range some.Len() {
		classes = append(classes, int(some.Label(i)))
	}
	return classes, answers, score, err
}

// spread is n images of a source at equal distances.
type spread struct {
	Source
	n int
}

func (s spread) Len() int { return s.n }

func (s spread) at(i int) int { return i * s.Source.Len() / s.n }

func (s spread) Label(i int) uint32 { return s.Source.Label(s.at(i)) }

func (s spread) ID(i int) string { return s.Source.ID(s.at(i)) }

func (s spread) Batch(idx []int, dst []byte) error {
	of := make([]int, len(idx))
	for i, k := range idx {
		of[i] = s.at(k)
	}
	return s.Source.Batch(of, dst)
}
