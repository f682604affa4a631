package protocol

func init() {
	register("hald", "HALD's: FADRM's with few soft labels, of 100 views an image class, in the first and last quarter of 300 epochs; between them the classes, mixed as the images are and smoothed", hald)
}

// softPerClass is the number of soft labels a class that HALD's script keeps.
const softPerClass = 100

// hald is the protocol of HALD's validate/train_fkd.py (Cui et al., ICML 2026) with its setting S6, for the images of another
// method, FADRM's first of all: 75 epochs with soft labels, 150 with hard ones, 75 with soft ones; of soft labels as many epochs as
// make 100 a class, met again and again; steps of 16 images. Departs: it meets the labelled batches again in an order of their
// own, here the labelled epochs are; it has scripts for ImageNet-1K alone, whose epochs all sets get.
func hald(s Setup) Protocol {
	p := fadrm(s)
	l, t := &p.Labels, &p.Student
	l.Batch, l.Epochs = 16, min(max(1, softPerClass/s.IPC), 150)
	t.Epochs, t.HardEpochs, t.Smoothing, t.Accumulation = 300, 150, 0.8, 1
	return p
}
