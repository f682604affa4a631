package evaluate

import (
	"fmt"
	"time"

	"reta/shared/event"
)

// report emits how far a trial and the job are. Its curve is emitted often enough to be watched, and not so often that it fills a log.
func (j *Job) report(t *training) {
	s, e := t.state, &j.list[j.at]
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
	every := max(leastEvery, time.Duration(j.seconds[j.at]*float64(time.Second)/curvesATrial))
	if moved && time.Since(j.shown) > every || e.Epoch == 0 && s.Batch == 0 {
		j.shown = time.Now()
		j.emitTrials()
		j.emitCurve(j.at, s.Curve)
	}
	done, total, left := j.left(t)
	j.Emit(event.Status{
		State: event.Evaluating, Phase: "evaluate", Done: done, Total: total, StepsPerSecond: float32(t.pace.n.Load()), ETASeconds: float32(left),
		Text: fmt.Sprintf("training student %d of %d, %s, epoch %d of %d", j.at+1, len(j.Trials), j.Trials[j.at], min(s.Epoch+1, e.Epochs), e.Epochs),
	})
}

// leastEvery is the least time between two curves of a trial, curvesATrial about how many it has at most.
const (
	leastEvery   = 500 * time.Millisecond
	curvesATrial = 100
)

// left is the steps of all trials that are done, of how many, and the seconds that the others and their labels will take by the
// forecast.
func (j *Job) left(t *training) (done, total int, seconds float64) {
	for key, making := range j.making {
		if j.sources[key] == nil {
			seconds += making
		}
	}
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
		case i == j.at:
			made := t.state.Epoch*each + t.state.Batch
			done += made
			seconds += j.seconds[i] * (1 - float64(made)/float64(steps))
		default:
			seconds += j.seconds[i]
		}
	}
	return done, total, seconds
}
