package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// values are plain values of a type, one after the other in b.
type values struct {
	kind    int
	b       []byte
	offsets []uint32 // of byte arrays, where there is an index
}

// next takes the first value off.
func (l *values) next() (v Value, err error) {
	switch l.kind {
	case ByteArray:
		v.Bytes, l.b, err = lengthPrefixed(l.b)
	case Int32:
		if len(l.b) < 4 {
			return v, errCut
		}
		v.Int, l.b = int64(int32(binary.LittleEndian.Uint32(l.b))), l.b[4:]
	case Int64:
		if len(l.b) < 8 {
			return v, errCut
		}
		v.Int, l.b = int64(binary.LittleEndian.Uint64(l.b)), l.b[8:]
	}
	return v, err
}

// plainValues are n values, to be had by their number.
func plainValues(kind int, data []byte, n int64) (values, error) {
	l := values{kind: kind, b: data}
	least := int64(4)
	if kind == Int64 {
		least = 8
	}
	if n < 0 || n > int64(len(data))/least {
		return l, fmt.Errorf("a dictionary claims %d values in %d bytes: the file is damaged", n, len(data))
	}
	if kind != ByteArray {
		l.b = data[:n*least]
		return l, nil
	}
	rest := values{kind: kind, b: data}
	for range n {
		l.offsets = append(l.offsets, uint32(len(data)-len(rest.b)))
		if _, err := rest.next(); err != nil {
			return l, err
		}
	}
	return l, nil
}

// at is value i.
func (l *values) at(i uint32) (Value, error) {
	size := map[int]int{Int32: 4, Int64: 8}[l.kind]
	n := len(l.offsets)
	if l.kind != ByteArray {
		n = len(l.b) / size
	}
	if int64(i) >= int64(n) {
		return Value{}, fmt.Errorf("value %d of a dictionary of %d: the file is damaged", i, n)
	}
	from := int(i) * size
	if l.kind == ByteArray {
		from = int(l.offsets[i])
	}
	one := values{kind: l.kind, b: l.b[from:]}
	return one.next()
}

// hybrid gives small numbers of width bits that are stored in runs of one number,
// or packed ("RLE/bit-packing hybrid").
type hybrid struct {
	b     []byte
	width int

	run    uint64 // numbers left of a run
	number uint32 // that it repeats
	packed []byte // or where they are packed
	bit    int    // of packed, up to which they are read
}

var errShort = errors.New("there are fewer values than the page claims: the file is damaged")

func (h *hybrid) next() (uint32, error) {
	for h.run == 0 {
		if err := h.begin(); err != nil {
			return 0, err
		}
	}
	h.run--
	if h.packed == nil {
		return h.number, nil
	}
	var v uint32
	for i := range h.width {
		v |= uint32(h.packed[h.bit>>3]>>(h.bit&7)&1) << i
		h.bit++
	}
	return v, nil
}

// begin reads the head of a run.
func (h *hybrid) begin() error {
	head, n := binary.Uvarint(h.b)
	if n <= 0 {
		return errShort
	}
	h.b = h.b[n:]
	h.run, h.packed = head>>1, nil
	if head&1 == 0 {
		bytes := (h.width + 7) / 8
		if bytes > len(h.b) {
			return errShort
		}
		h.number = 0
		for i, c := range h.b[:bytes] {
			h.number |= uint32(c) << (8 * i)
		}
		h.b = h.b[bytes:]
		return nil
	}
	// The last run may claim more numbers than are there, up to a multiple of eight.
	groups := head >> 1
	if groups == 0 {
		return nil
	}
	if h.width == 0 {
		h.number = 0
		h.run = min(groups, 1<<31) * 8
		return nil
	}
	if have := uint64(len(h.b) / h.width); groups > have {
		groups = have + 1
	}
	size := min(int(groups)*h.width, len(h.b))
	h.packed, h.b, h.bit = h.b[:size:size], h.b[size:], 0
	h.run = uint64(size * 8 / h.width)
	if h.run == 0 {
		return errShort
	}
	return nil
}

// none is the value of a page without values.
func (h *hybrid) none() (Value, error) { return Value{}, errShort }
