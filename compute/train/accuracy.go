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
	batch                    int
	exec                     *graph.Exec
	pixels, labels           *graph.Node
	loss, correct1, correct5 *graph.Node
	host                     Batch
}

// NewScorer records the forward pass of m for batches of the given size.
func NewScorer(dev *vk.Device, m *models.Model, data Data, size int) (*Scorer, error) {
	outputs, err := data.Outputs(m.Spec.Classes)
	if err != nil {
		return nil, err
	}
	g := graph.New(dev)
	s := &Scorer{data: data, outputs: outputs, batch: size}
	s.pixels = g.Input("pixels", graph.U32, size, nn.RGBWords(data.Size, data.Size))
	s.labels = g.Input("labels", graph.U32, size)
	x := nn.DecodeRGB(s.pixels, data.Size, data.Size, data.Mean, data.Std)
	out := m.Forward(x, models.Eval)
	s.loss = nn.CrossEntropyPerSample(out.Logits, s.labels, 0)
	s.correct1 = nn.Correct(out.Logits, s.labels, 1)
	s.correct5 = nn.Correct(out.Logits, s.labels, min(5, m.Spec.Classes))
	s.exec, err = g.Compile(graph.CompileOptions{Name: m.Name + " accuracy", Outputs: []*graph.Node{s.loss, s.correct1, s.correct5}})
	return s, err
}

// Run scores all images of src. progress, if not nil, is called after every
// batch with the images done.
func (s *Scorer) Run(ctx context.Context, src Source, progress func(done int)) (Score, error) {
	var total Score
	for at := 0; at < src.Len(); at += s.batch {
		idx := make([]int, min(s.batch, src.Len()-at))
		for i := range idx {
			idx[i] = at + i
		}
		if err := s.host.Load(src, s.outputs, idx, s.batch, s.data.Size); err != nil {
			return total, err
		}
		if err := s.run(ctx); err != nil {
			return total, err
		}
		loss, err1 := s.exec.Get(s.loss)
		top1, err2 := s.exec.Get(s.correct1)
		top5, err3 := s.exec.Get(s.correct5)
		if err := errors.Join(err1, err2, err3); err != nil {
			return total, err
		}
		for _, v := range loss[:len(idx)] {
			total.Loss += float64(v)
		}
		total.Top1 += float64(top1[0])
		total.Top5 += float64(top5[0])
		total.Images += len(idx)
		if progress != nil {
			progress(total.Images)
		}
	}
	if total.Images == 0 {
		return total, fmt.Errorf("%s: the split holds no images", s.data.Name)
	}
	n := float64(total.Images)
	total.Top1, total.Top5, total.Loss = total.Top1/n, total.Top5/n, total.Loss/n
	return total, nil
}

func (s *Scorer) run(ctx context.Context) error {
	if err := s.exec.SetU32(s.pixels, s.host.Words); err != nil {
		return err
	}
	if err := s.exec.SetU32(s.labels, s.host.Labels); err != nil {
		return err
	}
	return s.exec.Run(ctx)
}

// Close frees the recorded pass.
func (s *Scorer) Close() { s.exec.Close() }
