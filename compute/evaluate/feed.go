package evaluate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"reta/compute/label"
	"reta/compute/nn"
)

// steps are some steps of one epoch on batches of one size, ready for the device.
type steps struct {
	*block
	program             *program
	epoch, first, count int // batches first to first+count-1 of an epoch
	err                 error
}

// feeder prepares the steps of a training ahead of the device.
type feeder struct {
	*training
	out   chan *steps
	pools map[*program]chan *block // empty ones
}

// feed prepares all steps from an epoch and batch on, a block ahead. It ends after the last, at an error, or at the end of ctx.
func (t *training) feed(ctx context.Context, epoch, batch int) *feeder {
	f := &feeder{t, make(chan *steps), map[*program]chan *block{}}
	for _, p := range t.programs {
		f.pools[p] = make(chan *block, 2) // one that runs, one that is filled
		for range 2 {
			f.pools[p] <- p.tables.block()
		}
	}
	go func() {
		defer close(f.out)
		for ; epoch < t.trial.Protocol.Student.Epochs; epoch, batch = epoch+1, 0 {
			if !f.epoch(ctx, epoch, batch) {
				return
			}
		}
	}()
	return f
}

// epoch prepares the steps of an epoch from a batch on. It reports whether the next epoch may follow.
func (f *feeder) epoch(ctx context.Context, epoch, from int) bool {
	var s *steps
	most := 0
	for b, v := range f.plan.Epoch(f.viewed(epoch)) {
		if b < from {
			continue
		}
		p := f.programs[len(v.Index)]
		if s != nil && (s.count == most || s.program != p) {
			if !f.send(ctx, s) {
				return false
			}
			s = nil
		}
		if s == nil {
			s = &steps{program: p, epoch: epoch, first: b}
			most = min(p.tables.runs, f.pace.steps())
			select {
			case s.block = <-f.pools[p]:
			case <-ctx.Done():
				return false
			}
		}
		if s.err = f.fill(ctx, s, b, v); s.err != nil {
			break
		}
		s.count++
	}
	return s == nil || f.send(ctx, s) // nil: the epoch was done
}

// send hands steps over. It reports whether more are wanted.
func (f *feeder) send(ctx context.Context, s *steps) bool {
	select {
	case f.out <- s:
		return s.err == nil
	case <-ctx.Done():
		return false
	}
}

// done gives the block of steps back that have been made.
func (f *feeder) done(s *steps) { f.pools[s.program] <- s.block }

// fill writes the inputs of the step on batch b of an epoch.
func (f *feeder) fill(ctx context.Context, s *steps, b int, v label.View) error {
	p := s.program
	s.block.run = s.count
	if err := f.inputs(s, v); err != nil {
		return err
	}
	hard, _ := f.trial.Protocol.Student.Hard(s.epoch)
	if err := p.choose(s.block, hard); err != nil {
		return err
	}
	if hard {
		return errors.Join(f.mixed(s, v), p.hyper(s.block, f.trial.Protocol.Student, s.epoch, s.epoch*f.plan.Batches()+b+1))
	}
	if f.labels != nil {
		logits, err := f.labels.Logits(ctx, v)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(logits, func(x float32) bool { return x != x }) {
			return fmt.Errorf("labels of epoch %d, batch %d: some are not a number: want logits of every image: relabel", v.Epoch+1, b+1)
		}
		for _, m := range p.micro {
			if err := s.block.Set(m.logits, logits[m.from*f.data.Classes:(m.from+m.n)*f.data.Classes]); err != nil {
				return err
			}
		}
	}
	return p.hyper(s.block, f.trial.Protocol.Student, s.epoch, s.epoch*f.plan.Batches()+b+1)
}

// viewed is the epoch of the plan whose views an epoch of the training is shown.
func (t *training) viewed(epoch int) int {
	hard, nth := t.trial.Protocol.Student.Hard(epoch)
	if hard {
		return t.plan.Unlabelled(nth)
	}
	return t.plan.Stored(nth)
}

// mixed writes the classes of a batch as labels, smoothed and mixed as the images are.
func (t *training) mixed(s *steps, v label.View) error {
	images, classes := t.trial.Set.Images, t.data.Classes
	smoothing, share := t.trial.Protocol.Student.Smoothing, t.plan.Share(v)
	for _, m := range s.program.micro {
		probs := make([]float32, m.n*classes)
		for i := range m.n {
			row := probs[i*classes : (i+1)*classes]
			for c := range row {
				row[c] = float32(smoothing / float64(classes))
			}
			own := images.Label(v.Index[m.from+i])
			other := images.Label(v.Index[v.Partner[m.from+i]])
			row[own] += float32((1 - smoothing) * share)
			row[other] += float32((1 - smoothing) * (1 - share))
		}
		if err := s.block.Set(m.probs, probs); err != nil {
			return err
		}
	}
	return nil
}

// inputs writes the views and classes of a batch.
func (t *training) inputs(s *steps, v label.View) error {
	images := t.trial.Set.Images
	errs := []error{
		s.program.views.Set(s.block, images, v),
		s.block.SetU32(s.program.masks, nn.MaskSeed(uint64(t.trial.Seed), int(streamMasks), s.epoch, v.Batch)),
	}
	if s.program.dsa != nil {
		d := nn.NewDraws(uint64(t.trial.Seed), streamDSA, s.epoch, v.Batch)
		errs = append(errs, s.block.Set(s.program.dsa, nn.DrawDSA(d, len(v.Index), t.data.Size, t.data.Size)))
	}
	for _, m := range s.program.micro {
		classes := make([]uint32, m.n)
		for i, image := range v.Index[m.from : m.from+m.n] {
			classes[i] = images.Label(image)
		}
		errs = append(errs, s.block.SetU32(m.classes, classes))
	}
	return errors.Join(errs...)
}

// pace is how many steps take about a second, so that progress is seen and a stop is obeyed.
type pace struct{ n atomic.Int64 }

func (p *pace) steps() int { return max(1, int(p.n.Load())) }

func (p *pace) took(steps int, d time.Duration) {
	if steps > 0 {
		p.n.Store(int64(float64(steps) * float64(time.Second) / max(1, float64(d))))
	}
}
