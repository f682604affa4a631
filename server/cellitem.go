package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"reta/server/experiment"
	"reta/server/run"
	"reta/shared/event"
	"reta/shared/wholefile"
)

// cellItem is a step of an experiment's cell as an item of a queue: a command that a worker carries out in a process of its own.
// The item's folder, which begins as that of the input "folder" where it has one, holds
//
//	images/             the run folder, or images that are no run's
//	images-evaluation/  what came of the latter; of class-incremental learning images-incremental/
//	trials/             finished trainings of students
//	teachers/           those that recovery has trained
//	log, step.json      what the command said, what the step took
type cellItem struct {
	Words []string `json:"words"` // of the command line, with experiment.Folder, experiment.Trials and, for teachers that are given, teacherWord
	Data  string   `json:"data"`  // name of the set in the experiment
}

// The names in the folder of a cell's item.
const (
	itemImages   = "images"
	itemTrials   = "trials"
	itemTeachers = "teachers"
	itemLog      = "log"
	itemStep     = "step.json"
)

// step is what a step took.
type step struct {
	Seconds float64 `json:"seconds"`
}

// teacherWord stands for the file of a teacher that is given.
const teacherWord = "{teacher}"

// cellFlagsKnown are the flags that a cell's command may have: none that names a place to write to.
var cellFlagsKnown = []string{"--dataset", "--data", "--classes", "--per-class", "--size", "--recipe", "--ipc", "--seed", "--network", "--teachers", "--teacher", "--teacher-preset",
	"--epochs", "--set", "--student", "--seeds", "--controls", "--protocol", "--steps", "--orders", "--method", "--memory"}

// check refuses a command that no cell has.
func (c *cellItem) check() error {
	words := c.Words
	switch {
	case len(words) > 2 && slices.Equal(words[:3], []string{"recover", "--run-dir", experiment.Folder}):
		words = words[3:]
	case len(words) > 1 && (words[0] == "evaluate" || words[0] == "incremental") && words[1] == experiment.Folder:
		words = words[2:]
	default:
		return fmt.Errorf("command %.80q: want recover, evaluate or incremental", strings.Join(words, " "))
	}
	for ; len(words) > 0; words = words[1:] {
		switch {
		case words[0] == "--corruptions":
			continue
		case len(words) < 2:
			return fmt.Errorf("flag %.80q: want a value", words[0])
		case words[0] == "--trials" && words[1] == experiment.Trials:
		case words[0] == "--teacher" && words[1] != teacherWord:
			return fmt.Errorf("--teacher %.80q: want %s", words[1], teacherWord)
		case !slices.Contains(cellFlagsKnown, words[0]):
			return fmt.Errorf("flag %.80q: want one of a cell: %s", words[0], strings.Join(cellFlagsKnown, ", "))
		}
		words = words[1:]
	}
	return nil
}

func (c *cellItem) recovers() bool { return c.Words[0] == "recover" }

// command is the command line on this machine.
func (c *cellItem) command(folder, data string, teachers []string) (words []string) {
	isRun := c.recovers() || isRun(filepath.Join(folder, itemImages))
	for i := 0; i < len(c.Words); i++ {
		switch w := c.Words[i]; {
		case w == experiment.Folder:
			words = append(words, filepath.Join(folder, itemImages))
		case w == experiment.Trials:
			words = append(words, filepath.Join(folder, itemTrials))
		case w == teacherWord && len(teachers) > 0:
			words = append(words, teachers[0])
			teachers = teachers[1:]
		case w == "--data" && data != "":
			i++ // replaced
		case w == "--dataset" && data != "" && strings.HasPrefix(c.Words[i+1], "path:"):
			words = append(words, w, "path:"+data)
			data = ""
			i++
		default:
			words = append(words, w)
		}
	}
	if data != "" && (c.recovers() || !isRun) { // a run's folder says where its images are
		words = append(words, "--data", data)
	}
	return words
}

// dataset is what the command's --dataset says, "" where it has none.
func (c *cellItem) dataset() string {
	if i := slices.Index(c.Words, "--dataset"); i >= 0 {
		return c.Words[i+1]
	}
	return ""
}

// own are the flags of a worker's device, and what else is its own, for the command.
func (c *cellItem) own(f commonFlags, device string) (words []string) {
	f.device = device
	return (&cells{common: f}).own(c.Words[0] != "incremental")
}

// cell carries out a step of a cell in its folder. What that holds is of an earlier call.
func (m *itemMaker) cell(ctx context.Context, device string, c *cellItem, teachers []string, input, folder string, see func([]byte)) error {
	if err := c.check(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(folder, itemStep)); err == nil { // before the worker was killed
		return nil
	}
	if err := begin(input, folder); err != nil {
		return err
	}
	images := filepath.Join(folder, itemImages)
	if err := run.Await(ctx, images); err != nil { // its process, when this one was killed
		return err
	}
	if err := give(filepath.Join(folder, itemTeachers), filepath.Join(m.cache, "teachers")); err != nil {
		return err
	}
	data, of := "", c.dataset()
	if isRun(images) {
		config, err := run.ReadFolder(images)
		if err != nil {
			return err
		}
		of = config.Dataset
	}
	if of != "demo" {
		data = m.data.of(c.Data, of)
	}
	if isRun(images) {
		if err := run.Relocate(images, data, teachers); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(filepath.Join(folder, itemLog), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	began := time.Now()
	if !c.recovers() || !run.Recovered(images) {
		words := append(c.command(folder, data, teachers), c.own(m.common, device)...)
		if err := ownProcess(seen(see))(ctx, words, log); err != nil {
			return err
		}
	}
	if err := c.clear(folder, m.cache); err != nil {
		return err
	}
	text, err := json.Marshal(step{time.Since(began).Seconds()})
	if err != nil {
		return err
	}
	return wholefile.Write(filepath.Join(folder, itemStep), text, 0o644)
}

// begin makes an item's folder of its input, unless it is there.
func begin(input, folder string) error {
	_, err := os.Stat(folder)
	there := err == nil
	switch {
	case input == "":
		return wholefile.MkdirAll(folder, 0o755)
	case there:
		return wholefile.RemoveAll(input) // fetched again
	}
	return wholefile.Rename(input, folder)
}

// clear leaves in an item's folder what came of the step.
func (c *cellItem) clear(folder, cache string) error {
	images := filepath.Join(folder, itemImages)
	remove := []string{filepath.Join(folder, itemTeachers)}
	if !isRun(images) {
		remove = append(remove, images)
	}
	unfinished, err := filepath.Glob(filepath.Join(folder, itemTrials, "*.safetensors"))
	if err != nil {
		return err
	}
	for _, path := range append(remove, unfinished...) {
		if err := wholefile.RemoveAll(path); err != nil {
			return err
		}
	}
	if !c.recovers() {
		return nil
	}
	trained, err := run.TrainedTeachers(images, cache)
	if err != nil {
		return err
	}
	for _, file := range trained {
		to := filepath.Join(folder, itemTeachers, filepath.Base(file))
		if err := errors.Join(wholefile.MkdirAll(filepath.Dir(to), 0o755), copyWhole(file, to)); err != nil {
			return err
		}
	}
	return nil
}

// seen hands on what a command says, for the log of the coordinator.
type seen func([]byte)

func (s seen) Write(text []byte) (int, error) {
	if data, err := event.Encode(event.Message{Event: event.Log{Text: string(text)}}); err == nil {
		s(data)
	}
	return len(text), nil
}
