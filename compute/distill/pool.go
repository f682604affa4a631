package distill

import (
	"context"
	"fmt"
	"math"
	"slices"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
)

// pool is the real side of a run: for every class its training images as
// retrieval candidates (the paper's p_c), with their features under the first
// teacher.
type pool struct {
	data     train.Data
	width    int
	class    [][]int   // training images of each class, in order
	start    []int     // row of each class's first candidate
	features []float32 // [M,F], phi/|phi|
	lengths  []float32 // [M], |phi|
}

// newPool lists the candidates: all training images of a class, or the first
// limit of them where limit is positive.
func newPool(data train.Data, width, limit int) (*pool, error) {
	p := &pool{data: data, width: width, class: make([][]int, data.Classes), start: make([]int, data.Classes+1)}
	for i := range data.Train.Len() {
		c := data.Train.Label(i)
		if limit <= 0 || len(p.class[c]) < limit {
			p.class[c] = append(p.class[c], i)
		}
	}
	for c, images := range p.class {
		if len(images) == 0 {
			return nil, fmt.Errorf("recover: %s: class %d has no training image", data.Name, c)
		}
		p.start[c+1] = p.start[c] + len(images)
	}
	return p, nil
}

// size is the number of candidates, M.
func (p *pool) size() int { return p.start[len(p.class)] }

// of returns the features of class c, [len(class),F].
func (p *pool) of(c int) []float32 {
	return p.features[p.start[c]*p.width : p.start[c+1]*p.width]
}

// lengthsOf returns |phi| of class c, [len(class)].
func (p *pool) lengthsOf(c int) []float32 { return p.lengths[p.start[c]:p.start[c+1]] }

// embed fills features and lengths, from the cache file where it fits, which
// holds one behind the other. progress counts images.
func (p *pool) embed(ctx context.Context, dev *vk.Device, teacher *models.Model, cache string, progress func(done, total int)) error {
	all := p.size() * p.width
	valid := func(v []float32) bool {
		return notUnit(v[:all], p.width) < 0 && !slices.ContainsFunc(v[all:], func(l float32) bool { return !(l > 0 && l <= math.MaxFloat32) })
	}
	v, err := cached(cache, []int{all + p.size()}, valid, func() ([]float32, error) {
		images := slices.Concat(p.class...)
		e, err := newEmbedder(dev, teacher, p.data, min(100, len(images)))
		if err != nil {
			return nil, err
		}
		defer e.exec.Close()
		features, lengths := make([]float32, 0, all+p.size()), make([]float32, 0, p.size())
		for at := 0; at < len(images); at += e.n {
			part := images[at:min(at+e.n, len(images))]
			if err := e.run(ctx, part); err != nil {
				return nil, err
			}
			f, err1 := e.exec.Get(e.features)
			phi, err2 := e.exec.Get(e.phi)
			if err := firstError(err1, err2); err != nil {
				return nil, err
			}
			features = append(features, f[:len(part)*p.width]...)
			for row := range part {
				lengths = append(lengths, length(phi[row*p.width:][:p.width]))
			}
			progress(at+len(part), len(images))
		}
		return append(features, lengths...), nil
	})
	if err != nil {
		return err
	}
	p.features, p.lengths = v[:all:all], v[all:]
	return nil
}

// length is the Euclidean norm.
func length(v []float32) float32 {
	square := 0.0
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	return float32(math.Sqrt(square))
}

// notUnit is the first row of features [n,width] whose length is not 1, within
// float32, or -1.
func notUnit(features []float32, width int) int {
	for at := 0; at < len(features); at += width {
		if l := length(features[at : at+width]); !(math.Abs(float64(l)-1) < 5e-4) {
			return at / width
		}
	}
	return -1
}

// embedder is the recorded pass from image bytes to features, or, for crops of
// them, to the cross-entropy of each (patch selection).
type embedder struct {
	data                  train.Data
	n                     int
	outputs               []uint32
	exec                  *graph.Exec
	pixels, boxes, labels *graph.Node
	phi, features, ce     *graph.Node // phi as it is, and with length 1
	batch                 train.Batch
}

func newEmbedder(dev *vk.Device, teacher *models.Model, data train.Data, n int) (*embedder, error) {
	outputs, err := data.Outputs(teacher)
	if err != nil {
		return nil, err
	}
	g := graph.New(dev)
	e := &embedder{
		data: data, n: n, outputs: outputs,
		pixels: g.Input("pixels", graph.U32, n, nn.RGBWords(data.Size, data.Size)),
		boxes:  g.Input("boxes", graph.F32, n, nn.BoxWords),
		labels: g.Input("labels", graph.U32, n),
	}
	x := nn.DecodeRGB(e.pixels, data.Size, data.Size, data.Mean, data.Std)
	out := teacher.Forward(nn.Augment(x, e.boxes, data.Size, data.Size), models.Eval)
	e.phi, e.features = out.Features, nn.L2Normalize(out.Features)
	e.ce = nn.CrossEntropyPerSample(out.Logits, e.labels, 0)
	e.exec, err = g.Compile(graph.CompileOptions{Name: "embed " + teacher.Name, Outputs: []*graph.Node{e.phi, e.features, e.ce}})
	if err != nil {
		return nil, err
	}
	return e, e.exec.Set(e.boxes, wholeBoxes(n, data.Size))
}

// run passes training images through; boxes stay as last set.
func (e *embedder) run(ctx context.Context, images []int) error {
	if err := e.batch.Load(e.data.Train, e.outputs, images, e.n, e.data.Size); err != nil {
		return err
	}
	return firstError(e.exec.SetU32(e.pixels, e.batch.Words), e.exec.SetU32(e.labels, e.batch.Labels), e.exec.Run(ctx))
}
