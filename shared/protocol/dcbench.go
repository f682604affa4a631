package protocol

func init() {
	register("dc-bench", "DC-BENCH's: hard labels, SGD and DSA, so that no label carries what images do not", dcbench)
}

// dcbench is the fixed evaluator of DC-BENCH, whose 300 epochs are 301.
func dcbench(s Setup) Protocol {
	p := fadrm(s).Hardened()
	l, t := &p.Labels, &p.Student
	l.Batch, l.Area, l.Ratio, l.Flip, l.Round = 256, [2]float64{1, 1}, [2]float64{1, 1}, 0, false
	t.Epochs, t.Accumulation, t.DSA, t.ReportBest = 301, 1, true, false
	t.Optimiser, t.LR, t.Momentum, t.WeightDecay, t.Decay, t.Schedule = SGD, 0.01, 0.9, 5e-4, All, HalfStep
	p.Test = Test{Every: 100, Crop: 1}
	return p
}
