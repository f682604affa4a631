package distill

import (
	"context"
	"fmt"

	"reta/compute/vk"
	"reta/shared/event"
	"reta/shared/recipe"
)

// run is one recover run in progress.
type run struct {
	Job   // its Recipe is the one in force
	asked recipe.Recipe
	ctx   context.Context
	dev   *vk.Device
	pool  *pool
	out   *Synthetic

	thumbs int // bytes of thumbnails sent
}

func (r *run) recover() (*Synthetic, error) {
	if err := r.openPool(); err != nil {
		return nil, err
	}
	r.announce()
	size := r.Data.Size
	r.out = &Synthetic{IPC: r.Recipe.IPC, Classes: r.Data.Classes, Size: size}
	r.out.Pixels = make([]float32, r.Data.Classes*r.Recipe.IPC*size*size*3)
	for first := 0; first < r.Data.Classes; first += r.Recipe.Batch {
		if err := r.group(first, min(r.Recipe.Batch, r.Data.Classes-first)); err != nil {
			return nil, err
		}
	}
	return r.out, nil
}

// openPool lists the candidates and computes their features.
func (r *run) openPool() error {
	limit := poolLimit(r.Data.Size)
	if r.Recipe.Connection != recipe.Retrieval && !r.Recipe.PTA.On && r.Recipe.Init.Start != recipe.Patch {
		limit = r.Recipe.PTA.MaxPoints // real features serve the diagnostics only
	}
	teacher := r.Teachers[0]
	p, err := newPool(r.Data, teacher.Width(), limit)
	if err != nil {
		return err
	}
	r.pool = p
	file := r.cacheFile("features", teacher.Name, limit)
	return p.embed(r.ctx, r.dev, teacher, file, func(done, total int) {
		r.Emit(event.Status{State: event.Loading, Phase: "pool", Text: "features of the real images", Done: done, Total: total,
			MemoryBytes: r.memory()})
	})
}

// poolLimit is the most candidates of a class: all of them up to 64 px, 300
// above, where embedding every image of ImageNet would cost more than the run
// (0: no limit).
func poolLimit(size int) int {
	if size > 64 {
		return 300
	}
	return 0
}

// announce puts the run's terms into the log.
func (r *run) announce() {
	c := r.Recipe
	r.say("recover: recipe %s, %d classes x %d images, %d steps in %d stages, teachers %s, seed %d",
		c.Name, r.Data.Classes, c.IPC, c.Steps, c.Stages, r.teacherNames(), c.Seed)
	r.say("pool: %d real images, %d features each", r.pool.size(), r.pool.width)
	for _, line := range c.Notices() {
		r.warn("%s", line)
	}
	if c.PTA.On && c.IPC > 1 {
		r.say("topology alignment: lambda_topo %g, k %d, sigma %g, every %d steps and at stage ends", c.PTA.LambdaTopo, c.PTA.K, c.PTA.Sigma, c.PTA.Every)
	}
}

func (r *run) teacherNames() string {
	s := ""
	for i, t := range r.Teachers {
		if i > 0 {
			s += ", "
		}
		s += t.Name
	}
	return s
}

func (r *run) memory() int64 {
	now, _ := r.dev.MemoryUsed()
	return now
}

// group recovers classes first .. first+count-1, or takes them from a finished
// checkpoint.
func (r *run) group(first, count int) error {
	g := &group{r: r, first: first, count: count}
	defer g.close()
	done, err := g.restore()
	if err != nil {
		return err
	}
	if !done {
		if err := g.recover(); err != nil {
			return fmt.Errorf("recover: classes %d to %d: %w", first, first+count-1, err)
		}
	}
	if err := g.collect(); err != nil {
		return err
	}
	if r.Profile != nil && first+count == r.Data.Classes {
		return g.profile()
	}
	return nil
}
