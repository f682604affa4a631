package distill

import (
	"fmt"
	"math"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/shared/event"
)

// complexities are c(o) of Eqn 5 at resolution size for the candidates of
// classes first .. first+count-1: from the cache, or measured now and kept
// there, class by class.
func (r *run) complexities(first, count, size int) ([][]float64, error) {
	m := &meter{r: r, size: size}
	defer m.close()
	all := make([][]float64, count)
	for c := range all {
		images := r.pool.class[first+c]
		file := r.cacheFile("complexity", first+c, len(images), size, r.Recipe.DRC.BlurSigma)
		measured, err := cached(file, []int{len(images)}, finite, func() ([]float32, error) {
			r.Emit(event.Status{State: event.Loading, Phase: "pool", Text: fmt.Sprintf("complexity of the real images at %d px", size),
				Done: c, Total: count, MemoryBytes: r.memory()})
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
	n                  int // images a batch
	exec               *graph.Exec
	pixels, complexity *graph.Node
	batch              train.Batch
}

// meterBytes bounds the decoded images of a batch.
const meterBytes = 32 << 20

func (m *meter) open() error {
	if m.exec != nil {
		return nil
	}
	d := m.r.Data
	m.n = max(1, min(256, meterBytes/(12*d.Size*d.Size)))
	g := graph.New(m.r.dev)
	m.pixels = g.Input("pixels", graph.U32, m.n, nn.RGBWords(d.Size, d.Size))
	mean, std := [3]float64{}, [3]float64{1, 1, 1} // pixels in [0,1]
	x := resample(nn.DecodeRGB(m.pixels, d.Size, d.Size, mean, std), m.size)
	m.complexity = Complexity(x, mean, std, m.r.Recipe.DRC.BlurSigma)
	var err error
	m.exec, err = g.Compile(graph.CompileOptions{Name: "complexity", Outputs: []*graph.Node{m.complexity}})
	return err
}

// measure returns c(o) of training images.
func (m *meter) measure(images []int) ([]float32, error) {
	if err := m.open(); err != nil {
		return nil, err
	}
	d := m.r.Data
	labels := make([]uint32, d.Classes) // not used
	var out []float32
	for at := 0; at < len(images); at += m.n {
		part := images[at:min(at+m.n, len(images))]
		if err := m.batch.Load(d.Train, labels, part, m.n, d.Size); err != nil {
			return nil, err
		}
		if err := firstError(m.exec.SetU32(m.pixels, m.batch.Words), m.exec.Run(m.r.ctx)); err != nil {
			return nil, err
		}
		v, err := m.exec.Get(m.complexity)
		if err != nil {
			return nil, err
		}
		out = append(out, v[:len(part)]...)
	}
	return out, nil
}

func (m *meter) close() {
	if m.exec != nil {
		m.exec.Close()
	}
}

// finite tells whether complexities are what a complexity can be.
func finite(complexities []float32) bool {
	for _, c := range complexities {
		if !(c >= 0 && c <= math.MaxFloat32) {
			return false
		}
	}
	return true
}
