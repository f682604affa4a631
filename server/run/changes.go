package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"reta/compute/distill"
	"reta/shared/event"
)

// changesFile holds the settings that were changed while the run went on, a JSON object a line in the order of their
// effect. The config stays what was asked; both decide the images.
const changesFile = "changes.jsonl"

// maxChangesFile is more bytes than event.MaxChanges lines have.
const maxChangesFile = event.MaxChanges * 512

// steer gives s the changes of the folder's run, and keeps there what changes from now on.
func (f *Folder) steer(s *distill.Steering) error {
	return Steer(f.Path, s)
}

// Steer gives s the changes of the run in a folder, and keeps there what changes from now on.
func Steer(folder string, s *distill.Steering) error {
	past, err := readChanges(filepath.Join(folder, changesFile))
	if err != nil {
		return err
	}
	s.Restore(past, func(list []event.Change) error { return writeChanges(folder, list) })
	return nil
}

func writeChanges(folder string, list []event.Change) error {
	path := filepath.Join(folder, changesFile)
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	for _, c := range list {
		if err := lines.Encode(c); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return writeFile(path, b.Bytes())
}

// Keep has the folder's run, a shard, keep to changes of the whole run's settings. One that has made steps by others is refused.
func (f *Folder) Keep(list []event.Change) error {
	was, err := readChanges(f.File(changesFile))
	if err != nil {
		return err
	}
	why := otherChange(was, list)
	if why == "" {
		return nil
	}
	if saved, _ := os.ReadDir(f.File("checkpoints")); len(saved) > 0 || exported(f.Path) {
		return fmt.Errorf("%w: %s: %s: remove it, or put its %s right", ErrOther, f.Path, why, changesFile)
	}
	return writeChanges(f.Path, list)
}

// otherChange says how a list of changes differs from the one that is wanted, "" if what is made by them is the same.
func otherChange(got, want []event.Change) string {
	what := func(c event.Change) string {
		return fmt.Sprintf("change %d, %s to %g after step %d of classes %d and on", c.ID, c.Name, c.To, c.Step, c.First)
	}
	for i, c := range got {
		switch {
		case i >= len(want):
			return "it has " + what(c) + ", want none such"
		case what(c) != what(want[i]):
			return "it has " + what(c) + ", want " + what(want[i])
		}
	}
	if len(got) < len(want) {
		return "it lacks " + what(want[len(got)])
	}
	return ""
}

// readChanges reads a file of changes; none is no changes. What they say is checked by who carries them out.
func readChanges(path string) ([]event.Change, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("changes of the run: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxChangesFile {
		return nil, fmt.Errorf("%s: %v of %d bytes: want a file of at most %d; remove it to continue the run without its changes",
			path, info.Mode().Type(), info.Size(), maxChangesFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("changes of the run: %w", err)
	}
	var list []event.Change
	for lines := json.NewDecoder(bytes.NewReader(text)); ; {
		var c event.Change
		err := lines.Decode(&c)
		if err == io.EOF {
			return list, nil
		}
		if err == nil && len(list) == event.MaxChanges {
			err = fmt.Errorf("more than %d changes", event.MaxChanges)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: change %d: %w; remove the file to continue the run without its changes", path, len(list)+1, err)
		}
		list = append(list, c)
	}
}
