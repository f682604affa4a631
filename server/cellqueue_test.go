package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"reta/server/experiment"
	"reta/server/run"
)

// shared is an experiment whose cells share images, the students of controls, and a teacher that is trained; one cell fails.
const shared = `
title = "shared"
ipc = 1
protocol = "quick"
seeds = 1
controls = "random"
student = ["resnet8", "convnet3"]

[set]
steps = 4
"student.epochs" = 1

[dataset.two]
from = "demo"
classes = "2"
per_class = 4

[team.trained]
networks = "resnet8"
epochs = 2

[team.own]
files = "DIR/own.safetensors"

[team.damaged]
files = "DIR/damaged.safetensors"

[[grid]]
data = "two"
recipe = ["sre2l", "fadrm"]
teachers = "trained"

[[grid]]
data = "two"
recipe = "sre2l"
student = "resnet8"
teachers = "damaged"

[[grid]]
data = "two"
recipe = "sre2l"
student = "resnet8"
teachers = "own"
ipc = 2
incremental = { steps = 2, orders = 1 }
`

// Cells that workers make are those of one process: records, trainings, images, labels, the trained teacher. A coordinator that is
// killed and workers that are killed lose nothing, and nothing that cells share is made twice.
func TestExperimentOnWorkers(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	writeTeacher(t, filepath.Join(dir, "own.safetensors"), nil)
	writeFile(t, filepath.Join(dir, "damaged.safetensors"), []byte("no weights"))
	file := filepath.Join(dir, "shared.toml")
	writeFile(t, file, []byte(strings.ReplaceAll(shared, "DIR", dir)))
	one, many := filepath.Join(dir, "one"), filepath.Join(dir, "many")
	if _, stderr, code := program(t, "", "experiment", file, "--dir", one, "--cache", filepath.Join(dir, "cache-one"), "--quiet"); code != 1 {
		t.Fatalf("exit code %d:\n%s", code, stderr)
	}
	var hands []*node
	for _, name := range []string{"a", "b"} { // each with a cache of its own, as other machines have
		h := &node{machine: &machine{}, role: worker, name: name, program: os.Args[0], words: strings.Fields(fmt.Sprintf("worker nats://%s --name %s --cache %s/cache-%s --password %s/cache/cluster/password", address, name, dir, name, dir)), said: new(speech)}
		hands = append(hands, h)
	}
	words := []string{"experiment", file, "--dir", many, "--cache", filepath.Join(dir, "cache"), "--cluster-listen", address, "--cluster-lease", "1s"}
	said := new(speech)
	host := &node{machine: &machine{}, role: coordinator, name: coordinator, program: os.Args[0], words: words, said: said}
	host.start(t)
	for start := time.Now(); !strings.Contains(said.String(), "cluster: workers: server worker nats://"); time.Sleep(50 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatalf("no broker:\n%s", said)
		}
	}
	for _, h := range hands {
		h.start(t)
		defer func() { _ = h.cmd.Process.Kill() }()
	}
	killed, harmed := false, 0
	for over := false; !over; {
		select {
		case err := <-host.ended:
			if over = !killed || host.cmd.ProcessState.Exited(); over {
				if host.cmd.ProcessState.ExitCode() != 1 {
					t.Fatalf("%v\n%s\n%s\n%s", err, said, hands[0].said, hands[1].said)
				}
				continue
			}
			host.start(t)
		case <-time.After(1200 * time.Millisecond):
			if harmed++; harmed == 4 {
				killed = true
				_ = host.cmd.Process.Kill()
			} else if harmed < 6 {
				hands[harmed%2].harm(t, harms[harmed%3])
			}
		}
	}
	want, got := recordsOf(t, one), recordsOf(t, many)
	if len(want) != 6 || len(got) != len(want) {
		t.Fatalf("%d records, %d on workers:\n%s", len(want), len(got), said)
	}
	for key, w := range want {
		g := got[key]
		if g.State != w.State || !reflect.DeepEqual(withoutSeconds(g), withoutSeconds(w)) || strings.Contains(g.Error, "damaged.safetensors: header of ") != strings.Contains(w.Error, "damaged.safetensors: header of ") {
			t.Errorf("%s: on workers\n%+v\nin one process\n%+v", key, g, w)
		}
		log, err := os.ReadFile(filepath.Join(many, "cells", key+".log"))
		if err != nil || !strings.Contains(string(log), strings.NewReplacer(one, many, "cache-one", "cache").Replace(w.Commands[1])) != (w.State == experiment.Failed) {
			t.Errorf("%s: %v, its log:\n%s", key, err, log)
		}
	}
	if got, want := filesOf(t, many, "trials"), filesOf(t, one, "trials"); !slices.Equal(got, want) {
		t.Errorf("trainings %q, in one process %q", got, want)
	}
	images := filesOf(t, one, "images")
	if got := filesOf(t, many, "images"); !slices.Equal(got, images) {
		t.Fatalf("images %q, in one process %q", got, images)
	}
	for _, name := range images {
		for _, part := range []string{"export/train", "export/labels", "labels", "images.bin", "config.toml"} {
			if _, err := os.Stat(filepath.Join(one, "images", name, part)); err == nil { // class-incremental learning leaves no labels
				sameFiles(t, filepath.Join(many, "images", name), filepath.Join(one, "images", name), part)
			}
		}
		path, log, recording, err := openRecording(filepath.Join(many, "images", name))
		if err != nil {
			t.Fatal(err)
		}
		if v := verify(path, recording); v.Damaged > 0 || v.Cut > 0 || !v.Indexed {
			t.Errorf("%s: %+v", path, v)
		}
		log.Close()
	}
	made := strings.Count(said.String(), " made evaluate ")
	if made != 4 || strings.Count(said.String(), " made incremental ") != 1 || strings.Contains(said.String(), "refused") {
		t.Errorf("%d cells evaluated, want 4 and one incremental:\n%s", made, said)
	}
	for _, cache := range []string{"cache", "cache-a", "cache-b"} {
		if teachers, _ := filepath.Glob(filepath.Join(dir, cache, "teachers", "*resnet8*.safetensors")); len(teachers) > 0 {
			sameFiles(t, filepath.Dir(teachers[0]), filepath.Join(dir, "cache-one", "teachers"), filepath.Base(teachers[0]))
		} else if cache == "cache" {
			t.Error("the trained teacher did not come back")
		}
	}
	if _, err := os.Stat(filepath.Join(many, "queue")); err == nil {
		t.Error("the queue was left")
	}
	stdout, _, err := shell(t.Context(), t, run.NewGate(), "table", file, "--dir", many)
	alone, _, err2 := shell(t.Context(), t, run.NewGate(), "table", file, "--dir", one)
	if strings.Split(stdout, "\n[1]")[0] != strings.Split(alone, "\n[1]")[0] || err != nil || err2 != nil {
		t.Errorf("tables, %v, %v:\n%s\n%s", err, err2, stdout, alone)
	}
}

// recordsOf are the records of an experiment, by their keys.
func recordsOf(t *testing.T, dir string) map[string]*experiment.Record {
	t.Helper()
	all := map[string]*experiment.Record{}
	for _, name := range filesOf(t, dir, "cells") {
		if key, ok := strings.CutSuffix(name, ".json"); ok {
			r, err := experiment.ReadRecord(dir, key)
			if err != nil {
				t.Fatal(err)
			}
			all[key] = r
		}
	}
	return all
}

// withoutSeconds is what a record says of what came of a cell, not of what it took, which is not known of runs that were interrupted.
func withoutSeconds(r *experiment.Record) (v any) {
	copied := *r
	copied.Rows = slices.Clone(r.Rows)
	for i := range copied.Rows {
		copied.Rows[i].Seconds = 0
	}
	copied.Error, copied.Ended, copied.Seconds, copied.Commands, copied.Folder, copied.Cost = "", "", 0, nil, "", nil
	text, _ := json.Marshal(copied)
	_ = json.Unmarshal(text, &v)
	return v
}

// filesOf are the names in a folder.
func filesOf(t *testing.T, dir, sub string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, sub))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// A worker carries out the commands of cells alone, with its own places.
func TestCommandsOfItems(t *testing.T) {
	for line, want := range map[string]string{
		"recover --run-dir {images} --dataset demo --recipe reta --ipc 1 --seed 0 --set lr=1 --teacher {teacher}": "",
		"evaluate {images} --student resnet8 --corruptions --trials {trials}":                                     "",
		"incremental {images} --steps 2 --orders 2 --method gdumb --memory 4":                                     "",
		"worker {images}":                                    `command "worker {images}": want recover, evaluate or incremental`,
		"recover --run-dir /etc --dataset demo":              "want recover, evaluate or incremental",
		"recover":                                            "want recover, evaluate or incremental",
		"evaluate {images} --out /etc":                       `flag "--out": want one of a cell`,
		"evaluate {images} --trials /etc":                    `flag "--trials": want one of a cell`,
		"evaluate {images} --teacher /etc/shadow":            `--teacher "/etc/shadow": want {teacher}`,
		"evaluate {images} --student":                        `flag "--student": want a value`,
		"evaluate {images} --corruptions --cache x":          `flag "--cache"`,
		"recover --run-dir {images} --dataset x --run-dir y": `flag "--run-dir"`,
	} {
		err := (&cellItem{Words: strings.Fields(line)}).check()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	for _, c := range []struct{ words, data, want string }{
		{"recover --run-dir {images} --dataset cifar-100 --data /there/x --teacher {teacher} --ipc 1", "/here/y", "recover --run-dir F/images --dataset cifar-100 --teacher T --ipc 1 --data /here/y"},
		{"recover --run-dir {images} --dataset cifar-100 --data /there/x", "", "recover --run-dir F/images --dataset cifar-100 --data /there/x"},
		{"recover --run-dir {images} --dataset path:/there --ipc 1", "/here", "recover --run-dir F/images --dataset path:/here --ipc 1"},
		{"evaluate {images} --dataset cifar-10 --trials {trials}", "/here", "evaluate F/images --dataset cifar-10 --trials F/trials --data /here"},
	} {
		if got := strings.Join((&cellItem{Words: strings.Fields(c.words)}).command("F", c.data, []string{"T"}), " "); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.words, got, c.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	odd := filepath.Join(dir, "a=b")
	writeFile(t, odd, nil)
	p, err := placesOf([]string{odd, "cifar-10=x/y", "big=/sets/big"})
	if err != nil || p.of("none") != odd || p.of("big", "cifar-10") != "/sets/big" || !filepath.IsAbs(p.of("cifar-10")) {
		t.Errorf("%v, %v", p, err)
	}
	for _, list := range [][]string{{"cifar-10="}, {"=x"}, {""}, {"a", "b"}, {"a=x", "a=y"}} {
		if p, err := placesOf(list); exitCode(err) != 2 {
			t.Errorf("%q: %v, %v", list, p, err)
		}
	}
	for want, line := range map[string]string{
		"--device is about a device here":   "experiment x.toml --cluster own --device 0",
		"--cluster-cert is about --cluster": "experiment x.toml --cluster-cert x",
		`URL "x": want nats://HOST:PORT`:    "experiment x.toml --cluster x",
	} {
		if _, _, err := shell(t.Context(), t, run.NewGate(), strings.Fields(line)...); exitCode(err) != 2 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
