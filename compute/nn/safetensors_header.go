package nn

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"
)

// maxTensorHeader bounds the JSON of a safetensors file; ResNet-101's takes 60 kB.
const maxTensorHeader = 16 << 20

const maxTensorRank = 16

var dtypeBytes = map[string]int64{
	"F64": 8, "F32": 4, "F16": 2, "BF16": 2,
	"I64": 8, "I32": 4, "I16": 2, "I8": 1,
	"U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}

type tensorHeader struct {
	metadata map[string]string
	tensors  map[string]TensorInfo
}

// readHeader reads and checks the header. Nothing it says is trusted before it agrees with size:
// every name stands once, every shape times its type is the length of its bytes, and the tensors
// cover the rest of the file with no gap and no overlap.
func readHeader(r io.ReaderAt, size int64) (*tensorHeader, error) {
	if size == 0 {
		return nil, errors.New("the file is empty: fetch it again")
	}
	if size < 8 {
		return nil, fmt.Errorf("%d bytes are too few for a header: the file is cut short or of another format", size)
	}
	var prefix [8]byte
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxTensorHeader || int64(length) > size-8 {
		if err := otherFormat(r); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("header of %d bytes in a file of %d (at most %d are allowed): the file is cut short or of another format",
			length, size, maxTensorHeader)
	}
	text := make([]byte, length)
	if _, err := r.ReadAt(text, 8); err != nil {
		return nil, err
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	return h, h.place(8+int64(length), size)
}

func parseHeader(text []byte) (*tensorHeader, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	if len(text) == 0 || text[0] != '{' {
		return nil, errors.New("does not begin with {")
	}
	h := &tensorHeader{metadata: map[string]string{}, tensors: map[string]TensorInfo{}}
	d := json.NewDecoder(bytes.NewReader(text))
	err := object(d, func(key string) (err error) {
		if key == "__metadata__" {
			return object(d, func(key string) (err error) {
				h.metadata[key], err = decode[string](d)
				return err
			})
		}
		if h.tensors[key], err = parseTensor(d); err != nil {
			return fmt.Errorf("tensor %q: %w", key, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if rest := bytes.TrimRight(text[d.InputOffset():], " "); len(rest) > 0 {
		return nil, errors.New("more than one JSON value")
	}
	return h, nil
}

// parseTensor reads {"dtype":"F32","shape":[2,3],"data_offsets":[0,24]} and checks that the three agree.
func parseTensor(d *json.Decoder) (t TensorInfo, err error) {
	var offsets []int64
	fields := 0
	err = object(d, func(key string) (err error) {
		fields++
		switch key {
		case "dtype":
			t.DType, err = decode[string](d)
		case "shape":
			t.Shape, err = decode[[]int](d)
		case "data_offsets":
			offsets, err = decode[[]int64](d)
		default:
			err = fmt.Errorf("unknown field %q", key)
		}
		return err
	})
	if err != nil {
		return t, err
	}
	if fields != 3 || len(offsets) != 2 || t.Shape == nil {
		return t, errors.New("want the fields dtype, shape and two data_offsets")
	}
	want, known := dtypeBytes[t.DType]
	if !known {
		return t, fmt.Errorf("unknown dtype %q", t.DType)
	}
	if len(t.Shape) > maxTensorRank {
		return t, fmt.Errorf("%d dimensions, at most %d are allowed", len(t.Shape), maxTensorRank)
	}
	for _, n := range t.Shape {
		if n < 0 || n > 0 && want > math.MaxInt64/int64(n) {
			return t, fmt.Errorf("shape %v is negative or too large", t.Shape)
		}
		want *= int64(n)
	}
	begin, end := offsets[0], offsets[1]
	if begin < 0 || end < begin || end-begin != want {
		return t, fmt.Errorf("%s %v takes %d bytes, data_offsets are %v", t.DType, t.Shape, want, offsets)
	}
	t.offset, t.bytes = begin, want
	return t, nil
}

// place turns offsets within the data into offsets within the file, and checks that the data is covered exactly.
func (h *tensorHeader) place(start, size int64) error {
	names := make([]string, 0, len(h.tensors))
	for name := range h.tensors {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := h.tensors[a], h.tensors[b]
		return cmp.Or(cmp.Compare(x.offset, y.offset), cmp.Compare(x.bytes, y.bytes))
	})
	end := int64(0)
	for _, name := range names {
		t := h.tensors[name]
		if t.offset != end {
			return fmt.Errorf("tensor %q begins at byte %d of the data, want %d: tensors must follow each other without gap or overlap",
				name, t.offset, end)
		}
		if t.bytes > size-start-end {
			return fmt.Errorf("tensor %q ends at byte %d of the data, the file has %d: it is cut short", name, t.offset+t.bytes, size-start)
		}
		end += t.bytes
		t.offset += start
		h.tensors[name] = t
	}
	if end != size-start {
		return fmt.Errorf("the tensors take %d bytes, the file has %d after its header", end, size-start)
	}
	return nil
}

// object reads a JSON object, calling field for each key, which must read the value; a key may stand only once.
func object(d *json.Decoder, field func(key string) error) error {
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return cmp.Or(err, errors.New("want a JSON object"))
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key := token.(string) // the decoder lets nothing else stand before a colon
		if seen[key] {
			return fmt.Errorf("%q stands twice", key)
		}
		seen[key] = true
		if err := field(key); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// decode reads one JSON value. A null leaves a slice nil, which parseTensor refuses.
func decode[T any](d *json.Decoder) (v T, err error) {
	err = d.Decode(&v)
	return v, err
}
