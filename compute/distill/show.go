package distill

import (
	"time"

	"reta/shared/event"
)

// watch decides how often a group shows itself: never so often that showing
// takes more than a small share of the time.
type watch struct {
	points  []event.Point
	sent    time.Time     // of the last metrics
	shown   time.Time     // of the last pictures
	cost    time.Duration // of the last pictures
	perStep time.Duration // smoothed
	stage   time.Duration // spent in steps of this stage
	cloud   time.Duration // of a class's picture when all were made
}

const (
	metricsEvery = 100 * time.Millisecond
	imagesEvery  = 250 * time.Millisecond
	showShare    = 30 // one part in so many of the time goes into showing
)

// took records the time of one step.
func (w *watch) took(d time.Duration) {
	w.stage += d
	if w.perStep == 0 {
		w.perStep = d
	}
	w.perStep += (d - w.perStep) / 8
}

// metrics adds a point and sends what has gathered.
func (w *watch) metrics(r *run, p event.Point) {
	w.points = append(w.points, p)
	if time.Since(w.sent) >= metricsEvery || p.Step == r.Recipe.Steps-1 {
		w.flush(r)
	}
}

func (w *watch) flush(r *run) {
	if len(w.points) > 0 {
		r.Emit(event.Metrics{Points: w.points})
		w.points, w.sent = nil, time.Now()
	}
}

// show sends status, images, and the feature space and thumbnails of the chosen
// class, when it is time or when forced.
func (g *group) show(force bool) error {
	w := &g.watch
	if !force && time.Since(w.shown) < max(imagesEvery, showShare*w.cost) {
		return nil
	}
	began := time.Now()
	w.flush(g.r)
	g.status()
	if err := g.showImages(); err != nil {
		return err
	}
	if err := g.showCloud(); err != nil {
		return err
	}
	w.shown = time.Now()
	w.cost = w.shown.Sub(began)
	return nil
}

func (g *group) status() {
	r := g.r
	s := event.Status{
		State: event.Recovering, Phase: "recover", Stage: g.shownStage(), Step: g.step, MemoryBytes: r.memory(),
		Done: g.done(), Total: r.Recipe.Steps * r.groups(),
	}
	if g.watch.perStep > 0 {
		s.StepsPerSecond = float32(time.Second) / float32(g.watch.perStep)
		s.ETASeconds = float32(s.Total-s.Done) / s.StepsPerSecond
	}
	r.Emit(s)
}

// shownStage is the stage that pictures belong to: the last one still when it
// has ended.
func (g *group) shownStage() int { return min(g.stage, g.r.Recipe.Stages-1) }

// done counts steps over all groups.
func (g *group) done() int { return g.first/g.r.Recipe.Batch*g.r.Recipe.Steps + g.step }

func (r *run) groups() int { return (r.Data.Classes + r.Recipe.Batch - 1) / r.Recipe.Batch }

// showImages sends all images of the group, class by class.
func (g *group) showImages() error {
	pixels, err := g.canvas.pixels.Read()
	if err != nil {
		return err
	}
	size := g.canvas.size
	each := size * size * 3
	for c := range g.count {
		rgb := make([]byte, 0, g.r.Recipe.IPC*each)
		for i := range g.r.Recipe.IPC {
			row := i*g.count + c
			rgb = g.r.appendRGB(rgb, pixels[row*each:(row+1)*each])
		}
		for first := 0; first < g.r.Recipe.IPC; {
			n := min(g.r.Recipe.IPC-first, max(1, event.MaxPixels/each))
			g.r.Emit(event.Images{
				Step: g.step, Stage: g.shownStage(), Class: g.first + c, First: first, Count: n,
				Width: size, Height: size, Pixels: rgb[first*each : (first+n)*each],
			})
			first += n
		}
	}
	return nil
}

// appendRGB appends normalised pixels [..,3] as bytes, rounded.
func (r *run) appendRGB(rgb []byte, pixels []float32) []byte {
	for i, v := range pixels {
		c := i % 3
		x := (float64(v)*r.Data.Std[c] + r.Data.Mean[c]) * 255
		rgb = append(rgb, byte(max(0, min(255, x+0.5))))
	}
	return rgb
}

// showResidual sends the moment of a residual connection, class by class.
func (g *group) showResidual(m moment, chosen []anchor) {
	each := m.size * m.size * 3
	for c := range g.count {
		e := event.Residual{
			Step: g.step, Stage: g.stage - 1, Class: g.first + c, Width: m.size, Height: m.size,
			Alpha: float32(g.r.Recipe.Alpha), Lambda: float32(g.r.Recipe.DRC.Lambda),
		}
		for i := range min(g.r.Recipe.IPC, max(1, event.MaxPixels/each)) {
			row := i*g.count + c
			a := chosen[row]
			e.Index = append(e.Index, i)
			e.Before = g.r.appendRGB(e.Before, m.before[row*each:(row+1)*each])
			e.Anchor = g.r.appendRGB(e.Anchor, m.anchor[row*each:(row+1)*each])
			e.After = g.r.appendRGB(e.After, m.after[row*each:(row+1)*each])
			e.AnchorID = append(e.AnchorID, a.id)
			e.Fit = append(e.Fit, float32(a.fit))
			e.Complexity = append(e.Complexity, float32(a.complexity))
		}
		g.r.Emit(e)
	}
}

// showRetrieval tells why each image's anchor won, and keeps which real images
// were weighed.
func (g *group) showRetrieval(chosen []anchor) {
	drc := g.r.Recipe.DRC
	for c := range g.count {
		e := event.Retrieval{
			Step: g.step, Stage: g.stage - 1, Class: g.first + c, Lambda: float32(drc.Lambda), Scale: string(drc.Scale),
			Pool: len(g.r.pool.class[g.first+c]), Top: drc.TopM, NoRepeat: drc.NoRepeat, ExcludeSelf: drc.ExcludeSelf,
		}
		seen := map[int]bool{}
		g.album.weighed[c] = nil
		for row := c; row < len(chosen); row += g.count {
			r := chosen[row].ranking
			var list []event.Candidate
			for _, k := range r.list {
				list = append(list, event.Candidate{
					ID: g.candidate(c, k.Candidate).id, Fit: float32(k.Fit), Complexity: float32(k.Complexity), Score: float32(k.Score),
					FitScaled: float32(k.fitScaled), FitOpen: float32(k.fitOpen),
					ComplexityScaled: float32(k.complexityScaled), ComplexityOpen: float32(k.complexityOpen), Own: k.own,
				})
				if !seen[k.Index] {
					seen[k.Index] = true
					g.album.weighed[c] = append(g.album.weighed[c], k.Index)
				}
			}
			e.Candidates, e.Chosen = append(e.Candidates, list), append(e.Chosen, r.chosen)
		}
		g.r.Emit(e)
	}
}
