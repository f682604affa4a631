package torchfile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// magic is the number that files of before PyTorch 1.6 begin with, version what follows.
const (
	magic   = "119547037146038801333356" // 0x1950a86a20f9469cfc6c
	version = int64(1001)
)

// readLegacy reads the form of before PyTorch 1.6: five pickles (magic number, version, the machine's byte order, the object,
// the keys of its storages), then each storage as its number of elements and its bytes.
func (f *File) readLegacy(in io.ReaderAt, size int64) error {
	r := bufio.NewReader(io.NewSectionReader(in, 0, size))
	at := int64(0)
	next := func() *unpickler { return newUnpickler(r, size-at, size) }
	value := func() (any, error) {
		u := next()
		v, err := u.load()
		at += u.in.at
		return v, err
	}
	first, err := value()
	if err != nil {
		return err
	}
	if first != magic {
		return fmt.Errorf("it is a Python pickle of %s, not of torch.save: want weights as safetensors or by torch.save", kindOf(first))
	}
	if v, err := value(); err != nil || v != version {
		return fmt.Errorf("version of torch.save: %s, want %d: save it again with a newer PyTorch (%v)", kindOf(v), version, err)
	}
	machine, err := value()
	if err != nil {
		return err
	}
	if d, ok := machine.(*dict); ok {
		if little, ok := d.get("little_endian"); ok && little != true {
			return fmt.Errorf("its bytes are in the order of big-endian machines: want little: save it again with PyTorch 1.6 or later")
		}
	}
	u := next()
	byKey := map[string]*blob{}
	counts := map[string]*storage{} // the whole storage of a key
	u.persistent = func(id any) (any, error) {
		s, err := parseStorage(u, id)
		if err != nil || s.of == nil {
			return s.class, err
		}
		if s.of.dtype == "" {
			return nil, fmt.Errorf("storage %q has no type, which this form of file does not have", s.key)
		}
		if err := s.of.fits(size, s.key); err != nil {
			return nil, err
		}
		if had := counts[s.key]; had == nil {
			byKey[s.key], counts[s.key] = &blob{name: "storage " + s.key, in: in}, s.of
		} else if had.count != s.of.count || had.dtype != s.of.dtype {
			return nil, fmt.Errorf("storage %q is %d elements of %s and of %s %d: the file is damaged", s.key, had.count, had.dtype, s.of.dtype, s.of.count)
		}
		part := storage{dtype: s.of.dtype, count: s.of.count, data: byKey[s.key]}
		return &part, part.cut(s.view)
	}
	f.form = "PyTorch, before 1.6"
	if err := f.take(u); err != nil {
		return err
	}
	at += u.in.at
	keys, err := value()
	if err != nil {
		return err
	}
	names, ok := keys.(*list)
	if !ok {
		return fmt.Errorf("the keys of its storages are %s: want a list: the file is damaged", kindOf(keys))
	}
	for _, k := range names.items {
		key, _ := k.(string)
		if n, ok := k.(int64); ok {
			key = fmt.Sprint(n)
		}
		s, b := counts[key], byKey[key]
		if s == nil || b.at > 0 {
			return fmt.Errorf("storage %q is not among those of its tensors, or stands twice: the file is damaged", key)
		}
		var head [8]byte
		if _, err := in.ReadAt(head[:], at); err != nil {
			return fmt.Errorf("storage %q: the file is cut short at byte %d: fetch or save it again", key, at)
		}
		if n := int64(binary.LittleEndian.Uint64(head[:])); n != s.count {
			return fmt.Errorf("storage %q has %d elements, its tensors want %d: the file is damaged: fetch or save it again", key, n, s.count)
		}
		b.at, b.bytes = at+8, s.count*itemBytes[s.dtype]
		if at = b.at + b.bytes; at > size {
			return fmt.Errorf("storage %q ends at byte %d, the file has %d: it is cut short: fetch or save it again", key, at, size)
		}
	}
	for key, b := range byKey {
		if b.at == 0 {
			return fmt.Errorf("storage %q is not in the file: it is cut short or damaged: fetch or save it again", key)
		}
	}
	return nil
}

// cut makes the storage a part of itself: a view is (key, first element, elements) or None.
func (s *storage) cut(view any) error {
	if view == nil {
		return nil
	}
	part, err := tuple(nil), error(nil)
	if p, ok := view.(tuple); ok && len(p) == 3 {
		part = p
	} else {
		return fmt.Errorf("a part of a storage is %s: want its key, first element and number of elements", kindOf(view))
	}
	first, ok1 := part[1].(int64)
	count, ok2 := part[2].(int64)
	if !ok1 || !ok2 || first < 0 || count < 0 || first > s.count || count > s.count-first {
		err = fmt.Errorf("a part of a storage from %s of %s, which has %d elements: the file is damaged", kindOf(part[1]), kindOf(part[2]), s.count)
	}
	s.from, s.count = first, count
	return err
}
