package pointfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
)

// npyMark begins every file of NumPy's .npy format.
const npyMark = "\x93NUMPY"

// maxDim is the most coordinates a point may have.
const maxDim = 1 << 20

var (
	npyType  = regexp.MustCompile(`['"]descr['"]\s*:\s*['"]([<>|=]?)([a-zA-Z]\d+)['"]`)
	npyOrder = regexp.MustCompile(`['"]fortran_order['"]\s*:\s*(True|False)`)
	npyShape = regexp.MustCompile(`['"]shape['"]\s*:\s*\(([0-9L,\s]*)\)`)
)

// readArray takes points, a distance matrix or a triangle of one out of an array.
func (f *File) readArray(data []byte, auto bool) error {
	c, err := readNPY(data)
	if err != nil {
		return err
	}
	at := func(i, j int) string { return fmt.Sprintf("row %d, column %d, counted from 0", i, j) }
	switch f.Format {
	case Distances:
		if c.N != c.Dim {
			return fmt.Errorf("%s of %d numbers: want a square matrix of distances; one side of the diagonal is format upper-distance, as SciPy's pdist",
				count(c.N, "row"), c.Dim)
		}
		return f.distances(c.N, c.X, at)
	case Lower, Upper:
		if c.N > 1 && c.Dim > 1 {
			return fmt.Errorf("shape (%d, %d): want n(n-1)/2 numbers, the distances of n points on one side of the diagonal", c.N, c.Dim)
		}
		return f.condensed(c.X, func(k int) string { return fmt.Sprintf("number %d, counted from 0", k) })
	}
	f.Points = c
	if auto {
		f.doubt()
	}
	return nil
}

// readNPY reads an array of float32, float64 or whole numbers of either byte order, stored by rows or by columns, in
// version 1, 2 or 3 of the format.
func readNPY(data []byte) (*Cloud, error) {
	header, body, err := splitNPY(data)
	if err != nil {
		return nil, err
	}
	kind, order := npyType.FindStringSubmatch(header), npyOrder.FindStringSubmatch(header)
	shape := npyShape.FindStringSubmatch(header)
	switch {
	case kind == nil, order == nil, shape == nil:
		return nil, fmt.Errorf("header %s: want 'descr' with a plain type, 'fortran_order' and 'shape'", brief(header))
	}
	decode, size := npyDecoder(kind[1], kind[2])
	if decode == nil {
		return nil, fmt.Errorf("type %q: want f4, f8, or i or u with 1, 2, 4 or 8 bytes; in NumPy, x.astype('float64')",
			kind[1]+kind[2])
	}
	n, dim, err := npyExtent(shape[1])
	if err != nil {
		return nil, err
	}
	over, bytes := bits.Mul64(n*dim, uint64(size)) // n*dim is below 2^64: npyExtent
	if over != 0 || bytes != uint64(len(body)) {
		return nil, fmt.Errorf("%d bytes behind the header, shape (%s) of %s wants %d x %d x %d: the file is damaged",
			len(body), shape[1], kind[2], n, dim, size)
	}
	p := &Cloud{N: int(n), Dim: int(dim), X: make([]float64, n*dim)}
	byColumn := order[1] == "True"
	for k := range p.X {
		i, j := k/p.Dim, k%p.Dim
		at := k
		if byColumn {
			at = j*p.N + i
		}
		v := decode(body[at*size:])
		if v-v != 0 {
			return nil, fmt.Errorf("row %d, column %d, counted from 0: %v: want a finite number", i, j, v)
		}
		p.X[k] = v
	}
	return p, nil
}

// splitNPY returns the header's text and the bytes behind it.
func splitNPY(data []byte) (header string, body []byte, err error) {
	rest, marked := strings.CutPrefix(string(data[:min(len(data), 12)]), npyMark)
	switch {
	case strings.HasPrefix(string(data[:min(len(data), 2)]), "PK"):
		return "", nil, errors.New("it is a zip, as .npz files are: unpack it and take one of the .npy files inside")
	case !marked:
		return "", nil, fmt.Errorf("it begins with % x: want the mark of NumPy's .npy files, % x",
			data[:min(len(data), 6)], npyMark)
	case len(rest) < 4 || rest[0] >= 2 && len(rest) < 6:
		return "", nil, fmt.Errorf("the header is cut off after %d bytes", len(data))
	}
	length, start := uint64(binary.LittleEndian.Uint16(data[8:])), uint64(10)
	switch rest[0] {
	case 1:
	case 2, 3:
		length, start = uint64(binary.LittleEndian.Uint32(data[8:])), 12
	default:
		return "", nil, fmt.Errorf("version %d of the format: want 1, 2 or 3", rest[0])
	}
	if length > uint64(len(data))-start {
		return "", nil, fmt.Errorf("a header of %d bytes in a file of %d: the file is cut short", length, len(data))
	}
	return string(data[start : start+length]), data[start+length:], nil
}

// npyExtent reads a shape: the numbers of rows and of coordinates, whose product fits in 64 bits.
func npyExtent(shape string) (n, dim uint64, err error) {
	var axes []uint64
	for text := range strings.SplitSeq(shape, ",") {
		if text = strings.TrimSuffix(strings.TrimSpace(text), "L"); text != "" {
			v, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				return 0, 0, fmt.Errorf("shape (%s): %s is no size", shape, brief(text))
			}
			axes = append(axes, v)
		}
	}
	switch len(axes) {
	case 1:
		axes = append(axes, 1)
	case 2:
	default:
		return 0, 0, fmt.Errorf("shape (%s) has %d axes: want (points, coordinates); in NumPy, x.reshape(len(x), -1)",
			shape, len(axes))
	}
	switch n, dim = axes[0], axes[1]; {
	case dim < 1 || dim > maxDim:
		return 0, 0, fmt.Errorf("shape (%s): points of %d coordinates: want 1 to %d", shape, dim, maxDim)
	case n > math.MaxInt64/dim:
		return 0, 0, fmt.Errorf("shape (%s): %d x %d numbers are more than any machine holds", shape, n, dim)
	}
	return n, dim, nil
}

// npyDecoder returns what reads one number of a type, and its bytes; nil for other types.
func npyDecoder(order, kind string) (decode func(b []byte) float64, size int) {
	var bytes binary.ByteOrder = binary.LittleEndian
	if order == ">" {
		bytes = binary.BigEndian
	}
	switch kind {
	case "f4":
		return func(b []byte) float64 { return float64(math.Float32frombits(bytes.Uint32(b))) }, 4
	case "f8":
		return func(b []byte) float64 { return math.Float64frombits(bytes.Uint64(b)) }, 8
	case "i1":
		return func(b []byte) float64 { return float64(int8(b[0])) }, 1
	case "i2":
		return func(b []byte) float64 { return float64(int16(bytes.Uint16(b))) }, 2
	case "i4":
		return func(b []byte) float64 { return float64(int32(bytes.Uint32(b))) }, 4
	case "i8":
		return func(b []byte) float64 { return float64(int64(bytes.Uint64(b))) }, 8
	case "u1":
		return func(b []byte) float64 { return float64(b[0]) }, 1
	case "u2":
		return func(b []byte) float64 { return float64(bytes.Uint16(b)) }, 2
	case "u4":
		return func(b []byte) float64 { return float64(bytes.Uint32(b)) }, 4
	case "u8":
		return func(b []byte) float64 { return float64(bytes.Uint64(b)) }, 8
	}
	return nil, 0
}

// AppendNPY appends a .npy file of float64 in C order to b. The product of the shape must be len(values).
func AppendNPY(b []byte, values []float64, shape ...int) []byte {
	axes := make([]string, len(shape))
	for i, n := range shape {
		axes[i] = strconv.Itoa(n) + ","
	}
	header := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }", strings.Join(axes, " "))
	pad := 63 - (10+len(header))%64 // the data begins at a multiple of 64
	b = append(append(b, npyMark...), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)+pad+1))
	b = append(append(b, header...), strings.Repeat(" ", pad)+"\n"...)
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}
