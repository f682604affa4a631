package nn

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"reta/shared/wholefile"
)

// Tensor is a named array on the host, on its way to a file.
type Tensor struct {
	Name   string
	Shape  []int // outermost first
	Values any   // []float32, []float64, []Half, []int64, []uint16 or []uint8, as many as Shape says
}

// WriteTensors writes a safetensors file. It appears under path when it is whole, on disk, or not at all.
func WriteTensors(path string, metadata map[string]string, tensors []Tensor) error {
	file, err := wholefile.Create(path, 0o644)
	if err != nil {
		return fmt.Errorf("safetensors %s: %w", path, err)
	}
	defer file.Abort()
	if err := EncodeTensors(file, metadata, tensors); err != nil {
		return fmt.Errorf("safetensors %s: %w", path, err)
	}
	if err := file.Commit(); err != nil {
		return fmt.Errorf("safetensors %s: %w", path, err)
	}
	return nil
}

// EncodeTensors writes the bytes of a safetensors file. Equal content gives equal bytes: tensors stand
// by falling element size, which keeps them aligned, then by name; metadata by key.
func EncodeTensors(w io.Writer, metadata map[string]string, tensors []Tensor) error {
	header, sorted, err := encodeHeader(metadata, tensors)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<20)
	if err := binary.Write(out, binary.LittleEndian, uint64(len(header))); err != nil {
		return err
	}
	if _, err := out.Write(header); err != nil {
		return err
	}
	for _, t := range sorted {
		if err := writeValues(out, t.Values); err != nil {
			return err
		}
	}
	return out.Flush()
}

// encodeHeader lays the tensors out; its length is a multiple of eight, so that the data is aligned.
func encodeHeader(metadata map[string]string, tensors []Tensor) ([]byte, []Tensor, error) {
	sorted := slices.Clone(tensors)
	slices.SortStableFunc(sorted, func(a, b Tensor) int {
		x, _ := kindOf(a.Values)
		y, _ := kindOf(b.Values)
		return cmp.Or(cmp.Compare(dtypeBytes[y], dtypeBytes[x]), cmp.Compare(a.Name, b.Name))
	})
	header := []byte{'{'}
	entry := func(key string, value any) error {
		name, err := json.Marshal(key)
		if err != nil {
			return err
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if len(header) > 1 {
			header = append(header, ',')
		}
		header = append(append(append(header, name...), ':'), text...)
		return nil
	}
	if len(metadata) > 0 {
		if err := entry("__metadata__", metadata); err != nil {
			return nil, nil, err
		}
	}
	end := int64(0)
	for _, t := range sorted {
		dtype, count := kindOf(t.Values)
		if dtype == "" {
			return nil, nil, fmt.Errorf("tensor %q: values of type %T cannot be written", t.Name, t.Values)
		}
		want := 1
		for _, n := range t.Shape {
			if n < 0 || n > 0 && want > math.MaxInt/n {
				return nil, nil, fmt.Errorf("tensor %q: shape %v is negative or too large", t.Name, t.Shape)
			}
			want *= n
		}
		if want != count {
			return nil, nil, fmt.Errorf("tensor %q: shape %v holds %d values, got %d", t.Name, t.Shape, want, count)
		}
		begin := end
		end += int64(count) * dtypeBytes[dtype]
		err := entry(t.Name, struct {
			DType   string   `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}{dtype, append([]int{}, t.Shape...), [2]int64{begin, end}})
		if err != nil {
			return nil, nil, err
		}
	}
	header = append(header, '}')
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	if len(header) > maxTensorHeader {
		return nil, nil, fmt.Errorf("header of %d bytes, at most %d are allowed", len(header), maxTensorHeader)
	}
	reread, err := parseHeader(header)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range tensors {
		if _, ok := reread.tensors[t.Name]; !ok {
			return nil, nil, fmt.Errorf("tensor %q: a name must be UTF-8 and not __metadata__", t.Name)
		}
	}
	return header, sorted, nil
}

// kindOf names the safetensors type of a slice and counts its elements.
func kindOf(values any) (dtype string, count int) {
	switch v := values.(type) {
	case []float64:
		return "F64", len(v)
	case []float32:
		return "F32", len(v)
	case []Half:
		return "F16", len(v)
	case []int64:
		return "I64", len(v)
	case []uint16:
		return "U16", len(v)
	case []uint8:
		return "U8", len(v)
	}
	return "", 0
}

func writeValues(w *bufio.Writer, values any) error {
	switch v := values.(type) {
	case []uint8:
		_, err := w.Write(v)
		return err
	case []float32:
		return writeWords(w, v, func(to []byte, x float32) []byte { return binary.LittleEndian.AppendUint32(to, math.Float32bits(x)) })
	case []float64:
		return writeWords(w, v, func(to []byte, x float64) []byte { return binary.LittleEndian.AppendUint64(to, math.Float64bits(x)) })
	case []Half:
		return writeWords(w, v, func(to []byte, x Half) []byte { return binary.LittleEndian.AppendUint16(to, uint16(x)) })
	case []int64:
		return writeWords(w, v, func(to []byte, x int64) []byte { return binary.LittleEndian.AppendUint64(to, uint64(x)) })
	case []uint16:
		return writeWords(w, v, binary.LittleEndian.AppendUint16)
	}
	return nil
}

// writeWords writes values of several bytes; word appends one.
func writeWords[T any](w *bufio.Writer, values []T, word func(to []byte, x T) []byte) error {
	for _, x := range values {
		if _, err := w.Write(word(w.AvailableBuffer(), x)); err != nil {
			return err
		}
	}
	return nil
}
