package evaluate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"reta/compute/label"
	"reta/compute/vk"
)

// crew are the trainers of a job, who make trials at the same time.
type crew struct {
	dev      *vk.Device // of the job
	trainers []*trainer
	most     int                     // trainers
	labels   sync.Mutex              // held while labels are made, one set at a time
	stores   map[string]*label.Store // of stored labels
	gate     sync.Mutex              // held while Gate is called
	halted   atomic.Bool
	mu       sync.Mutex // guards what the job notes and emits
}

// trainer is a device with the students that train on it, one trial after the other.
type trainer struct {
	dev      *vk.Device
	students map[string]*student
	sources  map[string]label.Source
}

// open has the first trainer ready.
func (j *Job) open(dev *vk.Device) error {
	j.most = 0
	for i := range j.Trials {
		if j.due(i) {
			j.most++
		}
	}
	if j.dev, j.most = dev, min(j.most, j.Trainers); j.most < 2 {
		j.add(dev)
		return nil
	}
	return j.another()
}

// expand adds trainers while there is memory for as much as the first has.
func (j *Job) expand() error {
	each, _ := j.trainers[0].dev.MemoryUsed()
	for len(j.trainers) < j.most && int64(len(j.trainers)+1)*each < j.dev.MemoryFree()/2 {
		if err := j.another(); err != nil {
			return err
		}
	}
	return nil
}

// another adds a trainer with a device of its own.
func (j *Job) another() error {
	own, err := j.dev.Beside()
	if err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	j.add(own)
	return nil
}

func (j *Job) add(dev *vk.Device) {
	j.trainers = append(j.trainers, &trainer{dev, map[string]*student{}, map[string]label.Source{}})
}

// errHalted ends a trial because another one has failed.
var errHalted = errors.New("another trial has failed")

// make makes the trials that are due, on all devices at once, and returns the first error.
func (j *Job) make(ctx context.Context) error {
	for i, t := range j.Trials { // labels before students, so that one thing goes on at a time
		plan, _ := t.plan(j.Data.Size) // it was checked
		if j.due(i) && len(j.trainers) > 1 && j.toMake[sourceKey(t, plan)] > 0 {
			if _, err := j.source(ctx, j.trainers[0], t); err != nil {
				return fmt.Errorf("evaluate: %s: %w", t, err)
			}
		}
	}
	queue := make(chan int, len(j.Trials))
	for i := range j.Trials {
		if j.due(i) {
			queue <- i
		}
	}
	close(queue)
	errs := make(chan error, len(j.trainers))
	for _, on := range j.trainers {
		go func() {
			for i := range queue {
				err := j.one(ctx, on, i)
				if err != nil {
					j.halted.Store(true)
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	var first error
	for range j.trainers {
		if err := <-errs; first == nil || errors.Is(first, errHalted) {
			first = cmp.Or(err, first)
		}
	}
	return first
}

// one makes a trial and keeps its outcome.
func (j *Job) one(ctx context.Context, on *trainer, i int) error {
	o, err := j.trial(ctx, on, i)
	if err != nil {
		return fmt.Errorf("evaluate: %s: %w", j.Trials[i], err)
	}
	if err := j.keep(j.Trials[i], o); err != nil {
		return err
	}
	j.finish(i, o)
	return nil
}

func (j *Job) close() {
	for _, on := range j.trainers {
		for _, s := range on.students {
			s.close()
		}
		for _, s := range on.sources {
			closeSource(s)
		}
		if on.dev != j.dev {
			_ = on.dev.Close() // it keeps nothing
		}
	}
	j.trainers = nil
}

func (j *Job) wait(ctx context.Context) error {
	if j.Gate == nil {
		return cmp.Or(ctx.Err(), j.othersError())
	}
	j.gate.Lock()
	defer j.gate.Unlock()
	return cmp.Or(j.Gate(ctx), j.othersError())
}

func (j *Job) othersError() error {
	if j.halted.Load() {
		return errHalted
	}
	return nil
}
