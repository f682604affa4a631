package distill

import (
	"context"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
)

// patch is a box of a training image.
type patch struct {
	image int // of the training split
	box   nn.Box
	ce    float32 // of the class under the first teacher

	activation float32 // of the class there, where patches are ranked by it too
}

// embedder is the recorded pass from boxes of training images to their features and the cross-entropy of their class.
type embedder struct {
	data                  train.Data
	pass                  *graph.Pass
	outputs               []uint32
	pixels, boxes, labels *graph.Node
	phi, unit, ce         *graph.Node // phi as it is, and with length 1
	batch                 train.Batch
	critical              *activation // of the images that crops are taken from; nil: crops are not ranked by it
}

// embedBatch is the most images of a pass; a device that binds less takes fewer.
const embedBatch = 100

// newEmbedder records the pass of up to so many images. A box becomes an image of the data's size divided by factor, in the
// middle of one of the data's size that is 0 elsewhere.
func newEmbedder(dev *vk.Device, teacher *models.Model, data train.Data, images, factor int) (*embedder, error) {
	outputs, err := data.Outputs(teacher)
	if err != nil {
		return nil, err
	}
	e := &embedder{data: data, outputs: outputs}
	e.pass, err = graph.NewPass(dev, "embed "+teacher.Name, min(embedBatch, images), func(g *graph.Graph, n int) []*graph.Node {
		e.pixels = g.Input("pixels", graph.U32, n, nn.RGBWords(data.Size, data.Size))
		e.boxes = g.Input("boxes", graph.F32, n, nn.BoxWords)
		e.labels = g.Input("labels", graph.U32, n)
		x := nn.DecodeRGB(e.pixels, data.Size, data.Size, data.Mean, data.Std)
		side := data.Size / factor
		out := teacher.Forward(padded(nn.Augment(x, e.boxes, side, side), data.Size), models.Eval)
		e.phi, e.unit = out.Features, nn.L2Normalize(out.Features)
		e.ce = nn.CrossEntropyPerSample(out.Logits, e.labels, 0)
		return []*graph.Node{e.phi, e.unit, e.ce}
	})
	return e, err
}

// padded puts images [N,D,D,3] in the middle of such of the given side that are 0 elsewhere.
func padded(x *graph.Node, side int) *graph.Node {
	n, d := x.Dim(0), x.Dim(1)
	if d == side {
		return x
	}
	from, margin := make([]int, side*side), (side-d)/2
	for i := range from {
		row, column := i/side-margin, i%side-margin
		if from[i] = row*d + column; row < 0 || row >= d || column < 0 || column >= d {
			from[i] = -1
		}
	}
	return graph.Reshape(nn.MoveRows(x, nn.NewRowMap(x.Graph(), d*d, from)), n, side, side, 3)
}

// each passes boxes of training images through, and has get read what comes of a batch.
func (e *embedder) each(ctx context.Context, of []patch, get func(graph.Batch) error) error {
	return e.pass.Each(ctx, len(of), func(b graph.Batch) error {
		part := of[b.First:b.End]
		if err := e.batch.Load(e.data.Train, e.outputs, imagesOf(part), e.pass.Size, e.data.Size); err != nil {
			return err
		}
		return firstError(b.SetU32(e.pixels, e.batch.Words), b.SetU32(e.labels, e.batch.Labels), b.Set(e.boxes, boxesOf(part)))
	}, get)
}

// score sets the cross-entropy of each patch under the embedder's teacher.
func (e *embedder) score(ctx context.Context, patches []patch) error {
	var ce []float32
	err := e.each(ctx, patches, func(b graph.Batch) error { return b.Append(&ce, e.ce) })
	if err != nil {
		return err
	}
	for i := range patches {
		patches[i].ce = ce[i]
	}
	return nil
}

// wholeImages are training images as they are.
func wholeImages(images []int, size int) []patch {
	list := make([]patch, len(images))
	for i, image := range images {
		list[i] = patch{image: image, box: nn.Box{Height: float64(size), Width: float64(size)}}
	}
	return list
}

func imagesOf(patches []patch) []int {
	images := make([]int, len(patches))
	for i, p := range patches {
		images[i] = p.image
	}
	return images
}

func boxesOf(patches []patch) (boxes []float32) {
	for _, p := range patches {
		boxes = p.box.Append(boxes)
	}
	return boxes
}
