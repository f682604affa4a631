package vk

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	vulkan "github.com/vulkan-go/vulkan"
)

// Kind is where a buffer lives.
type Kind int

const (
	DeviceLocal Kind = iota // fast for kernels; the host reads and writes it through staging if need be
	Host                    // mapped for the host, coherent
)

func (k Kind) String() string { return [...]string{"device", "host"}[k] }

const (
	firstBlock = 64 << 20
	lastBlock  = 1 << 30
)

// memory is the device's memory: blocks of Vulkan memory, each under one
// buffer, from which all buffers are cut. Blocks grow with what is in use, so
// that small programs reserve little and large ones have few blocks.
type memory struct {
	dev   *Device
	heaps [2]heap // by Kind

	mu sync.Mutex
}

type heap struct {
	kind   Kind
	typ    uint32 // memory type index
	mapped bool
	blocks []*block
	budget *budget
}

// budget counts the bytes of one physical memory: the device's, and the host's
// where that is another.
type budget struct {
	used, peak      int64 // in buffers
	reserved, limit int64 // in blocks
}

// newDryMemory is that of a device that only compiles: blocks are counted, and nothing is behind them.
func newDryMemory(d *Device) *memory {
	all := &budget{limit: 1 << 60}
	return &memory{dev: d, heaps: [2]heap{{kind: DeviceLocal, budget: all}, {kind: Host, budget: all}}}
}

// newMemory chooses the memory types, of those in the bits types, that serve
// each kind.
func newMemory(d *Device, a *adapter, types uint32, limit int64) (*memory, error) {
	bits := func(b ...vulkan.MemoryPropertyFlagBits) (f vulkan.MemoryPropertyFlags) {
		for _, x := range b {
			f |= vulkan.MemoryPropertyFlags(x)
		}
		return f
	}
	local, cached := bits(vulkan.MemoryPropertyDeviceLocalBit), bits(vulkan.MemoryPropertyHostCachedBit)
	visible := bits(vulkan.MemoryPropertyHostVisibleBit, vulkan.MemoryPropertyHostCoherentBit)

	deviceWants := []vulkan.MemoryPropertyFlags{local, 0}
	unified := a.info.Kind == CPU || a.info.Kind == Integrated
	if unified && a.info.Features.hostVisible {
		deviceWants = slices.Insert(deviceWants, 0, local|visible|cached, local|visible)
	}
	device, found := a.memoryType(types, deviceWants...)
	host, ok := a.memoryType(types, visible|cached, visible)
	if !ok || !found {
		return nil, fmt.Errorf("vk: device %s has no host-visible memory: %w", a.info, ErrUnsupported)
	}
	at := func(t uint32) int { return a.memory[t].heap }
	if limit <= 0 {
		limit = a.heaps[at(device)]
	}
	ofDevice := &budget{limit: limit}
	ofHost := ofDevice
	if at(host) != at(device) {
		ofHost = &budget{limit: a.heaps[at(host)]}
	}
	return &memory{dev: d, heaps: [2]heap{
		DeviceLocal: {kind: DeviceLocal, typ: device, budget: ofDevice,
			mapped: a.info.Features.hostVisible && a.memory[device].flags&visible == visible},
		Host: {kind: Host, typ: host, budget: ofHost, mapped: true},
	}}, nil
}

// memoryType finds the first of the types that has all flags of the earliest
// wish that any of them fulfils.
func (a *adapter) memoryType(types uint32, wishes ...vulkan.MemoryPropertyFlags) (uint32, bool) {
	for _, w := range wishes {
		for i, t := range a.memory {
			if types>>i&1 != 0 && t.flags&w == w {
				return uint32(i), true
			}
		}
	}
	return 0, false
}

// take cuts n bytes, rounded up to align, out of a block of kind.
func (m *memory) take(n int64, kind Kind) (*block, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := &m.heaps[kind]
	for _, b := range h.blocks {
		if at, ok := b.take(n); ok {
			h.budget.take(n)
			return b, at, nil
		}
	}
	b, err := m.grow(h, n)
	if err != nil {
		return nil, 0, err
	}
	at, _ := b.take(n)
	h.budget.take(n)
	return b, at, nil
}

func (b *budget) take(n int64) {
	b.used += n
	b.peak = max(b.peak, b.used)
}

// grow adds a block that holds n bytes: as large as all blocks so far, within
// bounds and no more than an eighth of the room, since what one kind and its
// small buffers leave of it is of no use to the large ones; or just n bytes
// where that is more, or all there is.
func (m *memory) grow(h *heap, n int64) (*block, error) {
	limit := m.dev.info.Limits.AllocBytes
	if n > limit {
		return nil, &MemoryError{n, limit, fmt.Sprintf("vk: %v: a %s buffer of %s is larger than the %s that %s allows in one piece: "+
			"use a smaller batch or resolution", ErrOutOfMemory, h.kind, size(n), size(limit), m.dev.info.Name)}
	}
	var have int64
	for _, b := range h.blocks {
		have += b.size
	}
	room := h.budget.limit - h.budget.reserved
	roomy := min(max(firstBlock, have), lastBlock, limit, room/8)
	for _, bytes := range []int64{max(roomy, n), n} {
		if bytes > room {
			continue
		}
		b, err := m.newBlock(h, bytes)
		if err == nil {
			h.blocks = append(h.blocks, b)
			h.budget.reserved += bytes
			return b, nil
		}
		if !errors.Is(err, ErrOutOfMemory) {
			return nil, err
		}
	}
	return nil, m.outOfMemory(h, n)
}

func (m *memory) outOfMemory(h *heap, n int64) error {
	var free, largest int64
	for _, b := range h.blocks {
		for _, s := range b.free {
			free += s.bytes
		}
		largest = max(largest, b.largest())
	}
	u := h.budget
	has := u.limit
	if u.used+n <= has { // the driver gives less
		has = u.reserved
	}
	return &MemoryError{u.used + n, has, fmt.Sprintf("vk: %v: no room for a %s buffer of %s on %s: %s in use (peak %s), %s reserved of %s, "+
		"%s free in it with the largest piece %s: use a smaller batch or resolution, or raise the memory limit",
		ErrOutOfMemory, h.kind, size(n), m.dev.info.Name, size(u.used), size(u.peak), size(u.reserved), size(u.limit),
		size(free), size(largest))}
}

// give returns n bytes at to block b. A block that becomes empty goes back to
// the driver, unless it is the last of its kind.
func (m *memory) give(kind Kind, b *block, at, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b.give(at, n)
	h := &m.heaps[kind]
	h.budget.used -= n
	if !b.empty() || len(h.blocks) == 1 {
		return
	}
	m.dev.idle()
	h.blocks = slices.DeleteFunc(h.blocks, func(x *block) bool { return x == b })
	h.budget.reserved -= b.size
	m.destroyBlock(b)
}

func (m *memory) usage() (now, peak int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.heaps[DeviceLocal].budget
	return b.used, b.peak
}

func (m *memory) free() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.heaps[DeviceLocal].budget
	return max(0, b.limit-b.used)
}

func (m *memory) destroy() {
	for i := range m.heaps {
		for _, b := range m.heaps[i].blocks {
			m.destroyBlock(b)
		}
		m.heaps[i].blocks = nil
	}
}
