package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/server/run"
	"reta/shared/recipe"
	"reta/shared/testdata"
)

// brief makes a recipe that matches trainings end in seconds: one expert of two epochs, small networks.
const brief = " --steps 2 --set match.network=convnet3-w32 --set match.experts=1 --set match.epochs=2 --set match.start=1 --set match.ahead=1 --set match.inner=2" +
	" --set match.batch=16"

// strict has the validation layer check every call of the long tests.
func strict() string {
	if os.Getenv("RETA_LONG") == "" {
		return ""
	}
	return " --validation"
}

// makes runs a recipe for two images of each class and checks that they are there.
func makes(t *testing.T, name, dir string, classes int, words string) {
	t.Helper()
	folder := filepath.Join(dir, name)
	args := strings.Fields("recover --recipe " + name + " --ipc 2 --cache " + dir + "/cache --run-dir " + folder + " " + words + strict())
	stdout, stderr, err := shell(t.Context(), t, run.NewGate(), args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	images, _ := filepath.Glob(filepath.Join(folder, "export", "train", "*", "*.png"))
	if len(images) != 2*classes || !strings.Contains(stdout, filepath.Join(name, "export")) {
		t.Errorf("%d images, want %d; it prints %q", len(images), 2*classes, stdout)
	}
}

// steps is the budget of a recipe in these tests.
func steps(r recipe.Recipe) string {
	switch {
	case r.Match.By != recipe.ByTeachers:
		words := brief
		if r.Match.By == recipe.ByGradient {
			words = " --steps 2 --set match.network=convnet3-w32 --set match.real=8 --set match.trained=16"
		}
		return words
	case r.Steps > 0:
		return " --steps 8"
	}
	return ""
}

// Every recipe makes the demo's images, two of each class, with the teachers that it takes by default.
func TestEveryRecipeOnTheDemo(t *testing.T) {
	dir := t.TempDir()
	for _, name := range recipe.Names() {
		r, err := recipe.New(name, recipe.Dataset{Name: "demo", Classes: 10, Size: 32})
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { makes(t, name, dir, 10, "--per-class 10"+steps(r)) })
	}
}

// Every recipe makes images of five classes of real sets of each size, with small teachers that are trained for it.
func TestEveryRecipeOnRealSets(t *testing.T) {
	if os.Getenv("RETA_LONG") == "" {
		t.Skip("RETA_LONG=1 runs it")
	}
	for _, set := range []struct {
		name, file string
		size       int
		teachers   string
	}{
		{"cifar-100", "cifar-100-binary-mini.tar.gz", 32, "resnet8,shufflenetv2-mini"},
		{"tiny-imagenet", "tiny-imagenet-200-mini.zip", 64, "resnet8,shufflenetv2-mini"},
		{"imagenette", "imagenette2-160-mini.tgz", 224, "shufflenetv2-x0.5,shufflenetv2-mini"},
	} {
		dir := t.TempDir()
		file := testdata.Dir(t, "data", set.file)
		for _, name := range recipe.Names() {
			r, err := recipe.New(name, recipe.Dataset{Name: set.name, Classes: 5, Size: set.size})
			if err != nil {
				t.Fatal(err)
			}
			t.Run(set.name+"/"+name, func(t *testing.T) {
				makes(t, name, dir, 5, fmt.Sprintf("--dataset %s --data %s --classes 5 --per-class 16 --teachers %s --epochs 1 --min-accuracy 0", set.name, file, set.teachers)+steps(r))
			})
		}
	}
}

// The validation layer has nothing against a whole run: squeeze, recovery with a team, retrieval and topology, stored labels, two students side by
// side with controls.
func TestWholeRunIsValid(t *testing.T) {
	if os.Getenv("RETA_LONG") == "" {
		t.Skip("RETA_LONG=1 runs it")
	}
	dir := t.TempDir()
	args := strings.Fields("--headless --classes 3 --per-class 20 --ipc 2 --recipe reta --teachers resnet-mini,shufflenetv2-mini --epochs 1 --min-accuracy 0 --steps 8 --topo-every 2" +
		" --seeds 2 --controls random,hard,patches --cache " + dir + "/cache --run-dir " + dir + "/run" + strict())
	if stdout, stderr, err := shell(t.Context(), t, run.NewGate(), args...); err != nil || !strings.Contains(stderr, "random real images  soft") || strings.Contains(stderr, "validation layer") {
		t.Fatalf("%v\n%s\n%s", err, stdout, stderr)
	}
}
