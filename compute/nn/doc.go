// Package nn holds the operations of networks: layers, losses, optimisers,
// augmentation and random numbers, one file each with its kernel in
// shaders/NAME.comp and its test in NAME_test.go.
//
//	stats := nn.ChannelStats(y)                        // train mode
//	z := nn.BatchNorm(y, gamma, beta, stats, nn.NormAttr{Eps: 1e-5, Act: nn.ReLU}, shortcut)
//	logits := nn.Linear(nn.GlobalAvgPool(z), w, b, nn.None)
//	loss := nn.WeightedSum([]float64{1, 0.01}, nn.SoftmaxCrossEntropy(logits, labels, 0), nn.BNLoss(stats, running))
//	step := nn.Adam(weight, g.Grad(loss, weight)[0], m, v, hyper)
//
// Activations are NHWC float32 with any number of channels; four channels at a
// time are fastest. A gradient is computed by gathering, never by atomic
// addition, so a run repeats bit for bit on one device. What changes from step
// to step (labels, boxes, learning rates, seeds) is a small Input, laid out by
// the Append or At method of its type.
package nn
