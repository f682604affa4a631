package recipe

func init() {
	Register("edc", edc)
	describe("edc", Method{About: "EDC: real images drawn to the statistics of the set and of their classes, by several teachers in turn",
		Source: "Shao et al. 2024, github.com/shaoshitong/EDC (Branch_*/recover)", Teachers: 4})
}

// edc is EDC: from real images, class by class, one stage at rate 0.05; cross-entropy, and at the inputs of batch norms and
// convolutions the statistics of the batch, smoothed by 0.8 from 0 on with the gradient of the present ones, half against
// those of the set, half against the mean of those of the images' classes; the first convolution's terms times 10. Crops of
// half the image or more and a flip, one draw for a batch; no roll; one teacher a step in turn.
//
// Departs: a batch is of as many images as one of its GPUs has (100 over 4, 80 over 4), so that a crop is shared by 25 or 20
// images, not 100 or 80. Real statistics are of whole images, not of shifted ones; the set's variance is that of all images,
// not the mean of batches of 64; the means and variances of classes' patches, which its files hold in each other's place,
// stand where they belong. Starting images are not flipped: half of the views are. Every batch has smoothed statistics of its own, where its code carries them on to the next
// batch. Of its teachers for small images WRN-16-2 is left out. Its images of ImageNet-1K start from RDED's, resized to random crops: here from RDED's as they are.
func edc(d Dataset) Recipe {
	r := base(d).WithStages(1, d)
	r.Steps, r.LR, r.Batch, r.Batching = 2000, 0.05, 25, ByClass
	r.Init.Selector = Random
	r.Losses = []string{"ce", StatsLoss}
	r.Stats.ClassShare = 0.5
	r.Crop.Area, r.Jitter = [2]float64{0.5, 1}, 0
	switch {
	case d.Size > 64:
		r.Steps, r.Batch, r.Stats.Weight = 1000, 20, 0.1
		r.Init.Selector, r.Init.Difficulty, r.Init.Images, r.Init.Least, r.Init.Factor = RDED, Easy, 300, 300, 2
	case d.Published() == CIFAR10 && d.IPC == 1:
		r.Steps, r.Batch = 75, 10
	}
	return r
}
