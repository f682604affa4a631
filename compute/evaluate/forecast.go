package evaluate

import (
	"context"
	"fmt"
	"math"
	"time"

	"reta/compute/label"
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

// Forecast is how many seconds the trials that are not finished will take, labels and tests on corrupted images included, by the kind
// of their set, measured as Run does before the first of them.
func (j *Job) Forecast(ctx context.Context, dev *vk.Device) (seconds map[string]float64, err error) {
	j.Emit = func(event.Event) {}
	if err := j.prepare(); err != nil {
		return nil, err
	}
	defer j.close()
	if err := j.open(dev); err != nil {
		return nil, err
	}
	if err := j.forecast(ctx); err != nil {
		return nil, err
	}
	seconds = map[string]float64{}
	for i, t := range j.Trials {
		plan, _ := t.plan(j.Data.Size) // it was checked
		key := sourceKey(t, plan)
		seconds[t.Set.Kind] += j.seconds[i]/float64(len(j.trainers)) + j.toMake[key] + j.testing[i]
		delete(j.toMake, key)
	}
	return seconds, nil
}

// forecast measures one step and one test batch of every kind of student, and one batch of every kind of labels, and emits what
// the trials that are not finished will take.
func (j *Job) forecast(ctx context.Context) error {
	on := j.trainers[0]
	j.seconds, j.testing, j.toMake = make([]float64, len(j.Trials)), make([]float64, len(j.Trials)), map[string]float64{}
	costs, labels := map[*student]cost{}, labelTimes{}
	left, disk, n := 0.0, int64(0), 0
	for i, t := range j.Trials {
		if !j.due(i) {
			continue
		}
		s, err := j.student(on, t)
		if err == nil && costs[s] == (cost{}) {
			costs[s], err = s.measure(ctx, t)
		}
		online := 0.0
		if err == nil && t.Labels == event.SoftLabels {
			online, err = j.labelTime(ctx, t, s.plan, labels)
		}
		if err != nil {
			return fmt.Errorf("evaluate: %s: %w", t, err)
		}
		j.seconds[i] = costs[s].of(t, s.plan.Batches()) + online
		left += j.seconds[i]
		disk = max(disk, s.checkpointBytes())
		n++
	}
	making := 0.0
	for _, s := range j.toMake {
		making += s
	}
	if err := j.expand(); err != nil {
		return err
	}
	left /= float64(len(j.trainers))
	disk += j.labelBytes()
	used, _ := on.dev.MemoryUsed()
	used *= int64(len(j.trainers))
	if done := j.Range[1] - j.Range[0] - n; done > 0 {
		j.say("%s finished before", event.Counted(done, "trial"))
	}
	if n > 0 {
		of := ""
		if making > 0 {
			of = ", " + event.Duration(making) + " of it for making labels"
		}
		j.say("%s to make: about %s%s; %s of device memory; up to %s of disk, labels included", event.Counted(n, "trial"),
			event.Duration(left+making), of, megabytes(used), megabytes(disk))
	}
	return j.forecastCorrupted(ctx, costs)
}

// mine are the trials of Range.
func (j *Job) mine() []Trial { return j.Trials[j.Range[0]:j.Range[1]] }

// due reports whether a trial is still to be made here.
func (j *Job) due(i int) bool {
	return j.outcomes[i] == nil && i >= j.Range[0] && i < j.Range[1]
}

// labelBytes is the size of the stored labels of all trials that are not finished.
func (j *Job) labelBytes() (n int64) {
	counted := map[string]bool{}
	for i, t := range j.Trials {
		plan, _ := t.plan(j.Data.Size) // it was checked
		if key := sourceKey(t, plan); j.due(i) && t.Protocol.Labels.Source == protocol.Stored && !counted[key] {
			counted[key] = true
			n += int64(plan.Labels.Epochs) * int64(plan.Images) * int64(j.Data.Classes*plan.Labels.Bits/8)
		}
	}
	return n
}

// labelTimes are the seconds that a batch of labels takes, by the settings that its time depends on.
type labelTimes map[string]float64

// labelTime is the seconds that labels take which are made while a trial goes on. Of labels that are made before, it notes them in
// j.toMake.
func (j *Job) labelTime(ctx context.Context, t Trial, plan label.Plan, known labelTimes) (float64, error) {
	if t.Set.Labeller == nil {
		return 0, nil
	}
	each := func() (float64, error) {
		l := plan.Labels
		l.Seed, l.Epochs, l.Source = 0, 0, ""
		kind := fmt.Sprint(l)
		if known[kind] > 0 {
			return known[kind], nil
		}
		source, err := t.Set.Labeller(plan)
		if err != nil {
			return 0, err
		}
		defer closeSource(source)
		known[kind], err = timeLabels(ctx, source, plan)
		return known[kind], err
	}
	if plan.Labels.Source == protocol.Online {
		batch, err := each()
		return batch * float64(t.Protocol.Student.Epochs*plan.Batches()), err
	}
	key := sourceKey(t, plan)
	if _, noted := j.toMake[key]; noted {
		return 0, nil
	}
	epochs, err := t.Set.Lacks(plan)
	if err != nil {
		return 0, err
	}
	batch := 0.0
	if epochs > 0 {
		batch, err = each()
	}
	j.toMake[key] = batch * float64(epochs*plan.Batches())
	return 0, err
}

// timeLabels is the seconds that a full batch takes. The first is slower.
func timeLabels(ctx context.Context, source label.Source, plan label.Plan) (float64, error) {
	v, least := plan.Batch(0, 0), math.Inf(1)
	for range 3 {
		began := time.Now()
		if _, err := source.Logits(ctx, v); err != nil {
			return 0, err
		}
		least = min(least, time.Since(began).Seconds())
	}
	return least, nil
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

func megabytes(n int64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }
