package vk

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"reta/shared/wholefile"
)

// choices are, by what is computed, which of several ways was fastest on the
// device. They are kept in a file beside the pipeline cache, which is ignored
// and written anew where another driver made it.
type choices struct {
	mu      sync.Mutex
	path    string // "" for none
	changed bool
	Driver  uint32
	Fastest map[string]int
}

const choicesMax = 1 << 20 // larger files are not read

func openChoices(i Info, dir string) *choices {
	c := &choices{Driver: i.DriverVersion, Fastest: map[string]int{}}
	if dir == "" {
		return c
	}
	c.path = filepath.Join(dir, fmt.Sprintf("vulkan-%04x-%04x-%x.choices", i.Vendor, i.ID, i.CacheUUID[:4]))
	info, err := os.Stat(c.path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > choicesMax {
		return c
	}
	var found choices
	if text, err := os.ReadFile(c.path); err == nil && json.Unmarshal(text, &found) == nil && found.Driver == c.Driver && found.Fastest != nil {
		c.Fastest = found.Fastest
	}
	return c
}

// Choose returns the fastest of n ways to compute what, which names them all,
// or -1 where it is not known. With Options.Tune it is found out, by the seconds
// that each takes; one that fails is out of the question.
func (d *Device) Choose(what string, n int, seconds func(way int) (float64, error)) (int, error) {
	c := d.choices
	c.mu.Lock()
	defer c.mu.Unlock()
	if way, ok := c.Fastest[what]; ok && way >= 0 && way < n {
		return way, nil
	}
	if !d.tune {
		return -1, nil
	}
	best, least := -1, 0.0
	var failed error
	for way := range n {
		s, err := seconds(way)
		switch {
		case err != nil:
			failed = errors.Join(failed, err)
		case best < 0 || s < least:
			best, least = way, s
		}
	}
	if best < 0 {
		return -1, fmt.Errorf("vk: no way to compute %s works: %w", what, failed)
	}
	c.Fastest[what], c.changed = best, true
	return best, nil
}

// save writes the choices to their file if one was made since the last time.
func (c *choices) save() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.path == "" || !c.changed {
		return nil
	}
	c.changed = false
	text, err := json.Marshal(c)
	if err == nil {
		err = wholefile.Write(c.path, text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("vk: choices of kernels: %w", err)
	}
	return nil
}
