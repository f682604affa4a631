package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"reta/server/run"
	"reta/shared/wholefile"
)

// The names of files that are kept of students.
var (
	aTrial  = regexp.MustCompile(`^[0-9a-f]{16}\.json$`)
	aScore  = regexp.MustCompile(`^[a-z_]+-[1-9]-[0-9a-f]+\.json$`)
	aWeight = regexp.MustCompile(`^[A-Za-z0-9._+-]+-[0-9a-f]{16}\.safetensors$`)
)

// check refuses what is not the result of a step.
func (q *cellQueue) check(i int, folder string) error {
	s := q.list[i].Step
	if _, err := readStep(folder); err != nil {
		return err
	}
	for sub, names := range map[string][]*regexp.Regexp{itemTrials: {aTrial, aScore}, itemTeachers: {aWeight}} {
		entries, err := os.ReadDir(filepath.Join(folder, sub))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || !slices.ContainsFunc(names, func(r *regexp.Regexp) bool { return r.MatchString(e.Name()) }) {
				return fmt.Errorf("%s/%.80q: want no such file", sub, e.Name())
			}
		}
	}
	images := filepath.Join(folder, itemImages)
	if s.Cell.Recover != nil {
		if !run.Recovered(images) {
			return fmt.Errorf("it holds no images")
		}
		if s.Cell.Same != nil {
			if err := s.Cell.Same(images); err != nil {
				return err
			}
		}
	} else {
		images += ofImages(s.Cell)
	}
	switch {
	case s.Recover:
		return nil
	case s.Cell.Incremental.Steps > 0 && s.Cell.Recover != nil:
		images = filepath.Join(images, filepath.Base(s.Cell.ResultsDir()))
	}
	if s.Cell.Incremental.Steps > 0 {
		_, err := run.ReadIncremental(images)
		return err
	}
	_, err := run.ReadEvaluation(images)
	return err
}

func readStep(folder string) (s step, err error) {
	path := filepath.Join(folder, itemStep)
	info, err := os.Stat(path)
	if err != nil {
		return s, err
	}
	if info.Size() > 1<<16 {
		return s, fmt.Errorf("%s: %d bytes: want a small file", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err == nil && !(s.Seconds >= 0) {
		err = fmt.Errorf("%s: %g seconds: want 0 or more", path, s.Seconds)
	}
	return s, err
}

// take puts the result of a step where one process would have left it.
func (q *cellQueue) take(i int) error {
	s, from := q.list[i].Step, q.result(i)
	config := q.cells.known[s.Cell.Key].config
	err := errors.Join(q.takeTrials(filepath.Join(from, itemTrials)), give(filepath.Join(from, itemTeachers), filepath.Join(q.cache, "teachers")))
	if err != nil {
		return err
	}
	images := filepath.Join(from, itemImages)
	if s.Cell.Recover == nil {
		images += ofImages(s.Cell)
	} else if err := run.Restore(images, config); err != nil {
		return err
	}
	return replace(images, home(s.Cell))
}

// old is the name of a folder that is about to be replaced.
func old(folder string) string {
	return filepath.Join(filepath.Dir(folder), "."+filepath.Base(folder)+".old")
}

// replace puts a folder in the place of another.
func replace(from, to string) error {
	if err := wholefile.RemoveAll(old(to)); err != nil {
		return err
	}
	if err := wholefile.Rename(to, old(to)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return errors.Join(wholefile.Rename(from, to), wholefile.SyncFolder(filepath.Dir(to)), wholefile.RemoveAll(old(to)))
}

// mend ends what a process was about that was killed while it replaced a folder.
func (q *cellQueue) mend() error {
	for _, c := range q.plan.Cells {
		if c.Reason != "" {
			continue
		}
		dir := home(c)
		_, none := os.Stat(dir)
		_, replaced := os.Stat(old(dir))
		var err error
		switch {
		case replaced != nil:
		case none != nil:
			err = wholefile.Rename(old(dir), dir)
		default:
			err = wholefile.RemoveAll(old(dir))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takeTrials keeps trainings that are not there, and adds scores to those that are.
func (q *cellQueue) takeTrials(from string) error {
	to := filepath.Join(q.plan.Dir, "trials")
	entries, err := os.ReadDir(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		file, kept := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		if _, none := os.Stat(kept); err == nil && none == nil && aScore.MatchString(e.Name()) {
			err = addScores(file, kept)
		}
	}
	return errors.Join(err, give(from, to))
}

// addScores adds the entries of one file of scores to another.
func addScores(from, to string) error {
	var some, all map[string]json.RawMessage
	for path, list := range map[string]*map[string]json.RawMessage{from: &some, to: &all} {
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, list)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	before := len(all)
	if maps.Copy(all, some); len(all) == before {
		return nil
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return wholefile.Write(to, text, 0o644)
}

// give puts files in a folder that are not there.
func give(from, to string) error {
	entries, err := os.ReadDir(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		name := filepath.Join(to, e.Name())
		if _, none := os.Stat(name); none == nil || err != nil {
			continue
		}
		if err = wholefile.MkdirAll(to, 0o755); err == nil {
			err = copyWhole(filepath.Join(from, e.Name()), name)
		}
	}
	return err
}

// copyWhole copies a file, whole or not at all.
func copyWhole(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := wholefile.Create(to, 0o644)
	if err != nil {
		return err
	}
	defer out.Abort()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Commit()
}

// link gives a file another name in a folder, which is made; on another file system it copies.
func link(from, to string) error {
	if err := wholefile.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if os.Link(from, to) == nil {
		return nil
	}
	return copyWhole(from, to)
}

// linkAll is link of all files of a folder.
func linkAll(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return wholefile.MkdirAll(filepath.Join(to, name), 0o755)
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is no file: want files and folders alone", path)
		}
		return link(path, filepath.Join(to, name))
	})
}
