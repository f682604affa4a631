package vk

import (
	"context"
	"sync"
)

// staging is the host-visible buffer through which data passes to and from
// memory that the host does not see, a piece at a time.
type staging struct {
	sync.Mutex
	buffer *Buffer
}

const stagingBytes = 32 << 20

func (d *Device) upload(b *Buffer, off int64, data []byte) error {
	return d.pieces(off, data, func(s *Buffer, at int64, piece []byte) error {
		copy(s.mapped(), piece)
		return d.copyOnce(b.Slice(at, int64(len(piece))), s.Slice(0, int64(len(piece))))
	})
}

func (d *Device) download(b *Buffer, off int64, data []byte) error {
	return d.pieces(off, data, func(s *Buffer, at int64, piece []byte) error {
		err := d.copyOnce(s.Slice(0, int64(len(piece))), b.Slice(at, int64(len(piece))))
		copy(piece, s.mapped())
		return err
	})
}

// pieces calls move for each piece of data that fits the staging buffer.
func (d *Device) pieces(off int64, data []byte, move func(s *Buffer, at int64, piece []byte) error) error {
	s := &d.staging
	s.Lock()
	defer s.Unlock()
	if s.buffer == nil {
		b, err := d.NewBuffer(stagingBytes, Host)
		if err != nil {
			return err
		}
		s.buffer = b
	}
	for at := 0; at < len(data); at += stagingBytes {
		piece := data[at:min(at+stagingBytes, len(data))]
		if err := move(s.buffer, off+int64(at), piece); err != nil {
			return err
		}
	}
	return nil
}

func (d *Device) copyOnce(dst, src Range) error {
	r := d.NewRecorder("staging")
	r.Copy(dst, src)
	p, err := r.End()
	if err != nil {
		return err
	}
	defer p.Close()
	return p.Run(context.Background())
}
