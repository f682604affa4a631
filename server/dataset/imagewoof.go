package dataset

const imagewoofNames = `
n02086240 Shih-Tzu
n02087394 Rhodesian ridgeback
n02088364 beagle
n02089973 English foxhound
n02093754 Border terrier
n02096294 Australian terrier
n02099601 golden retriever
n02105641 Old English sheepdog
n02111889 Samoyed
n02115641 dingo`

func init() {
	registerEditions("imagewoof", "ImageWoof: ten breeds of dog", imagewoofNames, []edition{
		{"", "imagewoof2.tgz", 0, "de3f58c4ea3e042cf3f8365fbc699288cfe1d8c151059040d181c221bd5a55b8", 224, 256},
		{"-320", "imagewoof2-320.tgz", 0, "7db6120fdb9ae079e26346f89e7b00d7f184f8137791609b97fd0405d3f92305", 224, 256},
		{"-160", "imagewoof2-160.tgz", 0, "b5ffa16037e07f60882434f55b7814a3d44483f2a484129f251604bc0d0f8172", 128, 146},
	})
}
