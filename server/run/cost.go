package run

import (
	"encoding/json"
	"fmt"
	"path/filepath"
)

// costFile holds a run's Cost.
const costFile = "cost.json"

// Cost is what the recovery of a run's images took, from the choice of the first images to the last step, without the training
// of teachers. A run that was interrupted has none: the time of its first part is not known.
type Cost struct {
	Images  int     `json:"images"`
	Seconds float64 `json:"seconds"`
	Memory  int64   `json:"device_memory_bytes"` // the most at any time since the device was opened
}

// ReadCost is what the recovery of a finished run took.
func ReadCost(folder string) (c Cost, err error) {
	path := filepath.Join(folder, costFile)
	text, err := readSmall(path, "the cost of a run")
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Recovered reports whether the run in a folder has exported its images.
func Recovered(folder string) bool { return exported(folder) }
