package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"reta/compute/evaluate"
	"reta/compute/label"
	"reta/server/bundle"
	"reta/shared/event"
)

// mergeMade puts shards of what is made of a run's images into the folder of the run, where one process would have put it. It may
// be repeated.
func mergeMade(ctx context.Context, out string, pieces []piece, emit func(event.Event)) (err error) {
	first := pieces[0].config
	what := fmt.Sprintf("want the run that these shards of %s are of", first.Shard.Phase)
	f, err := OpenFinished(out)
	if errors.Is(err, ErrBusy) {
		return err
	}
	if err != nil {
		return MergeError{fmt.Errorf("%w: %s", err, what)}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	whole := first.relocatable()
	whole.Shard = nil
	if lines := f.Config.relocatable().Difference(whole); len(lines) > 0 {
		return unmergeable("%s has other settings than the run that the shards are of:\n  %s\n%s", out, strings.Join(lines, "\n  "), what)
	}
	images, err := bundle.ImagesHash(f.export())
	if err != nil {
		return MergeError{err}
	}
	if images != first.Shard.Images {
		return unmergeable("%s has other images than the shards are of: their hashes are %.16s and %.16s: %s", out, images, first.Shard.Images, what)
	}
	var events []event.Event
	if first.Shard.Phase == Relabel {
		var dirs []string
		for _, p := range pieces {
			dirs = append(dirs, filepath.Join(p.path, "labels"))
		}
		if err := label.Merge(ctx, f.File("labels"), dirs); err != nil {
			return fmt.Errorf("merge: %w", err)
		}
	} else {
		e, err := mergeEvaluations(f, pieces, emit)
		if err != nil {
			return err
		}
		events = e.Events()
	}
	if err := f.gather(); err != nil {
		return err
	}
	return addLogs(f, pieces, events, emit)
}

// mergeEvaluations puts trainings and what came of them into the run's folder, and draws the conclusions anew.
func mergeEvaluations(f *Folder, pieces []piece, emit func(event.Event)) (*Evaluation, error) {
	var all Evaluation
	var outcomes []evaluate.Outcome
	var devices []string
	var kept []evaluate.Kept
	for i, p := range pieces {
		e, err := ReadEvaluation(p.path)
		if err != nil {
			return nil, MergeError{err}
		}
		if i == 0 {
			all = *e
		}
		if what := all.differs(e); what != "" {
			return nil, unmergeable("%v and %v have other %s: want shards made by one command", pieces[0], p, what)
		}
		at, err := p.config.Shard.of(len(e.Plan), "training")
		if err != nil || e.Shard != p.config.Shard.String() || len(e.Trials) != at[1]-at[0] {
			return nil, unmergeable("%v has %s as shard %s of %d: want %d: make it again", p, event.Counted(len(e.Trials), "training"), e.Shard, len(e.Plan), at[1]-at[0])
		}
		kept = append(kept, evaluate.Kept{Dir: filepath.Join(p.path, "evaluation"), Keys: e.Plan[at[0]:at[1]]})
		outcomes = append(outcomes, e.Trials...)
		all.Memory = max(all.Memory, e.Memory)
		devices = append(devices, e.Device)
	}
	if err := evaluate.Merge(f.File("evaluation"), kept); err != nil {
		return nil, MergeError{err}
	}
	if err := mergeOwnLabels(f, pieces, emit); err != nil {
		return nil, err
	}
	all.Shard, all.Plan, all.Device = "", nil, bundle.Joined(devices)
	all.conclude(outcomes)
	return &all, all.Write(f.File(EvaluationFile))
}

// differs names what another shard's evaluation has that this one's has not, "" for nothing.
func (r *Evaluation) differs(o *Evaluation) string {
	for _, same := range []struct {
		what string
		a, b any
	}{
		{"students or protocols", r.Students, o.Students}, {"teachers", r.Teachers, o.Teachers},
		{"test images", [2]any{r.Dataset, r.TestImages}, [2]any{o.Dataset, o.TestImages}}, {"trainings to make", r.Plan, o.Plan}, {"corruptions", r.Corruptions, o.Corruptions},
	} {
		a, errA := json.Marshal(same.a)
		b, errB := json.Marshal(same.b)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			return same.what
		}
	}
	return ""
}

// mergeOwnLabels keeps the soft labels that shards of an evaluation have made, as one process would have: those of the images that
// are judged in the run's labels, where there are none yet, those of controls beside the trainings. They can be made again.
func mergeOwnLabels(f *Folder, pieces []piece, emit func(event.Event)) error {
	for _, p := range pieces {
		stores, err := filepath.Glob(filepath.Join(p.path, "evaluation", "labels-*"))
		if err != nil {
			return err
		}
		for _, from := range append(stores, filepath.Join(p.path, "labels")) {
			name, err := filepath.Rel(p.path, from)
			if err == nil {
				_, err = label.ReadManifest(from)
			}
			if errors.Is(err, label.ErrNone) {
				continue
			}
			if err != nil {
				return MergeError{err}
			}
			to := f.File(name)
			if _, err := os.Stat(to); err == nil {
				if !bundle.SameLabels(from, to) {
					warnf(emit, "merge: the labels in %s are others than those in %s, which stay as they are", from, to)
				}
				continue
			} else if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if err := bundle.CopyLabels(from, to); err != nil {
				return err
			}
		}
	}
	return nil
}
