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
)

// realStatistics are what a teacher makes of real images of a size, as means then variances, [2,T].
type realStatistics struct {
	size    int
	layers  []layer
	classes [][]float32 // of each class: means over its images of their own means and variances
	between [][]float32 // of each class: variances over its images of their means, [T]
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
	s := &realStatistics{size: size, layers: p.layers, whole: make([]float32, 2*p.width)}
	for c, list := range g.pool.Class {
		file := g.cacheFile("class-statistics", append([]any{teacher.Name, c, len(list), size}, g.pool.key...)...)
		sum, err := cached(g.warn, file, []int{3 * p.width}, finiteAll, func() ([]float32, error) {
			g.progress("statistics", fmt.Sprintf("statistics of the real images' classes, by %s", teacher.Name), c, g.Data.Classes)
			return p.means(ctx, g.Data, list)
		})
		if err != nil {
			return nil, fmt.Errorf("class %d: %w", c, err)
		}
		s.put(sum)
	}
	for i := range p.width {
		s.whole[i], s.whole[p.width+i] = s.ofWhole(i, g.pool.Class)
	}
	return s, p.running(teacher, s.whole)
}

// put takes in the next class's numbers, [3,T] as moments has them.
func (s *realStatistics) put(numbers []float32) {
	width := len(s.whole)
	s.classes, s.between = append(s.classes, numbers[:width]), append(s.between, numbers[width:])
}

// ofClass is the variance of column i over all pixels of a class's images: that within the images and that of their means. The
// difference of the mean square and the squared mean would be less exact, the more the farther the mean is from 0.
func (s *realStatistics) ofClass(class, i int) float32 {
	return s.classes[class][len(s.whole)/2+i] + s.between[class][i]
}

// ofWhole are the mean and the variance of column i over all pixels of the images of all classes.
func (s *realStatistics) ofWhole(i int, images [][]int) (mean, variance float32) {
	var m, v, count float64
	for c, list := range images {
		count += float64(len(list))
		m += float64(len(list)) * float64(s.classes[c][i])
	}
	m /= count
	for c, list := range images {
		off := float64(s.classes[c][i]) - m
		v += float64(len(list)) * (float64(s.ofClass(c, i)) + off*off)
	}
	return float32(m), float32(v / count)
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

// means are the moments over some images, [3,T].
func (p *passOfOne) means(ctx context.Context, d train.Data, images []int) ([]float32, error) {
	var batch train.Batch
	m := newMoments(p.width)
	labels := make([]uint32, d.Classes) // not used
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
		m.add(stats)
	}
	return m.numbers(), nil
}

// moments are, over images, the means of their means and of their variances, and the variances of their means, each [T].
type moments struct {
	images                float64
	mean, within, between []float64
}

func newMoments(width int) *moments {
	return &moments{mean: make([]float64, width), within: make([]float64, width), between: make([]float64, width)}
}

// add takes in an image's means and variances, [2,T], by Welford's updates.
func (m *moments) add(stats []float32) {
	width := len(m.mean)
	m.images++
	for i := range width {
		mean, variance := float64(stats[i]), float64(stats[width+i])
		off := mean - m.mean[i]
		m.mean[i] += off / m.images
		m.within[i] += (variance - m.within[i]) / m.images
		m.between[i] += (off*(mean-m.mean[i]) - m.between[i]) / m.images
	}
}

// numbers are all of them, [3,T].
func (m *moments) numbers() (list []float32) {
	for _, v := range slices.Concat(m.mean, m.within, m.between) {
		list = append(list, float32(v))
	}
	return list
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
