package distill

import (
	"context"
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/shared/recipe"
)

// The mean and variance of patches of 4 x 4 pixels over images, channels and pixels, after a resize to multiples of 4.
func TestPatchStats(t *testing.T) {
	for _, s := range [][4]int{{2, 8, 4, 3}, {3, 6, 10, 5}, {1, 2, 2, 1}} {
		n, h, w, c := s[0], s[1], s[2], s[3]
		rows, columns := (h+3)/4, (w+3)/4
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s[:]}},
			Build:  func(in []*graph.Node) *graph.Node { return patchStats(in[0]) },
			Ref: func(in [][]float64) []float64 {
				out := make([]float64, 2*rows*columns)
				for p := range rows * columns {
					var values []float64
					for image := range n {
						for i := range 16 {
							y, x := p/columns*4+i/4, p%columns*4+i%4
							for channel := range c {
								values = append(values, bilinear(in[0][image*h*w*c:], h, w, c, 4*rows, 4*columns, y, x, channel))
							}
						}
					}
					for _, v := range values {
						out[p] += v / float64(len(values))
					}
					for _, v := range values {
						out[rows*columns+p] += (v - out[p]) * (v - out[p]) / float64(len(values))
					}
				}
				return out
			},
			Tol: 1e-4, GradTol: 1e-3,
		})
	}
}

// bilinear is pixel y, x of an image [h,w,c] resized to H x W, with half-pixel centres.
func bilinear(image []float64, h, w, c, H, W, y, x, channel int) float64 {
	along := func(o, from, to int) (int, int, float64) {
		at := math.Max(0, math.Min(float64(from-1), (float64(o)+0.5)*float64(from)/float64(to)-0.5))
		i := int(at)
		return i, min(i+1, from-1), at - float64(i)
	}
	y0, y1, fy := along(y, h, H)
	x0, x1, fx := along(x, w, W)
	v := func(y, x int) float64 { return image[(y*w+x)*c+channel] }
	return (1-fy)*((1-fx)*v(y0, x0)+fx*v(y0, x1)) + fy*((1-fx)*v(y1, x0)+fx*v(y1, x1))
}

// statsJob is EDC on stripes.
func statsJob(t *testing.T) Job {
	t.Helper()
	job := smallJob(t)
	c, err := recipe.New("edc", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16})
	if err != nil {
		t.Fatal(err)
	}
	c.IPC, c.Batch, c.Steps = 2, 4, 8
	job.Recipe = c
	return job
}

// Real statistics are those of all images together, whatever order they come in, at batch norms the running ones; a class's
// mean is that over its images.
func TestRealStatistics(t *testing.T) {
	job := statsJob(t)
	job.Cache, job.Key = t.TempDir(), "stripes"
	g := openGroup(t, job, 0, 3)
	teacher := job.Teachers[0]
	real, err := g.measure(context.Background(), teacher, 16)
	if err != nil {
		t.Fatal(err)
	}
	running := map[string][]float32{}
	for _, v := range teacher.Variables() {
		if models.IsRunning(v.Name()) {
			if running[v.Name()], err = v.Read(); err != nil {
				t.Fatal(err)
			}
		}
	}
	// All 54 images, then the 18 of class 1, in a batch.
	for _, of := range []int{-1, 1} {
		var images []int
		for i := range job.Data.Train.Len() {
			if of < 0 || int(job.Data.Train.Label(i)) == of {
				images = append(images, i)
			}
		}
		layers, stats := batchStatistics(t, g, teacher, images)
		want := real.whole
		if of >= 0 {
			want = real.classes[of]
		}
		width, at := len(want)/2, 0
		for _, l := range layers {
			for i := range l.columns {
				mean, variance := stats[at+i], stats[width+at+i]
				if l.norm != "" && of < 0 {
					mean, variance = running[l.norm+".running_mean"][i], running[l.norm+".running_var"][i]
				}
				if off := math.Abs(float64(want[at+i] - mean)); off > 1e-4*(1+math.Abs(float64(mean))) {
					t.Fatalf("class %d, layer %+v, column %d: mean %g, want %g", of, l, i, want[at+i], mean)
				}
				off := math.Abs(float64(want[width+at+i] - variance))
				switch {
				case of < 0 && off > 1e-3*(1e-2+float64(variance)):
					t.Fatalf("layer %+v, column %d: variance %g, want %g", l, i, want[width+at+i], variance)
				case of >= 0 && float64(want[width+at+i]) > float64(variance)*1.001+1e-5: // of each image alone: no more
					t.Fatalf("class %d, layer %+v, column %d: variance within images %g, of all %g", of, l, i, want[width+at+i], variance)
				}
			}
			at += l.columns
		}
	}
	// Again, from the cache.
	again, err := g.measure(context.Background(), teacher, 16)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range real.whole {
		if again.whole[i] != v {
			t.Fatalf("from the cache number %d is %g, was %g", i, again.whole[i], v)
		}
	}
}

// batchStatistics are those of some real images in one batch.
func batchStatistics(t *testing.T, g *Group, teacher *models.Model, images []int) ([]layer, []float32) {
	t.Helper()
	d, gr := g.Data, graph.New(g.dev)
	pixels := gr.Input("pixels", graph.U32, len(images), nn.RGBWords(d.Size, d.Size))
	out := teacher.Forward(nn.DecodeRGB(pixels, d.Size, d.Size, d.Mean, d.Std), models.Eval)
	stats := nn.Concat(statisticsOf(out)...)
	e, err := gr.Compile(graph.CompileOptions{Outputs: []*graph.Node{stats}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var batch train.Batch
	err = batch.Load(d.Train, make([]uint32, d.Classes), images, len(images), d.Size)
	if err := firstError(err, e.SetU32(pixels, batch.Words), e.Run(g.ctx)); err != nil {
		t.Fatal(err)
	}
	values, err := e.Get(stats)
	if err != nil {
		t.Fatal(err)
	}
	return layersOf(out), values
}

// onView is the term of a loss on images, alone, and what it takes to evaluate it.
type onView struct {
	exec     *graph.Exec
	x, y, dx *graph.Node
	stats    *graph.Node
	features *graph.Node
	layers   []layer
	prepare  func(step int) error
	images   []float32
}

// view records a term on the first batch of a group as teacher 0 sees it, without augmentation.
func view(t *testing.T, g *Group, l Loss) *onView {
	t.Helper()
	b := g.batches(0)[0]
	n, size := len(b.Rows), g.Data.Size
	gr, p := graph.New(g.dev), &stepProgram{}
	o := &onView{x: gr.Input("x", graph.F32, n, size, size, 3), images: normals(5, n*size*size*3)}
	labels := gr.Input("labels", graph.U32, n)
	v := View{Graph: gr, Recipe: g.Recipe, Model: g.Teachers[0], Images: o.x, Output: g.Teachers[0].Forward(o.x, models.Eval), Labels: labels, step: p}
	o.layers, o.stats = layersOf(v.Output), nn.Concat(statisticsOf(v.Output)...)
	o.y, o.features = l.Term(v), v.Output.Features
	o.dx = gr.Grad(o.y, o.x)[0]
	var err error
	if o.exec, err = gr.Compile(graph.CompileOptions{Outputs: append(p.updates, o.y, o.dx, o.stats, o.features)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.exec.Close)
	of := make([]uint32, n)
	for i, c := range b.Classes {
		of[i] = uint32(c)
	}
	o.prepare = func(step int) error {
		err := o.exec.SetU32(labels, of)
		for _, set := range p.prepare {
			err = firstError(err, set(o.exec, g.Recipe, step, b))
		}
		return err
	}
	return o
}

// at is the term of some images in a step.
func (o *onView) at(t *testing.T, images []float32, step int) float64 {
	t.Helper()
	if err := firstError(o.exec.Set(o.x, images), o.prepare(step), o.exec.Run(context.Background())); err != nil {
		t.Fatal(err)
	}
	return float64(o.get(t, o.y)[0])
}

func (o *onView) get(t *testing.T, n *graph.Node) []float32 {
	t.Helper()
	v, err := o.exec.Get(n)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// publishedStats is EDC's term in float64, of statistics [2,T] smoothed by hand: at every batch norm and convolution half the
// distance from the set, half from the mean of the images' classes, the first convolution's times first.
func publishedStats(layers []layer, smoothed []float64, real *realStatistics, classes []int, s recipe.Stats, left map[int]bool) (sum float64) {
	width, at := len(smoothed)/2, 0
	for _, l := range layers {
		factor := 1.0
		if l.conv == 1 {
			factor = s.First
		}
		if l.conv > 0 && left[l.conv] {
			factor = 0
		}
		for row := range 2 {
			var whole, class float64
			for i := range l.columns {
				k, mean := row*width+at+i, 0.0
				for _, c := range classes {
					mean += float64(real.classes[c][k]) / float64(len(classes))
				}
				whole += math.Pow(smoothed[k]-float64(real.whole[k]), 2)
				class += math.Pow(smoothed[k]-mean, 2)
			}
			sum += factor * ((1-s.ClassShare)*math.Sqrt(whole) + s.ClassShare*math.Sqrt(class))
		}
		at += l.columns
	}
	return sum
}

// The term is the published formula, in the second step with what the first has kept, and with convolutions left out.
func TestStatisticsTerm(t *testing.T) {
	for _, drop := range []float64{0, 0.5} {
		job := statsJob(t)
		job.Recipe.Stats.Drop = drop
		g := openGroup(t, job, 0, 3)
		l := g.parts.losses[1].(*statistics)
		if err := l.Begin(context.Background(), g, 16); err != nil {
			t.Fatal(err)
		}
		o := view(t, g, l)
		b := g.batches(0)[0]
		classes := b.Classes
		smoothed := make([]float64, o.stats.Size())
		dropped := 0
		for step := range 3 {
			images := normals(uint64(10+step), len(o.images))
			got := o.at(t, images, step)
			left := leftOut(o.layers, drop, b.draws(g.Recipe.Seed, streamDrop, step))
			keep, _ := shares(o.layers, len(smoothed)/2, g.Recipe.Stats.EMA, left)
			for i, v := range o.get(t, o.stats) {
				smoothed[i] = float64(keep[i])*smoothed[i] + (1-float64(keep[i]))*float64(v)
			}
			want := publishedStats(o.layers, smoothed, l.of[0].real, classes, g.Recipe.Stats, left)
			if !(math.Abs(got-want) <= 1e-4*want) {
				t.Errorf("drop %g, step %d: %.7g, the formula gives %.7g", drop, step, got, want)
			}
			for _, out := range left {
				if out {
					dropped++
				}
			}
		}
		if (drop > 0) != (dropped > 0) {
			t.Errorf("at rate %g %d convolutions are left out of three steps", drop, dropped)
		}
	}
}

// Without smoothing the gradient to the pixels is that of the term: along itself, by central differences on the device.
func TestStatisticsGradient(t *testing.T) {
	job := statsJob(t)
	job.Recipe.Stats.EMA = 0
	g := openGroup(t, job, 0, 3)
	l := g.parts.losses[1].(*statistics)
	if err := l.Begin(context.Background(), g, 16); err != nil {
		t.Fatal(err)
	}
	o := view(t, g, l)
	alongGradient(t, o)
}

// The densification of a batch is the sum over its classes; more alike images cost more.
func TestDensify(t *testing.T) {
	job := statsJob(t)
	g := openGroup(t, job, 0, 3)
	g.Recipe.Densify = recipe.Densify{Weight: 1, Tau: 4}
	o := view(t, g, densify{})
	apart := make([]float32, len(o.images))
	for i, v := range o.images { // small, so that no eigenvalue takes all
		apart[i] = v / 40
	}
	alike := append([]float32(nil), apart...)
	each := len(alike) / 4
	for image := range 4 {
		copy(alike[image*each:], alike[image/2*2*each:][:each])
	}
	near, far := o.at(t, alike, 0), o.at(t, apart, 0)
	if !(near > far && far > 0) {
		t.Errorf("alike images cost %g, others %g: want more, and more than 0", near, far)
	}
	// Two equal images with Gram matrix [[a,a],[a,a]]: eigenvalues 2a and 0, for each of two classes.
	want := 0.0
	for class := range 2 {
		a := pooledSquare(alike[2*class*each:][:each])
		p, q := 1/(1+math.Exp(-2*a/4)), 1/(1+math.Exp(-2*a))
		want += p*math.Log(p/q) + (1-p)*math.Log((1-p)/(1-q))
	}
	if !(math.Abs(near-want) < 1e-3*want) {
		t.Errorf("alike images cost %g, by hand %g", near, want)
	}
}

// pooledSquare is the square of an image of 16 px, enlarged to 32 px as AdaptiveAvgPool does: each pixel four times.
func pooledSquare(image []float32) (sum float64) {
	for _, v := range image {
		sum += 4 * float64(v) * float64(v)
	}
	return sum
}
