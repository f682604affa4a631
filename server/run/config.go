package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"reta/compute/train"
	"reta/shared/recipe"
)

// Config is what decides a run besides the device. It is stored with the run, under the schema of its recipe.
type Config struct {
	Schema   int      `toml:"schema"` // of the file it was read from; what is written is recipe.Schema
	Dataset  string   `toml:"dataset"`
	Data     string   `toml:"data,omitempty"`      // file or folder; "" is the cache, filled by download
	Classes  []string `toml:"classes,omitempty"`   // names, ids, or one number; none: all
	PerClass int      `toml:"per_class,omitempty"` // training images of a class; 0: all
	Size     int      `toml:"size,omitempty"`      // image side in pixels; 0: the dataset's

	Teachers []string `toml:"teachers,omitempty"` // weights, safetensors
	Network  string   `toml:"network,omitempty"`  // of a teacher file that does not say, or to train
	Networks []string `toml:"networks,omitempty"` // to train, of several teachers; before Settle also Team alone
	Epochs   int      `toml:"epochs,omitempty"`   // of training a teacher; 0: by data and device

	Recipe recipe.Recipe `toml:"recipe"`
	// Training is that of the teacher where none is given; nil where one is, and before Settle.
	Training *train.Recipe `toml:"training,omitempty"`

	// Until is the last phase; "" in files of before there were any after Recover.
	Until Phase `toml:"until,omitempty"`
	// Judged says how students judge the images; nil where Until is Recover.
	Judged *Judged `toml:"evaluation,omitempty"`

	// Shard is the part of the run that the folder holds; nil: all of it.
	Shard *Shard `toml:"shard,omitempty"`
}

// Encode is the config as TOML.
func (c Config) Encode() ([]byte, error) {
	c.Schema = recipe.Schema
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(c); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return b.Bytes(), nil
}

// ParseConfig reads what Encode wrote.
func ParseConfig(text []byte) (c Config, err error) {
	if err := c.decode(text); err != nil {
		return c, fmt.Errorf("config: %w", err)
	}
	return c, nil
}

// relocatable is the config without the folders of this machine: files and folders are named by their last part.
func (c Config) relocatable() Config {
	last := func(path string) string {
		if path == "" {
			return ""
		}
		return filepath.Base(path)
	}
	c.Data = last(c.Data)
	if dir, ok := strings.CutPrefix(c.Dataset, "path:"); ok {
		c.Dataset = "path:" + last(dir)
	}
	c.Teachers = slices.Clone(c.Teachers)
	for i, t := range c.Teachers {
		c.Teachers[i] = last(t)
	}
	if c.Shard != nil {
		s := *c.Shard
		s.Command = ""
		c.Shard = &s
	}
	return c
}

// decode reads a config of this or an older schema. What older files do not say is what their run behaved by.
func (c *Config) decode(text []byte) error {
	var file struct {
		Config
		Recipe map[string]any `toml:"recipe"`
	}
	file.Schema = 1 // it had no number
	meta, err := toml.Decode(string(text), &file)
	if err != nil {
		return err
	}
	for _, key := range meta.Undecoded() {
		if key[0] == "recipe" { // Parse looks at these
			continue
		}
		return fmt.Errorf("%s is not known: want the settings of schema %d: another version of this program wrote it, continue with that", key, file.Schema)
	}
	fields, err := json.Marshal(file.Recipe)
	if err != nil {
		return err
	}
	*c = file.Config
	if c.Recipe, err = recipe.Parse(file.Schema, fields); err != nil {
		return err
	}
	if c.Training != nil {
		err = c.Training.Validate()
	}
	return errors.Join(c.Recipe.Validate(), err, c.Until.check(), c.Judged.check(), c.Shard.check())
}

// Difference lists by name the settings in which two configs differ: "it has per_class = 5, asked per_class = all".
func (c Config) Difference(asked Config) (lines []string) {
	compare := func(name, none string, has, asked any) {
		word := func(v any) string {
			if list, ok := v.([]string); ok {
				v = strings.Join(list, ",")
			}
			if v == "" || v == 0 {
				return none
			}
			return fmt.Sprint(v)
		}
		if a, b := word(has), word(asked); a != b {
			lines = append(lines, fmt.Sprintf("it has %s = %s, asked %s = %s", name, a, name, b))
		}
	}
	compare("dataset", "none", c.Dataset, asked.Dataset)
	compare("data", "none", c.Data, asked.Data)
	compare("classes", "all", c.Classes, asked.Classes)
	compare("per_class", "all", c.PerClass, asked.PerClass)
	compare("size", "the set's", c.Size, asked.Size)
	compare("teachers", "none", c.Teachers, asked.Teachers)
	if c.Training == nil && c.Network == "" { // it was not settled when it was written
		asked.Network, asked.Training = "", nil
	}
	compare("network", "by device", c.Network, asked.Network)
	compare("networks", "one", c.Networks, asked.Networks)
	compare("epochs", "by data and device", c.Epochs, asked.Epochs)
	if c.Training != nil || asked.Training != nil {
		compare("training", "none", training(c.Training), training(asked.Training))
	}
	compare("until", string(Recover), string(c.until()), string(asked.until()))
	if c.Judged == nil && c.until() != Recover { // it was not settled when it was written
		asked.Judged = nil
	}
	if c.until() == asked.until() && (c.Judged != nil || asked.Judged != nil) {
		compare("evaluation", "by data and device", c.Judged.String(), asked.Judged.String())
	}
	compare("shard", "all", c.Shard.words(), asked.Shard.words())
	return append(lines, recipe.Difference(c.Recipe, asked.Recipe)...)
}

// training is a teacher's training in words.
func training(r *train.Recipe) string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("%s (%v), seed %d", r.Preset, r, r.Seed)
}

// FolderName names a new run folder: time, dataset, images per class, and what
// tells it from others.
func (c Config) FolderName(now time.Time) string {
	text, _ := c.Encode()
	sum := sha256.Sum256(text)
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == ':' || r == '\\' || r == ' ' {
			return '-'
		}
		return r
	}, filepath.Base(c.Dataset))
	return fmt.Sprintf("%s-%s-%s-ipc%d-%s", now.UTC().Format("20060102T150405Z"), name, c.Recipe.Name, c.Recipe.IPC, hex.EncodeToString(sum[:3]))
}

// readConfig reads a run's config back.
func readConfig(path string) (Config, error) {
	var c Config
	text, err := readSmall(path, "the config of a run")
	if err != nil {
		return c, err
	}
	if err := c.decode(text); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// readSmall reads a file of at most 1 MiB.
func readSmall(path, what string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file: want %s", path, what)
	}
	if info.Size() > 1<<20 {
		return nil, fmt.Errorf("%s: %d bytes: too large for %s", path, info.Size(), what)
	}
	return os.ReadFile(path)
}
