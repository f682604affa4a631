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

// Bounds of what Show emits.
const (
	showBytes = 8 << 20 // of pixels, in all
	mostViews = 12      // of an image
	leastView = 4       // of an image, where there are as many epochs; fewer classes are shown instead
	topShown  = 5       // classes of a label
)

// Show emits the views of the first image of each class in epochs spread over all that are labelled, with the largest
// probabilities of softmax(logits/T) for each: of all classes or, where that is too much, of the first.
func Show(ctx context.Context, dev *vk.Device, plan Plan, data train.Data, source Source, temperature float64, emit func(event.Event)) error {
	image := 3 * plan.Side * plan.Side
	classes := min(data.Classes, max(1, showBytes/(image*leastView)))
	views := min(plan.Labels.Epochs, mostViews, max(1, showBytes/(image*classes)))
	shown := make([]event.Views, classes)
	first := firstImages(data, classes)
	s := shower{dev: dev, plan: plan, data: data, programs: map[int]*shownProgram{}}
	defer s.close()
	for k := range views {
		epoch := k * plan.Labels.Epochs / views
		for _, v := range plan.Epoch(epoch) {
			if !slices.ContainsFunc(v.Index, func(i int) bool { _, ok := first[i]; return ok }) {
				continue
			}
			pixels, err := s.pixels(ctx, v)
			if err != nil {
				return err
			}
			logits, err := source.Logits(ctx, v)
			if err != nil {
				return err
			}
			for at, i := range v.Index {
				if class, ok := first[i]; ok {
					to, width := &shown[class], source.Classes()
					top, prob := largest(logits[at*width:(at+1)*width], temperature)
					to.Epochs, to.Top, to.Prob = append(to.Epochs, epoch), append(to.Top, top), append(to.Prob, prob)
					to.Pixels = append(to.Pixels, pixels[at*image:(at+1)*image]...)
				}
			}
		}
	}
	for class, e := range shown {
		e.Class, e.Temperature, e.Width, e.Height = class, float32(temperature), plan.Side, plan.Side
		if len(e.Epochs) > 0 {
			emit(e)
		}
	}
	return nil
}

// firstImages are the first images of the first classes, by image.
func firstImages(data train.Data, classes int) map[int]int {
	first, seen := map[int]int{}, make([]bool, classes)
	for i := range data.Train.Len() {
		if class := int(data.Train.Label(i)); class < classes && !seen[class] {
			seen[class], first[i] = true, class
		}
	}
	return first
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

// shower makes views as bytes.
type shower struct {
	dev      *vk.Device
	plan     Plan
	data     train.Data
	programs map[int]*shownProgram // by size of a batch
}

type shownProgram struct {
	exec  *graph.Exec
	views *Views
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
	for _, p := range s.programs {
		p.exec.Close()
	}
}
