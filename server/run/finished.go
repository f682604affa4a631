package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"reta/shared/wholefile"
)

// OpenFinished opens the folder of a run that has exported its images, for what is made of them. It is locked while it is
// open.
func OpenFinished(path string) (*Folder, error) {
	c, err := finishedConfig(path)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(path, "folder")
	if err != nil {
		return nil, err
	}
	f := &Folder{Path: path, Config: c, Resumed: true, lock: lock}
	if err := f.sweep(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return f, nil
}

// finishedConfig is the config of a run that has exported its images.
func finishedConfig(path string) (Config, error) {
	c, err := ReadFolder(path)
	if err != nil {
		return c, err
	}
	if s := c.Shard; s != nil {
		return c, fmt.Errorf("%w: %s holds shard %v of %s: put it together with the others by server merge, and give what comes of that", ErrOther, path, s, s.Phase)
	}
	if !exported(path) {
		return c, fmt.Errorf("run folder %s: it has no export yet: finish the run with --resume %s", path, path)
	}
	return c, nil
}

// SameImages refuses the folder of a run whose images come of another set or recipe than those asked. Where the set is and by what
// its teachers are found are not compared.
func SameImages(folder string, asked Config) error {
	was, err := ReadFolder(folder)
	if err != nil {
		return err
	}
	images := func(c Config) Config {
		return Config{Dataset: c.Dataset, Classes: c.Classes, PerClass: c.PerClass, Size: c.Size, Until: Recover, Recipe: c.Recipe}
	}
	if lines := images(was).Difference(images(asked)); len(lines) > 0 {
		return fmt.Errorf("%w: the images in %s were made with other settings:\n  %s\nmove it away", ErrOther, folder, strings.Join(lines, "\n  "))
	}
	return nil
}

// LockFolder makes a folder that is no run's and keeps other processes from it until unlock is called.
func LockFolder(path string) (unlock func(), err error) {
	if err := wholefile.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	lock, err := lockFolder(path, "folder")
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{path, filepath.Join(path, "labels"), filepath.Join(path, "evaluation")} {
		if err := wholefile.Sweep(dir); err != nil {
			return nil, errors.Join(err, lock.Close())
		}
	}
	return func() {
		_ = wholefile.Remove(lock.file.Path()) // best effort: an empty file that hurts nobody
		_ = lock.Close()
	}, nil
}

// Await returns when no process works in a run folder, or in one that is not there: one whose parent was killed needs a while
// to save its state. After a minute it gives up.
func Await(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, fmt.Errorf("%w: %s: wait for it", ErrBusy, path))
	defer cancel()
	for {
		if _, err := os.Stat(path); err != nil {
			return nil // whoever opens the folder says what is wrong with it
		}
		lock, err := lockFolder(path, "folder")
		if err == nil {
			return lock.Close()
		}
		if !errors.Is(err, ErrBusy) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
