package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"reta/shared/pointfile"
	"reta/shared/topology"
)

// maxInput is the largest file that is read.
const maxInput = 4 << 30

// shape is a file's points, their distances, or its graph.
type shape struct {
	name      string
	cloud     topology.Cloud
	columns   []string            // names of the coordinates, where the file has them
	distances *topology.Distances // nil for points and edges
	graph     *topology.Graph     // nil for points and distances
	rows      []int               // number in the file of each point; nil when all were taken
	of        int                 // points in the file
}

// n is the number of points.
func (s *shape) n() int {
	switch {
	case s.graph != nil:
		return s.graph.N
	case s.distances != nil:
		return s.distances.N
	}
	return s.cloud.N
}

// holds names what the file holds: points, distances or edges.
func (s *shape) holds() string {
	switch {
	case s.graph != nil:
		return "edges"
	case s.distances != nil:
		return "distances"
	}
	return "points"
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
	if s.graph != nil {
		return fmt.Sprintf("%s, %s", quantity(s.n(), "point"), quantity(len(s.graph.Edges), "edge"))
	}
	text := quantity(s.n(), "point")
	if s.rows != nil {
		text = fmt.Sprintf("%d of %s", s.n(), quantity(s.of, "point"))
	}
	if s.distances != nil {
		text += " with given distances"
	} else {
		text += fmt.Sprintf(" in dimension %d", s.cloud.Dim)
	}
	if s.rows != nil {
		text += ", at random"
	}
	const shown = 6 // names of columns
	if n := len(s.columns); n > shown {
		return fmt.Sprintf("%s (columns %s, ... and %d more)", text, strings.Join(s.columns[:shown], ", "), n-shown)
	} else if n > 0 {
		return fmt.Sprintf("%s (columns %s)", text, strings.Join(s.columns, ", "))
	}
	return text
}

func quantity(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// open reads a file, takes its sample and refuses what would cost too much.
func (f *topologyFlags) open(c *cobra.Command, file string) (*shape, error) {
	data, err := readInput(c, file)
	s := &shape{name: file}
	if file == "-" {
		s.name = "standard input"
	}
	if err != nil {
		return nil, dataError{fmt.Errorf("%w: want a file of points, distances or edges, or - for standard input", err)}
	}
	held, err := pointfile.Read(file, data, f.read)
	if err != nil {
		return nil, dataError{fmt.Errorf("%s, %w", s.name, err)}
	}
	for _, note := range held.Notes {
		fmt.Fprintf(c.ErrOrStderr(), "warning: %s: %s\n", s.name, note)
	}
	switch {
	case held.Graph != nil:
		err = f.takeGraph(s, held.Graph)
	case held.Distances != nil:
		err = f.takeDistances(s, held.Distances)
	default:
		s.columns = held.Columns
		err = f.takePoints(s, held.Points)
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

// draw takes a sample of n points by --sample and --seed: the rows of those in it, nil for all.
func (f *topologyFlags) draw(n int) []int {
	if f.sample < 1 || f.sample >= n {
		return nil
	}
	rows := rand.New(rand.NewPCG(f.seed, 0)).Perm(n)[:f.sample]
	slices.Sort(rows)
	return rows
}

const takeFewer = "--sample 2000 takes as many of them at random"

func (f *topologyFlags) takePoints(s *shape, p *pointfile.Cloud) error {
	n, x := p.N, p.X
	s.of, s.rows = n, f.draw(n)
	if s.rows != nil {
		n, x = len(s.rows), make([]float64, 0, len(s.rows)*p.Dim)
		for _, i := range s.rows {
			x = append(x, p.Row(i)...)
		}
	}
	need, most := f.cost(n, p.Dim)
	err := f.affordable(s.name, n, most, need, takeFewer)
	if err != nil {
		return err
	}
	if s.cloud, err = topology.NewCloud(x, n, p.Dim); err != nil {
		return dataError{fmt.Errorf("%s: %w", s.name, err)}
	}
	return nil
}

func (f *topologyFlags) takeDistances(s *shape, m *pointfile.Matrix) error {
	n, v := m.N, m.V
	s.of, s.rows = n, f.draw(n)
	if s.rows != nil {
		n, v = len(s.rows), make([]float64, 0, len(s.rows)*len(s.rows))
		for _, i := range s.rows {
			for _, j := range s.rows {
				v = append(v, m.V[i*m.N+j])
			}
		}
	}
	need, _ := f.cost(n, 0)
	err := f.affordable(s.name, n, topology.MaxMatrix, need, takeFewer)
	if err != nil {
		return err
	}
	d, err := topology.NewDistances(n, v)
	if err != nil {
		return dataError{fmt.Errorf("%s: %w", s.name, err)}
	}
	s.distances = &d
	return nil
}

func (f *topologyFlags) takeGraph(s *shape, g *pointfile.Graph) error {
	if f.points > 0 {
		if f.points < g.N {
			return usage("--points %d: %s names point %d: want %d or more", f.points, s.name, g.N-1, g.N)
		}
		g.N = f.points
	}
	const remedy = "leave out the points that matter least"
	if err := f.affordable(s.name, g.N, topology.MaxPoints, topology.CostGraph(g.N, len(g.Edges), 0), remedy); err != nil {
		return err
	}
	edges := make([]topology.Edge, len(g.Edges))
	for k, e := range g.Edges {
		edges[k] = topology.Edge(e)
	}
	graph, err := topology.NewGraph(g.N, edges)
	if err != nil {
		return dataError{fmt.Errorf("%s: %w", s.name, err)}
	}
	s.of, s.graph = g.N, graph
	return f.affordable(s.name, g.N, topology.MaxPoints, topology.CostGraph(g.N, len(edges), graph.MostTriangles()), remedy+"; if the weights are distances it takes far less")
}
