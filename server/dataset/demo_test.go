package dataset

import (
	"context"
	"math"
	"runtime"
	"testing"
)

// betti counts the pieces and the holes of a figure on a grid of n x n points
// by flood fill: pieces are 8-connected, the ground is 4-connected.
func betti(f figure, n int) (pieces, loops int) {
	inside := make([]bool, (n+2)*(n+2)) // with a border of ground
	for y := range n {
		for x := range n {
			at := func(i int) float64 { return (float64(i)+.5)*2/float64(n) - 1 }
			inside[(y+1)*(n+2)+x+1] = f(at(x), at(y)) < 0
		}
	}
	seen := make([]bool, len(inside))
	fill := func(from int, steps []int) {
		stack := []int{from}
		seen[from] = true
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, s := range steps {
				if j := i + s; j >= 0 && j < len(inside) && !seen[j] && inside[j] == inside[i] {
					seen[j] = true
					stack = append(stack, j)
				}
			}
		}
	}
	w := n + 2
	for i := range inside {
		switch {
		case seen[i]:
		case inside[i]:
			pieces++
			fill(i, []int{-1, 1, -w, w, -w - 1, -w + 1, w - 1, w + 1})
		default:
			loops++
			fill(i, []int{-1, 1, -w, w})
		}
	}
	return pieces, loops - 1 // the outside is not a hole
}

func TestBettiOfKnownFigures(t *testing.T) {
	for _, c := range []struct {
		name          string
		f             figure
		pieces, loops int
	}{
		{"nothing", disc(5, 5, 1), 0, 0},
		{"disc", disc(0, 0, .5), 1, 0},
		{"ring", circle(0, 0, .5, .1), 1, 1},
		{"disc in a ring beside a disc", union(circle(-.4, 0, .4, .05), disc(-.4, 0, .1), disc(.6, 0, .2)), 3, 1},
	} {
		if p, l := betti(c.f, 200); p != c.pieces || l != c.loops {
			t.Errorf("%s: %d pieces, %d loops; want %d, %d", c.name, p, l, c.pieces, c.loops)
		}
	}
}

// Every image of the demo set has the homology its class is defined by, at a
// fine resolution and at that of its own pixels.
func TestDemoFiguresHaveTheirHomology(t *testing.T) {
	for kind, k := range demoKinds {
		for n := range demoTrain + demoTest {
			r := demoRandom(kind, n)
			f := pose(k.draw(r), r)
			for _, side := range []int{96, demoSide} {
				if p, l := betti(f, side); p != k.pieces || l != k.loops {
					t.Errorf("%s %d at %d px: %d pieces, %d loops; want %d, %d", k.id, n, side, p, l, k.pieces, k.loops)
				}
			}
		}
	}
}

// No figure is cut by the frame, or a ring might not be one.
func TestDemoFiguresStayInside(t *testing.T) {
	for kind, k := range demoKinds {
		for n := range demoTrain + demoTest {
			r := demoRandom(kind, n)
			f := pose(k.draw(r), r)
			for a := -1.; a <= 1; a += 1. / 64 {
				if min(f(a, -1), f(a, 1), f(-1, a), f(1, a)) < 0 {
					t.Errorf("%s %d touches the frame", k.id, n)
					break
				}
			}
		}
	}
}

func openDemo(t testing.TB, o Options) *Dataset {
	t.Helper()
	o.Name = "demo"
	d, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestDemoIsTheSameEverywhere(t *testing.T) {
	d := openDemo(t, Options{})
	if d.Train.Len() != 2000 || d.Test.Len() != 400 || len(d.Classes) != 10 {
		t.Fatalf("%d training and %d test images of %d classes", d.Train.Len(), d.Test.Len(), len(d.Classes))
	}
	const want = "f139820274f70529071d2fe0eb82868d22e5be6479b1e468c9c0b3a131250f2a"
	if runtime.GOARCH == "amd64" && d.Hash != want { // others may fuse multiply and add
		t.Errorf("hash %s, want %s: the pictures changed, and the committed teacher was trained on the old ones", d.Hash, want)
	}
	part := openDemo(t, Options{Classes: []string{"spiral", "ring"}, PerClass: 3, TestPerClass: 2})
	a, b := make([]byte, d.ImageBytes()), make([]byte, d.ImageBytes())
	for i := range part.Train.Len() {
		whole := int(part.Classes[part.Train.Label(i)].Index)*demoTrain + i%3
		part.Train.Read(i, a)
		d.Train.Read(whole, b)
		if string(a) != string(b) || part.Train.ID(i) != d.Train.ID(whole) {
			t.Errorf("image %s of the subset is not %s of the whole", part.Train.ID(i), d.Train.ID(whole))
		}
	}
	if part.Test.Len() != 4 || part.Train.Len() != 6 {
		t.Errorf("subset has %d training and %d test images, want 6 and 4", part.Train.Len(), part.Test.Len())
	}
}

func TestDemoStatisticsAreAsDeclared(t *testing.T) {
	d := openDemo(t, Options{})
	mean, std := channelStatistics(t, d)
	for c := range 3 {
		if math.Abs(mean[c]-float64(d.Mean[c])) > 1e-3 || math.Abs(std[c]-float64(d.Std[c])) > 1e-3 {
			t.Errorf("channel %d: mean %.4f std %.4f, declared %.4f %.4f", c, mean[c], std[c], d.Mean[c], d.Std[c])
		}
	}
}

// channelStatistics measures a training split on values in [0,1].
func channelStatistics(t *testing.T, d *Dataset) (mean, std [3]float64) {
	buf := make([]byte, d.ImageBytes())
	for i := range d.Train.Len() {
		if err := d.Train.Read(i, buf); err != nil {
			t.Fatal(err)
		}
		for j, v := range buf {
			x := float64(v) / 255
			mean[j%3] += x
			std[j%3] += x * x
		}
	}
	n := float64(d.Train.Len() * d.Size * d.Size)
	for c := range mean {
		mean[c] /= n
		std[c] = math.Sqrt(std[c]/n - mean[c]*mean[c])
	}
	return mean, std
}

// Form alone tells the class: the mean colour of an image must not.
func TestDemoColoursTellNothing(t *testing.T) {
	d := openDemo(t, Options{})
	colourOf := func(s Split, i int) (c [3]float64) {
		buf := make([]byte, d.ImageBytes())
		if err := s.Read(i, buf); err != nil {
			t.Fatal(err)
		}
		for j, v := range buf {
			c[j%3] += float64(v) / float64(len(buf)/3)
		}
		return c
	}
	train := make([][3]float64, d.Train.Len())
	for i := range train {
		train[i] = colourOf(d.Train, i)
	}
	right := 0
	for i := range d.Test.Len() {
		c, best, at := colourOf(d.Test, i), math.Inf(1), 0
		for j, o := range train {
			if dist := math.Hypot(math.Hypot(c[0]-o[0], c[1]-o[1]), c[2]-o[2]); dist < best {
				best, at = dist, j
			}
		}
		if d.Train.Label(at) == d.Test.Label(i) {
			right++
		}
	}
	if share := float64(right) / float64(d.Test.Len()); share > .2 {
		t.Errorf("the nearest mean colour gets %.0f %% right, chance is 10 %%", share*100)
	}
}

func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		openDemo(b, Options{})
	}
}
