package graph

import (
	"slices"

	"reta/compute/vk"
)

// Arena is memory that several programs of a device take in turn for what they compute on the way: runs on a device follow
// each other, and nothing in it is kept from one to the next. Together they take what the largest takes. It is not safe for
// concurrent use; Close it after its programs.
type Arena struct {
	dev     *vk.Device
	buffers []*vk.Buffer       // of programs to come, each of slabWords but the last
	old     []*vk.Buffer       // that were too small, and that programs still have
	users   map[*vk.Buffer]int // programs that have a buffer
}

// NewArena is an arena of no memory yet.
func NewArena(dev *vk.Device) *Arena { return &Arena{dev: dev, users: map[*vk.Buffer]int{}} }

// Reserve makes it large enough for programs whose Memory says so many bytes. Where it grows from program to program
// instead, what was there stays as long as a program has it.
func (a *Arena) Reserve(bytes int64) error {
	_, err := a.grow(int((bytes + 3) / 4))
	return err
}

// Bytes is the device memory it holds.
func (a *Arena) Bytes() (n int64) {
	for _, b := range slices.Concat(a.buffers, a.old) {
		n += b.Bytes()
	}
	return n
}

// Close frees it. It is safe to call twice, and on nil.
func (a *Arena) Close() {
	if a == nil {
		return
	}
	for _, b := range slices.Concat(a.buffers, a.old) {
		b.Free()
	}
	a.buffers, a.old = nil, nil
}

// take is memory of at least so many words, cut at multiples of slabWords, for a program that gives it back.
func (a *Arena) take(words int) ([]*vk.Buffer, error) {
	list, err := a.grow(words)
	for _, b := range list {
		a.users[b]++
	}
	return list, err
}

// give takes back what a program has had.
func (a *Arena) give(list []*vk.Buffer) {
	for _, b := range list {
		a.users[b]--
	}
	a.old = slices.DeleteFunc(a.old, func(b *vk.Buffer) bool {
		if a.users[b] > 0 {
			return false
		}
		b.Free()
		return true
	})
}

// grow makes it as large as so many words, and returns the buffers that have them.
func (a *Arena) grow(words int) (list []*vk.Buffer, err error) {
	for i := 0; i*slabWords < words; i++ {
		if bytes := bytes16(min(slabWords, words-i*slabWords)); i == len(a.buffers) || a.buffers[i].Bytes() < bytes {
			b, err := a.dev.NewBuffer(bytes, vk.DeviceLocal)
			if err != nil {
				return nil, err
			}
			if i == len(a.buffers) {
				a.buffers = append(a.buffers, b)
			} else {
				a.old, a.buffers[i] = append(a.old, a.buffers[i]), b
				a.give(nil)
			}
		}
		list = append(list, a.buffers[i])
	}
	return list, nil
}
