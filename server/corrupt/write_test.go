package corrupt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/server/dataset"
)

// pictures is a few images of two classes.
type pictures struct{ n, side int }

func (p pictures) Len() int           { return p.n }
func (p pictures) Label(i int) uint32 { return uint32(i % 2) }
func (p pictures) ID(i int) string    { return fmt.Sprintf("image %d", i) }
func (p pictures) Batch(idx []int, dst []byte) error {
	for k, i := range idx {
		copy(dst[k*p.side*p.side*3:], picture(i, p.side))
	}
	return nil
}

func testSet(dir string, quality int) *Set {
	return NewSet(dir, "pictures", "hash", pictures{chunk + 6, 16}, []string{"even", "odd"}, 16, 3, quality)
}

// What is written is read back as what Images gives, held or not, as PNG and as JPEG; a set that was stopped is continued; what
// is there is not made again.
func TestWrittenImagesAreThoseReadInMemory(t *testing.T) {
	for _, quality := range []int{0, 85} {
		dir := filepath.Join(t.TempDir(), "set")
		s := testSet(dir, quality)
		if err := s.Open(); err != nil {
			t.Fatal(err)
		}
		settings, err := s.Missing([]string{"fog", "impulse-noise"}, []int{2, 5})
		if err != nil || len(settings) != 4 {
			t.Fatalf("%d settings, %v", len(settings), err)
		}
		if seconds, size, err := s.Forecast(settings); err != nil || seconds <= 0 || size < 4*70*100 {
			t.Errorf("forecast %g s, %d bytes, %v", seconds, size, err)
		}
		ctx, stop := context.WithCancel(t.Context())
		err = s.Write(ctx, settings, func(done int, of Setting) {
			if done > s.Images.Len() {
				stop()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("a stopped set ends with %v", err)
		}
		s = testSet(dir, quality)
		if err := s.Open(); err != nil {
			t.Fatal(err)
		}
		rest, err := s.Missing([]string{"fog", "impulse-noise"}, []int{2, 5})
		if err != nil || len(rest) != 3 || rest[0] != settings[1] {
			t.Fatalf("after a stop %v are missing, %v", rest, err)
		}
		if _, err := os.Stat(s.folder(rest[0]) + ".part"); err != nil {
			t.Errorf("nothing is left of what was begun: %v", err)
		}
		if err := s.Write(t.Context(), rest, func(int, Setting) {}); err != nil {
			t.Fatal(err)
		}
		if rest, err = s.Missing([]string{"fog", "impulse-noise"}, []int{2, 5}); err != nil || len(rest) > 0 {
			t.Fatalf("%v are missing, %v", rest, err)
		}
		for _, of := range settings {
			images := Images{s.Images, of, 16}
			kept, err := images.Hold(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			each := 16 * 16 * 3
			want, again := make([]byte, 2*each), make([]byte, 2*each)
			idx := []int{chunk + 1, 2}
			if err := errors.Join(images.Batch(idx, want), kept.Batch(idx, again)); err != nil || !bytes.Equal(want, again) {
				t.Fatalf("%v: images in memory differ, %v", of, err)
			}
			d, err := dataset.Open(t.Context(), dataset.Options{Name: "path:" + s.folder(of)})
			if err != nil {
				t.Fatal(err)
			}
			got, seen := make([]byte, each), 0
			for i := range d.Train.Len() {
				for k, at := range idx {
					if strings.Contains(d.Train.ID(i), fmt.Sprintf("%05d", at)) {
						if err := d.Train.Read(i, got); err != nil || !bytes.Equal(got, want[k*each:(k+1)*each]) {
							t.Errorf("%v: image %d differs from that on disk, %v", of, at, err)
						}
						if d.Classes[d.Train.Label(i)].ID != s.Folders[at%2] {
							t.Errorf("image %d lies in class %s", at, d.Classes[d.Train.Label(i)].ID)
						}
						seen++
					}
				}
			}
			if seen != 2 || d.Train.Len() != s.Images.Len() {
				t.Errorf("%v: %d images, want %d", of, d.Train.Len(), s.Images.Len())
			}
			d.Close()
		}
	}
}

func TestAnotherFolderIsNotWrittenInto(t *testing.T) {
	dir := t.TempDir()
	if err := testSet(dir, 0).Open(); err != nil {
		t.Fatal(err)
	}
	other := testSet(dir, 0)
	other.Seed = 4
	for _, c := range []struct {
		set  *Set
		want string
	}{
		{testSet(dir, 85), "images of another JPEG quality, 0, not 85: want a new folder"},
		{other, "images of another seed, 3, not 4"},
	} {
		if err := c.set.Open(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "thesis.txt"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := testSet(full, 0).Open(); err == nil || !strings.Contains(err.Error(), "holds thesis.txt and no corrupted images: want a new or empty folder") {
		t.Errorf("a folder with files: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, ManifestFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := testSet(dir, 0).Open(); err == nil || !strings.Contains(err.Error(), "want a new folder") {
		t.Errorf("a damaged manifest: %v", err)
	}
}
