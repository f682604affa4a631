package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"reta/server/cluster"
	"reta/server/experiment"
	"reta/server/run"
	"reta/shared/event"
	"reta/shared/wholefile"
)

// cellQueue has workers make the steps of an experiment.
type cellQueue struct {
	plan  *experiment.Plan
	cells *cells
	steps *experiment.Steps
	cache string
	out   *console

	coordinator *cluster.Coordinator
	dir         string // of this queue
	list        []queuedStep
	teachers    map[string]string // hashes of teachers' files
	by          map[string]string // item that a worker makes, by its name
	failed      error             // of what is kept here, which ends the work
	cancel      func()
}

// queuedStep is a step with its item.
type queuedStep struct {
	experiment.Step
	item cluster.Item
}

// performOn has workers run the cells.
func performOn(ctx context.Context, plan *experiment.Plan, work *cells, flags *queueFlags, job experiment.Job, out *console) (experiment.Result, error) {
	cache, err := work.common.cacheDir()
	if err != nil {
		return experiment.Result{}, err
	}
	return job.Each(ctx, plan, func(steps *experiment.Steps) error {
		q := &cellQueue{plan: plan, cells: work, steps: steps, cache: cache, out: out, dir: filepath.Join(plan.Dir, "queue"), teachers: map[string]string{}, by: map[string]string{}}
		return q.do(ctx, flags)
	})
}

func (q *cellQueue) do(ctx context.Context, flags *queueFlags) error {
	ctx, q.cancel = context.WithCancel(ctx)
	defer q.cancel()
	if err := errors.Join(q.mend(), wholefile.MkdirAll(q.dir, 0o755)); err != nil {
		return err
	}
	broker, coordinator, err := flags.open(ctx, q.cache, filepath.Join(q.dir, "broker"), q.out)
	if broker != nil {
		defer broker.Close()
	}
	if err != nil {
		return err
	}
	defer coordinator.Close()
	q.coordinator = coordinator
	_, err = coordinator.Make(ctx, nil, cluster.Handler{
		Next:   q.next,
		Folder: func(i int) string { return q.result(i) },
		Check:  q.check,
		Event: func(i int, data []byte) {
			if m, err := event.Decode(data); err == nil {
				if said, ok := m.Event.(event.Log); ok {
					_ = q.steps.Say(q.list[i].Step, said.Text) // all of it comes with the results
				}
			}
		},
		Here: q.here,
		Made: func(i int, worker string) { q.ended(i, q.take(i), worker) },
		Lost: func(i int, worker, why string) {
			q.out.warn("experiment: %s: %s could not make it: %s", q.list[i].Name(), worker, why)
		},
		Back: func(i int, worker, why string) {
			q.out.warn("experiment: %s: %s has given it back for one with more memory: %s", q.list[i].Name(), worker, why)
		},
		Failed: func(i int, why string) { q.ended(i, errors.New(why), "") },
	})
	if q.failed != nil {
		return q.failed
	}
	if err != nil {
		return err
	}
	clearing, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	coordinator.Clear(clearing)
	coordinator.Close()
	if broker != nil {
		broker.Close()
	}
	return wholefile.RemoveAll(q.dir)
}

// here says what a worker begins with.
func (q *cellQueue) here(worker string, d cluster.Device, i int) {
	name := ""
	if i >= 0 {
		name = q.list[i].Name()
	}
	if was := q.by[worker]; name == "" || name == was || len(q.by) > 100_000 {
		return
	}
	q.by[worker] = name
	q.out.say("experiment: %s, %v begins %s", worker, d, name)
}

// next are the items of the steps that may begin now.
func (q *cellQueue) next(ctx context.Context, _ int) (items []cluster.Item, err error) {
	if q.failed != nil {
		return nil, q.failed
	}
	steps, err := q.steps.Next()
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		item, err := q.item(ctx, s)
		if err != nil {
			return nil, err
		}
		q.list = append(q.list, queuedStep{s, item})
		items = append(items, item)
	}
	return items, nil
}

// file is a file or folder of a step in the queue's folder.
func (q *cellQueue) file(s experiment.Step, ext string) string {
	return filepath.Join(q.dir, s.Words()[0]+"-"+s.Cell.Key+ext)
}

func (q *cellQueue) result(i int) string { return q.file(q.list[i].Step, ".result") }

// item is a step as an item of the queue: the one that it was before this process was started again, whose maker may be about it.
func (q *cellQueue) item(ctx context.Context, s experiment.Step) (item cluster.Item, err error) {
	if err := wholefile.RemoveAll(q.file(s, ".result")); err != nil {
		return item, err
	}
	known := q.file(s, ".json")
	if text, err := os.ReadFile(known); err == nil && json.Unmarshal(text, &item) == nil {
		there := true
		for _, hash := range item.Inputs {
			there = there && q.coordinator.Has(ctx, hash)
		}
		if there {
			return item, nil
		}
	}
	c := &cellItem{Data: s.Cell.Data}
	item = cluster.Item{Name: s.Name(), Inputs: map[string]string{}}
	words := s.Words()
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "--cache": // of this machine
			i++
			continue
		case "--teacher":
			i++
			if err := q.teacher(ctx, &item, words[i]); err != nil {
				return item, err
			}
			c.Words = append(c.Words, "--teacher", teacherWord)
			continue
		}
		c.Words = append(c.Words, words[i])
	}
	if !s.Recover && s.Cell.Recover != nil {
		for _, file := range q.cells.known[s.Cell.Key].config.Teachers { // which the run's folder names
			if err := q.teacher(ctx, &item, file); err != nil {
				return item, err
			}
		}
	}
	stage := q.file(s, ".input")
	some, err := q.stage(s, stage)
	if err == nil && some {
		item.Inputs["folder"], err = q.coordinator.Put(ctx, stage, noResultInput)
	}
	if err = errors.Join(err, wholefile.RemoveAll(stage)); err != nil {
		return item, fmt.Errorf("experiment: %s: %w", s.Name(), err)
	}
	if item.Work, err = json.Marshal(map[string]any{"cell": c}); err != nil {
		return item, err
	}
	text, err := json.Marshal(item)
	if err == nil {
		err = wholefile.Write(known, text, 0o644)
	}
	return item, err
}

// noResultInput are the paths that a step does not begin with.
func noResultInput(path string) bool { return filepath.Base(path) == "LOCK" }

// teacher adds a given teacher to an item's inputs.
func (q *cellQueue) teacher(ctx context.Context, item *cluster.Item, file string) (err error) {
	if q.teachers[file] == "" {
		if q.teachers[file], err = q.coordinator.Put(ctx, file, nil); err != nil {
			return err
		}
	}
	item.Inputs[fmt.Sprintf("teacher-%d", len(item.Inputs))] = q.teachers[file]
	return nil
}

// stage makes the folder that a step begins with. It reports whether there is anything in it.
func (q *cellQueue) stage(s experiment.Step, folder string) (some bool, err error) {
	if err := errors.Join(wholefile.RemoveAll(folder), wholefile.MkdirAll(folder, 0o755)); err != nil {
		return false, err
	}
	images := filepath.Clean(s.Cell.ImagesDir())
	suffixes := []string{""}
	if s.Cell.Recover == nil {
		suffixes = append(suffixes, "-labels", ofImages(s.Cell))
	}
	for _, suffix := range suffixes {
		from := images + suffix
		if _, err := os.Stat(from); err != nil {
			continue
		}
		some = true
		if err := linkAll(from, filepath.Join(folder, itemImages+suffix)); err != nil {
			return some, err
		}
	}
	files, err := q.trained(s)
	if !s.Recover && err == nil {
		var trials []string
		trials, err = q.trials(s)
		for _, file := range trials {
			files[filepath.Join(itemTrials, filepath.Base(file))] = file
		}
	}
	for to, from := range files {
		some = true
		if err == nil {
			err = link(from, filepath.Join(folder, to))
		}
	}
	return some, err
}

// ofImages is what follows the name of a folder of images that are no run's in that of what is made of them.
func ofImages(c *experiment.Planned) string {
	return filepath.Base(c.ResultsDir())[len(filepath.Base(c.ImagesDir())):]
}

// home is the folder that a cell's steps write to: the run's or, of images that are no run's, the one beside them.
func home(c *experiment.Planned) string {
	if c.Recover == nil {
		return c.ResultsDir()
	}
	return c.ImagesDir()
}

// trained are the teachers that runs of this experiment have trained which the step needs, by their paths in its folder.
func (q *cellQueue) trained(s experiment.Step) (map[string]string, error) {
	files := map[string]string{}
	for _, c := range q.plan.Cells {
		if s.Cell.TeacherKey == "" || c.TeacherKey != s.Cell.TeacherKey || c.Recover == nil || !run.Recovered(c.ImagesDir()) {
			continue
		}
		list, err := run.TrainedTeachers(c.ImagesDir(), q.cache)
		if err != nil {
			return nil, err
		}
		for _, file := range list {
			files[filepath.Join(itemTeachers, filepath.Base(file))] = file
		}
	}
	return files, nil
}

// trials are the finished trainings that the step may find its own among: those of its student by its protocol.
func (q *cellQueue) trials(s experiment.Step) (list []string, err error) {
	of := q.cells.known[s.Cell.Key].student
	files, err := filepath.Glob(filepath.Join(q.plan.Dir, "trials", "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if !aTrial.MatchString(filepath.Base(file)) { // scores, small and of all students
			list = append(list, file)
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var trial struct{ Student, Protocol string }
		if json.Unmarshal(text, &trial) == nil && trial.Protocol == of.Protocol.Name && strings.HasPrefix(trial.Student, of.Network) {
			list = append(list, file)
		}
	}
	return list, nil
}

// ended notes that a step is made, or cannot be.
func (q *cellQueue) ended(i int, why error, worker string) {
	s, dir := q.list[i], q.result(i)
	took, _ := readStep(dir) // a step that failed has none
	if why == nil {
		text, err := os.ReadFile(filepath.Join(dir, itemLog))
		if err == nil {
			err = q.steps.Said(s.Step, string(text))
		}
		q.failed = errors.Join(q.failed, err)
		q.out.say("experiment: %s made %s", worker, s.Name())
	}
	if hash := s.item.Inputs["folder"]; hash != "" {
		q.coordinator.Drop(context.Background(), hash)
	}
	q.failed = errors.Join(q.failed, q.steps.Ended(s.Step, took.Seconds, why), wholefile.RemoveAll(dir), wholefile.RemoveAll(q.file(s.Step, ".json")))
	if q.failed != nil {
		q.cancel()
	}
}
