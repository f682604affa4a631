package vk

import (
	"encoding/binary"
	"fmt"
)

// A SPIR-V module is a five-word header and a list of instructions, each a
// word with its length and opcode, then operands (SPIR-V specification,
// section 2.3). Only what says how a kernel is used is read here: entry point,
// names of members, decorations, types and constants. The rest is skipped by length.

const (
	spirvMagic  = 0x07230203
	spirvHeader = 5
)

// Opcodes, decorations and storage classes (specification, section 3).
const (
	opMemberName            = 6
	opEntryPoint            = 15
	opExecutionMode         = 16
	opCapability            = 17
	opTypeBool              = 20
	opTypeInt               = 21
	opTypeFloat             = 22
	opTypeVector            = 23
	opTypeMatrix            = 24
	opTypeArray             = 28
	opTypeRuntimeArray      = 29
	opTypeStruct            = 30
	opTypePointer           = 32
	opConstant              = 43
	opConstantComposite     = 44
	opSpecConstantTrue      = 48
	opSpecConstantFalse     = 49
	opSpecConstant          = 50
	opSpecConstantComposite = 51
	opVariable              = 59
	opDecorate              = 71
	opMemberDecorate        = 72
	opExecutionModeID       = 331

	decorSpecID       = 1
	decorBlock        = 2
	decorBufferBlock  = 3
	decorArrayStride  = 6
	decorMatrixStride = 7
	decorBuiltIn      = 11
	decorNonWritable  = 24
	decorNonReadable  = 25
	decorBinding      = 33
	decorSet          = 34
	decorOffset       = 35

	builtInWorkgroupSize = 25
	modelGLCompute       = 5
	modeLocalSize        = 17
	modeLocalSizeID      = 38

	classUniformConstant = 0
	classUniform         = 2
	classPushConstant    = 9
	classStorageBuffer   = 12
	classPhysical        = 5349
)

// module is what was read of a SPIR-V module, by result id.
type module struct {
	entry        string
	entryID      uint32
	localSize    [3]uint32
	localSizeID  [3]uint32 // ids of constants, when the mode is LocalSizeId
	capabilities []uint32
	types        map[uint32]spirvType
	constants    map[uint32]spirvConstant
	variables    []spirvVariable
	decorations  map[uint32]map[uint32]uint32    // id, decoration: first operand
	members      map[[2]uint32]map[uint32]uint32 // struct and member, decoration: first operand
	names        map[[2]uint32]string            // of struct and member
}

type spirvType struct {
	op       uint32
	operands []uint32
}

type spirvConstant struct {
	op    uint32
	typ   uint32
	words []uint32 // value, or ids of the parts
}

type spirvVariable struct{ id, typ, class uint32 }

// instruction is one instruction with its operands, without the first word.
type instruction struct {
	op       uint32
	operands []uint32
}

// parse reads a module. Every index is checked: the bytes may be anything.
func parse(code []byte) (*module, error) {
	if len(code) < 4*spirvHeader || len(code)%4 != 0 {
		return nil, fmt.Errorf("%d bytes are not SPIR-V: want a multiple of 4, at least 20", len(code))
	}
	words := make([]uint32, len(code)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(code[4*i:])
	}
	if words[0] != spirvMagic {
		return nil, fmt.Errorf("not SPIR-V: starts with %#08x, want %#08x", words[0], uint32(spirvMagic))
	}
	m := &module{
		types: map[uint32]spirvType{}, constants: map[uint32]spirvConstant{},
		decorations: map[uint32]map[uint32]uint32{}, members: map[[2]uint32]map[uint32]uint32{}, names: map[[2]uint32]string{},
	}
	for at := spirvHeader; at < len(words); {
		length := int(words[at] >> 16)
		if length == 0 || length > len(words)-at {
			return nil, fmt.Errorf("SPIR-V is cut or corrupt at word %d", at)
		}
		in := instruction{words[at] & 0xffff, words[at+1 : at+length]}
		if need := operandsNeeded[in.op]; len(in.operands) < need {
			return nil, fmt.Errorf("SPIR-V instruction %d at word %d has %d operands: want %d", in.op, at, len(in.operands), need)
		}
		if err := m.read(in); err != nil {
			return nil, err
		}
		at += length
	}
	if m.entry == "" {
		return nil, fmt.Errorf("SPIR-V has no compute entry point")
	}
	return m, nil
}

// operandsNeeded is the least number of operands read takes for granted.
var operandsNeeded = map[uint32]int{
	opMemberName: 3, opEntryPoint: 3, opExecutionMode: 2, opExecutionModeID: 2, opCapability: 1,
	opTypeBool: 1, opTypeInt: 3, opTypeFloat: 2, opTypeVector: 3, opTypeMatrix: 3, opTypeArray: 3,
	opTypeRuntimeArray: 2, opTypeStruct: 1, opTypePointer: 3,
	opConstant: 3, opConstantComposite: 2, opSpecConstantTrue: 2, opSpecConstantFalse: 2, opSpecConstant: 3,
	opSpecConstantComposite: 2, opVariable: 3, opDecorate: 2, opMemberDecorate: 3,
}

func (m *module) read(in instruction) error {
	o := in.operands
	switch in.op {
	case opMemberName:
		m.names[[2]uint32{o[0], o[1]}] = literal(o[2:])
	case opCapability:
		m.capabilities = append(m.capabilities, o[0])
	case opEntryPoint:
		if o[0] != modelGLCompute {
			return fmt.Errorf("SPIR-V entry point of execution model %d: want a compute shader", o[0])
		}
		if m.entry != "" {
			return fmt.Errorf("SPIR-V has several entry points: want one")
		}
		m.entryID, m.entry = o[1], literal(o[2:])
	case opExecutionMode:
		if o[1] == modeLocalSize && len(o) >= 5 {
			m.localSize = [3]uint32(o[2:5])
		}
	case opExecutionModeID:
		if o[1] == modeLocalSizeID && len(o) >= 5 {
			m.localSizeID = [3]uint32(o[2:5])
		}
	case opTypeBool, opTypeInt, opTypeFloat, opTypeVector, opTypeMatrix, opTypeArray, opTypeRuntimeArray,
		opTypeStruct, opTypePointer:
		m.types[o[0]] = spirvType{in.op, o[1:]}
	case opConstant, opConstantComposite, opSpecConstantTrue, opSpecConstantFalse, opSpecConstant, opSpecConstantComposite:
		m.constants[o[1]] = spirvConstant{in.op, o[0], o[2:]}
	case opVariable:
		m.variables = append(m.variables, spirvVariable{id: o[1], typ: o[0], class: o[2]})
	case opDecorate:
		decorate(m.decorations, o[0], o[1:])
	case opMemberDecorate:
		decorate(m.members, [2]uint32{o[0], o[1]}, o[2:])
	}
	return nil
}

func decorate[K comparable](to map[K]map[uint32]uint32, id K, o []uint32) {
	if to[id] == nil {
		to[id] = map[uint32]uint32{}
	}
	value := uint32(0)
	if len(o) > 1 {
		value = o[1]
	}
	to[id][o[0]] = value
}

// literal reads a nul-terminated string packed into words.
func literal(words []uint32) string {
	var s []byte
	for _, w := range words {
		for range 4 {
			if w&0xff == 0 {
				return string(s)
			}
			s = append(s, byte(w))
			w >>= 8
		}
	}
	return string(s)
}
