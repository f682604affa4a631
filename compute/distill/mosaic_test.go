package distill

import (
	"context"
	"math"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/recipe"
)

// choosing counts how often images to start from are chosen.
type choosing struct {
	Start
	times int
}

func (c *choosing) Images(g *Group, size int) (First, error) {
	c.times++
	return c.Start.Images(g, size)
}

// The real images are those that the group has chosen to start from; only one that goes on from a checkpoint chooses again, the
// same.
func TestMosaicChoosesOnce(t *testing.T) {
	job := smallJob(t)
	c, err := recipe.New("cim", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16, IPC: 2})
	if err != nil {
		t.Fatal(err)
	}
	job.Recipe = c
	watchJob(&job)
	g := openGroup(t, job, 0, 3)
	chosen := &choosing{Start: g.parts.start}
	g.parts.start = chosen
	if err := g.start(); err != nil {
		t.Fatal(err)
	}
	real := func() []float32 {
		m := &mosaic{g: g}
		defer m.Close()
		if err := m.Begin(context.Background(), g, 16); err != nil {
			t.Fatal(err)
		}
		pixels, err := m.real.Read()
		if err != nil {
			t.Fatal(err)
		}
		return pixels
	}
	first := real()
	if chosen.times != 1 {
		t.Errorf("images to start from are chosen %d times, want once", chosen.times)
	}
	g.cells = nil // as a checkpoint leaves it
	if again := real(); !slices.Equal(again, first) || chosen.times != 2 {
		t.Errorf("after a checkpoint they are chosen %d times: want once more, and the same", chosen.times)
	}
}

// The term compares each cell, enlarged, with the real image that it was made of: with the features of both, of images that are
// enlarged by hand, in a step whose draw changes nothing.
func TestMosaicTerm(t *testing.T) {
	job := smallJob(t)
	c, err := recipe.New("cim", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16, IPC: 2})
	if err != nil {
		t.Fatal(err)
	}
	job.Recipe = c
	watchJob(&job)
	g := openGroup(t, job, 0, 3)
	if err := g.start(); err != nil { // the loss asks how many images there are
		t.Fatal(err)
	}
	l := g.parts.losses[0].(*mosaic)
	if err := l.Begin(context.Background(), g, 16); err != nil {
		t.Fatal(err)
	}
	o := view(t, g, l)
	b, step := g.batches(0)[0], 0
	for asItIs := nn.Siamese.Append(nn.Siamese{Saturation: 1, Contrast: 1, Scale: [2]float64{1, 1}}, nil); !slices.Equal(siamese(b.draws(c.Seed, streamDSA, step), 1, 16), asItIs); step++ {
	}
	got := o.at(t, o.images, step)

	real, err := l.real.Read()
	if err != nil {
		t.Fatal(err)
	}
	const each = 16 * 16 * 3
	var shown []float32 // cell by cell, image by image: enlarged, then all real ones
	var originals []float32
	for k := range 4 {
		for i, row := range b.Rows {
			var cell []float64
			for y := range 8 {
				for x := range 8 {
					for channel := range 3 {
						cell = append(cell, float64(o.images[i*each+((k/2*8+y)*16+k%2*8+x)*3+channel]))
					}
				}
			}
			for p := range each {
				shown = append(shown, float32(bilinear(cell, 8, 8, 3, 16, 16, p/48, p/3%16, p%3)))
			}
			at := (k*6 + int(row)) * each
			originals = append(originals, real[at:at+each]...)
		}
	}
	features := func(images []float32) []float32 {
		gr := graph.New(g.dev)
		x := gr.Input("x", graph.F32, len(images)/each, 16, 16, 3)
		y := job.Teachers[0].Forward(x, models.Eval).Features
		e, err := gr.Compile(graph.CompileOptions{Outputs: []*graph.Node{y}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if err := firstError(e.Set(x, images), e.Run(g.ctx)); err != nil {
			t.Fatal(err)
		}
		f, err := e.Get(y)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	cells, whole, want := features(shown), features(originals), 0.0
	width := len(cells) / 8
	for i, v := range cells {
		want += math.Abs(float64(v)-float64(whole[i])) / float64(width)
	}
	if !(math.Abs(got-want) < 1e-4*want) {
		t.Errorf("%.7g, the formula gives %.7g", got, want)
	}
	alongGradient(t, o)
	// A real image in a cell is the one that the cell was made of: the first cell of an image is its origin.
	whole8, err := cutPatches(g.ctx, g.dev, g.Data, wholeImages(g.origins, 16), 16)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(whole8, real[:len(whole8)]) {
		t.Error("the first cells' real images are not those that the images started from")
	}
}
