package topo

import (
	"reta/compute/graph"
	"reta/compute/vk"
)

// The largest set of one class and the largest side of an image that the kernels take.
const (
	MaxPoints = 256
	MaxGrid   = 64
)

// extent is what the kernels of an update know of its size: Sizes in shaders/topo.glsl, and their constants.
type extent struct {
	classes, rows, points, width, slots, grid int
	arena                                     int  // words for the reduced columns of a class
	steps                                     int  // turns that the walk over a class's edges may take
	broadcast                                 bool // kernels for CPU drivers: subgroup broadcast and wide loads
}

func newExtent(info vk.Info, s Size) extent {
	x := extent{
		classes: s.Classes, rows: s.Points, points: min(s.Points, MaxPoints), width: s.Width, grid: min(s.Grid, MaxGrid),
		steps: 1 << 20, // about a second of one slow lane
	}
	const key, counters = 8, 64 // bytes of shared memory, in which edges are sorted
	x.slots = max(1, min(4096, (info.Limits.SharedBytes-counters)/key, x.points*(x.points-1)/2))
	x.arena = 16 * x.points // 256 points of 31 neighbours took 9 a point
	if info.Kind == vk.CPU {
		// Mesa's CPU driver leaves every loop, in silence, once an invocation has made 65535 turns of all its loops.
		x.steps = 1 << 15
		x.broadcast = info.Features.SubgroupBallot && info.Features.Int64 && info.Limits.SubgroupSize >= 8 && s.Width%4 == 0
	}
	return x
}

func (x extent) stride() int { return (x.points + 3) &^ 3 }

// whole is the constant that says whether rows of features are whole vec4.
func (x extent) whole() []uint32 {
	if x.width%4 == 0 {
		return []uint32{1}
	}
	return []uint32{0}
}

// pixels is the size of an image, whose rows end on a vec4.
func (x extent) pixels() int { return x.grid * ((x.grid + 3) &^ 3) }

// bars is how many bars a class has room for, in both degrees.
func (x extent) bars() int { return x.points + x.slots }

// words of device memory of a class's settings and of its report: Class and Report in shaders/topo.glsl.
const (
	classWords  = 9
	reportWords = 11
)

// stages are the tensors of a recorded update, in the order they are made.
type stages struct {
	distances *graph.Node // [classes, points, stride]
	reach     *graph.Node // [classes, stride]
	edges     *graph.Node // U32 [classes, slots, 2]: bits of the weight, ends
	ranks     *graph.Node // U32 [classes, points, stride]: place of each pair in the order of edges
	links     *graph.Node // U32 [classes, slots, points/32]: a bit for each component of an edge's link
	bars      *graph.Node // U32 [classes, points + slots, 2]: birth and death edge
	images    *graph.Node // [classes, 2, grid, grid]: I_syn - I_real
	pulls     *graph.Node // [classes, slots]: dL/dlength / length
	gradient  *graph.Node // the update of the gradient
}

// record adds the kernels of an update to a graph. classes, features and real are read; report and gradient are
// variables that it writes.
func (x extent) record(classes, features, real, report, gradient *graph.Node) (s stages) {
	c, n, words := x.classes, x.points, (x.points+31)/32
	const local = 128 // invocations of a workgroup that has a class to itself
	slots, tiles := uint32(x.slots), (n+31)/32
	distances, gather := kernel{shader: "topo_distances_sm", spec: x.whole()}, kernel{shader: "topo_gradient", spec: x.whole()}
	if x.broadcast {
		distances, gather = kernel{shader: "topo_distances_sg"}, kernel{shader: "topo_gradient_wide"}
	}
	distances.groups, distances.shape = [3]int{tiles * (tiles + 1) / 2, c, 1}, graph.Shape{c, n, x.stride()}
	s.distances = x.apply(distances, features, classes)
	s.reach = x.apply(kernel{
		shader: "topo_reach", groups: [3]int{(x.stride() + 63) / 64, c, 1},
		shape: graph.Shape{c, x.stride()},
	}, s.distances, classes)
	s.edges = x.apply(kernel{
		shader: "topo_edges", spec: []uint32{slots, (slots + local - 1) / local}, groups: [3]int{c, 1, 1},
		shape: graph.Shape{c, x.slots, 2}, dtype: graph.U32, updates: 1,
	}, s.distances, s.reach, classes, report)
	s.ranks = x.apply(kernel{
		shader: "topo_ranks", groups: [3]int{c, 1, 1},
		shape: graph.Shape{c, n, x.stride()}, dtype: graph.U32,
	}, s.edges, classes, report)
	s.links = x.apply(kernel{
		shader: "topo_links", spec: []uint32{uint32(words)}, groups: [3]int{(x.slots + 63) / 64, c, 1},
		shape: graph.Shape{c, x.slots, words}, dtype: graph.U32,
	}, s.edges, s.ranks, classes, report)
	s.bars = x.apply(kernel{
		shader: "topo_pairs", spec: []uint32{slots, (slots + 31) / 32, uint32(n), uint32(words), uint32(x.arena), uint32(x.steps)}, groups: [3]int{c, 1, 1},
		shape: graph.Shape{c, x.bars(), 2}, dtype: graph.U32, updates: 1, scratch: c * x.arena,
	}, s.edges, s.ranks, s.links, classes, report)
	s.images = x.apply(kernel{
		shader: "topo_image", groups: [3]int{2, c, 1},
		shape: graph.Shape{c, 2, x.pixels()}, updates: 1,
	}, classes, s.edges, s.bars, real, report)
	s.pulls = x.apply(kernel{
		shader: "topo_pull", groups: [3]int{c, 1, 1},
		shape: graph.Shape{c, x.slots}, updates: 1, scratch: 2 * c * x.bars(),
	}, classes, s.edges, s.bars, s.images, report)
	gather.groups, gather.updates = [3]int{x.rows, c, 1}, 1
	s.gradient = x.apply(gather, features, s.ranks, s.pulls, classes, report, gradient)
	return s
}

// kernel is one dispatch of an update. It binds its inputs, the tensor it makes (none without a shape), the last
// `updates` of its inputs, which it writes in place, and scratch words.
type kernel struct {
	shader  string
	spec    []uint32
	groups  [3]int
	shape   graph.Shape
	dtype   graph.DType
	updates int
	scratch int
}

func (x extent) apply(k kernel, in ...*graph.Node) *graph.Node {
	read := len(in) - k.updates
	op := &graph.Op{
		Name: k.shader,
		Infer: func(any, []*graph.Node) (graph.Shape, graph.DType, error) {
			if k.shape == nil {
				return graph.Shape{1}, k.dtype, nil // stands for the update
			}
			return k.shape, k.dtype, nil
		},
		Lower: func(l *graph.Lowering, _ *graph.Node) {
			d := graph.Kernel{Shader: k.shader, Spec: k.spec, Groups: k.groups, Push: graph.Push{
				"classes": x.classes, "rows": x.rows, "points": x.points, "width": x.width, "slots": x.slots, "grid": x.grid,
			}}
			for i := range read {
				d.In = append(d.In, l.In(i))
			}
			if k.shape != nil {
				d.Out = append(d.Out, l.Out())
			}
			for i := read; i < len(in); i++ {
				d.Out = append(d.Out, l.In(i))
			}
			if k.scratch > 0 {
				d.Out = append(d.Out, l.Scratch(k.scratch))
			}
			l.Dispatch(d)
		},
	}
	for i := read; i < len(in); i++ {
		op.Updates = append(op.Updates, i)
	}
	return in[0].Graph().Apply(op, nil, in...)
}
