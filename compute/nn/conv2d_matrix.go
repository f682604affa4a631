package nn

import (
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/compute/vk"
)

// MatrixTile is what a workgroup of the kernels on cooperative matrices owns of
// a product: M pixels x N channels, one of matrixTiles; of a weight gradient N x
// N channels. Splits are the ranges that the sum of a product is cut into, so
// that there are more workgroups.
type MatrixTile struct{ M, N, Splits int }

// matrixTile is a tile with the part of one subgroup, which is made of whole
// matrices of any size of vk.Features.HalfMatrix.
type matrixTile struct{ m, n, partM, partN int }

// matrixTiles are the tiles there are, largest first.
var matrixTiles = []matrixTile{
	{128, 128, 64, 32},
	{128, 64, 32, 32},
	{64, 64, 32, 32},
	{32, 32, 16, 16},
}

const (
	// wanted workgroups fill a large GPU twice: one of 132 multiprocessors.
	// Vulkan does not say how many there are.
	wanted = 2 * 132
	// splitDepth is the least that is summed up in a split: less is not worth
	// another pass over the result.
	splitDepth = 512
	// matrixDepth is the step in which matrix.glsl walks the inner extent.
	matrixDepth = 32
)

// byMatrices launches the product on tensors whose channels are padded to a
// multiple of four, and weights packed as fp16.
func (p product) byMatrices(l *graph.Lowering, t MatrixTile, x, pack, y graph.Tensor, f fused) {
	words := p.N * p.P * p.Q * roundUp(p.K, 4)
	if t.M == 0 {
		tiles := p.tiles(l.Info())
		if f.kind == "_grad" { // is of whole sums
			tiles = slices.DeleteFunc(tiles, func(t MatrixTile) bool { return t.Splits > 1 })
		}
		t = tiles[max(0, l.Fastest(fmt.Sprint("conv2d_cm"+f.kind+" ", p, tiles), len(tiles), func(l *graph.Lowering, i int) {
			p.byMatrices(l, tiles[i], l.ScratchLike(x, x.Size()), l.ScratchLike(pack, pack.Size()), l.ScratchLike(y, y.Size()), f.scratch(l))
		}))]
	}
	t.Splits = max(t.Splits, 1)
	out := y
	if t.Splits > 1 {
		out = l.Scratch(t.Splits * words)
	}
	k := p.kernel(l.Info(), "conv2d_cm", t.M, t.N/4)
	k.In, k.Out = []graph.Tensor{x, pack}, []graph.Tensor{out}
	k.Groups[2] *= t.Splits
	k.Push["splits"] = t.Splits
	if t.Splits > 1 {
		f = f.withoutMoments()
	}
	pixels, _ := p.grid()
	per := matrixTiles[slices.IndexFunc(matrixTiles, t.is)].partM
	l.Dispatch(f.leaving(f.inRows(t.specialise(k, l.Info())), f.slots(l, per, (pixels+per-1)/per, (p.K+3)/4)))
	if t.Splits > 1 {
		l.Dispatch(graph.Kernel{
			Shader: "columns",
			Spec:   []uint32{64, 1},
			In:     []graph.Tensor{out},
			Out:    []graph.Tensor{y},
			Push:   graph.Push{"C": words, "quads": words / 4, "planes": 1, "slots": t.Splits},
			Groups: graph.Grid(words/4, 64),
		})
	}
}

// byMatrices writes the sums of n chunks of pixels to part [n][R*S][K][C].
func (o outerProducts) byMatrices(l *graph.Lowering, t MatrixTile, x, dy, part graph.Tensor, n int, f fused) {
	if t.M == 0 {
		tiles := o.tiles(l.Info(), n)
		t = tiles[max(0, l.Fastest(fmt.Sprint("conv2d_grad_weight_cm"+f.kind+" ", o, n, tiles), len(tiles), func(l *graph.Lowering, i int) {
			o.byMatrices(l, tiles[i], l.ScratchLike(x, x.Size()), l.ScratchLike(dy, dy.Size()), l.ScratchLike(part, part.Size()), n, f.scratch(l))
		}))]
	}
	side := min(t.M, t.N)
	k := o.kernel("conv2d_grad_weight_cm", side, x, dy, part, n)
	l.Dispatch(f.inRows(MatrixTile{M: side, N: side}.specialise(k, l.Info())))
}

// tiles are what the product may be divided into; the first is what is taken
// where none was timed. Sums are split where there are few workgroups.
func (p product) tiles(i vk.Info) (list []MatrixTile) {
	pixels, z := p.grid()
	most := min(p.R*p.S*p.C/splitDepth, int(i.Limits.StorageRange)/(4*p.N*p.P*p.Q*roundUp(p.K, 4)))
	for _, t := range tilesOf(i, matrixTiles, pixels, p.K, z) {
		groups := z * t.groups(pixels, p.K)
		whole := t
		t.Splits = max(1, min((wanted+groups-1)/groups, most))
		if list = append(list, t); t.Splits > 1 {
			list = append(list, whole)
		}
	}
	return list
}

// tiles are the squares that each tap's channels may be divided into, the first
// as of a product.
func (o outerProducts) tiles(i vk.Info, n int) []MatrixTile {
	squares := slices.DeleteFunc(slices.Clone(matrixTiles), func(c matrixTile) bool { return c.m != c.n })
	return tilesOf(i, squares, o.K, o.C, o.R*o.S*n)
}

// tilesOf are those of the tiles for z products of rows x columns that are not mostly
// empty. The first is the largest that gives enough workgroups, but not a small
// one where the product is large.
func tilesOf(i vk.Info, of []matrixTile, rows, columns, z int) (list []MatrixTile) {
	for at, c := range of {
		last := at == len(of)-1
		if full := 2*rows > c.m && 2*columns > c.n && c.fits(i); full || last && len(list) == 0 {
			list = append(list, MatrixTile{M: c.m, N: c.n, Splits: 1})
		}
	}
	first := slices.IndexFunc(list, func(t MatrixTile) bool { return t.M <= 64 || z*t.groups(rows, columns) >= wanted })
	list[0], list[first] = list[first], list[0]
	return list
}

// groups are the workgroups for rows x columns.
func (t MatrixTile) groups(rows, columns int) int {
	return (rows + t.M - 1) / t.M * ((columns + t.N - 1) / t.N)
}

func (t MatrixTile) is(c matrixTile) bool { return t.M == c.m && t.N == c.n }

// fits reports whether a workgroup is not too large for the device.
func (c matrixTile) fits(i vk.Info) bool {
	return c.sharedBytes(i) <= i.Limits.SharedBytes && i.Limits.SubgroupSize*c.subgroups() <= i.Limits.WorkgroupInvocations
}

// subgroups of a workgroup.
func (c matrixTile) subgroups() int { return c.m / c.partM * (c.n / c.partN) }

// sharedBytes is the shared memory that conv2d.comp takes, which is more than
// conv2d_grad_weight.comp does: two steps of operands, a matrix of sums for each
// subgroup, and the places of the pixels.
func (c matrixTile) sharedBytes(i vk.Info) int {
	const half, pad = 2, 8
	m, _ := i.Features.HalfMatrix()
	return 2*half*(c.m*(matrixDepth+pad)+matrixDepth*(c.n+pad)) + 4*m.M*m.N*c.subgroups() + 4*c.m
}

// specialise gives a kernel the constants of matrix.glsl, behind those of
// shapes.
func (t MatrixTile) specialise(k graph.Kernel, i vk.Info) graph.Kernel {
	c := matrixTiles[slices.IndexFunc(matrixTiles, t.is)]
	m, _ := i.Features.HalfMatrix()
	size := i.Limits.SubgroupSize
	const shapes = 10
	k.Spec = append(append(k.Spec, make([]uint32, shapes-len(k.Spec))...),
		words(size*c.subgroups(), size, m.M, m.N, m.K, c.m, c.n, c.partM, c.partN)...)
	k.SubgroupSize = uint32(size)
	return k
}
