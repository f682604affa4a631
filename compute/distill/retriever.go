package distill

import (
	"errors"
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/shared/retrieval"
)

// retriever is the Dynamic Retrieval Connection of one group on the device: the
// pool's features, uploaded once, and the recorded passes that score every
// candidate of a class for every image of it (Eqn 4).
type retriever struct {
	r          *run
	first      int // class
	parts      []*part
	complexity map[int][][]float64 // by resolution: c(o) of the candidates of each class
}

// part is classes first .. first+count-1 of the group: as many as the device
// binds at once.
type part struct {
	first, count, longest int
	pool                  *graph.Variable // [M,F]
	exec                  *graph.Exec
	queries, scaled, own  *graph.Node // [count,IPC,F], [M,2], [count,IPC]
	lambda                *graph.Node // [1]
	fit, score, best      *graph.Node // see Score and Best
}

// newRetriever uploads the pool of classes first .. first+count-1, in parts of
// no tensor above limit bytes.
func (r *run) newRetriever(first, count int, limit int64) (*retriever, error) {
	t := &retriever{r: r, first: first, complexity: map[int][][]float64{}}
	for at := 0; at < count; {
		n := r.fitting(first+at, count-at, limit)
		p, err := t.upload(at, n)
		if err != nil {
			t.close()
			return nil, err
		}
		t.parts = append(t.parts, p)
		at += n
	}
	drc, terms := r.Recipe.DRC, ""
	if drc.NoRepeat {
		terms += ", no anchor twice in a class"
	}
	if drc.ExcludeSelf {
		terms += ", never the image a patch was cut from"
	}
	parts := ""
	if len(t.parts) > 1 {
		parts = fmt.Sprintf(" in %d parts", len(t.parts))
	}
	r.say("retrieval: classes %d to %d: %d candidates of %d features on the device%s; lambda %g, %s scale, sigma %g px, top %d%s",
		first, first+count-1, r.pool.start[first+count]-r.pool.start[first], r.pool.Width, parts, drc.Lambda, drc.Scale,
		drc.BlurSigma, drc.TopM, terms)
	return t, nil
}

// fitting is how many of count classes from first on go into one part: at least
// one, and no tensor above limit bytes.
func (r *run) fitting(first, count int, limit int64) int {
	longest := 0
	for n := range count {
		longest = max(longest, len(r.pool.Class[first+n]))
		candidates := r.pool.start[first+n+1] - r.pool.start[first]
		features, scores := candidates*r.pool.Width, 2*(n+1)*r.Recipe.IPC*longest
		if n > 0 && int64(4*max(features, scores)) > limit {
			return n
		}
	}
	return count
}

// upload makes one part of count classes, the group's class first and on.
func (t *retriever) upload(first, count int) (*part, error) {
	r, drc, class := t.r, t.r.Recipe.DRC, t.first+first
	from, to := r.pool.start[class], r.pool.start[class+count]
	features := r.pool.features[from*r.pool.Width : to*r.pool.Width]
	if limit := r.dev.Info().Limits.StorageRange; int64(4*len(features)) > limit {
		return nil, fmt.Errorf("retrieval: the %d candidates of class %d, of %d features each, take %d MiB: want at most the %d MiB that this device binds at once; limit them with --per-class",
			to-from, class, r.pool.Width, len(features)>>18, limit>>20)
	}
	if i := notUnit(features, r.pool.Width); i >= 0 {
		image := slices.Concat(r.pool.Class[class : class+count]...)[i]
		return nil, fmt.Errorf("retrieval: the feature of %s under %s is not of length 1: the teacher's weights are unusable", r.Data.Train.ID(image), r.phi().Name)
	}
	p := &part{first: first, count: count}
	var segments []uint32
	for c := class; c < class+count; c++ {
		n := len(r.pool.Class[c])
		segments = append(segments, uint32(r.pool.start[c]-from), uint32(n))
		p.longest = max(p.longest, n)
	}
	var err error
	if p.pool, err = graph.NewVariable(r.dev, "pool", graph.F32, true, to-from, r.pool.Width); err != nil {
		return nil, err
	}
	g := graph.New(r.dev)
	p.queries = g.Input("queries", graph.F32, count, r.Recipe.IPC, r.pool.Width)
	p.scaled = g.Input("complexity", graph.F32, to-from, 2)
	p.own = g.Input("own", graph.U32, count, r.Recipe.IPC)
	s := g.Input("segments", graph.U32, count, 2)
	p.fit = SegmentDistances(p.queries, g.Variable(p.pool), s, p.longest)
	p.lambda = g.Input("lambda", graph.F32, 1)
	p.score = Score(p.fit, p.scaled, s, p.lambda, drc.Scale)
	p.best = Best(p.score, p.fit, s, p.own, drc.TopM)
	outputs := []*graph.Node{p.best, p.fit} // see distances
	if drc.NoRepeat {
		outputs = append(outputs, p.score) // assignment looks at all
	}
	if p.exec, err = g.Compile(graph.CompileOptions{Name: "retrieval", Outputs: outputs}); err == nil {
		err = firstError(p.pool.Write(features), p.exec.SetU32(s, segments))
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (t *retriever) close() {
	for _, p := range t.parts {
		p.close()
	}
	t.parts = nil
}

func (p *part) close() {
	if p.exec != nil {
		p.exec.Close()
	}
	p.pool.Free()
}

// choose gives every image its anchor and best candidates, [class][image], for
// queries [classes,IPC,F] and complexities at resolution size. own is each
// image's starting patch in its class, [class][image], -1 for none.
func (t *retriever) choose(queries []float32, size int, own [][]int) ([][]retrieval.Choice, error) {
	if t.complexity[size] == nil {
		c, err := t.r.complexities(t.first, len(own), size)
		if err != nil {
			return nil, err
		}
		t.complexity[size] = c
	}
	choices := make([][]retrieval.Choice, 0, len(own))
	for _, p := range t.parts {
		each := p.queries.Size()
		if err := t.rank(p, queries[:each], size, own[p.first:p.first+p.count]); err != nil {
			return nil, err
		}
		queries = queries[each:]
		best, err := p.exec.Get(p.best)
		if err != nil {
			return nil, err
		}
		for c := range p.count {
			n := len(best) / p.count
			class, err := t.read(best[c*n:(c+1)*n], t.complexity[size][p.first+c])
			if err != nil {
				return nil, fmt.Errorf("class %d: %w", t.first+p.first+c, err)
			}
			choices = append(choices, class)
		}
		if t.r.Recipe.DRC.NoRepeat {
			if err := t.assign(p, size, own[p.first:], choices[p.first:]); err != nil {
				return nil, err
			}
		}
	}
	return choices, nil
}

// rank runs one part.
func (t *retriever) rank(p *part, queries []float32, size int, own [][]int) error {
	drc := t.r.Recipe.DRC
	var scaled []float32
	var excluded []uint32
	for c := range p.count {
		clipped, open := retrieval.ScaleComplexity(t.complexity[size][p.first+c], drc.Scale)
		for i := range clipped {
			scaled = append(scaled, float32(clipped[i]), float32(open[i]))
		}
		for _, patch := range own[c] {
			if !drc.ExcludeSelf || patch < 0 {
				excluded = append(excluded, noPatch)
				continue
			}
			excluded = append(excluded, uint32(patch))
		}
	}
	e := p.exec
	return firstError(e.Set(p.queries, queries), e.Set(p.scaled, scaled), e.SetU32(p.own, excluded), e.Set(p.lambda, []float32{float32(drc.Lambda)}), e.Run(t.r.ctx))
}

// read turns Best's rows of one class into choices.
func (t *retriever) read(best []float32, complexity []float64) ([]retrieval.Choice, error) {
	candidate := func(v []float32) retrieval.Candidate {
		return retrieval.Candidate{Index: int(v[0]), Fit: float64(v[1]), Complexity: complexity[int(v[0])], Score: float64(v[2])}
	}
	choices := make([]retrieval.Choice, t.r.Recipe.IPC)
	each := len(best) / len(choices)
	for i := range choices {
		row := best[i*each : (i+1)*each]
		if row[0] < 0 {
			return nil, fmt.Errorf("retrieval: image %d can have no patch: its feature is not finite, or the pool holds its own patch only", i)
		}
		choices[i].Anchor = candidate(row)
		for at := 4; at < len(row) && row[at] >= 0; at += 4 {
			choices[i].Top = append(choices[i].Top, candidate(row[at:]))
		}
	}
	return choices, nil
}

// distances visits what the last choose ranked each class of the group by: |q-z|^2 [IPC,longest] of which the first
// len(complexity) of a row are the class's, and c(o) at resolution size.
func (t *retriever) distances(size int, visit Visit) error {
	for _, p := range t.parts {
		all, err := p.exec.Get(p.fit)
		if err != nil {
			return err
		}
		each := len(all) / p.count
		for c := range p.count {
			class := p.first + c
			if err := visit(class, all[c*each:(c+1)*each], p.longest, t.complexity[size][class]); err != nil {
				return err
			}
		}
	}
	return nil
}

// assign replaces the anchors of one part by those of least sum of scores
// without repeats.
func (t *retriever) assign(p *part, size int, own [][]int, choices [][]retrieval.Choice) error {
	fit, err1 := p.exec.Get(p.fit)
	score, err2 := p.exec.Get(p.score)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for c := range p.count {
		complexity, images := t.complexity[size][p.first+c], len(choices[c])
		at := func(i, patch int) int { return (c*images+i)*p.longest + patch }
		excluded := own[c]
		if !t.r.Recipe.DRC.ExcludeSelf {
			excluded = nil
		}
		anchors, err := retrieval.Assign(images, len(complexity), excluded, func(i, patch int) float64 { return float64(score[2*at(i, patch)]) })
		if err != nil {
			return fmt.Errorf("class %d: %w", t.first+p.first+c, err)
		}
		for i, k := range anchors {
			choices[c][i].Anchor = retrieval.Candidate{Index: k, Fit: float64(fit[at(i, k)]), Complexity: complexity[k], Score: float64(score[2*at(i, k)])}
		}
	}
	return nil
}
