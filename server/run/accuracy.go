package run

import (
	"context"
	"fmt"
	"math"
	"strings"

	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/event"
)

const few = 10 // images that show nothing

// measured is a teacher's accuracy on some training images.
type measured struct {
	train.Score
	least float64 // what a teacher must reach
	why   string  // it must
}

// below reports whether the accuracy is less than wanted by more than twice its standard error: few images decide nothing.
func (m measured) below(top1 float64) bool {
	n := float64(m.Images)
	return m.Images >= few && m.least > 0 && top1+2*math.Sqrt(top1*(1-top1)/n) < m.least
}

// leastAccuracy is what a teacher must reach on training images for its gradients to be worth following: what was asked for, or
// three times what a random answer has, and half of what its file states.
func (r *Run) leastAccuracy(m *models.Model) (least float64, why string) {
	if r.MinAccuracy != nil {
		return *r.MinAccuracy, "--min-accuracy"
	}
	chance := 1 / float64(m.Spec.Classes)
	least, why = min(3*chance, chance+(1-chance)/4), fmt.Sprintf("a random answer has %.1f %%", 100*chance)
	if half := m.Origin.Top1 / 2; half > least {
		least, why = half, fmt.Sprintf("half of the %.1f %% that its file states", 100*m.Origin.Top1)
	}
	return least, why
}

// checkAccuracy measures a given teacher on a few training images before recovery and refuses one that does not know them: its
// images would follow gradients of other classes. One that was trained here has its accuracy in its file and is warned about.
func (r *Run) checkAccuracy(ctx context.Context, m *models.Model, given bool) error {
	o := m.Origin
	if r.Unchecked {
		return nil
	}
	if !given && o.Top1 > 0 {
		r.say("teacher: %s: top-1 %.1f %%, according to its file", m.Name, 100*o.Top1)
		if least, why := r.leastAccuracy(m); o.Top1 < least {
			r.warn("teacher: %s has learnt little (%s): its images will show little: train it for longer (--epochs), or give another (--teacher)", m.Name, why)
		}
		return nil
	}
	got := measured{}
	got.least, got.why = r.leastAccuracy(m)
	data := r.data
	data.Test = none{} // the sample is of the training split, which recovery follows
	var err error
	if got.Score, err = train.Estimate(ctx, r.Device, m, data); err != nil {
		return fmt.Errorf("teacher %s: %w", o.File, err)
	}
	r.say("teacher: %s: top-1 %.1f %% on %s", m.Name, 100*got.Top1, event.Counted(got.Images, "training image"))
	if !got.below(got.Top1) {
		if got.Images >= 50 && got.Top1 < o.Top1-0.25 {
			r.warn("teacher: %s has top-1 %.1f %% by its file: are these the images, the normalisation and the size it was trained with?", m.Name, 100*o.Top1)
		}
		return nil
	}
	cause, err := r.cause(ctx, m, data, got)
	if err != nil {
		return fmt.Errorf("teacher %s: %w", o.File, err)
	}
	text := fmt.Sprintf("teacher %s: %s has top-1 %.1f %% on %s of %s, want %.1f %% or more (%s): %s; --min-accuracy 0 lets it pass",
		o.File, m.Name, 100*got.Top1, event.Counted(got.Images, "training image"), r.data.Name, 100*got.least, got.why, cause)
	if r.Folder.Resumed || !given {
		r.warn("%s", text)
		return nil
	}
	return TeacherError{fmt.Errorf("%s", text)}
}

// cause finds why a teacher does not know the images: what is tried is another order of its outputs and other normalisations.
func (r *Run) cause(ctx context.Context, m *models.Model, data train.Data, got measured) (text string, err error) {
	order, byOrder, err := r.anotherOrder(ctx, m, data, got)
	if err != nil {
		return "", err
	}
	pixels, byPixels, err := r.anotherNormalisation(ctx, m, data, got)
	switch {
	case err != nil:
		return "", err
	case pixels != "" && byPixels >= byOrder:
		return pixels, nil
	case order != "":
		return order, nil
	}
	text = "no other order of its outputs and no usual normalisation repairs it: was it trained on these classes, on images of this size, as this --network, and for long enough?"
	if size := m.Origin.Size; size != 0 && size != data.Size {
		text += fmt.Sprintf(" It was trained at %d px, these have %d px: --size %d", size, data.Size, size)
	}
	return text, nil
}

// anotherOrder assigns outputs to the classes that they answer for. The order is found on half of the images and believed if it
// is right for the other half.
func (r *Run) anotherOrder(ctx context.Context, m *models.Model, data train.Data, got measured) (text string, top1 float64, err error) {
	const seconds = 8
	classes, answers, _, err := train.Sample(ctx, r.Device, m, data, seconds)
	if err != nil || m.Spec.Classes < data.Classes {
		return "", 0, err
	}
	order, top1, images := reorder(classes, answers, data.Classes, m.Spec.Classes)
	if images < few || top1 < max(got.least, 2*got.Top1, overOne(data.Classes)) {
		return "", 0, nil
	}
	as, err := data.Outputs(m)
	if err != nil {
		return "", 0, err
	}
	var moved []string
	n := 0
	for c, output := range order {
		if output >= 0 && output != int(as[c]) {
			if n++; n <= 5 && c < len(data.Labels) {
				moved = append(moved, fmt.Sprintf("%s is output %d, not %d", data.Labels[c].Name, output, as[c]))
			}
		}
	}
	if n > len(moved) {
		moved = append(moved, fmt.Sprintf("%d more", n-len(moved)))
	}
	return fmt.Sprintf("its classes are in another order: with each output taken for the class that it answers to, top-1 is %.1f %% (%s): server accuracy --teacher %s --class-order LIST writes the order that it answers in, "+
		"server teacher %s --class-ids LIST --convert OUT.safetensors writes that into the weights", 100*top1, strings.Join(moved, "; "), m.Origin.File, m.Origin.File), top1, nil
}

// ClassOrder finds the class of each output by what a network answers on training images, for half a minute on a CPU: its id in
// data, or "output N" for one that no class has. Where the order that half of the images show is not right for the other half, beyond
// what answering always the same would be, it is an error.
func ClassOrder(ctx context.Context, dev *vk.Device, m *models.Model, data train.Data) (ids []string, top1 float64, err error) {
	const seconds = 30
	data.Test = none{}
	if m.Spec.Classes < data.Classes || len(data.Labels) != data.Classes {
		return nil, 0, fmt.Errorf("the network has %s, %s has %s with names: want as many outputs or more", event.Counted(m.Spec.Classes, "output"), data.Name, event.Counted(len(data.Labels), "class"))
	}
	classes, answers, _, err := train.Sample(ctx, dev, m, data, seconds)
	if err != nil {
		return nil, 0, err
	}
	_, top1, images := reorder(classes, answers, data.Classes, m.Spec.Classes)
	if least := overOne(data.Classes); images < few || top1 < least {
		return nil, top1, fmt.Errorf("no order of the outputs fits: the best is right for %.1f %% of %s, want %.1f %% or more: another normalisation, size or network, or other classes",
			100*top1, event.Counted(images, "image"), 100*least)
	}
	all, has := tabulate(classes, answers, data.Classes, m.Spec.Classes)
	for o := range m.Spec.Classes {
		ids = append(ids, fmt.Sprintf("output %d", o))
	}
	for c, output := range train.Assign(all) {
		if has[c] {
			ids[output] = data.Labels[c].ID
		}
	}
	return ids, top1, nil
}

// overOne is the share of images that is more than a network has which always answers the same.
func overOne(classes int) float64 {
	one := 1 / float64(classes)
	return min(3*one, (1+one)/2)
}

// tabulate counts the answers for each class, and says which have any.
func tabulate(classes, answers []int, count, outputs int) (table [][]float64, has []bool) {
	table, has = make([][]float64, count), make([]bool, count)
	for c := range table {
		table[c] = make([]float64, outputs)
	}
	for i, c := range classes {
		table[c][answers[i]]++
		has[c] = true
	}
	return table, has
}

// reorder finds the output of each class, -1 for one without images, by every second image, and the share of the others that it is
// right for.
func reorder(classes, answers []int, count, outputs int) (order []int, top1 float64, images int) {
	turn := make([]int, count) // images of each class so far
	var held, seen, said []int
	for i, c := range classes {
		if turn[c]++; turn[c]%2 == 0 {
			held = append(held, i)
		} else {
			seen, said = append(seen, c), append(said, answers[i])
		}
	}
	table, has := tabulate(seen, said, count, outputs)
	order = train.Assign(table)
	right := 0
	for _, i := range held {
		if order[classes[i]] == answers[i] {
			right++
		}
	}
	for c := range order {
		if !has[c] {
			order[c] = -1
		}
	}
	return order, float64(right) / float64(max(1, len(held))), len(held)
}

// normalisations are those that networks are usually trained with.
var normalisations = []struct {
	of        string
	mean, std [3]float64
}{
	{"ImageNet", [3]float64{.485, .456, .406}, [3]float64{.229, .224, .225}},
	{"CIFAR-100", [3]float64{.5071, .4867, .4408}, [3]float64{.2675, .2565, .2761}},
	{"CIFAR-10", [3]float64{.4914, .4822, .4465}, [3]float64{.247, .2435, .2616}},
	{"pixels from -1 to 1", [3]float64{.5, .5, .5}, [3]float64{.5, .5, .5}},
	{"pixels from 0 to 1", [3]float64{}, [3]float64{1, 1, 1}},
	{"pixels from 0 to 255", [3]float64{}, [3]float64{1. / 255, 1. / 255, 1. / 255}},
}

// anotherNormalisation tries the usual ones.
func (r *Run) anotherNormalisation(ctx context.Context, m *models.Model, data train.Data, got measured) (text string, best float64, err error) {
	origin := m.Origin
	defer func() {
		m.Origin = origin
		m.Adapt(r.data.Mean, r.data.Std)
	}()
	best = max(got.least, 2*got.Top1)
	for _, n := range normalisations {
		m.Origin.Mean, m.Origin.Std = n.mean, n.std
		data.Mean, data.Std = n.mean, n.std
		m.Adapt(n.mean, n.std)
		score, err := train.Estimate(ctx, r.Device, m, data)
		if err != nil {
			return "", 0, err
		}
		if score.Top1 > best {
			best = score.Top1
			text = fmt.Sprintf("it was trained with another normalisation: with that of %s, top-1 is %.1f %%: write it into the weights: server teacher %s --mean %s --std %s --convert OUT.safetensors",
				n.of, 100*score.Top1, origin.File, numbers(n.mean), numbers(n.std))
		}
	}
	return text, best, nil
}

func numbers(v [3]float64) string { return fmt.Sprintf("%.4g,%.4g,%.4g", v[0], v[1], v[2]) }
