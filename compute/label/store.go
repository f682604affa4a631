package label

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"reta/compute/nn"
)

// Store reads a finished store of labels. It is safe for concurrent use.
type Store struct {
	Manifest Manifest
	dir      string
	codec    codec

	mu     sync.Mutex
	sound  []bool // by shard: its hash was compared
	epoch  int    // the one in memory, -1 for none
	logits []float32
}

// Open opens the store in a folder. The sizes of its files are checked at once, the hash of each when it is first read, or by
// Verify.
func Open(dir string) (*Store, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	c, err := m.codec()
	if err != nil {
		return nil, err
	}
	s := &Store{Manifest: m, dir: dir, codec: c, sound: make([]bool, len(m.Shards)), epoch: -1}
	for _, shard := range m.Shards {
		info, err := os.Stat(s.file(shard))
		if err != nil {
			return nil, Damaged(fmt.Errorf("labels: %w: want the %d shards of its manifest: fetch it again, or relabel", err, len(m.Shards)))
		}
		if !info.Mode().IsRegular() || info.Size() != shard.Bytes {
			return nil, Damaged(fmt.Errorf("labels %s: %d bytes: want %d, as its manifest says: fetch it again, or relabel", s.file(shard), info.Size(), shard.Bytes))
		}
	}
	return s, nil
}

// Again is the same store with an epoch of its own in memory, for somebody who reads other epochs at the same time.
func (s *Store) Again() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Store{Manifest: s.Manifest, dir: s.dir, codec: s.codec, sound: slices.Clone(s.sound), epoch: -1}
}

// Dir is the store's folder.
func (s *Store) Dir() string { return s.dir }

// Classes is the number of logits of an image.
func (s *Store) Classes() int { return s.codec.classes }

// Logits are the labels of a batch's views, [len(v.Index), Classes], as Source has it.
func (s *Store) Logits(_ context.Context, v View) ([]float32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(v.Epoch); err != nil {
		return nil, err
	}
	c := s.codec.classes
	out := make([]float32, 0, len(v.Index)*c)
	for _, i := range v.Index {
		if i < 0 || i >= s.codec.images {
			return nil, fmt.Errorf("labels %s: image %d: want one of %d", s.dir, i, s.codec.images)
		}
		out = append(out, s.logits[i*c:(i+1)*c]...)
	}
	return out, nil
}

// Epoch is a copy of the logits [images, Classes] of one epoch; rows of images that it leaves out are NaN.
func (s *Store) Epoch(epoch int) ([]float32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.load(epoch)
	return slices.Clone(s.logits), err
}

// Verify compares every shard with its hash and reads every epoch.
func (s *Store) Verify(ctx context.Context) error {
	first, end := s.Manifest.Epochs()
	for epoch := first; epoch < end; epoch++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.mu.Lock()
		err := s.load(epoch)
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// load brings an epoch into memory.
func (s *Store) load(epoch int) error {
	if first, end := s.Manifest.Epochs(); epoch < first || epoch >= end {
		return fmt.Errorf("labels %s: epoch %d: want one from %d to %d", s.dir, epoch, first, end-1)
	}
	if s.epoch == epoch {
		return nil
	}
	f, err := s.open(epoch)
	if err != nil {
		return err
	}
	defer f.Close()
	logits, err := s.codec.decode(f, epoch)
	if err != nil {
		return Damaged(fmt.Errorf("labels: %w", err))
	}
	s.epoch, s.logits = epoch, logits
	return nil
}

// open opens the file of an epoch, whose hash is compared the first time.
func (s *Store) open(epoch int) (*nn.TensorFile, error) {
	at := slices.IndexFunc(s.Manifest.Shards, func(x Shard) bool { return epoch < x.Epochs[1] })
	shard := s.Manifest.Shards[at]
	if !s.sound[at] {
		if n, sum, err := hashFile(s.file(shard)); err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		} else if n != shard.Bytes || sum != shard.SHA256 {
			return nil, Damaged(fmt.Errorf("labels %s: SHA-256 %s: want %s, as its manifest says: fetch it again, or relabel", s.file(shard), sum, shard.SHA256))
		}
		s.sound[at] = true
	}
	f, err := nn.OpenTensors(s.file(shard))
	if err != nil {
		return nil, Damaged(fmt.Errorf("labels: %w", err))
	}
	return f, nil
}

func (s *Store) file(shard Shard) string { return filepath.Join(s.dir, shard.File) }
