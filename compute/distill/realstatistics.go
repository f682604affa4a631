package distill

import (
	"context"
	"fmt"
	"math"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
)

// realStatistics are what a teacher makes of real images of a size, as means then variances, [2,T].
type realStatistics struct {
	size    int
	layers  []layer
	classes [][]float32 // of each class: means over its images of their own means and variances
	squares [][]float32 // of each class: means of squares, [T]
	whole   []float32   // of all images together; at batch norms the network's running ones
}

// mean is that of the statistics of some classes, one for each image of a batch.
func (s *realStatistics) mean(classes []int) []float32 {
	out := make([]float32, len(s.whole))
	for _, c := range classes {
		for i, v := range s.classes[c] {
			out[i] += v / float32(len(classes))
		}
	}
	return out
}

// measure makes the real statistics, image by image and class by class, or takes a class's from the cache.
func (g *Group) measure(ctx context.Context, teacher *models.Model, size int) (*realStatistics, error) {
	p, err := g.newPassOfOne(teacher, size)
	if err != nil {
		return nil, err
	}
	defer p.exec.Close()
	s := &realStatistics{
		size: size, layers: p.layers, classes: make([][]float32, g.Data.Classes), squares: make([][]float32, g.Data.Classes), whole: make([]float32, 2*p.width),
	}
	sums, images := make([]float64, 2*p.width), 0.0 // of the means, and of mean squares
	for c, list := range g.pool.Class {
		file := g.cacheFile("statistics", append([]any{teacher.Name, c, len(list), size}, g.pool.key...)...)
		sum, err := cached(g.warn, file, []int{3 * p.width}, finiteAll, func() ([]float32, error) {
			g.progress("statistics", fmt.Sprintf("statistics of the real images' classes, by %s", teacher.Name), c, g.Data.Classes)
			return p.means(ctx, g.Data, list)
		})
		if err != nil {
			return nil, fmt.Errorf("class %d: %w", c, err)
		}
		s.classes[c], s.squares[c] = sum[:2*p.width], sum[2*p.width:]
		n := float64(len(list))
		for i := range p.width {
			sums[i] += n * float64(sum[i])
			sums[p.width+i] += n * float64(sum[2*p.width+i])
		}
		images += n
	}
	for i := range p.width {
		m := sums[i] / images
		s.whole[i], s.whole[p.width+i] = float32(m), float32(max(0, sums[p.width+i]/images-m*m))
	}
	return s, p.running(teacher, s.whole)
}

// passOfOne is the recorded forward pass of one image to its statistics.
type passOfOne struct {
	exec          *graph.Exec
	pixels, stats *graph.Node
	layers        []layer
	width         int // T
}

func (g *Group) newPassOfOne(teacher *models.Model, size int) (*passOfOne, error) {
	gr, d := graph.New(g.dev), g.Data
	p := &passOfOne{pixels: gr.Input("pixels", graph.U32, 1, nn.RGBWords(d.Size, d.Size))}
	out := teacher.Forward(resample(nn.DecodeRGB(p.pixels, d.Size, d.Size, d.Mean, d.Std), size), models.Eval)
	if p.layers = layersOf(out); len(p.layers) == 0 {
		return nil, fmt.Errorf("network %s has neither batch norms nor convolutions", teacher.Name)
	}
	p.stats = nn.Concat(statisticsOf(out)...)
	p.width = p.stats.Dim(1)
	var err error
	p.exec, err = gr.Compile(graph.CompileOptions{Name: "statistics " + teacher.Name, Outputs: []*graph.Node{p.stats}})
	return p, err
}

// means are those over some images of their means, of their variances and of their mean squares, [3,T].
func (p *passOfOne) means(ctx context.Context, d train.Data, images []int) ([]float32, error) {
	var batch train.Batch
	labels := make([]uint32, d.Classes) // not used
	sums := make([]float64, 3*p.width)
	for _, image := range images {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := batch.Load(d.Train, labels, []int{image}, 1, d.Size); err != nil {
			return nil, err
		}
		if err := firstError(p.exec.SetU32(p.pixels, batch.Words), p.exec.Run(ctx)); err != nil {
			return nil, err
		}
		stats, err := p.exec.Get(p.stats)
		if err != nil {
			return nil, err
		}
		for i := range p.width {
			m, v := float64(stats[i]), float64(stats[p.width+i])
			sums[i], sums[p.width+i], sums[2*p.width+i] = sums[i]+m, sums[p.width+i]+v, sums[2*p.width+i]+v+m*m
		}
	}
	out := make([]float32, len(sums))
	for i, v := range sums {
		out[i] = float32(v / float64(len(images)))
	}
	return out, nil
}

// running puts the network's running statistics in the place of those of batch norms.
func (p *passOfOne) running(teacher *models.Model, whole []float32) error {
	values := map[string]*graph.Variable{}
	for _, v := range teacher.Variables() {
		values[v.Name()] = v
	}
	at := 0
	for _, l := range p.layers {
		if l.norm != "" {
			for row, name := range []string{".running_mean", ".running_var"} {
				v, err := values[l.norm+name].Read()
				if err != nil {
					return err
				}
				copy(whole[row*p.width+at:], v)
			}
		}
		at += l.columns
	}
	return nil
}

// finiteAll reports whether all numbers are finite.
func finiteAll(list []float32) bool {
	for _, v := range list {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}
