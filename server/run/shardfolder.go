package run

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"reta/server/bundle"
	"reta/shared/event"
)

// OpenShard makes the folder of a shard of what is made of a finished run's images, or opens it to continue. It is locked while
// it is open; the run's folder is only read, by all shards at once.
func OpenShard(path, run string, s Shard) (*Folder, error) {
	c, err := finishedConfig(run)
	if err != nil {
		return nil, err
	}
	if filepath.Clean(path) == filepath.Clean(run) {
		return nil, fmt.Errorf("%w: %s is the run itself: want another folder for a shard", ErrOther, path)
	}
	if s.Images, err = bundle.ImagesHash(filepath.Join(run, "export")); err != nil {
		return nil, fmt.Errorf("run folder %s: %w", run, err)
	}
	c.Shard = &s
	f, err := OpenFolder(path, c)
	if err != nil {
		return nil, err
	}
	f.of, f.begun, f.Resumed = run, !f.Resumed, true
	m, err := ReadMeta(run)
	if err == nil {
		err = f.WriteJSON(metaFile, m)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("shard of the run in %s: %w", run, err), f.Close())
	}
	return f, nil
}

// refused takes away what a shard that cannot be has made.
func (r *Run) refused(err error) {
	if errors.Is(err, ErrShard) {
		r.Folder.discard()
	}
}

// beginShard notes under which circumstances a shard of what is made of a run's images is made.
func (r *Run) beginShard() error {
	s := r.Config.Shard
	if s == nil {
		return nil
	}
	m, err := ReadMeta(r.Folder.Path)
	if err != nil {
		return err
	}
	info := r.Device.Info()
	m.Version, m.Started, m.Device, m.Driver = Version(), time.Now().UTC().Format(time.RFC3339), info.Name, info.Driver
	if err := r.Folder.WriteJSON(metaFile, m); err != nil {
		return err
	}
	r.emit(r.hello())
	r.say("shard %v of %s of the images in %s", s, s.Phase, r.Folder.export())
	return r.Folder.sameData(r.Set)
}

// made carries out the phase of a shard of what is made of another folder's images, by the settings of that run.
func (r *Run) made(ctx context.Context) (*Evaluation, error) {
	r.data = DataOf(r.Set)
	err := r.beginShard()
	var e *Evaluation
	if err == nil {
		e, err = r.followUp(ctx)
	}
	if err != nil {
		r.refused(err)
		return nil, r.failed(err)
	}
	phase := string(r.Config.Shard.Phase)
	r.emit(event.Status{State: event.Done, Text: fmt.Sprintf("shard %v of %s is finished", r.Config.Shard, phase), Phase: phase, Done: 1, Total: 1})
	return e, nil
}

// hello is what the run is about.
func (r *Run) hello() event.Hello {
	set, c, device := r.Set, r.Config.Recipe, r.Device.Info()
	h := event.Hello{
		Major: event.Major, Minor: event.Minor, Build: Version(), Run: r.Folder.Path, Recipe: c.Name, Dataset: set.Name,
		IPC: c.IPC, Width: set.Size, Height: set.Size, Steps: c.Steps, Stages: c.Stages,
		Device: device.Name, Driver: device.Driver, DeviceMemory: device.MemoryBytes,
	}
	for _, class := range set.Classes {
		h.Classes = append(h.Classes, class.Name)
	}
	return h
}
