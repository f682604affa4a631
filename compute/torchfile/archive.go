package torchfile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readArchive reads the form of PyTorch 1.6 and later: a zip of NAME/data.pkl, the pickle; NAME/data/KEY, the storages; and
// NAME/byteorder. Entries are stored, so that storages can be read in place.
func (f *File) readArchive(in io.ReaderAt, size int64) error {
	z, err := zip.NewReader(in, size)
	if err != nil {
		return fmt.Errorf("a zip archive that cannot be read (%w): it is cut short or damaged: fetch or save it again", err)
	}
	entries := map[string]*zip.File{}
	var pickles, arrays []string
	for _, e := range z.File {
		if entries[e.Name] != nil {
			return fmt.Errorf("its archive has two entries called %q: the file is damaged: save it again", e.Name)
		}
		entries[e.Name] = e
		switch {
		case e.Name == "data.pkl" || strings.HasSuffix(e.Name, "/data.pkl"):
			pickles = append(pickles, e.Name)
		case strings.HasSuffix(e.Name, ".npy"):
			arrays = append(arrays, e.Name)
		}
	}
	if len(pickles) != 1 {
		if len(arrays) > 0 {
			return errors.New("it is an archive of NumPy's arrays (.npz): want weights as safetensors or by torch.save")
		}
		return fmt.Errorf("a zip archive with %d entries called data.pkl among %d: want one, as torch.save writes: is it an archive that holds the file? unpack it", len(pickles), len(z.File))
	}
	root := strings.TrimSuffix(pickles[0], "data.pkl")
	if entries[root+"constants.pkl"] != nil {
		return errors.New("it is a TorchScript program (torch.jit.save), not weights: save those: torch.save(model.state_dict(), \"weights.pth\")")
	}
	if e := entries[root+"byteorder"]; e != nil {
		order, err := readEntry(e, in, size, 64)
		if err != nil {
			return err
		}
		if text := strings.TrimSpace(string(order)); text != "little" {
			return fmt.Errorf("its bytes are in the order %.20q: want little: save it again on a machine of that order, or convert it with .float() there", text)
		}
	}
	pickle, err := readEntry(entries[pickles[0]], in, size, maxPickle)
	if err != nil {
		return err
	}
	u := newUnpickler(bufio.NewReader(bytes.NewReader(pickle)), int64(len(pickle)), size)
	u.persistent = func(id any) (any, error) {
		s, err := parseStorage(u, id)
		if err != nil || s.of == nil {
			return s.class, err
		}
		e := entries[root+"data/"+s.key]
		if e == nil {
			return nil, fmt.Errorf("storage %q is not in the archive: the file is cut short or damaged: fetch or save it again", s.key)
		}
		if s.of.data, err = blobOf(e, in, size); err != nil {
			return nil, err
		}
		return s.of, s.of.fits(s.of.data.bytes, s.key)
	}
	f.form = "PyTorch, zip"
	return f.take(u)
}

// fits compares the elements that the pickle claims with the bytes that are there.
func (s *storage) fits(bytes int64, key string) error {
	item := max(1, itemBytes[s.dtype])
	if s.count < 0 || s.count > bytes/item {
		return fmt.Errorf("storage %q is to have %d elements of %d bytes, it has %d bytes: the file is cut short or damaged: fetch or save it again", key, s.count, item, bytes)
	}
	return nil
}

// readEntry reads a whole entry of at most so many bytes.
func readEntry(e *zip.File, in io.ReaderAt, size, most int64) ([]byte, error) {
	if e.UncompressedSize64 > uint64(most) {
		return nil, fmt.Errorf("entry %q of the archive has %d bytes, at most %d are allowed: %s", e.Name, e.UncompressedSize64, most, saveWeights)
	}
	b, err := blobOf(e, in, size)
	if err != nil {
		return nil, err
	}
	var all []byte
	err = b.read(0, b.bytes, 1<<20, func(_ int64, raw []byte) { all = append(all, raw...) })
	return all, err
}

// stored is what a persistent id says of a storage; of is nil where it is the class of a network.
type stored struct {
	of    *storage
	key   string
	view  any
	class any
}

// parseStorage reads ("storage", type, key, device, elements), with a view at the end before PyTorch 1.6, or ("module", class,
// file, source).
func parseStorage(u *unpickler, id any) (s stored, err error) {
	parts, ok := id.(tuple)
	if !ok || len(parts) == 0 {
		return s, fmt.Errorf("a persistent id is %s: want a tuple", kindOf(id))
	}
	switch {
	case parts[0] == "module" && len(parts) >= 2:
		if g, ok := parts[1].(global); ok {
			u.modules = append(u.modules, g)
		}
		s.class = parts[1]
		return s, nil
	case parts[0] != "storage" || len(parts) < 5:
		return s, fmt.Errorf("a persistent id begins with %s and has %d parts: want those of a storage", kindOf(parts[0]), len(parts))
	}
	of, ok1 := parts[1].(global)
	count, ok3 := parts[4].(int64)
	switch key := parts[2].(type) {
	case string:
		s.key = key
	case int64: // of PyTorch before 0.2
		s.key = fmt.Sprint(key)
	default:
		ok1 = false
	}
	if !ok1 || !ok3 || count < 0 {
		return s, fmt.Errorf("a storage is %s, %s and %s: want its type, key and number of elements", kindOf(parts[1]), kindOf(parts[2]), kindOf(parts[4]))
	}
	s.of = &storage{dtype: dtypeOf(of), count: count}
	if s.of.dtype == "" && of != untyped {
		return s, fmt.Errorf("a storage of type %.60q: want floating-point or whole numbers that are not quantised: save the weights as float32", of)
	}
	if len(parts) > 5 {
		s.view = parts[5]
	}
	return s, nil
}
