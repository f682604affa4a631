package distill

import (
	"context"
	"math"
	"testing"
	"time"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/topo"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/topology"
)

// BenchmarkTopologyUpdate sets an update of 100 classes of 50 images at 32 px under ResNet-18 beside the 50 ordinary
// steps between two updates. Every part is one batch of 100 images, timed at its fastest, times the number of batches:
// 50 a step; 50 for the features and 50 for the gradient of an update, and the topology program once.
func BenchmarkTopologyUpdate(b *testing.B) {
	const classes, size = 100, 32
	dev, ctx := graphtest.Device(b), context.Background()
	teacher, err := models.New(dev, "resnet18", models.Spec{Classes: classes, Frozen: true, Stem: models.CIFAR})
	if err != nil {
		b.Fatal(err)
	}
	defer teacher.Free()
	c, err := recipe.New("reta", recipe.Dataset{Name: "noise", Classes: classes, Size: size})
	if err != nil {
		b.Fatal(err)
	}
	c.IPC = 50
	data := train.Data{Name: "noise", Classes: classes, Size: size, Std: [3]float64{0.25, 0.25, 0.25}}
	c.PTA.Update = recipe.Separate
	r := &run{ctx: ctx, dev: dev, pool: &Pool{Width: teacher.Width()}, Job: Job{
		Recipe: c, Teachers: []*models.Model{teacher}, Data: data, Emit: func(event.Event) {}, Observer: unobserved{},
	}}
	g, err := r.newGroup(0)
	if err != nil {
		b.Fatal(err)
	}
	defer g.close()
	if err := g.replace(size, normals(1, classes*c.IPC*size*size*3)); err != nil {
		b.Fatal(err)
	}
	g.target, err = topo.NewAligner(topologyOptions(c.PTA), classes, topo.Draws{Cloud: func(class, _ int) (topology.Cloud, error) {
		return topology.NewCloud(onSphere(uint64(class), c.IPC, teacher.Width()), c.IPC, teacher.Width())
	}})
	if err != nil {
		b.Fatal(err)
	}
	align := topologyOf(g)
	step, err1 := g.program([]Share{{0, 1}}, classes)
	extractor, err2 := g.features()
	if err := firstError(err1, err2, align.setTargets(g)); err != nil {
		b.Fatal(err)
	}
	hyper := nn.Hyper{LR: 0.1, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1)
	rows := rowsFrom(0, classes)
	var features []float32
	for class := range classes {
		features = append(features, onSphere(uint64(classes+class), c.IPC, teacher.Width())...)
	}
	parts := []struct {
		name string
		run  func() error
		best time.Duration
	}{
		{name: "step", run: func() error {
			f, err := step.launch(ctx, c, 0, g.batchOf(rows), nn.WholeBoxes(classes, size, size), hyper)
			if err != nil {
				return err
			}
			return f.Wait(ctx)
		}},
		{name: "features", run: func() error { return g.extract(extractor, rows, nil) }}, // the points stay those above
		{name: "gradient", run: func() error { return align.back.run(g, rows, hyper) }},
		{name: "topology", run: func() error {
			_, err := align.program.Align(ctx)
			return err
		}},
	}
	if err := align.program.Features.Write(features); err != nil {
		b.Fatal(err)
	}
	for i := range parts { // compile and warm up
		if err := parts[i].run(); err != nil {
			b.Fatal(err)
		}
		parts[i].best = time.Hour
	}
	for b.Loop() {
		for i := range parts {
			began := time.Now()
			if err := parts[i].run(); err != nil {
				b.Fatal(err)
			}
			parts[i].best = min(parts[i].best, time.Since(began))
		}
	}
	seconds := make([]float64, len(parts))
	for i, p := range parts {
		seconds[i] = p.best.Seconds()
		b.ReportMetric(1e3*seconds[i], p.name+"-ms")
	}
	images := float64(c.IPC)
	steps := float64(c.PTA.Every) * images * seconds[0]
	b.ReportMetric(100*seconds[3]/steps, "topology-%")
	b.ReportMetric(100*(seconds[3]+images*(seconds[1]+seconds[2]))/steps, "update-%")
}

// onSphere draws n features of length 1 around three directions.
func onSphere(seed uint64, n, width int) []float32 {
	x := normals(seed+1, n*width)
	for i := range n {
		row, square := x[i*width:(i+1)*width], 0.0
		for d, v := range row {
			if v = float32(math.Abs(float64(v))); d%3 == i%3 {
				v += 2
			}
			row[d] = v
			square += float64(v) * float64(v)
		}
		for d := range row {
			row[d] /= float32(math.Sqrt(square))
		}
	}
	return x
}
