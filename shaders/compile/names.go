package main

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// The optimiser drops all names. Those of push constants are put back, because
// the engine gives push constants by name (see vk.Kernel.Push).

// SPIR-V opcodes, decorations and storage classes (specification, section 3).
const (
	spirvHeader      = 5 // words
	opMemberName     = 6
	opExecutionMode  = 16
	opTypePointer    = 32
	opVariable       = 59
	opMemberDecorate = 72

	decorOffset       = 35
	classPushConstant = 9
)

// module is the words of a SPIR-V module.
type module []uint32

func read(spirv []byte) (module, error) {
	m := make(module, len(spirv)/4)
	for i := range m {
		m[i] = binary.LittleEndian.Uint32(spirv[4*i:])
	}
	for at := spirvHeader; at < len(m); at += int(m[at] >> 16) {
		if n := int(m[at] >> 16); n == 0 || at+n > len(m) {
			return nil, fmt.Errorf("SPIR-V is cut at word %d", at)
		}
	}
	return m, nil
}

func (m module) bytes() []byte {
	var out []byte
	for _, w := range m {
		out = binary.LittleEndian.AppendUint32(out, w)
	}
	return out
}

// all yields the instructions of one opcode, without their first word.
func (m module) all(op uint32) func(yield func(operands []uint32) bool) {
	return func(yield func([]uint32) bool) {
		for at := spirvHeader; at < len(m); at += int(m[at] >> 16) {
			if m[at]&0xffff == op && !yield(m[at+1:at+int(m[at]>>16)]) {
				return
			}
		}
	}
}

// pushBlock is the id of the struct of push constants; 0 where there is none.
func (m module) pushBlock() uint32 {
	for v := range m.all(opVariable) { // type, id, class
		if v[2] != classPushConstant {
			continue
		}
		for p := range m.all(opTypePointer) { // id, class, type
			if p[0] == v[0] {
				return p[2]
			}
		}
	}
	return 0
}

// offsets are the places of a struct's members, by member.
func (m module) offsets(block uint32) map[uint32]uint32 {
	at := map[uint32]uint32{}
	for d := range m.all(opMemberDecorate) { // struct, member, decoration, value
		if d[0] == block && d[2] == decorOffset {
			at[d[1]] = d[3]
		}
	}
	return at
}

// nameConstants gives the optimised module the names that the push constants
// have in the other, which comes from the same source.
func nameConstants(optimised, named []byte) ([]byte, error) {
	m, err := read(optimised)
	if err != nil {
		return nil, err
	}
	from, err := read(named)
	if err != nil {
		return nil, err
	}
	to, block := m.pushBlock(), from.pushBlock()
	if to == 0 {
		return optimised, nil
	}
	if !maps.Equal(m.offsets(to), from.offsets(block)) {
		return nil, fmt.Errorf("the optimiser changed the push constants: cannot name them")
	}
	var names []uint32
	for n := range from.all(opMemberName) { // struct, member, name
		if n[0] == block {
			names = append(append(names, uint32(len(n)+1)<<16|opMemberName, to), n[1:]...)
		}
	}
	at := 0 // names come right after the last execution mode
	for next := spirvHeader; next < len(m); next += int(m[next] >> 16) {
		if m[next]&0xffff == opExecutionMode {
			at = next + int(m[next]>>16)
		}
	}
	if at == 0 {
		return nil, fmt.Errorf("SPIR-V without an execution mode")
	}
	return slices.Insert(m, at, names...).bytes(), nil
}
