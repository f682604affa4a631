package vk

// #include "shim.h"
import "C"

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// Arg is a binding of a dispatch: a range and what the kernel does with it.
type Arg struct {
	Range
	Access Access
}

// Recorder collects the operations of a Program. The first error sticks and is
// returned by End. A recorder is for one goroutine.
type Recorder struct {
	dev      *Device
	name     string
	ops      []C.shim_op
	labels   []label
	layouts  []uint64 // of the descriptor sets
	bindings []C.shim_binding
	push     []byte
	buffers  map[*Buffer]struct{}
	hazards  hazards
	barriers int
	err      error
}

type label struct{ label, kernel string }

// NewRecorder starts a program; name is for errors.
func (d *Device) NewRecorder(name string) *Recorder {
	return &Recorder{dev: d, name: name, buffers: map[*Buffer]struct{}{}, err: d.ready()}
}

func (r *Recorder) fail(label, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("vk: program %q, operation %d %q: %w", r.name, len(r.ops), label, fmt.Errorf(format, args...))
	}
}

// Dispatch runs k on args, one per binding, with push constants push, in
// groups[0] x groups[1] x groups[2] workgroups. It waits for earlier operations
// of this program only where they touch the same bytes and one of them writes.
func (r *Recorder) Dispatch(k *Kernel, args []Arg, push []byte, groups [3]uint32, name string) {
	if r.err != nil {
		return
	}
	if k == nil || k.dev != r.dev {
		r.fail(name, "the kernel is nil or of another device")
		return
	}
	if err := r.checkDispatch(k, args, push, groups); err != nil {
		r.fail(name, "kernel %q: %w", k.name, err)
		return
	}
	set := uint32(len(r.layouts))
	r.layouts = append(r.layouts, uint64(uintptr(unsafe.Pointer(k.c.set))))
	at := len(r.push)
	r.push = append(r.push, push...)
	for i, a := range args {
		if len(k.addresses) > 0 {
			binary.LittleEndian.PutUint64(r.push[at+k.addresses[i].at:], a.Buffer.block.address+uint64(a.Buffer.at+a.Offset))
			continue
		}
		r.bindings = append(r.bindings, C.shim_binding{
			set: C.uint32_t(set), binding: C.uint32_t(i), buffer: a.Buffer.c(),
			at: C.uint64_t(a.Buffer.at + a.Offset), bytes: C.uint64_t(a.Bytes),
		})
	}
	op := C.shim_op{
		kind: C.SHIM_DISPATCH, pipeline: k.c.pipeline, layout: k.c.layout, set: C.uint32_t(set),
		push_at: C.uint32_t(at), push_bytes: C.uint32_t(len(push)),
	}
	for i, g := range groups {
		op.groups[i] = C.uint32_t(g)
	}
	r.add(op, stageCompute, args, label{name, k.name})
}

func (r *Recorder) checkDispatch(k *Kernel, args []Arg, push []byte, groups [3]uint32) error {
	if len(args) != len(k.bindings) {
		return fmt.Errorf("%d buffers for %d bindings", len(args), len(k.bindings))
	}
	if len(push) != k.pushBytes {
		return fmt.Errorf("%d bytes of push constants: the shader declares %d", len(push), k.pushBytes)
	}
	limits := r.dev.info.Limits
	for i, g := range groups {
		if g == 0 || g > limits.WorkgroupCount[i] {
			return fmt.Errorf("%v workgroups: want 1 to %d in dimension %d", groups, limits.WorkgroupCount[i], i)
		}
	}
	for i, a := range args {
		if err := r.checkArg(k, i, a); err != nil {
			return fmt.Errorf("binding %d: %w", i, err)
		}
	}
	return nil
}

func (r *Recorder) checkArg(k *Kernel, i int, a Arg) error {
	if err := r.checkRange(a.Range); err != nil {
		return err
	}
	limits, does := r.dev.info.Limits, k.bindings[i]
	switch {
	case a.Bytes > limits.StorageRange:
		return fmt.Errorf("a range of %s: %s sees %s through one binding: split the batch",
			size(a.Bytes), r.dev.info.Name, size(limits.StorageRange))
	case a.Offset%limits.OffsetAlign != 0:
		return fmt.Errorf("offset %d is not a multiple of %d", a.Offset, limits.OffsetAlign)
	case a.Access == 0 || a.Access > ReadWrite:
		return fmt.Errorf("access %d: want Read, Write or ReadWrite", a.Access)
	case does&Write != 0 && a.Access&Write == 0:
		return fmt.Errorf("declared %s, but the shader may write it: mark it readonly there", a.Access)
	case does == Read && a.Access&Write != 0:
		return fmt.Errorf("declared %s, but the shader only reads it", a.Access)
	}
	return nil
}

func (r *Recorder) checkRange(x Range) error {
	b := x.Buffer
	switch {
	case b == nil || b.dev != r.dev:
		return fmt.Errorf("no buffer, or one of another device")
	case b.freed.Load():
		return fmt.Errorf("the buffer was freed")
	case x.Offset < 0 || x.Bytes <= 0 || x.Bytes > b.bytes-x.Offset:
		return fmt.Errorf("bytes %d to %d of a buffer of %d", x.Offset, x.Offset+x.Bytes, b.bytes)
	}
	return nil
}

// Copy copies src to dst, which have the same size and do not overlap.
func (r *Recorder) Copy(dst, src Range) {
	if r.err != nil {
		return
	}
	for _, x := range []Range{dst, src} {
		if err := r.checkRange(x); err != nil {
			r.fail("copy", "%w", err)
			return
		}
	}
	from, to := Arg{src, Read}, Arg{dst, Write}
	if dst.Bytes != src.Bytes || overlaps([]touched{from.touches()}, to.touches()) {
		r.fail("copy", "%d bytes to %d: want as many, apart from each other", src.Bytes, dst.Bytes)
		return
	}
	r.add(C.shim_op{
		kind: C.SHIM_COPY, src: src.Buffer.c(), dst: dst.Buffer.c(),
		src_at: C.uint64_t(src.Buffer.at + src.Offset), dst_at: C.uint64_t(dst.Buffer.at + dst.Offset),
		bytes: C.uint64_t(dst.Bytes),
	}, stageTransfer, []Arg{from, to}, label{"copy", "copy"})
}

// Fill sets every word of dst, whose offset and size are multiples of 4.
func (r *Recorder) Fill(dst Range, word uint32) {
	if r.err != nil {
		return
	}
	if err := r.checkRange(dst); err != nil {
		r.fail("fill", "%w", err)
		return
	}
	if dst.Offset%4 != 0 || dst.Bytes%4 != 0 {
		r.fail("fill", "%d bytes at %d: want multiples of 4", dst.Bytes, dst.Offset)
		return
	}
	r.add(C.shim_op{
		kind: C.SHIM_FILL, dst: dst.Buffer.c(), dst_at: C.uint64_t(dst.Buffer.at + dst.Offset),
		bytes: C.uint64_t(dst.Bytes), word: C.uint32_t(word),
	}, stageTransfer, []Arg{{dst, Write}}, label{"fill", "fill"})
}

func (r *Recorder) add(op C.shim_op, stage uint32, args []Arg, l label) {
	wait := r.hazards.add(stage, args)
	if wait != 0 {
		r.barriers++
	}
	op.wait = C.uint32_t(wait)
	r.ops = append(r.ops, op)
	r.labels = append(r.labels, l)
	for _, a := range args {
		r.buffers[a.Buffer] = struct{}{}
	}
}

func (b *Buffer) c() C.VkBuffer { return C.VkBuffer(unsafe.Pointer(b.block.buffer)) }
