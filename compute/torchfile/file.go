package torchfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"reta/compute/nn"
)

// File is an open file of torch.save. Safe for concurrent use, but for Choose.
type File struct {
	what    string // for errors
	form    string
	close   func() error
	root    any
	entries []Entry
	entry   int
	inert   []string
	tensors map[string]*tensor // of the entry
}

// saveWeights is the remedy for a file that holds more than weights.
const saveWeights = `save the weights alone: torch.save(model.state_dict(), "weights.pth")`

// IsTorch reports whether a file that begins with start is one for Open to judge: a zip archive, a pickle, or the tar of the first
// versions of PyTorch.
func IsTorch(start []byte) bool {
	return bytes.HasPrefix(start, []byte("PK\x03\x04")) || len(start) > 1 && start[0] == 0x80 && start[1] <= 5 || isTar(start)
}

// isTar recognises a tar archive and the names of the entries that PyTorch before 0.1.10 put in one.
func isTar(start []byte) bool {
	for _, name := range []string{"sys_info\x00", "pickle\x00", "tensors\x00", "storages\x00"} {
		if bytes.HasPrefix(start, []byte(name)) {
			return true
		}
	}
	return len(start) > 262 && string(start[257:262]) == "ustar"
}

// Open opens and checks a file of torch.save.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("PyTorch's file: %w", err)
	}
	stat, err := file.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	var f *File
	if err == nil {
		f, err = Read(file, stat.Size())
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.what, f.close = path, file.Close
	return f, nil
}

// Read checks a file of size bytes held by r, which must stay readable.
func Read(r io.ReaderAt, size int64) (*File, error) {
	f := &File{what: "PyTorch's file", close: func() error { return nil }}
	var start [512]byte
	n, _ := r.ReadAt(start[:], 0) // a short file ends early
	var err error
	switch head := start[:n]; {
	case isTar(head):
		err = errors.New("it is a tar archive, as PyTorch wrote before 0.1.10: load it with a PyTorch of that time or an early later one and save it again; or unpack it, where it only holds the file")
	case !IsTorch(head):
		err = errors.New("it is no file of torch.save")
	case head[0] == 'P':
		err = f.readArchive(r, size)
	default:
		err = f.readLegacy(r, size)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// take carries the pickle of the object out and looks for tensors in it.
func (f *File) take(u *unpickler) (err error) {
	if f.root, err = u.load(); err != nil {
		return err
	}
	if err := u.refusal(); err != nil {
		return err
	}
	for g := range u.inert {
		f.inert = append(f.inert, g.String())
	}
	slices.Sort(f.inert)
	f.look()
	if len(f.entries) == 0 {
		return fmt.Errorf("it holds %s and no dict of tensors: %s", kindOf(f.root), saveWeights)
	}
	f.tensors = f.entries[0].tensors
	return nil
}

// refusal names what the pickle asks for that no weights need.
func (u *unpickler) refusal() error {
	for _, o := range u.objects {
		if o.isModule() {
			return wholeNetwork(o.class)
		}
	}
	if len(u.modules) > 0 {
		return wholeNetwork(u.modules[0])
	}
	if len(u.unknown) == 0 {
		return nil
	}
	var names []string
	for _, g := range u.unknown[:min(len(u.unknown), 5)] {
		names = append(names, fmt.Sprintf("%.60q", g))
	}
	more := ""
	if n := len(u.unknown) - len(names); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Errorf("its pickle asks for %s%s, which weights do not need and a harmful file could run; nothing of it was run: take weights from a source you trust, and %s",
		strings.Join(names, ", "), more, saveWeights)
}

func wholeNetwork(class global) error {
	return fmt.Errorf("it is a whole network object (%.60q), which only the program that wrote it can read: there, %s", class, saveWeights)
}

// Close ends the file's use; closing twice is fine.
func (f *File) Close() error {
	close := f.close
	f.close = func() error { return nil }
	return close()
}

// Form names the form of the file: "PyTorch, zip" or "PyTorch, before 1.6".
func (f *File) Form() string { return f.form }

// Unread names the Python types in the file whose values are not read.
func (f *File) Unread() []string { return slices.Clone(f.inert) }

// Names lists the tensors in alphabetical order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Info describes the tensor called name.
func (f *File) Info(name string) (nn.TensorInfo, bool) {
	t := f.tensors[name]
	if t == nil {
		return nn.TensorInfo{}, false
	}
	return t.info(), true
}

// Float32 reads the tensor called name, whatever its strides; float16 and bfloat16 exactly, float64 rounded. When a shape is
// given the tensor must have it.
func (f *File) Float32(name string, shape ...int) ([]float32, error) {
	t, err := f.find(name)
	if err != nil {
		return nil, err
	}
	if info := t.info(); len(shape) > 0 && !slices.Equal(shape, info.Shape) {
		return nil, fmt.Errorf("%s: tensor %q has shape %v, want %v", f.what, name, info.Shape, shape)
	}
	values, err := t.float32()
	if err != nil {
		return nil, fmt.Errorf("%s: tensor %q: %w", f.what, name, err)
	}
	return values, nil
}

// Metadata is the text or number that the checkpoint keeps under key beside the weights ("arch", "epoch"), "" where there is
// none.
func (f *File) Metadata(key string) string {
	if d, ok := f.root.(*dict); ok && !f.entries[f.entry].isRoot() {
		v, _ := d.get(key)
		switch v := v.(type) {
		case string:
			return v
		case int64, float64:
			return fmt.Sprint(v)
		}
	}
	return ""
}
