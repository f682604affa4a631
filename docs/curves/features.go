package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/server/dataset"
	"reta/server/run"
	"reta/shared/topology"
)

// sample is what a teacher makes of some classes: phi(x) of as many images of each, and of the same images blended with
// an anchor in pixel space, as a residual connection does (Eqn 6).
type sample struct {
	title                string // teacher and set, for the record
	classes, each, width int
	real                 []float32            // [classes][each][width], before any normalisation
	blends               map[string][]float32 // by blendName, [classes][each][width]
}

// source says where a sample comes from.
type source struct {
	dataset, data, teacher, device string
	classes, each                  int
}

// blendShares are the shares t of the anchor in the blends: 0.5 is the connection itself.
var blendShares = []float64{0.25, 0.5, 0.75}

// blendAnchors are the anchors of the blends; the class mean is no image.
var blendAnchors = []anchorKind{nearestAnchor, threeAnchors}

func blendName(a anchorKind, t float64) string {
	return fmt.Sprintf("blend %s %g", a, t)
}

// class cuts one class out of features [classes][each][width].
func (s *sample) class(features []float32, c int) (topology.Cloud, error) {
	n := s.each * s.width
	return topology.NewCloud(features[c*n:(c+1)*n], s.each, s.width)
}

// embed passes the images of the set's first classes, and their blends, through the teacher on the device.
func embed(ctx context.Context, from source, tell io.Writer) (*sample, error) {
	dev, err := vk.Open(vk.Options{Device: from.device})
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	m, err := models.Open(dev, from.teacher, "", models.Spec{Frozen: true})
	if err != nil {
		return nil, err
	}
	defer m.Free()
	set, err := dataset.Open(ctx, dataset.Options{
		Name: from.dataset, Data: from.data, Classes: []string{strconv.Itoa(from.classes)}, PerClass: from.each,
	})
	if err != nil {
		return nil, err
	}
	defer set.Close()
	data := run.DataOf(set)
	images, err := grouped(data, from.each)
	if err != nil {
		return nil, err
	}
	key, err := checksum(from.teacher)
	if err != nil {
		return nil, err
	}
	s := &sample{
		title:   fmt.Sprintf("%s (sha256 %s) on %s (sha256 %s)", m.Name, key[:12], set.Name, set.Hash[:12]),
		classes: data.Classes, each: from.each, width: m.Width(), blends: map[string][]float32{},
	}
	pass := func(name string, share float64, anchors []int) (features []float32, err error) {
		b, err := newBlender(dev, m, data, share)
		if err != nil {
			return nil, err
		}
		defer b.pass.Close()
		return b.run(ctx, images, anchors, func(done int) {
			fmt.Fprintf(tell, "\r%s: %d of %d images", name, done, len(images))
		})
	}
	if s.real, err = pass("images", 0, images); err != nil {
		return nil, err
	}
	for _, kind := range blendAnchors {
		var anchors []int
		for c := range s.classes {
			class, err := s.class(s.real, c)
			if err != nil {
				return nil, err
			}
			for _, a := range kind.anchors(class, c) {
				anchors = append(anchors, images[c*s.each+a])
			}
		}
		for _, t := range blendShares {
			name := blendName(kind, t)
			if s.blends[name], err = pass(name, t, anchors); err != nil {
				return nil, err
			}
		}
	}
	fmt.Fprintln(tell)
	return s, nil
}

// grouped lists each training images of every class, class after class.
func grouped(data train.Data, each int) ([]int, error) {
	of := make([][]int, data.Classes)
	for i := range data.Train.Len() {
		c := data.Train.Label(i)
		of[c] = append(of[c], i)
	}
	var images []int
	for c := range of {
		if len(of[c]) < each {
			return nil, fmt.Errorf("%s: class %d has %d training images: want %d; lower --per-class",
				data.Name, c, len(of[c]), each)
		}
		images = append(images, of[c][:each]...)
	}
	return images, nil
}

// blender is the recorded pass from two batches of images to phi((1-t) x + t o).
type blender struct {
	data             train.Data
	outputs          []uint32
	pass             *graph.Pass
	pixels, anchored *graph.Node
	features         *graph.Node
	x, o             train.Batch
}

func newBlender(dev *vk.Device, m *models.Model, data train.Data, share float64) (*blender, error) {
	outputs, err := data.Outputs(m)
	if err != nil {
		return nil, err
	}
	b := &blender{data: data, outputs: outputs}
	b.pass, err = graph.NewPass(dev, "blend", 50, func(g *graph.Graph, n int) []*graph.Node {
		decode := func(name string) (bytes, image *graph.Node) {
			bytes = g.Input(name, graph.U32, n, nn.RGBWords(data.Size, data.Size))
			return bytes, nn.DecodeRGB(bytes, data.Size, data.Size, data.Mean, data.Std)
		}
		var x, o *graph.Node
		b.pixels, x = decode("pixels")
		b.anchored, o = decode("anchors")
		b.features = m.Forward(graph.Add(nn.Scale(x, 1-share), nn.Scale(o, share)), models.Eval).Features
		return []*graph.Node{b.features}
	})
	return b, err
}

// run returns the features of training images blended with their anchors, row by row.
func (b *blender) run(ctx context.Context, images, anchors []int, progress func(done int)) ([]float32, error) {
	var features []float32
	set := func(at graph.Batch) error {
		load := func(node *graph.Node, host *train.Batch, index []int) error {
			if err := host.Load(b.data.Train, b.outputs, index, len(index), b.data.Size); err != nil {
				return err
			}
			return at.SetU32(node, host.Words)
		}
		return errors.Join(load(b.pixels, &b.x, images[at.First:at.End]), load(b.anchored, &b.o, anchors[at.First:at.End]))
	}
	err := b.pass.Each(ctx, len(images), set, func(at graph.Batch) error {
		progress(at.End)
		return at.Append(&features, b.features)
	})
	return features, err
}

func checksum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// write keeps the sample in a safetensors file.
func (s *sample) write(path string) error {
	shape := []int{s.classes, s.each, s.width}
	tensors := []nn.Tensor{{Name: "real", Shape: shape, Values: s.real}}
	for name, v := range s.blends {
		tensors = append(tensors, nn.Tensor{Name: name, Shape: shape, Values: v})
	}
	return nn.WriteTensors(path, map[string]string{"title": s.title}, tensors)
}

// readSample reads what write wrote.
func readSample(path string) (*sample, error) {
	f, err := nn.OpenTensors(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, ok := f.Info("real")
	if !ok || len(info.Shape) != 3 || min(info.Shape[0], info.Shape[1], info.Shape[2]) < 1 {
		return nil, fmt.Errorf("%s: no features [classes,images,width]: delete it to have them computed again", path)
	}
	s := &sample{
		title: f.Metadata("title"), classes: info.Shape[0], each: info.Shape[1], width: info.Shape[2],
		blends: map[string][]float32{},
	}
	if s.real, err = f.Float32("real"); err != nil {
		return nil, err
	}
	for _, kind := range blendAnchors {
		for _, t := range blendShares {
			name := blendName(kind, t)
			if s.blends[name], err = f.Float32(name, info.Shape...); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}
