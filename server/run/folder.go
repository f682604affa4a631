package run

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"reta/server/bundle"
	"reta/shared/wholefile"
)

// Folder is a run's place on disk, locked while it is open.
type Folder struct {
	Path   string
	Config Config
	// Resumed reports that the folder held an unfinished run of this config.
	Resumed bool
	made    bool   // the folder was not there before
	begun   bool   // it is a shard's that was not there before
	of      string // folder of the run whose images a shard is about; "" where they are its own
	lock    *folderLock
}

// The errors of a folder that cannot take the run.
var (
	ErrBusy     = errors.New("another process works in this run folder")
	ErrOther    = errors.New("the run folder belongs to another run")
	ErrFinished = errors.New("the run is finished")
)

// OpenFolder makes the folder for a new run, or opens it to continue one with
// the same config. A folder that it refuses is left as it was.
func OpenFolder(path string, c Config) (*Folder, error) {
	f := &Folder{Path: path, Config: c}
	there, err := inspect(path)
	if err != nil {
		return nil, err
	}
	if !there {
		if err := wholefile.MkdirAll(path, 0o755); err != nil {
			return nil, fmt.Errorf("run folder: %w", err)
		}
		f.made = true
	}
	if f.lock, err = lockFolder(path, "--run-dir"); err == nil {
		if err = f.take(); err != nil {
			err = errors.Join(err, f.lock.Close())
		}
	}
	if err != nil {
		if f.made {
			f.discard()
		}
		return nil, err
	}
	return f, nil
}

// CheckFolder gives the error that OpenFolder would give whatever the config,
// so that it is known before any work. It writes nothing.
func CheckFolder(path string) error {
	if _, err := inspect(path); err != nil {
		return err
	}
	return finished(path)
}

// inspect sees whether the folder is there and a run may live in it.
func inspect(path string) (there bool, err error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("run folder: %w: want a folder: use another --run-dir or --runs", err)
	}
	foreign := ""
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "config.toml":
			return true, nil
		case name != "LOCK" && !strings.HasPrefix(name, ".config.toml"): // what a run that died at once leaves
			foreign = name
		}
	}
	if foreign != "" {
		return true, fmt.Errorf("%w: %s is not empty (%s) and holds no config.toml: use an empty or new --run-dir", ErrOther, path, foreign)
	}
	return true, nil
}

// Exported reports whether the folder is that of a run that has exported its images.
func Exported(path string) bool { return exported(path) }

// exported reports whether the folder's run has exported its images.
func exported(path string) bool {
	export := filepath.Join(path, "export")
	_, older := os.Stat(filepath.Join(export, "metadata.csv"))
	return bundle.Is(export) || older == nil
}

// finished is an error when the folder's run has come through its last phase.
func finished(path string) error {
	if !exported(path) {
		return nil
	}
	c, err := readConfig(filepath.Join(path, "config.toml"))
	if err == nil && c.last() != Recover && !c.came(path) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(path, "checkpoints")); err == nil {
		return nil // killed when it had its images, before it could say so
	}
	return fmt.Errorf("%w: see %s; use another --run-dir to run again", ErrFinished, filepath.Join(path, "export"))
}

// take decides whether the folder is new, to be continued, or not for us.
func (f *Folder) take() error {
	file := f.File("config.toml")
	was, err := readConfig(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		text, err := f.Config.Encode()
		if err != nil {
			return err
		}
		return writeFile(file, text)
	case err != nil:
		return fmt.Errorf("run folder: %w", err)
	}
	if lines := was.Difference(f.Config); len(lines) > 0 {
		return fmt.Errorf("%w: %s was started with other settings:\n  %s\ncontinue it with its own settings by --resume %s, or use another --run-dir",
			ErrOther, f.Path, strings.Join(lines, "\n  "), f.Path)
	}
	if err := finished(f.Path); err != nil {
		return err
	}
	f.Resumed = true
	return f.sweep()
}

// sweep removes what writers left that were killed. The folder is locked.
func (f *Folder) sweep() error {
	err := wholefile.Sweep(f.Path, "config.toml", metaFile, imagesFile, EvaluationFile, changesFile, costFile)
	for _, sub := range []string{"checkpoints", "labels", "evaluation", "export", "export/train", "export/labels"} { // where this program writes alone
		err = errors.Join(err, wholefile.Sweep(f.File(sub)))
	}
	if err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	return nil
}

// discard takes away what a run that never began has made.
func (f *Folder) discard() {
	if f.Resumed && !f.begun {
		return
	}
	for _, name := range []string{"events.reta", metaFile, imagesFile, "config.toml", "LOCK"} {
		_ = wholefile.Remove(f.File(name)) // best effort: the run's own error is the one returned
	}
	if f.made {
		_ = wholefile.Remove(f.Path)
	}
}

// Latest is the newest folder under root that holds an unfinished run, "" when
// there is none.
func Latest(root string) (string, Config, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return "", Config{}, nil
	}
	if err != nil {
		return "", Config{}, fmt.Errorf("run folder: %w", err)
	}
	for i := len(entries) - 1; i >= 0; i-- { // names begin with the time
		path := filepath.Join(root, entries[i].Name())
		c, err := readConfig(filepath.Join(path, "config.toml"))
		if err != nil {
			continue
		}
		if c.last() != Recover && c.Shard != nil { // of a run that is elsewhere
			continue
		}
		if finished(path) == nil {
			return path, c, nil
		}
	}
	return "", Config{}, nil
}

// ReadFolder gives the config of an existing run.
func ReadFolder(path string) (Config, error) {
	c, err := readConfig(filepath.Join(path, "config.toml"))
	if err != nil {
		return c, fmt.Errorf("run folder %s: %w", path, err)
	}
	return c, nil
}

// File is the path of something in the folder.
func (f *Folder) File(parts ...string) string {
	return filepath.Join(append([]string{f.Path}, parts...)...)
}

// WriteJSON writes a small file whole.
func (f *Folder) WriteJSON(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(f.File(name), append(text, '\n'))
}

// export is where the images are.
func (f *Folder) export() string { return filepath.Join(cmp.Or(f.of, f.Path), "export") }

// LabelStores are the folders where soft labels of the images may be.
func (f *Folder) LabelStores() []string {
	return []string{filepath.Join(cmp.Or(f.of, f.Path), "labels")}
}

// Close gives the folder free for others.
func (f *Folder) Close() error { return f.lock.Close() }

// writeFile puts text under path whole or not at all.
func writeFile(path string, text []byte) error {
	if err := wholefile.Write(path, text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
