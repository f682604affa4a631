package protocol

func init() {
	register("quick", "ours, for a look within minutes: as fadrm, in fewer epochs and larger batches", quick)
}

// quick takes as many steps as show which images are better, not as many as a student can use.
func quick(s Setup) Protocol {
	p := fadrm(s)
	l, t := &p.Labels, &p.Student
	l.Batch = 50
	t.Epochs, t.Accumulation, t.LR, t.Eta, t.ReportBest = 60, 1, 2e-3, 1, false
	p.Test = Test{Every: 20, Phase: 19, Crop: 1}
	if s.Dataset.Name == "demo" { // the same number of steps on half as many views: the demo is to end within minutes on a CPU
		l.Batch, t.Epochs = 25, 30
		p.Test = Test{Every: 10, Phase: 9, Crop: 1}
	}
	return p
}
