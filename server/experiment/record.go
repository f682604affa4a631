package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"reta/server/run"
	"reta/shared/wholefile"
)

// State is how far a cell is.
type State string

// The states.
const (
	Open   State = "open"    // not begun, or stopped
	Done   State = "done"    // there is a record of it
	Failed State = "failed"  // it ended with an error; the next time it is tried again
	NotRun State = "not run" // the program lacks something for it
)

// Record is what came of a cell.
type Record struct {
	Key      string                 `json:"key"`
	Cell     string                 `json:"cell"` // its name
	State    State                  `json:"state"`
	Error    string                 `json:"error,omitempty"`
	Ended    string                 `json:"ended"` // RFC 3339
	Seconds  float64                `json:"seconds"`
	Commands []string               `json:"commands"`
	Folder   string                 `json:"folder"` // of the images
	Cost     *run.Cost              `json:"cost,omitempty"`
	Program  string                 `json:"program,omitempty"`
	Device   string                 `json:"device,omitempty"`
	Tested   int                    `json:"test_images,omitempty"`
	Students []run.EvaluatedStudent `json:"students,omitempty"`
	Rows     []evaluated            `json:"rows,omitempty"`
	Findings []string               `json:"findings,omitempty"`
}

// take takes in an evaluation, without its curves, which stay beside the images.
func (r *Record) take(e *run.Evaluation) {
	r.Program, r.Device, r.Tested, r.Students, r.Findings = e.Program, e.Device, e.TestImages, e.Students, e.Findings
	for _, row := range e.Rows {
		r.Rows = append(r.Rows, evaluated{EvaluationRow: row})
	}
}

// takeIncremental takes in class-incremental learning: the last test is that after the last step, and numbers are over orders.
func (r *Record) takeIncremental(e *run.IncrementalResult) {
	r.Program, r.Device, r.Students = e.Program, e.Device, e.Students
	for _, row := range e.Rows {
		of := evaluated{Average: &row.Average, Forgetting: row.Forgetting, Orders: len(e.Orders), EvaluationRow: run.EvaluationRow{
			Images: row.Images, Labels: row.Labels, Student: row.Student, Count: row.Count[len(row.Count)-1], N: e.Seeds, Last: row.Final,
		}}
		if e.Method == run.Distill && of.Orders > 1 {
			of.N = of.Orders // after GDumb's last step all orders have the same students
		}
		r.Rows = append(r.Rows, of)
	}
}

// maxRecord is more bytes than a record takes.
const maxRecord = 16 << 20

func recordFile(dir, key string) string { return filepath.Join(dir, "cells", key+".json") }

// ReadRecord is what came of a cell, nil where nothing has yet.
func ReadRecord(dir, key string) (*Record, error) {
	path := recordFile(dir, key)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxRecord {
		return nil, fmt.Errorf("experiment: %s: %v of %d bytes: want a file of at most %d: remove it to run the cell again", path, info.Mode().Type(), info.Size(), maxRecord)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	r := new(Record)
	if err = json.Unmarshal(text, r); err == nil && (r.Key != key || r.State != Done && r.State != Failed) {
		err = errors.New("it is no record of the cell")
	}
	if err != nil {
		return nil, fmt.Errorf("experiment: %s is damaged (%v): remove it to run the cell again", path, err)
	}
	return r, nil
}

// write keeps the record, whole or not at all.
func (r *Record) write(dir string) error {
	r.Ended = time.Now().UTC().Format(time.RFC3339)
	text, err := json.MarshalIndent(r, "", " ")
	if err == nil {
		err = wholefile.Write(recordFile(dir, r.Key), append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	return nil
}
