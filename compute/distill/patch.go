package distill

import (
	"context"
	"fmt"
	"sort"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/recipe"
)

// Patches are where synthetic images start and what FADRM's fixed connection
// returns to: crops of real images, chosen by how hard the teacher finds them.
// The selection follows RDED (Sun et al. 2024), which FADRM's published patches
// are named after: several random square crops an image, the best of each kept,
// ordered by cross-entropy. RDED tries 300 images a class; the middle of the
// order is known well enough from five images for each one taken, which is a
// fraction of the work at small IPC.
const (
	patchImages = 300 // images tried per class, at most
	patchLeast  = 30  // at least, where there are so many
	patchFactor = 5   // for each image wanted
	patchCrops  = 5   // crops tried per image
)

var patchCrop = recipe.Crop{Area: [2]float64{0.08, 1}, Ratio: [2]float64{1, 1}}

// patch is one crop of a training image.
type patch struct {
	image int // of the training split
	box   nn.Box
	ce    float32
}

// choosePatches returns IPC patches for each class of the group, [class][ipc].
func (r *run) choosePatches(e *embedder, first, count int, progress func(done, total int)) ([][]patch, error) {
	chosen := make([][]patch, count)
	for i := range chosen {
		tried, err := r.tryPatches(e, first+i)
		if err != nil {
			return nil, err
		}
		chosen[i] = pickPatches(tried, r.Recipe.IPC, draws(r.Recipe.Seed, streamPatch, first+i, 1))
		progress(i+1, count)
	}
	return chosen, nil
}

// tryPatches scores random crops of a class's images and keeps the best of each
// image, or as many as it takes to have IPC.
func (r *run) tryPatches(e *embedder, class int) ([]patch, error) {
	d := draws(r.Recipe.Seed, streamPatch, class, 0)
	images := r.pool.class[class]
	tried := min(max(patchLeast, patchFactor*r.Recipe.IPC), patchImages, len(images))
	order := d.perm(len(images))[:tried]
	crops := max(patchCrops, (r.Recipe.IPC+len(order)-1)/len(order))
	keep := (r.Recipe.IPC + len(order) - 1) / len(order)

	var all []patch
	for _, at := range order {
		for range crops {
			all = append(all, patch{image: images[at], box: cropBox(d, r.Data.Size, patchCrop)})
		}
	}
	if err := e.score(r.ctx, all); err != nil {
		return nil, err
	}
	var best []patch
	for at := 0; at < len(all); at += crops {
		of := all[at : at+crops]
		sort.SliceStable(of, func(i, j int) bool { return of[i].ce < of[j].ce })
		best = append(best, of[:keep]...)
	}
	return best, nil
}

// pickPatches takes the IPC patches of middle difficulty, those around the
// median, in an order drawn by seed.
func pickPatches(tried []patch, ipc int, d *drawer) []patch {
	sort.SliceStable(tried, func(i, j int) bool { return tried[i].ce < tried[j].ce })
	at := (len(tried) - ipc) / 2
	out := make([]patch, ipc)
	for i, j := range d.perm(ipc) {
		out[i] = tried[at+j]
	}
	return out
}

// score sets the cross-entropy of each patch under the embedder's teacher.
func (e *embedder) score(ctx context.Context, patches []patch) error {
	for at := 0; at < len(patches); at += e.n {
		part := patches[at:min(at+e.n, len(patches))]
		images := make([]int, len(part))
		for i, p := range part {
			images[i] = p.image
		}
		if err := firstError(e.exec.Set(e.boxes, boxesOf(part, e.n, e.data.Size)), e.run(ctx, images)); err != nil {
			return err
		}
		ce, err := e.exec.Get(e.ce)
		if err != nil {
			return err
		}
		for i := range part {
			part[i].ce = ce[i]
		}
	}
	return nil
}

func boxesOf(patches []patch, n, size int) []float32 {
	var boxes []float32
	for _, p := range patches {
		boxes = p.box.Append(boxes)
	}
	return append(boxes, wholeBoxes(n-len(patches), size)...)
}

// cutPatches gives the pixels of patches at full size, normalised,
// [len(patches),S,S,3].
func cutPatches(ctx context.Context, dev *vk.Device, data train.Data, patches []patch) ([]float32, error) {
	n := min(64, len(patches))
	g := graph.New(dev)
	pixels := g.Input("pixels", graph.U32, n, nn.RGBWords(data.Size, data.Size))
	boxes := g.Input("boxes", graph.F32, n, nn.BoxWords)
	cut := nn.Augment(nn.DecodeRGB(pixels, data.Size, data.Size, data.Mean, data.Std), boxes, data.Size, data.Size)
	exec, err := g.Compile(graph.CompileOptions{Name: "cut patches", Outputs: []*graph.Node{cut}})
	if err != nil {
		return nil, err
	}
	defer exec.Close()
	var out []float32
	var batch train.Batch
	any := make([]uint32, data.Classes) // labels are not used
	for at := 0; at < len(patches); at += n {
		part := patches[at:min(at+n, len(patches))]
		images := make([]int, len(part))
		for i, p := range part {
			images[i] = p.image
		}
		err := firstError(
			batch.Load(data.Train, any, images, n, data.Size),
			exec.Set(boxes, boxesOf(part, n, data.Size)),
		)
		if err == nil {
			err = firstError(exec.SetU32(pixels, batch.Words), exec.Run(ctx))
		}
		if err != nil {
			return nil, err
		}
		v, err := exec.Get(cut)
		if err != nil {
			return nil, err
		}
		out = append(out, v[:len(part)*data.Size*data.Size*3]...)
	}
	return out, nil
}

// resampled resizes images [n,from,from,3] to side to.
func resampled(ctx context.Context, dev *vk.Device, images []float32, from, to int) ([]float32, error) {
	if from == to {
		return images, nil
	}
	each := from * from * 3
	n := min(64, len(images)/each)
	g := graph.New(dev)
	in := g.Input("images", graph.F32, n, from, from, 3)
	y := nn.Resize(in, to, to)
	exec, err := g.Compile(graph.CompileOptions{Name: fmt.Sprintf("resize %d to %dpx", from, to), Outputs: []*graph.Node{y}})
	if err != nil {
		return nil, err
	}
	defer exec.Close()
	var out []float32
	padded := make([]float32, n*each)
	for at := 0; at < len(images); at += n * each {
		take := copy(padded, images[at:min(at+n*each, len(images))]) / each
		if err := firstError(exec.Set(in, padded), exec.Run(ctx)); err != nil {
			return nil, err
		}
		v, err := exec.Get(y)
		if err != nil {
			return nil, err
		}
		out = append(out, v[:take*to*to*3]...)
	}
	return out, nil
}
