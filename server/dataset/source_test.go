package dataset

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

// tarOf makes a tar of files; a name ending in "/" is a folder, "a->b" a link, "a=>b" a hard link.
func tarOf(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i+1 < len(files); i += 2 {
		h := &tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o644, Typeflag: tar.TypeReg}
		if name, to, ok := strings.Cut(files[i], "->"); ok {
			h = &tar.Header{Name: name, Linkname: to, Typeflag: tar.TypeSymlink}
		} else if name, to, ok := strings.Cut(files[i], "=>"); ok {
			h = &tar.Header{Name: name, Linkname: to, Typeflag: tar.TypeLink}
		} else if strings.HasSuffix(files[i], "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			io.WriteString(w, files[i+1])
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func zipOf(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(files); i += 2 {
		h := &zip.FileHeader{Name: files[i], Method: zip.Deflate}
		if name, ok := strings.CutSuffix(files[i], "->"); ok {
			h.Name = name
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, files[i+1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lyingZip holds one stored file whose header announces claim bytes.
func lyingZip(t testing.TB, content string, claim uint64) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateRaw(&zip.FileHeader{Name: "x", Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(content)),
		CompressedSize64: uint64(len(content)), UncompressedSize64: claim})
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, content)
	w.Close()
	return b.Bytes()
}

func openBytes(t testing.TB, data []byte, lim limits) (*source, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := openSource(context.Background(), path, t.TempDir(), lim, func(int64, int64) {})
	if err == nil {
		t.Cleanup(func() { s.close() })
	}
	return s, err
}

var someFiles = []string{"set/train/a/1.png", "one", "set/train/b/2.png", "two!", "set/names.txt", "a\nb\n", "set/empty/", "", "top", ""}

// The same files through a tar, a tar.gz, a spilled tar.gz and a zip are a
// sound file system.
func TestArchivesAreFileSystems(t *testing.T) {
	packed := gzipOf(tarOf(t, someFiles...))
	spilled, err := openTar(context.Background(), bytes.NewReader(packed), int64(len(packed)), t.TempDir(), defaultLimits, func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	blob := &spool{dir: t.TempDir(), keep: 2}
	blob.Write([]byte("on"))
	blob.Write(spilled.blob.mem[0][2:])
	if blob.file == nil || blob.mem != nil {
		t.Fatal("did not spill")
	}
	spilled.blob = blob
	defer spilled.Close()
	if err := fstest.TestFS(spilled, "set/train/a/1.png", "top"); err != nil {
		t.Errorf("spilled tar: %v", err)
	}
	for name, data := range map[string][]byte{
		"tar": tarOf(t, someFiles...), "tar.gz": packed, "zip": zipOf(t, someFiles...),
	} {
		s, err := openBytes(t, data, defaultLimits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := fstest.TestFS(s.FS, "set/train/a/1.png", "set/train/b/2.png", "set/names.txt", "top"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := readFile(s.FS, "set/train/b/2.png", 4); err != nil || string(got) != "two!" {
			t.Errorf("%s: read %q, %v", name, got, err)
		}
		if _, err := readFile(s.FS, "set/train/b/2.png", 3); err == nil || !strings.Contains(err.Error(), "4 bytes: want at most 3") {
			t.Errorf("%s: over the limit: %v", name, err)
		}
		if _, err := readFile(s.FS, "set/train", 9); err == nil {
			t.Errorf("%s: a folder was read as a file", name)
		}
	}
}

// A file across several chunks of memory is read whole and from within.
func TestSpoolChunks(t *testing.T) {
	data := randomBytes(2*chunk + 5)
	s := &spool{keep: inMemory}
	for _, part := range [][]byte{data[:7], data[7 : chunk+1], data[chunk+1:]} {
		s.Write(part)
	}
	for _, c := range [][2]int{{0, len(data)}, {chunk - 1, 2}, {chunk, chunk}, {2 * chunk, 5}} {
		got := make([]byte, c[1])
		if n, err := s.ReadAt(got, int64(c[0])); n != c[1] || err != nil || !bytes.Equal(got, data[c[0]:c[0]+c[1]]) {
			t.Errorf("%d bytes at %d: %d, %v", c[1], c[0], n, err)
		}
	}
	if n, err := s.ReadAt(make([]byte, 9), int64(len(data)-4)); n != 4 || err != io.EOF {
		t.Errorf("past the end: %d, %v", n, err)
	}
}

func TestHostileArchives(t *testing.T) {
	small := defaultLimits
	small.entries, small.bytes, small.file, small.slack, small.ratio = 4, 1<<20, 1<<18, 1<<16, 20
	zeros := strings.Repeat("\x00", 1<<18)
	flip := gzipOf(tarOf(t, "a", strings.Repeat("hello, data ", 100)))
	flip[len(flip)-6] ^= 1 // in the checksum
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"tar: up and out", tarOf(t, "../evil", "x"), `entry "../evil" leads outside`},
		{"tar: absolute", tarOf(t, "/etc/passwd", "x"), `entry "/etc/passwd" leads outside`},
		{"tar: inner dots", tarOf(t, "a/../../b", "x"), "leads outside"},
		{"tar: backslash", tarOf(t, `..\b`, "x"), "leads outside"},
		{"tar: second name of nothing", tarOf(t, "a=>b", ""), `"b", which is no file before it`},
		{"tar: second name from outside", tarOf(t, "a=>/etc/passwd", ""), "which is no file before it"},
		{"zip: backslash", zipOf(t, `..\evil`, "x"), "leads outside"},
		{"tar: link", tarOf(t, "a->/etc", ""), `entry "a" is a link or device`},
		{"tar: twice", tarOf(t, "a", "x", "a", "y"), `entry "a" comes twice`},
		{"tar: entries", tarOf(t, "a", "", "b", "", "c", "", "d", "", "e", ""), "more than 4 entries"},
		{"tar: large file", tarOf(t, "a", zeros+"x"), "claims 262145 bytes: want at most 262144"},
		{"tar.gz: bomb", gzipOf(tarOf(t, "a", zeros, "b", zeros)), "more than 20 times its size: refused as a bomb"},
		{"tar.gz: bomb after the end", gzipOf(append(tarOf(t, "a", ""), zeros+zeros+zeros...)), "refused as a bomb"},
		{"tar: cut", tarOf(t, "a", zeros)[:5000], "damaged archive"},
		{"tar.gz: cut", gzipOf(tarOf(t, "a", "hello"))[:60], "damaged archive"},
		{"tar.gz: checksum", flip, "damaged archive (gzip: invalid checksum): copy, download or make it again"},
		{"gzip of no tar", gzipOf([]byte(strings.Repeat("not a tar at all", 60))), "damaged archive"},
		{"zip: up and out", zipOf(t, "../evil", "x"), `entry "../evil" leads outside`},
		{"zip: absolute", zipOf(t, "/evil", "x"), "leads outside"},
		{"zip: link", zipOf(t, "a->", "/etc"), "want only files and folders"},
		{"zip: entries", zipOf(t, "a", "", "b", "", "c", "", "d", "", "e", ""), "zip of 5 entries: want at most 4"},
		{"zip: large file", zipOf(t, "a", zeros+"x"), "claims 262145 bytes: want at most 262144"},
		{"zip: bomb", zipOf(t, "a", zeros), "refused as a bomb"},
		{"zip: cut", zipOf(t, "a", "hello")[:40], "damaged zip"},
		{"neither", []byte("GIF89a, hardly a set"), "neither zip, tar, tar.gz nor Parquet (it starts with 47 49 46 38)"},
		{"empty", nil, "file of 0 bytes is neither"},
	} {
		if _, err := openBytes(t, c.data, small); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

// A false size in a zip's directory costs neither memory nor trust.
func TestLyingZip(t *testing.T) {
	for _, claim := range []uint64{3, 300 << 20} {
		s, err := openBytes(t, lyingZip(t, "hello", claim), defaultLimits)
		if claim > 1<<20 { // more than the ratio allows
			if err == nil {
				t.Errorf("claim %d: opened", claim)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if data, err := readFile(s.FS, "x", 1<<30); err == nil {
			t.Errorf("claim %d: read %q", claim, data)
		}
	}
}

// Caches, version control of data and subsets are folders of links to elsewhere.
func TestLinksOfAFolderAreFollowed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights on Windows")
	}
	outside, dir := t.TempDir(), t.TempDir()
	link := func(to, name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range []string{"x.png", "y.png"} {
		if err := os.WriteFile(filepath.Join(outside, name), pngOf(t, i), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link(outside, "a")                               // a class
	link(filepath.Join(outside, "y.png"), "b/1.png") // an image
	link("../b/1.png", "b/2.png")
	for i := range 4 {
		link(filepath.Join(outside, "x.png"), fmt.Sprintf("c/%d.png", i))
	}
	link(filepath.Join(outside, "gone.png"), "c/5.png")
	link("..", "c/up") // a link to a folder above it
	d, err := Open(context.Background(), Options{Name: "path:" + dir})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Train.Len() != 8 || len(d.Classes) != 3 {
		t.Errorf("%d images of %v", d.Train.Len(), d.Classes)
	}
	if s := d.Skipped(); len(s) != 1 || s[0].ID != "c/5.png" || !strings.Contains(s[0].Err.Error(), "is a link to "+outside+"/gone.png: file does not exist; fetch that file") {
		t.Errorf("skipped %v", s)
	}
	if text := fmt.Sprint(d.Notes); !strings.Contains(text, "links to a folder above them are not followed: c/up") {
		t.Errorf("says %s", text)
	}
}

// Names of files need not be UTF-8.
func TestNamesOfAnyEncoding(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems refuse such names")
	}
	dir := write(t, map[string][]byte{"caf\xe9/1.png": pngOf(t, 1), "caf\xe9/\x82.png": []byte("broken"), "b/1.png": pngOf(t, 2), "b/\x82.png": pngOf(t, 3), "b/2.png": pngOf(t, 4)})
	d, err := Open(context.Background(), Options{Name: "path:" + dir})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Train.Len() != 4 || d.Classes[1].ID != "caf\xe9" || d.Classes[1].Name != "caf?" {
		t.Errorf("%d images of %+q", d.Train.Len(), d.Classes[1].ID)
	}
	if text := fmt.Sprint(d.Report()); !strings.Contains(text, "left out caf?/?.png: content is") {
		t.Errorf("says %q", text)
	}
}

// What other tools put into archives: hard links, names of any encoding, separators of Windows, files of macOS.
func TestArchivesOfOtherTools(t *testing.T) {
	one, two := string(pngOf(t, 1)), string(pngOf(t, 2))
	for name, data := range map[string][]byte{
		"other encodings, zip": zipOf(t, "caf\xe9/1.png", one, "b/\x82.png", one, "b/2.png", two),
		"other encodings, tar": tarOf(t, "caf\xe9/1.png", one, "b/\x82.png", one, "b/2.png", two),
		"hard links":           tarOf(t, "a/1.png", one, "b/1.png=>a/1.png", "", "b/2.png", two),
		"PowerShell":           zipOf(t, `a\`, "", `a\1.png`, one, `b\1.png`, one, `b\2.png`, two),
		"macOS":                zipOf(t, "a/1.png", one, "a/._1.png", "x", "b/1.png", one, "b/2.png", two, "__MACOSX/a/._1.png", "x", "__MACOSX/a/1.png", one, ".DS_Store", "x"),
	} {
		path := filepath.Join(t.TempDir(), "archive")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		d, err := Open(context.Background(), Options{Name: "imagefolder", Data: path, Cache: t.TempDir()})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.Train.Len() != 3 || len(d.Classes) != 2 || len(d.Skipped()) != 0 {
			t.Errorf("%s: %d images of %v, skipped %v", name, d.Train.Len(), d.Classes, d.Skipped())
		}
		d.Close()
	}
}

func FuzzTar(f *testing.F) {
	f.Add(tarOf(f, someFiles...))
	f.Add(gzipOf(tarOf(f, someFiles...)))
	f.Add(tarOf(f, "../a", "x"))
	lim := defaultLimits
	lim.bytes, lim.file = 1<<20, 1<<18
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := openTar(context.Background(), bytes.NewReader(data), int64(len(data)), "never used", lim, func(int64, int64) {})
		if err != nil {
			return
		}
		defer s.Close()
		readAll(t, s)
	})
}

func FuzzZip(f *testing.F) {
	f.Add(zipOf(f, someFiles...))
	f.Add(lyingZip(f, "hello", 3))
	lim := defaultLimits
	lim.bytes, lim.file = 1<<20, 1<<18
	f.Fuzz(func(t *testing.T, data []byte) {
		z, err := openZip(bytes.NewReader(data), int64(len(data)), lim)
		if err == nil {
			readAll(t, z)
		}
	})
}

// readAll reads all there is; it must end and stay within the limits.
func readAll(t *testing.T, fsys fs.FS) {
	fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if !fs.ValidPath(name) {
			t.Fatalf("invalid name %q", name)
		}
		if err == nil && !e.IsDir() {
			if data, err := readFile(fsys, name, 1<<18); err == nil && len(data) > 1<<18 {
				t.Fatalf("%s: %d bytes", name, len(data))
			}
		}
		return nil
	})
}
