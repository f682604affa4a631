package recipe

func init() {
	Register("idc", idc)
	describe("idc", Method{About: "IDC: images that hold several smaller ones give a network in training the gradient that real ones give it",
		Source: "Kim et al. 2022, github.com/snu-mllab/Efficient-Dataset-Condensation"})
}

// idc is IDC (Kim et al. 2022), after its code for 32 px: an image holds 2 x 2 smaller ones (multi-formation, 3 x 3 above 64 px), which
// begin as real images and which the network, and later students, see enlarged; init.factor = 1 is IDC-I. 64 real images of a
// class, the squared distance of the gradients of convolutions, pixels by gradient descent with momentum 0.5 at a rate of
// 0.005, which grows with IPC and area; networks are drawn anew every 100 steps and trained on 2000 real images, with CutMix for half
// of the batches, after each. It departs above 64 px, where the authors have a ResNet trained for ten epochs first and another
// distance: here the same as below, and the pixels that three parts of 224 px leave over are not used. Of more than 128 smaller images of a class a step sees those of some images, not any.
func idc(d Dataset) Recipe {
	r := matched(d, ByGradient)
	r.Steps = 200_000
	r.Init.Factor = 2
	if d.Size > 64 {
		r.Init.Factor = 3
	}
	r.Match.Batch = 64
	r.Match.PixelRate = 0.005 * float64(d.Size*d.Size) / (32 * 32)
	if d.Name == "demo" { // within minutes on a CPU
		r.Match.Network, r.Match.Real, r.Match.Renew, r.Match.Trained = "convnet3-w32", 32, 20, 256
	}
	return r
}
