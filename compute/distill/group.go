package distill

import (
	"slices"
	"time"

	"reta/compute/graph"
	"reta/compute/topo"
	"reta/shared/retrieval"
)

// Group is the images of up to Recipe.Group classes, optimised together. Row i*Count()+c holds image i of class First()+c.
// An Observer reads it; its slices are not to be changed.
type Group struct {
	*run
	first, count int
	parts        parts

	stage, step int         // the next step, of all Recipe.Steps
	ahead       []*launched // the steps before it that the observer does not know yet, oldest first
	ended       time.Time   // the newest step that was waited for
	images      *imageBuffer
	programs    []*stepProgram
	arena       *graph.Arena // of programs and the extractor
	extractor   *featureExtractor
	seen        *Features     // of the present images, see AllFeatures
	target      *topo.Aligner // the real side of the present stage, once somebody has asked

	origins []int     // training image that each row started from, -1 for noise
	cells   [][]patch // that the rows started from, as First has them; nil in a group that goes on from a checkpoint
	anchors []int     // training image that each row was last blended with, at first its origin
	saved   time.Time

	restored string // checkpoint that the group was continued from
}

func (r *run) newGroup(first int) (*Group, error) {
	g := &Group{run: r, first: first, count: min(r.Recipe.Group, r.Data.Classes-first)}
	var err error
	g.parts, err = compose(g)
	return g, err
}

// replace puts images [rows,size,size,3] in the place of the present ones, with moments at zero.
func (g *Group) replace(size int, pixels []float32) (err error) {
	g.freePrograms()
	g.images.free()
	g.seen = nil
	if g.images, err = newImageBuffer(g.dev, g.Recipe.IPC*g.count, size, pixels); err != nil {
		return err
	}
	return g.parts.align.Open(g)
}

// freePrograms frees what works on the image buffer.
func (g *Group) freePrograms() {
	for _, p := range g.programs {
		p.exec.Close()
	}
	g.programs = nil
	if g.extractor != nil {
		g.extractor.exec.Close()
		g.extractor = nil
	}
	g.arena.Close()
	g.arena = nil
}

// sharedArena is memory for the programs of all teachers, large enough for those of the steps.
func (g *Group) sharedArena() (*graph.Arena, error) {
	if g.arena != nil {
		return g.arena, nil
	}
	g.arena = graph.NewArena(g.dev)
	if len(g.Teachers) == 1 {
		return g.arena, nil
	}
	var most int64
	err := g.eachProgram(func(acting []Share, n int) error {
		m, err := g.stepMemory(acting, n)
		most = max(most, m.Arena)
		return err
	})
	if err == nil {
		err = g.arena.Reserve(most)
	}
	return g.arena, err
}

// keepPrograms frees the steps of batch sizes that no batch has any more: more images have entered.
func (g *Group) keepPrograms(batches []Batch) error {
	past := func(p *stepProgram) bool {
		return !slices.ContainsFunc(batches, func(b Batch) bool { return len(b.Rows) == p.n })
	}
	if !slices.ContainsFunc(g.programs, past) {
		return nil
	}
	if err := g.settle(); err != nil {
		return err
	}
	g.programs = slices.DeleteFunc(g.programs, func(p *stepProgram) bool {
		if !past(p) {
			return false
		}
		p.exec.Close()
		return true
	})
	return nil
}

func (g *Group) close() {
	g.freePrograms()
	for _, k := range g.parts.keepers() {
		k.Close()
	}
	g.parts.align.Close()
	g.parts.end.Close()
	g.images.free()
	g.images = nil
}

// First is the group's first class, Count the number of its classes.
func (g *Group) First() int { return g.first }

// Count is the number of the group's classes.
func (g *Group) Count() int { return g.count }

// Stage is that of the next step.
func (g *Group) Stage() int { return g.stage }

// Step is the next step, of all Recipe.Steps.
func (g *Group) Step() int { return g.step }

// Size is the side of the present images in pixels.
func (g *Group) Size() int { return g.images.size }

// Pixels are the present images, [rows,D,D,3], normalised.
func (g *Group) Pixels() ([]float32, error) {
	if err := g.settle(); err != nil {
		return nil, err
	}
	return g.images.pixels.Read()
}

// Pool is the real images of every class.
func (g *Group) Pool() (*Pool, error) {
	if err := g.embed(); err != nil {
		return nil, err
	}
	return g.pool, nil
}

// MemoryUsed is the device memory in use, bytes.
func (g *Group) MemoryUsed() int64 {
	now, _ := g.dev.MemoryUsed()
	return now
}

// Anchors are the candidates of the group's class c that its images were last blended with, at first those they started
// from; -1 where that is no candidate of the class.
func (g *Group) Anchors(c int) []int { return g.candidates(c, g.anchors) }

// Origins are the candidates of the group's class c that its images started from, -1 where that is none of the class's.
func (g *Group) Origins(c int) []int { return g.candidates(c, g.origins) }

func (g *Group) candidates(c int, images []int) []int {
	list := make([]int, 0, g.Recipe.IPC)
	for row := c; row < len(images); row += g.count {
		list = append(list, slices.Index(g.pool.Class[g.first+c], images[row]))
	}
	return list
}

// someRows are n rows, the first and, if there are fewer, these again.
func (g *Group) someRows(n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(i % g.images.rows)
	}
	return rows
}

// classRows are the rows of the first n images of the group's class c.
func (g *Group) classRows(c, n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(i*g.count + c)
	}
	return rows
}

// rowsFrom are n consecutive rows.
func rowsFrom(first, n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(first + i)
	}
	return rows
}

// Place is the group's place among the groups that the run recovers, and how many these are.
func (g *Group) Place() (at, of int) {
	return g.first/g.Recipe.Group - g.Groups[0], g.Groups[1] - g.Groups[0]
}

// Recovered is the number of classes that the run recovers.
func (r *run) Recovered() int { return r.out.Classes }

// Judge gives what retrieval would minimise, [class][image], where the stage's end blends images with anchors that it has not
// retrieved; nil for other ends.
func (g *Group) Judge() ([][]retrieval.Choice, error) {
	if end, ok := g.parts.end.(judge); ok {
		return end.Judge(g)
	}
	return nil, nil
}

// Aligned reports whether topology moves images.
func (g *Group) Aligned() bool { return g.parts.align.Points() != nil }
