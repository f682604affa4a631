// Package shaders holds the project's compute kernels: GLSL sources NAME.comp and, embedded in the
// program, the SPIR-V compiled from them. Users need no shader compiler.
package shaders

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed spv/*.spv
var compiled embed.FS

// Load returns the SPIR-V of the kernel called name, little-endian words as bytes.
func Load(name string) ([]byte, error) {
	spirv, err := compiled.ReadFile("spv/" + name + ".spv")
	if err != nil {
		return nil, fmt.Errorf("shaders: no kernel %q: write shaders/%s.comp, then go run ./shaders/compile %[1]s", name, name)
	}
	return spirv, nil
}

// Half is the kernel that does the same as the one called name with some of its tensors in fp16: NAME_half or, where one
// serves for both, itself.
func Half(name string) string {
	if f, err := compiled.Open("spv/" + name + "_half.spv"); err == nil {
		f.Close()
		return name + "_half"
	}
	return name
}

// Names lists every kernel in alphabetical order.
func Names() []string {
	entries, err := compiled.ReadDir("spv")
	if err != nil {
		return nil // the pattern above matched at build time, so the folder is there
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".spv")
	}
	return names
}
