package distill

import (
	"context"
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/shared/recipe"
)

func init() {
	RegisterKeptLoss(recipe.ClassBNLoss, func(g *Group) Loss {
		return &classNorm{statistics{g: g, of: map[int]*teacherStatistics{}}}
	})
}

// classNorm is WMDD's batch-norm loss: the distance of each class's statistics in the batch from those of its real images, mean
// over the classes. A batch is of whole classes, IPC images of each.
type classNorm struct{ statistics }

// Weight is that of L_BN.
func (c *classNorm) Weight(r recipe.Recipe) float64 { return r.BNWeight }

// State keeps nothing: nothing is smoothed.
func (c *classNorm) State(*Group) ([]nn.Tensor, error) { return nil, nil }

// Restore needs nothing.
func (c *classNorm) Restore(*Group, *nn.TensorFile) error { return nil }

// Begin measures the real images under every teacher.
func (c *classNorm) Begin(ctx context.Context, g *Group, size int) error {
	return c.statistics.Begin(ctx, g, size)
}

// Term compares each class's statistics at the inputs of batch norms, the first's times first_bn.
func (c *classNorm) Term(v View) *graph.Node {
	gr, ipc := v.Graph, v.Recipe.IPC
	images := v.Images.Dim(0)
	if len(v.Output.BN) == 0 {
		return gr.Const("no batch norm", []float32{0}, 1)
	}
	if images%ipc != 0 {
		return gr.Poison("statistics of classes", fmt.Errorf("a batch of %d images: want whole classes of %d", images, ipc))
	}
	classes := images / ipc
	var stats []*graph.Node
	var segments []uint32
	var weights []float32
	width := 0
	for i, l := range v.Output.BN {
		if l.Input == nil {
			return gr.Poison("statistics of classes", fmt.Errorf("the input of %s is not there as one tensor: want a network that joins no channels, such as a ResNet", l.Name))
		}
		stats = append(stats, statsOfClasses(l.Input, classes))
		w := float32(1) / float32(classes)
		if i == 0 {
			w *= float32(v.Recipe.FirstBN)
		}
		for range classes {
			n := l.Input.Dim(3)
			segments, weights = append(segments, uint32(width), uint32(n)), append(weights, w)
			width += n
		}
	}
	targets := gr.Input("real statistics of classes", graph.F32, 1, 2, width)
	of, share := gr.Input("segments of classes", graph.U32, len(weights), 2), gr.Const("shares of classes", weights, 1, len(weights))
	t := c.teacher(v.Teacher)
	v.Prepare(func(e *graph.Exec, r recipe.Recipe, _ int, b Batch) error {
		return firstError(e.SetU32(of, segments), e.Set(targets, t.real.ofClasses(b.Classes, r.IPC)))
	})
	return nn.Scale(nn.Mean(nn.MatchStatistics(nn.Concat(stats...), targets, share, of)), float64(len(weights)))
}

// statsOfClasses are mean and biased variance of each channel of x [classes*n,H,W,C] over the n images of each class, class by
// class, [2,classes*C].
func statsOfClasses(x *graph.Node, classes int) *graph.Node {
	n, h, w, c := x.Dim(0)/classes, x.Dim(1), x.Dim(2), x.Dim(3)
	x = graph.Reshape(x, classes, n*h, w, c)
	mean := nn.GlobalAvgPool(x)
	square := nn.GlobalAvgPool(nn.Mul(x, x))
	variance := graph.Add(square, nn.Scale(nn.Mul(mean, mean), -1))
	return graph.Reshape(nn.Stack(mean, variance), 2, classes*c)
}

// ofClasses are the real means and variances at batch norms of the classes of a batch, n images of each, [2,T]: of every norm
// class by class.
func (s *realStatistics) ofClasses(classes []int, n int) []float32 {
	var mean, variance []float32
	at := 0
	for _, l := range s.layers {
		if l.norm != "" {
			for i := 0; i < len(classes); i += n {
				mean = append(mean, s.classes[classes[i]][at:at+l.columns]...)
				for j := at; j < at+l.columns; j++ {
					variance = append(variance, s.ofClass(classes[i], j))
				}
			}
		}
		at += l.columns
	}
	return append(mean, variance...)
}
