package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"reta/server/run"
	"reta/shared/wholefile"
)

// Job carries out the cells of a plan.
type Job struct {
	// Command carries out a command line of this program and returns its error. What it says goes to log.
	Command func(ctx context.Context, words []string, log *os.File) error
	// Quote makes a command line of words, as it is kept and printed.
	Quote func(words []string) string
	// Begins is called before a cell, Ended when there is a record of it.
	Begins func(n, of int, c *Planned)
	Ended  func(c *Planned, r *Record)
}

// Result is how many cells came to what.
type Result struct {
	Done   int // before and now
	NotRun int
	Failed []*Record
}

// Do runs the cells that are not done, in their order, and goes on after one that fails. One process works in a folder at a
// time: another is refused. It returns the context's error when it is stopped; the same call then goes on where it was.
func (j Job) Do(ctx context.Context, p *Plan) (result Result, err error) {
	unlock, err := p.open()
	if err != nil {
		return result, err
	}
	defer unlock()
	broken := map[string]error{} // images, by the key of their run
	for i, c := range p.Cells {
		state, _, err := c.State()
		if err != nil {
			return result, err
		}
		switch state {
		case Done:
			result.Done++
			continue
		case NotRun:
			result.NotRun++
			continue
		}
		if err := ctx.Err(); err != nil {
			return result, err
		}
		j.Begins(i+1, len(p.Cells), c)
		r, err := j.cell(ctx, c, broken)
		if ctx.Err() != nil && err != nil {
			return result, ctx.Err()
		}
		if err == nil {
			err = r.write(p.Dir)
		}
		if err != nil {
			return result, err
		}
		if r.State == Failed {
			result.Failed = append(result.Failed, r)
		} else {
			result.Done++
		}
		j.Ended(c, r)
	}
	return result, nil
}

// open makes the folder of the experiment and keeps other processes from it until unlock is called.
func (p *Plan) open() (unlock func(), err error) {
	for _, dir := range []string{"images", "cells"} {
		if err := os.MkdirAll(filepath.Join(p.Dir, dir), 0o755); err != nil {
			return nil, fmt.Errorf("experiment: %w", err)
		}
	}
	if unlock, err = run.LockFolder(p.Dir); err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	err = errors.Join(wholefile.Sweep(filepath.Join(p.Dir, "cells")), wholefile.Sweep(filepath.Join(p.Dir, "images")),
		wholefile.SweepOld(filepath.Join(p.Dir, "trials"))) // in which a command may still be working whose experiment was killed
	if err != nil {
		unlock()
		return nil, fmt.Errorf("experiment: %w", err)
	}
	return unlock, nil
}

// cell carries out one cell. What its commands fail with is in the record; an error is that of keeping it.
func (j Job) cell(ctx context.Context, c *Planned, broken map[string]error) (*Record, error) {
	began := time.Now()
	r := j.record(c)
	log, err := os.Create(c.LogFile())
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	err = j.commands(ctx, c, log, broken)
	if err == nil {
		err = r.read(c)
	}
	if closed := log.Close(); closed != nil {
		return nil, fmt.Errorf("experiment: %w", closed)
	}
	if ctx.Err() != nil && err != nil {
		return nil, err
	}
	r.Seconds = time.Since(began).Seconds()
	if r.State = Done; err != nil {
		r.State, r.Error = Failed, err.Error()
	}
	return r, nil
}

// record is that of a cell that is about to be run.
func (j Job) record(c *Planned) *Record {
	r := &Record{Key: c.Key, Cell: c.Name(), State: Failed, Folder: c.ImagesDir()}
	for _, words := range c.Commands() {
		r.Commands = append(r.Commands, j.Quote(words))
	}
	return r
}

// failedBefore is the error of a cell whose images could not be made for another.
func failedBefore(err error) error { return fmt.Errorf("its images failed before: %w", err) }

// commands makes the cell's images, unless a cell before has made them, and evaluates them.
func (j Job) commands(ctx context.Context, c *Planned, log *os.File, broken map[string]error) error {
	if err := broken[c.Run]; err != nil && c.Run != "" {
		return failedBefore(err)
	}
	recovered := false
	if c.Recover != nil {
		if err := run.Await(ctx, c.ImagesDir()); err != nil {
			return err
		}
		if recovered = run.Recovered(c.ImagesDir()); recovered && c.Same != nil {
			if err := c.Same(c.ImagesDir()); err != nil {
				return err
			}
		}
	}
	lines := c.Commands()
	for i, words := range lines {
		if i < len(lines)-1 && recovered {
			continue
		}
		if _, err := fmt.Fprintf(log, "%s\n", j.Quote(words)); err != nil {
			return err
		}
		if err := j.Command(ctx, words, log); err != nil {
			if i < len(lines)-1 {
				broken[c.Run] = err
			}
			return err
		}
	}
	return nil
}

// read takes in what the cell's commands have left.
func (r *Record) read(c *Planned) error {
	if err := r.readStudents(c); err != nil {
		return err
	}
	if c.Recover == nil {
		return nil
	}
	cost, err := run.ReadCost(c.ImagesDir())
	if err == nil {
		r.Cost = &cost
	} else if errors.Is(err, os.ErrNotExist) { // of a run that was interrupted
		err = nil
	}
	return err
}

// readStudents takes in what students have reached.
func (r *Record) readStudents(c *Planned) error {
	if c.Incremental.Steps > 0 {
		e, err := run.ReadIncremental(c.ResultsDir())
		if err == nil {
			r.takeIncremental(e)
		}
		return err
	}
	e, err := run.ReadEvaluation(c.ResultsDir())
	if err == nil {
		r.take(e)
	}
	return err
}

// ResultsDir is where the second command leaves the cell's results: evaluate in the run folder or, of images that are no run's, beside
// them; incremental beside the images.
func (c *Planned) ResultsDir() string {
	switch {
	case c.Incremental.Steps > 0 && c.Recover == nil:
		return run.Beside(c.Cell.Images, "incremental")
	case c.Incremental.Steps > 0:
		return run.Beside(filepath.Join(c.ImagesDir(), "export"), "incremental")
	case c.Recover == nil:
		return run.Beside(c.Cell.Images, "evaluation")
	}
	return c.ImagesDir()
}
