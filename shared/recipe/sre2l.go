package recipe

func init() {
	Register("sre2l", sre2l)
	describe("sre2l", Method{About: "SRe2L: one stage from noise, no residual connection", Source: "Yin, Xing and Shen 2023, github.com/VILA-Lab/SRe2L"})
}

// sre2l is SRe2L (Yin, Xing and Shen 2023): from noise, one stage, no anchor. Its published settings differ by dataset:
// 32 px without crop and flip; at 64 px rolls to both sides and a smaller rate against a heavier BN term; more steps from 64 px on.
func sre2l(d Dataset) Recipe {
	r := base(d)
	r.Init.Start, r.Connection = Noise, None
	r = r.WithStages(1, d)
	r.Steps = 4000
	switch {
	case d.Size <= 32:
		r.Steps, r.Crop, r.Flip = 1000, wholeImage, 0
	case d.Size <= 64:
		r.LR, r.BNWeight, r.RollBoth = 0.1, 1, true
	}
	return r
}
