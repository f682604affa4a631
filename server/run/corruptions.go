package run

import (
	"context"
	"fmt"
	"time"

	"reta/compute/evaluate"
	"reta/compute/train"
	"reta/server/corrupt"
	"reta/shared/trial"
)

// Corruptions are those of the test images that students are tested on beside.
type Corruptions struct {
	Names      []string `json:"names"`
	Severities []int    `json:"severities"`
	Seed       uint64   `json:"seed"`
	JPEG       int      `json:"jpeg"`      // quality in which corrupted images are stored, 0: as they are
	Column     int      `json:"constants"` // side in pixels that the constants were published for
	Version    int      `json:"version"`   // of the corruptions
	Frost      string   `json:"frost"`
}

// CorruptedRow is what the students of a row reach on the test images under one corruption.
type CorruptedRow struct {
	Corruption string    `json:"corruption"`
	Severities []float64 `json:"severities"` // top-1 at each, mean over seeds
	Mean       Accuracy  `json:"mean"`       // over severities
}

// mostHeld is how many bytes of corrupted images are kept in memory. More are corrupted again for every student.
const mostHeld = 1 << 30

// corruptions are the corrupted test images, none unless they are asked for.
func (e Evaluating) corruptions() (list []evaluate.Corruption, err error) {
	if e.Corruptions == nil {
		return nil, nil
	}
	for _, name := range e.Corruptions.Names {
		for _, severity := range e.Corruptions.Severities {
			s := corrupt.Setting{Corruption: name, Severity: severity, Seed: e.Corruptions.Seed, JPEG: e.Corruptions.JPEG}
			if err := s.Check(e.Set.Size); err != nil {
				return nil, fmt.Errorf("evaluate: %w", err)
			}
			images := corrupt.Images{Source: e.Set.Test, Setting: s, Side: e.Set.Size}
			seconds, err := timed(images)
			if err != nil {
				return nil, err
			}
			list = append(list, evaluate.Corruption{
				Name: name, Severity: severity, Key: fmt.Sprintf("v%d-seed%d-jpeg%d", corrupt.Version, s.Seed, s.JPEG), Seconds: seconds,
				Open: func(ctx context.Context, progress func(int)) (train.Source, error) {
					return held(ctx, images, progress)
				},
			})
		}
	}
	return list, nil
}

// timed is how long all of some images take, by two.
func timed(m corrupt.Images) (seconds float64, err error) {
	n := min(2, m.Len())
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i * m.Len() / n
	}
	began := time.Now()
	err = m.Batch(idx, make([]byte, n*m.Side*m.Side*3))
	return time.Since(began).Seconds() / float64(n) * float64(m.Len()), err
}

// held is corrupted images in memory where they fit.
func held(ctx context.Context, m corrupt.Images, progress func(done int)) (train.Source, error) {
	if int64(m.Len())*int64(m.Side*m.Side*3) > mostHeld {
		return m, nil
	}
	return m.Hold(ctx, progress)
}

// corrupted adds what the trials of a row reach on corrupted images: by corruption, and the mean over all corruptions and severities.
func (r *EvaluationRow) corrupted(outcomes []evaluate.Outcome, of []int) {
	if len(of) == 0 || len(outcomes[of[0]].Corrupted) == 0 {
		return
	}
	all := meanOver(outcomes, of, func(evaluate.Corrupted) bool { return true })
	r.Corrupted = &all
	for _, c := range outcomes[of[0]].Corrupted {
		n := len(r.Corruptions)
		if n == 0 || r.Corruptions[n-1].Corruption != c.Corruption {
			r.Corruptions = append(r.Corruptions, CorruptedRow{Corruption: c.Corruption, Mean: meanOver(outcomes, of, func(x evaluate.Corrupted) bool { return x.Corruption == c.Corruption })})
			n++
		}
		one := meanOver(outcomes, of, func(x evaluate.Corrupted) bool { return x.Corruption == c.Corruption && x.Severity == c.Severity })
		r.Corruptions[n-1].Severities = append(r.Corruptions[n-1].Severities, one.Top1)
	}
}

// meanOver is the accuracy of each of some trials on the mean of the corruptions wanted, over the trials.
func meanOver(outcomes []evaluate.Outcome, of []int, want func(evaluate.Corrupted) bool) Accuracy {
	var top1, top5 []float64
	for _, i := range of {
		one, five, n := 0.0, 0.0, 0.0
		for _, c := range outcomes[i].Corrupted {
			if want(c) {
				one, five, n = one+c.Top1, five+c.Top5, n+1
			}
		}
		top1, top5 = append(top1, one/n), append(top5, five/n)
	}
	return accuracyOf(trial.Of(top1), trial.Of(top5))
}
