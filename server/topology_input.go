package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"reta/shared/pointfile"
	"reta/shared/topology"
)

// maxInput is the largest file that is read.
const maxInput = 4 << 30

// shape is a file's points, or its graph.
type shape struct {
	name  string
	cloud topology.Cloud
	graph *topology.Graph // nil for points
	rows  []int           // number in the file of each point; nil when all were taken
	of    int             // points in the file
}

// n is the number of points.
func (s *shape) n() int {
	if s.graph != nil {
		return s.graph.N
	}
	return s.cloud.N
}

// row is the number that point i has in the file.
func (s *shape) row(i int32) int {
	if s.rows == nil {
		return int(i)
	}
	return s.rows[i]
}

// what says in words what the file holds.
func (s *shape) what() string {
	switch {
	case s.graph != nil:
		return fmt.Sprintf("%s, %s", quantity(s.n(), "point"), quantity(len(s.graph.Edges), "edge"))
	case s.rows != nil:
		return fmt.Sprintf("%d of %s in dimension %d, by chance", s.n(), quantity(s.of, "point"), s.cloud.Dim)
	}
	return fmt.Sprintf("%s in dimension %d", quantity(s.n(), "point"), s.cloud.Dim)
}

func quantity(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// open reads a file, takes its sample and refuses what would be too dear.
func (f *topologyFlags) open(c *cobra.Command, file string) (*shape, error) {
	data, err := readInput(c, file)
	s := &shape{name: file}
	if file == "-" {
		s.name = "standard input"
	}
	if err != nil {
		return nil, dataError{fmt.Errorf("%w: want a file of points or edges, or - for standard input", err)}
	}
	format := pointfile.Format(f.format)
	switch {
	case f.graph:
		format = pointfile.Edges
	case f.format == "":
		format = pointfile.FormatOf(file, data)
	}
	if format.HoldsGraph() {
		err = f.takeGraph(s, format, data)
	} else {
		err = f.takePoints(s, format, data)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func readInput(c *cobra.Command, file string) ([]byte, error) {
	in, size := c.InOrStdin(), int64(0)
	if file == "-" {
		file = "standard input"
	} else {
		opened, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		info, err := opened.Stat()
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			return nil, fmt.Errorf("%s is a folder", file)
		}
		in, size = opened, info.Size()
	}
	tooLarge := fmt.Errorf("%s is larger than %d GiB", file, maxInput>>30)
	if size > maxInput {
		return nil, tooLarge
	}
	data := make([]byte, 0, size+512)
	for { // as io.ReadAll, without a copy of a file whose size is known
		n, err := in.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", file, err)
		case len(data) > maxInput:
			return nil, tooLarge
		case len(data) == cap(data):
			data = slices.Grow(data, len(data)/4+4096)
		}
	}
}

func (f *topologyFlags) takePoints(s *shape, format pointfile.Format, data []byte) error {
	p, err := format.Points(data)
	if err != nil {
		return dataError{fmt.Errorf("%s, as %s: %w", s.name, format, err)}
	}
	s.of = p.N
	if f.sample > 0 && f.sample < p.N {
		s.rows = rand.New(rand.NewPCG(f.seed, 0)).Perm(p.N)[:f.sample]
		slices.Sort(s.rows)
		x := make([]float64, 0, f.sample*p.Dim)
		for _, i := range s.rows {
			x = append(x, p.Row(i)...)
		}
		p.N, p.X = f.sample, x
	}
	need, most := f.cost(p.N, p.Dim)
	if err := f.affordable(s.name, p.N, most, need, "--sample 2000 takes as many of them by chance"); err != nil {
		return err
	}
	if s.cloud, err = topology.NewCloud(p.X, p.N, p.Dim); err != nil {
		return dataError{fmt.Errorf("%s: %w", s.name, err)}
	}
	return nil
}

func (f *topologyFlags) takeGraph(s *shape, format pointfile.Format, data []byte) error {
	g, err := format.Graph(data)
	if err == nil && f.points > 0 {
		if f.points < g.N {
			return usage("--points %d: %s names point %d: want %d or more", f.points, s.name, g.N-1, g.N)
		}
		g.N = f.points
	}
	if err != nil {
		return dataError{fmt.Errorf("%s, as %s: %w", s.name, format, err)}
	}
	need := topology.CostGraph(g.N, len(g.Edges))
	if err := f.affordable(s.name, g.N, topology.MaxPoints, need, "leave out the points that matter least"); err != nil {
		return err
	}
	edges := make([]topology.Edge, len(g.Edges))
	for k, e := range g.Edges {
		edges[k] = topology.Edge(e)
	}
	s.of = g.N
	if s.graph, err = topology.NewGraph(g.N, edges); err != nil {
		return dataError{fmt.Errorf("%s: %w", s.name, err)}
	}
	return nil
}
