package recipe

func init() {
	Register("nrr-dd", nrrDD)
	describe("nrr-dd", Method{About: "NRR-DD: crops that show much of the class and are hard to know, of which only the other pixels move",
		Source:      "Tran et al. 2025, arXiv 2503.18267, sections 3.2 and 3.3",
		Approximate: "how crops are ranked, the threshold of critical pixels, the weight of L_BN, the rate and the steps are not published, and chosen"})
}

// nrrDD is NRR-DD after its paper, whose code was not to be had. Of each image that of several crops is taken in which the class
// activation map of the image (Zhou et al. 2016) is highest; of these the ones that the teacher is least sure of, four to an image
// above 64 px. Then cross-entropy and L_BN move the images, the gradient by each pixel times max(0, critical - A), A the map of
// the image as it starts: what a class is known by stays, the rest takes on what classes have in common.
//
// Chosen, for the paper has no numbers that we know: the map from 0 to 1 within an image, and measured once, before the first
// step; a crop's rank, the mean of the map in it; least sure, the largest cross-entropy; 0.5 for critical; crops of a quarter of
// the image or more, five of each of 300 images as RDED takes them; steps, rate, weight of L_BN and augmentation, those of FADRM's
// loop in one stage. Departs: labels are whole distributions, as in its best results, not two distances for each image.
func nrrDD(d Dataset) Recipe {
	r := base(d).WithStages(1, d)
	r.Init.Selector, r.Init.Difficulty, r.Init.Images, r.Init.Least, r.Init.Area = CAM, Hard, 300, 300, [2]float64{0.25, 1}
	r.Pool = Pool{Limit: 300, Sample: First}
	r.Critical = 0.5
	if d.Size > 64 {
		r.Init.Factor = 2
	}
	return r
}
