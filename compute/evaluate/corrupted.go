package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/wholefile"
)

// Corruption is the test images changed in one way. All students are tested on one after the other has been made, so that no
// more than one takes memory.
type Corruption struct {
	Name     string
	Severity int
	Key      string // of all that the images depend on but the test images themselves: fit for a file's name
	// Open makes the images and says how many are made. It is called once, and not at all where all students are tested already.
	Open    func(ctx context.Context, progress func(done int)) (train.Source, error)
	Seconds float64 // that Open takes, for the forecast
}

// Corrupted is what a student reaches on corrupted test images, as fractions.
type Corrupted struct {
	Corruption string  `json:"corruption"`
	Severity   int     `json:"severity"`
	Top1       float64 `json:"top1"`
	Top5       float64 `json:"top5"`
}

// scores are results on one corruption, by the keys of trials.
type scores map[string]Corrupted

// weightsFile holds a trained student for tests that follow, after its trial's key.
const weightsFile = ".weights.safetensors"

func (j *Job) scoresFile(c Corruption) string {
	return filepath.Join(j.Dir, fmt.Sprintf("%s-%d-%s.json", c.Name, c.Severity, c.Key))
}

// readScores reads what earlier calls have found.
func (j *Job) readScores() error {
	j.corrupted = make([]scores, len(j.Corruptions))
	if len(j.Corruptions) > 0 && j.Dir == "" {
		return fmt.Errorf("evaluate: tests on corrupted images keep trained students in a folder: want one")
	}
	for i, c := range j.Corruptions {
		j.corrupted[i] = scores{}
		path := j.scoresFile(c)
		text, err := readOutcome(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(text, &j.corrupted[i])
		}
		for _, s := range j.corrupted[i] {
			if in := func(v float64) bool { return v >= 0 && v <= 1 }; err == nil && (s.Corruption != c.Name || s.Severity != c.Severity || !in(s.Top1) || !in(s.Top5)) {
				err = fmt.Errorf("%+v: want accuracies from 0 to 1 on %s, severity %d", s, c.Name, c.Severity)
			}
		}
		if err != nil {
			return damaged(path, err)
		}
	}
	return nil
}

// untested counts the corruptions that a trial's student is not tested on.
func (j *Job) untested(t Trial) (n int) {
	key := j.key(t)
	for _, s := range j.corrupted {
		if _, done := s[key]; !done {
			n++
		}
	}
	return n
}

// lost reports whether a finished trial has to be made again, because its student was not kept for tests that it lacks, or for
// others to go on from.
func (j *Job) lost(t Trial) bool {
	if j.untested(t) == 0 && !j.Keep {
		return false
	}
	_, err := os.Stat(j.file(t, weightsFile))
	return err != nil
}

// keepWeights writes a trained student.
func (j *Job) keepWeights(t Trial, m *models.Model) error {
	if len(j.Corruptions) == 0 && !j.Keep {
		return nil
	}
	var tensors []nn.Tensor
	for i, v := range m.Variables() {
		data, err := v.Read()
		if err != nil {
			return err
		}
		tensors = append(tensors, nn.Tensor{Name: fmt.Sprintf("%04d.%s", i, v.Name()), Shape: v.Shape(), Values: data})
	}
	err := os.MkdirAll(j.Dir, 0o755)
	if err == nil {
		err = nn.WriteTensors(j.file(t, weightsFile), nil, tensors)
	}
	if err != nil {
		return fmt.Errorf("evaluate: trained student: %w", err)
	}
	return nil
}

// readWeights makes m the trained student of a file.
func readWeights(path string, m *models.Model) error {
	f, err := nn.OpenTensors(path)
	if err != nil {
		return damaged(path, err)
	}
	defer f.Close()
	for i, v := range m.Variables() {
		data, err := f.Float32(fmt.Sprintf("%04d.%s", i, v.Name()), v.Shape()...)
		if err != nil {
			return damaged(path, err)
		}
		if err := v.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// testCorrupted tests all trained students on all corruptions. Results are kept one by one.
func (j *Job) testCorrupted(ctx context.Context) error {
	total := len(j.mine()) * len(j.Corruptions)
	done, began := total, time.Now()
	for _, t := range j.mine() {
		done -= j.untested(t)
	}
	before := done
	say := func(format string, args ...any) {
		s := event.Status{State: event.Evaluating, Phase: "corruptions", Done: done, Total: total, Text: fmt.Sprintf(format, args...)}
		if made := done - before; made > 0 {
			s.ETASeconds = float32(time.Since(began).Seconds() / float64(made) * float64(total-done))
		}
		j.Emit(s)
	}
	for i, c := range j.Corruptions {
		var images train.Source
		for _, t := range j.mine() {
			if _, there := j.corrupted[i][j.key(t)]; there {
				continue
			}
			var err error
			if images == nil {
				images, err = c.Open(ctx, func(made int) {
					say("%s, severity %d: %d of %d images are made", c.Name, c.Severity, made, j.Data.Test.Len())
				})
			}
			if err == nil {
				say("testing %s on %s, severity %d", t, c.Name, c.Severity)
				err = j.testOn(ctx, t, i, images)
			}
			if err != nil {
				return fmt.Errorf("evaluate: %s: %s, severity %d: %w", t, c.Name, c.Severity, err)
			}
			done++
			if err := j.wait(ctx); err != nil {
				return err
			}
		}
	}
	if total > 0 {
		say("")
	}
	return nil
}

// testOn tests a trained student on the images of the i-th corruption and keeps the result.
func (j *Job) testOn(ctx context.Context, t Trial, i int, images train.Source) error {
	score, err := j.scoreOf(ctx, t, images)
	if err != nil {
		return err
	}
	c := j.Corruptions[i]
	j.corrupted[i][j.key(t)] = Corrupted{c.Name, c.Severity, score.Top1, score.Top5}
	text, err := json.Marshal(j.corrupted[i])
	if err != nil {
		return err
	}
	return wholefile.Write(j.scoresFile(c), text, 0o644)
}

// scoreOf tests a trained student.
func (j *Job) scoreOf(ctx context.Context, t Trial, images train.Source) (train.Score, error) {
	s, err := j.student(j.trainers[0], t)
	if err != nil {
		return train.Score{}, err
	}
	if err := readWeights(j.file(t, weightsFile), s.tested()); err != nil {
		return train.Score{}, err
	}
	return s.scorer.Run(ctx, images, nil)
}

// forecastCorrupted says what tests on corrupted images will take: each trial's own, and making the images, which the first that
// needs them does for all. costs has the students that were measured.
func (j *Job) forecastCorrupted(ctx context.Context, costs map[*student]cost) error {
	tests, disk, left := 0, int64(0), 0.0
	for i := j.Range[0]; i < j.Range[1]; i++ {
		t := j.Trials[i]
		n := j.untested(t)
		if n == 0 {
			continue
		}
		s, err := j.student(j.trainers[0], t)
		if err == nil && costs[s] == (cost{}) {
			costs[s], err = s.measure(ctx, t)
		}
		if err != nil {
			return fmt.Errorf("evaluate: %s: %w", t, err)
		}
		if j.testing[i] = float64(n) * costs[s].test; tests == 0 {
			j.testing[i] += j.corrupting()
		}
		tests += n
		left += j.testing[i]
		for _, v := range s.tested().Variables() {
			disk += 4 * int64(v.Shape().Size())
		}
	}
	if tests > 0 {
		j.say("%s on corrupted images after that: about %s; %s of disk for trained students", event.Counted(tests, "test"), event.Duration(left), megabytes(disk))
	}
	return nil
}

// corrupting is how many seconds it takes to make the images of the corruptions on which a student is to be tested.
func (j *Job) corrupting() (seconds float64) {
	for i, c := range j.Corruptions {
		tested := func(t Trial) bool { _, there := j.corrupted[i][j.key(t)]; return there }
		if slices.ContainsFunc(j.mine(), func(t Trial) bool { return !tested(t) }) {
			seconds += c.Seconds
		}
	}
	return seconds
}

// results are those of a trial, in the order of the corruptions.
func (j *Job) results(t Trial) (list []Corrupted) {
	key := j.key(t)
	for _, s := range j.corrupted {
		list = append(list, s[key])
	}
	return list
}

// MeanCorrupted is the mean top-1 over corruptions and severities, NaN without any.
func (o Outcome) MeanCorrupted() float64 {
	sum := 0.0
	for _, c := range o.Corrupted {
		sum += c.Top1
	}
	return sum / float64(len(o.Corrupted))
}
