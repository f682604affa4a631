package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"reta/shared/wholefile"
)

// seen are hashes of files as they were when a set was opened before. A set that does not fit in memory is read whole once to
// hash it; later a file whose size and time of change are still the same is taken to hold the same bytes.
type seen struct {
	path  string             // of the file that keeps them: records, and the SHA-256 of all before it
	all   bool               // images lie in a few files, which count as one
	whole stamp              // of these
	files map[stamp]seenFile // by name
}

type seenFile struct {
	stamp stamp
	sum   [sha256.Size]byte
}

// stamp is half of a SHA-256: of a file's name, or of its size and time of change.
type stamp [16]byte

const seenBytes = 2*len(stamp{}) + sha256.Size

func stampOf(format string, args ...any) (s stamp) {
	sum := sha256.Sum256(fmt.Appendf(nil, format, args...))
	copy(s[:], sum[:])
	return s
}

// stampOfFile is zero, which nothing is remembered under, for a file that may change once more without another time.
func stampOfFile(info fs.FileInfo, now time.Time) stamp {
	if info.ModTime().IsZero() || now.Sub(info.ModTime()) < 2*time.Second {
		return stamp{}
	}
	return stampOf("%d %d", info.Size(), info.ModTime().UnixNano())
}

// openSeen reads what is remembered of the files of a set. A file that is missing or damaged remembers nothing.
func openSeen(cache, in string, archive bool, lim limits) (*seen, error) {
	in, err := filepath.Abs(in)
	if err != nil {
		return nil, err
	}
	name := sha256.Sum256([]byte(in))
	s := &seen{path: filepath.Join(cache, "hashes", hex.EncodeToString(name[:16])), all: archive, files: map[stamp]seenFile{}}
	if archive {
		if s.whole, err = stampOfAll(in); err != nil {
			return nil, err
		}
	}
	info, err := os.Stat(s.path)
	if err != nil || info.Size() > int64(lim.entries*seenBytes+sha256.Size) || info.Size() < sha256.Size {
		return s, nil
	}
	data, err := os.ReadFile(s.path)
	if err != nil || len(data) < sha256.Size {
		return s, nil
	}
	data, want := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if sum := sha256.Sum256(data); !bytes.Equal(sum[:], want) || len(data)%seenBytes != 0 {
		return s, nil
	}
	for ; len(data) > 0; data = data[seenBytes:] {
		var name stamp
		var f seenFile
		n := copy(name[:], data)
		n += copy(f.stamp[:], data[n:])
		copy(f.sum[:], data[n:seenBytes])
		s.files[name] = f
	}
	return s, nil
}

// stampOfAll is of all files in a folder, or of one file.
func stampOfAll(in string) (stamp, error) {
	h, now := sha256.New(), time.Now()
	known := true
	err := filepath.WalkDir(in, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil || info.IsDir() {
			return err
		}
		one := stampOfFile(info, now)
		known = known && one != stamp{}
		fmt.Fprintf(h, "%q %x\n", path, one)
		return nil
	})
	if err != nil || !known {
		return stamp{}, err
	}
	return stamp(h.Sum(nil)[:16]), nil
}

// stamp is that of the file of an image now.
func (s *seen) stamp(root fs.FS, path string) (stamp, error) {
	if s.all {
		return s.whole, nil
	}
	info, err := fs.Stat(root, path)
	if err != nil {
		return stamp{}, err
	}
	return stampOfFile(info, time.Now()), nil
}

// sum is the hash that is remembered of an image's file, if it is as it was.
func (s *seen) sum(path string, now stamp) (sum [sha256.Size]byte, ok bool) {
	f, ok := s.files[stampOf("%s", path)]
	return f.sum, ok && now != stamp{} && f.stamp == now
}

// keep remembers the hashes of images' files, which had the stamps before they were read.
func (s *seen) keep(items []item, stamps []stamp, sums [][sha256.Size]byte) error {
	fresh := false
	for i, it := range items {
		if sum, ok := s.sum(it.path, stamps[i]); stamps[i] != (stamp{}) && (!ok || sum != sums[i]) {
			s.files[stampOf("%s", it.path)] = seenFile{stamps[i], sums[i]}
			fresh = true
		}
	}
	if !fresh {
		return nil
	}
	data := make([]byte, 0, len(s.files)*seenBytes+sha256.Size)
	for name, f := range s.files {
		data = append(append(append(data, name[:]...), f.stamp[:]...), f.sum[:]...)
	}
	sum := sha256.Sum256(data)
	dir := filepath.Dir(s.path)
	if err := wholefile.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := wholefile.SweepOld(dir); err != nil {
		return err
	}
	return wholefile.Write(s.path, append(data, sum[:]...), 0o644)
}
