package evaluate

import (
	"fmt"
	"time"

	"reta/shared/event"
)

// report emits how far a trial and the job are. Its curve is emitted often enough to be watched, and not so often that it fills a log.
func (j *Job) report(t *training) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s, e := t.state, &j.list[t.at]
	j.steps[t.at], j.rates[t.at] = s.Epoch*t.plan.Batches()+s.Batch, float64(t.pace.n.Load())
	rate := 0.0
	for _, r := range j.rates {
		rate += r
	}
	moved := s.Epoch != e.Epoch
	e.Epoch, e.Seconds = s.Epoch, float32(t.seconds())
	if n := len(s.Curve); n > 0 {
		b := best(s.Curve)
		e.Best, e.BestTop5, e.BestEpoch = float32(b.Top1), float32(b.Top5), b.Epoch
		for i := n - 1; i >= 0; i-- {
			if p := s.Curve[i]; p.Tested {
				e.Last, e.LastTop5 = float32(p.Top1), float32(p.Top5)
				break
			}
		}
	}
	every := max(leastEvery, time.Duration(j.seconds[t.at]*float64(time.Second)/curvesATrial))
	if moved && time.Since(j.shown) > every || e.Epoch == 0 && s.Batch == 0 {
		j.shown = time.Now()
		j.emitTrials()
		j.emitCurve(t.at, s.Curve)
	}
	done, total, left := j.left()
	j.Emit(event.Status{
		State: event.Evaluating, Phase: "evaluate", Done: done, Total: total, StepsPerSecond: float32(rate), ETASeconds: float32(left),
		Text: fmt.Sprintf("training student %d of %d, %s, epoch %d of %d", t.at+1, len(j.Trials), t.trial, min(s.Epoch+1, e.Epochs), e.Epochs),
	})
}

// leastEvery is the least time between two curves of a trial, curvesATrial about how many it has at most.
const (
	leastEvery   = 500 * time.Millisecond
	curvesATrial = 100
)

// left is the steps of all trials that are done, of how many, and the seconds that the others and their labels will take by the
// forecast.
func (j *Job) left() (done, total int, seconds float64) {
	for i, trial := range j.Trials {
		if i < j.Range[0] || i >= j.Range[1] {
			continue
		}
		plan, _ := trial.plan(j.Data.Size) // it was checked
		each := plan.Batches()
		steps := trial.Protocol.Student.Epochs * each
		total += steps
		switch {
		case j.outcomes[i] != nil:
			done += steps
		default:
			done += j.steps[i]
			seconds += j.seconds[i] * (1 - float64(j.steps[i])/float64(steps))
		}
	}
	seconds /= float64(len(j.trainers))
	for _, making := range j.toMake {
		seconds += making
	}
	return done, total, seconds
}
