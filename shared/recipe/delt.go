package recipe

func init() {
	Register("delt", delt)
	describe("delt", Method{About: "DELT: images enter in eight rounds, the early ones make more steps; crops grow smaller",
		Source: "Shen et al. 2025, github.com/VILA-Lab/DELT (recover.py, resnet18_imagenet1k_synthesis.sh)"})
}

// delt is DELT: one teacher, one stage of 4000 steps in rounds of 500, batches of 100 images class by class, of which those
// that have entered pass; crops whose least area falls from 1 to 0.08 by a cosine, flips, no roll. The rate is one cosine
// over all steps and Adam's bias correction that of the step, for images that enter late too, as in its code. Its scripts are
// ImageNet-1K's; other sets get the same. At IPC 1 the image makes all steps.
func delt(d Dataset) Recipe {
	r := base(d).WithStages(1, d)
	r.Steps, r.Rounds = 4000, 8
	r.Batch, r.Batching = 100, ByClass
	r.Jitter, r.CropSchedule = 0, CosineCrop
	return r
}
