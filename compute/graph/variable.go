package graph

import (
	"fmt"
	"sync/atomic"

	"reta/compute/vk"
)

// Variable is a tensor that lives on the device between runs: a weight, an
// optimiser moment, the synthetic images. Several graphs may share it.
type Variable struct {
	name    string
	shape   Shape
	dtype   DType
	frozen  bool
	buf     *vk.Buffer
	version atomic.Uint64
}

// NewVariable allocates a zeroed tensor. A frozen variable changes only through
// Write: what a graph computes from frozen variables alone (packed weights) is
// computed once and kept. On no device (nil) it has a name and a shape only.
func NewVariable(dev *vk.Device, name string, dtype DType, frozen bool, shape ...int) (*Variable, error) {
	s := Shape(shape)
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("variable %q: %w", name, err)
	}
	if dev == nil {
		return &Variable{name: name, shape: s, dtype: dtype, frozen: frozen}, nil
	}
	buf, err := dev.NewBuffer(bytes16(s.Size()), vk.DeviceLocal)
	if err != nil {
		return nil, fmt.Errorf("variable %q %v: %w", name, s, err)
	}
	v := &Variable{name: name, shape: s, dtype: dtype, frozen: frozen, buf: buf}
	if err := v.Zero(); err != nil {
		v.Free()
		return nil, err
	}
	return v, nil
}

// Name is the variable's name.
func (v *Variable) Name() string { return v.name }

// Shape is the variable's extent.
func (v *Variable) Shape() Shape { return v.shape }

// DType is the variable's element type.
func (v *Variable) DType() DType { return v.dtype }

// Frozen reports whether only Write changes the variable.
func (v *Variable) Frozen() bool { return v.frozen }

// Zero sets every element to zero.
func (v *Variable) Zero() error { return v.write(0, make([]byte, v.buf.Bytes())) }

// Write replaces all elements, in row-major order.
func (v *Variable) Write(data []float32) error {
	if len(data) != v.shape.Size() || v.dtype != F32 {
		return v.mismatch(len(data), F32)
	}
	return v.write(0, bytesOf(data))
}

// WriteU32 is Write for U32 variables.
func (v *Variable) WriteU32(data []uint32) error {
	if len(data) != v.shape.Size() || v.dtype != U32 {
		return v.mismatch(len(data), U32)
	}
	return v.write(0, bytesOf(data))
}

// WriteAt replaces the elements from offset on.
func (v *Variable) WriteAt(offset int, data []float32) error {
	if offset < 0 || offset+len(data) > v.shape.Size() || v.dtype != F32 {
		return fmt.Errorf("variable %q %v: cannot write %d f32 elements at %d", v.name, v.shape, len(data), offset)
	}
	return v.write(offset, bytesOf(data))
}

func (v *Variable) write(offset int, data []byte) error {
	v.version.Add(1)
	if err := v.buf.Write(int64(4*offset), data); err != nil {
		return fmt.Errorf("variable %q: write: %w", v.name, err)
	}
	return nil
}

// Read returns a copy of all elements.
func (v *Variable) Read() ([]float32, error) { return v.ReadAt(0, v.shape.Size()) }

// ReadAt returns a copy of n elements from offset on.
func (v *Variable) ReadAt(offset, n int) ([]float32, error) {
	if offset < 0 || n < 0 || offset+n > v.shape.Size() || v.dtype != F32 {
		return nil, fmt.Errorf("variable %q %v: cannot read %d f32 elements at %d", v.name, v.shape, n, offset)
	}
	out := make([]float32, n)
	if err := v.buf.Read(int64(4*offset), bytesOf(out)); err != nil {
		return nil, fmt.Errorf("variable %q: read: %w", v.name, err)
	}
	return out, nil
}

// Free gives the device memory back. No graph that uses the variable may run
// afterwards.
func (v *Variable) Free() {
	if v.buf != nil {
		v.buf.Free()
	}
}

func (v *Variable) mismatch(n int, d DType) error {
	return fmt.Errorf("variable %q: cannot write %d %v elements: it is %v %v", v.name, n, d, v.dtype, v.shape)
}

// Const adds a frozen tensor with the given elements. It lives as long as the
// first Exec compiled from the graph.
func (g *Graph) Const(name string, data []float32, shape ...int) *Node {
	v, err := NewVariable(g.dev, name, F32, true, shape...)
	if err == nil && g.dev != nil {
		err = v.Write(data)
	}
	if err != nil {
		return g.Poison(name, err)
	}
	g.consts = append(g.consts, v)
	return g.Variable(v)
}
