package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reta/server/run"
)

// Cells of images that are there, whose folder no run made, come to the same on a worker as in one process: records, trainings, labels and what
// lies beside the images, which stay as they are.
func TestCellsOfImagesOnAWorker(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	writeTeacher(t, filepath.Join(dir, "own.safetensors"), nil)
	made := filepath.Join(dir, "made")
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields("recover --recipe sre2l --dataset demo --classes 2 --per-class 4 --ipc 2 --steps 4 --quiet --cache "+dir+"/cache --run-dir "+made)...); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	writeFile(t, filepath.Join(dir, "cache/cluster/password"), []byte("a password of workers\n"))
	worker, said := apart(t, strings.Fields(fmt.Sprintf("worker nats://%s --cache %s/cache-worker --password %[2]s/cache/cluster/password", address, dir))...)
	defer func() { _ = worker.Process.Signal(os.Interrupt); _ = worker.Wait() }()
	images := map[string]string{"one": filepath.Join(dir, "images-one"), "many": filepath.Join(dir, "images-many")}
	records, beside := map[string]map[string]any{}, map[string][]string{}
	for name, flags := range map[string]string{"one": "", "many": " --cluster-listen " + address} {
		if err := os.CopyFS(images[name], os.DirFS(filepath.Join(made, "export", "train"))); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name+".toml")
		writeFile(t, file, fmt.Appendf(nil, `
protocol = "quick"
seeds = 1
controls = "random"
images = %q
ipc = 2
recipe = "another"

[set]
"student.epochs" = 1

[dataset.two]
from = "demo"
classes = "2"

[team.own]
files = "%s/own.safetensors"

[[grid]]
data = "two"
teachers = "own"
student = "convnet3"

[[grid]]
data = "two"
teachers = "own"
student = "convnet3"
incremental = { steps = 2, orders = 1 }
`, images[name], dir))
		if _, stderr, code := program(t, "", strings.Fields("experiment "+file+" --quiet --dir "+dir+"/"+name+" --cache "+dir+"/cache"+flags)...); code != 0 {
			t.Fatalf("%s: exit code %d:\n%s\n%s", name, code, stderr, said)
		}
		records[name] = map[string]any{}
		for _, r := range recordsOf(t, filepath.Join(dir, name)) {
			r.Key = "" // a hash of the place of the images too
			records[name][r.Cell] = withoutSeconds(r)
		}
		for _, of := range []string{"evaluation", "incremental", "labels"} {
			_ = filepath.WalkDir(run.Beside(images[name], of), func(path string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() && d.Name() != "LOCK" {
					beside[name] = append(beside[name], strings.TrimPrefix(path, images[name]))
				}
				return nil
			})
		}
	}
	if len(records["one"]) != 2 || !reflect.DeepEqual(records["one"], records["many"]) {
		t.Errorf("on a worker the records are\n%+v\nin one process\n%+v", records["many"], records["one"])
	}
	if len(beside["one"]) == 0 || !slices.Equal(beside["one"], beside["many"]) {
		t.Errorf("on a worker there are beside the images\n%q\nin one process\n%q", beside["many"], beside["one"])
	}
	if got, want := filesOf(t, dir, "many/trials"), filesOf(t, dir, "one/trials"); !slices.Equal(got, want) {
		t.Errorf("trainings %q, in one process %q", got, want)
	}
	for _, path := range images {
		sameFiles(t, path, filepath.Join(made, "export", "train"), ".")
	}
}
