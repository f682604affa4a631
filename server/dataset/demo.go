package dataset

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
)

// The demo set: ten kinds of figure that differ in topology, drawn by code in
// all colours and materials, so that form alone determines the class. Betti numbers
// (pieces, loops) of each kind:
//
//	blob 1,0   ring 1,1            two rings 2,2    figure eight 1,2   ring with a dot 2,1
//	three blobs 3,0   grid of holes 1,4   open arc 1,0   spiral 1,0   cross 1,0
//
// The last three and the blob have equal homology: what distinguishes them is
// geometry, which is the other half of the lesson.
var demoKinds = []struct {
	id, name      string
	pieces, loops int
	draw          func(r *rand.Rand) figure
}{
	{"blob", "blob", 1, 0, blob},
	{"ring", "ring", 1, 1, ring},
	{"two-rings", "two rings", 2, 2, twoRings},
	{"figure-eight", "figure eight", 1, 2, figureEight},
	{"ring-dot", "ring with a dot", 2, 1, ringWithDot},
	{"three-blobs", "three blobs", 3, 0, threeBlobs},
	{"grid", "grid of holes", 1, 4, gridOfHoles},
	{"arc", "open arc", 1, 0, openArc},
	{"spiral", "spiral", 1, 0, spiral},
	{"cross", "cross", 1, 0, cross},
}

const (
	demoSide  = 32
	demoTrain = 200 // images per class
	demoTest  = 40
)

func init() {
	register(Spec{
		Name:    "demo",
		Title:   "ten figures of different topology at 32 px, drawn by code, no download",
		Classes: len(demoKinds),
		Size:    demoSide,
		Mean:    [3]float32{.4857, .4912, .5089},
		Std:     [3]float32{.2637, .2228, .2261},
		Terms:   "The figures are drawn by the program, under its licence, Apache-2.0.",
		layout:  demo,
	})
}

// demo draws the set. Image i of a class depends on (class, i) only, so a
// subset holds the same images as the whole. Processors that fuse multiply and
// add may round a few bytes differently.
func demo(ctx context.Context, _ fs.FS) (*found, error) {
	var classes []Class
	for i, k := range demoKinds {
		classes = append(classes, Class{ID: k.id, Name: k.name, Index: i})
	}
	return &found{classes: classes, items: func(keep []Class) (train, test []item, err error) {
		const each = demoTrain + demoTest
		items := make([]item, len(keep)*each)
		err = parallel(ctx, len(items), func(i int) error {
			label, n := i/each, i%each
			c := keep[label]
			id := fmt.Sprintf("train/%s/%03d", c.ID, n)
			if n >= demoTrain {
				id = fmt.Sprintf("test/%s/%03d", c.ID, n-demoTrain)
			}
			m := demoImage(c.Index, n)
			items[i] = item{label: label, id: id, raw: &m}
			return nil
		})
		for i, it := range items {
			if i%each < demoTrain {
				train = append(train, it)
			} else {
				test = append(test, it)
			}
		}
		return train, test, err
	}}, nil
}

// demoImage draws image n of a kind.
func demoImage(kind, n int) Image {
	r := demoRandom(kind, n)
	f := pose(demoKinds[kind].draw(r), r)
	return render(f, r)
}

// demoRandom is the stream of random numbers of one image.
func demoRandom(kind, n int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(kind)<<32|uint64(n), 0x7e7a))
}
