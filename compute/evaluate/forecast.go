package evaluate

import (
	"context"
	"fmt"
	"time"

	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/event"
	"reta/shared/protocol"
)

// cost is what a student's steps and tests take, measured.
type cost struct {
	step float64 // seconds, on a full batch
	test float64 // seconds, of the whole split
}

// forecast measures one step and one test batch of every kind of student, and emits what the trials that are not finished
// will take.
func (j *Job) forecast(ctx context.Context, dev *vk.Device) error {
	j.seconds = make([]float64, len(j.Trials))
	costs := map[*student]cost{}
	for i, t := range j.Trials {
		if j.outcomes[i] != nil {
			continue
		}
		s, err := j.student(dev, t)
		if err == nil && costs[s] == (cost{}) {
			costs[s], err = s.measure(ctx, t)
		}
		if err != nil {
			return fmt.Errorf("evaluate: %s: %w", t, err)
		}
	}
	left, disk := 0.0, int64(0)
	labels := map[string]int64{} // bytes of stored ones
	for i, t := range j.Trials {
		if j.outcomes[i] == nil {
			s, _ := j.student(dev, t)
			j.seconds[i] = costs[s].of(t, s.plan.Batches())
			left += j.seconds[i]
			disk = max(disk, s.checkpointBytes())
			if t.Protocol.Labels.Source == protocol.Stored {
				labels[sourceKey(t, s.plan)] = int64(s.plan.Labels.Epochs) * int64(s.plan.Images) * int64(j.Data.Classes*s.plan.Labels.Bits/8)
			}
		}
	}
	for _, n := range labels {
		disk += n
	}
	used, _ := dev.MemoryUsed()
	n := 0
	for _, o := range j.outcomes {
		if o == nil {
			n++
		}
	}
	if done := len(j.outcomes) - n; done > 0 {
		j.say("%s finished before", event.Counted(done, "trial"))
	}
	if n > 0 {
		j.say("%s to make: about %s, without making labels; %s of device memory; up to %s of disk, labels included", event.Counted(n, "trial"),
			duration(left), megabytes(used), megabytes(disk))
	}
	return nil
}

// of is what a trial takes, in seconds.
func (c cost) of(t Trial, batches int) float64 {
	return float64(t.Protocol.Student.Epochs*batches)*c.step + float64(tests(t))*c.test
}

// tests is how often a trial is tested, the answers at the end included.
func tests(t Trial) int {
	n := 1
	for e := range t.Protocol.Student.Epochs {
		if t.Protocol.Test.After(e, t.Protocol.Student.Epochs) {
			n++
		}
	}
	return n
}

// measure times a step on drawn weights, which it spoils, and a test batch.
func (s *student) measure(ctx context.Context, t Trial) (c cost, err error) {
	if err := s.begin(0); err != nil {
		return c, err
	}
	p := s.programs[batchSize(s.plan, 0)]
	run := &training{student: s, trial: t}
	b := &steps{block: p.tables.block(), program: p}
	for at, v := range s.plan.Epoch(0) {
		if at > 0 {
			break
		}
		if err := run.inputs(b, v); err != nil {
			return c, err
		}
	}
	least := time.Duration(1<<63 - 1)
	for range 3 { // the first is slower
		began := time.Now()
		if _, err := s.run(ctx, p, b.block, 1); err != nil {
			return c, err
		}
		least = min(least, time.Since(began))
	}
	n := min(testBatch, s.data.Test.Len())
	began := time.Now()
	if _, err := s.scorer.Run(ctx, first{s.data.Test, n}, nil); err != nil {
		return c, err
	}
	return cost{least.Seconds(), time.Since(began).Seconds() * float64(s.data.Test.Len()) / float64(n)}, nil
}

// first is the first n images of a source.
type first struct {
	train.Source
	n int
}

func (f first) Len() int { return f.n }

// checkpointBytes is the size of a checkpoint.
func (s *student) checkpointBytes() (n int64) {
	for _, v := range s.variables() {
		n += 4 * int64(v.Shape().Size())
	}
	return n
}

// duration is a time in words that are as exact as a forecast.
func duration(seconds float64) string {
	switch {
	case seconds < 90:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds < 5400:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.1f h", seconds/3600)
}

func megabytes(n int64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }
