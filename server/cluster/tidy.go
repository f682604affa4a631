package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"reta/shared/wholefile"
)

const (
	tidyEvery    = time.Minute
	longestInput = 24 * time.Hour // that nothing was made of
)

// works notes what ends the work on an item, nil when it is worked on no more.
func (s *session) works(id string, cancel context.CancelCauseFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.making, id); cancel != nil {
		s.making[id] = cancel
	}
}

// tidy removes what an idle worker has no more use for: items that it was killed with and others have made, inputs of which nothing was made
// for a day, and what a kill left half fetched.
func (s *session) tidy(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.making) > 0 || time.Since(s.tidied) < tidyEvery {
		return
	}
	s.tidied = time.Now()
	err := errors.Join(
		removeEach(filepath.Join(s.Dir, "items"), func(id string, _ os.FileInfo) bool { return !s.queued(ctx, id) }),
		removeEach(filepath.Join(s.Dir, "inputs"), func(name string, info os.FileInfo) bool {
			return strings.HasSuffix(name, unfinished) || time.Since(info.ModTime()) > longestInput
		}),
	)
	if err != nil {
		s.o.Say("%v", err)
	}
}

// queued reports whether an item may still be asked for.
func (s *session) queued(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	items, err := s.js.Stream(ctx, itemStream)
	if err != nil {
		return true
	}
	info, err := items.Info(ctx, jetstream.WithSubjectFilter(itemSubject+id))
	return err != nil || info.State.Subjects[itemSubject+id] > 0
}

// removeEach removes from a folder what is of no use.
func removeEach(dir string, useless func(name string, info os.FileInfo) bool) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		info, errInfo := e.Info()
		if errInfo == nil && useless(e.Name(), info) {
			err = errors.Join(err, wholefile.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}
