package run

import (
	"encoding/json"
	"fmt"
	"path/filepath"
)

// metaFile holds a run's Meta.
const metaFile = "meta.json"

// Meta is under which circumstances a run began, or was continued the last time.
type Meta struct {
	Version     string     `json:"version"`
	Started     string     `json:"started"` // RFC 3339
	Device      string     `json:"device"`
	Driver      string     `json:"driver"`
	Precision   string     `json:"precision,omitempty"` // of matrix products; fp32 where it is not said
	DataHash    string     `json:"data_hash"`
	Teachers    []string   `json:"teachers"` // networks
	TeacherHash string     `json:"teacher_hash"`
	Mean        [3]float64 `json:"mean"` // of the images' normalisation
	Std         [3]float64 `json:"std"`
	Seed        uint64     `json:"seed"`
	Shards      []Meta     `json:"shards,omitempty"` // of a merged run: of each shard
}

// ReadMeta gives the circumstances of an existing run.
func ReadMeta(folder string) (m Meta, err error) {
	path := filepath.Join(folder, metaFile)
	text, err := readSmall(path, "the circumstances of a run")
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}
