package label

import (
	"fmt"
	"slices"
	"testing"

	"reta/compute/train"
)

// grid is images of 4 px whose pixels have the value 10 (image) + 40 (row) + 8 (column), the same in all channels.
type grid struct{ n int }

func (g grid) Len() int           { return g.n }
func (g grid) Label(i int) uint32 { return uint32(i) }
func (g grid) ID(i int) string    { return fmt.Sprintf("c/%d.png", i) }
func (g grid) Batch(idx []int, dst []byte) error {
	for k, i := range idx {
		for p := range 48 {
			dst[48*k+p] = byte(10*i + 40*(p/12) + 8*(p/3%4))
		}
	}
	return nil
}

// By hand: the lower left quarter of image 1 has the rows 90, 98 and 130, 138. Enlarged to 4 px its columns are at 0, 1/4, 3/4 and 1
// between the two, and so are its rows.
func TestFormed(t *testing.T) {
	if src := Formed(grid{2}, 4, 1); src != train.Source(grid{2}) {
		t.Errorf("of factor 1: %v", src)
	}
	f := Formed(grid{2}, 4, 2)
	if f.Len() != 8 || f.Label(3) != 0 || f.Label(4) != 1 || f.ID(6) != "c/1.png#2" {
		t.Errorf("%d images, labels %d and %d, %s", f.Len(), f.Label(3), f.Label(4), f.ID(6))
	}
	dst := make([]byte, 2*48)
	if err := f.Batch([]int{6, 0}, dst); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for p := range 16 {
		if dst[3*p] != dst[3*p+1] || dst[3*p] != dst[3*p+2] {
			t.Fatalf("pixel %d has channels %v", p, dst[3*p:3*p+3])
		}
		got = append(got, dst[3*p])
	}
	if want := []byte{90, 92, 96, 98, 100, 102, 106, 108, 120, 122, 126, 128, 130, 132, 136, 138}; !slices.Equal(got, want) {
		t.Errorf("enlarged %v, want %v", got, want)
	}
	if dst[48] != 0 || dst[95] != 48 {
		t.Errorf("the first cell of image 0 goes from %d to %d, want 0 to 48", dst[48], dst[95])
	}
}
