package dataset

func init() {
	register(Spec{
		Name:    "cifar-100",
		Title:   "CIFAR-100: 60,000 photographs of 100 things at 32 px (Krizhevsky 2009)",
		Classes: 100,
		Size:    cifarSide,
		Mean:    [3]float32{.5071, .4867, .4408},
		Std:     [3]float32{.2675, .2565, .2761},
		Terms:   cifarTerms,
		Sources: []Source{{
			URL:    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
			Bytes:  168513733,
			SHA256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
		}},
		layout: cifarLayout{
			train: []string{"train.bin"}, test: []string{"test.bin"},
			names: "fine_label_names.txt", classes: 100, labelBytes: 2, // coarse, then fine
		}.find,
		layoutText: "the binary version: train.bin, test.bin and fine_label_names.txt, as a folder or tar.gz",
	})
}
