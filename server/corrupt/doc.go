// Package corrupt changes test images as sensors, lenses, weather and codecs do: the fifteen corruptions at five severities
// of Hendrycks and Dietterich (2019, "Benchmarking neural network robustness to common corruptions and perturbations"), with
// the constants of their public generators for 32, 64 and 224 pixels.
//
//	s := corrupt.Setting{Corruption: "fog", Severity: 3, Seed: 1}
//	err := s.Apply(pixels, 32, "test/apple/0001") // RGB8, HWC, in place
//
//	images := corrupt.Images{Source: set.Test, Setting: s, Side: set.Size} // corrupted when they are read
//	err = corrupt.NewSet(dir, ...).Write(ctx, settings, progress) // image folders
//
// A corrupted image is a function of the image, the setting and the image's name in its set, whatever was corrupted before
// and on how many processors. A corruption is one entry of a table in noise.go, blur.go, weather.go or digital.go.
//
// Frost is ours in one thing: the published generator lays photographs of frost over the image, here a texture is computed.
package corrupt
