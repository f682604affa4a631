package vk

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Push are push constants by the names that the shader declares: an int, uint32
// or bool for an integer, a float64 for a float, a []float64 for an array of
// floats.
type Push map[string]any

// pushMember is a member of a shader's push constants.
type pushMember struct {
	name  string // "" where the SPIR-V does not keep it
	at    int    // bytes
	count int    // elements of an array; 0: no array
	kind  string // int, uint or float; "" for what Push does not take
}

// pushAddress is a member that is the address of a buffer, which the recorder fills in.
type pushAddress struct {
	at     int // bytes
	access Access
}

func (p pushMember) String() string {
	if p.count > 0 {
		return fmt.Sprintf("%s %s[%d]", p.kind, p.name, p.count)
	}
	return p.kind + " " + p.name
}

// pushMembers lists the members of a block of push constants, and those that are addresses.
func (m *module) pushMembers(block uint32) (list []pushMember, addresses []pushAddress) {
	for i, id := range m.types[block].operands {
		key := [2]uint32{block, uint32(i)}
		p := pushMember{name: m.names[key], at: int(m.members[key][decorOffset])}
		t := m.types[id]
		if t.op == opTypeArray && m.decorations[id][decorArrayStride] == 4 {
			if c := m.constants[t.operands[1]]; c.op == opConstant && len(c.words) > 0 {
				p.count, t = int(c.words[0]), m.types[t.operands[0]]
			}
		}
		switch {
		case t.op == opTypeFloat && t.operands[0] == 32:
			p.kind = "float"
		case t.op == opTypeInt && t.operands[0] == 32:
			p.kind = [2]string{"uint", "int"}[t.operands[1]&1]
		case t.op == opTypePointer && t.operands[0] == classPhysical:
			addresses = append(addresses, pushAddress{p.at, m.access(0, t.operands[1])})
			continue
		}
		list = append(list, p)
	}
	return list, addresses
}

// Push lays push constants out as the kernel's shader declares them. Every
// member must be there, and nothing else.
func (k *Kernel) Push(values Push) ([]byte, error) {
	out := make([]byte, k.pushBytes)
	for _, m := range k.push {
		value, ok := values[m.name]
		if !ok {
			return nil, k.pushError(values, "%q is missing", m.name)
		}
		words, ok := m.words(value)
		if !ok {
			return nil, k.pushError(values, "%q is %T %v", m.name, value, value)
		}
		for i, w := range words {
			binary.LittleEndian.PutUint32(out[m.at+4*i:], w)
		}
	}
	if len(values) != len(k.push) {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if !slices.ContainsFunc(k.push, func(m pushMember) bool { return m.name == name }) {
				return nil, k.pushError(values, "there is no %q", name)
			}
		}
	}
	return out, nil
}

func (k *Kernel) pushError(values Push, format string, args ...any) error {
	declared := make([]string, len(k.push))
	for i, m := range k.push {
		declared[i] = m.String()
	}
	return fmt.Errorf("vk: kernel %q: push constants: %s: the shader declares (%s), given are (%s)", k.name, fmt.Sprintf(format, args...),
		strings.Join(declared, ", "), strings.Join(slices.Sorted(maps.Keys(values)), ", "))
}

// words are the bits of a value of the member's type.
func (m pushMember) words(value any) ([]uint32, bool) {
	if m.kind == "float" {
		list, array := value.([]float64)
		if x, ok := value.(float64); ok {
			list = []float64{x}
		}
		words := make([]uint32, len(list))
		for i, x := range list {
			words[i] = math.Float32bits(float32(x))
		}
		return words, len(list) == max(1, m.count) && array == (m.count > 0)
	}
	n := int64(0)
	switch x := value.(type) {
	case int:
		n = int64(x)
	case uint32:
		n = int64(x)
	case bool:
		if x {
			n = 1
		}
	default:
		return nil, false
	}
	fits := m.kind == "int" && n == int64(int32(n)) || m.kind == "uint" && n == int64(uint32(n))
	return []uint32{uint32(n)}, fits && m.count == 0
}
