package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
)

// The random streams of a training.
const (
	streamShuffle uint32 = iota + 1
	streamAugment
)

// trainer is one recorded training step with its optimiser state.
type trainer struct {
	model   *models.Model
	data    Data
	recipe  Recipe
	batch   int
	outputs []uint32
	rng     nn.RNG

	exec                        *graph.Exec
	pixels, labels, view, hyper *graph.Node
	masks                       *graph.Node // seed of dropout's, see nn.MaskSeed
	loss, correct               *graph.Node
	state                       []*graph.Variable // velocities, or Adam moments, in order of the weights
	average                     *Average          // of the weights; nil without
	originals                   Cropper           // whose images are cropped before they have the data's size; nil: after
}

func newTrainer(dev *vk.Device, m *models.Model, data Data, r Recipe, batch int) (*trainer, error) {
	t := &trainer{model: m, data: data, recipe: r, batch: batch, rng: nn.RNG{Seed: r.Seed}}
	var err error
	if t.outputs, err = data.Outputs(m); err != nil {
		return nil, err
	}
	if c, ok := data.Train.(Cropper); ok && r.cropsOriginals(data.Size) {
		t.originals = c
	}
	if r.EMA > 0 {
		if t.average, err = NewAverage(dev, m, r.EMA); err != nil {
			return nil, err
		}
	}
	g := graph.New(dev)
	if err := t.record(dev, t.augmented(g)); err != nil {
		if errors.Is(err, vk.ErrOutOfMemory) {
			err = fmt.Errorf("%w; %s", err, t.wouldFit(dev))
		}
		t.Close()
		return nil, err
	}
	return t, nil
}

// record compiles what follows on a batch of images x [batch,S,S,3].
func (t *trainer) record(dev *vk.Device, x *graph.Node) error {
	outputs, err := t.draw(dev, x)
	if err != nil {
		return err
	}
	t.exec, err = x.Graph().Compile(graph.CompileOptions{Name: "squeeze " + t.model.Name, Outputs: outputs, InFlight: graph.InFlight})
	return err
}

// draw adds what follows on a batch of images x, and returns what a step is to make: forward pass, loss, gradients, optimiser,
// running statistics. With no device the optimiser's state has shapes only.
func (t *trainer) draw(dev *vk.Device, x *graph.Node) ([]*graph.Node, error) {
	g := x.Graph()
	t.labels = g.Input("labels", graph.U32, t.batch)
	t.masks = g.Input("masks", graph.U32, nn.SeedWords)
	out := t.model.ForwardMasked(x, models.Train, nn.NewMasks(t.masks))
	t.loss = nn.SoftmaxCrossEntropy(out.Logits, t.labels, t.recipe.Smoothing)
	t.correct = nn.Correct(out.Logits, t.labels, 1)
	outputs := []*graph.Node{t.loss, t.correct}

	weights := make([]*graph.Node, 0, len(t.model.Trainable()))
	for _, v := range t.model.Trainable() {
		weights = append(weights, g.Variable(v))
	}
	updates, err := t.optimiser(dev, g, weights, g.Grad(t.loss, weights...))
	if err != nil {
		return nil, err
	}
	outputs = append(outputs, updates...)
	if t.average != nil {
		outputs = append(outputs, t.average.Update(g, weights)...)
	}
	for _, l := range out.BN {
		outputs = append(outputs, nn.UpdateRunning(l.Mean, l.Var, l.Stats, l.Momentum, l.Count))
	}
	return outputs, nil
}

// augmented is the batch as the network sees it, varied on the device by what view says of each image.
func (t *trainer) augmented(g *graph.Graph) *graph.Node {
	size, mean, std := t.data.Size, t.data.Mean, t.data.Std
	t.pixels = g.Input("pixels", graph.U32, t.batch, nn.RGBWords(size, size))
	x := nn.DecodeRGB(t.pixels, size, size, mean, std)
	switch t.recipe.Augment {
	case PadCrop:
		t.view = g.Input("view", graph.F32, t.batch, nn.ShiftWords)
		if t.recipe.Border != Black {
			return nn.ShiftCrop(x, t.view)
		}
		return nn.ShiftRGB(t.pixels, t.view, size, size, mean, std)
	case RandomCrop:
		if t.originals == nil {
			t.view = g.Input("view", graph.F32, t.batch, nn.BoxWords)
			return nn.Augment(x, t.view, size, size)
		}
	}
	return x
}

// optimiser adds the update of every weight.
func (t *trainer) optimiser(dev *vk.Device, g *graph.Graph, weights, grads []*graph.Node) ([]*graph.Node, error) {
	moments := 1
	if t.recipe.Optimizer == "adam" {
		moments = 2
	}
	t.hyper = g.Input("hyper", graph.F32, nn.HyperWords)
	var updates []*graph.Node
	for i, w := range weights {
		var state []*graph.Node
		for k := range moments {
			v, err := graph.NewVariable(dev, fmt.Sprintf("%s.state%d", w.Name(), k), graph.F32, false, w.Shape()...)
			if err != nil {
				return nil, err
			}
			t.state = append(t.state, v)
			state = append(state, g.Variable(v))
		}
		if moments == 2 {
			updates = append(updates, nn.Adam(w, grads[i], state[0], state[1], t.hyper))
		} else {
			updates = append(updates, nn.SGD(w, grads[i], state[0], t.hyper))
		}
	}
	return updates, nil
}

// launch hands the device a step on the images that are set.
func (t *trainer) launch(ctx context.Context, labels []uint32, step int, lr float64) (*graph.Flight, error) {
	if err := t.inputs(labels, step, lr); err != nil {
		return nil, err
	}
	return t.exec.Submit(ctx)
}

// score is the loss and the accuracy of a step, for which it waits.
func (t *trainer) score(f *graph.Flight) (loss, accuracy float64, err error) {
	l, err := f.Get(t.loss)
	if err != nil {
		return 0, 0, err
	}
	c, err := f.Get(t.correct)
	if err != nil {
		return 0, 0, err
	}
	return float64(l[0]), float64(c[0]) / float64(t.batch), nil
}

// set writes the images of a step and how they vary.
func (t *trainer) set(words []uint32, step int) error {
	err := t.exec.SetU32(t.pixels, words)
	if t.view != nil {
		err = errors.Join(err, t.exec.Set(t.view, t.views(step)))
	}
	return err
}

// inputs writes the labels and the numbers of a step.
func (t *trainer) inputs(labels []uint32, step int, lr float64) error {
	h := nn.Hyper{LR: lr, Beta1: t.recipe.Momentum, WeightDecay: t.recipe.WeightDecay, Nesterov: t.recipe.Nesterov}
	if t.recipe.Optimizer == "adam" {
		h.Beta1, h.Beta2, h.Eps = 0.9, 0.999, 1e-8
	}
	return errors.Join(t.exec.SetU32(t.labels, labels), t.exec.Set(t.hyper, h.At(step+1)), t.exec.SetU32(t.masks, nn.MaskSeed(t.recipe.Seed, step)))
}

// views draws how each image of the batch is cut and flipped.
func (t *trainer) views(step int) []float32 {
	d, size := t.rng.Draws(streamAugment, uint64(step)<<32), t.data.Size
	if t.recipe.Augment == RandomCrop {
		return nn.Views{Crop: nn.ImageNetCrop, Flip: 0.5}.Draw(d, t.batch, size, size)
	}
	var out []float32
	shift := func() int { return d.IntN(2*t.recipe.Pad+1) - t.recipe.Pad }
	for range t.batch {
		out = nn.Shift{Down: shift(), Right: shift(), Flip: d.IntN(2) == 1}.Append(out)
	}
	return out
}

// save writes weights, optimiser state and the number of finished epochs.
func (t *trainer) save(path string, epochs int) error {
	if path == "" {
		return nil
	}
	var tensors []nn.Tensor
	for name, v := range t.variables() {
		data, err := v.Read()
		if err != nil {
			return err
		}
		tensors = append(tensors, nn.Tensor{Name: name, Shape: v.Shape(), Values: data})
	}
	tensors = append(tensors, nn.Tensor{Name: "epochs", Shape: []int{1}, Values: []int64{int64(epochs)}})
	if err := nn.SealTensors(path, map[string]string{"recipe": t.fingerprint()}, tensors); err != nil {
		return fmt.Errorf("squeeze: checkpoint: %w", err)
	}
	return nil
}

// restore continues from a checkpoint; it returns the finished epochs, 0 when
// there is none. A checkpoint of another training is an error.
func (t *trainer) restore(path string) (int, error) {
	if path == "" {
		return 0, nil
	}
	f, err := nn.OpenUndamaged(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("squeeze: checkpoint: %w: remove it to train from the start", err)
	}
	defer f.Close()
	if was, now := f.Metadata("recipe"), t.fingerprint(); was != now {
		return 0, fmt.Errorf("squeeze: checkpoint %s belongs to another training: it has %s, this one has %s: give another --out, or remove the checkpoint",
			path, lacking(was, now), lacking(now, was))
	}
	epochs, err := f.Int64("epochs", 1)
	if err != nil || epochs[0] < 0 {
		return 0, fmt.Errorf("squeeze: checkpoint %s: epochs %v: %w", path, epochs, err)
	}
	for name, v := range t.variables() {
		data, err := f.Float32(name, v.Shape()...)
		if err != nil {
			return 0, fmt.Errorf("squeeze: checkpoint %s: %w", path, err)
		}
		if err := v.Write(data); err != nil {
			return 0, err
		}
	}
	return int(epochs[0]), nil
}

// variables is all that training changes, by the names of a checkpoint.
func (t *trainer) variables() iter.Seq2[string, *graph.Variable] {
	return func(yield func(string, *graph.Variable) bool) {
		for _, v := range append(append([]*graph.Variable(nil), t.model.Variables()...), t.state...) {
			if !yield(v.Name(), v) {
				return
			}
		}
		if t.average == nil {
			return
		}
		for _, v := range t.average.Weights() {
			if !yield("average."+v.Name(), v) {
				return
			}
		}
	}
}

func (t *trainer) fingerprint() string {
	return fmt.Sprintf("%s %s %d classes on %s %d images of %d px, %s",
		t.model.Name, t.model.Spec.Stem, t.model.Spec.Classes, t.data.Name, t.data.Train.Len(), t.data.Size, t.recipe.Key(t.data.Size))
}

// lacking lists the words of a fingerprint that another one lacks.
func lacking(of, other string) string {
	words := strings.Fields(strings.Trim(other, "{}"))
	var list []string
	for _, w := range strings.Fields(strings.Trim(of, "{}")) {
		if !slices.Contains(words, w) {
			list = append(list, strings.Trim(w, "{},"))
		}
	}
	if len(list) == 0 {
		return "no more"
	}
	return strings.Join(list, " ")
}

// Close frees the program and the optimiser's state.
func (t *trainer) Close() {
	if t.exec != nil {
		t.exec.Close()
	}
	for _, v := range t.state {
		v.Free()
	}
	t.state = nil
	if t.average != nil {
		t.average.Free()
	}
}
