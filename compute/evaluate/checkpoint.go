package evaluate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"reta/compute/label"
	"reta/compute/nn"
	"reta/shared/protocol"
	"reta/shared/recipe"
	"reta/shared/wholefile"
)

// key names all that a trial's outcome depends on but the device and the program's version: 16 hexadecimal digits.
func (j *Job) key(t Trial) string {
	type all struct {
		Protocol string `toml:"protocol"`
		Set      string `toml:"set"`
		Labels   string `toml:"labels"`
		Teachers string `toml:"teachers"`
		Student  string `toml:"student"`
		Seed     int    `toml:"seed"`
		Test     string `toml:"test"`
		Mean     string `toml:"mean"`
		Before   string `toml:"before"`
	}
	p := t.Protocol
	p.Name, p.Labels = "", p.Labelled()
	a := all{
		Protocol: p.Key(), Set: t.Set.Hash, Labels: t.Labels, Student: t.Student, Seed: t.Seed, Test: j.Hash,
		Mean: fmt.Sprint(j.Data.Mean, j.Data.Std, j.Data.Size, j.Data.Classes),
	}
	if t.Protocol.Labels.Source != protocol.Hard {
		a.Teachers = j.Teachers
	}
	if t.Before != nil {
		a.Before = t.Before.Key
	}
	return recipe.Key(a, all{})
}

// Keys are the names of what all trials depend on, which their files in Dir begin with: equal ones are of equal trials.
func (j *Job) Keys() (keys []string) {
	for _, t := range j.Trials {
		keys = append(keys, j.key(t))
	}
	return keys
}

func (j *Job) file(t Trial, ext string) string {
	return filepath.Join(j.Dir, j.key(t)+ext)
}

// save writes the training's state, whole or not at all.
func (t *training) save() error {
	if t.job.Dir == "" {
		return nil
	}
	state := t.state
	state.Seconds = t.seconds()
	text, err := json.Marshal(state)
	if err != nil {
		return err
	}
	var tensors []nn.Tensor
	for i, v := range t.variables() {
		data, err := v.Read()
		if err != nil {
			return err
		}
		tensors = append(tensors, nn.Tensor{Name: fmt.Sprintf("%04d.%s", i, v.Name()), Shape: v.Shape(), Values: data})
	}
	if err := wholefile.MkdirAll(t.job.Dir, 0o755); err != nil {
		return fmt.Errorf("evaluate: checkpoint: %w", err)
	}
	if err := nn.SealTensors(t.job.file(t.trial, checkpointFile), map[string]string{"progress": string(text)}, tensors); err != nil {
		return fmt.Errorf("evaluate: checkpoint: %w", err)
	}
	return nil
}

// The files of a trial, after its key.
const (
	checkpointFile = ".safetensors"
	outcomeFile    = ".json"
)

// restore goes on from the trial's checkpoint. It reports whether there was one.
func (t *training) restore() (bool, error) {
	if t.job.Dir == "" {
		return false, nil
	}
	path := t.job.file(t.trial, checkpointFile)
	f, err := nn.OpenUndamaged(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, damaged(path, err)
	}
	defer f.Close()
	var state progress
	if err := json.Unmarshal([]byte(f.Metadata("progress")), &state); err != nil {
		return false, damaged(path, err)
	}
	if p := t.trial.Protocol.Student; state.Epoch < 0 || state.Epoch > p.Epochs || state.Batch < 0 || state.Batch > t.plan.Batches() || len(state.Curve) != state.Epoch ||
		math.IsNaN(state.Seconds) {
		return false, damaged(path, fmt.Errorf("epoch %d of %d, batch %d of %d, %d points", state.Epoch, p.Epochs, state.Batch, t.plan.Batches(), len(state.Curve)))
	}
	for i, v := range t.variables() {
		data, err := f.Float32(fmt.Sprintf("%04d.%s", i, v.Name()), v.Shape()...)
		if err != nil {
			return false, damaged(path, err)
		}
		if err := v.Write(data); err != nil {
			return false, err
		}
	}
	t.state = state
	return true, nil
}

func damaged(path string, err error) error {
	return label.Damaged(fmt.Errorf("evaluate: %s: %w: remove it to train that student anew", path, err))
}

// keep writes the outcome of a finished trial in the checkpoint's place.
func (j *Job) keep(t Trial, o Outcome) error {
	if j.Dir == "" {
		return nil
	}
	text, err := json.Marshal(o)
	if err == nil {
		err = wholefile.MkdirAll(j.Dir, 0o755)
	}
	if err == nil {
		err = wholefile.Write(j.file(t, outcomeFile), text, 0o644)
	}
	if err == nil {
		err = wholefile.Remove(j.file(t, checkpointFile))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("evaluate: %w", err)
	}
	return nil
}

// maxOutcome bounds the file of an outcome; one with a million test images has 8 MB.
const maxOutcome = 64 << 20

// kept reads the outcome of a trial that was finished before. It reports whether there is one.
func (j *Job) kept(t Trial) (o Outcome, there bool, err error) {
	if j.Dir == "" {
		return o, false, nil
	}
	path := j.file(t, outcomeFile)
	text, err := readOutcome(path)
	if errors.Is(err, fs.ErrNotExist) {
		return o, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err == nil {
		err = j.check(t, o)
	}
	if err != nil {
		return o, false, damaged(path, err)
	}
	return o, true, nil
}

// readOutcome reads a file of results.
func readOutcome(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxOutcome) {
		err = fmt.Errorf("%v of %d bytes: want a file of at most %d", info.Mode().Type(), info.Size(), maxOutcome)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, maxOutcome))
}

// check refuses an outcome that cannot be the trial's.
func (j *Job) check(t Trial, o Outcome) error {
	if len(o.Curve) != t.Protocol.Student.Epochs || !o.Last().Tested || len(o.Answers) != j.Data.Test.Len() {
		return fmt.Errorf("%d epochs and %d answers: want %d, tested after the last, and %d", len(o.Curve), len(o.Answers), t.Protocol.Student.Epochs, j.Data.Test.Len())
	}
	for _, a := range o.Answers {
		if a < 0 || a >= j.Data.Classes {
			return fmt.Errorf("answer %d: want a class below %d", a, j.Data.Classes)
		}
	}
	return nil
}
