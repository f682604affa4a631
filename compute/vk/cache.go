package vk

// #include "shim.h"
import "C"

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"unsafe"

	"reta/shared/wholefile"
)

// cache is the driver's pipeline cache, kept on disk between runs. The file is
// a header that names the device and driver, a SHA-256 of the rest, and what
// the driver gave. A file that does not fit is ignored and written anew.
type cache struct {
	dev    *Device
	path   string // "" for none
	handle C.VkPipelineCache
	dirty  atomic.Bool
	saving sync.Mutex
	failed error // of the first save that failed, after which there are none
}

const (
	cacheMagic = "RETAVKC1"
	cacheMax   = 256 << 20 // larger files are not read
)

func openCache(d *Device, dir string) (*cache, error) {
	c := &cache{dev: d}
	var data []byte
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return c, fmt.Errorf("vk: pipeline cache: %w", err)
		}
		c.path = filepath.Join(dir, fmt.Sprintf("vulkan-%04x-%04x-%x.cache", d.info.Vendor, d.info.ID, d.info.CacheUUID[:4]))
		data = c.load()
	}
	r := C.shim_cache_create(d.shim, unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data)), &c.handle)
	return c, d.result("create pipeline cache", r)
}

// header identifies the device, its driver and the payload.
func (c *cache) header(payload []byte) []byte {
	i := c.dev.info
	h := []byte(cacheMagic)
	for _, w := range []uint32{i.Vendor, i.ID, i.DriverVersion} {
		h = binary.LittleEndian.AppendUint32(h, w)
	}
	h = append(h, i.CacheUUID[:]...)
	sum := sha256.Sum256(payload)
	return append(h, sum[:]...)
}

// load returns the payload of the file, nil if there is none for this driver.
func (c *cache) load() []byte {
	info, err := os.Stat(c.path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > cacheMax {
		return nil
	}
	file, err := os.ReadFile(c.path)
	n := len(c.header(nil))
	if err != nil || len(file) < n {
		return nil
	}
	payload := file[n:]
	if !bytes.Equal(file[:n], c.header(payload)) {
		return nil
	}
	return payload
}

// grown notes that a pipeline was made since the last save.
func (c *cache) grown() { c.dirty.Store(true) }

// save writes the cache to its file if a pipeline was made since the last time.
func (c *cache) save() error {
	c.saving.Lock()
	defer c.saving.Unlock()
	if c.path != "" && c.failed == nil && c.dirty.Swap(false) {
		c.failed = c.write()
	}
	return c.failed
}

// write puts a new file beside the old one and then in its place.
func (c *cache) write() error {
	payload, err := c.data()
	if err != nil {
		return err
	}
	if err := wholefile.Write(c.path, append(c.header(payload), payload...), 0o644); err != nil {
		return fmt.Errorf("vk: pipeline cache: %w", err)
	}
	return nil
}

func (c *cache) data() ([]byte, error) {
	var n C.size_t
	if err := c.dev.result("read pipeline cache", C.shim_cache_data(c.dev.shim, c.handle, &n, nil)); err != nil {
		return nil, err
	}
	if n == 0 || n > cacheMax {
		return nil, nil
	}
	data := make([]byte, n)
	r := C.shim_cache_data(c.dev.shim, c.handle, &n, unsafe.Pointer(&data[0]))
	return data[:n], c.dev.result("read pipeline cache", r)
}

func (c *cache) destroy() {
	if c != nil {
		C.shim_cache_destroy(c.dev.shim, c.handle)
	}
}
