package recipe

func init() {
	Register("sre2l++", sre2lpp)
	describe("sre2l++", Method{About: "SRe2L from real images instead of noise: what a protocol gains without a method",
		Source: "Cui et al. 2025, github.com/Jiacheng8/CV-DD (recover_sre2l scripts)"})
}

// sre2lpp is SRe2L++, the baseline of CV-DD's code: one teacher, one stage of 4000 steps from patches of medium difficulty,
// with crop, flip and roll on every set. Departs: patches are chosen by us, as FADRM's.
func sre2lpp(d Dataset) Recipe {
	r := base(d).WithStages(1, d)
	r.Steps = 4000
	return r
}
