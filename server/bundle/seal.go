package bundle

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"reta/compute/label"
	"reta/shared/wholefile"
)

//go:embed load.py
var loader []byte

// metadataFile lists the images where Hugging Face's ImageFolder looks for it.
const metadataFile = "train/metadata.csv"

// Seal completes a bundle whose images, labels and config are in place: it counts
// the images of each class, writes what can be derived and then the manifest, with
// a hash of every file. It may be repeated after a change.
func Seal(dir string, m Manifest) error {
	m.Schema = Schema
	images, err := imagesOf(dir, &m)
	if err != nil {
		return fmt.Errorf("bundle %s: %w", dir, err)
	}
	if err := errors.Join(m.readLabels(dir), m.readEvaluation(dir)); err != nil {
		return err
	}
	card, err := m.card("train/**", m.use())
	if err != nil {
		return fmt.Errorf("bundle %s: %w", dir, err)
	}
	for name, text := range map[string][]byte{metadataFile: m.metadata(images), "classes.txt": m.classList(), "README.md": card, "load.py": loader} {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), text); err != nil {
			return err
		}
	}
	if m.Files, err = filesOf(dir); err != nil {
		return fmt.Errorf("bundle %s: %w", dir, err)
	}
	if err := m.check(); err != nil {
		return fmt.Errorf("bundle %s: %w", dir, err)
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("bundle %s: %w", dir, err)
	}
	return writeFile(filepath.Join(dir, ManifestFile), append(text, '\n'))
}

// imagesOf lists the files in each class's folder, by class, and counts them in m.
func imagesOf(dir string, m *Manifest) ([][]string, error) {
	list := make([][]string, len(m.Classes))
	for i := range m.Classes {
		c := &m.Classes[i]
		entries, err := os.ReadDir(filepath.Join(dir, "train", c.Folder))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			list[i] = append(list[i], e.Name())
		}
		if c.Images = len(list[i]); c.Images == 0 {
			return nil, fmt.Errorf("train/%s is empty: want images of class %s", c.Folder, c.Name)
		}
	}
	return list, nil
}

// readLabels takes over what the store of soft labels says, where there is one.
func (m *Manifest) readLabels(dir string) error {
	m.Labels, m.Seeds.Labels = nil, nil
	store, err := label.ReadManifest(filepath.Join(dir, "labels"))
	if errors.Is(err, label.ErrNone) {
		return nil
	} else if err != nil {
		return err
	}
	m.Labels, m.Seeds.Labels = &Labels{store.Labels.Epochs, len(store.Classes)}, &store.Labels.Seed
	return nil
}

// EvaluationFile has every training of an evaluation; server evaluate writes it.
const EvaluationFile = "evaluation.json"

const maxEvaluation = 256 << 20 // bytes

// readEvaluation takes over what an evaluation found, where there is one.
func (m *Manifest) readEvaluation(dir string) error {
	m.Evaluation, m.Seeds.Students = nil, nil
	path := filepath.Join(dir, EvaluationFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxEvaluation) {
		err = fmt.Errorf("%v of %d bytes: want a file of at most %d", info.Mode(), info.Size(), maxEvaluation)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	var all struct {
		Evaluation
		Students []struct {
			Protocol struct {
				Name string `json:"protocol"`
			} `json:"protocol"`
		} `json:"students"`
		Trials []struct {
			Seed int `json:"seed"`
		} `json:"trials"`
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: want what server evaluate writes", path, err)
	}
	for _, s := range all.Students {
		all.Protocols = append(all.Protocols, s.Protocol.Name)
	}
	for _, t := range all.Trials {
		m.Seeds.Students = append(m.Seeds.Students, t.Seed)
	}
	slices.Sort(all.Protocols)
	slices.Sort(m.Seeds.Students)
	all.Protocols, m.Seeds.Students = slices.Compact(all.Protocols), slices.Compact(m.Seeds.Students)
	m.Evaluation = &all.Evaluation
	return nil
}

// metadata is a row for each image, its file first.
func (m Manifest) metadata(images [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"file_name", "label", "class_id", "class_name", "index"}) // a buffer takes all
	for i, c := range m.Classes {
		for k, name := range images[i] {
			_ = w.Write([]string{path.Join(c.Folder, name), strconv.Itoa(i), cell(c.ID), cell(c.Name), strconv.Itoa(k)})
		}
	}
	w.Flush()
	return b.Bytes()
}

// cell is text that a spreadsheet takes for text: what looks like a formula gets an apostrophe, which it hides. The manifest has
// names as they are.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// classList is folder and name of each class, with a tab between, in order.
func (m Manifest) classList() []byte {
	var b bytes.Buffer
	for _, c := range m.Classes {
		fmt.Fprintf(&b, "%s\t%s\n", c.Folder, oneLine(c.Name))
	}
	return b.Bytes()
}

// oneLine keeps a name on its line of a table.
func oneLine(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name)
}

// filesOf are all files below a folder but its manifest, by name.
func filesOf(dir string) (list []File, err error) {
	names, err := walk(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f := File{Path: name}
		if f.Bytes, f.SHA256, err = hashFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// walk names all files below a folder but its manifest; only regular files may be there.
func walk(dir string) (names []string, err error) {
	err = filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		if name = filepath.ToSlash(name); name == ManifestFile || name == "LOCK" {
			return nil
		}
		if !e.Type().IsRegular() {
			return fmt.Errorf("%s is no regular file: want files only, so that the bundle can be copied: replace it by what it stands for", name)
		}
		names = append(names, name)
		return nil
	})
	slices.Sort(names)
	return names, err
}

// Gather brings a bundle up to date with what was made of its images since: the
// store of soft labels in the folder labels, and the file evaluation; what is not
// there is left out. Files are linked where the disk allows, else copied.
func Gather(dir, labels, evaluation string) error {
	m, err := Read(dir)
	if err != nil {
		return err
	}
	if err := addLabels(dir, labels); err != nil && !errors.Is(err, label.ErrNone) {
		return err
	}
	text, err := os.ReadFile(evaluation)
	if err == nil {
		err = writeFile(filepath.Join(dir, EvaluationFile), text)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return Seal(dir, m)
}

// addLabels puts a finished store of soft labels into a bundle, in place of another one.
func addLabels(dir, store string) error {
	m, err := label.ReadManifest(store)
	if err != nil {
		return err
	}
	final := filepath.Join(dir, "labels")
	if m.Part() {
		return fmt.Errorf("bundle: the labels in %s are a part: merge them with the others first", store)
	}
	if SameLabels(final, store) {
		return nil
	}
	return CopyLabels(store, final)
}

// CopyLabels puts a finished store of soft labels in another place, whole or not at all, instead of what is there. Its files are
// linked where the disk allows.
func CopyLabels(store, final string) error {
	m, err := label.ReadManifest(store)
	if err != nil {
		return err
	}
	part := final + ".part"
	if err := errors.Join(wholefile.RemoveAll(part), wholefile.MkdirAll(part, 0o755)); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	names := []string{"manifest.json"}
	for _, s := range m.Shards {
		names = append(names, s.File)
	}
	for _, name := range names {
		if err := linkOrCopy(filepath.Join(store, name), filepath.Join(part, name)); err != nil {
			return fmt.Errorf("bundle: %w", err)
		}
	}
	if err := errors.Join(wholefile.RemoveAll(final), wholefile.Rename(part, final), wholefile.SyncFolder(filepath.Dir(final))); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}

// SameLabels reports whether two stores have the same manifest, which has the hashes of their files.
func SameLabels(a, b string) bool {
	x, errX := os.ReadFile(filepath.Join(a, "manifest.json"))
	y, errY := os.ReadFile(filepath.Join(b, "manifest.json"))
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	return copyFile(from, to)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return wholefile.Fill(to, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}

// writeFile puts text under path whole or not at all.
func writeFile(path string, text []byte) error {
	if err := wholefile.Write(path, text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// UpToDate reports whether a bundle has what Gather would bring it.
func UpToDate(dir, labels, evaluation string) bool {
	m, err := Read(dir)
	if err != nil {
		return false
	}
	for from, name := range map[string]string{filepath.Join(labels, "manifest.json"): "labels/manifest.json", evaluation: EvaluationFile} {
		_, sum, err := hashFile(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil || !slices.ContainsFunc(m.Files, func(f File) bool { return f.Path == name && f.SHA256 == sum }) {
			return false
		}
	}
	return true
}
