package dataset

import (
	"bytes"
	"context"
	"testing"

	"reta/shared/testdata"
)

// TestOfficialArchives opens the three real archives: how many images and
// classes they hold is stated in the test material's README.
func TestOfficialArchives(t *testing.T) {
	for _, c := range []struct {
		name, file           string
		classes, train, test int
		size                 int
		first, last          Class
	}{
		{"cifar-100", "cifar-100-binary-mini.tar.gz", 100, 5000, 2000, 32,
			Class{"apple", "apple", 0}, Class{"worm", "worm", 99}},
		{"tiny-imagenet", "tiny-imagenet-200-mini.zip", 200, 10000, 2000, 64,
			Class{"n01443537", "goldfish", 0}, Class{"n12267677", "acorn", 199}},
		{"imagenette", "imagenette2-160-mini.tgz", 10, 400, 100, 224,
			Class{"n01440764", "tench", 0}, Class{"n03888257", "parachute", 9}},
		{"imagenette-160", "imagenette2-160-mini.tgz", 10, 400, 100, 128,
			Class{"n01440764", "tench", 0}, Class{"n03888257", "parachute", 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := testdata.Dir(t, "data", c.file)
			d, err := Open(context.Background(), Options{Name: c.name, Data: path, Cache: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if len(d.Classes) != c.classes || d.Train.Len() != c.train || d.Test.Len() != c.test || d.Size != c.size {
				t.Errorf("classes %d train %d test %d size %d, want %d %d %d %d",
					len(d.Classes), d.Train.Len(), d.Test.Len(), d.Size, c.classes, c.train, c.test, c.size)
			}
			if d.Classes[0] != c.first || d.Classes[c.classes-1] != c.last {
				t.Errorf("classes from %v to %v, want %v to %v", d.Classes[0], d.Classes[c.classes-1], c.first, c.last)
			}
			if s := d.Skipped(); len(s) != 0 {
				t.Errorf("skipped %v", s)
			}
			counts := make([]int, c.classes)
			for i := range d.Train.Len() {
				counts[d.Train.Label(i)]++
			}
			for k, n := range counts {
				if n != c.train/c.classes {
					t.Errorf("class %d has %d training images, want %d", k, n, c.train/c.classes)
				}
			}
			// Batch and Read give the same, and no two images are equal.
			n := d.ImageBytes()
			one, two := make([]byte, n), make([]byte, 2*n)
			if err := d.Test.Batch([]int{7, 3}, two); err != nil {
				t.Fatal(err)
			}
			if err := d.Test.Read(3, one); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(one, two[n:]) || bytes.Equal(two[:n], two[n:]) {
				t.Error("Batch and Read do not agree")
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, c := range [][2]string{
		{"cifar-100", "cifar-100-binary-mini.tar.gz"},
		{"tiny-imagenet", "tiny-imagenet-200-mini.zip"},
		{"imagenette", "imagenette2-160-mini.tgz"},
	} {
		b.Run(c[0], func(b *testing.B) {
			path := testdata.Dir(b, "data", c[1])
			for b.Loop() {
				d, err := Open(context.Background(), Options{Name: c[0], Data: path, Cache: b.TempDir()})
				if err != nil {
					b.Fatal(err)
				}
				d.Close()
			}
		})
	}
}
