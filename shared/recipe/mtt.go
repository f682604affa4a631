package recipe

import "strings"

func init() {
	Register("mtt", mtt)
	describe("mtt", Method{About: "MTT: training on the images follows the trajectories of experts trained on all real images",
		Source: "Cazenavette et al. 2022, github.com/GeorgeCazenavette/mtt-distillation"})
}

// mtt is MTT (Cazenavette et al. 2022), after its code: 100 experts of 50 epochs; from real images, 5000 steps of gradient
// descent with momentum 0.5 at a rate of 1000, under DSA; the students' learning rate is learned too. It departs where the
// published form cannot be a set of image files: pixels stay in their valid range, and there is no ZCA whitening (the
// authors' results for CIFAR have it). What the code's text leaves open for a set and IPC is that of the nearest one (chosen).
func mtt(d Dataset) Recipe {
	r := matched(d, ByTrajectory)
	r.Steps, r.Match.PixelRate = 5000, 1000
	switch {
	case strings.HasPrefix(d.Name, "tiny-imagenet"):
		r.Match.Inner, r.Match.Ahead, r.Match.Start, r.Match.Images = 30, 2, 40, 200
	case d.Size > 64:
		r.Match.Ahead, r.Match.Start, r.Match.RateRate = 2, 10, 1e-6
	case d.Classes <= 10:
		r.Match.Inner, r.Match.Ahead, r.Match.Images = 30, 2, 100
	}
	if d.Name == "demo" { // within minutes on a CPU
		r.Match.Network, r.Match.Experts, r.Match.Epochs, r.Match.Batch = "convnet3-w32", 4, 8, 64
		r.Match.Start, r.Match.Inner, r.Match.Images = 4, 8, 20
	}
	return r
}
