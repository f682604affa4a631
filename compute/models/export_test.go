package models

import (
	"maps"
	"slices"

	"reta/compute/nn"
)

// Build makes a network without drawing its weights.
var Build = build

// alexnet-narrow is AlexNet with 64 in the place of 4096: a twentieth of its weights.
func init() { register("alexnet-narrow", alexnet{hidden: 64}.architecture) }

// Recognise is what a file with tensors of these shapes is taken for.
func Recognise(shapes map[string][]int) (fits []Fit, left []string) {
	f := &weights{tensors: shapesOnly(shapes)}
	return f.recognise(nil), f.left
}

type shapesOnly map[string][]int

func (s shapesOnly) Names() []string                           { return slices.Sorted(maps.Keys(s)) }
func (s shapesOnly) Metadata(string) string                    { return "" }
func (s shapesOnly) Close() error                              { return nil }
func (s shapesOnly) Float32(string, ...int) ([]float32, error) { return nil, nil }
func (s shapesOnly) Info(name string) (nn.TensorInfo, bool) {
	shape, ok := s[name]
	return nn.TensorInfo{DType: "F32", Shape: shape}, ok
}
