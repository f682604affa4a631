package dataset

import "fmt"

const imagenetteNames = `
n01440764 tench
n02102040 English springer
n02979186 cassette player
n03000684 chain saw
n03028079 church
n03394916 French horn
n03417042 garbage truck
n03425413 gas pump
n03445777 golf ball
n03888257 parachute`

func init() {
	registerEditions("imagenette", "ImageNette: ten ImageNet classes that are easy to distinguish", imagenetteNames, []edition{
		{"", "imagenette2.tgz", 1557161267, "6cbfac238434d89fe99e651496f0812ebc7a10fa62bd42d6874042bf01de4efd", 224, 256},
		{"-320", "imagenette2-320.tgz", 341663724, "569b4497c98db6dd29f335d1f109cf315fe127053cedf69010d047f0188e158c", 224, 256},
		{"-160", "imagenette2-160.tgz", 99003388, "64d0c4859f35a461889e0147755a999a48b49bf38a7e0f9bd27003f10db02fe5", 128, 146},
	})
}

// edition is one of the sizes in which fast.ai publishes a set: as in
// ImageNet, or with the shorter side at 320 or 160 pixels. The test transform
// of the smallest is that of the others, 256 to 224, scaled to 128.
type edition struct {
	suffix, file string
	bytes        int64
	sha256       string
	size, resize int
}

func registerEditions(name, title, classes string, editions []edition) {
	ids, names := named(classes)
	for _, e := range editions {
		register(Spec{
			Name:       name + e.suffix,
			Title:      fmt.Sprintf("%s, used at %d px (fast.ai, %s)", title, e.size, e.file),
			Classes:    10,
			Size:       e.size,
			Resize:     e.resize,
			Mean:       imageNetMean,
			Std:        imageNetStd,
			Terms:      imageNetTerms,
			Sources:    []Source{{URL: "https://s3.amazonaws.com/fast-ai-imageclas/" + e.file, Bytes: e.bytes, SHA256: e.sha256}},
			ids:        ids,
			layout:     subsetOfImageNet(ids, names),
			layoutText: "train/<wnid>/ and val/<wnid>/, as a folder or tgz, or the folder of ImageNet-1K",
		})
	}
}
