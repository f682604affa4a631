package vk

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

func TestReflect(t *testing.T) {
	for _, c := range []struct {
		shader string
		spec   []uint32
		want   layout
	}{
		{"layout", nil, layout{bindings: []Access{Read, 0, Write, ReadWrite, ReadWrite}, pushBytes: 60, workgroup: [3]uint32{8, 4, 2}}},
		{"axpy", []uint32{64}, layout{bindings: []Access{Read, ReadWrite}, pushBytes: 8, workgroup: [3]uint32{64, 1, 1}}},
		{"axpy", nil, layout{bindings: []Access{Read, ReadWrite}, pushBytes: 8, workgroup: [3]uint32{1, 1, 1}}},
		{"spec", []uint32{3, 5, 9}, layout{bindings: []Access{Write}, workgroup: [3]uint32{3, 5, 1}}},
		{"address", nil, layout{bindings: []Access{Read, ReadWrite}, pushBytes: 24, workgroup: [3]uint32{8, 1, 1}}},
		{"push", nil, layout{bindings: []Access{Write}, pushBytes: 36, workgroup: [3]uint32{1, 1, 1}}},
	} {
		got, err := reflect(shader(t, c.shader), c.spec)
		if err != nil {
			t.Errorf("%s: %v", c.shader, err)
			continue
		}
		if got.entry != "main" || !slices.Equal(got.bindings, c.want.bindings) ||
			got.pushBytes != c.want.pushBytes || got.workgroup != c.want.workgroup {
			t.Errorf("%s: got %+v, want %+v", c.shader, *got, c.want)
		}
	}
	l, err := reflect(shader(t, "half"), nil)
	if err != nil || !slices.Contains(l.capabilities, 9) || !slices.Contains(l.capabilities, 4433) {
		t.Errorf("half: capabilities %v, %v: want fp16 arithmetic (9) and storage (4433)", l.capabilities, err)
	}
}

// edit returns a copy of the shader with the words of every instruction of op changed by f.
func edit(code []byte, op uint32, f func(words []uint32)) []byte {
	w := make([]uint32, len(code)/4)
	for i := range w {
		w[i] = binary.LittleEndian.Uint32(code[4*i:])
	}
	for at := spirvHeader; at < len(w); at += int(w[at] >> 16) {
		if w[at]&0xffff == op {
			f(w[at : at+int(w[at]>>16)])
		}
	}
	return wordBytes(w...)
}

func TestReflectRefuses(t *testing.T) {
	axpy := shader(t, "axpy")
	for _, c := range []struct {
		name string
		code []byte
		want string
	}{
		{"nothing", nil, "0 bytes are not SPIR-V"},
		{"odd size", axpy[:len(axpy)-1], "multiple of 4"},
		{"text", []byte("#version 450\nlayout(local_size_x = 1) in;\n  "), "not SPIR-V: starts with"},
		{"cut", axpy[:len(axpy)/8*4], "SPIR-V"},
		{"zero length", append(slices.Clone(axpy[:20]), 0, 0, 0, 0), "cut or corrupt at word 5"},
		{"long length", append(slices.Clone(axpy[:20]), 0, 0, 0xff, 0xff), "cut or corrupt at word 5"},
		{"no entry point", axpy[:20], "no compute entry point"},
		{"a fragment shader", edit(axpy, opEntryPoint, func(w []uint32) { w[1] = 4 }), "execution model 4"},
		{"binding 9999", edit(axpy, opDecorate, func(w []uint32) {
			if w[2] == decorBinding {
				w[3] = 9999
			}
		}), "binding 9999: want set 0"},
		{"set 1", edit(axpy, opDecorate, func(w []uint32) {
			if w[2] == decorSet {
				w[3] = 1
			}
		}), "set 1"},
		{"a uniform block", edit(axpy, opVariable, func(w []uint32) {
			if w[3] == classStorageBuffer {
				w[3] = classUniform
			}
		}), "uniform block"},
		{"an image", edit(axpy, opVariable, func(w []uint32) {
			if w[3] == classStorageBuffer {
				w[3] = classUniformConstant
			}
		}), "image"},
		{"a wide constant", edit(shader(t, "spec"), opTypeFloat, func(w []uint32) { w[2] = 64 }), "not a number of 32 bits"},
		{"a short type", []byte(string(axpy[:20]) + string(wordBytes(2<<16|opTypePointer, 1))), "has 1 operands: want 3"},
	} {
		if _, err := reflect(c.code, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := reflect(axpy, []uint32{0}); err == nil || !strings.Contains(err.Error(), "workgroup") {
		t.Errorf("a workgroup of 0: %v", err)
	}
}

// Bytes from anywhere give a layout or an error, never a panic.
func FuzzReflect(f *testing.F) {
	for _, name := range []string{"axpy", "layout", "spec", "push", "half", "subgroup"} {
		f.Add(shader(f, name), uint32(1))
	}
	f.Fuzz(func(t *testing.T, code []byte, s uint32) {
		l, err := reflect(code, []uint32{s, s})
		if err == nil && (len(l.bindings) > maxBindings || l.pushBytes < 0) {
			t.Errorf("layout %+v", l)
		}
	})
}
