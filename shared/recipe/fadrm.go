package recipe

import (
	"cmp"
	"strings"
)

func init() {
	Register("fadrm", fadrm)
	Register("fadrm+", fadrmPlus)
	describe("fadrm", Method{About: "FADRM with one teacher: four stages from real patches, blended in again at each stage's end",
		Source: "Cui et al. 2025, github.com/Jiacheng8/FADRM"})
	describe("fadrm+", Method{About: "FADRM with several teachers, one a step in turn", Source: "Cui et al. 2025, github.com/Jiacheng8/FADRM", Teachers: 4})
}

// fadrmPlus is FADRM+, FADRM with several teachers in turn: from a real patch, four stages of 500 steps, and at
// the end of the first three the same patch mixed in again, Eqn 2.
func fadrmPlus(d Dataset) Recipe {
	r := base(d)
	r.Connection = Fixed
	return r
}

// fadrm is FADRM with one teacher, whose scripts depart from that on two sets: Tiny-ImageNet takes two stages at a rate of
// 0.01, ImageNette a rate of 0.05.
func fadrm(d Dataset) Recipe {
	r := fadrmPlus(d)
	switch {
	case strings.HasPrefix(d.Name, "tiny-imagenet"):
		r = r.WithStages(2, d)
		r.Steps, r.LR = 1000, 0.01
	case strings.HasPrefix(d.Name, "imagenette"):
		r.LR = 0.05
	}
	return r
}

// base is the loop of FADRM's code, on which the other recipes build.
func base(d Dataset) Recipe {
	small := d.Size <= 64
	r := Recipe{
		IPC: cmp.Or(d.IPC, 10), Batch: min(d.Classes, 100), Batching: AcrossClasses, Group: min(d.Classes, 100), Rounds: 1, Steps: 2000,
		Connection: None, Alpha: 0.5,
		Init: Init{Start: Patch, Selector: DELT, Difficulty: Medium, Images: 300, Least: 30, PerImage: 5, Crops: 5, Factor: 1, Area: [2]float64{0.08, 1}},
		Pool: Pool{Sample: BySeed}, Ensemble: Rotate, Losses: []string{"ce", "bn"},
		LR: 0.25, LRSchedule: CosineRate, Betas: [2]float64{0.5, 0.9}, Epsilon: 1e-8,
		BNWeight: 0.01, FirstBN: 10, Stats: Stats{Weight: 0.01, EMA: 0.8, First: 10}, Densify: Densify{Weight: 1, Tau: 4}, Barycentre: Barycentre{Weight: 1, Iterations: 100},
		Crop:         Crop{Area: [2]float64{0.08, 1}, Ratio: [2]float64{3. / 4, 4. / 3}},
		CropSchedule: ConstantCrop, SharedCrop: true, Flip: 0.5, Jitter: 4,
		DRC: DRC{Lambda: 0.1, Scale: Percentile, TopM: 8, BlurSigma: 1},
		PTA: PTA{
			LambdaTopo: 0.5, K: 15, Sigma: 0.2, Gamma: 1, Grid: 32, Every: 50,
			EpsMargin: 1, MaxPoints: 50, RealDraws: 8, Relative: true, Normalize: true, Exponent: 1,
			Weighting: PerImage, Update: Joined, Graph: PerSet,
		},
		Match: unmatched,
	}
	if !small {
		r.Jitter, r.DRC.BlurSigma, r.Pool.Limit = d.Size/7, 2, 300
	}
	return r.WithStages(4, d)
}
