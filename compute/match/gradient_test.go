package match

import (
	"context"
	"math"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/nn"

	"reta/compute/models/modelstest"
)

// The distance of a gradient from a target, and its gradient with respect to the
// pixels, against PyTorch's double back-propagation in float64.
func TestMatchingAgainstPyTorch(t *testing.T) {
	f, err := nn.OpenTensors("testdata/unrolled.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, images, theta := setting(t)
	g := graph.New(graphtest.Device(t))
	at, target := g.Input("theta", graph.F32, 1, len(theta)), g.Input("target", graph.F32, 1, len(theta))
	rowsIn, classes := g.Input("rows", graph.U32, batch), g.Input("classes", graph.U32, batch)
	x := nn.GatherRows(g.Variable(images), rowsIn)
	loss, sides, by := towards(m, at, target, nil, x, x, classes)
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{loss, sides[0], sides[1], by}, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var star []float32
	for _, u := range modelstest.Uniform(63, len(theta)) {
		star = append(star, float32(0.1*(2*u-1)))
	}
	b := seen(0)
	if err := firstError(e.Set(at, theta), e.Set(target, star), e.SetU32(rowsIn, b.Rows), e.SetU32(classes, b.Classes), e.Run(context.Background())); err != nil {
		t.Fatal(err)
	}
	got, err := e.Get(loss)
	if err != nil {
		t.Fatal(err)
	}
	want, err := f.Float64("matching_loss", 1)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(float64(got[0])-want[0]) > 1e-4*want[0] {
		t.Errorf("loss %.8g, PyTorch has %.8g", got[0], want[0])
	}
	pixels, err := f.Float32("matching_pixels", rows, side, side, 3)
	if err != nil {
		t.Fatal(err)
	}
	each := side * side * 3
	table, d := make([]float32, rows*each), make([][]float32, 3)
	for i, n := range []*graph.Node{sides[0], sides[1], by} {
		if d[i], err = e.Get(n); err != nil {
			t.Fatal(err)
		}
	}
	for i := range d[0] {
		table[int(b.Rows[i/each])*each+i%each] = d[2][0] * (d[0][i] - d[1][i])
	}
	relative, cosine := compare(table, pixels)
	t.Logf("relative error %.2g, 1 - cosine %.2g", relative, 1-cosine)
	if relative > 1e-2 || cosine < 0.999 {
		t.Errorf("gradient of the pixels has relative error %.2g and cosine %.5f, want at most 0.01 and at least 0.999", relative, cosine)
	}
}

// Steps lower the distance of the gradients, and depend on nothing but their number
// and the state.
func TestGradient(t *testing.T) {
	data, dev, ctx := stripes(), graphtest.Device(t), context.Background()
	run := func(steps, trained int) (losses []float64, pixels []float32) {
		t.Helper()
		images, classes := grey(t, data)
		m, err := NewGradient(dev, data, images, classes, GradientSettings{
			Network: "convnet2-w16", Real: 8, Renew: 1000, Trained: trained, Batch: 16, Rate: 0.01, Momentum: 0.9, Decay: 5e-4, Mixed: 0.5, Seed: 7,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		for step := range steps {
			loss, err := m.Step(ctx, step, 0.02)
			if err != nil {
				t.Fatal(err)
			}
			losses = append(losses, loss)
		}
		if pixels, err = images.Pixels.Read(); err != nil {
			t.Fatal(err)
		}
		return losses, pixels
	}
	losses, _ := run(40, 0) // of one network, so that losses compare
	before, after := 0.0, 0.0
	for i := range 10 {
		before, after = before+losses[i]/10, after+losses[30+i]/10
	}
	t.Logf("loss %.4f -> %.4f", before, after)
	if after > 0.9*before {
		t.Errorf("the loss goes from %.4f to %.4f in 40 steps, want it lower", before, after)
	}
	_, one := run(2, 32)
	_, two := run(2, 32)
	if !slices.Equal(one, two) {
		t.Error("two runs differ")
	}
}

// Images that hold 2 x 2 smaller ones have the loss of these, enlarged, as images of their own, and their gradient taken back to the
// pixels: along any direction the two are the same.
func TestMultiFormation(t *testing.T) {
	data, dev, ctx := stripes(), graphtest.Device(t), context.Background()
	images, classes := grey(t, data)
	settings := GradientSettings{Network: "convnet2-w16", Factor: 2, Real: 8, Renew: 1000, Batch: 16, Rate: 0.01, Momentum: 0.9, Seed: 7}
	pixels, err := images.Pixels.Read()
	if err != nil {
		t.Fatal(err)
	}
	var direction []float32
	for _, u := range modelstest.Uniform(5, len(pixels)) {
		direction = append(direction, float32(2*u-1))
	}
	enlarged := func(values []float32) []float32 {
		g := graph.New(dev)
		x := g.Input("x", graph.F32, images.Pixels.Shape()...)
		y := nn.Cells(x, 2, data.Size)
		e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{y}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		out, err := []float32(nil), firstError(e.Set(x, values), e.Run(ctx))
		if err == nil {
			out, err = e.Get(y)
		}
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	whole := images
	if whole.Pixels, err = graph.NewVariable(dev, "parts", graph.F32, false, 4*len(classes), data.Size, data.Size, 3); err != nil {
		t.Fatal(err)
	}
	defer whole.Pixels.Free()
	if whole.Velocity, err = graph.NewVariable(dev, "velocity", graph.F32, false, 4*len(classes), data.Size, data.Size, 3); err != nil {
		t.Fatal(err)
	}
	defer whole.Velocity.Free()
	if err := whole.Pixels.Write(enlarged(pixels)); err != nil {
		t.Fatal(err)
	}
	// pull is the loss of class 1 and its gradient along a direction, of rows.
	pull := func(of Images, classes []uint32, s GradientSettings, rows []uint32, along []float32) (loss, slope float64) {
		m, err := NewGradient(dev, data, of, classes, s)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		p, view := m.pull, drawMatched(nn.NewDraws(3, streamReal), data.Size, true).Append(nil)
		var gradient, out []float32
		err = firstError(m.net.begin(7), m.gradient.Zero(), m.batch.Load(data.Train, m.net.classes, m.pool[1][:8], 8, data.Size),
			p.exec.SetU32(p.real, m.batch.Words), p.exec.SetU32(p.realClass, m.batch.Labels), p.exec.Set(p.realViews, repeat(view, 8)),
			p.exec.SetU32(p.rows, rows), p.exec.SetU32(p.class, slices.Repeat([]uint32{1}, p.seen)), p.exec.Set(p.views, repeat(view, p.seen)), p.exec.Run(ctx))
		if err == nil {
			out, err = p.exec.Get(p.loss)
		}
		if err == nil {
			gradient, err = m.gradient.Read()
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range gradient {
			slope += float64(v) * float64(along[i])
		}
		return float64(out[0]), slope
	}
	loss, slope := pull(images, classes, settings, []uint32{1, 4}, direction)
	settings.Factor = 1
	want, wantSlope := pull(whole, slices.Repeat(classes, 4), settings, []uint32{1, 4, 7, 10, 13, 16, 19, 22}, enlarged(direction))
	if math.Abs(loss-want) > 1e-5*want || math.Abs(slope-wantSlope) > 1e-3*math.Abs(wantSlope) || want == 0 || wantSlope == 0 {
		t.Errorf("loss %g and slope %g, of the parts as images %g and %g", loss, slope, want, wantSlope)
	}
}
