package recipe

func init() {
	Register("idc", idc)
	describe("idc", Method{About: "IDC-I: images of a class give a network in training the gradient that real ones give it",
		Source: "Kim et al. 2022, github.com/snu-mllab/Efficient-Dataset-Condensation"})
}

// idc is IDC-I (Kim et al. 2022), IDC without multi-formation (images that hold several), after its code for 32 px: 64 real
// images of a class, the squared distance of the gradients of convolutions, pixels by gradient descent with momentum 0.5 at
// a rate of 0.005, which grows with IPC and area; networks are drawn anew every 100 steps and trained on 2000 real images,
// with CutMix for half of the batches, after each. It departs above 64 px, where the authors have a ResNet trained for ten
// epochs first and another distance: here the same as below.
func idc(d Dataset) Recipe {
	r := matched(d, ByGradient)
	r.Steps = 200_000
	r.Match.Batch = 64
	r.Match.PixelRate = 0.005 * float64(d.Size*d.Size) / (32 * 32)
	if d.Name == "demo" { // within minutes on a CPU
		r.Match.Network, r.Match.Real, r.Match.Renew, r.Match.Trained = "convnet3-w32", 32, 20, 256
	}
	return r
}
