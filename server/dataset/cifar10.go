package dataset

func init() {
	register(Spec{
		Name:    "cifar-10",
		Title:   "CIFAR-10: 60,000 photographs of ten things at 32 px (Krizhevsky 2009)",
		Classes: 10,
		Size:    cifarSide,
		Mean:    [3]float32{.4914, .4822, .4465},
		Std:     [3]float32{.2470, .2435, .2616},
		Terms:   cifarTerms,
		Sources: []Source{{
			URL:    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
			Bytes:  170052171,
			SHA256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
		}},
		layout: cifarLayout{
			train: []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
			test:  []string{"test_batch.bin"},
			names: "batches.meta.txt", classes: 10, labelBytes: 1,
		}.find,
		layoutText: "the binary version: data_batch_1.bin to data_batch_5.bin, test_batch.bin and batches.meta.txt, as a folder or tar.gz",
	})
}
