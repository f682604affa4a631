package graph

import "reta/compute/vk"

// Arena is memory that several programs of a device take in turn for what they compute on the way: runs on a device follow
// each other, and nothing in it is kept from one to the next. Together they take what the largest takes. It is not safe for
// concurrent use; Close it after its programs.
type Arena struct {
	dev     *vk.Device
	buffers []*vk.Buffer // of programs to come, each of slabWords but the last
	old     []*vk.Buffer // which programs may still have
}

// NewArena is an arena of no memory yet.
func NewArena(dev *vk.Device) *Arena { return &Arena{dev: dev} }

// Reserve makes it large enough for programs whose Memory says so many bytes: in one piece, where one after the other would let it
// grow, and what was there stays until Close.
func (a *Arena) Reserve(bytes int64) error {
	_, err := a.take(int((bytes + 3) / 4))
	return err
}

// Bytes is the device memory it holds.
func (a *Arena) Bytes() (n int64) {
	for _, list := range [][]*vk.Buffer{a.buffers, a.old} {
		for _, b := range list {
			n += b.Bytes()
		}
	}
	return n
}

// Close frees it. It is safe to call twice, and on nil.
func (a *Arena) Close() {
	if a == nil {
		return
	}
	for _, list := range [][]*vk.Buffer{a.buffers, a.old} {
		for _, b := range list {
			b.Free()
		}
	}
	a.buffers, a.old = nil, nil
}

// take is at least so many words, cut at multiples of slabWords.
func (a *Arena) take(words int) ([]*vk.Buffer, error) {
	for i := 0; i*slabWords < words; i++ {
		bytes := bytes16(min(slabWords, words-i*slabWords))
		if i < len(a.buffers) && a.buffers[i].Bytes() >= bytes {
			continue
		}
		b, err := a.dev.NewBuffer(bytes, vk.DeviceLocal)
		if err != nil {
			return nil, err
		}
		if i < len(a.buffers) {
			a.old, a.buffers[i] = append(a.old, a.buffers[i]), b
		} else {
			a.buffers = append(a.buffers, b)
		}
	}
	return a.buffers, nil
}
