package recipe

func init() { Register("fadrm", fadrm) }

// fadrm is FADRM (FADRM+ as soon as several teachers are given): from a real patch, four stages of 500 steps, and at
// the end of the first three the same patch mixed in again, Eqn 2.
func fadrm(d Dataset) Recipe {
	r := base(d)
	r.Connection = Fixed
	return r
}

// base is the loop of FADRM's code, on which the other recipes build.
func base(d Dataset) Recipe {
	small := d.Size <= 64
	r := Recipe{
		IPC: 10, Batch: min(d.Classes, 100), Steps: 2000,
		Init: Patch, Connection: None, Alpha: 0.5,
		LR: 0.25, Betas: [2]float64{0.5, 0.9}, Epsilon: 1e-8,
		BNWeight: 0.01, FirstBN: 10,
		Crop:       Crop{Area: [2]float64{0.08, 1}, Ratio: [2]float64{3. / 4, 4. / 3}},
		SharedCrop: true, Flip: 0.5, Jitter: 4,
		DRC: DRC{Lambda: 0.1, Scale: Percentile, TopM: 8, BlurSigma: 1},
		PTA: PTA{
			LambdaTopo: 0.5, K: 15, Sigma: 0.2, Gamma: 1, Grid: 32, Every: 50,
			EpsMargin: 1, MaxPoints: 50, RealDraws: 8, Relative: true, Normalize: true, Exponent: 1, PerBatch: true,
		},
	}
	if !small {
		r.Jitter, r.DRC.BlurSigma = d.Size/7, 2
	}
	return r.WithStages(4, d)
}
