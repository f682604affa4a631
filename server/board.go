package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"reta/server/report"
	"reta/shared/event"
)

// addBoardFlag is the flag of commands whose runs write TensorBoard's event files while they go on.
func addBoardFlag(fs *pflag.FlagSet, dir *string) {
	fs.StringVar(dir, "tensorboard", "", "write losses, kappa, images and students' accuracy as TensorBoard's event files under this folder, as they come")
}

// openBoard is what writes the events of a run in a folder to TensorBoard's log folder, or nowhere where that is "". An error of the
// disk is warned of once: the run continues.
func openBoard(dir, folder string, warn func(format string, args ...any)) (func(event.Event), error) {
	if dir == "" {
		return func(event.Event) {}, nil
	}
	folder, err := filepath.Abs(folder)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return nil, fmt.Errorf("--tensorboard: %w", err)
	}
	failed := false
	b := report.NewBoard(filepath.Base(folder), func(name string, data []byte) error {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return errors.Join(err, f.Close())
	})
	return func(e event.Event) {
		if failed {
			return
		}
		if err := b.Add(e, time.Now()); err != nil {
			failed = true
			warn("--tensorboard: %v: the run continues without; server report RUN --tensorboard DIR writes all of it later", err)
		}
	}, nil
}

// writeBoard writes the event files of recorded runs. A run's folder that holds event files of another time is refused: both
// would be drawn.
func writeBoard(dir string, files []report.File, put func(path string, data []byte) error) error {
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		others, _ := os.ReadDir(filepath.Dir(path)) // none where there is no folder
		for _, other := range others {
			if strings.Contains(other.Name(), "tfevents") && other.Name() != filepath.Base(path) {
				return usage("--tensorboard %s: %s holds this run already: remove that folder, or choose another one", dir, filepath.Dir(path))
			}
		}
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("--tensorboard: %w", err)
		}
		if err := put(path, f.Data); err != nil {
			return err
		}
	}
	return nil
}
