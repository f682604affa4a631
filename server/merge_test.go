package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reta/server/run"
	"reta/shared/event"
)

// Shards of every phase, made in any order and killed on the way, come to what one process makes: the same bundle, labels and
// trainings, and a log that replays.
func TestShardsComeToTheWholeRun(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	cache := " --quiet --cache " + at("cache")
	do := func(line string) {
		t.Helper()
		if _, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields(line)...); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, stderr)
		}
	}
	whole, merged := at("whole"), at("merged")
	judged := " --student resnet8 --seeds 2 --epochs 4 --controls random" + cache
	do("recover " + clusterRun + " --run-dir " + whole + cache)

	recover := func(i int) string {
		return "recover " + clusterRun + " --run-dir " + at(fmt.Sprint("part-", i)) + fmt.Sprintf(" --shard %d/3", i)
	}
	do(recover(2) + cache)
	for _, line := range []string{"start of classes 1 to 1", "stage 1/2 of classes 1 to 1"} {
		killAt(t, line, strings.Fields(recover(1)+" --cache "+at("cache"))...)
	}
	parts := []string{at("part-1"), at("part-2"), at("part-0")}
	refused(t, "shard 0/3 is missing", "merge", append([]string{merged}, parts[:2]...)...)
	do(recover(0) + cache)
	refused(t, "shard 1/3 in "+parts[0]+" is not finished: finish it with\n  server recover --resume "+parts[0], "merge", append([]string{merged}, parts...)...)
	do("recover --resume " + parts[0] + cache)
	do(recover(1) + cache) // finished already
	do("merge " + merged + " " + strings.Join(parts, " "))
	sameFiles(t, merged, whole, "export", "images.bin", "config.toml")
	if items, want := replayed(t, merged), replayed(t, whole); !reflect.DeepEqual(items, want) {
		t.Errorf("the merged log ends with %v, the whole run's with %v", items, want)
	}

	mergeRefusals(t, dir, merged, parts, cache)

	do("relabel " + whole + " --epochs 4" + cache)
	for _, i := range []string{"1", "2", "0"} {
		do("relabel " + merged + " --epochs 4 --shard " + i + "/3" + cache)
	}
	do("merge " + merged + " " + merged + "-relabel-0-of-3 " + merged + "-relabel-2-of-3 " + merged + "-relabel-1-of-3")
	sameFiles(t, merged, whole, "labels", "export")
	replayed(t, merged)

	do("evaluate " + whole + judged)
	do("evaluate " + merged + judged + " --shard 1/3 --out " + at("e1"))
	do("evaluate " + merged + judged + " --shard 0/3 --out " + at("e0"))
	do("evaluate " + merged + judged + " --shard 2/3 --out " + at("e2"))
	do("merge " + merged + " " + at("e1") + " " + at("e0") + " " + at("e2"))
	replayed(t, merged)
	a, b := readEvaluation(t, filepath.Join(whole, run.EvaluationFile)), readEvaluation(t, filepath.Join(merged, run.EvaluationFile))
	if len(b.Trials) != 4 || !reflect.DeepEqual(timeless(a), timeless(b)) {
		t.Errorf("merged the results are\n%+v\nof one process\n%+v", b, a)
	}
	if x, y := confusionsOf(t, whole), confusionsOf(t, merged); len(x) != 2 || !reflect.DeepEqual(x, y) {
		t.Errorf("merged the answers are\n%v\nof one process\n%v", y, x)
	}
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields("evaluate "+merged+judged)...); err != nil { // nothing is trained again
		t.Errorf("%v\n%s", err, stderr)
	}
	if c := readEvaluation(t, filepath.Join(merged, run.EvaluationFile)); !reflect.DeepEqual(c.Trials, b.Trials) {
		t.Error("the merged trainings are made again")
	}
	do("verify " + filepath.Join(merged, "export"))
}

// A run whose last phase is a later one is recovered in shards, and goes on once they are merged.
func TestMergedRunGoesOn(t *testing.T) {
	dir := t.TempDir()
	folder := func(name string) string { return filepath.Join(dir, name) }
	line := "--headless --until relabel --protocol quick --student resnet8 --dataset demo --classes 2 --per-class 4 --ipc 2 --steps 4 --batch 1 --set group=1 --quiet --cache " + folder("cache")
	for _, words := range []string{
		line + " --run-dir " + folder("whole"),
		line + " --shard 0/2 --no-log --run-dir " + folder("a"), line + " --shard 1/2 --run-dir " + folder("b"),
		"merge " + folder("merged") + " " + folder("a") + " " + folder("b"),
		"--headless --quiet --resume " + folder("merged") + " --cache " + folder("cache"),
	} {
		if _, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields(words)...); err != nil {
			t.Fatalf("%s: %v\n%s", words, err, stderr)
		} else if warns := strings.Contains(stderr, "has no whole log"); warns != strings.HasPrefix(words, "merge") {
			t.Errorf("%s says %s", words, stderr)
		}
	}
	sameFiles(t, folder("merged"), folder("whole"), "export", "labels", "config.toml")
}

// mergeRefusals gives merge what it must refuse.
func mergeRefusals(t *testing.T, dir, merged string, parts []string, cache string) {
	t.Helper()
	other := filepath.Join(dir, "other")
	line := "recover " + clusterRun + " --seed 7 --shard 1/3 --run-dir " + other + cache
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields(line)...); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(parts[0], link); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	for want, words := range map[string][]string{
		"is not empty": append([]string{merged}, parts...), "is given twice": {out, parts[0], parts[1], link}, "shard 1/3 is given twice": {out, copied(t, parts[0]), parts[0], parts[1]},
		"is no shard but a whole run": {out, parts[0], merged}, "different settings:\n  " + parts[2] + ": seed = 0; " + other + ": seed = 7": {out, parts[2], other, parts[1]},
		"want the folder of a shard": {out, parts[0], filepath.Join(dir, "nowhere")}, "want OUT and the shards": {out},
		"shard 0/3, 1/3 is missing": {out, parts[1]}, "failure": {out, damagedImage(t, parts[0]), parts[1], parts[2]},
		"has other changes of its settings than": {out, changedOnTheWay(t, parts[0]), parts[1], parts[2]},
	} {
		refused(t, want, "merge", words...)
	}
	for want, line := range map[string]string{
		"--shard 3/3: they are counted from 0: want 0/3 to 2/3":     "recover --shard 3/3",
		"--shard 0/0: 0 shards: want 1 to":                          "recover --shard 0/0",
		`"a/b": want I/N, such as 0/3`:                              "recover --shard a/b",
		"--shard -1/2: they are counted from 0: want 0/2":           "recover --shard -1/2",
		"0/5: want at most 4 shards, one for each group of classes": "recover " + clusterRun + " --shard 0/5 --run-dir " + out + cache,
		"it has shard = 1/3 of recover, asked shard = 0/3":          "recover " + clusterRun + " --shard 0/3 --run-dir " + parts[0] + cache,
		"--resume continues a run with its own settings: drop --sh": "recover --shard 0/3 --resume " + parts[0],
		"holds shard 1/3 of recover: put it together with":          "relabel " + parts[0] + cache,
		"0/9: want at most 4 shards, one for each epoch":            "relabel " + merged + " --epochs 4 --shard 0/9 --out " + out + cache,
		"is no run: want a run":                                     "relabel " + filepath.Join(merged, "export") + " --shard 0/2",
		"is the run itself":                                         "relabel " + merged + " --shard 0/2 --out " + merged + cache,
	} {
		refused(t, want, strings.Fields(line)[0], strings.Fields(line)[1:]...)
	}
}

// changedOnTheWay is a copy of a shard that says that a setting was changed before its first step.
func changedOnTheWay(t *testing.T, shard string) string {
	t.Helper()
	path := copied(t, shard)
	writeFile(t, filepath.Join(path, "changes.jsonl"), []byte(`{"ID":1,"Name":"alpha","From":0.5,"To":0.25}`+"\n"))
	return path
}

// refused carries a command out that must fail, and say so as a mistake of the command or of the files.
func refused(t *testing.T, want, command string, words ...string) {
	t.Helper()
	_, _, err := shell(t.Context(), t, run.NewGate(), append([]string{command}, words...)...)
	if err == nil || !strings.Contains(err.Error(), want) || exitCode(err) != 2 && exitCode(err) != 3 {
		t.Errorf("%s %v: %v (exit code %d)\nwant %q and 2 or 3", command, words, err, exitCode(err), want)
	}
}

// killAt starts the program, as one process, and kills it when it has said something.
func killAt(t *testing.T, line string, words ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], append(words, "--engine", "inline")...)
	c.Env = append(os.Environ(), "RETA_TEST_SERVER=1")
	stderr, err := c.StderrPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said, killed := "", false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said += lines.Text() + "\n"
		if !killed && strings.Contains(lines.Text(), line) {
			killed = true
			_ = c.Process.Kill()
		}
	}
	if err := c.Wait(); err == nil || !killed {
		t.Fatalf("never said %q, or was not killed: %v\n%s", line, err, said)
	}
}

// copied is a copy of a folder.
func copied(t *testing.T, folder string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if out, err := exec.Command("cp", "-r", folder, to).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return to
}

// damagedImage is a copy of a shard, one of whose images is another.
func damagedImage(t *testing.T, folder string) string {
	t.Helper()
	to := copied(t, folder)
	images, err := filepath.Glob(filepath.Join(to, "export", "train", "*", "*.png"))
	if err != nil || len(images) < 2 {
		t.Fatalf("%v, %v", images, err)
	}
	text, err := os.ReadFile(images[0])
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, images[1], text)
	return to
}

// replayed checks every record of a run's log and counts what it ends with of each kind that recovery has one of for each class
// or stage.
func replayed(t *testing.T, folder string) map[event.Kind]int {
	t.Helper()
	path, file, recording, err := openRecording(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	v := verify(path, recording)
	if v.Damaged > 0 || v.Cut > 0 || !v.Indexed {
		t.Errorf("%s: %+v", path, v)
	}
	for i, entry := range recording.Index().Entries() {
		if (entry.Kind == event.KindHello) != (i == 0) {
			t.Errorf("%s: record %d is a %v: want the run's description first, and once", path, i, entry.Kind)
		}
	}
	count := map[event.Kind]int{}
	for _, entry := range recording.Index().At(recording.Index().Last()) {
		if slices.Contains([]event.Kind{event.KindStart, event.KindStageEnd, event.KindDiagnosis, event.KindImages, event.KindResidual, event.KindResult}, entry.Kind) {
			count[entry.Kind]++
		}
	}
	return count
}

// confusionsOf are the answers of an evaluation that a run's log ends with.
func confusionsOf(t *testing.T, folder string) (list []event.Confusion) {
	t.Helper()
	_, file, recording, err := openRecording(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, entry := range recording.Index().At(recording.Index().Last()) {
		if entry.Kind == event.KindConfusion {
			m, err := recording.Read(entry)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, m.Event.(event.Confusion))
		}
	}
	slices.SortFunc(list, func(a, b event.Confusion) int { return a.Trial - b.Trial })
	return list
}

// timeless is an evaluation without what differs from one time to the next.
func timeless(c run.Evaluation) run.Evaluation {
	c.Memory = 0
	c.Trials, c.Rows = slices.Clone(c.Trials), slices.Clone(c.Rows)
	for i := range c.Trials {
		c.Trials[i].Seconds = 0
	}
	for i := range c.Rows {
		c.Rows[i].Seconds = 0
	}
	return c
}
