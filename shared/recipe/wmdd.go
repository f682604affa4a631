package recipe

func init() {
	Register("wmdd", wmdd)
	describe("wmdd", Method{About: "WMDD: noise whose features are drawn to the Wasserstein barycentre of their class's, with statistics of classes at batch norms",
		Source: "Liu et al. 2025, github.com/Liu-Hy/WMDD (recover/data_synthesis_new.py, run.sh)"})
}

// wmdd is WMDD: from noise, one teacher, one stage of 2000 steps at rate 0.25 (0.1 on Tiny-ImageNet), in batches of whole classes
// of about 100 images; the distance of the batch's features from the points of each class's free-support barycentre, plus
// cross-entropy, plus the distance of each class's statistics at batch norms from those of its real images, the first
// layer's times 10, with weight 10 on ImageNette and 500 on Tiny-ImageNet. Crops, flip and roll.
//
// Departs: images have the data's size, where its code takes all at 224 px; a class's real variance is that of all its images,
// not the mean of batches of 100. It has no weight for sets of 32 px, which get Tiny-ImageNet's, nor for ImageNet-1K, which
// gets ImageNette's.
func wmdd(d Dataset) Recipe {
	r := base(d).WithStages(1, d)
	r.Init.Start, r.Pool = Noise, Pool{Sample: BySeed}
	r.Steps, r.Batching = 2000, ByClass
	r.Batch = max(1, 100/r.IPC) * r.IPC
	r.Losses, r.BNWeight = []string{"ce", BarycentreLoss, ClassBNLoss}, 10
	r.Jitter = min(32, d.Size-1)
	if d.Size <= 64 {
		r.BNWeight = 500
	}
	if d.Published() == TinyImageNet {
		r.LR = 0.1
	}
	return r
}
