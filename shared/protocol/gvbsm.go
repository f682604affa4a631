package protocol

func init() {
	register("g-vbsm", "G-VBSM's: stored labels of several teachers in eval mode, squared error of the logits plus cross-entropy", gvbsm)
}

// gvbsm is the protocol of G-VBSM's branches for CIFAR, Tiny-ImageNet and ImageNet-1K.
func gvbsm(s Setup) Protocol {
	p := fadrm(s)
	l, t := &p.Labels, &p.Student
	l.Batch, l.Mode = 64, EvalMode
	t.Loss, t.CEWeight, t.Accumulation, t.Epochs, t.Eta = MSE, 0.15, 1, 1000, 1
	t.Optimiser, t.LR, t.Momentum, t.WeightDecay = SGD, 0.1, 0.9, 5e-4
	p.Test = Test{Every: 10, Crop: 1}
	switch {
	case s.Dataset.Size <= 32:
	case s.small():
		l.Batch, t.Accumulation, t.Epochs, t.CEWeight = 100, 2, 100, 0.1
	default:
		l.Batch, t.Epochs, t.CEWeight = 1024, 300, 0.1
		t.Optimiser, t.LR, t.Momentum, t.WeightDecay = AdamW, 1e-3, 0, 0.01
	}
	return p
}
