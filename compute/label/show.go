package label

import (
	"cmp"
	"context"
	"math"
	"slices"

	"reta/compute/graph"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/event"
)

// Bounds of what is shown.
const (
	showBytes = 8 << 20 // of pixels, in all
	showSide  = 64      // pixels of a view
	mostViews = 6       // of an image
	leastView = 3       // of an image, where there are as many epochs; fewer images are shown instead
	topShown  = 5       // classes of a label
)

// Show emits some views of the images and the largest probabilities of softmax(logits/T) for each: of all images or, where that
// is too much, of the first ones of each class.
func Show(ctx context.Context, dev *vk.Device, plan Plan, data train.Data, source Source, temperature float64, emit func(event.Event)) error {
	s := newShower(dev, plan, data, 0, plan.Labels.Epochs, temperature, emit)
	defer s.close()
	width := source.Classes()
	logits := make([]float32, plan.Images*width)
	for epoch := range s.count {
		for _, v := range plan.Epoch(epoch) {
			rows, err := source.Logits(ctx, v)
			if err != nil {
				return err
			}
			for k, i := range v.Index {
				copy(logits[i*width:(i+1)*width], rows[k*width:])
			}
		}
		if err := s.epoch(ctx, epoch, logits); err != nil {
			return err
		}
	}
	return nil
}

// shower shows views of images in some epochs, with their labels. A nil shower shows nothing.
type shower struct {
	dev          *vk.Device
	plan         Plan
	data         train.Data
	temperature  float64
	emit         func(event.Event)
	first, count int                  // epochs of which views are shown
	images       []int                // in the order in which they are emitted
	shown        map[int]*event.Views // by image
	programs     map[int]*shownProgram
}

// shownProgram makes the views of batches of one size.
type shownProgram struct {
	exec  *graph.Exec
	views *Views
}

// newShower shows epochs from the first on, of those before the end. Without a temperature above 0 it is 1.
func newShower(dev *vk.Device, plan Plan, data train.Data, first, end int, temperature float64, emit func(event.Event)) *shower {
	if temperature <= 0 {
		temperature = 1
	}
	s := &shower{dev: dev, plan: plan, data: data, first: first, temperature: temperature, emit: emit, shown: map[int]*event.Views{}, programs: map[int]*shownProgram{}}
	side := min(plan.Side, showSide)
	s.images = firstImages(data, max(1, showBytes/(3*side*side*leastView)))
	s.count = min(end-first, min(mostViews, max(leastView, showBytes/(3*side*side*len(s.images)))))
	place := make([]int, data.Classes)
	for i := range data.Train.Len() {
		class := int(data.Train.Label(i))
		if slices.Contains(s.images, i) {
			s.shown[i] = &event.Views{Class: class, Index: place[class], Temperature: float32(temperature), Width: side, Height: side}
		}
		place[class]++
	}
	return s
}

// firstImages are so many images at most: as many of each class.
func firstImages(data train.Data, most int) (list []int) {
	each := data.Train.Len()
	if each > most {
		each = max(1, most/data.Classes)
	}
	seen := make([]int, data.Classes)
	for i := range data.Train.Len() {
		class := data.Train.Label(i)
		if seen[class]++; seen[class] <= each && len(list) < most {
			list = append(list, i)
		}
	}
	return list
}

// epoch takes in an epoch's labels, the logits [images, classes]. After the first epoch and after the last that is shown it emits
// what there is of every image.
func (s *shower) epoch(ctx context.Context, epoch int, logits []float32) error {
	if s == nil || epoch < s.first || epoch >= s.first+s.count {
		return nil
	}
	width := len(logits) / s.plan.Images
	for _, v := range s.plan.Epoch(epoch) {
		if !slices.ContainsFunc(v.Index, func(i int) bool { return s.shown[i] != nil }) {
			continue
		}
		pixels, err := s.pixels(ctx, v)
		if err != nil {
			return err
		}
		each := len(pixels) / len(v.Index)
		for at, i := range v.Index {
			if to := s.shown[i]; to != nil {
				top, prob := largest(logits[i*width:(i+1)*width], s.temperature)
				to.Epochs, to.Top, to.Prob = append(to.Epochs, epoch), append(to.Top, top), append(to.Prob, prob)
				to.Pixels = append(to.Pixels, event.Shrink(pixels[at*each:(at+1)*each], 3, s.plan.Side, s.plan.Side, to.Width, to.Height)...)
			}
		}
	}
	if epoch == s.first || epoch == s.first+s.count-1 {
		for _, i := range s.images {
			if e := *s.shown[i]; len(e.Epochs) > 0 {
				e.Epochs, e.Top, e.Prob, e.Pixels = slices.Clone(e.Epochs), slices.Clone(e.Top), slices.Clone(e.Prob), slices.Clone(e.Pixels)
				s.emit(e)
			}
		}
	}
	return nil
}

// largest are the classes of the largest logits, falling, and their probabilities.
func largest(logits []float32, temperature float64) (top []int, prob []float32) {
	most, sum := float64(slices.Max(logits)), 0.0
	for c, x := range logits {
		top, sum = append(top, c), sum+math.Exp((float64(x)-most)/temperature)
	}
	slices.SortStableFunc(top, func(a, b int) int { return cmp.Compare(logits[b], logits[a]) })
	top = top[:min(topShown, len(top))]
	for _, c := range top {
		prob = append(prob, float32(math.Exp((float64(logits[c])-most)/temperature)/sum))
	}
	return top, prob
}

// pixels are the views of a batch, RGB8 [n,side,side,3].
func (s *shower) pixels(ctx context.Context, v View) ([]byte, error) {
	n := len(v.Index)
	p := s.programs[n]
	if p == nil {
		g := graph.New(s.dev)
		p = &shownProgram{views: s.plan.Record(g, n, s.data.Mean, s.data.Std)}
		var err error
		if p.exec, err = g.Compile(graph.CompileOptions{Name: "views", Outputs: []*graph.Node{p.views.Out}}); err != nil {
			return nil, err
		}
		s.programs[n] = p
	}
	if err := p.views.Set(p.exec, s.data.Train, v); err != nil {
		return nil, err
	}
	if err := p.exec.Run(ctx); err != nil {
		return nil, err
	}
	x, err := p.exec.Get(p.views.Out)
	if err != nil {
		return nil, err
	}
	rgb := make([]byte, len(x))
	for i, v := range x {
		rgb[i] = byte(math.Round(max(0, min(255, 255*(float64(v)*s.data.Std[i%3]+s.data.Mean[i%3])))))
	}
	return rgb, nil
}

func (s *shower) close() {
	if s == nil {
		return
	}
	for _, p := range s.programs {
		p.exec.Close()
	}
}
