package distill

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/recipe"
)

// Pool is the real side of a run: for every class the training images that are retrieval candidates (the paper's p_c), with
// their features under the teacher that gives phi.
type Pool struct {
	Class    [][]int   // training images of each class, in order
	Width    int       // F
	start    []int     // row of each class's first candidate
	features []float32 // [M,F], phi/|phi|, once embedded
	lengths  []float32 // [M], |phi|
	key      []any     // what the list depends on besides the data
}

// newPool lists the candidates: all training images of a class, or as many as the recipe's limit.
func newPool(data train.Data, rec recipe.Recipe) (*Pool, error) {
	limit, sample := rec.Pool.Limit, rec.Pool.Sample
	if !rec.UsesPool() {
		limit = rec.PTA.MaxPoints // real features serve the diagnostics only
	}
	p := &Pool{Class: make([][]int, data.Classes), start: make([]int, data.Classes+1), key: []any{limit}}
	for i := range data.Train.Len() {
		c := data.Train.Label(i)
		p.Class[c] = append(p.Class[c], i)
	}
	for c, images := range p.Class {
		if len(images) == 0 {
			return nil, fmt.Errorf("recover: %s: class %d has no training image", data.Name, c)
		}
		if limit > 0 && len(images) > limit {
			if sample == recipe.BySeed {
				p.key = []any{limit, "seed", rec.Seed}
				images = sampled(images, nn.NewDraws(rec.Seed, streamPool, c).Perm(len(images))[:limit])
			}
			p.Class[c] = images[:limit]
		}
		p.start[c+1] = p.start[c] + len(p.Class[c])
	}
	return p, nil
}

// sampled are the images at the given places, in their own order.
func sampled(images, places []int) []int {
	slices.Sort(places)
	list := make([]int, len(places))
	for i, at := range places {
		list[i] = images[at]
	}
	return list
}

// Size is the number of candidates, M.
func (p *Pool) Size() int { return p.start[len(p.Class)] }

// Features are those of class c, [len(Class[c]),F], of length 1.
func (p *Pool) Features(c int) []float32 {
	return p.features[p.start[c]*p.Width : p.start[c+1]*p.Width]
}

// Lengths are |phi| of class c, [len(Class[c])].
func (p *Pool) Lengths(c int) []float32 { return p.lengths[p.start[c]:p.start[c+1]] }

// embed computes the pool's features when they are first asked for, or reads them from the cache, where a file holds
// features and lengths one behind the other.
func (r *run) embed() error {
	p, teacher := r.pool, r.phi()
	if p.features != nil {
		return nil
	}
	p.Width = teacher.Width()
	all := p.Size() * p.Width
	valid := func(v []float32) bool {
		return notUnit(v[:all], p.Width) < 0 && !slices.ContainsFunc(v[all:], func(l float32) bool { return !(l > 0 && l <= math.MaxFloat32) })
	}
	v, err := cached(r.warn, r.poolFile(), []int{all + p.Size()}, valid, func() ([]float32, error) {
		images := wholeImages(slices.Concat(p.Class...), r.Data.Size)
		e, err := newEmbedder(r.dev, teacher, r.Data, len(images), 1)
		if err != nil {
			return nil, err
		}
		defer e.pass.Close()
		features, lengths := make([]float32, 0, all+p.Size()), make([]float32, 0, p.Size())
		err = e.each(r.ctx, images, func(b graph.Batch) error {
			var phi []float32
			if err := firstError(b.Append(&features, e.unit), b.Append(&phi, e.phi)); err != nil {
				return err
			}
			for row := range b.End - b.First {
				lengths = append(lengths, length(phi[row*p.Width:][:p.Width]))
			}
			r.progress("pool", "features of the real images", b.End, len(images))
			return nil
		})
		if err != nil {
			return nil, err
		}
		return append(features, lengths...), nil
	})
	if err != nil {
		return err
	}
	p.features, p.lengths = v[:all:all], v[all:]
	return nil
}

// poolFile is the file of the cache with the pool's features, "" where nothing is kept.
func (r *run) poolFile() string {
	return r.cacheFile("features", append([]any{r.phi().Name}, r.pool.key...)...)
}

// PoolFile is the file of the job's cache that Embed makes, and recovery reads where it is there.
func PoolFile(job Job) (string, error) {
	p, err := newPool(job.Data, job.Recipe)
	if err != nil {
		return "", err
	}
	return (&run{Job: job, pool: p}).poolFile(), nil
}

// Embed computes what all groups of a job read of all real images, the features of the pool, and keeps it in the job's cache.
func Embed(ctx context.Context, dev *vk.Device, job Job) error {
	r, err := newRun(ctx, dev, job)
	if err != nil {
		return err
	}
	defer r.Steering.end()
	return r.embed()
}

// CheckPool refuses a file that does not hold features as PoolFile names them, whole.
func CheckPool(file string) error {
	f, err := nn.OpenSealed(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if got := f.Metadata("cache"); got != filepath.Base(file) {
		return fmt.Errorf("%s: it was made as %.80q", file, got)
	}
	return nil
}

// length is the Euclidean norm.
func length(v []float32) float32 {
	square := 0.0
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	return float32(math.Sqrt(square))
}

// notUnit is the first row of features [n,width] whose length is not 1, within
// float32, or -1.
func notUnit(features []float32, width int) int {
	for at := 0; at < len(features); at += width {
		if l := length(features[at : at+width]); !(math.Abs(float64(l)-1) < 5e-4) {
			return at / width
		}
	}
	return -1
}
