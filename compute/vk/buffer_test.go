package vk

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestBufferKeepsWhatIsWritten(t *testing.T) {
	for _, c := range []struct {
		name    string
		kind    Kind
		disable []string
	}{
		{"host", Host, nil},
		{"device", DeviceLocal, nil},
		{"device through staging", DeviceLocal, []string{"hostvisible"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := openDevice(t, Options{Disable: c.disable})
			neighbour := buffer(t, d, 7, c.kind)
			b := buffer(t, d, 2*stagingBytes+1001, c.kind)
			if staged := c.disable != nil; staged != (b.mapped() == nil) {
				t.Fatalf("staged %v, want %v", !staged, staged)
			}
			data := make([]byte, b.Bytes())
			r := rand.NewChaCha8([32]byte{})
			r.Read(data)
			for _, part := range [][2]int64{{0, b.Bytes()}, {3, 5}, {stagingBytes - 1, 2}, {b.Bytes() - 1, 1}, {0, 0}} {
				if err := b.Write(part[0], data[part[0]:part[0]+part[1]]); err != nil {
					t.Fatal(err)
				}
				got := make([]byte, part[1])
				if err := b.Read(part[0], got); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, data[part[0]:part[0]+part[1]]) {
					t.Errorf("%d bytes at %d came back changed", part[1], part[0])
				}
			}
			if neighbour.at == b.at && neighbour.block == b.block {
				t.Error("two buffers at one place")
			}
		})
	}
}

func TestBufferMapsForTheHostOnly(t *testing.T) {
	d := openDevice(t, Options{})
	if m := buffer(t, d, 4, DeviceLocal).Map(); m != nil {
		t.Error("a device buffer was mapped")
	}
	b := buffer(t, d, 5, Host)
	copy(b.Map(), "hello")
	got := make([]byte, 5)
	if err := b.Read(0, got); err != nil || string(got) != "hello" {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestBufferRefusesWhatItDoesNotHold(t *testing.T) {
	d := openDevice(t, Options{})
	b := buffer(t, d, 100, DeviceLocal)
	freed := buffer(t, d, 100, DeviceLocal)
	freed.Free()
	freed.Free()
	for _, c := range []struct {
		name string
		do   func() error
		want string
	}{
		{"write past the end", func() error { return b.Write(97, make([]byte, 4)) }, "write of 4 bytes at 97: the buffer has 100"},
		{"read past the end", func() error { return b.Read(100, make([]byte, 1)) }, "read of 1 bytes at 100"},
		{"before the start", func() error { return b.Read(-1, make([]byte, 1)) }, "at -1"},
		{"far away", func() error { return b.Read(1<<62, make([]byte, 1)) }, "at 4611686018427387904"},
		{"freed", func() error { return freed.Write(0, make([]byte, 1)) }, "freed"},
		{"no bytes", func() error { _, err := d.NewBuffer(0, Host); return err }, "buffer of 0 bytes"},
		{"negative", func() error { _, err := d.NewBuffer(-5, Host); return err }, "buffer of -5 bytes"},
		{"absurd", func() error { _, err := d.NewBuffer(1<<60, Host); return err }, "at most 2^50"},
		{"kind", func() error { _, err := d.NewBuffer(1, 7); return err }, "kind 7"},
	} {
		if err := c.do(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestCopyAndFill(t *testing.T) {
	d := openDevice(t, Options{Disable: []string{"hostvisible"}})
	a, b := floatBuffer(t, d, 1, 2, 3, 4), floatBuffer(t, d, 0, 0, 0, 0)
	r := d.NewRecorder("copy")
	r.Copy(b.Slice(4, 8), a.Slice(0, 8))
	r.Fill(a.Slice(4, 8), 0x40e00000) // 7
	r.Copy(b.Slice(12, 4), a.Slice(8, 4))
	p := end(t, r)
	run(t, p)
	if got := readFloats(t, a); !slices.Equal(got, []float32{1, 7, 7, 4}) {
		t.Errorf("a is %v", got)
	}
	if got := readFloats(t, b); !slices.Equal(got, []float32{0, 1, 2, 7}) {
		t.Errorf("b is %v", got)
	}
	if p.Barriers() != 2 { // the fill writes what was read, the second copy reads what was filled
		t.Errorf("%d barriers, want 2", p.Barriers())
	}
}
