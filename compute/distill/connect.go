package distill

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
)

// connector is the residual connection of one batch (Eqn 6):
//
//	x <- alpha * resample(x, D_next) + (1-alpha) * resample(o, D_next)
//
// with anchors o [n,S,S,3] at the data's full size S.
type connector struct {
	exec           *graph.Exec
	rows, anchor   *graph.Node
	before, inject *graph.Node // before: x resampled; inject: the result
	anchored       *graph.Node
}

// newConnector records the connection of n rows of c to images of side next.
func (r *run) newConnector(c *canvas, n, next int) (*connector, error) {
	g := graph.New(r.dev)
	k := &connector{rows: g.Input("rows", graph.U32, n), anchor: g.Input("anchor", graph.F32, n, r.Data.Size, r.Data.Size, 3)}
	k.before = resample(nn.GatherRows(g.Variable(c.pixels), k.rows), next)
	k.anchored = resample(k.anchor, next)
	alpha := r.Recipe.Alpha
	k.inject = graph.Add(nn.Scale(k.before, alpha), nn.Scale(k.anchored, 1-alpha))
	exec, err := g.Compile(graph.CompileOptions{
		Name:    fmt.Sprintf("connect %d to %dpx", c.size, next),
		Outputs: []*graph.Node{k.before, k.anchored, k.inject},
	})
	k.exec = exec
	return k, err
}

// resample is the bilinear resize, nothing where the size stays.
func resample(x *graph.Node, side int) *graph.Node {
	if x.Dim(1) == side && x.Dim(2) == side {
		return x
	}
	return nn.Resize(x, side, side)
}

// moment is what one residual connection did to a group: images before (already
// at the new size), anchors and images after, each [rows,D,D,3].
type moment struct {
	size                  int
	before, anchor, after []float32
}

// connect blends every image of the group with its anchor (row by row,
// [rows,S,S,3]) and returns the images at the next stage's size.
func (g *group) connect(anchors []float32, next int) (moment, error) {
	k, err := g.r.newConnector(g.canvas, g.count, next)
	if err != nil {
		return moment{}, err
	}
	defer k.exec.Close()
	m := moment{size: next}
	each := g.r.Data.Size * g.r.Data.Size * 3
	for at := 0; at < g.canvas.rows; at += g.count {
		err := firstError(
			k.exec.SetU32(k.rows, rowsFrom(at, g.count)),
			k.exec.Set(k.anchor, anchors[at*each:(at+g.count)*each]),
			k.exec.Run(g.r.ctx),
		)
		if err != nil {
			return m, err
		}
		for _, part := range []struct {
			node *graph.Node
			to   *[]float32
		}{{k.before, &m.before}, {k.anchored, &m.anchor}, {k.inject, &m.after}} {
			v, err := k.exec.Get(part.node)
			if err != nil {
				return m, err
			}
			*part.to = append(*part.to, v...)
		}
	}
	return m, nil
}

// rowsFrom are n consecutive rows.
func rowsFrom(first, n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(first + i)
	}
	return rows
}
