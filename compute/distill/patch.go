package distill

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/recipe"
)

// cropsOf scores random crops of some of a class's images, and keeps the best of each image, or as many as it takes to have
// enough: those with the least cross-entropy (RDED, Sun et al. 2024) or, where crops are ranked by it, the most class
// activation (NRR-DD). RDED tries 300 images a class; the middle of the order is known well enough from five images
// for each one taken, which is a fraction of the work at small IPC.
func (g *Group) cropsOf(e *embedder, class int) ([]patch, error) {
	rec := g.Recipe
	d := nn.NewDraws(rec.Seed, streamPatch, class, 0)
	images := g.pool.Class[class]
	wanted := patchesOf(rec)
	tried := min(max(rec.Init.Least, rec.Init.PerImage*wanted), rec.Init.Images, len(images))
	order := d.Perm(len(images))[:tried]
	keep := (wanted + len(order) - 1) / len(order)
	crops := max(rec.Init.Crops, keep)

	var all []patch
	square := nn.Crop{Area: rec.Init.Area, Ratio: [2]float64{1, 1}}
	for _, at := range order {
		for range crops {
			all = append(all, patch{image: images[at], box: square.Draw(d, g.Data.Size, g.Data.Size)})
		}
	}
	if err := e.score(g.ctx, all); err != nil {
		return nil, err
	}
	better := func(a, b patch) int { return cmp.Compare(a.ce, b.ce) }
	if e.critical != nil {
		if err := e.critical.rate(g, class, all); err != nil {
			return nil, err
		}
		better = func(a, b patch) int { return cmp.Compare(b.activation, a.activation) }
	}
	var best []patch
	for at := 0; at < len(all); at += crops {
		of := all[at : at+crops]
		slices.SortStableFunc(of, better)
		best = append(best, of[:keep]...)
	}
	return best, nil
}

// wholeImagesOf scores all of a class's images as a test would see them: resized to 8/7 of the size, rounded down to a
// multiple of 8, and the centre cropped (DELT, Shen et al. 2025). At 32 px that is the image itself. Images are taken again
// where a class has fewer than IPC.
func (g *Group) wholeImagesOf(e *embedder, class int) ([]patch, error) {
	size := float64(g.Data.Size)
	side := size * size / float64(max(g.Data.Size/7*8, g.Data.Size))
	box := nn.Box{Top: (size - side) / 2, Left: (size - side) / 2, Height: side, Width: side}
	var all []patch
	for _, image := range g.pool.Class[class] {
		all = append(all, patch{image: image, box: box})
	}
	if err := e.score(g.ctx, all); err != nil {
		return nil, err
	}
	list := all
	for len(list) < patchesOf(g.Recipe) {
		list = append(list, all...)
	}
	return list, nil
}

// imagesOf are all of a class's images as they are, in an order drawn by the seed; again where a class has fewer than IPC.
func (g *Group) imagesOf(_ *embedder, class int) ([]patch, error) {
	images, size := g.pool.Class[class], float64(g.Data.Size)
	d := nn.NewDraws(g.Recipe.Seed, streamPatch, class, 0)
	var list []patch
	for len(list) < patchesOf(g.Recipe) {
		for _, at := range d.Perm(len(images)) {
			list = append(list, patch{image: images[at], box: nn.Box{Height: size, Width: size}})
		}
	}
	return list, nil
}

// patchesOf is how many patches the images of a class are made of.
func patchesOf(rec recipe.Recipe) int { return rec.IPC * rec.Init.Factor * rec.Init.Factor }

// pickPatches takes as many patches as a class's images are made of, of the recipe's difficulty, medium those around the
// median: IPC of them for the first cell of the images, the next for the second. Which image is which is drawn by the seed.
func pickPatches(tried []patch, rec recipe.Recipe, d *nn.Draws) []patch {
	sort.SliceStable(tried, func(i, j int) bool { return tried[i].ce < tried[j].ce })
	n := patchesOf(rec)
	at := map[recipe.Difficulty]int{
		recipe.Easy: 0, recipe.Medium: (len(tried) - n) / 2, recipe.Hard: len(tried) - n,
	}[rec.Init.Difficulty]
	order, out := d.Perm(rec.IPC), make([]patch, n)
	for i := range out {
		out[i] = tried[at+i/rec.IPC*rec.IPC+order[i%rec.IPC]]
	}
	return out
}

// stitched gives the pixels of images [rows,S,S,3] made of cells, [cell][row], as many along each axis: a cell is the patch
// at the size divided by that number. Pixels that no cell covers, where the size is no multiple of it, are 0, the mean.
func (g *Group) stitched(cells [][]patch) ([]float32, error) {
	factor, size := g.Recipe.Init.Factor, g.Data.Size
	if factor == 1 {
		return cutPatches(g.ctx, g.dev, g.Data, cells[0], size)
	}
	side := size / factor
	out := make([]float32, len(cells[0])*size*size*3)
	for k, patches := range cells {
		pixels, err := cutPatches(g.ctx, g.dev, g.Data, patches, side)
		if err != nil {
			return nil, err
		}
		for line := range len(patches) * side {
			image, y := line/side, line%side
			at := ((image*size+k/factor*side+y)*size + k%factor*side) * 3
			copy(out[at:], pixels[line*side*3:(line+1)*side*3])
		}
	}
	return out, nil
}

// cutPatches gives the pixels of patches at the given side, normalised, [len(patches),side,side,3].
func cutPatches(ctx context.Context, dev *vk.Device, data train.Data, patches []patch, side int) (out []float32, err error) {
	var pixels, boxes, cut *graph.Node
	pass, err := graph.NewPass(dev, "cut patches", min(64, len(patches)), func(g *graph.Graph, n int) []*graph.Node {
		pixels = g.Input("pixels", graph.U32, n, nn.RGBWords(data.Size, data.Size))
		boxes = g.Input("boxes", graph.F32, n, nn.BoxWords)
		cut = nn.Augment(nn.DecodeRGB(pixels, data.Size, data.Size, data.Mean, data.Std), boxes, side, side)
		return []*graph.Node{cut}
	})
	if err != nil {
		return nil, err
	}
	defer pass.Close()
	var batch train.Batch
	labels := make([]uint32, data.Classes) // not used
	err = pass.Each(ctx, len(patches), func(b graph.Batch) error {
		part := patches[b.First:b.End]
		if err := batch.Load(data.Train, labels, imagesOf(part), pass.Size, data.Size); err != nil {
			return err
		}
		return firstError(b.Set(boxes, boxesOf(part)), b.SetU32(pixels, batch.Words))
	}, func(b graph.Batch) error { return b.Append(&out, cut) })
	return out, err
}

// resampled resizes images [n,from,from,3] to side to.
func resampled(ctx context.Context, dev *vk.Device, images []float32, from, to int) (out []float32, err error) {
	if from == to {
		return images, nil
	}
	each := from * from * 3
	count := len(images) / each
	var in, y *graph.Node
	pass, err := graph.NewPass(dev, fmt.Sprintf("resize %d to %dpx", from, to), min(64, count), func(g *graph.Graph, n int) []*graph.Node {
		in = g.Input("images", graph.F32, n, from, from, 3)
		y = nn.Resize(in, to, to)
		return []*graph.Node{y}
	})
	if err != nil {
		return nil, err
	}
	defer pass.Close()
	err = pass.Each(ctx, count,
		func(b graph.Batch) error { return b.Set(in, images[b.First*each:b.End*each]) },
		func(b graph.Batch) error { return b.Append(&out, y) })
	return out, err
}
