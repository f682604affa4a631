package run

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"path/filepath"
	"strings"
	"unicode"

	"reta/compute/distill"
	"reta/compute/models"
	"reta/server/bundle"
	"reta/server/dataset"
	"reta/shared/recipe"
	"reta/shared/wholefile"
)

// export writes the distilled images as a bundle (see package bundle), which m describes but for what is counted. It fills a
// folder of another name and renames it at the end, so that an export folder is always whole.
func export(f *Folder, d *dataset.Dataset, s *distill.Synthetic, m bundle.Manifest) (string, error) {
	final, temporary := f.File("export"), f.File("export.part")
	if err := wholefile.RemoveAll(temporary); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	each := s.Size * s.Size * 3
	m.Classes = classesOf(d.Classes)[s.First : s.First+s.Classes]
	m.Size = s.Size
	for c, class := range m.Classes {
		folder := filepath.Join(temporary, "train", class.Folder)
		if err := wholefile.MkdirAll(folder, 0o755); err != nil {
			return "", fmt.Errorf("export: %w", err)
		}
		for i := range s.IPC {
			at := (c*s.IPC + i) * each
			if err := writePNG(filepath.Join(folder, fmt.Sprintf("%05d.png", i)), s.Pixels[at:at+each], s.Size, m.Mean, m.Std); err != nil {
				return "", fmt.Errorf("export: %w", err)
			}
		}
	}
	config, err := f.Config.relocatable().Encode()
	if err != nil {
		return "", err
	}
	if err := writeFile(filepath.Join(temporary, "config.toml"), config); err != nil {
		return "", err
	}
	if err := bundle.Seal(temporary, m); err != nil {
		return "", err
	}
	if err := wholefile.SyncFolders(temporary); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	if err := errors.Join(wholefile.Rename(temporary, final), wholefile.SyncFolder(f.Path)); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	return final, nil
}

// gather brings the exported bundle up to date with the labels and the evaluation in the folder. Exports of older versions
// are no bundles and stay as they are.
func (f *Folder) gather() error {
	if f.of != "" { // the images are another run's
		return nil
	}
	if !bundle.Is(f.File("export")) {
		return nil
	}
	return bundle.Gather(f.File("export"), f.File("labels"), f.File(EvaluationFile))
}

// describes is what a run's bundle says of it.
func (r *Run) describes(teachers []*models.Model) (m bundle.Manifest, err error) {
	info := r.Device.Info()
	m = Describe(r.Set, r.data)
	m.Method, m.Made, m.Seeds.Recover = recipe.Schema, &bundle.Made{Device: info.Name, Driver: info.Driver}, &r.Config.Recipe.Seed
	if m.Recipe, err = r.Config.Recipe.Encode(); err != nil {
		return m, err
	}
	changes, err := readChanges(r.Folder.File(changesFile))
	if err != nil {
		return m, err
	}
	for _, c := range changes {
		m.Changes = append(m.Changes, bundle.Change{First: c.First, Step: c.Step, Name: c.Name, From: c.From, To: c.To})
	}
	m.Teachers, err = bundleTeachers(teachers)
	return m, err
}

// bundleTeachers are networks as a bundle names them.
func bundleTeachers(list []*models.Model) (out []bundle.Teacher, err error) {
	for _, t := range list {
		sum := sha256.New()
		if err := hashFile(sum, t.Origin.File); err != nil {
			return nil, TeacherError{fmt.Errorf("teacher: %w", err)}
		}
		out = append(out, bundle.Teacher{Network: t.Name, File: filepath.Base(t.Origin.File), SHA256: hex.EncodeToString(sum.Sum(nil)), Dataset: t.Origin.Dataset, Top1: t.Origin.Top1})
	}
	return out, nil
}

// setName is that of a known set, or of the folder of one that is not; no path leaves this machine.
func setName(d *dataset.Dataset) string {
	if d.Name == anyFolder {
		return filepath.Base(strings.TrimPrefix(d.Title, "images of "))
	}
	return d.Name
}

// classesOf are a set's classes as a bundle names them.
func classesOf(classes []dataset.Class) (list []bundle.Class) {
	for i, folder := range ClassFolderNames(classes) {
		list = append(list, bundle.Class{ID: strings.ToValidUTF8(classes[i].ID, "?"), Name: classes[i].Name, Folder: folder})
	}
	return list
}

// longestFolder is what a class's folder may take of the 255 bytes that file systems allow.
const longestFolder = 200

// ClassFolderNames makes class ids fit for folders, each its own.
func ClassFolderNames(classes []dataset.Class) []string {
	names := make([]string, len(classes))
	taken := map[string]bool{}
	for i, c := range classes {
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune(`/\:*?"<>|`, r) || unicode.IsControl(r) {
				return '_'
			}
			return r
		}, strings.ToValidUTF8(c.ID, "_"))
		if name == "" || name[0] == '.' { // hidden, or another folder
			name = "_" + strings.TrimPrefix(name, ".")
		}
		if strings.ContainsRune("=+-@", rune(name[0])) { // a formula for a spreadsheet, an option for a shell
			name = "_" + name
		}
		if len(name) > longestFolder { // what of it is cut off still counts
			sum := sha256.Sum256([]byte(c.ID))
			name = strings.ToValidUTF8(name[:longestFolder-9], "") + "-" + hex.EncodeToString(sum[:4])
		}
		for taken[name] {
			name += "_"
		}
		names[i], taken[name] = name, true
	}
	return names
}

// writePNG writes one normalised image.
func writePNG(path string, pixels []float32, size int, mean, std [3]float64) error {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for i, v := range distill.RGB8(pixels, mean, std) {
		img.Pix[i/3*4+i%3] = v
	}
	for p := range size * size {
		img.Pix[4*p+3] = 255
	}
	return wholefile.Fill(path, func(w io.Writer) error { return png.Encode(w, img) })
}
