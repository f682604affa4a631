package eventtest

import (
	"math"
	"math/rand/v2"

	"reta/shared/event"
)

// Trials is an evaluation under way: of two students, one trained on distilled images, on controls with three seeds each,
// the other on distilled and random images. Six trials are over, one is half way.
func Trials() event.Trials { return Students(10, 6)[0].(event.Trials) }

// sets are the training sets of Students, with the accuracy they lead to.
var sets = []struct {
	images, labels string
	count          int
	accuracy       float64
}{
	{event.Distilled, event.SoftLabels, 100, 0.62}, {event.Random, event.SoftLabels, 100, 0.58}, {event.Patches, event.SoftLabels, 100, 0.60},
	{event.Distilled, event.HardLabels, 100, 0.41}, {event.AllReal, event.HardLabels, 2000, 0.81},
}

// Students are the events of an evaluation on so many classes, of which so many trials are over and the next is half way: its
// Trials first, then the curves, then confusions of what is over.
func Students(classes, over int) []event.Event {
	const epochs, cadence, tested = 60, 5, 400
	list := event.Trials{Protocol: "quick", TestImages: tested}
	accuracy := []float64{}
	for k, student := range []string{"convnet3", "resnet8"} {
		for _, set := range sets[:len(sets)-3*k] {
			for seed := range 3 {
				rng := rand.New(rand.NewPCG(uint64(len(list.List)), 9))
				accuracy = append(accuracy, set.accuracy-0.08*float64(k)+0.012*rng.NormFloat64())
				list.List = append(list.List, event.Trial{Images: set.images, Labels: set.labels, Student: student, Seed: seed + 1, State: event.Planned,
					Count: set.count, Epochs: epochs})
			}
		}
	}
	out := []event.Event{nil}
	for i := range list.List[:min(over+1, len(list.List))] {
		t := &list.List[i]
		t.State, t.Epoch = event.Trained, epochs
		if i == over {
			t.State, t.Epoch = event.Training, epochs/2
		}
		c := Curve(i, t.Epoch, cadence, accuracy[i])
		for _, p := range c.Points {
			if p.Top1 >= 0 { // it was tested
				t.Last, t.LastTop5 = p.Top1, p.Top5
				if p.Top1 > t.Best {
					t.Best, t.BestTop5, t.BestEpoch = p.Top1, p.Top5, p.Epoch
				}
			}
		}
		t.Seconds = float32(t.Epoch) / 6
		out = append(out, c)
	}
	for first := 0; first+3 <= over && first < len(list.List); first += 3 {
		out = append(out, Confusion(first, classes, tested*3/classes, float64(list.List[first].Last)))
	}
	out[0] = list
	return out
}

// Curve is a trial's epochs, tested every so many, on the way to an accuracy.
func Curve(trial, epochs, cadence int, accuracy float64) event.Curve {
	rng, nan := rand.New(rand.NewPCG(uint64(trial), 3)), float32(math.NaN())
	c := event.Curve{Trial: trial}
	for epoch := 1; epoch <= epochs; epoch++ {
		p := event.CurvePoint{Epoch: epoch, Loss: float32(2.2*math.Exp(-float64(epoch)/18) + 0.25 + 0.04*rng.Float64()), Top1: nan, Top5: nan}
		if epoch%cadence == 0 {
			p.Top1 = float32(accuracy*(1-0.85*math.Exp(-float64(epoch)/9)) + 0.008*rng.NormFloat64())
			p.Top5 = 0.5 + p.Top1/2
		}
		c.Points = append(c.Points, p)
	}
	return c
}

// Confusion is of classes with so many answers each, about as many of them right as accuracy says; most wrong ones go to the
// next class.
func Confusion(trial, classes, each int, accuracy float64) event.Confusion {
	rng := rand.New(rand.NewPCG(uint64(trial), 5))
	c := event.Confusion{Trial: trial, Trials: 3, Counts: make([]uint32, classes*classes)}
	for class := range classes {
		right := uint32(0)
		for range each {
			answer := class
			if rng.Float64() > accuracy+0.25*math.Sin(1.7*float64(class)) {
				if answer = (class + 1) % classes; rng.IntN(2) == 0 {
					answer = rng.IntN(classes)
				}
			}
			if answer == class {
				right++
			}
			c.Counts[class*classes+answer]++
		}
		c.Correct, c.Total = append(c.Correct, right), append(c.Total, uint32(each))
	}
	return c
}

// Mistakes are n images of 2 x 2 pixels that the trials of a first one got wrong, the i-th of class i%classes taken for the next.
func Mistakes(first, classes, n int) event.Mistakes {
	m := event.Mistakes{Trial: first, Width: 2, Height: 2, Pixels: make([]byte, n*2*2*3)}
	for i := range n {
		m.IDs = append(m.IDs, "test/"+string(rune('a'+i%26))+".png")
		m.Label, m.Predicted = append(m.Label, i%classes), append(m.Predicted, (i+1)%classes)
		m.Wrong = append(m.Wrong, 1-float32(i)/float32(n))
	}
	return m
}

// Views are n views, ten epochs apart, of an image of a class; the class has the largest probability, the next one a smaller.
func Views(class, index, classes, n int) event.Views {
	v := event.Views{Class: class, Index: index, Temperature: 20, Width: 2, Height: 2, Pixels: make([]byte, n*2*2*3)}
	for i := range n {
		v.Epochs = append(v.Epochs, 10*i)
		v.Top, v.Prob = append(v.Top, []int{class, (class + 1) % classes}), append(v.Prob, []float32{0.5 - 0.02*float32(i), 0.25})
	}
	return v
}
