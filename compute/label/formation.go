package label

import (
	"fmt"
	"math"

	"reta/compute/train"
)

// Formed are the images that students see of a source whose images hold factor x factor smaller ones (IDC's multi-formation, Kim et
// al. 2022): these one by one, row by row, enlarged to side, as nn.Cells does it and rounded to 8 bits. With factor 1 it is the source.
func Formed(src train.Source, side, factor int) train.Source {
	if factor <= 1 {
		return src
	}
	return formed{src, side, factor}
}

// formed has the cells of an image one after the other.
type formed struct {
	train.Source
	side, factor int
}

func (f formed) cells() int { return f.factor * f.factor }

func (f formed) Len() int { return f.Source.Len() * f.cells() }

func (f formed) Label(i int) uint32 { return f.Source.Label(i / f.cells()) }

// ID is the image's and the number of the cell: "ring/00001.png#3".
func (f formed) ID(i int) string {
	return fmt.Sprintf("%s#%d", f.Source.ID(i/f.cells()), i%f.cells())
}

func (f formed) Batch(idx []int, dst []byte) error {
	each, last := f.side*f.side*3, -1
	image := make([]byte, each)
	for k, i := range idx {
		if of := i / f.cells(); of != last {
			if err := f.Source.Batch([]int{of}, image); err != nil {
				return err
			}
			last = of
		}
		f.enlarge(image, i%f.cells(), dst[k*each:(k+1)*each])
	}
	return nil
}

// enlarge resizes a cell of an image to the image's side, bilinear with half-pixel centres.
func (f formed) enlarge(image []byte, cell int, dst []byte) {
	small := f.side / f.factor
	top, left := cell/f.factor*small, cell%f.factor*small
	along := func(o int) (a, b int, share float64) {
		at := max(0, min(float64(small-1), (float64(o)+0.5)*float64(small)/float64(f.side)-0.5))
		a = int(at)
		return a, min(a+1, small-1), at - float64(a)
	}
	for y := range f.side {
		y0, y1, fy := along(y)
		for x := range f.side {
			x0, x1, fx := along(x)
			for c := range 3 {
				at := func(y, x int) float64 { return float64(image[((top+y)*f.side+left+x)*3+c]) }
				v := (1-fy)*((1-fx)*at(y0, x0)+fx*at(y0, x1)) + fy*((1-fx)*at(y1, x0)+fx*at(y1, x1))
				dst[(y*f.side+x)*3+c] = byte(math.Round(v))
			}
		}
	}
}
