package corrupt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"reta/shared/wholefile"
)

// ManifestFile says in a folder of corrupted images what they are.
const ManifestFile = "corrupted.json"

// Manifest is all that corrupted images depend on but corruption and severity, which are folders.
type Manifest struct {
	Schema  int    `json:"schema"`
	Version int    `json:"version"` // of the corruptions
	Dataset string `json:"dataset"`
	Hash    string `json:"hash"` // of its images
	Images  int    `json:"images"`
	Size    int    `json:"size"`      // side in pixels
	Column  int    `json:"constants"` // side that the constants were published for
	Seed    uint64 `json:"seed"`
	JPEG    int    `json:"jpeg"` // quality, 0: PNG
	Frost   string `json:"frost"`
}

// Set writes corrupted images as image folders, Dir/CORRUPTION/SEVERITY/CLASS/NUMBER.png, the layout of the published sets.
// The number is the image's place in the source.
type Set struct {
	Dir     string
	Images  Source
	Folders []string // of the classes, by label
	Manifest
}

// NewSet is for images of a data set, with a hash of what they are.
func NewSet(dir, dataset, hash string, images Source, folders []string, size int, seed uint64, quality int) *Set {
	return &Set{dir, images, folders, Manifest{1, Version, dataset, hash, images.Len(), size, Column(size), seed, quality, FrostNote}}
}

// maxManifest is more bytes than a manifest takes.
const maxManifest = 1 << 20

// Open makes the folder, or accepts the one that an earlier call began with the same images and settings. Any other folder
// with files in it is an error.
func (s *Set) Open() error {
	if err := s.setting("fog", 1).Check(s.Size); err != nil {
		return err
	}
	path := filepath.Join(s.Dir, ManifestFile)
	info, err := os.Stat(path)
	switch {
	case err == nil && (!info.Mode().IsRegular() || info.Size() > maxManifest):
		return fmt.Errorf("%s: %v of %d bytes: want a file of at most %d: use a new folder", path, info.Mode().Type(), info.Size(), maxManifest)
	case err == nil:
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return s.continues(path, text)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if e.Name() != "LOCK" {
			return fmt.Errorf("%s holds %s and no corrupted images: want a new or empty folder", s.Dir, e.Name())
		}
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(s.Manifest, "", " ")
	if err != nil {
		return err
	}
	return wholefile.Write(path, append(text, '\n'), 0o644)
}

// continues refuses a folder of other images or settings.
func (s *Set) continues(path string, text []byte) error {
	var was Manifest
	if err := json.Unmarshal(text, &was); err != nil {
		return fmt.Errorf("%s: %w: want a new folder", path, err)
	}
	for _, c := range []struct {
		what     string
		was, now any
	}{
		{"set", was.Dataset, s.Dataset}, {"number", was.Images, s.Images.Len()}, {"size", was.Size, s.Size}, {"seed", was.Seed, s.Seed},
		{"JPEG quality", was.JPEG, s.JPEG}, {"version of corruptions", was.Version, s.Version}, {"schema", was.Schema, s.Schema}, {"content", was.Hash, s.Hash},
	} {
		if c.was != c.now {
			return fmt.Errorf("%s holds images of another %s, %v, not %v: want a new folder, or the same settings to continue it", s.Dir, c.what, c.was, c.now)
		}
	}
	return nil
}

// setting is one of the set's.
func (s *Set) setting(corruption string, severity int) Setting {
	return Setting{Corruption: corruption, Severity: severity, Seed: s.Seed, JPEG: s.JPEG}
}

// folder is where the images of a setting are when they are complete.
func (s *Set) folder(t Setting) string {
	return filepath.Join(s.Dir, t.Corruption, fmt.Sprint(t.Severity))
}

// Missing are the settings of some corruptions and severities whose images are not complete.
func (s *Set) Missing(corruptions []string, severities []int) (list []Setting, err error) {
	for _, name := range corruptions {
		for _, severity := range severities {
			t := s.setting(name, severity)
			if err := t.Check(s.Size); err != nil {
				return nil, err
			}
			_, err := os.Stat(s.folder(t))
			if errors.Is(err, fs.ErrNotExist) {
				list = append(list, t)
			} else if err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// Forecast corrupts a few images by each setting and says how long all will take and how many bytes they will have.
func (s *Set) Forecast(settings []Setting) (seconds float64, size int64, err error) {
	n := min(2, s.Images.Len())
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i * s.Images.Len() / n
	}
	for _, t := range settings {
		began, sum := time.Now(), 0
		files, err := s.files(context.Background(), t, idx)
		if err != nil {
			return 0, 0, err
		}
		for _, f := range files {
			sum += len(f)
		}
		seconds += time.Since(began).Seconds() / float64(n) * float64(s.Images.Len())
		size += int64(sum) * int64(s.Images.Len()) / int64(n)
	}
	return seconds, size, nil
}

// Write makes the images of some settings, each in a folder of another name that is renamed when it is complete. What an
// interrupted call has written there is not made again. progress is called with the images done of all.
func (s *Set) Write(ctx context.Context, settings []Setting, progress func(done int, t Setting)) error {
	for k, t := range settings {
		final := s.folder(t)
		part := final + ".part"
		for _, name := range s.Folders {
			if err := os.MkdirAll(filepath.Join(part, name), 0o755); err != nil {
				return err
			}
		}
		m := Images{s.Images, t, s.Size}
		err := m.chunks(ctx, func(first int, idx []int) error {
			if err := s.write(ctx, part, t, idx); err != nil {
				return err
			}
			progress(k*s.Images.Len()+first+len(idx), t)
			return nil
		})
		if err == nil {
			err = errors.Join(wholefile.SyncFolder(part), wholefile.Rename(part, final), wholefile.SyncFolder(filepath.Dir(final)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// write makes those of some images that are not there yet.
func (s *Set) write(ctx context.Context, part string, t Setting, idx []int) error {
	ext := ".png"
	if t.JPEG > 0 {
		ext = ".jpg"
	}
	path := func(i int) string {
		return filepath.Join(part, s.Folders[s.Images.Label(i)], fmt.Sprintf("%05d%s", i, ext))
	}
	var lacks []int
	for _, i := range idx {
		if _, err := os.Stat(path(i)); errors.Is(err, fs.ErrNotExist) {
			lacks = append(lacks, i)
		}
	}
	files, err := s.files(ctx, t, lacks)
	for k, i := range lacks {
		if err == nil {
			err = place(path(i), files[k])
		}
	}
	return err
}

// place writes a file by way of one of another name, so that a killed program leaves no half of it. It does not wait for the
// disk, of which a set has too many files.
func place(path string, data []byte) error {
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, data, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// files are the encoded images.
func (s *Set) files(ctx context.Context, t Setting, idx []int) ([][]byte, error) {
	each, quality := s.Size*s.Size*3, t.JPEG
	t.JPEG = 0
	pix, files := make([]byte, len(idx)*each), make([][]byte, len(idx))
	if err := s.Images.Batch(idx, pix); err != nil {
		return nil, err
	}
	return files, parallel(ctx, len(idx), func(k int) (err error) {
		p := pix[k*each : (k+1)*each]
		if err := t.Apply(p, s.Size, s.Images.ID(idx[k])); err != nil {
			return err
		}
		if quality > 0 {
			files[k], err = encodeJPEG(p, s.Size, quality)
		} else {
			files[k], err = encodePNG(p, s.Size)
		}
		return err
	})
}

func encodePNG(pix []byte, side int) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, opaque(pix, side))
	return b.Bytes(), err
}

// opaque is pixels as the standard library's encoders take them.
func opaque(pix []byte, side int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		copy(m.Pix[4*i:], pix[3*i:3*i+3])
		m.Pix[4*i+3] = 255
	}
	return m
}
