package vk

import (
	"slices"
	"strings"
	"testing"

	"reta/shaders"
)

// Our kernels keep to what README.md says a device must have. Those of names with _sg, _vec, _cm and _half, and the kernels of wide
// loads, have another form for devices without their features.
func TestKernelsKeepToTheStatedLimits(t *testing.T) {
	const bindings, pushBytes, invocations = 9, 80, 256
	optional := []uint32{1, 11, 61, 64}     // shaders themselves; 64-bit integers, subgroup operations and ballots
	halves := []uint32{9, 4433, 5345, 6022} // fp16 arithmetic and storage, the memory model, cooperative matrices
	most := [3]int{}
	for _, name := range shaders.Names() {
		code, err := shaders.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		l, err := reflect(code, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		w := l.workgroup
		vector := strings.Contains(name, "_vec") // for CPU drivers, which have 128 bytes of push constants
		if vector && l.pushBytes > 128 {
			t.Errorf("%s takes %d bytes of push constants", name, l.pushBytes)
		}
		if !vector {
			most = [3]int{max(most[0], len(l.bindings)), max(most[1], l.pushBytes), max(most[2], int(w[0]*w[1]*w[2]))}
		}
		half := strings.Contains(name, "_cm") || strings.HasSuffix(name, "_half")
		if l.halves != (half && name != "conv2d_pack_half") {
			t.Errorf("%s says by a constant which of its buffers are fp16: %v", name, l.halves)
		}
		for _, c := range l.capabilities {
			if !slices.Contains(optional, c) && !(half && slices.Contains(halves, c)) && !(vector && c == 5347) {
				t.Errorf("%s needs capability %d", name, c)
			}
		}
	}
	if want := [3]int{bindings, pushBytes, invocations}; most != want {
		t.Errorf("at most %d storage buffers, %d bytes of push constants and %d invocations: README.md says %d", most[0], most[1], most[2], want)
	}
}
