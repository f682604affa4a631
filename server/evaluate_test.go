package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/server/run"
	"reta/shared/event"
)

// A run is evaluated with all its controls, then once more with another seed, for which only the new trainings are made; its
// images as a folder give the same numbers.
func TestEvaluate(t *testing.T) {
	dir := t.TempDir()
	folder := distilled(t, dir)
	asked := []string{"--protocol", "quick", "--student", "resnet-mini", "--epochs", "2", "--cache", filepath.Join(dir, "cache")}
	evaluate := func(words ...string) (stdout, stderr string, err error) {
		return shell(t.Context(), t, run.NewGate(), append(append([]string{"evaluate"}, words...), asked...)...)
	}
	all := strings.Join(run.Controls(), ",")
	boards := filepath.Join(dir, "boards")
	stdout, stderr, err := evaluate(folder, "--seeds", "1", "--controls", all, "--tensorboard", boards)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for _, want := range []string{
		"resnet-mini, protocol quick: 2 epochs, tested on", "distilled images", "random real images", "starting patches", "whole training set", "resnet-mini on whole views",
		"4 distilled images train resnet-mini to", "of one seed: error unknown", "HLR", "MiB of device memory on",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("does not print %q:\n%s", want, stdout)
		}
	}
	for _, want := range []string{"8 trials to make: about", "labels: 2 epochs x 4 images x 2 classes", "choosing the patches again"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("does not say %q:\n%s", want, stderr)
		}
	}
	checkBoards(t, boards, 8)
	first := readEvaluation(t, filepath.Join(folder, run.EvaluationFile))
	if len(first.Trials) != 8 || len(first.Rows) != 8 || first.Dataset != "demo" || first.Students[0].Protocol.Student.Epochs != 2 || len(first.Ranking) != 1 || first.Ranking[0].LRS == nil || first.Ranking[0].ARS == nil {
		t.Errorf("evaluation %+v", first)
	}

	stdout, stderr, err = evaluate(folder, "--seeds", "2", "--csv")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if !strings.Contains(stderr, "4 trials finished before") || !strings.Contains(stderr, "4 trials to make") || strings.Count(stdout, "\n") != 9 || !strings.HasPrefix(stdout, "images,labels,student,seed") {
		t.Errorf("another seed:\n%s\n%s", stderr, stdout)
	}
	second := readEvaluation(t, filepath.Join(folder, run.EvaluationFile))
	if a, b := second.Trials[0], first.Trials[0]; a.Last() != b.Last() || a.Seconds != b.Seconds {
		t.Errorf("the first trial became %+v, was %+v", a, b)
	}
	checkEvaluationLog(t, folder)

	for _, words := range [][]string{{"--corruption", "fog", "--corruption", "contrast", "--severity", "1,4"}, {"--corruptions", "--corruption", "fog,contrast", "--severity", "4", "--severity", "1", "--csv"}} {
		stdout, stderr, err = evaluate(append([]string{folder, "--seeds", "2", "--controls", "hard"}, words...)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		if len(words) == 6 { // the first
			for _, want := range []string{"Test accuracy on corrupted images in per cent, mean over 2 corruptions at 2 severities", "top-1, corrupted", "\nfog\n", "\ncontrast\n",
				"Constants published for 32 px, seed 1, images stored as they are; frost is a computed texture"} {
				if !strings.Contains(stdout, want) {
					t.Errorf("does not print %q:\n%s", want, stdout)
				}
			}
		}
	}
	line := strings.Split(strings.Split(stdout, "\n")[1], ",")
	if !strings.Contains(stderr, "4 trials finished before") || !strings.HasPrefix(stdout, "images,labels,student,seed") || len(line) != 13 || line[12] == "" {
		t.Errorf("tests that are done are made again, or not printed:\n%s\n%s", stderr, stdout)
	}
	third := readEvaluation(t, filepath.Join(folder, run.EvaluationFile))
	if c := third.Rows[0].Corruptions; len(c) != 2 || c[0].Corruption != "fog" || len(c[1].Severities) != 2 || third.Rows[0].Corrupted.SE == nil || third.Corruptions.Column != 32 ||
		len(third.Trials[0].Corrupted) != 4 || third.Trials[0].Last() != first.Trials[0].Last() {
		t.Errorf("corrupted: %+v, %+v, %+v", c, third.Corruptions, third.Trials[0])
	}

	stdout, stderr, err = evaluate(filepath.Join(folder, "export"), "--dataset", "demo", "--teacher", "run/demo/resnet-mini.safetensors", "--seeds", "1", "--controls", "none", "--json", "--per-class", "4")
	if err == nil || !strings.Contains(err.Error(), "unknown flag: --per-class") {
		t.Errorf("--per-class: %v", err)
	}
	stdout, stderr, err = evaluate(filepath.Join(folder, "export"), "--dataset", "demo", "--teacher", "run/demo/resnet-mini.safetensors", "--seeds", "1", "--controls", "none", "--json")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var same run.Evaluation
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &same); err != nil || len(same.Trials) != 1 {
		t.Fatalf("--json prints %s: %v", lines[len(lines)-1], err)
	}
	for i, p := range same.Trials[0].Curve {
		if p.Loss != first.Trials[0].Curve[i].Loss {
			t.Errorf("epoch %d of the images as a folder: loss %v, of the run %v", p.Epoch, p.Loss, first.Trials[0].Curve[i].Loss)
		}
	}
}

// checkBoards looks for the curves of so many trials in TensorBoard's event files.
func checkBoards(t *testing.T, dir string, trials int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "run", "*", "events.out.tfevents.*"))
	if err != nil || len(files) != trials {
		t.Fatalf("event files %q, %v: want one of each of %d trials", files, err, trials)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for tag, least := range map[string]int{"accuracy/top-1": 1, "accuracy/top-5": 1, "loss/training": 2, "learning rate": 2} {
			if n := strings.Count(string(text), tag); n < least {
				t.Errorf("%s has %s %d times: want %d at least", file, tag, n, least)
			}
		}
	}
}

func readEvaluation(t *testing.T, path string) (e run.Evaluation) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// checkEvaluationLog looks for what a page needs of an evaluation in the run's log.
func checkEvaluationLog(t *testing.T, folder string) {
	t.Helper()
	_, file, recording, err := openRecording(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var trials event.Trials
	count := map[event.Kind]int{} // of what is known: nothing of the evaluation before
	for _, entry := range recording.Index().At(recording.Index().Last()) {
		m, err := recording.Read(entry)
		if err != nil {
			t.Fatal(err)
		}
		switch e := m.Event.(type) {
		case event.Trials:
			trials = e
		case event.Curve:
			if len(e.Points) > 0 {
				count[event.KindCurve]++
			}
		case event.Confusion:
			if len(e.Total) > 0 {
				count[event.KindConfusion]++
			}
		case event.Mistakes:
			if e.Width > 1 {
				count[event.KindMistakes]++
			}
		}
	}
	if len(trials.List) != 8 || trials.List[7].State != event.Trained || count[event.KindCurve] != 8 || count[event.KindConfusion] != 4 || count[event.KindMistakes] != 4 {
		t.Errorf("the log ends with trials %+v, curves, confusions and mistakes %d, %d, %d", trials.List, count[event.KindCurve], count[event.KindConfusion], count[event.KindMistakes])
	}
}

// What it was asked wrong it says at once; hard labels need no teacher.
func TestEvaluateRefusals(t *testing.T) {
	dir := t.TempDir()
	folder := distilled(t, dir)
	images := filepath.Join(folder, "export")
	cache := []string{"--cache", filepath.Join(dir, "cache")}
	for _, c := range []struct {
		words []string
		code  int
		want  string
	}{
		{nil, 2, "0 folders given: want one, of a run, a bundle or images"},
		{[]string{filepath.Join(dir, "none")}, 3, "want the folder of a run, of a bundle or of images"},
		{[]string{folder, "--dataset", "demo"}, 2, "--dataset, --classes and --size are those of the run"},
		{[]string{folder, "--out", dir}, 2, "what is made of a run lies in its folder: drop it"},
		{[]string{folder, "--seeds", "0"}, 2, "--seeds 0: want 1 to 1000"},
		{[]string{folder, "--labels", "loud"}, 2, "--labels loud: want stored, online or hard"},
		{[]string{folder, "--controls", "placebo"}, 2, "--controls placebo: want some of random, hard, patches"},
		{[]string{folder, "--student", "resnet9"}, 2, `--student: unknown network "resnet9"`},
		{[]string{folder, "--protocol", "fadrm2"}, 2, `unknown protocol "fadrm2"`},
		{[]string{folder, "--set", "student.lr"}, 2, "--set student.lr: want name=value"},
		{[]string{folder, "--set", "student.lr=0"}, 2, "--set student.lr 0: want more than 0, at most 100"},
		{[]string{folder, "--set", "student.rate=1"}, 2, `"student.rate" is no setting: want one of student.epochs`},
		{[]string{folder, "--json", "--csv"}, 2, "--csv and --json are two forms of one output"},
		{[]string{images, "--dataset", "demo", "--student", "resnet-mini", "--protocol", "quick", "--epochs", "1", "--controls", "none", "--seeds", "1"}, 1, "no teacher: give one with --teacher, or take --labels hard"},
	} {
		_, _, err := shell(t.Context(), t, run.NewGate(), append(append([]string{"evaluate"}, c.words...), cache...)...)
		if err == nil || exitCode(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: exit code %d, %v; want %d, %q", c.words, exitCode(err), err, c.code, c.want)
		}
	}
	stdout, stderr, err := shell(t.Context(), t, run.NewGate(), append([]string{"evaluate", images, "--labels", "hard", "--student", "resnet-mini", "--protocol", "quick", "--epochs", "1", "--seeds", "1"}, cache...)...)
	if err != nil || !strings.Contains(stdout, "distilled images") || !strings.Contains(stdout, "random real images") {
		t.Errorf("hard labels: %v\n%s%s", err, stderr, stdout)
	}
	checkDamage(t, folder, append([]string{"evaluate", folder, "--student", "resnet-mini", "--protocol", "quick", "--epochs", "2", "--controls", "none", "--seeds", "1"}, cache...))
	gate := run.NewGate()
	gate.Stop()
	if _, _, err := shell(t.Context(), t, gate, append([]string{"evaluate", folder, "--student", "resnet-mini", "--protocol", "quick", "--epochs", "3", "--controls", "none"}, cache...)...); exitCode(err) != 6 || !strings.Contains(err.Error(), "stopped; to continue") {
		t.Errorf("stopped: %v", err)
	}
	loseTeacher(t, folder)
	quick := append([]string{"evaluate", folder, "--student", "resnet-mini", "--protocol", "quick", "--epochs", "1", "--controls", "none", "--seeds", "1"}, cache...)
	if _, _, err := shell(t.Context(), t, run.NewGate(), quick...); err == nil || !strings.Contains(err.Error(), "gone.safetensors") {
		t.Errorf("soft labels of a teacher that is gone: %v", err)
	}
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), append(quick, "--labels", "hard")...); err != nil {
		t.Errorf("hard labels beside a teacher that is gone: %v\n%s", err, stderr)
	}
}

// loseTeacher has a run's config name a teacher that is not there.
func loseTeacher(t *testing.T, folder string) {
	t.Helper()
	path := filepath.Join(folder, "config.toml")
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "resnet-mini.safetensors") != 1 {
		t.Fatalf("%v, or no teacher in:\n%s", err, text)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "resnet-mini.safetensors", "gone.safetensors", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkDamage cuts what an evaluation has kept: it is named, with what helps, and is of exit code 3.
func checkDamage(t *testing.T, folder string, words []string) {
	t.Helper()
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), words...); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	outcomes, err := filepath.Glob(filepath.Join(folder, "evaluation", "*.json"))
	if err != nil || len(outcomes) != 1 {
		t.Fatalf("outcomes %q, %v: want one", outcomes, err)
	}
	checkpoint := strings.TrimSuffix(outcomes[0], ".json") + ".safetensors"
	for _, c := range []struct{ file, want string }{
		{outcomes[0], "remove it to train that student anew"},
		{checkpoint, "remove it to train that student anew"},
		{filepath.Join(folder, "labels", "labels-00001-of-00001.safetensors"), "fetch it again, or relabel"},
	} {
		was, err := os.ReadFile(c.file)
		if err == nil {
			err = os.Truncate(c.file, 20)
		} else { // of a training that goes on
			os.Remove(outcomes[0])
			err = os.WriteFile(c.file, []byte("cut"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := shell(t.Context(), t, run.NewGate(), words...); exitCode(err) != 3 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s cut: %v of exit code %d: want %q and 3", c.file, err, exitCode(err), c.want)
		}
		if was == nil {
			os.Remove(c.file)
		} else if err := os.WriteFile(c.file, was, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
