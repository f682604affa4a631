package distill

import (
	"fmt"
	"math"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/compute/train"
)

// complexities are c(o) of Eqn 5 at resolution size for the candidates of
// classes first .. first+count-1: from the cache, or measured now and kept
// there, class by class.
func (r *run) complexities(first, count, size int) ([][]float64, error) {
	m := &meter{r: r, size: size}
	defer m.close()
	all := make([][]float64, count)
	for c := range all {
		images := r.pool.Class[first+c]
		file := r.cacheFile("complexity", first+c, len(images), size, r.Recipe.DRC.BlurSigma)
		measured, err := cached(r.warn, file, []int{len(images)}, finite, func() ([]float32, error) {
			r.progress("pool", fmt.Sprintf("complexity of the real images at %d px", size), c, count)
			return m.measure(images)
		})
		if err != nil {
			return nil, fmt.Errorf("complexity of class %d: %w", first+c, err)
		}
		for _, v := range measured {
			all[c] = append(all[c], float64(v))
		}
	}
	return all, nil
}

// meter is the recorded pass from image bytes to complexity at one resolution.
// It is recorded when first used.
type meter struct {
	r                  *run
	size               int
	pass               *graph.Pass
	pixels, complexity *graph.Node
	batch              train.Batch
}

// meterBytes bounds the decoded images of a batch.
const meterBytes = 32 << 20

func (m *meter) open() (err error) {
	if m.pass != nil {
		return nil
	}
	d := m.r.Data
	m.pass, err = graph.NewPass(m.r.dev, "complexity", max(1, min(256, meterBytes/(12*d.Size*d.Size))), func(g *graph.Graph, n int) []*graph.Node {
		m.pixels = g.Input("pixels", graph.U32, n, nn.RGBWords(d.Size, d.Size))
		mean, std := [3]float64{}, [3]float64{1, 1, 1} // pixels in [0,1]
		x := resample(nn.DecodeRGB(m.pixels, d.Size, d.Size, mean, std), m.size)
		m.complexity = Complexity(x, mean, std, m.r.Recipe.DRC.BlurSigma)
		return []*graph.Node{m.complexity}
	})
	return err
}

// measure returns c(o) of training images.
func (m *meter) measure(images []int) (out []float32, err error) {
	if err := m.open(); err != nil {
		return nil, err
	}
	d := m.r.Data
	labels := make([]uint32, d.Classes) // not used
	err = m.pass.Each(m.r.ctx, len(images), func(b graph.Batch) error {
		if err := m.batch.Load(d.Train, labels, images[b.First:b.End], m.pass.Size, d.Size); err != nil {
			return err
		}
		return b.SetU32(m.pixels, m.batch.Words)
	}, func(b graph.Batch) error { return b.Append(&out, m.complexity) })
	return out, err
}

func (m *meter) close() {
	if m.pass != nil {
		m.pass.Close()
	}
}

// finite reports whether complexities are what a complexity can be.
func finite(complexities []float32) bool {
	for _, c := range complexities {
		if !(c >= 0 && c <= math.MaxFloat32) {
			return false
		}
	}
	return true
}
