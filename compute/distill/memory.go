package distill

import (
	"fmt"

	"reta/compute/graph"
	"reta/shared/event"
	"reta/shared/recipe"
)

// forecast logs what the steps of the largest stage will take of the device's memory. It compiles nothing, and keeps nothing of
// what it allocates.
func (r *run) forecast() error {
	if r.Recipe.Steps == 0 || r.Recipe.Match.By != recipe.ByTeachers {
		return nil
	}
	g, err := r.newGroup(r.out.First)
	if err != nil {
		return err
	}
	defer g.close()
	size := 0
	for stage := range r.Recipe.Stages {
		size = max(size, r.Recipe.Stage(stage).Resolution)
	}
	g.images = &imageBuffer{rows: r.Recipe.IPC * g.count, size: size}
	for _, v := range []**graph.Variable{&g.images.pixels, &g.images.m, &g.images.v} {
		if *v, err = graph.NewVariable(nil, "images", graph.F32, false, g.images.rows, size, size, 3); err != nil { // of no device: a shape
			return err
		}
	}
	images := 3 * 4 * int64(g.images.pixels.Shape().Size())
	var own, arena int64
	programs := 0
	err = g.eachProgram(func(acting []Share, n int) error {
		m, err := g.stepMemory(acting, n)
		own, arena = own+m.Own, max(arena, m.Arena) // one arena serves all
		programs++
		return err
	})
	if err != nil {
		return err
	}
	steps := own + arena
	used, _ := r.dev.MemoryUsed()
	free := r.dev.MemoryFree()
	line := fmt.Sprintf("device memory: %s in use with teachers; %s for %s and Adam's moments, %s for %s at %d px, of %s free",
		megabytes(used), megabytes(images), event.Counted(g.images.rows, "image"), megabytes(steps), event.Counted(programs, "program"), size, megabytes(free))
	if images+steps > free {
		r.warn("%s: too much", line)
	} else {
		r.say("%s", line)
	}
	return nil
}

// eachProgram calls f for every step that the group needs once all images have entered: the teachers that act, and the size of
// the batch.
func (g *Group) eachProgram(f func(acting []Share, n int) error) error {
	known := map[string]bool{}
	last := g.batches(max(0, g.Recipe.Steps-1))
	for step := range min(len(g.Teachers), g.Recipe.Steps) {
		for _, b := range last {
			acting := g.parts.ensemble.Acting(step, b.Image)
			key := fmt.Sprint(acting, len(b.Rows))
			if known[key] {
				continue
			}
			known[key] = true
			if err := f(acting, len(b.Rows)); err != nil {
				return err
			}
		}
	}
	return nil
}

// stepMemory is what the program of a step takes.
func (g *Group) stepMemory(acting []Share, n int) (graph.Memory, error) {
	_, gr, outputs, err := g.drawStep(acting, n)
	if err != nil {
		return graph.Memory{}, err
	}
	defer gr.Discard()
	return gr.Memory(graph.InFlight, outputs...)
}

// wouldFit says what batch the device has room for, where it has none for a step on n images.
func (g *Group) wouldFit(acting []Share, n int) string {
	fits := func(n int) bool {
		m, err := g.stepMemory(acting, n)
		return err == nil && m.Bytes() <= g.dev.MemoryFree()/8*7 // some of it lies in pieces
	}
	const whole = "a batch is not divided, since its statistics (L_BN) are of all its images together"
	if n == 1 || !fits(1) {
		return "not even a batch of one image fits; " + whole
	}
	return fmt.Sprintf("a batch of %d fits, --batch %[1]d, which makes other images: %s", graph.Most(n-1, fits), whole)
}

func megabytes(n int64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }
