package recipe

// MosaicLoss is the name of CIM's loss.
const MosaicLoss = "mosaic"

func init() {
	Register("cim", cim)
	describe("cim", Method{About: "CIM: the images that the teacher knows best, four to an image, moved so that each keeps its features; evaluate with --set labels.shuffle=2",
		Source: "LINs-lab 2026, github.com/LINs-lab/CIM (condense/condense.py)"})
}

// cim is CIM: of the first 300 images of a class the IPC 4 that the teacher knows best, by cross-entropy, four side by side in an
// image; 200 steps of constant rate draw the features, before the classifier, of each cell enlarged to full size to those of
// the real image that it was made of, both under one draw of DSA's crop, cutout or flip; the difference is absolute, its mean
// over the features summed over the images, as its code has it.
//
// Departs: its rate of 0.01 is of pixels in [0,1], here 0.04 of normalised ones, whose deviation is about a quarter; Adam is
// without its decay of 0.01 of the change, which takes a ten-thousandth of it a step; images are clipped to valid pixels.
// Which of the three its DSA draws, one or all, is in a file that was not to be had: one, as DSA's authors. Of ResNets the
// features are what its code takes, the input of the last layer; of ConvNets ours are that too. What is stored is the grid:
// students are to see it through shuffled patches and crops of half the image or more (--protocol rded --set
// labels.shuffle=2 --set labels.area=0.5,1 up to 64 px).
func cim(d Dataset) Recipe {
	r := base(d).WithStages(1, d)
	r.Init.Difficulty, r.Init.Factor, r.Pool = Easy, 2, Pool{Limit: 300, Sample: First}
	r.Steps, r.LR, r.LRSchedule, r.Betas = 200, 0.04, ConstantRate, [2]float64{0.9, 0.999}
	r.Batch, r.Batching, r.Losses = r.IPC, ByClass, []string{MosaicLoss}
	r.Crop, r.Flip, r.Jitter = wholeImage, 0, 0
	return r
}
