package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

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
	path := f.File(changesFile)
	past, err := readChanges(path)
	if err != nil {
		return err
	}
	s.Restore(past, func(list []event.Change) error {
		var b bytes.Buffer
		lines := json.NewEncoder(&b)
		for _, c := range list {
			if err := lines.Encode(c); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		return writeFile(path, b.Bytes())
	})
	return nil
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
