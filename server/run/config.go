package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"reta/shared/recipe"
)

// Config is what decides a run besides the device. It is stored with the run.
type Config struct {
	Dataset  string   `toml:"dataset"`
	Data     string   `toml:"data,omitempty"`      // file or folder; "" is the cache, filled by download
	Classes  []string `toml:"classes,omitempty"`   // names, ids, or one number; none: all
	PerClass int      `toml:"per_class,omitempty"` // training images of a class; 0: all
	Size     int      `toml:"size,omitempty"`      // image side in pixels; 0: the dataset's

	Teachers []string `toml:"teachers,omitempty"` // weights, safetensors
	Network  string   `toml:"network,omitempty"`  // of a teacher file that does not say, or to train
	Epochs   int      `toml:"epochs,omitempty"`   // of training a teacher; 0: by data and device

	Recipe recipe.Recipe `toml:"recipe"`
}

// encode is the config as text; equal configs give equal text.
func (c Config) encode() ([]byte, error) {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(c); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return b.Bytes(), nil
}

// FolderName names a new run folder: time, dataset, images per class, and what
// tells it from others.
func (c Config) FolderName(now time.Time) string {
	text, _ := c.encode()
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
func readConfig(path string) (Config, []byte, error) {
	var c Config
	info, err := os.Stat(path)
	if err != nil {
		return c, nil, err
	}
	if !info.Mode().IsRegular() {
		return c, nil, fmt.Errorf("%s is not a file: want the config of a run", path)
	}
	if info.Size() > 1<<20 {
		return c, nil, fmt.Errorf("%s: %d bytes: too large for a config", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return c, nil, err
	}
	if _, err := toml.Decode(string(text), &c); err != nil {
		return c, nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, text, nil
}
