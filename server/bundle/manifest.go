package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"reta/shared/recipe"
)

// Schema numbers the meaning of the manifest's fields.
const Schema = 1

// ManifestFile names the manifest in a bundle.
const ManifestFile = "manifest.json"

// Manifest describes a bundle.
type Manifest struct {
	Schema  int    `json:"schema"`
	Program string `json:"program"` // version that made it
	Dataset Source `json:"dataset"`

	Classes []Class    `json:"classes"` // in the order of labels and logits
	Size    int        `json:"size"`    // of an image, pixels a side
	Mean    [3]float64 `json:"mean"`    // of the normalisation (pixel - mean) / std, for pixels in [0,1]
	Std     [3]float64 `json:"std"`

	Teachers []Teacher       `json:"teachers"`                // of the recovery
	Method   int             `json:"recipe_schema,omitempty"` // of recipe
	Recipe   json.RawMessage `json:"recipe,omitempty"`        // every constant of the recovery
	Changes  []Change        `json:"changes,omitempty"`       // of its settings while it went on
	Made     *Made           `json:"made,omitempty"`
	Imported *Imported       `json:"imported,omitempty"`
	Seeds    Seeds           `json:"seeds"`

	Labels     *Labels     `json:"labels,omitempty"`
	Evaluation *Evaluation `json:"evaluation,omitempty"`

	Files []File `json:"files"` // all but the manifest
}

// Source is the set that the images were distilled from.
type Source struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Hash  string `json:"sha256,omitempty"` // of the images used, as server dataset verify prints it
	Terms string `json:"terms,omitempty"`  // of its use
}

// Class is one class.
type Class struct {
	ID     string `json:"id"`     // as the set names it
	Name   string `json:"name"`   // for people
	Folder string `json:"folder"` // below train
	Images int    `json:"images"`
}

// Teacher is a network that the images were recovered with.
type Teacher struct {
	Network string  `json:"network"`
	File    string  `json:"file"` // without folders
	SHA256  string  `json:"sha256"`
	Dataset string  `json:"dataset,omitempty"` // that it was trained on, where its file says so
	Top1    float64 `json:"top1,omitempty"`    // on that set's test images, a fraction, where its file says so
}

// Change is one of a setting by a viewer while the images of a group of classes were recovered.
type Change struct {
	First int     `json:"first_class"` // of the group
	Step  int     `json:"step"`
	Name  string  `json:"name"`
	From  float64 `json:"from"`
	To    float64 `json:"to"`
}

// Made is on what the images were recovered.
type Made struct {
	Device string `json:"device"`
	Driver string `json:"driver"`
}

// Imported is where images that another program made come from.
type Imported struct {
	Layout  string  `json:"layout"`            // of the folder
	Checked bool    `json:"checked"`           // the order of classes was compared with a teacher's answers
	Given   float64 `json:"given,omitempty"`   // share of the images that the teacher takes for the class of their folder
	Order   float64 `json:"teacher,omitempty"` // the same in the order that fits its answers best
	Remap   bool    `json:"remapped"`          // that order was taken
}

// Seeds are those of all random numbers.
type Seeds struct {
	Recover  *uint64 `json:"recover,omitempty"`
	Labels   *uint64 `json:"labels,omitempty"`
	Students []int   `json:"students,omitempty"`
}

// Labels says that the folder labels is there.
type Labels struct {
	Epochs  int `json:"epochs"`
	Classes int `json:"classes"`
}

// Evaluation is what students reach that were trained on the images, and on the controls; evaluation.json beside the manifest
// has every training.
type Evaluation struct {
	Protocols  []string        `json:"protocols"` // of the students' training
	TestImages int             `json:"test_images"`
	Rows       []Row           `json:"rows"`
	Ranking    json.RawMessage `json:"ranking,omitempty"` // DD-Ranking's scores
	Findings   []string        `json:"findings"`          // in words
}

// Row is the trainings that differ in their seed only.
type Row struct {
	Images  string   `json:"images"` // distilled, random, patches or all
	Labels  string   `json:"labels"` // soft or hard
	Student string   `json:"student"`
	Count   int      `json:"count"` // training images
	N       int      `json:"n"`     // seeds
	Last    Accuracy `json:"last"`  // test
	Best    Accuracy `json:"best"`  // test, chosen on the test images
}

// Accuracy is a mean over seeds, a fraction of the test images: top-1 with sample deviation and standard error, top-5.
type Accuracy struct {
	Top1 float64  `json:"top1"`
	SD   *float64 `json:"sd,omitempty"`
	SE   *float64 `json:"se,omitempty"`
	Top5 float64  `json:"top5"`
}

// File is one file of a bundle.
type File struct {
	Path   string `json:"path"` // with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Images is the number of images.
func (m Manifest) Images() (n int) {
	for _, c := range m.Classes {
		n += c.Images
	}
	return n
}

// Formation is how many smaller images along each axis an image holds that networks are to see one by one, enlarged; labels are of
// these.
func (m Manifest) Formation() int {
	r, err := m.recipe()
	if r == nil || err != nil {
		return 1
	}
	return r.Formation()
}

// recipe is the recipe, nil where there is none.
func (m Manifest) recipe() (*recipe.Recipe, error) {
	if len(m.Recipe) == 0 {
		return nil, nil
	}
	r, err := recipe.Parse(m.Method, m.Recipe)
	if err == nil {
		err = r.Validate()
	}
	return &r, err
}

// maxManifest bounds the manifest's text; that of a million images takes 150 MB.
const maxManifest = 512 << 20

// ErrNone marks the error for a folder that is no bundle.
var ErrNone = errors.New("no bundle")

// Is reports whether a folder is a bundle.
func Is(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, ManifestFile))
	return err == nil
}

// Read reads a bundle's manifest and checks that its values can be.
func Read(dir string) (m Manifest, err error) {
	path := filepath.Join(dir, ManifestFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%w in %s: want a folder with a %s, such as the export of a run", ErrNone, dir, ManifestFile)
	} else if err != nil {
		return m, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxManifest {
		return m, fmt.Errorf("%s: %v of %d bytes: want a file of at most %d", path, info.Mode(), info.Size(), maxManifest)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	var version struct {
		Schema int `json:"schema"`
	}
	if json.Unmarshal(text, &version) == nil && version.Schema > Schema {
		return m, fmt.Errorf("%s: schema %d: want %d: a newer version of this program wrote it, use that", path, version.Schema, Schema)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("%s: %w: want the manifest of a bundle, schema %d", path, err, Schema)
	}
	if err := m.check(); err != nil {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// check refuses what cannot be, before anything is believed of it.
func (m Manifest) check() error {
	switch {
	case m.Schema != Schema:
		return fmt.Errorf("schema %d: want %d", m.Schema, Schema)
	case len(m.Classes) == 0:
		return errors.New("no classes: want one or more")
	case m.Size < 1 || m.Size > 1<<14:
		return fmt.Errorf("size %d: want 1 to %d pixels", m.Size, 1<<14)
	}
	folders := map[string]bool{}
	for i, c := range m.Classes {
		if !fs.ValidPath(c.Folder) || c.Folder == "." || filepath.Base(c.Folder) != c.Folder || c.Images < 1 {
			return fmt.Errorf("class %d: folder %q of %d images: want the name of a folder below train, with images", i, c.Folder, c.Images)
		}
		if folders[c.Folder] {
			return fmt.Errorf("class %d: folder %q is another class's: want one for each", i, c.Folder)
		}
		folders[c.Folder] = true
	}
	for c := range 3 {
		if !(m.Mean[c] >= 0 && m.Mean[c] <= 1 && m.Std[c] > 0 && m.Std[c] <= 1) {
			return fmt.Errorf("mean %v, std %v: want numbers from 0 to 1, of pixels from 0 to 1", m.Mean, m.Std)
		}
	}
	seen := map[string]bool{}
	for _, f := range m.Files {
		sum, err := hex.DecodeString(f.SHA256)
		if !fs.ValidPath(f.Path) || f.Path == ManifestFile || seen[f.Path] || err != nil || len(sum) != sha256.Size || f.Bytes < 0 {
			return fmt.Errorf("file %q of %d bytes with SHA-256 %.70q: want a path below the bundle, once, and 64 hexadecimal digits", f.Path, f.Bytes, f.SHA256)
		}
		seen[f.Path] = true
	}
	return nil
}

// hashFile is the size and the SHA-256 of a file.
func hashFile(path string) (int64, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return n, hex.EncodeToString(sum.Sum(nil)), err
}
