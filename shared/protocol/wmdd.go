package protocol

func init() {
	register("wmdd", "WMDD's: stored labels of a teacher in eval mode, batches of 100, eta 1", wmdd)
}

// wmdd is the protocol of WMDD's run.sh.
func wmdd(s Setup) Protocol {
	p := fadrm(s)
	l, t := &p.Labels, &p.Student
	l.Batch, l.Mode, l.Halves = 100, EvalMode, false
	if s.Dataset.Classes <= 10 && s.IPC < 10 {
		l.Batch = 10 * s.IPC
	}
	t.Epochs, t.Accumulation, t.LR, t.Eta = 300, 1, 1e-3, 1
	p.Test = Test{Every: 10, Crop: 1}
	return p
}
