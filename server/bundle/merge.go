package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"reta/shared/event"
	"reta/shared/wholefile"
)

// Merge makes one bundle, in a new folder, of bundles that hold the images of a set's classes, part by part in their order, with
// the config given. Every file of every part is checked. The parts must agree in all else but the devices that made them, and
// the list of changes, of which a part has those before its end. Labels and results are left out.
func Merge(ctx context.Context, dir string, parts []string, config []byte) error {
	var m Manifest
	var devices, drivers []string
	for i, part := range parts {
		report, err := Verify(ctx, part)
		if err != nil {
			return err
		}
		if report.Failed > 0 {
			return fmt.Errorf("bundle %s: %s: %s: fetch it again", part, event.Counted(report.Failed, "failure"), report.Failures[0])
		}
		of, err := Read(part)
		if err != nil {
			return err
		}
		if of.Made != nil {
			devices, drivers = append(devices, of.Made.Device), append(drivers, of.Made.Driver)
		}
		if i == 0 {
			m = of
			m.Classes = nil
		}
		if len(of.Changes) > len(m.Changes) {
			m.Changes, of.Changes = of.Changes, m.Changes
		}
		if what := m.differs(of); what != "" {
			return fmt.Errorf("bundle %s has another %s than %s: want parts of one bundle", part, what, parts[0])
		}
		m.Classes = append(m.Classes, of.Classes...)
		for _, c := range of.Classes {
			if err := copyFolder(filepath.Join(part, "train", c.Folder), filepath.Join(dir, "train", c.Folder)); err != nil {
				return fmt.Errorf("bundle %s: %w", dir, err)
			}
		}
	}
	if m.Made != nil {
		m.Made = &Made{Device: Joined(devices), Driver: Joined(drivers)}
	}
	m.Labels, m.Evaluation = nil, nil
	if err := writeFile(filepath.Join(dir, "config.toml"), config); err != nil {
		return err
	}
	if err := Seal(dir, m); err != nil {
		return err
	}
	return wholefile.SyncFolders(dir)
}

// differs names the entry of the manifest in which another part differs that should not, "" for none.
func (m Manifest) differs(of Manifest) string {
	for _, same := range []struct {
		what string
		a, b any
	}{
		{"dataset", m.Dataset, of.Dataset}, {"size", m.Size, of.Size}, {"mean or std", [2]any{m.Mean, m.Std}, [2]any{of.Mean, of.Std}},
		{"list of teachers", m.Teachers, of.Teachers}, {"recipe", [2]any{m.Method, m.Recipe}, [2]any{of.Method, of.Recipe}},
		{"list of changes", append([]Change{}, m.Changes[:len(of.Changes)]...), append([]Change{}, of.Changes...)}, {"seed", m.Seeds.Recover, of.Seeds.Recover},
	} {
		a, errA := json.Marshal(same.a)
		b, errB := json.Marshal(same.b)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			return same.what
		}
	}
	return ""
}

// Joined are the different names of a list, as those of the devices that have made parts of something.
func Joined(names []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), "; ")
}

// copyFolder links the files of a folder into a new one, or copies them.
func copyFolder(from, to string) error {
	if err := wholefile.MkdirAll(to, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	for _, e := range entries {
		err = errors.Join(err, linkOrCopy(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())))
	}
	return err
}

// ImagesHash is a hash of a bundle's images by its manifest: of their paths and hashes. Labels and results are no part of it.
func ImagesHash(dir string) (string, error) {
	m, err := Read(dir)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, f := range m.Files {
		if path.Dir(path.Dir(f.Path)) == "train" {
			fmt.Fprintln(sum, f.SHA256, f.Path)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
