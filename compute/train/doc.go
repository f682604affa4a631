// Package train trains networks on the device and measures their accuracy:
// squeeze, which makes teachers from real images.
//
//	m, err := models.New(dev, "resnet18", models.Spec{Classes: 100})
//	acc, err := train.Squeeze(ctx, dev, m, data, train.Recipe{Epochs: 30, Batch: 128, LR: 0.1}, emit)
//	err = m.Save("teacher.safetensors", data.Origin().Metadata())
//
// Every step is one recorded program: decoding, augmentation, forward pass,
// gradients, optimiser and running statistics. The host sends bytes, labels,
// crop offsets and a handful of hyper-parameters.
package train
