package vk

// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"

	"reta/shared/fault"
)

// block is one piece of Vulkan memory under one buffer, from which buffers are cut.
type block struct {
	arena
	buffer vulkan.Buffer
	memory vulkan.DeviceMemory
	host   unsafe.Pointer // nil if not mapped
	// address is where shaders find the buffer, 0 where they do not ask.
	address uint64
}

// bufferInfo describes the one kind of buffer there is. To be freed.
func (d *Device) bufferInfo(bytes int64) vulkan.BufferCreateInfo {
	usage := vulkan.BufferUsageStorageBufferBit | vulkan.BufferUsageTransferSrcBit | vulkan.BufferUsageTransferDstBit
	if d.info.Features.Vectors {
		usage |= C.VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT
	}
	return vulkan.BufferCreateInfo{SType: vulkan.StructureTypeBufferCreateInfo, Size: vulkan.DeviceSize(bytes), Usage: vulkan.BufferUsageFlags(usage)}
}

// bufferTypes returns the memory types that buffers can live in, as bits.
func (d *Device) bufferTypes() (types uint32, err error) {
	err = guarded("create buffer", func() vulkan.Result {
		var buffer vulkan.Buffer
		info := d.bufferInfo(align)
		defer info.Free()
		r := vulkan.CreateBuffer(d.handle, &info, nil, &buffer)
		if r >= 0 {
			var need vulkan.MemoryRequirements
			vulkan.GetBufferMemoryRequirements(d.handle, buffer, &need)
			need.Deref()
			types = need.MemoryTypeBits
			need.Free()
			vulkan.DestroyBuffer(d.handle, buffer, nil)
		}
		return r
	})
	return types, err
}

// newBlock allocates memory and puts one buffer over all of it.
func (m *memory) newBlock(h *heap, bytes int64) (*block, error) {
	b := &block{arena: newArena(bytes)}
	if m.dev.dry {
		return b, nil
	}
	dev := m.dev.handle
	err := guarded(fmt.Sprintf("allocate %s of %s memory", size(bytes), h.kind), func() vulkan.Result {
		var buffer vulkan.Buffer
		var memory vulkan.DeviceMemory
		var host unsafe.Pointer
		info := m.dev.bufferInfo(bytes)
		defer info.Free()
		r := vulkan.CreateBuffer(dev, &info, nil, &buffer)
		if r < 0 {
			return r
		}
		b.buffer = buffer
		var need vulkan.MemoryRequirements
		vulkan.GetBufferMemoryRequirements(dev, buffer, &need)
		need.Deref()
		defer need.Free()
		alloc := vulkan.MemoryAllocateInfo{
			SType: vulkan.StructureTypeMemoryAllocateInfo, AllocationSize: need.Size, MemoryTypeIndex: h.typ,
		}
		defer alloc.Free()
		if m.dev.info.Features.Vectors {
			alloc.PNext = unsafe.Pointer(&C.shim_address_flags)
		}
		if fault.Device("allocate") {
			return resultOutOfDeviceMemory
		}
		if r = vulkan.AllocateMemory(dev, &alloc, nil, &memory); r < 0 {
			return r
		}
		b.memory = memory
		if r = vulkan.BindBufferMemory(dev, buffer, memory, 0); r >= 0 && h.mapped {
			r = vulkan.MapMemory(dev, memory, 0, vulkan.DeviceSize(vulkan.WholeSize), 0, &host)
			b.host = host
		}
		if m.dev.info.Features.Vectors && r >= 0 {
			b.address = uint64(C.shim_buffer_address(m.dev.shim, C.VkBuffer(unsafe.Pointer(buffer))))
		}
		return r
	})
	if err != nil {
		if errors.Is(err, ErrDeviceLost) {
			m.dev.lost.Store(true)
		}
		m.destroyBlock(b)
		return nil, err
	}
	return b, nil
}

func (m *memory) destroyBlock(b *block) {
	guard(func() {
		vulkan.DestroyBuffer(m.dev.handle, b.buffer, nil)
		vulkan.FreeMemory(m.dev.handle, b.memory, nil)
	})
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", n)
}
