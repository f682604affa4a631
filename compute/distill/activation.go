package distill

import (
	"context"
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
)

// activation is the recorded pass from images to the class activation maps of their classes (Zhou et al. 2016): at each place
// of the last feature map the sum over channels of the activation times what the class's logit gains by it, which is the
// classifier's weight where the map is pooled by its mean.
type activation struct {
	pass            *graph.Pass
	size            int
	outputs         []uint32
	width           int // logits
	images, of, cam *graph.Node
}

// newActivation records the pass of up to so many images [n,size,size,3], normalised.
func newActivation(dev *vk.Device, teacher *models.Model, data train.Data, images, size int) (*activation, error) {
	outputs, err := data.Outputs(teacher)
	if err != nil {
		return nil, err
	}
	a := &activation{size: size, outputs: outputs, width: teacher.Spec.Classes}
	a.pass, err = graph.NewPass(dev, "class activation "+teacher.Name, min(embedBatch, images), func(g *graph.Graph, n int) []*graph.Node {
		a.images, a.of = g.Input("images", graph.F32, n, size, size, 3), g.Input("classes", graph.F32, n, a.width)
		a.cam = nn.Resize(classActivation(teacher.Forward(a.images, models.Eval), a.of), size, size)
		return []*graph.Node{a.cam}
	})
	return a, err
}

// classActivation are the class activation maps of a batch, [N,H,W,1], of the classes that of [N,Classes] has a 1 at.
func classActivation(out models.Output, of *graph.Node) *graph.Node {
	g, last := out.Logits.Graph(), out.Map
	gain := g.GradFrom(out.Logits, of, last)[0]
	n, h, w, c := last.Dim(0), last.Dim(1), last.Dim(2), last.Dim(3)
	ones := g.Const("channels", slices.Repeat([]float32{1}, c), 1, c)
	return graph.Reshape(nn.Linear(graph.Reshape(nn.Mul(last, gain), n*h*w, c), ones, nil, nn.None), n, h, w, 1)
}

// maps are the class activation maps of images of the given classes at their size, [n,size,size], each from 0 at its least to 1
// at its greatest; one that is the same everywhere is 0.
func (a *activation) maps(ctx context.Context, images []float32, classes []int) (all []float32, err error) {
	each := a.size * a.size
	if len(images) != len(classes)*each*3 {
		return nil, fmt.Errorf("class activation: %d numbers for %d images of %d px", len(images), len(classes), a.size)
	}
	err = a.pass.Each(ctx, len(classes), func(b graph.Batch) error {
		of := make([]float32, (b.End-b.First)*a.width)
		for i, class := range classes[b.First:b.End] {
			of[i*a.width+int(a.outputs[class])] = 1
		}
		return firstError(b.Set(a.images, images[b.First*each*3:b.End*each*3]), b.Set(a.of, of))
	}, func(b graph.Batch) error { return b.Append(&all, a.cam) })
	for one := range slices.Chunk(all, each) {
		lo, hi := slices.Min(one), slices.Max(one)
		for i, v := range one {
			if one[i] = 0; hi > lo {
				one[i] = (v - lo) / (hi - lo)
			}
		}
	}
	return all, err
}

// rate sets the activation of crops of a class's images: the mean over the crop of the image's map.
func (a *activation) rate(g *Group, class int, crops []patch) error {
	byImage := map[int][]*patch{}
	var images []int
	for i := range crops {
		p := &crops[i]
		if byImage[p.image] == nil {
			images = append(images, p.image)
		}
		byImage[p.image] = append(byImage[p.image], p)
	}
	for some := range slices.Chunk(images, embedBatch) {
		pixels, err := cutPatches(g.ctx, g.dev, g.Data, wholeImages(some, a.size), a.size)
		if err != nil {
			return err
		}
		maps, err := a.maps(g.ctx, pixels, slices.Repeat([]int{class}, len(some)))
		if err != nil {
			return err
		}
		for i, image := range some {
			for _, p := range byImage[image] {
				p.activation = meanWithin(maps[i*a.size*a.size:][:a.size*a.size], a.size, p.box)
			}
		}
	}
	return nil
}

// meanWithin is the mean of a map [size,size] over the whole pixels of a box.
func meanWithin(of []float32, size int, box nn.Box) float32 {
	sum, top, left, height, width := 0.0, int(box.Top), int(box.Left), int(box.Height), int(box.Width)
	for y := top; y < top+height; y++ {
		for _, v := range of[y*size+left:][:width] {
			sum += float64(v)
		}
	}
	return float32(sum / float64(height*width))
}
