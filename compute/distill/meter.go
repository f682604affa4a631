package distill

import (
	"math"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/compute/train"
)

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
