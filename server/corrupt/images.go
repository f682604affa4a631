package corrupt

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Source is a list of labelled images of one size, such as a dataset.Split.
type Source interface {
	Len() int
	Label(i int) uint32
	ID(i int) string
	// Batch writes images idx to dst, RGB8, [len(idx),Side,Side,3].
	Batch(idx []int, dst []byte) error
}

// Images are those of a source, corrupted whenever they are read.
type Images struct {
	Source
	Setting
	Side int
}

// Batch reads images and corrupts them on all processors.
func (m Images) Batch(idx []int, dst []byte) error {
	return m.batch(context.Background(), idx, dst)
}

func (m Images) batch(ctx context.Context, idx []int, dst []byte) error {
	if err := m.Check(m.Side); err != nil {
		return err
	}
	each := m.Side * m.Side * 3
	if len(dst) != len(idx)*each {
		return fmt.Errorf("corrupt: room for %d bytes: %d images of %d px have %d", len(dst), len(idx), m.Side, len(idx)*each)
	}
	if err := m.Source.Batch(idx, dst); err != nil {
		return err
	}
	return parallel(ctx, len(idx), func(k int) error {
		return m.Apply(dst[k*each:(k+1)*each], m.Side, m.ID(idx[k]))
	})
}

// parallel calls f(0) to f(n-1) on all processors, until an error.
func parallel(ctx context.Context, n int, f func(i int) error) error {
	g, within := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		if within.Err() != nil {
			break
		}
		g.Go(func() error { return f(i) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// held is images in memory.
type held struct {
	Source
	each int
	pix  []byte
}

// Batch implements Source.
func (h held) Batch(idx []int, dst []byte) error {
	for k, i := range idx {
		copy(dst[k*h.each:(k+1)*h.each], h.pix[i*h.each:(i+1)*h.each])
	}
	return nil
}

// chunk is how many images are corrupted between two calls of progress.
const chunk = 64

// Hold corrupts all images once and keeps them in memory, for sources that are read several times. progress, which may be
// nil, is called with the images done.
func (m Images) Hold(ctx context.Context, progress func(done int)) (Source, error) {
	each := m.Side * m.Side * 3
	h := held{m.Source, each, make([]byte, m.Len()*each)}
	err := m.chunks(ctx, func(first int, idx []int) error {
		if err := m.batch(ctx, idx, h.pix[first*each:(first+len(idx))*each]); err != nil {
			return err
		}
		if progress != nil {
			progress(first + len(idx))
		}
		return nil
	})
	return h, err
}

// chunks divides the images' places into pieces.
func (m Images) chunks(ctx context.Context, do func(first int, idx []int) error) error {
	for first := 0; first < m.Len(); first += chunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		var idx []int
		for i := first; i < min(first+chunk, m.Len()); i++ {
			idx = append(idx, i)
		}
		if err := do(first, idx); err != nil {
			return err
		}
	}
	return nil
}
