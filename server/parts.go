package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"reta/compute/distill"
	"reta/server/engine"
	"reta/server/run"
	"reta/server/web"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/wholefile"
)

// part is an item and the folder that it is made in, for whoever takes it.
type part struct {
	engine.Item
	folder string
	check  func(folder string) error // refuses a folder that does not hold what the item comes to

	steering *distill.Steering // of the run, nil where no setting has an effect
	first    int               // class of the group
	pool     string            // file of the cache that it reads, "" for none
}

// given is the part with the changes of settings that hold for it, which are settled then.
func (p part) given() part {
	if p.steering != nil {
		p.Changes = p.steering.Give(p.first)
	}
	return p
}

// changes are those of settings that hold for the part, as they are now.
func (p part) changes() []event.Change {
	if p.steering == nil {
		return nil
	}
	return p.steering.Changes(p.first)
}

// failure is a part that could not be made.
type failure struct {
	part
	why  string
	code int // exit code
}

// crew makes parts of a run: devices of this machine, or workers elsewhere.
type crew interface {
	// prepare makes the part that comes before all others, in the folder of the run.
	prepare(ctx context.Context, p part) (engine.Outcome, error)
	// make makes parts, at the same time, and returns those that it could not make; p hears of all that happens. The error is that
	// of work that was stopped, or of the crew itself.
	make(ctx context.Context, parts []part, p *progress) ([]failure, error)
	// change carries out a change of settings, of parts that are not given out yet, by f. Those that are it gives out before.
	change(f func() error) error
	obey(event.Control) error
	// end ends what make has begun, once all of the run is made or it is stopped.
	end(all bool)
}

// prepared is what the first part leaves for the others, in the run's folder.
type prepared struct {
	run.Prepared
	Images recipe.Dataset `json:"images"`
}

const preparedFile = "prepared.json"

// together makes the run out of parts that a crew makes, phase by phase: each phase is merged when all of it is there.
func (f *distilFlags) together(c crew, server *web.Server, emit func(event.Event)) computing {
	steering := new(distill.Steering)
	obey := func(asked event.Control) error {
		switch asked.Op {
		case event.SetValue:
			return c.change(func() error { return steering.Set(asked.Name, asked.Value, "viewer") })
		case event.Undo:
			return c.change(func() error { return steering.Undo("undo") })
		}
		return c.obey(asked)
	}
	return computing{obey: obey, run: func(ctx context.Context, config run.Config) (finished, error) {
		path := f.place(config)
		done, err := f.assemble(ctx, c, steering, path, server, emit)
		if onRequest(err) {
			if _, none := os.Stat(filepath.Join(path, "config.toml")); none != nil {
				path = ""
			}
			err = f.stoppedIn(path)
		}
		return done, err
	}}
}

func (f *distilFlags) assemble(ctx context.Context, c crew, steering *distill.Steering, path string, server *web.Server, emit func(event.Event)) (done finished, err error) {
	prepare := func() error {
		o, err := c.prepare(ctx, part{Item: engine.Item{Phase: engine.Preparing}, folder: path})
		if err == nil {
			err = outcomeError(o)
		}
		return err
	}
	if err := prepare(); err != nil {
		return done, err
	}
	parts := filepath.Join(path, run.PartsFolder)
	unlock, err := run.LockFolder(parts)
	if err != nil {
		return done, err
	}
	defer unlock()
	defer c.end(false)
	a := assembly{crew: c, steering: steering, path: path, parts: parts, emit: emit}
	if a.cache, err = f.common.cacheDir(); err != nil {
		return done, err
	}
	if err := a.read(); err != nil {
		return done, err
	}
	if len(a.Lacking) > 0 {
		failed, err := a.squeeze(ctx)
		if err == nil && len(failed) > 0 {
			err = f.setAside(failed, path)
		}
		if err == nil {
			err = prepare()
		}
		if err == nil {
			err = a.read()
		}
		if err == nil && len(a.Lacking) > 0 {
			err = fmt.Errorf("teacher %s is trained and not found: does another process remove files from the cache?", a.Lacking[0].File)
		}
		if err != nil {
			return done, err
		}
	}
	if server != nil && run.Exported(path) {
		server.Record(event.Follow(filepath.Join(path, "events.reta")))
	}
	if err := run.Steer(path, steering); err != nil {
		return done, err
	}
	if err := steering.Lead(a.config.Recipe, a.Images.Classes, emit); err != nil {
		return done, err
	}
	failed, err := a.embed(ctx)
	if err == nil && len(failed) > 0 {
		err = f.setAside(failed, path)
	}
	if err != nil {
		return done, err
	}
	for _, phase := range run.Phases() {
		failed, err := a.phase(ctx, phase)
		if err == nil && len(failed) > 0 {
			err = f.setAside(failed, path)
		}
		if err != nil {
			return done, err
		}
		if server != nil && phase == run.Recover {
			server.Record(event.Follow(filepath.Join(path, "events.reta")))
		}
	}
	c.end(true)
	if err := errors.Join(wholefile.RemoveAll(parts), wholefile.Remove(filepath.Join(path, preparedFile))); err != nil {
		return done, err
	}
	done.Result.Path = filepath.Join(path, "export")
	if run.Made(path, run.Evaluate) {
		done.Evaluation, err = run.ReadEvaluation(path)
	}
	emit(event.Status{State: event.Done, Text: "distilled images are in " + done.Result.Path, Phase: string(run.Recover), Done: 1, Total: 1, Step: a.config.Recipe.Steps})
	return done, err
}

// outcomeError is the error of an engine that ended without having made its item.
func outcomeError(o engine.Outcome) error {
	switch o.Code {
	case 0:
		return nil
	case 6:
		return context.Canceled
	}
	return engineError{text: o.Text, code: o.Code, needs: o.Needs, has: o.Has}
}

// assembly is a run in the making.
type assembly struct {
	crew     crew
	steering *distill.Steering
	path     string // of the run
	parts    string
	cache    string
	emit     func(event.Event)
	config   run.Config
	encode   []byte
	prepared
}

// read takes what was prepared.
func (a *assembly) read() (err error) {
	if a.config, err = run.ReadFolder(a.path); err != nil {
		return err
	}
	if a.encode, err = a.config.Encode(); err != nil {
		return err
	}
	a.prepared = prepared{}
	text, err := os.ReadFile(filepath.Join(a.path, preparedFile))
	if err == nil {
		err = json.Unmarshal(text, &a.prepared)
	}
	if err != nil {
		return fmt.Errorf("run folder %s: %w", a.path, err)
	}
	return nil
}

// squeeze has the teachers trained that are not there, each as a part, and puts them in the cache.
func (a *assembly) squeeze(ctx context.Context) ([]failure, error) {
	p := &progress{phase: engine.Squeezing, total: len(a.Lacking), emit: a.emit}
	var all, missing []part
	for i, teacher := range a.Lacking {
		item := engine.Item{Phase: engine.Squeezing, Index: i, Count: len(a.Lacking), Config: a.encode, Network: teacher.Network}
		q := part{Item: item, folder: filepath.Join(a.parts, engine.Squeezing+"-"+teacher.Network), check: func(folder string) error {
			return run.CheckSqueezed(folder, a.config, teacher, a.Images.Size)
		}}
		all = append(all, q)
		switch {
		case !holds(item, q.folder):
			missing = append(missing, q)
		case q.check(q.folder) == nil:
			p.made++
		default: // of another training
			if err := wholefile.RemoveAll(q.folder); err != nil {
				return nil, err
			}
			missing = append(missing, q)
		}
	}
	p.begin()
	failed, err := a.crew.make(ctx, missing, p)
	if err != nil || len(failed) > 0 {
		return failed, err
	}
	for i, q := range all {
		err := errors.Join(q.check(q.folder), wholefile.MkdirAll(filepath.Join(a.cache, "teachers"), 0o755))
		if err == nil {
			err = copyWhole(run.Squeezed(q.folder), filepath.Join(a.cache, "teachers", a.Lacking[i].File))
		}
		if err == nil {
			err = wholefile.RemoveAll(q.folder)
		}
		if err != nil {
			return nil, fmt.Errorf("teacher %s: %w", q.Network, err)
		}
	}
	return nil, nil
}

// embed has the pool made that several groups read, unless it is in the cache, and puts it there.
func (a *assembly) embed(ctx context.Context) ([]failure, error) {
	file := filepath.Join(a.cache, a.Pool)
	if a.Pool == "" || run.Made(a.path, run.Recover) || a.config.Recipe.Groups(a.Images.Classes) < 2 || distill.CheckPool(file) == nil {
		return nil, nil
	}
	q := part{Item: engine.Item{Phase: engine.Embedding, Count: 1, Config: a.encode, Teachers: a.Teachers}, folder: filepath.Join(a.parts, engine.Embedding)}
	q.check = func(folder string) error { return run.CheckEmbedded(folder, a.Pool) }
	p := &progress{phase: engine.Embedding, total: 1, emit: a.emit}
	p.begin()
	if q.check(q.folder) != nil {
		if failed, err := a.crew.make(ctx, []part{q}, p); err != nil || len(failed) > 0 {
			return failed, err
		}
	}
	err := q.check(q.folder)
	if err == nil {
		err = copyWhole(run.Embedded(q.folder), file)
	}
	if err == nil {
		err = wholefile.RemoveAll(q.folder)
	}
	if err != nil {
		return nil, fmt.Errorf("pool of real images: %w", err)
	}
	return nil, nil
}

// holds reports whether a folder holds what an item comes to.
func holds(item engine.Item, folder string) bool {
	switch item.Phase {
	case engine.Squeezing:
		return run.Squeezed(folder) != ""
	case engine.Embedding:
		return run.Embedded(folder) != ""
	}
	return run.Finished(folder)
}

// phase has the parts of a phase made that are not there yet, and merges all of them.
func (a *assembly) phase(ctx context.Context, phase run.Phase) ([]failure, error) {
	if run.Made(a.path, phase) {
		if phase == run.Recover {
			a.steering.Give(a.Images.Classes)
		}
		return nil, nil
	}
	shards, err := a.config.Parts(phase, a.Images)
	if err != nil || len(shards) == 0 {
		return nil, err
	}
	p := &progress{phase: string(phase), total: len(shards), emit: a.emit}
	var missing []part
	var folders []string
	for _, s := range shards {
		q := part{folder: filepath.Join(a.parts, fmt.Sprintf("%s-%d-of-%d", phase, s.Index, s.Count))}
		q.Item = engine.Item{Phase: string(phase), Index: s.Index, Count: s.Count, Config: a.encode, Teachers: a.Teachers}
		if phase == run.Recover {
			q.steering, q.first = a.steering, s.Index*a.config.Recipe.Group
			if a.Pool != "" && len(shards) > 1 {
				q.pool = filepath.Join(a.cache, a.Pool)
			}
		} else {
			q.Of = a.path
		}
		q.check = func(folder string) error { return run.CheckShard(folder, a.encode, *s, q.changes()) }
		folders = append(folders, q.folder)
		if _, err := os.Stat(q.folder); err == nil { // it was begun
			q.given()
		}
		if run.Finished(q.folder) {
			p.made++
			continue
		}
		missing = append(missing, q)
	}
	p.begin()
	failed, err := a.crew.make(ctx, missing, p)
	if err != nil || len(failed) > 0 {
		return failed, err
	}
	err = distill.UntilRoom(ctx, a.emit, func() error { return run.Gather(ctx, a.path, folders, a.emit) })
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		if err := wholefile.RemoveAll(folder); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// setAside is the error of parts that could not be made.
func (f *distilFlags) setAside(failed []failure, path string) error {
	var lines []string
	code := failed[0].code
	for _, p := range failed {
		lines = append(lines, fmt.Sprintf("%v: %s", p.Item, p.why))
	}
	return engineError{code: code, text: fmt.Sprintf("%s of %s could not be made and %s set aside; the others are kept in %s:\n  %s\nto try again:\n  %s",
		event.Counted(len(failed), "part"), failed[0].Phase, map[bool]string{true: "was", false: "were"}[len(failed) == 1], filepath.Join(path, run.PartsFolder),
		strings.Join(lines, "\n  "), continueCommand(f.command, path))}
}

// makePart is an engine's work on an item that is not the first.
func (f *commonFlags) makePart(ctx context.Context, link *engine.Link, v *viewers) (out run.Outcome, err error) {
	item := link.Item
	config, err := run.ParseConfig(item.Config)
	if err != nil {
		return out, err
	}
	shard := run.Shard{Phase: run.Phase(item.Phase), Index: item.Index, Count: item.Count}
	f.device = item.Device
	images := options(config)
	if item.Data != "" {
		if images.Data = item.Data; strings.HasPrefix(images.Name, "path:") {
			images.Name, images.Data = "path:"+item.Data, ""
		}
	}
	w, err := f.open(ctx, needs{device: true, teachers: item.Teachers, network: config.Network, data: images}, v.emit)
	if err != nil {
		return out, err
	}
	defer w.close()
	switch item.Phase {
	case engine.Embedding:
		r := &run.Run{Config: config, Device: w.device, Set: w.set, Given: w.teachers, Cache: w.cache, Emit: v.emit, Unchecked: true}
		return out, r.Embed(ctx, link.Folder)
	case engine.Squeezing:
		return out, run.SqueezeTeacher(ctx, w.device, w.set, config, item.Network, link.Folder, v.emit, v.gate)
	}
	var folder *run.Folder
	if shard.Phase == run.Recover {
		config.Shard = &shard
		if folder, err = run.OpenFolder(link.Folder, config); err == nil {
			if err = folder.Keep(item.Changes); err != nil {
				err = errors.Join(err, folder.Close())
			}
		}
	} else {
		shard.Command = "make it again"
		folder, err = run.OpenShard(link.Folder, item.Of, shard)
	}
	if errors.Is(err, run.ErrFinished) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	defer folder.Close()
	config.Shard = folder.Config.Shard
	r := &run.Run{
		Config: config, Folder: folder, Device: w.device, Set: w.set, Given: w.teachers, Cache: w.cache, Gate: v.gate, Steering: &v.steering, Emit: v.emit,
		Shown: v.class, Unchecked: true, Watched: v.wants, Recall: v.recall, Interrupted: v.interrupted,
	}
	return r.Do(ctx)
}

// prepare is an engine's work on the first item.
func prepare(ctx context.Context, r *run.Run) error {
	r.NoLog, r.Record, r.Untrained = true, nil, true
	p, err := r.Prepare(ctx)
	if err != nil {
		return err
	}
	return r.Folder.WriteJSON(preparedFile, prepared{p, run.Facts(r.Set)})
}
