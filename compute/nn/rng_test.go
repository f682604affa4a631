package nn

import (
	"context"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// The known answers published with Random123 (kat_vectors, philox4x32 10).
func TestPhiloxKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, [2]uint32{0xffffffff, 0xffffffff},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := philox(c.counter, c.key); got != c.want {
			t.Errorf("philox(%x, %x) = %x, want %x", c.counter, c.key, got, c.want)
		}
	}
}

// The device draws the same numbers as the host: uniform ones bit for bit.
func TestRandomIsTheHosts(t *testing.T) {
	r := RNG{Seed: 0xfeedfacecafebeef}
	for _, n := range []int{1, 7, 1029} {
		g := graph.New(graphtest.Device(t))
		seed := g.Input("seed", graph.U32, SeedWords)
		uniform, normal := RandomUniform(seed, n), RandomNormal(seed, n)
		e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{uniform, normal}, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		const stream, step = 5, 3
		if err := e.SetU32(seed, r.SeedAt(stream, step)); err != nil {
			t.Fatal(err)
		}
		if err := e.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		u, err := e.Get(uniform)
		if err != nil {
			t.Fatal(err)
		}
		z, err := e.Get(normal)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			index := uint64(step)<<34 + uint64(i)
			if want := float32(r.Uniform(stream, index)); u[i] != want {
				t.Fatalf("uniform %d of %d: device %g, host %g", i, n, u[i], want)
			}
			if want := r.Normal(stream, index); math.Abs(float64(z[i])-want) > 1e-4 {
				t.Fatalf("normal %d of %d: device %g, host %g", i, n, z[i], want)
			}
		}
	}
}

func TestRNGMoments(t *testing.T) {
	r, n := RNG{Seed: 1}, 100_000
	var u1, u2, z1, z2 float64
	for i := range uint64(n) {
		u, z := r.Uniform(1, i), r.Normal(2, i)
		u1, u2, z1, z2 = u1+u, u2+u*u, z1+z, z2+z*z
	}
	for what, d := range map[string][3]float64{ // value, expectation, standard deviation of the mean times sqrt n
		"uniform mean": {u1, 0.5, math.Sqrt(1. / 12)}, "uniform square": {u2, 1. / 3, math.Sqrt(4. / 45)},
		"normal mean": {z1, 0, 1}, "normal square": {z2, 1, math.Sqrt2},
	} {
		got := d[0] / float64(n)
		if math.Abs(got-d[1]) > 4*d[2]/math.Sqrt(float64(n)) {
			t.Errorf("%s is %g, want %g", what, got, d[1])
		}
	}
}

func TestPerm(t *testing.T) {
	r := RNG{Seed: 7}
	count := make([]int, 10)
	for epoch := range uint32(2000) {
		p := r.Perm(3, epoch, 10)
		seen := make([]bool, 10)
		for _, v := range p {
			if v < 0 || v > 9 || seen[v] {
				t.Fatalf("epoch %d: %v is no permutation", epoch, p)
			}
			seen[v] = true
		}
		count[p[0]]++
	}
	for v, c := range count { // 200 expected, deviation 13.4
		if c < 140 || c > 260 {
			t.Errorf("%d came first %d times of 2000", v, c)
		}
	}
}
