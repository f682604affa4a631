package recipe

func init() {
	Register("g-vbsm", gvbsm)
	describe("g-vbsm", Method{About: "G-VBSM: noise drawn to statistics at batch norms and convolutions and to dense classes, by several teachers in turn",
		Source: "Shao et al. 2024, github.com/shaoshitong/G_VBSM_Dataset_Condensation (Branch_*/recover)", Teachers: 4})
}

// gvbsm is G-VBSM: from noise, class by class, one stage of 4000 steps at rate 0.05; cross-entropy, data densification, and
// at the inputs of batch norms and convolutions the statistics of the batch, smoothed by 0.8 from 0 on, against those of the
// set, of which a convolution's are left out of a step with probability 0.4; the first convolution's terms times 10. Up to
// 64 px images are shifted by up to 4 (8 at 64 px) over the mean, else cropped; they are flipped and rolled, one draw for a
// batch; one teacher a step in turn.
//
// Departs: a batch is of as many images as one of its two GPUs has, and densification is of the images of a class in it, not
// on both. Rolls go to 31 px at 32 px, since 32 is none. Real statistics are of whole images, not of shifted ones, and the
// set's variance is that of all images, not the mean of batches of 64. Every batch has smoothed statistics of its own, where
// its code carries them on to the next batch. Of its five teachers for small images WRN-16-2 is left out.
func gvbsm(d Dataset) Recipe {
	r := base(d).WithStages(1, d)
	r.Init.Start = Noise
	r.Steps, r.LR, r.Batch, r.Batching = 4000, 0.05, 50, ByClass
	r.Losses = []string{"ce", StatsLoss, DensifyLoss}
	r.Stats.Drop = 0.4
	r.Jitter = min(32, d.Size-1)
	switch {
	case d.Size <= 32:
		r.Crop, r.Pad = wholeImage, min(4, d.Size-1)
	case d.Size <= 64:
		r.Crop, r.Pad = wholeImage, 8
	default:
		r.LR, r.Batch = 0.1, 40
	}
	return r
}
