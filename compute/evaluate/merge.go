package evaluate

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reta/shared/wholefile"
)

// Kept is a folder in which a Job with a Range has kept what came of its trials, and the keys of these, see Keys.
type Kept struct {
	Dir  string
	Keys []string
}

// Merge puts what jobs have kept in one folder, as a job that made all of their trials would have: outcomes, accuracies on
// corrupted images, and the trained students that are kept for more of those. All is read before anything is written.
func Merge(dir string, parts []Kept) error {
	files, tested := map[string][]byte{}, map[string]map[string]json.RawMessage{}
	students := map[string]string{}
	for _, p := range parts {
		for _, key := range p.Keys {
			text, err := readOutcome(filepath.Join(p.Dir, key+outcomeFile))
			if err != nil {
				return fmt.Errorf("evaluate: %w", err)
			}
			files[key+outcomeFile] = text
			if name := key + weightsFile; regular(filepath.Join(p.Dir, name)) {
				students[name] = filepath.Join(p.Dir, name)
			}
		}
		entries, err := os.ReadDir(p.Dir)
		if err != nil {
			return fmt.Errorf("evaluate: %w", err)
		}
		for _, e := range entries {
			name := e.Name()
			if key, is := strings.CutSuffix(name, outcomeFile); !is || slices.Contains(p.Keys, key) {
				continue
			}
			var of map[string]json.RawMessage
			text, err := readOutcome(filepath.Join(p.Dir, name))
			if err == nil {
				err = json.Unmarshal(text, &of)
			}
			if err != nil {
				return damaged(filepath.Join(p.Dir, name), err)
			}
			if tested[name] == nil {
				tested[name] = map[string]json.RawMessage{}
			}
			for _, key := range p.Keys {
				if score, there := of[key]; there {
					tested[name][key] = score
				}
			}
		}
	}
	for name, of := range tested {
		text, err := json.Marshal(of)
		if err != nil {
			return err
		}
		files[name] = text
	}
	if err := wholefile.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	for name, text := range files {
		if err := wholefile.Write(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("evaluate: %w", err)
		}
	}
	for name, from := range students {
		text, err := os.ReadFile(from)
		if err == nil {
			err = wholefile.Write(filepath.Join(dir, name), text, 0o644)
		}
		if err != nil {
			return fmt.Errorf("evaluate: %w", err)
		}
	}
	return nil
}

func regular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Type() == fs.FileMode(0)
}
