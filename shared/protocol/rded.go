package protocol

import "strings"

func init() {
	register("rded", "RDED's: labels of a teacher in eval mode in every step, shuffled patches, a second forward pass", rded)
}

// rded is the protocol of RDED's validation.
func rded(s Setup) Protocol {
	p := fadrm(s)
	factor := 1
	if !s.small() {
		factor = 2
	}
	l := &p.Labels
	l.Source, l.Mode, l.Halves, l.Round, l.Shuffle = Online, EvalMode, false, false, factor
	l.Area, l.Ratio = [2]float64{1 / float64(factor), 1}, [2]float64{3. / 4, 4. / 3}
	if factor == 1 {
		l.Ratio = [2]float64{1, 1} // a box of the whole area has to be the image: no other fits
	}
	l.Batch = [...]int{10, 50, 100}[s.column()]
	if d := s.Dataset.Classes; d == 100 || d == 1000 {
		l.Batch *= 2
	}
	if s.set() == tiny {
		l.Batch = 100
	}
	t := &p.Student
	t.Epochs, t.Accumulation, t.SecondPass, t.LR, t.Eta = 300, 1, true, 1e-3, 2
	for network, lr := range map[string]float64{"efficientnet": 2e-3, "mobilenet": 2.5e-3, "vgg": 5e-4, "alexnet": 1e-4, "vit": 1e-4, "swin": 1e-4} {
		if strings.HasPrefix(s.Student, network) {
			t.LR = lr
		}
	}
	if s.Student == "convnet3" && s.set() == cifar100 {
		l.Batch, t.LR = 25, 2e-3
	}
	p.Test = Test{Every: 10, Phase: 9, From: 0.8, Crop: 1, PerClass: 50}
	if s.Dataset.Size == 64 {
		p.Test.Crop = 64. / 72 // resized to 72 px, of which the centre is taken
	}
	if s.set() == cifar100 {
		p.Test.PerClass = 100
	}
	return p
}
