package vk

import (
	"fmt"
	"math"
)

// Access is what a kernel does with a binding.
type Access uint8

const (
	Read      Access = 1
	Write     Access = 2
	ReadWrite Access = Read | Write
)

func (a Access) String() string { return [...]string{"unused", "read", "write", "read and write"}[a&3] }

// layout is what a kernel's SPIR-V says of its use.
type layout struct {
	entry        string
	bindings     []Access // 0 where the shader uses no such binding
	push         []pushMember
	addresses    []pushAddress // of the buffers, in a shader that binds none
	pushBytes    int           // a multiple of 4
	workgroup    [3]uint32
	capabilities []uint32
	halves       bool // it has the constant for KernelSpec.Halves
}

// halvesID is the constant_id of KernelSpec.Halves.
const halvesID = 31

// maxBindings bounds binding numbers, which come from a file.
const maxBindings = 64

// reflect reads the layout of a compute shader under the given specialisation
// constants: spec[i] is constant_id i.
func reflect(code []byte, spec []uint32) (*layout, error) {
	m, err := parse(code)
	if err != nil {
		return nil, err
	}
	l := &layout{entry: m.entry, capabilities: m.capabilities}
	for _, v := range m.variables {
		switch v.class {
		case classStorageBuffer, classUniform:
			err = l.bind(m, v)
		case classPushConstant:
			err = l.constants(m, v)
		case classUniformConstant:
			err = fmt.Errorf("an image, sampler or texel buffer: want storage buffers only")
		}
		if err != nil {
			return nil, err
		}
	}
	if len(l.addresses) > 0 && len(l.addresses) < len(l.bindings) {
		return nil, fmt.Errorf("buffers by binding and by address: want one or the other")
	}
	if err := m.checkSpec(); err != nil {
		return nil, err
	}
	for _, decor := range m.decorations {
		if id, ok := decor[decorSpecID]; ok && id == halvesID {
			l.halves = true
		}
	}
	l.workgroup, err = m.workgroup(spec)
	return l, err
}

// bind adds the access of a buffer variable. Several variables may see one
// binding, for instance as other types.
func (l *layout) bind(m *module, v spirvVariable) error {
	block, ok := m.pointee(v)
	if !ok || m.types[block].op != opTypeStruct {
		return fmt.Errorf("a buffer variable that is not one block (an array of blocks?)")
	}
	if _, old := m.decorations[block][decorBufferBlock]; v.class == classUniform && !old {
		return fmt.Errorf("a uniform block: want storage buffers only")
	}
	decor := m.decorations[v.id]
	binding, ok := decor[decorBinding]
	if !ok || binding >= maxBindings || decor[decorSet] != 0 {
		return fmt.Errorf("a buffer at set %d, binding %d: want set 0, binding 0 to %d", decor[decorSet], binding, maxBindings-1)
	}
	for int(binding) >= len(l.bindings) {
		l.bindings = append(l.bindings, 0)
	}
	l.bindings[binding] |= m.access(v.id, block)
	return nil
}

// access is what the decorations of a variable, 0 for none, and of its block leave.
func (m *module) access(variable, block uint32) Access {
	access := ReadWrite
	if m.allMembers(variable, block, decorNonWritable) {
		access &^= Write
	}
	if m.allMembers(variable, block, decorNonReadable) {
		access &^= Read
	}
	return access
}

func (m *module) pointee(v spirvVariable) (uint32, bool) {
	t := m.types[v.typ]
	if t.op != opTypePointer {
		return 0, false
	}
	return t.operands[1], true
}

// allMembers reports whether the variable, or every member of its block, has the decoration.
func (m *module) allMembers(variable, block, decoration uint32) bool {
	if _, ok := m.decorations[variable][decoration]; ok {
		return true
	}
	n := len(m.types[block].operands)
	for i := range n {
		if _, ok := m.members[[2]uint32{block, uint32(i)}][decoration]; !ok {
			return false
		}
	}
	return n > 0
}

func (l *layout) constants(m *module, v spirvVariable) error {
	block, _ := m.pointee(v)
	n, err := m.sizeOf(block, 0, 0)
	if err != nil {
		return fmt.Errorf("push constants: %w", err)
	}
	l.pushBytes = int(roundUp(n, 4))
	l.push, l.addresses = m.pushMembers(block)
	for _, a := range l.addresses {
		l.bindings = append(l.bindings, a.access)
	}
	return nil
}

// sizeOf returns the bytes of a type with explicit layout; matrixStride is the
// decoration of the member it belongs to.
func (m *module) sizeOf(id uint32, matrixStride int64, depth int) (int64, error) {
	const tooLarge = 1 << 20
	t := m.types[id]
	if depth > 16 {
		return 0, fmt.Errorf("types nest too deep")
	}
	switch t.op {
	case opTypeInt, opTypeFloat:
		return int64(t.operands[0]) / 8, nil
	case opTypePointer:
		return 8, nil
	case opTypeVector:
		n, err := m.sizeOf(t.operands[0], 0, depth+1)
		return n * int64(t.operands[1]), err
	case opTypeMatrix:
		return matrixStride * int64(t.operands[1]), nil
	case opTypeArray:
		c, ok := m.constants[t.operands[1]]
		stride := int64(m.decorations[id][decorArrayStride])
		if !ok || c.op != opConstant || int64(c.words[0])*stride > tooLarge {
			return 0, fmt.Errorf("an array without a plain, small length")
		}
		return int64(c.words[0]) * stride, nil
	case opTypeStruct:
		var end int64
		for i, member := range t.operands {
			decor := m.members[[2]uint32{id, uint32(i)}]
			n, err := m.sizeOf(member, int64(decor[decorMatrixStride]), depth+1)
			if err != nil {
				return 0, err
			}
			end = max(end, int64(decor[decorOffset])+n)
		}
		if end > tooLarge {
			return 0, fmt.Errorf("a block of %d bytes", end)
		}
		return end, nil
	}
	return 0, fmt.Errorf("a member of unknown size")
}

// checkSpec refuses specialisation constants that are not one word wide.
func (m *module) checkSpec() error {
	for id, c := range m.constants {
		t := m.types[c.typ]
		if number := t.op == opTypeInt || t.op == opTypeFloat; c.op == opSpecConstant && (!number || t.operands[0] != 32) {
			return fmt.Errorf("specialisation constant %d, which is not a number of 32 bits", m.decorations[id][decorSpecID])
		}
	}
	return nil
}

// workgroup returns the invocations of a workgroup: the constant decorated as
// WorkgroupSize if there is one, else the entry point's execution mode.
func (m *module) workgroup(spec []uint32) ([3]uint32, error) {
	ids := m.localSizeID
	for id, decor := range m.decorations {
		if b, ok := decor[decorBuiltIn]; ok && b == builtInWorkgroupSize {
			if c := m.constants[id]; len(c.words) == 3 {
				ids = [3]uint32(c.words)
			}
		}
	}
	size := m.localSize
	if ids != ([3]uint32{}) {
		for i, id := range ids {
			c, ok := m.constants[id]
			if !ok || len(c.words) == 0 {
				return size, fmt.Errorf("a workgroup size that is not a constant")
			}
			size[i] = c.words[0]
			if s, ok := m.decorations[id][decorSpecID]; ok && int64(s) < int64(len(spec)) {
				size[i] = spec[s]
			}
		}
	}
	if n := uint64(size[0]) * uint64(size[1]); n == 0 || n > math.MaxUint32 || size[2] == 0 {
		return size, fmt.Errorf("a workgroup of %v invocations", size)
	}
	return size, nil
}
