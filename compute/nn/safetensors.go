package nn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// TensorFile is an open safetensors file: eight bytes n (little-endian), n bytes of JSON, then the
// tensors' bytes in one run. The header is checked whole when the file is opened; a tensor is read
// when it is asked for, so a file larger than memory is no trouble. Safe for concurrent use.
//
//	f, err := nn.OpenTensors("teacher.safetensors")
//	defer f.Close()
//	weight, err := f.Float32("conv1.weight", 64, 3, 3, 3)
type TensorFile struct {
	path     string
	data     io.ReaderAt
	close    func() error
	metadata map[string]string
	tensors  map[string]TensorInfo
	names    []string
}

// TensorInfo describes one tensor of a file.
type TensorInfo struct {
	DType string // F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL
	Shape []int  // outermost first; empty for a scalar

	offset, bytes int64 // in the file
}

// Len is the number of elements.
func (i TensorInfo) Len() int {
	n := 1
	for _, d := range i.Shape {
		n *= d
	}
	return n
}

// OpenTensors opens and checks a safetensors file.
func OpenTensors(path string) (*TensorFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	stat, err := file.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	var f *TensorFile
	if err == nil {
		f, err = ReadTensors(file, stat.Size())
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("safetensors %s: %w", path, err)
	}
	f.path, f.close = path, file.Close
	return f, nil
}

// ReadTensors checks a safetensors file of size bytes held by r, which must stay readable.
func ReadTensors(r io.ReaderAt, size int64) (*TensorFile, error) {
	h, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	f := &TensorFile{data: r, close: func() error { return nil }, metadata: h.metadata, tensors: h.tensors}
	for name := range h.tensors {
		f.names = append(f.names, name)
	}
	slices.Sort(f.names)
	return f, nil
}

// Close ends the file's use; closing twice is fine.
func (f *TensorFile) Close() error {
	close := f.close
	f.close = func() error { return nil }
	return close()
}

// Names lists the tensors in alphabetical order.
func (f *TensorFile) Names() []string { return slices.Clone(f.names) }

// Metadata returns the text stored under key, "" where there is none.
func (f *TensorFile) Metadata(key string) string { return f.metadata[key] }

// Info describes the tensor called name.
func (f *TensorFile) Info(name string) (TensorInfo, bool) {
	info, ok := f.tensors[name]
	return info, ok
}

// Float32 reads the tensor called name; F32, F16 and BF16 exactly, F64 rounded. When a shape is given the tensor must have it.
func (f *TensorFile) Float32(name string, shape ...int) ([]float32, error) {
	info, err := f.find(name, shape, "F32", "F16", "BF16", "F64")
	if err != nil {
		return nil, err
	}
	values := make([]float32, info.Len())
	return values, f.read(name, info, func(first int, raw []byte) { Floats(values[first:], info.DType, raw) })
}

// Floats decodes little-endian elements of type F32, F16, BF16 or F64 into out, as many as raw holds.
func Floats(out []float32, dtype string, raw []byte) {
	switch dtype {
	case "F32":
		for i := range len(raw) / 4 {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case "BF16":
		for i := range len(raw) / 2 {
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw[2*i:])) << 16)
		}
	case "F16":
		for i := range len(raw) / 2 {
			out[i] = Half(binary.LittleEndian.Uint16(raw[2*i:])).Float32()
		}
	case "F64":
		for i := range len(raw) / 8 {
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
		}
	}
}

// Float64 reads a tensor of type F64, as Float32 does.
func (f *TensorFile) Float64(name string, shape ...int) ([]float64, error) {
	info, err := f.find(name, shape, "F64")
	if err != nil {
		return nil, err
	}
	values := make([]float64, info.Len())
	return values, f.read(name, info, func(first int, raw []byte) {
		for i := range len(raw) / 8 {
			values[first+i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
		}
	})
}

// Int64 reads a tensor of type I64, as Float32 does.
func (f *TensorFile) Int64(name string, shape ...int) ([]int64, error) {
	info, err := f.find(name, shape, "I64")
	if err != nil {
		return nil, err
	}
	values := make([]int64, info.Len())
	return values, f.read(name, info, func(first int, raw []byte) {
		for i := range len(raw) / 8 {
			values[first+i] = int64(binary.LittleEndian.Uint64(raw[8*i:]))
		}
	})
}

// Uint16 reads a tensor of type U16, as Float32 does.
func (f *TensorFile) Uint16(name string, shape ...int) ([]uint16, error) {
	info, err := f.find(name, shape, "U16")
	if err != nil {
		return nil, err
	}
	values := make([]uint16, info.Len())
	return values, f.read(name, info, func(first int, raw []byte) {
		for i := range len(raw) / 2 {
			values[first+i] = binary.LittleEndian.Uint16(raw[2*i:])
		}
	})
}

// Uint8 reads a tensor of type U8, as Float32 does.
func (f *TensorFile) Uint8(name string, shape ...int) ([]uint8, error) {
	info, err := f.find(name, shape, "U8")
	if err != nil {
		return nil, err
	}
	values := make([]uint8, info.Len())
	return values, f.read(name, info, func(first int, raw []byte) { copy(values[first:], raw) })
}

// Tensor reads a tensor as WriteTensors writes it: the same bytes.
func (f *TensorFile) Tensor(name string) (t Tensor, err error) {
	info, err := f.find(name, nil, "F64", "F32", "F16", "I64", "U16", "U8")
	t = Tensor{Name: name, Shape: info.Shape}
	switch info.DType {
	case "F64":
		t.Values, err = f.Float64(name)
	case "F32":
		t.Values, err = f.Float32(name)
	case "F16":
		halves := make([]Half, info.Len())
		t.Values = halves
		err = f.read(name, info, func(first int, raw []byte) {
			for i := range len(raw) / 2 {
				halves[first+i] = Half(binary.LittleEndian.Uint16(raw[2*i:]))
			}
		})
	case "I64":
		t.Values, err = f.Int64(name)
	case "U16":
		t.Values, err = f.Uint16(name)
	case "U8":
		t.Values, err = f.Uint8(name)
	}
	return t, err
}

// find checks that the tensor is there, of one of the types, and of the shape where one is given.
func (f *TensorFile) find(name string, shape []int, types ...string) (TensorInfo, error) {
	info, ok := f.tensors[name]
	if !ok {
		return info, fmt.Errorf("safetensors %s: no tensor %q among %d", f.path, name, len(f.tensors))
	}
	if !slices.Contains(types, info.DType) {
		return info, fmt.Errorf("safetensors %s: tensor %q is %s, want %v", f.path, name, info.DType, types)
	}
	if len(shape) > 0 && !slices.Equal(shape, info.Shape) {
		return info, fmt.Errorf("safetensors %s: tensor %q has shape %v, want %v", f.path, name, info.Shape, shape)
	}
	return info, nil
}

// read hands the tensor's bytes to take in runs of whole elements, first being the run's first element.
func (f *TensorFile) read(name string, info TensorInfo, take func(first int, raw []byte)) error {
	run := make([]byte, min(info.bytes, 1<<20))
	for at := int64(0); at < info.bytes; at += int64(len(run)) {
		run = run[:min(int64(len(run)), info.bytes-at)]
		if _, err := f.data.ReadAt(run, info.offset+at); err != nil {
			return fmt.Errorf("safetensors %s: tensor %q: %w", f.path, name, err)
		}
		take(int(at/dtypeBytes[info.DType]), run)
	}
	return nil
}
