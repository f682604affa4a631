package protocol

func init() {
	register("sre2l", "SRe2L's: on small images mixup and labels of a teacher in train mode in every step, T 30; else stored labels", sre2l)
}

// sre2l is the protocol of SRe2L: its small_dataset scripts for images up to 32 px, its repository for Tiny-ImageNet up to 64,
// train_FKD.py above.
func sre2l(s Setup) Protocol {
	p := fadrm(s)
	p.Test = Test{Every: 10, Crop: 1}
	l, t := &p.Labels, &p.Student
	t.LR, t.Eta = 1e-3, 1
	switch {
	case s.Dataset.Size <= 32:
		l.Source, l.Batch, l.Halves, l.Pad, l.Mix, l.MixBeta = Online, 128, false, 4, Mixup, 0.8
		t.Epochs, t.Accumulation, t.Temperature, t.Decay, t.ReportBest = 400, 1, 30, All, false
	case s.small():
		l.Source, l.Batch, l.Halves = Online, 256, false
		t.Epochs, t.Accumulation, t.Optimiser, t.LR, t.Momentum, t.WeightDecay, t.Decay = 100, 1, SGD, 0.2, 0.9, 1e-4, All
	default:
		l.Batch, l.Mode, l.Halves = 1024, EvalMode, false
		t.Epochs = 300
	}
	return p
}
