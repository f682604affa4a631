package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"reta/server/web"
	"reta/shared/event"
)

// The files of a site besides the viewer's own.
const (
	siteMark      = ".reta-site" // what the folder holds, a name a line; only such a folder is written over
	siteRecording = "demo.reta"
	noJekyll      = ".nojekyll" // GitHub Pages then serves the files as they are
)

func siteCommand() *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:   "site DIR",
		Short: "Write the viewer as a folder that any static web server can host",
		Long: `Site writes a folder with the viewer's page, its lessons and its sandbox, and with
--recording a recorded run to look at. Nothing runs behind it: copy the folder to any web
server, under any path. A site that stands there is replaced; other folders are not touched.`,
		Example: `  server site site --recording runs/reta
  server site site --recording lecture.reta`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("%s given: want one, of the folder to write; see %s --help", event.Counted(len(args), "name"), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return writeSite(c, args[0], from) },
	}
	c.Flags().StringVar(&from, "recording", "", "recording that the page shows: a file, or the folder of a run")
	return c
}

// writeSite writes a site beside its place, and moves it there when it is whole.
func writeSite(c *cobra.Command, dir, from string) error {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := mayWriteSite(dir); err != nil {
		return err
	}
	out := openConsole(c, false, false, textLog)
	defer out.close()
	var demo io.ReadSeeker
	address := ""
	if from != "" {
		path, file, recording, err := openRecording(from)
		if err != nil {
			return err
		}
		defer file.Close()
		if n := recording.Cut(); n > 0 {
			out.warn("%s", torn(path, n))
		}
		if demo, address, err = exhibit(path, recording); err != nil {
			return err
		}
	}
	files, err := web.Site(address)
	if err != nil {
		return err
	}
	files[noJekyll] = nil
	names := slices.Sorted(maps.Keys(files))
	if demo != nil {
		names = append(names, siteRecording)
	}
	files[siteMark] = []byte(strings.Join(names, "\n") + "\n")
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	staged, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staged)
	total, err := fillSite(staged, files, demo)
	if err != nil {
		return err
	}
	if err := placeSite(staged, dir); err != nil {
		return err
	}
	out.say("%s: %d files, %.1f MB, for any static web server", dir, len(names)+1, float64(total)/1e6)
	fmt.Fprintln(c.OutOrStdout(), dir)
	return nil
}

// exhibit checks every record of a recording, and gives it as a whole file with the address it has in the site: of its
// content, so that a browser that kept an older one does not mix them.
func exhibit(path string, recording *event.Recording) (io.ReadSeeker, string, error) {
	if _, err := lastState(path, recording); err != nil {
		return nil, "", err
	}
	for _, entry := range recording.Index().Entries() {
		if _, err := recording.Read(entry); err != nil && !errors.Is(err, event.ErrUnknownKind) {
			return nil, "", dataError{fmt.Errorf("%s: %w: the recording is damaged; server verify says where", path, err)}
		}
	}
	whole, err := recording.Index().Closed(recording)
	if err != nil {
		return nil, "", dataError{fmt.Errorf("%s: %w", path, err)}
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, whole); err != nil {
		return nil, "", dataError{fmt.Errorf("%s: %w", path, err)}
	}
	return whole, siteRecording + "?v=" + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12]), nil
}

// mayWriteSite refuses a place that holds something else.
func mayWriteSite(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return usage("%s is a file: want the name of a folder, a new one or that of a site", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return err
	}
	ours := map[string]bool{siteMark: true}
	mark, err := os.Open(filepath.Join(dir, siteMark))
	if errors.Is(err, fs.ErrNotExist) {
		return usage("%s holds other things, %s for one: want a new or empty folder, or a site to replace", dir, entries[0].Name())
	}
	if err != nil {
		return err
	}
	defer mark.Close()
	const most = 1 << 16
	for lines := bufio.NewScanner(io.LimitReader(mark, most)); lines.Scan(); {
		ours[lines.Text()] = true
	}
	for _, e := range entries {
		if !ours[e.Name()] || e.IsDir() {
			return usage("%s is a site, but %s in it is not of it: move that away first, or write the site elsewhere and copy it", dir, e.Name())
		}
	}
	return nil
}

// fillSite writes the files into a folder and gives their bytes.
func fillSite(dir string, files map[string][]byte, demo io.ReadSeeker) (total int64, err error) {
	write := func(name string, from io.Reader) error {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		n, err := io.Copy(f, from)
		total += n
		return errors.Join(err, f.Sync(), f.Close())
	}
	for name, data := range files {
		if err := write(name, bytes.NewReader(data)); err != nil {
			return total, err
		}
	}
	if demo != nil {
		if _, err := demo.Seek(0, io.SeekStart); err != nil {
			return total, err
		}
		if err := write(siteRecording, demo); err != nil {
			return total, err
		}
	}
	return total, os.Chmod(dir, 0o755)
}

// placeSite moves a whole site to its place. What stands there is put back when that fails.
func placeSite(staged, dir string) error {
	old := staged + "-old"
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: the old site cannot be moved away: choose a folder that is no mount", err)
	}
	replaced := err == nil
	if err := os.Rename(staged, dir); err != nil {
		if replaced {
			err = errors.Join(err, os.Rename(old, dir))
		}
		return err
	}
	if replaced {
		return os.RemoveAll(old)
	}
	return nil
}
