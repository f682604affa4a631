package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"reta/compute/distill"
	"reta/compute/models"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
	"reta/shared/wholefile"
)

// PartsFolder is the folder in a run's where several processes make it, until it is merged.
const PartsFolder = "parts"

// Lacking is a teacher that is to be trained: its network, and the name of its file in the cache.
type Lacking struct {
	Network string `json:"network"`
	File    string `json:"file"`
}

// Prepared is what Prepare leaves for the parts of a run.
type Prepared struct {
	Teachers []string  `json:"teachers"`          // files
	Lacking  []Lacking `json:"lacking,omitempty"` // teachers that are to be trained first
	Pool     string    `json:"pool,omitempty"`    // name of the file in the cache with what all groups read of the real images, "" for none
}

// Prepare does what all parts of a run need and none should repeat: it finds or trains the teachers, and refuses a folder that was
// begun with others. It returns the files of their weights or, with Untrained, those that are to be trained first. The folder then holds
// the run's config.
func (r *Run) Prepare(ctx context.Context) (p Prepared, err error) {
	defer func() {
		if err != nil && !resumable(err) {
			r.Folder.discard()
		}
	}()
	r.Gate.Notify(r.setPaused)
	defer r.Gate.Notify(nil)
	defer r.freeTeachers()
	if err := r.begin(); err != nil {
		return p, r.failed(err)
	}
	if err := r.Folder.sameData(r.Set); err != nil {
		return p, r.failed(err)
	}
	list, key, err := r.teachers(ctx)
	var missing untrained
	if errors.As(err, &missing) {
		for _, network := range missing {
			p.Lacking = append(p.Lacking, Lacking{network, teacherName(r.Set, network, *r.Config.Training) + ".safetensors"})
		}
		return p, nil
	}
	if err == nil {
		err = r.Folder.sameTeachers(key)
	}
	if err == nil && r.Config.Recipe.UsesPool() {
		var file string
		if file, err = distill.PoolFile(r.embedding(list, key, r.Cache)); err == nil {
			p.Pool = filepath.Base(file)
		}
	}
	if err != nil {
		return p, r.failed(err)
	}
	for _, m := range list {
		file, err := filepath.Abs(m.Origin.File)
		if err != nil {
			return p, err
		}
		p.Teachers = append(p.Teachers, file)
	}
	return p, nil
}

// embedding is the job that computes the features of the pool, in a cache.
func (r *Run) embedding(teachers []*models.Model, key, cache string) distill.Job {
	return distill.Job{Recipe: r.Config.Recipe, Teachers: teachers, Data: r.data, Emit: r.emit, Cache: cache, Key: r.Set.Hash + " " + key, DataKey: r.Set.Hash}
}

// Embed computes what all groups of the run read of the real images, and leaves it in a folder as one file.
func (r *Run) Embed(ctx context.Context, folder string) error {
	defer r.freeTeachers()
	unlock, err := LockFolder(folder)
	if err != nil {
		return err
	}
	defer unlock()
	r.data, r.Folder = DataOf(r.Set), &Folder{Path: folder}
	teachers, key, err := r.teachers(ctx)
	if err != nil {
		return err
	}
	return distill.Embed(ctx, r.Device, r.embedding(teachers, key, folder))
}

// Embedded is the file of the pool in a folder of Embed, "" where it is not there yet.
func Embedded(folder string) string {
	files, _ := filepath.Glob(filepath.Join(folder, "features-*.safetensors"))
	if len(files) != 1 {
		return ""
	}
	return files[0]
}

// CheckEmbedded refuses the folder of a pool that is another than the one named.
func CheckEmbedded(folder, name string) error {
	file := Embedded(folder)
	if filepath.Base(file) != name {
		return fmt.Errorf("it holds the pool %.80q: want %s: are the real images others there?", filepath.Base(file), name)
	}
	return distill.CheckPool(file)
}

// mostLabelParts bounds the parts of relabelling: a process that makes one opens device, images and teachers.
const mostLabelParts = 16

// Parts are the shards that a phase of the run is cut into where several processes make it, finest first: one for each group of
// classes, for a few epochs of labels, for each student and seed. None: the run has no such phase, or it has nothing to make ahead.
// d is what the run's images are; how many there are of a class is the recipe's.
func (c Config) Parts(phase Phase, d recipe.Dataset) (list []*Shard, err error) {
	if slices.Index(Phases(), phase) > slices.Index(Phases(), c.until()) {
		return nil, nil
	}
	count := c.Recipe.Groups(d.Classes)
	if phase != Recover {
		students, err := c.students(d, c.Recipe.IPC, nil)
		if err != nil {
			return nil, err
		}
		if len(students) == 0 {
			return nil, fmt.Errorf("evaluation.students: none: want one or more")
		}
		if count = len(students) * c.Judged.Seeds; phase == Relabel {
			l := students[0].Protocol.Labelled()
			if l.Source != protocol.Stored && c.until() != Relabel {
				return nil, nil
			}
			count = min(l.Epochs, mostLabelParts)
		}
	}
	for i := range count {
		list = append(list, &Shard{Phase: phase, Index: i, Count: count})
	}
	return list, nil
}

// Made reports whether a run's folder has what a phase comes to.
func Made(path string, phase Phase) bool {
	c, err := ReadFolder(path)
	c.Until, c.Shard = phase, nil
	return err == nil && c.came(path)
}

// Finished reports whether a folder, of a run or of a shard, has all that it was to have.
func Finished(path string) bool {
	c, err := ReadFolder(path)
	return err == nil && c.came(path)
}

// CheckShard refuses a folder that does not hold a shard of a run whose config is given, made by the given changes of its settings, with all
// that it was to have.
func CheckShard(path string, config []byte, s Shard, changes []event.Change) error {
	want, err := ParseConfig(config)
	if err != nil {
		return err
	}
	c, err := ReadFolder(path)
	if err != nil {
		return err
	}
	if c.Shard == nil || c.Shard.Phase != s.Phase || c.Shard.Index != s.Index || c.Shard.Count != s.Count {
		return fmt.Errorf("it is shard %s: want %s", c.Shard.words(), s.words())
	}
	c, want = c.relocatable(), want.relocatable()
	c.Shard = nil
	if lines := c.Difference(want); len(lines) > 0 {
		return fmt.Errorf("it has other settings: %s", lines[0])
	}
	was, err := readChanges(filepath.Join(path, changesFile))
	if err != nil {
		return err
	}
	if why := otherChange(was, changes); why != "" {
		return errors.New("it has other changes of its settings: " + why)
	}
	if !Finished(path) {
		return fmt.Errorf("shard %s is not whole", s.words())
	}
	return nil
}

// Gather is Merge into the folder of the run itself: one that holds no more than the run's config, for shards of recover.
func Gather(ctx context.Context, path string, shards []string, emit func(event.Event)) error {
	pieces, err := openPieces(shards)
	defer closePieces(pieces)
	if err != nil {
		return err
	}
	if err := compare(pieces, emit); err != nil {
		return err
	}
	if pieces[0].config.Shard.Phase != Recover {
		return mergeMade(ctx, path, pieces, emit)
	}
	lock, err := lockFolder(path, "folder")
	if err != nil {
		return err
	}
	defer lock.Close()
	was, err := ReadFolder(path)
	if err != nil {
		return err
	}
	mine := pieces[0].config.relocatable()
	if mine.Shard = nil; len(mine.Difference(was.relocatable())) > 0 || exported(path) {
		return unmergeable("%s is not the unfinished run that %v is of: want that", path, pieces[0])
	}
	changes, err := readChanges(filepath.Join(path, changesFile))
	if err != nil {
		return err
	}
	if last := pieces[len(pieces)-1]; otherChange(last.changes, changes) != "" {
		return unmergeable("%v has other changes of its settings than the run: %s: remove it, to make it again", last, otherChange(last.changes, changes))
	}
	part := filepath.Join(path, PartsFolder, "merged")
	if err := wholefile.MkdirAll(filepath.Dir(part), 0o755); err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	if err := fill(ctx, part, path, pieces, emit); err != nil {
		return err
	}
	entries, err := os.ReadDir(part)
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	slices.SortStableFunc(entries, func(a, b os.DirEntry) int { // the images last: a run that has them is recovered
		return rank(a.Name()) - rank(b.Name())
	})
	for _, e := range entries {
		if err := wholefile.Rename(filepath.Join(part, e.Name()), filepath.Join(path, e.Name())); err != nil {
			return fmt.Errorf("merge: %w", err)
		}
	}
	return wholefile.Remove(part)
}

func rank(name string) int {
	if name == "export" {
		return 1
	}
	return 0
}
