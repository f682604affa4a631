package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reta/compute/distill"
	"reta/server/bundle"
	"reta/shared/event"
	"reta/shared/wholefile"
)

// MergeError is a shard that cannot be merged with the others, or a set of shards that is not whole.
type MergeError struct{ error }

func (e MergeError) Unwrap() error { return e.error }

func unmergeable(format string, args ...any) error { return MergeError{fmt.Errorf(format, args...)} }

// piece is the folder of a shard that is to be merged, locked.
type piece struct {
	path    string
	config  Config
	meta    Meta
	classes int            // that a shard of recover has images of
	changes []event.Change // of its settings while it was made
	lock    *folderLock
}

// String names the shard in errors and logs.
func (p piece) String() string { return fmt.Sprintf("shard %v in %s", p.config.Shard, p.path) }

// Merge puts the shards of a phase together, given in any order: those of recover in a new folder, those of what is made of a
// run's images in the folder of the run. What comes of it is what one process would have made. Shards that do not belong together,
// or are not whole, are a MergeError that names them.
func Merge(ctx context.Context, out string, folders []string, emit func(event.Event)) error {
	pieces, err := openPieces(folders)
	defer closePieces(pieces)
	if err != nil {
		return err
	}
	if err := compare(pieces, emit); err != nil {
		return err
	}
	if pieces[0].config.Shard.Phase == Recover {
		return mergeRecovered(ctx, out, pieces, emit)
	}
	return mergeMade(ctx, out, pieces, emit)
}

// openPieces locks the folders of the shards and sorts them; on an error what is open is returned too.
func openPieces(folders []string) (pieces []piece, err error) {
	taken := map[string]string{}
	for _, folder := range folders {
		real, err := filepath.EvalSymlinks(folder)
		if err == nil {
			real, err = filepath.Abs(real)
		}
		if err != nil {
			return pieces, MergeError{fmt.Errorf("%w: want the folder of a shard", err)}
		}
		if was, twice := taken[real]; twice {
			return pieces, unmergeable("%s is given twice, as %s too: want each shard once", folder, was)
		}
		taken[real] = folder
		c, err := ReadFolder(folder)
		if err != nil {
			return pieces, MergeError{fmt.Errorf("%w: want the folder of a shard", err)}
		}
		if c.Shard == nil {
			return pieces, unmergeable("%s is no shard but a whole run: want folders of runs with --shard", folder)
		}
		p := piece{path: folder, config: c}
		if p.changes, err = readChanges(filepath.Join(folder, changesFile)); err != nil {
			return pieces, MergeError{err}
		}
		if p.lock, err = lockFolder(folder, "shard"); err != nil {
			return pieces, err
		}
		pieces = append(pieces, p)
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.config.Shard.Index - b.config.Shard.Index })
	return pieces, nil
}

func closePieces(pieces []piece) {
	for _, p := range pieces {
		_ = p.lock.Close() // the lock ends with the process
	}
}

// compare refuses shards that are not all the shards of one run, each once and finished.
func compare(pieces []piece, emit func(event.Event)) error {
	first := pieces[0]
	shard := first.config.Shard
	for _, p := range pieces[1:] {
		if s := p.config.Shard; !s.like(shard) {
			return unmergeable("%s is shard %s, %s is shard %s: want shards of one run, all of as many", first.path, shard.words(), p.path, s.words())
		}
		mine, others := first.config.relocatable(), p.config.relocatable()
		mine.Shard, others.Shard = nil, nil
		if lines := mine.Difference(others); len(lines) > 0 {
			return unmergeable("%s and %s are of runs with different settings:\n  %s", first.path, p.path,
				strings.NewReplacer("it has ", first.path+": ", ", asked ", "; "+p.path+": ").Replace(strings.Join(lines, "\n  ")))
		}
	}
	of := map[int]piece{}
	for _, p := range pieces {
		index := p.config.Shard.Index
		if was, twice := of[index]; twice {
			return unmergeable("shard %v is given twice: %s and %s: want each once", p.config.Shard, was.path, p.path)
		}
		of[index] = p
	}
	const most = 10 // that are named
	var missing []string
	for index := 0; index < shard.Count && len(missing) < most; index++ {
		if _, there := of[index]; !there {
			missing = append(missing, fmt.Sprintf("%d/%d", index, shard.Count))
		}
	}
	if len(missing) > 0 {
		return unmergeable("shard %s is missing: give its folder too, or make it by the command of the others with --shard %s", strings.Join(missing, ", "), missing[0])
	}
	for i := range pieces {
		p := &pieces[i]
		if !p.finished() {
			return unmergeable("%v is not finished: finish it with\n  %s", p, p.command())
		}
		var err error
		if p.meta, err = ReadMeta(p.path); err != nil {
			return MergeError{fmt.Errorf("%v: %w: make it again", p, err)}
		}
		if err := p.sameAs(pieces[0], emit); err != nil {
			return err
		}
	}
	return nil
}

// finished reports whether the shard has all that it was to make.
func (p piece) finished() bool { return p.config.came(p.path) }

// command finishes the shard.
func (p piece) command() string {
	if p.config.Shard.Command != "" {
		return p.config.Shard.Command
	}
	return "server recover --resume " + p.path
}

// sameAs compares the circumstances of two shards.
func (p piece) sameAs(first piece, emit func(event.Event)) error {
	for _, h := range []struct{ what, a, b, remedy string }{
		{"other real images", first.meta.DataHash, p.meta.DataHash, "give all shards the same images"},
		{"other weights of the teachers", first.meta.TeacherHash, p.meta.TeacherHash, "train them once, by server squeeze, and give all shards the files with --teacher"},
	} {
		if h.a != h.b {
			return unmergeable("%v was made from %s than %v: their hashes are %.16s and %.16s: %s", p, h.what, first, h.b, h.a, h.remedy)
		}
	}
	if p.meta.Version != first.meta.Version {
		warnf(emit, "merge: %v was made by version %s, %v by %s: one machine's images may be others", p, p.meta.Version, first, first.meta.Version)
	}
	if p.meta.Device != first.meta.Device || p.meta.Driver != first.meta.Driver {
		warnf(emit, "merge: %v was made on %s, driver %s, %v on %s, driver %s: what one of them would make alone may differ in the last bits",
			p, p.meta.Device, p.meta.Driver, first, first.meta.Device, first.meta.Driver)
	}
	if p.meta.Precision != first.meta.Precision {
		warnf(emit, "merge: %v multiplied in %s, %v in %s: their images differ by rounding", p, cmp.Or(p.meta.Precision, "fp32"), first, cmp.Or(first.meta.Precision, "fp32"))
	}
	return nil
}

// mergedMeta are the circumstances of all shards.
func mergedMeta(pieces []piece) Meta {
	m := pieces[0].meta
	for _, p := range pieces {
		m.Shards = append(m.Shards, p.meta)
		m.Started = min(m.Started, p.meta.Started)
	}
	return m
}

// mergedCost is what all shards took together, where it is known of each.
func mergedCost(pieces []piece) (sum Cost, known bool) {
	for _, p := range pieces {
		c, err := ReadCost(p.path)
		if err != nil {
			return sum, false
		}
		sum.Images, sum.Seconds, sum.Memory = sum.Images+c.Images, sum.Seconds+c.Seconds, max(sum.Memory, c.Memory)
	}
	return sum, true
}

// mergeRecovered puts shards of recover in a new folder: it is filled under another name, and renamed at the end.
func mergeRecovered(ctx context.Context, out string, pieces []piece, emit func(event.Event)) (err error) {
	unlock, err := lockNew(out)
	if err != nil {
		return err
	}
	defer unlock()
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		return unmergeable("%s is not empty (%s): want a new folder for the merged run", out, entries[0].Name())
	} else if err != nil {
		return MergeError{fmt.Errorf("%w: want a new folder for the merged run", err)}
	}
	part := filepath.Clean(out) + ".merge.part"
	if err := fill(ctx, part, out, pieces, emit); err != nil {
		return err
	}
	if err := wholefile.Remove(out); err != nil && !errors.Is(err, os.ErrNotExist) { // it is empty
		return errors.Join(fmt.Errorf("merge: %w", err), wholefile.RemoveAll(part))
	}
	if err := errors.Join(wholefile.Rename(part, out), wholefile.SyncFolder(filepath.Dir(part))); err != nil {
		return errors.Join(fmt.Errorf("merge: %w", err), wholefile.RemoveAll(part))
	}
	return nil
}

// lockNew makes the folder of a merged run, unless it is there, and keeps other merges from it until unlock is called, which removes
// the folder if it was made here and is still empty.
func lockNew(out string) (unlock func(), err error) {
	_, err = os.Stat(out)
	made := errors.Is(err, os.ErrNotExist)
	if err = wholefile.MkdirAll(out, 0o755); err != nil {
		return nil, MergeError{fmt.Errorf("%w: want a new folder for the merged run", err)}
	}
	dir, err := os.Open(out)
	if err != nil {
		return nil, MergeError{fmt.Errorf("%w: want a new folder for the merged run", err)}
	}
	if held, err := lockOpen(dir); err != nil || !held {
		return nil, errors.Join(fmt.Errorf("merge: %w: %s: wait for it, or use another folder for the merged run", ErrBusy, out), err, dir.Close())
	}
	return func() {
		if made {
			_ = wholefile.Remove(out) // it fails where the run is there
		}
		_ = dir.Close() // the lock ends with the process
	}, nil
}

// fill makes the folder part, which is to become out, of shards of recover. One that an earlier call left is made anew.
func fill(ctx context.Context, part, out string, pieces []piece, emit func(event.Event)) (err error) {
	if err := wholeClasses(pieces); err != nil {
		return err
	}
	if _, err := inspect(part); err != nil {
		return err
	}
	if err := errors.Join(wholefile.RemoveAll(part), wholefile.MkdirAll(part, 0o755)); err != nil { // of a merge that was killed
		return fmt.Errorf("merge: %w", err)
	}
	defer func() {
		if err != nil {
			_ = wholefile.RemoveAll(part) // the first error is returned
		}
	}()
	f := &Folder{Path: part, Config: pieces[0].config}
	f.Config.Shard = nil
	text, err := f.Config.Encode()
	if err == nil {
		err = writeFile(f.File("config.toml"), text)
	}
	if changes := pieces[len(pieces)-1].changes; err == nil && len(changes) > 0 {
		err = writeChanges(part, changes)
	}
	if err == nil {
		err = f.WriteJSON(metaFile, mergedMeta(pieces))
	}
	if cost, known := mergedCost(pieces); err == nil && known {
		err = f.WriteJSON(costFile, cost)
	}
	var images []byte
	if err == nil {
		images, err = os.ReadFile(filepath.Join(pieces[0].path, imagesFile))
	}
	if err == nil {
		err = writeFile(f.File(imagesFile), images)
	}
	if err != nil {
		return err
	}
	var exports []string
	for _, p := range pieces {
		exports = append(exports, filepath.Join(p.path, "export"))
	}
	config, err := f.Config.relocatable().Encode()
	if err == nil {
		err = bundle.Merge(ctx, f.File("export"), exports, config)
	}
	if err != nil {
		return MergeError{err}
	}
	return mergeLogs(out, f, pieces, emit)
}

// wholeClasses refuses shards whose classes are not those of their groups, or that were made by other changes of their settings than the run
// that the last is of.
func wholeClasses(pieces []piece) error {
	all := 0
	for i := range pieces {
		m, err := bundle.Read(filepath.Join(pieces[i].path, "export"))
		if err != nil {
			return MergeError{err}
		}
		pieces[i].classes = len(m.Classes)
		all += len(m.Classes)
	}
	last := pieces[len(pieces)-1]
	for _, p := range pieces {
		first, end := p.config.recovered(all)
		if end-first != p.classes {
			return unmergeable("%v holds images of %s: want %d, as of the %d classes of all shards: were they made of the same classes?", p, event.Counted(p.classes, "class"), end-first, all)
		}
		group := p.config.Recipe.Group
		if why := otherChange(p.changes, distill.ChangesUntil(last.changes, (end-1)/group*group)); why != "" {
			return unmergeable("%v has other changes of its settings than %v, which all groups of classes from a change on must have: %s: make it again", p, last, why)
		}
	}
	return nil
}
