package cluster

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A packed folder is the same bytes whenever it is packed, and unpacks to the same files.
func TestPack(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for name, text := range map[string]string{"x/deep/file": "one", "y": "", "left/out": "no", strings.Repeat("long", 60): "two"} {
		path := filepath.Join(a, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	packed := func(path string) []byte {
		t.Helper()
		var w bytes.Buffer
		if err := pack(&w, path, func(name string) bool { return name == "left" }); err != nil {
			t.Fatal(err)
		}
		return w.Bytes()
	}
	first := packed(a)
	if err := os.Chtimes(filepath.Join(a, "y"), time.Now(), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := unpack(bytes.NewReader(first), b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(packed(a), first) || !bytes.Equal(packed(b), first) {
		t.Error("packed again it is another")
	}
	if text, err := os.ReadFile(filepath.Join(b, "x", "deep", "file")); err != nil || string(text) != "one" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(b, "left")); err == nil {
		t.Error("what is to be left out is packed")
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(a, "link")); err != nil {
		t.Fatal(err)
	}
	if err := pack(new(bytes.Buffer), a, nil); err == nil {
		t.Error("a link is packed")
	}
}

func TestHostilePacks(t *testing.T) {
	pack := func(headers ...tar.Header) []byte {
		var w bytes.Buffer
		out := tar.NewWriter(&w)
		for _, h := range headers {
			_ = out.WriteHeader(&h)
			_, _ = out.Write(make([]byte, min(h.Size, 10)))
		}
		_ = out.Flush()
		return w.Bytes()
	}
	file := tar.Header{Typeflag: tar.TypeReg, Name: "file", Size: 4}
	for want, packed := range map[string][]byte{
		"want a name in the folder": pack(tar.Header{Typeflag: tar.TypeReg, Name: "../out", Size: 4}),
		`"/etc/out": want a name`:   pack(tar.Header{Typeflag: tar.TypeReg, Name: "/etc/out", Size: 4}),
		"is of type '2'":            pack(tar.Header{Typeflag: tar.TypeSymlink, Name: "link", Linkname: "/etc"}, tar.Header{Typeflag: tar.TypeReg, Name: "link/out", Size: 4}),
		"is of type '1'":            pack(tar.Header{Typeflag: tar.TypeLink, Name: "link", Linkname: "/etc/passwd"}),
		"is of type '6'":            pack(tar.Header{Typeflag: tar.TypeFifo, Name: "fifo"}),
		"file exists":               pack(file, file),
		"want at most 4194304":      pack(tar.Header{Typeflag: tar.TypeReg, Name: "large", Size: mostBytes + 1, Format: tar.FormatGNU}),
		"unexpected EOF":            pack(file)[:514],
		"invalid tar header":        bytes.Repeat([]byte("x"), 1024),
	} {
		folder := filepath.Join(t.TempDir(), "f")
		if err := unpack(bytes.NewReader(packed), folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
		if _, err := os.Lstat(filepath.Join(filepath.Dir(folder), "out")); err == nil {
			t.Errorf("%s: a file is made beside the folder", want)
		}
	}
}
