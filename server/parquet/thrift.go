package parquet

import (
	"errors"
	"fmt"
)

// The types of Thrift's compact protocol.
const (
	typeTrue, typeFalse  = 1, 2
	typeByte             = 3
	typeI16              = 4
	typeI32              = 5
	typeI64              = 6
	typeDouble           = 7
	typeBinary           = 8
	typeList, typeSet    = 9, 10
	typeMap, typeStruct  = 11, 12
	maxDepth, maxVarints = 16, 10
)

var errCut = errors.New("it ends in the middle of a value")

// reader reads Thrift's compact protocol from b. The first error stays, and
// everything read after it is zero. No memory is taken for what is read: byte
// strings are parts of b.
type reader struct {
	b     []byte
	depth int
	err   error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err, r.b = err, nil
	}
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail(errCut)
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uvarint() uint64 {
	var v uint64
	for i := range maxVarints {
		c := r.byte()
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v
		}
	}
	r.fail(errors.New("a number has more than 64 bits"))
	return 0
}

// int is a number of 16, 32 or 64 bits (zigzag).
func (r *reader) int() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// bytes is a byte string, a part of the input.
func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail(errCut)
		return nil
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

// fields calls f for each field of a struct; f reads the value or skips it.
func (r *reader) fields(f func(id int, kind byte)) {
	if r.depth++; r.depth > maxDepth {
		r.fail(fmt.Errorf("structures are nested more than %d deep", maxDepth))
	}
	for id := 0; r.err == nil; {
		head := r.byte()
		if head == 0 {
			break
		}
		if delta := int(head >> 4); delta != 0 {
			id += delta
		} else {
			id = int(r.int())
		}
		f(id, head&15)
	}
	r.depth--
}

// list calls f for each element of a list or set; f reads the value or skips it.
func (r *reader) list(f func(kind byte)) {
	head := r.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = r.uvarint()
	}
	if n > uint64(len(r.b)) { // an element has a byte at least
		r.fail(fmt.Errorf("a list claims %d elements in %d bytes", n, len(r.b)))
	}
	for ; n > 0 && r.err == nil; n-- {
		f(head & 15)
	}
}

// skip passes over a value of a field.
func (r *reader) skip(kind byte) {
	switch kind {
	case typeTrue, typeFalse:
	default:
		r.skipElement(kind)
	}
}

// skipElement passes over an element of a list, where truth values have a byte each.
func (r *reader) skipElement(kind byte) {
	switch kind {
	case typeTrue, typeFalse, typeByte:
		r.byte()
	case typeI16, typeI32, typeI64:
		r.uvarint()
	case typeDouble:
		for range 8 {
			r.byte()
		}
	case typeBinary:
		r.bytes()
	case typeList, typeSet:
		if r.depth++; r.depth > maxDepth {
			r.fail(fmt.Errorf("lists are nested more than %d deep", maxDepth))
			return
		}
		r.list(r.skipElement)
		r.depth--
	case typeMap:
		r.fail(errors.New("it holds a map, which no structure of Parquet has"))
	case typeStruct:
		r.fields(func(_ int, kind byte) { r.skip(kind) })
	default:
		r.fail(fmt.Errorf("it holds a value of type %d, which Thrift does not have", kind))
	}
}

// writer writes Thrift's compact protocol.
type writer struct {
	b    []byte
	last []int // id of the last field, for each open struct
}

func (w *writer) uvarint(v uint64) {
	for ; v >= 0x80; v >>= 7 {
		w.b = append(w.b, byte(v)|0x80)
	}
	w.b = append(w.b, byte(v))
}

func (w *writer) zigzag(v int64) { w.uvarint(uint64(v)<<1 ^ uint64(v>>63)) }

// structure writes a struct whose fields f writes, in order of their ids.
func (w *writer) structure(f func()) {
	w.last = append(w.last, 0)
	f()
	w.last = w.last[:len(w.last)-1]
	w.b = append(w.b, 0)
}

// field begins a field, whose id is at most 15 above the last one's.
func (w *writer) field(id int, kind byte) {
	last := &w.last[len(w.last)-1]
	w.b = append(w.b, byte(id-*last)<<4|kind)
	*last = id
}

func (w *writer) int(id int, kind byte, v int64) { w.field(id, kind); w.zigzag(v) }

func (w *writer) text(id int, s string) { w.field(id, typeBinary); w.string(s) }

func (w *writer) string(s string) {
	w.uvarint(uint64(len(s)))
	w.b = append(w.b, s...)
}

// list writes a list of n elements of a kind, which f writes.
func (w *writer) list(id int, kind byte, n int, f func(i int)) {
	w.field(id, typeList)
	if n < 15 {
		w.b = append(w.b, byte(n)<<4|kind)
	} else {
		w.b = append(w.b, 0xf0|kind)
		w.uvarint(uint64(n))
	}
	for i := range n {
		f(i)
	}
}
