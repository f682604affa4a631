package shaders

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"
)

// Every kernel is whole SPIR-V 1.3 or older, which Vulkan 1.1 takes.
func TestKernelsAreSPIRV(t *testing.T) {
	if len(Names()) == 0 {
		t.Fatal("no kernels")
	}
	for _, name := range Names() {
		spirv, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(spirv) < 20 || len(spirv)%4 != 0 || binary.LittleEndian.Uint32(spirv) != 0x07230203 {
			t.Errorf("%s: %d bytes, not SPIR-V", name, len(spirv))
			continue
		}
		if v := binary.LittleEndian.Uint32(spirv[4:]); v > 0x00010300 {
			t.Errorf("%s: SPIR-V version %#x, Vulkan 1.1 takes up to 1.3", name, v)
		}
	}
}

func TestUnknownKernelSaysWhatToDo(t *testing.T) {
	_, err := Load("no_such_kernel")
	if err == nil || !strings.Contains(err.Error(), "shaders/no_such_kernel.comp") {
		t.Fatalf("got %v", err)
	}
}

// Kernels are described by their sources: none is committed without one.
func TestSourcesAreHere(t *testing.T) {
	var sources strings.Builder
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".comp") {
			text, err := os.ReadFile(e.Name())
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(text)
			sources.WriteString("\n// build: " + strings.TrimSuffix(e.Name(), ".comp") + "\n")
		}
	}
	for _, name := range Names() {
		found := false
		for line := range strings.Lines(sources.String()) {
			words := strings.Fields(line)
			found = found || len(words) > 2 && strings.HasPrefix(words[1], "build") && words[2] == name
		}
		if !found {
			t.Errorf("spv/%s.spv has no source", name)
		}
	}
}
