package vk

import (
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"reta/shaders"
)

var namedPush = Push{"n": 7, "a": 0.5, "w": []float64{1, -2, 3}, "last": -8, "yes": true}

func TestPushByName(t *testing.T) {
	d := openDevice(t, Options{})
	k := kernel(t, d, "named")
	push, err := k.Push(namedPush)
	if err != nil {
		t.Fatal(err)
	}
	y := buffer(t, d, 32, Host)
	r := d.NewRecorder("named")
	r.Dispatch(k, []Arg{y.all(Write)}, push, [3]uint32{1, 1, 1}, "named")
	run(t, end(t, r))
	bits := math.Float32bits
	for i, want := range []uint32{7, bits(0.5), bits(1), bits(-2), bits(3), ^uint32(7), 1} {
		if got := binary.LittleEndian.Uint32(y.Map()[4*i:]); got != want {
			t.Errorf("word %d is %#x, want %#x", i, got, want)
		}
	}
}

// A kernel that knows its buffers by address is given them by the recorder, orders what touches the same bytes, and takes the other push
// constants by name.
func TestBuffersByAddress(t *testing.T) {
	d := openDevice(t, Options{})
	code := KernelSpec{Name: "address", SPIRV: shader(t, "address")}
	if !d.info.Features.Vectors {
		if _, err := d.NewKernel(code); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "buffer addresses") {
			t.Errorf("got %v, want that the device has no buffer addresses", err)
		}
		return
	}
	k := kernel(t, d, "address")
	push, err := k.Push(Push{"n": 9, "a": 2.0})
	if err != nil {
		t.Fatal(err)
	}
	x, y := floatBuffer(t, d, slices.Repeat([]float32{1}, 73)...), floatBuffer(t, d, make([]float32, 74)...)
	r := d.NewRecorder("address")
	for range 2 {
		r.Dispatch(k, []Arg{{x.Slice(256, 36), Read}, {y.Slice(256, 36), ReadWrite}}, push, [3]uint32{2, 1, 1}, "address")
	}
	p := end(t, r)
	if p.Barriers() != 1 {
		t.Errorf("%d barriers, want 1", p.Barriers())
	}
	run(t, p)
	for i, got := range readFloats(t, y) {
		want := float32(0)
		if i >= 64 && i < 73 {
			want = 4
		}
		if got != want {
			t.Errorf("element %d is %g, want %g", i, got, want)
		}
	}
	if _, err := k.Push(Push{"n": 9, "a": 2.0, "x": 1}); err == nil || !strings.Contains(err.Error(), `there is no "x"`) {
		t.Errorf("an address by name: got %v", err)
	}
}

// What does not match is named, with what the shader declares.
func TestPushRefuses(t *testing.T) {
	d := openDevice(t, Options{})
	for _, c := range []struct {
		shader, name string
		value        any // nil: leave it out
		want         string
	}{
		{"named", "n", nil, `"n" is missing`},
		{"named", "m", 7, `there is no "m"`},
		{"named", "n", 7.0, `"n" is float64 7`},
		{"named", "n", -1, `"n" is int -1`},
		{"named", "n", 1 << 32, `"n" is int 4294967296`},
		{"named", "last", 1 << 31, `"last" is int 2147483648`},
		{"named", "a", 1, `"a" is int 1`},
		{"named", "a", []float64{1}, `"a" is []float64 [1]`},
		{"named", "w", 1.0, `"w" is float64 1`},
		{"named", "w", []float64{1, 2}, `"w" is []float64 [1 2]`},
		{"push", "n", 7, `"" is missing`}, // compiled without names
	} {
		values := maps.Clone(namedPush)
		if values[c.name] = c.value; c.value == nil {
			delete(values, c.name)
		}
		_, err := kernel(t, d, c.shader).Push(values)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `kernel "`+c.shader+`"`) {
			t.Errorf("%s %s = %v: got %v, want an error with %q", c.shader, c.name, c.value, err, c.want)
		}
		if err != nil && c.shader == "named" && !strings.Contains(err.Error(), "the shader declares (uint n, float a, float w[3], int last, uint yes)") {
			t.Errorf("%s: %v does not say what the shader declares", c.name, err)
		}
	}
}

// Every kernel of the engine keeps the names and plain types of its push
// constants.
func TestKernelsNameTheirPushConstants(t *testing.T) {
	for _, name := range shaders.Names() {
		code, err := shaders.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		l, err := reflect(code, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, m := range l.push {
			if m.name == "" || m.kind == "" || slices.ContainsFunc(l.push, func(o pushMember) bool { return o != m && o.name == m.name }) {
				t.Errorf("%s: push constant %q at byte %d has no name, a name used twice or a type without a Go form: go run ./shaders/compile %s", name, m.name, m.at, name)
			}
		}
	}
}
