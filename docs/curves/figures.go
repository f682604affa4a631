package main

import (
	"fmt"
	"path/filepath"
)

var anchorTitle = map[anchorKind]string{
	meanAnchor: "the class mean", nearestAnchor: "the nearest image", threeAnchors: "one of three images",
}

var sigmaColour = map[float64]string{0.05: red, 0.1: orange, 0.2: blue, 0.3: sky}

// figureImages is how many images of a class the figures compare.
const figureImages = 50

// draw writes the figures of docs/pull-to-anchor.md to a folder.
func (s *study) draw(folder string) error {
	for name, figure := range map[string]func() (*figure, error){
		"pull-to-anchor-scale.svg":  s.scaleFigure,
		"pull-to-anchor-pull.svg":   s.pullFigure,
		"pull-to-anchor-pixels.svg": s.pixelFigure,
		"pull-to-anchor-levels.svg": s.levelFigure,
	} {
		f, err := figure()
		if err != nil {
			return err
		}
		if err := f.write(filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// summaries are those of one quantity at each place of curves.
func summaries(curves [][]reading, quantity func(reading) float64) []summary {
	list := make([]summary, len(curves[0]))
	for i := range list {
		list[i] = of(across(curves, i), quantity)
	}
	return list
}

func sigmaName(sigma float64) string { return fmt.Sprintf("σ = %g", sigma) }

// turns rings the place of a curve where half of the sets' descent has turned, if half of them turn at all.
func (p panel) turn(curves [][]reading, xs []float64, means []summary, colour string) {
	var at []float64
	for _, c := range curves {
		at = append(at, turn(c))
	}
	t := summarise(at)
	if 2*t.n < len(at) {
		return
	}
	for i := 1; i < len(xs); i++ {
		if (xs[i-1]-t.median)*(xs[i]-t.median) <= 0 {
			share := (t.median - xs[i-1]) / (xs[i] - xs[i-1])
			p.ring(t.median, means[i-1].mean+share*(means[i].mean-means[i-1].mean), colour)
			return
		}
	}
}

// scaleFigure shows L_topo of a set stretched about its mean, at two sizes.
func (s *study) scaleFigure() (*figure, error) {
	f := &figure{width: 900, height: 340}
	for i, p := range []pairing{{10, false}, {50, true}} {
		left := 65 + float64(i)*390
		plot := f.panel(
			axis{low: 0.1, high: 1.5, ticks: []float64{0.1, 0.5, 1, 1.5}, start: left, end: left + 360},
			axis{low: 0, high: 1.6, ticks: []float64{0, 0.5, 1, 1.5}, start: 285, end: 50},
			map[int]string{0: "10 features against 10 others", 1: "50 features against themselves"}[i],
			"scale s of the synthetic set about its mean", map[int]string{0: "L_topo, relative"}[i])
		plot.mark(1, "as drawn")
		var labels []label
		for _, sigma := range sigmas {
			c, err := s.curves(p, setting{unit, middle.k, sigma})
			if err != nil {
				return nil, err
			}
			l := summaries(c.scale, total)
			colour := sigmaColour[sigma]
			if sigma == middle.sigma {
				plot.band(scales, l, colour)
			}
			plot.line(scales, l, colour, "")
			plot.turn(c.scale, scales, l, colour)
			labels = append(labels, label{l[0].mean, colour, sigmaName(sigma)})
		}
		if i == 1 {
			plot.names(labels)
		}
	}
	return f, nil
}

// pullFigure shows L_topo of sets pulled to their anchors, and how many of them a descent step narrows further.
func (s *study) pullFigure() (*figure, error) {
	f := &figure{width: 900, height: 590}
	for i, kind := range anchorKinds {
		left := 65 + float64(i)*258
		x := axis{low: 0, high: 0.9, ticks: []float64{0, 0.25, 0.5, 0.75}, start: left, end: left + 235}
		only := func(column int, words string) string { return map[int]string{column: words}[i] }
		loss := f.panel(x, axis{low: 0, high: 1.6, ticks: []float64{0, 0.5, 1, 1.5}, start: 265, end: 50},
			"To "+anchorTitle[kind], "pull t", only(0, "L_topo, relative (n = 50)"))
		share := f.panel(x, axis{low: 0, high: 100, ticks: []float64{0, 50, 100}, start: 540, end: 360},
			only(0, "Sets that descent narrows further: n = 50, and dotted n = 10"), "pull t", only(0, "% of sets"))
		loss.mark(connection, only(1, "a connection"))
		share.mark(connection, "")
		var labels []label
		for _, sigma := range sigmas {
			colour := sigmaColour[sigma]
			large, err := s.curves(pairing{50, true}, setting{unit, middle.k, sigma})
			if err != nil {
				return nil, err
			}
			small, err := s.curves(pairing{10, false}, setting{unit, middle.k, sigma})
			if err != nil {
				return nil, err
			}
			l := summaries(large.pull[kind], total)
			if sigma == middle.sigma {
				loss.band(pulls, l, colour)
			}
			loss.line(pulls, l, colour, "")
			loss.turn(large.pull[kind], pulls, l, colour)
			percent := func(r reading) float64 { return 100 * wrong(r) }
			share.line(pulls, summaries(large.pull[kind], percent), colour, "")
			share.line(pulls, summaries(small.pull[kind], percent), colour, "2 4")
			labels = append(labels, label{l[len(l)-1].mean, colour, sigmaName(sigma)})
		}
		if i == len(anchorKinds)-1 {
			loss.names(labels)
		}
	}
	return f, nil
}

// pixelFigure shows what blending images does to a class beside the straight line of the linearisation.
func (s *study) pixelFigure() (*figure, error) {
	f := &figure{width: 925, height: 350}
	at := setting{unit, middle.k, middle.sigma}
	for i, q := range []struct {
		of            func(reading) float64
		title, beside string
		high          float64
	}{
		{spread, "Spread of the class", "mean distance over the real set's", 1.2},
		{kappa, "Pull-to-anchor measure", "κ, share of its largest value", 1},
	} {
		left := 65 + float64(i)*390
		plot := f.panel(
			axis{low: 0, high: 0.9, ticks: []float64{0, 0.25, 0.5, 0.75}, start: left, end: left + 310},
			axis{low: 0, high: q.high, ticks: []float64{0, 0.5, 1}, start: 295, end: 50},
			q.title, "share t of the anchor", q.beside)
		plot.mark(connection, "a connection")
		var labels []label
		for _, kind := range blendAnchors {
			colour := map[anchorKind]string{nearestAnchor: blue, threeAnchors: red}[kind]
			c, err := s.curves(pairing{50, true}, at)
			if err != nil {
				return nil, err
			}
			line := summaries(c.pull[kind], q.of)
			plot.line(pulls, line, colour, "2 4")
			xs, ys := []float64{0}, line[:1:1]
			for _, t := range blendShares {
				pixel, err := s.blendsOf(pairing{50, true}, kind, t)(at)
				if err != nil {
					return nil, err
				}
				xs, ys = append(xs, t), append(ys, of(pixel, q.of))
			}
			plot.line(xs, ys, colour, "")
			for j, x := range xs[1:] {
				plot.dot(x, ys[j+1], colour)
			}
			labels = append(labels, label{line[len(line)-1].mean, colour, anchorTitle[kind]})
		}
		if i == 1 {
			plot.names(labels)
			continue
		}
		f.text(left+12, plot.y.start-60, "start", ink, "dotted: straight line in features (Eqn 7)")
		f.text(left+12, plot.y.start-40, "start", ink, "dots: images blended, then embedded")
	}
	return f, nil
}

// levelFigure shows the loss of another draw beside that of pulled sets.
func (s *study) levelFigure() (*figure, error) {
	f := &figure{width: 900, height: 400}
	for i, p := range []pairing{{10, false}, {25, false}} {
		left := 190 + float64(i)*350
		plot := f.panel(
			axis{low: 1e-3, high: 2, log: true, ticks: []float64{0.001, 0.01, 0.1, 1}, start: left, end: left + 320},
			axis{low: 0, high: 1, start: 345, end: 50},
			fmt.Sprintf("%d features against %d others", p.n, p.n), "L_topo, relative", "")
		for j, row := range []struct {
			name string
			read func(at setting) ([]reading, error)
		}{
			{"as drawn", s.pulledBy(p, nearestAnchor, 0)},
			{"blended with the nearest", s.blendsOf(p, nearestAnchor, connection)},
			{"blended with one of three", s.blendsOf(p, threeAnchors, connection)},
			{"halfway to the nearest", s.pulledBy(p, nearestAnchor, connection)},
			{"halfway to one of three", s.pulledBy(p, threeAnchors, connection)},
			{"halfway to the mean", s.pulledBy(p, meanAnchor, connection)},
		} {
			y := 76 + 48*float64(j)
			if i == 0 {
				f.text(left-12, y+4, "end", ink, row.name)
			}
			for k, sigma := range sigmas {
				r, err := row.read(setting{unit, middle.k, sigma})
				if err != nil {
					return nil, err
				}
				at := of(r, total)
				plot.bar(at, y+9*(float64(k)-1.5), sigmaColour[sigma])
				if i == 0 && j == 5 { // with room to the left
					f.text(plot.x.at(0.0013), y-20+15*float64(k), "start", sigmaColour[sigma], sigmaName(sigma))
				}
				if j == 0 && sigma == middle.sigma {
					plot.mark(at.mean, "")
				}
			}
		}
	}
	return f, nil
}

// blendsOf reads the sets of images blended by share t.
func (s *study) blendsOf(p pairing, kind anchorKind, t float64) func(setting) ([]reading, error) {
	return func(at setting) (pixel []reading, err error) {
		list, err := s.blended(p, at, kind, t)
		for _, b := range list {
			pixel = append(pixel, b.pixel)
		}
		return pixel, err
	}
}

// pulledBy reads the sets pulled by t.
func (s *study) pulledBy(p pairing, kind anchorKind, t float64) func(setting) ([]reading, error) {
	return func(at setting) ([]reading, error) { return s.pulledReadings(p, at.view, at.options(), kind, t) }
}
