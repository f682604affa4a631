package distill

import (
	"reta/compute/graph"
	"reta/compute/vk"
)

// imageBuffer is a group's images on the device with their Adam moments, all [rows,D,D,3].
type imageBuffer struct {
	rows, size   int
	pixels, m, v *graph.Variable
}

// newImageBuffer uploads images [rows,size,size,3], with moments at zero.
func newImageBuffer(dev *vk.Device, rows, size int, pixels []float32) (*imageBuffer, error) {
	b := &imageBuffer{rows: rows, size: size}
	for _, v := range []struct {
		name string
		to   **graph.Variable
	}{{"pixels", &b.pixels}, {"adam m", &b.m}, {"adam v", &b.v}} {
		made, err := graph.NewVariable(dev, v.name, graph.F32, false, rows, size, size, 3)
		if err != nil {
			b.free()
			return nil, err
		}
		*v.to = made
	}
	if err := b.pixels.Write(pixels); err != nil {
		b.free()
		return nil, err
	}
	return b, nil
}

func (b *imageBuffer) free() {
	if b == nil {
		return
	}
	for _, v := range []*graph.Variable{b.pixels, b.m, b.v} {
		if v != nil {
			v.Free()
		}
	}
}
