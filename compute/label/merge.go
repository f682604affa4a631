package label

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reta/compute/nn"
	"reta/shared/wholefile"
)

// Merge makes a whole store in a folder of stores that have parts of its epochs each (Job.Only), in any order: the files that
// one Relabel would have made, to the byte. What it reads is compared with its hashes. A folder that has the labels already stays
// as it is; ErrOther where it holds others.
func Merge(ctx context.Context, dir string, parts []string) error {
	var stores []*Store
	for _, part := range parts {
		s, err := Open(part)
		if err != nil {
			return err
		}
		stores = append(stores, s)
	}
	slices.SortStableFunc(stores, func(a, b *Store) int { return a.Manifest.Only[0] - b.Manifest.Only[0] })
	m := stores[0].Manifest
	m.Only, m.Each, m.Shards = [2]int{}, 0, nil
	next := 0
	for _, s := range stores {
		first, end := s.Manifest.Epochs()
		if first != next {
			return fmt.Errorf("labels: %s begins with epoch %d: want %d, which is missing or there twice", s.dir, first, next)
		}
		next = end
		of := s.Manifest
		of.Only = m.Only
		if lines := of.Difference(m); len(lines) > 0 {
			return fmt.Errorf("labels: %s is of other labels than %s: %s", s.dir, stores[0].dir, strings.Join(lines, "; "))
		}
	}
	if next != m.Labels.Epochs {
		return fmt.Errorf("labels: %d of %d epochs are there: want all", next, m.Labels.Epochs)
	}
	if err := m.divide(); err != nil {
		return err
	}
	switch _, file, err := begun(dir, m); {
	case err != nil:
		return err
	case file == manifestFile:
		_, err := Open(dir)
		return err
	case file != "":
		return fmt.Errorf("%w: %s: they are not finished: finish them, or delete it", ErrOther, dir)
	}
	if err := wholefile.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	for _, shard := range m.files() {
		var tensors []nn.Tensor
		for epoch := shard.Epochs[0]; epoch < shard.Epochs[1]; epoch++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			at := slices.IndexFunc(stores, func(s *Store) bool { return epoch < s.Manifest.Only[1] || !s.Manifest.Part() })
			part, err := stores[at].encoded(epoch)
			if err != nil {
				return err
			}
			tensors = append(tensors, part...)
		}
		shard, err := shard.write(dir, tensors)
		if err != nil {
			return err
		}
		m.Shards = append(m.Shards, shard)
	}
	return m.write(filepath.Join(dir, manifestFile))
}

// encoded is an epoch as it is stored.
func (s *Store) encoded(epoch int) ([]nn.Tensor, error) {
	f, err := s.open(epoch)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := s.codec.decode(f, epoch); err != nil {
		return nil, Damaged(fmt.Errorf("labels %s: %w", s.dir, err))
	}
	var list []nn.Tensor
	for _, of := range f.Names() {
		if of != name(epoch, "") && !strings.HasPrefix(of, name(epoch, "")+".") {
			continue
		}
		t, err := f.Tensor(of)
		if err != nil {
			return nil, Damaged(fmt.Errorf("labels %s: %w", s.dir, err))
		}
		list = append(list, t)
	}
	return list, nil
}
