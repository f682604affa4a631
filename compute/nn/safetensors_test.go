package nn

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/shared/testdata"
)

// fileOf puts a header and data together.
func fileOf(header string, data ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

func openBytes(b []byte) (*TensorFile, error) { return ReadTensors(bytes.NewReader(b), int64(len(b))) }

func sampleTensors() []Tensor {
	return []Tensor{
		{"step", nil, []int64{-7}},
		{"layer.weight", []int{2, 3}, []float32{0, -1, 2.5, float32(math.Inf(1)), 1e-40, math.MaxFloat32}},
		{"pixels", []int{1, 2, 2}, []uint8{0, 1, 254, 255}},
		{"loss", []int{2}, []float64{math.Pi, -math.SmallestNonzeroFloat64}},
		{"empty", []int{0, 5}, []float32{}},
		{"logits", []int{3}, []Half{0x3e00, 0x8001, 0x7bff}},
		{"index", []int{2, 2}, []uint16{0, 1, 65534, 65535}},
	}
}

func TestTensorsComeBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	metadata := map[string]string{"note": "mean <0.5> & \"more\"", "z": "é"}
	if err := WriteTensors(path, metadata, sampleTensors()); err != nil {
		t.Fatal(err)
	}
	f, err := OpenTensors(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Names(); !slices.Equal(got, []string{"empty", "index", "layer.weight", "logits", "loss", "pixels", "step"}) {
		t.Errorf("names %v", got)
	}
	for key, want := range metadata {
		if got := f.Metadata(key); got != want {
			t.Errorf("metadata %s: %q, want %q", key, got, want)
		}
	}
	for _, want := range sampleTensors() {
		var got any
		switch want.Values.(type) {
		case []float32:
			got, err = f.Float32(want.Name, want.Shape...)
		case []float64:
			got, err = f.Float64(want.Name, want.Shape...)
		case []int64:
			got, err = f.Int64(want.Name, want.Shape...)
		case []uint8:
			got, err = f.Uint8(want.Name, want.Shape...)
		case []uint16:
			got, err = f.Uint16(want.Name, want.Shape...)
		case []Half:
			got, err = f.Float32(want.Name, want.Shape...)
			want.Values = []float32{1.5, -0x1p-24, 65504}
		}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want.Values) {
			t.Errorf("%s: %v, %v, want %v", want.Name, got, err, want.Values)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error("second Close:", err)
	}
}

func TestEqualContentGivesEqualBytes(t *testing.T) {
	tensors := sampleTensors()
	var first bytes.Buffer
	for range 5 {
		var b bytes.Buffer
		if err := EncodeTensors(&b, map[string]string{"b": "1", "a": "2", "c": "3"}, tensors); err != nil {
			t.Fatal(err)
		}
		if first.Len() == 0 {
			first = b
		}
		if !bytes.Equal(first.Bytes(), b.Bytes()) {
			t.Fatal("bytes differ with the order of the tensors")
		}
		tensors = append(tensors[1:], tensors[0])
	}
	if n := binary.LittleEndian.Uint64(first.Bytes()); n%8 != 0 {
		t.Errorf("header of %d bytes leaves the data unaligned", n)
	}
}

func TestHalvesAreWidened(t *testing.T) {
	f, err := openBytes(fileOf(`{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]}}`,
		0x00, 0x3e, 0x01, 0x80, 0xc0, 0x3f, 0x80, 0xff))
	if err != nil {
		t.Fatal(err)
	}
	if h, err := f.Float32("h"); err != nil || !slices.Equal(h, []float32{1.5, -0x1p-24}) {
		t.Errorf("F16: %v, %v", h, err)
	}
	if b, err := f.Float32("b"); err != nil || !slices.Equal(b, []float32{1.5, float32(math.Inf(-1))}) {
		t.Errorf("BF16: %v, %v", b, err)
	}
}

func TestHostileHeaders(t *testing.T) {
	entry := func(shape, offsets string) string {
		return `{"a":{"dtype":"F32","shape":` + shape + `,"data_offsets":` + offsets + `}}`
	}
	huge := binary.LittleEndian.AppendUint64(nil, 1<<63)
	over := binary.LittleEndian.AppendUint64(nil, maxTensorHeader+1)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty file":        {nil, "is empty"},
		"header past 2^63":  {append(huge, '{', '}'), "header of 9223372036854775808 bytes"},
		"header over limit": {append(over, make([]byte, maxTensorHeader+1)...), "at most 16777216"},
		"header past end":   {fileOf(`{}`)[:9], "header of 2 bytes in a file of 9"},
		"not an object":     {fileOf(`[1]`), "does not begin with {"},
		"leading space":     {fileOf(` {}`), "does not begin with {"},
		"not UTF-8":         {fileOf("{\"\xff\":1}"), "not UTF-8"},
		"two values":        {fileOf(`{}{}`), "more than one JSON value"},
		"unfinished":        {fileOf(`{"a":`), "EOF"},
		"name twice": {fileOf(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`),
			`"a" stands twice`},
		"field twice":       {fileOf(`{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}`), `"dtype" stands twice`},
		"metadata twice":    {fileOf(`{"__metadata__":{"k":"1","k":"2"}}`), `"k" stands twice`},
		"metadata a number": {fileOf(`{"__metadata__":{"k":1}}`), "number"},
		"field missing":     {fileOf(`{"a":{"dtype":"U8","shape":[0]}}`), "want the fields"},
		"field unknown":     {fileOf(`{"a":{"DType":"U8","shape":[0],"data_offsets":[0,0]}}`), `unknown field "DType"`},
		"shape null":        {fileOf(entry(`null`, `[0,4]`)), "want the fields"},
		"three offsets":     {fileOf(entry(`[1]`, `[0,4,8]`)), "want the fields"},
		"dtype unknown":     {fileOf(`{"a":{"dtype":"F8","shape":[0],"data_offsets":[0,0]}}`), `unknown dtype "F8"`},
		"negative size":     {fileOf(entry(`[-1]`, `[0,4]`)), "negative"},
		"fraction":          {fileOf(entry(`[1.5]`, `[0,4]`)), "1.5"},
		"product overflows": {fileOf(entry(`[4294967296,4294967296]`, `[0,0]`)), "too large"},
		"size overflows":    {fileOf(entry(`[4611686018427387904]`, `[0,0]`)), "too large"},
		"many dimensions":   {fileOf(entry(`[1`+strings.Repeat(",1", maxTensorRank)+`]`, `[0,4]`)), "17 dimensions"},
		"size and offsets":  {fileOf(entry(`[2]`, `[0,4]`), 1, 2, 3, 4), "takes 8 bytes"},
		"offsets reversed":  {fileOf(entry(`[1]`, `[4,0]`)), "takes 4 bytes"},
		"offset negative":   {fileOf(entry(`[1]`, `[-4,0]`)), "takes 4 bytes"},
		"terabytes":         {fileOf(entry(`[1099511627776]`, `[0,4398046511104]`), 1, 2, 3, 4), "cut short"},
		"gap at start":      {fileOf(entry(`[1]`, `[4,8]`), make([]byte, 8)...), "without gap or overlap"},
		"overlap": {fileOf(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}`,
			make([]byte, 6)...), "without gap or overlap"},
		"bytes left over": {fileOf(entry(`[1]`, `[0,4]`), make([]byte, 5)...), "the tensors take 4 bytes, the file has 5"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := openBytes(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A format that is mistaken for safetensors is recognised by its content, and the error has a remedy.
func TestOtherFormatsAreNamed(t *testing.T) {
	for start, want := range map[string]string{
		"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 44901234\n": "git-lfs pointer, not the file itself: want a safetensors file: fetch it with git lfs pull",
		"PK\x03\x04\x00\x00\x08\x08":                   "zip archive, such as PyTorch's .pth and .pt or NumPy's .npz: want a safetensors file: convert it (docs/teachers.md)",
		"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.":   "Python pickle",
		"\x80\x05\x95\x10\x00\x00\x00\x00\x00\x00\x00": "Python pickle",
		"<!DOCTYPE html>\n<html>":                      "web page: the download needs a login",
		"\n<HTML><head>":                               "web page",
		"{\n  \"metadata\": {":                         "JSON text, such as the index of weights in several files",
		"\x89HDF\r\n\x1a\n":                            "HDF5",
		"\x1f\x8b\x08\x00\x00\x00\x00\x00":             "gzip",
	} {
		data := append([]byte(start), make([]byte, 100)...)
		if _, err := openBytes(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", start, err, want)
		}
	}
}

// A header of 1408 bytes begins as a pickle does; cut, the file is a safetensors file all the same.
func TestCutFilesAreNoOtherFormat(t *testing.T) {
	data := append([]byte("\x80\x05\x00\x00\x00\x00\x00\x00{\"__metadata__\":{"), make([]byte, 900)...)
	if _, err := openBytes(data); err == nil || !strings.Contains(err.Error(), "header of 1408 bytes in a file of 925") {
		t.Errorf("a cut file: %v", err)
	}
}

// Cut anywhere, the file is refused when it is opened.
func TestTruncationIsSeen(t *testing.T) {
	var b bytes.Buffer
	if err := EncodeTensors(&b, map[string]string{"k": "v"}, sampleTensors()); err != nil {
		t.Fatal(err)
	}
	for n := range b.Len() {
		if _, err := openBytes(b.Bytes()[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a whole file", n, b.Len())
		}
	}
	if _, err := openBytes(append(b.Bytes(), 0)); err == nil {
		t.Fatal("a byte too many was not seen")
	}
}

func TestReadingSaysWhatIsWrong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.safetensors")
	if err := WriteTensors(path, nil, sampleTensors()); err != nil {
		t.Fatal(err)
	}
	f, err := OpenTensors(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for want, read := range map[string]func() error{
		`no tensor "bias" among 7`:                            func() error { _, err := f.Float32("bias"); return err },
		`"step" is I64, want [F32 F16 BF16 F64]`:              func() error { _, err := f.Float32("step"); return err },
		`"layer.weight" has shape [2 3], want [3 2]`:          func() error { _, err := f.Float32("layer.weight", 3, 2); return err },
		`"pixels" is U8, want [I64]`:                          func() error { _, err := f.Int64("pixels"); return err },
		`no such file or directory`:                           func() error { _, err := OpenTensors(path + "x"); return err },
		`not a regular file`:                                  func() error { _, err := OpenTensors(filepath.Dir(path)); return err },
		`shape [3] holds 3 values, got 2`:                     func() error { return writeAt(path, Tensor{"a", []int{3}, []float32{1, 2}}) },
		`values of type []int cannot be written`:              func() error { return writeAt(path, Tensor{"a", []int{1}, []int{1}}) },
		`negative or too large`:                               func() error { return writeAt(path, Tensor{"a", []int{-1}, []float32{}}) },
		`"a" stands twice`:                                    func() error { return writeAt(path, Tensor{"a", nil, []uint8{1}}, Tensor{"a", nil, []uint8{1}}) },
		`a name must be UTF-8`:                                func() error { return writeAt(path, Tensor{"\xff", nil, []uint8{1}}) },
		`safetensors ` + filepath.Join(path, "x", "y") + `: `: func() error { return WriteTensors(filepath.Join(path, "x", "y"), nil, nil) },
	} {
		if err := read(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func writeAt(path string, tensors ...Tensor) error { return WriteTensors(path, nil, tensors) }

// A write that fails leaves the old file and nothing else.
func TestFailedWriteLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.safetensors")
	if err := writeAt(path, sampleTensors()...); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	if err := writeAt(path, Tensor{"a", []int{3}, []float32{1}}); err == nil {
		t.Fatal("want an error")
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the old file changed: %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files are left", len(entries))
	}
}

func TestGivenTeacherReads(t *testing.T) {
	f, err := OpenTensors(testdata.Dir(t, "teachers", "resnet18-cifar100.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	values := 0
	for _, name := range f.Names() {
		info, _ := f.Info(name)
		if info.DType != "F32" {
			continue
		}
		w, err := f.Float32(name, info.Shape...)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range w {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				t.Fatalf("%s holds %g", name, x)
			}
		}
		if !strings.Contains(name, "running_") {
			values += len(w)
		}
	}
	if values != 11220132 { // ResNet-18, 3x3 stem, 100 classes
		t.Errorf("%d parameters", values)
	}
}

// Whatever the bytes, opening ends; what opens can be read whole and survives being written again.
func FuzzReadTensors(f *testing.F) {
	var b bytes.Buffer
	if err := EncodeTensors(&b, map[string]string{"k": "v"}, sampleTensors()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(fileOf(`{}`))
	f.Add(fileOf(`{"a":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]}}`, 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := openBytes(b)
		if err != nil {
			return
		}
		var tensors []Tensor
		for _, name := range in.Names() {
			info, _ := in.Info(name)
			switch info.DType {
			case "F32", "F16", "BF16":
				values, err := in.Float32(name, info.Shape...)
				if err != nil {
					t.Fatal(err)
				}
				tensors = append(tensors, Tensor{name, info.Shape, values})
			case "U8":
				values, err := in.Uint8(name, info.Shape...)
				if err != nil {
					t.Fatal(err)
				}
				tensors = append(tensors, Tensor{name, info.Shape, values})
			}
		}
		var out bytes.Buffer
		if err := EncodeTensors(&out, in.metadata, tensors); err != nil {
			t.Fatal(err)
		}
		if _, err := openBytes(out.Bytes()); err != nil {
			t.Fatal(err)
		}
	})
}
