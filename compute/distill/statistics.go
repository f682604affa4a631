package distill

import (
	"context"
	"fmt"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/topo"
	"reta/shared/recipe"
)

func init() {
	RegisterKeptLoss(recipe.StatsLoss, func(g *Group) Loss { return &statistics{g: g, of: map[int]*teacherStatistics{}} })
}

// statistics is the loss of G-VBSM and EDC: a batch's statistics, smoothed from step to step, are to be those of the real
// set and of the batch's classes.
type statistics struct {
	g  *Group
	of map[int]*teacherStatistics // by teacher
}

// teacherStatistics are what one teacher makes of the real images and, smoothed, of the batches.
type teacherStatistics struct {
	real     *realStatistics
	smoothed *graph.Variable // [batches,2*T], 0 at first
	restored []float32       // from a checkpoint, until there is a variable
}

// Weight is r.
func (s *statistics) Weight(r recipe.Recipe) float64 { return r.Stats.Weight }

// Begin measures the real images under every teacher, at the stage's size.
func (s *statistics) Begin(ctx context.Context, g *Group, size int) error {
	for i := range g.Teachers {
		t := s.teacher(i)
		if t.real != nil && t.real.size == size {
			continue
		}
		var err error
		if t.real, err = g.measure(ctx, g.Teachers[i], size); err != nil {
			return fmt.Errorf("statistics of %s: %w", g.Teachers[i].Name, err)
		}
	}
	return nil
}

func (s *statistics) teacher(i int) *teacherStatistics {
	if s.of[i] == nil {
		s.of[i] = &teacherStatistics{}
	}
	return s.of[i]
}

// Term compares the statistics of a view.
func (s *statistics) Term(v View) *graph.Node {
	gr, layers, nodes := v.Graph, layersOf(v.Output), statisticsOf(v.Output)
	if len(layers) == 0 {
		return gr.Const("no statistics", []float32{0}, 1)
	}
	stats := nn.Concat(nodes...)
	width := stats.Dim(1)
	t := s.teacher(v.Teacher)
	if err := t.allocate(s.g, width); err != nil {
		return gr.Poison("smoothed statistics", err)
	}
	targets := gr.Input("real statistics", graph.F32, 2, 2, width)
	weights := gr.Input("weights of statistics", graph.F32, 2, len(layers))
	segments := gr.Input("segments", graph.U32, len(layers), 2)
	kept, fresh := gr.Input("kept share", graph.F32, 2, width), gr.Input("fresh share", graph.F32, 2, width)
	slot := gr.Input("slot", graph.U32, 1)
	table := gr.Variable(t.smoothed)
	before := graph.Reshape(nn.GatherRows(table, slot), 2, width)
	smoothed := graph.Add(nn.Mul(before, kept), nn.Mul(stats, fresh))
	terms := nn.MatchStatistics(nn.StraightThrough(smoothed, stats), targets, weights, segments)
	v.Update(topo.Place(table, graph.Reshape(smoothed, 1, 2*width), slot))
	v.Prepare(func(e *graph.Exec, r recipe.Recipe, step int, b Batch) error {
		left := leftOut(layers, r.Stats.Drop, b.draws(r.Seed, streamDrop, step))
		keep, take := shares(layers, width, r.Stats.EMA, left)
		return firstError(
			e.Set(targets, append(append([]float32{}, t.real.whole...), t.real.mean(b.Classes)...)), e.Set(weights, layerWeights(layers, r.Stats, left)),
			e.SetU32(segments, segmentsOf(layers)), e.Set(kept, keep), e.Set(fresh, take), e.SetU32(slot, []uint32{uint32(b.Number)}),
		)
	})
	return nn.Scale(nn.Mean(terms), float64(len(layers)))
}

// leftOut draws the convolutions whose terms a step leaves out.
func leftOut(layers []layer, rate float64, d *nn.Draws) map[int]bool {
	out := map[int]bool{}
	if rate == 0 {
		return out
	}
	for _, l := range layers {
		if l.patches { // a convolution's second layer
			out[l.conv] = d.Uniform(0, 1) < rate
		}
	}
	return out
}

// shares are, by column, what smoothed statistics keep and what they take of the present ones. Those left out stay.
func shares(layers []layer, width int, ema float64, left map[int]bool) (keep, take []float32) {
	keep, take = make([]float32, 2*width), make([]float32, 2*width)
	at := 0
	for _, l := range layers {
		k := float32(ema)
		if l.conv > 0 && left[l.conv] {
			k = 1
		}
		for range l.columns {
			keep[at], keep[width+at], take[at], take[width+at] = k, k, 1-k, 1-k
			at++
		}
	}
	return keep, take
}

// layerWeights are those of the layers' terms: for the whole set, then for the classes.
func layerWeights(layers []layer, s recipe.Stats, left map[int]bool) []float32 {
	weights := make([]float32, 2*len(layers))
	for i, l := range layers {
		w := 1.0
		switch {
		case l.conv > 0 && left[l.conv]:
			w = 0
		case l.conv == 1:
			w = s.First
		}
		weights[i], weights[len(layers)+i] = float32(w*(1-s.ClassShare)), float32(w*s.ClassShare)
	}
	return weights
}

func segmentsOf(layers []layer) (list []uint32) {
	at := 0
	for _, l := range layers {
		list = append(list, uint32(at), uint32(l.columns))
		at += l.columns
	}
	return list
}

// allocate makes the table of smoothed statistics, 0 or what a checkpoint has. Statistics of another width, of a stage of
// another size, begin anew.
func (t *teacherStatistics) allocate(g *Group, width int) (err error) {
	batches := len(g.parts.batching(g))
	if t.smoothed != nil {
		if t.smoothed.Shape()[1] == 2*width {
			return nil
		}
		t.smoothed.Free()
	}
	if t.smoothed, err = graph.NewVariable(g.dev, "smoothed statistics", graph.F32, false, batches, 2*width); err != nil {
		return err
	}
	if len(t.restored) == batches*2*width {
		err = t.smoothed.Write(t.restored)
	}
	t.restored = nil
	return err
}

// State keeps the smoothed statistics.
func (s *statistics) State(g *Group) (list []nn.Tensor, err error) {
	for i := range g.Teachers {
		t, values := s.teacher(i), s.teacher(i).restored
		if t.smoothed != nil {
			if values, err = t.smoothed.Read(); err != nil {
				return nil, err
			}
		}
		if len(values) > 0 {
			list = append(list, nn.Tensor{Name: fmt.Sprintf("statistics %d", i), Shape: []int{len(values)}, Values: values})
		}
	}
	return list, nil
}

// Restore reads them back.
func (s *statistics) Restore(g *Group, f *nn.TensorFile) (err error) {
	for i := range g.Teachers {
		name := fmt.Sprintf("statistics %d", i)
		if info, ok := f.Info(name); ok {
			if s.teacher(i).restored, err = f.Float32(name, info.Len()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close frees them.
func (s *statistics) Close() {
	for _, t := range s.of {
		if t.smoothed != nil {
			t.smoothed.Free()
			t.smoothed = nil
		}
	}
}

// layer is the statistics of one input: of a batch norm's channels, of a convolution's channels or of its patches.
type layer struct {
	norm    string // of a batch norm: its name
	conv    int    // of a convolution: its number, from 1
	patches bool
	columns int
}

// layersOf lists the statistics of a forward pass: those of batch norms, then of each convolution the channels' and the patches'.
func layersOf(out models.Output) (list []layer) {
	for _, l := range out.BN {
		list = append(list, layer{norm: l.Name, columns: l.Stats.Dim(1)})
	}
	for i, c := range out.Conv {
		x := c.Input
		list = append(list, layer{conv: i + 1, columns: x.Dim(3)}, layer{conv: i + 1, patches: true, columns: patchesAlong(x.Dim(1)) * patchesAlong(x.Dim(2))})
	}
	return list
}

// statisticsOf are their means and biased variances, each [2,columns].
func statisticsOf(out models.Output) (list []*graph.Node) {
	for _, l := range out.BN {
		list = append(list, l.Stats)
	}
	for _, c := range out.Conv {
		list = append(list, nn.ChannelStats(c.Input), patchStats(c.Input))
	}
	return list
}

// patchSide is that of a patch, in pixels.
const patchSide = 4

func patchesAlong(side int) int { return (side + patchSide - 1) / patchSide }

// patchStats is the mean and biased variance of each patch of 4 x 4 pixels of x [N,H,W,C], over images, channels and the
// patch's pixels, after a resize to multiples of 4: [2,patches].
func patchStats(x *graph.Node) *graph.Node {
	rows, columns := patchesAlong(x.Dim(1)), patchesAlong(x.Dim(2))
	if h, w := rows*patchSide, columns*patchSide; h != x.Dim(1) || w != x.Dim(2) {
		x = nn.Resize(x, h, w)
	}
	n, c := x.Dim(0), x.Dim(3)
	share := make([]float32, c)
	for i := range share {
		share[i] = 1 / float32(c)
	}
	weights := x.Graph().Const("mean of channels", share, 1, c, 1, 1)
	mean := func(x *graph.Node) *graph.Node { // [1,patches]
		per := nn.Conv2d(nn.AvgPool(x, patchSide, patchSide, 0), weights, nn.ConvAttr{})
		return nn.SliceRows(nn.ChannelStats(graph.Reshape(per, n, rows*columns)), 0, 1)
	}
	m, square := mean(x), mean(nn.Mul(x, x))
	variance := graph.Add(square, nn.Scale(nn.Mul(m, m), -1))
	return graph.Reshape(nn.Stack(m, variance), 2, rows*columns)
}
