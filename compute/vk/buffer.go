package vk

import (
	"fmt"
	"sync/atomic"
	"unsafe"
)

// Buffer is a piece of device memory. The caller orders its use: Read and Write
// do not wait for programs in flight.
type Buffer struct {
	dev   *Device
	kind  Kind
	block *block
	at    int64 // in the block
	bytes int64
	freed atomic.Bool
}

// Range is a part of a buffer, in bytes.
type Range struct {
	Buffer        *Buffer
	Offset, Bytes int64
}

// NewBuffer makes a buffer of at least one byte. Its contents are undefined.
func (d *Device) NewBuffer(bytes int64, kind Kind) (*Buffer, error) {
	if err := d.ready(); err != nil {
		return nil, err
	}
	if bytes <= 0 || bytes > 1<<50 {
		return nil, fmt.Errorf("vk: buffer of %d bytes: want at least 1 and at most 2^50", bytes)
	}
	if kind != DeviceLocal && kind != Host {
		return nil, fmt.Errorf("vk: buffer kind %d: want DeviceLocal or Host", int(kind))
	}
	b, at, err := d.mem.take(roundUp(bytes, align), kind)
	if err != nil {
		return nil, err
	}
	return &Buffer{dev: d, kind: kind, block: b, at: at, bytes: bytes}, nil
}

// Bytes returns the size asked for.
func (b *Buffer) Bytes() int64 { return b.bytes }

// Slice returns the n bytes from off. Their place in the buffer is checked
// where the range is used.
func (b *Buffer) Slice(off, n int64) Range { return Range{b, off, n} }

// Map returns the memory of a Host buffer, nil for a DeviceLocal one. It is
// valid until Free.
func (b *Buffer) Map() []byte {
	if b.kind != Host || b.freed.Load() || b.dev.closed.Load() {
		return nil
	}
	return b.mapped()
}

// mapped returns the buffer's memory as the host sees it, nil if it does not.
func (b *Buffer) mapped() []byte {
	if b.block.host == nil {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Add(b.block.host, b.at)), b.bytes)
}

// Write copies data to the bytes from off.
func (b *Buffer) Write(off int64, data []byte) error {
	if err := b.check("write", off, int64(len(data))); err != nil || len(data) == 0 || b.dev.dry {
		return err
	}
	if m := b.mapped(); m != nil {
		copy(m[off:], data)
		return nil
	}
	return b.dev.upload(b, off, data)
}

// Read fills data with the bytes from off.
func (b *Buffer) Read(off int64, data []byte) error {
	if err := b.check("read", off, int64(len(data))); err != nil || len(data) == 0 {
		return err
	}
	if b.dev.dry {
		return b.dev.compilesOnly("read a buffer")
	}
	if m := b.mapped(); m != nil {
		copy(data, m[off:])
		return nil
	}
	return b.dev.download(b, off, data)
}

func (b *Buffer) check(what string, off, n int64) error {
	if err := b.dev.ready(); err != nil {
		return err
	}
	if b.freed.Load() {
		return fmt.Errorf("vk: %s of a buffer that was freed", what)
	}
	if off < 0 || n < 0 || n > b.bytes-off {
		return fmt.Errorf("vk: %s of %d bytes at %d: the buffer has %d", what, n, off, b.bytes)
	}
	return nil
}

// Free gives the memory back. The caller makes sure that no program in flight
// uses it; a program recorded with it refuses to run from now on. It is safe
// to call twice, on nil, and after the device is closed.
func (b *Buffer) Free() {
	if b == nil || b.freed.Swap(true) || b.dev.closed.Load() {
		return
	}
	b.dev.mem.give(b.kind, b.block, b.at, roundUp(b.bytes, align))
}
