package label

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"reta/shared/protocol"
	"reta/shared/wholefile"
)

// Schema numbers the meaning of a store's manifest and files.
const Schema = 1

// Manifest describes a store: how its views are drawn, of which images, who labelled them, and its files. Equal labels have
// equal manifests: there is no time and no machine in it.
type Manifest struct {
	Schema   int             `json:"schema"`
	Program  string          `json:"program"` // version that began the store
	Labels   protocol.Labels `json:"labels"`
	Side     int             `json:"side"`          // of an image, pixels
	Mean     [3]float64      `json:"mean"`          // of the normalisation of views, of pixels in [0,1]
	Std      [3]float64      `json:"std"`           //
	Images   []string        `json:"images"`        // by name, in the order of the rows of an epoch
	Targets  []int           `json:"targets"`       // class of each image
	Pixels   string          `json:"images_sha256"` // of the images' RGB bytes in that order
	Classes  []Class         `json:"classes"`       // in the order of the logits
	Teachers []Teacher       `json:"teachers"`
	Only     [2]int          `json:"only_epochs,omitzero"` // of a part of a store: the first that it has, and the one after the last
	Each     int             `json:"shard_epochs"`         // of a file
	Shards   []Shard         `json:"shards"`               // finished ones
}

// Class is what one logit stands for.
type Class struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Teacher is a network that labelled.
type Teacher struct {
	Network string  `json:"network"`
	SHA256  string  `json:"sha256"`         // of its file of weights
	Top1    float64 `json:"top1,omitempty"` // its accuracy on its data's test images, a fraction, where its file says it
	Weight  float64 `json:"weight"`         // of its logits in the mean
}

// Shard is one file of a store.
type Shard struct {
	File   string `json:"file"`
	Epochs [2]int `json:"epochs"` // the first, and the one after the last
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// The files of a store: its manifest is named unfinished until the last shard is there.
const (
	manifestFile   = "manifest.json"
	unfinishedFile = "manifest.part.json"
)

// shardBytes is the size that the epochs of a file are chosen for.
const shardBytes = 64 << 20

// ErrNone marks the error for a folder without a finished store.
var ErrNone = errors.New("no labels")

// Plan draws the store's views.
func (m Manifest) Plan() (Plan, error) { return NewPlan(m.Labels, len(m.Images), m.Side) }

// Bytes is the size of the finished store's logits, which are nearly all of it.
func (m Manifest) Bytes() (int64, error) {
	c, err := m.codec()
	return int64(m.count()) * c.bytes(), err
}

// Epochs are those that the store has labels of: the first, and the one after the last.
func (m Manifest) Epochs() (first, end int) {
	if m.Part() {
		return m.Only[0], m.Only[1]
	}
	return 0, m.Labels.Epochs
}

// Part reports whether the store has some of the epochs only.
func (m Manifest) Part() bool { return m.Only != [2]int{} }

// count is the number of the store's epochs.
func (m Manifest) count() int {
	first, end := m.Epochs()
	return end - first
}

func (m Manifest) codec() (codec, error) { return codecOf(m.Labels, len(m.Images), len(m.Classes)) }

// check refuses a manifest that cannot be, before anything is believed of it.
func (m Manifest) check() error {
	if m.Schema != Schema {
		return fmt.Errorf("schema %d: want %d: another version of this program wrote it, use that", m.Schema, Schema)
	}
	if m.Labels.Epochs > math.MaxInt32 || m.Labels.Batch > math.MaxInt32 {
		return fmt.Errorf("%d epochs in batches of %d: want at most 2^31-1 of both", m.Labels.Epochs, m.Labels.Batch)
	}
	if _, err := m.Plan(); err != nil {
		return err
	}
	c, err := m.codec()
	if err != nil {
		return err
	}
	if len(m.Targets) != len(m.Images) || slices.Min(m.Targets) < 0 || slices.Max(m.Targets) >= len(m.Classes) {
		return fmt.Errorf("%d targets for %d images: want one class from 0 to %d for each", len(m.Targets), len(m.Images), len(m.Classes)-1)
	}
	if first, end := m.Epochs(); first < 0 || first >= end || end > m.Labels.Epochs {
		return fmt.Errorf("epochs %d to %d only: want some of %d", first, end, m.Labels.Epochs)
	}
	if m.Each < 1 || m.Each > m.count() {
		return fmt.Errorf("%d epochs a file: want 1 to %d", m.Each, m.count())
	}
	want := m.files()
	for i, s := range m.Shards {
		if i >= len(want) || s.File != want[i].File || s.Epochs != want[i].Epochs {
			return fmt.Errorf("shard %q of epochs %v: want %v", s.File, s.Epochs, want[min(i, len(want)-1)])
		}
		if sum, err := hex.DecodeString(s.SHA256); err != nil || len(sum) != 32 || s.Bytes < int64(s.Epochs[1]-s.Epochs[0])*c.bytes() {
			return fmt.Errorf("shard %s: %d bytes with SHA-256 %.70q: want %d bytes or more and 64 hexadecimal digits", s.File, s.Bytes, s.SHA256, int64(s.Epochs[1]-s.Epochs[0])*c.bytes())
		}
	}
	return nil
}

// files are all shards of the finished store, of which neither size nor hash is known.
func (m Manifest) files() []Shard {
	first, end := m.Epochs()
	list := make([]Shard, (end-first+m.Each-1)/m.Each)
	for i := range list {
		list[i] = Shard{
			File:   fmt.Sprintf("labels-%05d-of-%05d.safetensors", i+1, len(list)),
			Epochs: [2]int{first + i*m.Each, min(first+(i+1)*m.Each, end)},
		}
	}
	return list
}

// Difference says in words in what two stores differ that are not of the same labels, but for their shards.
func (m Manifest) Difference(asked Manifest) (lines []string) {
	lines = protocol.Settings.Difference(protocol.Protocol{Labels: m.Labels}, protocol.Protocol{Labels: asked.Labels})
	compare := func(what string, has, asked any) {
		if !reflect.DeepEqual(has, asked) {
			lines = append(lines, fmt.Sprintf("it has %s %.60s, asked %.60s", what, fmt.Sprint(has), fmt.Sprint(asked)))
		}
	}
	compare("images of side", m.Side, asked.Side)
	compare("mean", m.Mean, asked.Mean)
	compare("std", m.Std, asked.Std)
	compare("images", len(m.Images), len(asked.Images))
	if len(m.Images) == len(asked.Images) && (!slices.Equal(m.Images, asked.Images) || !slices.Equal(m.Targets, asked.Targets) || m.Pixels != asked.Pixels) {
		lines = append(lines, "its images are others, or in another order")
	}
	compare("epochs", m.Only, asked.Only)
	compare("classes", m.Classes, asked.Classes)
	compare("teachers", m.Teachers, asked.Teachers)
	return lines
}

// write puts the manifest under its name, whole or not at all.
func (m Manifest) write(path string) error {
	text, err := json.MarshalIndent(m, "", " ")
	if err == nil {
		text = numbers.ReplaceAllFunc(text, func(list []byte) []byte {
			return bytes.ReplaceAll(bytes.Join(bytes.Fields(list), nil), []byte(","), []byte(", "))
		})
		err = wholefile.Write(path, append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	return nil
}

// numbers are lists of numbers over several lines, as no text in JSON is.
var numbers = regexp.MustCompile(`\[\n[-+.,e\d\s]+\]`)

// maxManifest bounds a manifest's text; that of a million images takes 50 MB.
const maxManifest = 256 << 20

// readManifest reads and checks a manifest.
func readManifest(path string) (m Manifest, err error) {
	file, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return m, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxManifest {
		return m, fmt.Errorf("%s: %v of %d bytes: want a file of at most %d", path, info.Mode(), info.Size(), maxManifest)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxManifest))
	if err != nil {
		return m, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("%s: %w: want the manifest of a store of labels, schema %d", path, err, Schema)
	}
	if err := m.check(); err != nil {
		return m, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "labels: "))
	}
	return m, nil
}

// ReadManifest reads what a folder's finished store says of itself; ErrNone where there is none, a DamagedError where it cannot be.
func ReadManifest(dir string) (Manifest, error) {
	m, err := readManifest(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, begun := os.Stat(filepath.Join(dir, unfinishedFile)); begun == nil {
			return m, fmt.Errorf("%w: those in %s are not finished: repeat the command that made them, and it continues", ErrNone, dir)
		}
		return m, fmt.Errorf("%w in %s: want a folder with a %s: make it with relabel", ErrNone, dir, manifestFile)
	}
	if err != nil {
		return m, Damaged(fmt.Errorf("labels: %w", err))
	}
	if all := len(m.files()); len(m.Shards) != all {
		return m, Damaged(fmt.Errorf("labels %s: its manifest names %d of %d files: fetch it again, or relabel", dir, len(m.Shards), all))
	}
	return m, nil
}
