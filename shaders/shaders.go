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
