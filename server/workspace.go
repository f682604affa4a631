package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"

	"reta/compute/models"
	"reta/compute/vk"
	"reta/server/dataset"
	"reta/server/run"
	"reta/server/web"
	"reta/shared/event"
	"reta/shared/wholefile"
)

// needs says what a command works with.
type needs struct {
	device   bool
	teachers []string         // files of weights, read before the images; they need the device
	network  string           // of teacher files that do not say
	data     *dataset.Options // nil: no images; its Cache is filled in
}

// workspace is what a command has opened. What it did not need is nil.
type workspace struct {
	cache    string // folder
	device   *vk.Device
	teachers []*models.Model
	set      *dataset.Dataset
	place    *run.Folder // of a finished run
	profiles func()      // ends the serving of Go's profiles
	emit     func(event.Event)
}

// open opens what is needed, and emits its progress. On an error nothing stays open.
func (f *commonFlags) open(ctx context.Context, n needs, emit func(event.Event)) (w *workspace, err error) {
	w = &workspace{emit: emit}
	defer func() {
		if err != nil {
			w.close()
			w = nil
		}
	}()
	if f.profiles != "" {
		var at string
		if at, w.profiles, err = web.Profiles(f.profiles); err != nil {
			if err = fmt.Errorf("--pprof: %w", err); !errors.Is(err, syscall.EADDRINUSE) {
				err = usageError{err}
			}
			return w, err
		}
		emit(event.Log{Text: "profiles: http://" + at + "/debug/pprof/"})
	}
	if w.cache, err = f.cacheDir(); err != nil {
		return w, err
	}
	sweepCache(w.cache)
	if n.device {
		if w.device, err = f.openDevice(w.cache); err != nil {
			return w, err
		}
	}
	if w.teachers, err = run.ReadTeachers(w.device, n.teachers, n.network); err != nil {
		return w, err
	}
	if n.data != nil {
		n.data.Cache = w.cache
		if w.set, err = openData(ctx, *n.data, emit); err != nil {
			return w, err
		}
	}
	return w, nil
}

// close closes all that is open.
func (w *workspace) close() {
	if w.set != nil {
		w.set.Close()
	}
	for _, t := range w.teachers {
		t.Free()
	}
	if w.device != nil {
		if err := w.device.Close(); err != nil { // its validation layer names what was left behind
			w.emit(event.Log{Level: event.Error, Text: err.Error()})
		}
	}
	if w.profiles != nil {
		w.profiles()
	}
	if w.place != nil {
		_ = w.place.Close() // best effort: the lock ends with the process
	}
}

// sweepCache removes what processes that were killed left in the cache, where others may be writing. What cannot be removed
// hurts nobody.
func sweepCache(cache string) {
	folders, _ := filepath.Glob(filepath.Join(cache, "*"))
	for _, dir := range append(folders, cache) {
		_ = wholefile.SweepOld(dir)
	}
}

func (f *commonFlags) cacheDir() (string, error) {
	if f.cache != "" {
		return f.cache, nil
	}
	return dataset.DefaultCache()
}

func (f *commonFlags) openDevice(cache string) (*vk.Device, error) {
	dev, err := vk.Open(vk.Options{Device: f.device, Precision: vk.Precision(f.precision), Validation: f.validation, CacheDir: filepath.Join(cache, "pipelines"), Tune: f.tune, MemoryLimit: int64(f.memory)})
	var path *fs.PathError
	if errors.As(err, &path) {
		return nil, fmt.Errorf("%w: choose another cache folder with --cache", err)
	}
	if err != nil {
		return nil, deviceError{err}
	}
	return dev, nil
}

// openData opens a set and emits its progress.
func openData(ctx context.Context, o dataset.Options, emit func(event.Event)) (*dataset.Dataset, error) {
	what := "opening " + o.Name
	if o.Data != "" {
		what += " in " + o.Data
	}
	emit(event.Status{State: event.Loading, Phase: "data", Text: what})
	emit(event.Log{Text: "data: " + what})
	var last time.Time
	o.Progress = func(done, total int64, what string) {
		if time.Since(last) > 100*time.Millisecond || done == total {
			last = time.Now()
			emit(event.Status{State: event.Loading, Phase: "data", Text: what, Done: int(done), Total: int(total)})
		}
	}
	set, err := dataset.Open(ctx, o)
	if err != nil && ctx.Err() == nil {
		return nil, dataError{err}
	}
	return set, err
}
