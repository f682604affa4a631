package torchfile

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"reta/compute/nn"
)

// storage is a run of elements in the file, which tensors are views of.
type storage struct {
	dtype string // as in safetensors
	count int64  // elements
	data  *blob
	from  int64 // element of data's that is the first
}

// tensor is a view of a storage.
type tensor struct {
	of            *storage
	dtype         string
	shape, stride []int64 // in elements
	offset        int64   // of the first element in the storage
}

const maxRank = 16

// itemBytes are the bytes of an element.
var itemBytes = map[string]int64{"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}

// storages are PyTorch's types of storages, dtypes its types of elements.
var (
	storages = map[string]string{"DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16", "LongStorage": "I64",
		"IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8", "BoolStorage": "BOOL"}
	dtypes = map[string]string{"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32", "int16": "I16",
		"int8": "I8", "uint8": "U8", "bool": "BOOL"}
	untyped = global{"torch.storage", "UntypedStorage"}
)

// dtypeOf is the element type that a global names, "" if it is none.
func dtypeOf(g global) string {
	switch g.module {
	case "torch", "torch.cuda":
		if d := storages[g.name]; d != "" {
			return d
		}
		return dtypes[g.name]
	}
	return ""
}

// rebuildTensor is a tensor of (storage, offset, shape, strides, ...); with a type of its own as the seventh argument where the
// storage has none.
func rebuildTensor(u *unpickler, args tuple) (any, error) {
	if len(args) < 4 {
		return nil, errStack
	}
	of, ok1 := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	shape, err1 := integers(args[2])
	stride, err2 := integers(args[3])
	if !ok1 || !ok2 || err1 != nil || err2 != nil {
		return nil, fmt.Errorf("its arguments are %s, %s, %s and %s: want a storage, an offset, a shape and strides", kindOf(args[0]), kindOf(args[1]), kindOf(args[2]), kindOf(args[3]))
	}
	t := &tensor{of: of, dtype: of.dtype, shape: shape, stride: stride, offset: offset}
	if of.dtype == "" { // bytes without a type
		if len(args) < 7 {
			return nil, errors.New("a storage of bytes, without the type of its elements")
		}
		g, _ := args[6].(global)
		if t.dtype = dtypeOf(g); t.dtype == "" {
			return nil, fmt.Errorf("elements of %s: want float32, float16, bfloat16 or float64: convert it with .float()", kindOf(args[6]))
		}
		t.of = &storage{dtype: t.dtype, count: of.count / itemBytes[t.dtype], data: of.data}
	}
	return t, t.check(u.fileBytes)
}

// integers are the numbers of a tuple or list.
func integers(v any) (out []int64, err error) {
	var items []any
	switch v := v.(type) {
	case tuple:
		items = v
	case *list:
		items = v.items
	default:
		return nil, errStack
	}
	if len(items) > maxRank {
		return nil, errStack
	}
	for _, item := range items {
		n, ok := item.(int64)
		if !ok {
			return nil, errStack
		}
		out = append(out, n)
	}
	return out, nil
}

// check compares a tensor with its storage and with the size of the file, which no tensor is larger than: one may repeat
// elements (stride 0), but not without end.
func (t *tensor) check(fileBytes int64) error {
	if len(t.shape) != len(t.stride) {
		return fmt.Errorf("shape %v with strides %v: want as many of both", t.shape, t.stride)
	}
	count := int64(1)
	last := t.offset
	for d, n := range t.shape {
		switch {
		case n < 0 || t.offset < 0:
			return fmt.Errorf("shape %v at element %d: want no negative number", t.shape, t.offset)
		case t.stride[d] < 0:
			return fmt.Errorf("strides %v: PyTorch has none below 0: the file is damaged", t.stride)
		case n > 0 && count > math.MaxInt64/8/n:
			return fmt.Errorf("shape %v has more than 2^60 elements", t.shape)
		}
		count *= n
		if n > 1 && t.stride[d] > (math.MaxInt64-last)/(n-1) {
			return fmt.Errorf("shape %v with strides %v reaches past 2^63 elements", t.shape, t.stride)
		}
		last += max(0, n-1) * t.stride[d]
	}
	if count > 0 && last >= t.of.count {
		return fmt.Errorf("shape %v with strides %v reaches element %d of a storage of %d: the file is cut short or damaged: fetch or save it again",
			t.shape, t.stride, last, t.of.count)
	}
	if count*itemBytes[t.dtype] > fileBytes {
		return fmt.Errorf("shape %v takes %d bytes, the whole file has %d: it repeats its elements: save it with .clone()", t.shape, count*itemBytes[t.dtype], fileBytes)
	}
	return nil
}

func (t *tensor) info() nn.TensorInfo {
	info := nn.TensorInfo{DType: t.dtype, Shape: []int{}}
	for _, n := range t.shape {
		info.Shape = append(info.Shape, int(n))
	}
	return info
}

// count is the number of elements, extent that of the storage's elements from the first to the last.
func (t *tensor) count() int64 {
	n := int64(1)
	for _, d := range t.shape {
		n *= d
	}
	return n
}

func (t *tensor) extent() int64 {
	if t.count() == 0 {
		return 0
	}
	n := int64(1)
	for d := range t.shape {
		n += (t.shape[d] - 1) * t.stride[d]
	}
	return n
}

// contiguous reports whether the elements follow each other in the order of the shape.
func (t *tensor) contiguous() bool {
	want := int64(1)
	for d := len(t.shape) - 1; d >= 0; d-- {
		if t.shape[d] != 1 && t.stride[d] != want {
			return false
		}
		want *= t.shape[d]
	}
	return true
}

// maxSpread is how many times more elements of a storage than its own a tensor may reach over.
const maxSpread = 64

// float32 reads the tensor.
func (t *tensor) float32() ([]float32, error) {
	item := itemBytes[t.dtype]
	out := make([]float32, t.count())
	if len(out) == 0 {
		return out, nil
	}
	first := (t.of.from + t.offset) * item
	if t.contiguous() {
		const run = 1 << 18 // elements
		return out, t.of.data.read(first, int64(len(out))*item, run*item, func(at int64, raw []byte) {
			nn.Floats(out[at/item:], t.dtype, raw)
		})
	}
	extent := t.extent()
	if extent > maxSpread*int64(len(out)) && extent*item > 1<<20 {
		return nil, fmt.Errorf("its %d elements lie among %d others: save it with .contiguous()", len(out), extent)
	}
	values := make([]float32, extent)
	err := t.of.data.read(first, extent*item, extent*item, func(_ int64, raw []byte) { nn.Floats(values, t.dtype, raw) })
	if err != nil {
		return nil, err
	}
	t.gather(out, values)
	return out, nil
}

// gather puts values, the storage from the tensor's first element on, in the order of the shape.
func (t *tensor) gather(out, values []float32) {
	at := make([]int64, len(t.shape)) // index by dimension
	from := int64(0)
	for i := range out {
		out[i] = values[from]
		for d := len(at) - 1; d >= 0; d-- {
			at[d]++
			from += t.stride[d]
			if at[d] < t.shape[d] {
				break
			}
			from -= at[d] * t.stride[d]
			at[d] = 0
		}
	}
}

// floating are the types that Float32 reads.
var floating = []string{"F32", "F16", "BF16", "F64"}

func (f *File) find(name string) (*tensor, error) {
	t := f.tensors[name]
	if t == nil {
		return nil, fmt.Errorf("%s: no tensor %q among %d", f.what, name, len(f.tensors))
	}
	if !slices.Contains(floating, t.dtype) {
		return nil, fmt.Errorf("%s: tensor %q is %s, want %v", f.what, name, t.dtype, floating)
	}
	return t, nil
}
