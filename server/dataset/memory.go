package dataset

import (
	"context"
	"io/fs"

	"golang.org/x/sync/semaphore"
)

// memory bounds what files that are read and images that are decoded at the
// same time take together. Whoever holds pixels never waits for files, so that
// nobody waits for ever.
type memory struct {
	lim    limits
	files  *semaphore.Weighted // bytes of files
	pixels *semaphore.Weighted // pixels, each of pixelCost bytes
}

func newMemory(lim limits) *memory {
	return &memory{lim, semaphore.NewWeighted(lim.file), semaphore.NewWeighted(lim.pixels)}
}

// withFile reads a file and hands it to use, which must not keep it.
func (m *memory) withFile(ctx context.Context, root fs.FS, path string, use func(data []byte) error) error {
	f, size, err := openFile(root, path, m.lim.file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := m.files.Acquire(ctx, size); err != nil {
		return err
	}
	defer m.files.Release(size)
	data, err := readExactly(f, size)
	if err != nil {
		return err
	}
	return use(data)
}

// decode is decode within the bound.
func (m *memory) decode(ctx context.Context, data []byte) (Image, error) {
	c, err := header(data, m.lim)
	if err != nil {
		return Image{}, err
	}
	n := int64(c.Width) * int64(c.Height)
	if err := m.pixels.Acquire(ctx, n); err != nil {
		return Image{}, err
	}
	defer m.pixels.Release(n)
	return decode(data, m.lim)
}
