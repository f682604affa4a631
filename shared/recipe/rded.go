package recipe

func init() {
	Register("rded", rded)
	describe("rded", Method{About: "RDED: crops that the teacher knows best, put side by side; no optimisation",
		Source: "Sun et al. 2024, github.com/LINs-lab/RDED (synthesize)"})
}

// rded is RDED: of the first 300 images of a class five random square crops each, the best of them by the teacher's
// cross-entropy, and of these the IPC factor^2 best, factor^2 to an image: one up to 64 px, four above. No step is made.
// Departs: pixels are normalised as the data set is, where its code has ImageNet's mean and deviation on all sets; images
// are kept as PNG, not JPEG; which of a class's images is which is drawn by the seed.
func rded(d Dataset) Recipe {
	r := base(d).WithStages(1, d)
	r.Steps = 0
	r.Init.Selector, r.Init.Difficulty, r.Init.Images, r.Init.Least = RDED, Easy, 300, 300
	r.Pool = Pool{Limit: 300, Sample: First}
	if d.Size > 64 {
		r.Init.Factor = 2
	}
	return r
}
