package protocol

func init() {
	register("edc", "EDC's: squared error of the logits of several teachers in eval mode, RandAugment, SGD and averaged weights", edc)
}

// edc is the protocol of EDC's branches for CIFAR, Tiny-ImageNet and ImageNet-1K.
func edc(s Setup) Protocol {
	p := fadrm(s)
	l, t := &p.Labels, &p.Student
	l.Source, l.Batch, l.Mode, l.Halves, l.Round, l.Area = Online, 50, EvalMode, false, false, [2]float64{0.5, 1}
	l.RandAugment = 9
	t.Loss, t.CEWeight, t.Accumulation = MSE, 0.025, 1
	t.Optimiser, t.LR, t.Momentum, t.WeightDecay, t.EMA = SGD, 0.1, 0.875, 5e-4, 0.99
	t.Epochs, t.Schedule, t.Eta = 1000, Cos2, 2
	p.Test = Test{Every: 100, Crop: 1}
	switch {
	case s.Dataset.Size <= 32:
	case s.small():
		l.Batch, t.Schedule = 100, Cosine
		if s.IPC > 1 && s.Student != "resnet101" {
			t.Epochs = 300
		}
	default:
		l.Source, l.Batch, l.Halves, l.Shuffle, l.RandAugment = Stored, 100, true, 2, 0
		t.Optimiser, t.LR, t.WeightDecay, t.Momentum = AdamW, 1e-3, 0.01, 0
		t.Epochs, t.Schedule = 300, Cosine
		p.Test.Every = 30
	}
	return p
}
