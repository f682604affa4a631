package experiment

import (
	"context"
	"fmt"
	"os"

	"reta/server/run"
)

// Step is a command of a cell: its recovery, or the training of its students.
type Step struct {
	Cell    *Planned
	Recover bool
}

// Name tells the step from all others of an experiment.
func (s Step) Name() string { return s.Words()[0] + " " + s.Cell.Name() }

// Words are those of its command line, with Folder and Trials in them.
func (s Step) Words() []string {
	if s.Recover {
		return s.Cell.Recover
	}
	return s.Cell.Evaluate
}

// Steps is the work of an experiment for several who work at the same time. Who takes a step tells Ended what came of it, once its
// results are where one process would have left them.
//
// Steps of the same images wait for each other, since they write in one folder. Of steps that share teachers which are to be
// trained, or the students of controls, one goes ahead and the others wait until it has made them.
type Steps struct {
	job    Job
	plan   *Plan
	cells  []*inWork
	busy   map[string]bool  // what is in the making
	made   map[string]bool  // teachers and students that are made
	broken map[string]error // images that could not be made
	result Result
}

// inWork is a cell that is not done.
type inWork struct {
	*Planned
	begun, ended bool
	seconds      float64
	said         int64 // bytes of the log before what the step says
}

// Each carries out a plan as Do does, with its steps made in any order by work, which ends when Next has no more and all that it
// gave have ended.
func (j Job) Each(ctx context.Context, p *Plan, work func(*Steps) error) (Result, error) {
	unlock, err := p.open()
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	s := &Steps{job: j, plan: p, busy: map[string]bool{}, made: map[string]bool{}, broken: map[string]error{}}
	for _, c := range p.Cells {
		state, _, err := c.State()
		if err != nil {
			return Result{}, err
		}
		switch {
		case state == NotRun:
			s.result.NotRun++
			continue
		case state == Done:
			s.result.Done++
			s.made[c.students()] = true
		default:
			s.cells = append(s.cells, &inWork{Planned: c})
		}
		if c.Recover != nil && run.Recovered(c.ImagesDir()) {
			s.made[c.teachers()] = true
		}
	}
	if err = work(s); ctx.Err() != nil {
		err = ctx.Err()
	}
	return s.result, err
}

func (c *Planned) students() string { return "students " + c.StudentKey }
func (c *Planned) teachers() string { return "teachers " + c.TeacherKey }

// Next gives the steps that may begin now. A cell that cannot be made any more is recorded as failed.
func (s *Steps) Next() (list []Step, err error) {
	for _, c := range s.cells {
		step := Step{Cell: c.Planned, Recover: c.Recover != nil && !run.Recovered(c.ImagesDir())}
		if c.ended || s.busy[c.ImagesDir()] || s.waits(step) {
			continue
		}
		why := s.broken[c.ImagesDir()]
		if why == nil && c.Recover != nil && !step.Recover && c.Same != nil {
			why = c.Same(c.ImagesDir())
		} else if why != nil {
			why = failedBefore(why)
		}
		if why != nil {
			if err := s.record(c, why); err != nil {
				return nil, err
			}
			continue
		}
		s.busy[c.ImagesDir()], s.busy[step.shared()] = true, true
		if err := s.begin(c, step); err != nil {
			return nil, err
		}
		list = append(list, step)
	}
	return list, nil
}

// shared is what a step makes for others too, "" for nothing.
func (s Step) shared() string {
	switch {
	case s.Recover && s.Cell.TeacherKey != "":
		return s.Cell.teachers()
	case !s.Recover && s.Cell.StudentKey != "":
		return s.Cell.students()
	}
	return ""
}

// waits reports whether another makes now what the step shares with it.
func (s *Steps) waits(step Step) bool {
	shared := step.shared()
	return shared != "" && s.busy[shared] && !s.made[shared]
}

// begin writes the step's command line to the log of its cell, which is begun with the cell.
func (s *Steps) begin(c *inWork, step Step) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if !c.begun {
		flags |= os.O_TRUNC
	}
	c.begun = true
	if err := c.say(flags, s.job.Quote(c.here(step.Words()))+"\n"); err != nil {
		return err
	}
	info, err := os.Stat(c.LogFile())
	if err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	c.said = info.Size()
	return nil
}

// Say appends to the log of a step's cell what its command says.
func (s *Steps) Say(step Step, text string) error {
	return step.Cell.say(os.O_WRONLY|os.O_CREATE|os.O_APPEND, text)
}

func (c *Planned) say(flags int, text string) error {
	f, err := os.OpenFile(c.LogFile(), flags, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
		if closed := f.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	return nil
}

// Ended takes in that a step has been made in so many seconds or, with why, could not be made.
func (s *Steps) Ended(step Step, seconds float64, why error) error {
	s.busy[step.Cell.ImagesDir()] = false
	if shared := step.shared(); shared != "" {
		s.busy[shared], s.made[shared] = false, s.made[shared] || why == nil
	}
	if step.Recover && why != nil {
		s.broken[step.Cell.ImagesDir()] = why
	}
	for _, c := range s.cells {
		if c.Planned != step.Cell {
			continue
		}
		if c.seconds += seconds; step.Recover && why == nil {
			return nil
		}
		return s.record(c, why)
	}
	return nil
}

// record keeps what came of a cell.
func (s *Steps) record(c *inWork, why error) error {
	c.ended = true
	r := s.job.record(c.Planned)
	if why == nil {
		why = r.read(c.Planned)
	}
	r.Seconds = c.seconds
	if r.State = Done; why != nil {
		r.State, r.Error = Failed, why.Error()
		s.result.Failed = append(s.result.Failed, r)
	} else {
		s.result.Done++
	}
	if err := r.write(s.plan.Dir); err != nil {
		return err
	}
	s.job.Ended(c.Planned, r)
	return nil
}

// Said puts what the command of a step has said, in full, in the place of what Say has appended.
func (s *Steps) Said(step Step, text string) error {
	for _, c := range s.cells {
		if c.Planned == step.Cell {
			if err := os.Truncate(c.LogFile(), c.said); err != nil {
				return fmt.Errorf("experiment: %w", err)
			}
		}
	}
	return s.Say(step, text)
}
