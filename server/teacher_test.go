package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/nn"
	"reta/server/run"
	"reta/shared/testdata"
)

// carried carries a command out; DIR in it is dir.
func carried(t *testing.T, dir, line string) (stdout, stderr string, err error) {
	t.Helper()
	if line = strings.ReplaceAll(line, "DIR", dir); !strings.HasPrefix(line, "teacher") { // which needs no cache
		line += " --cache " + filepath.Join(dir, "cache")
	}
	return shell(t.Context(), t, run.NewGate(), strings.Fields(line)...)
}

func must(t *testing.T, dir, line string) (stdout, stderr string) {
	t.Helper()
	stdout, stderr, err := carried(t, dir, line)
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, stderr)
	}
	return stdout, stderr
}

// A teacher knows its classes: one of other classes of the same folder is refused by name, and one of all the folder's
// classes is right for some of them.
func TestTeachersOfAFolder(t *testing.T) {
	dir := t.TempDir()
	set := testdata.Dir(t, "cases", "03-teacher-of-other-classes-accepted", "set")
	must(t, dir, "squeeze --dataset path:"+set+" --network resnet8 --classes 3 --epochs 1 --out DIR/three.safetensors")
	_, _, err := carried(t, dir, "recover --dataset path:"+set+" --classes 5,6,7 --teacher DIR/three.safetensors --ipc 1 --steps 4 --stages 2 --run-dir DIR/run")
	if want := "the network was trained on the classes 0, 1, 10; of imagefolder it lacks 5, 6, 7: give one trained on this set"; err == nil || exitCode(err) != 3 || !strings.Contains(err.Error(), want) {
		t.Errorf("other classes: %v, want %q", err, want)
	}
	set = testdata.Dir(t, "cases", "04-full-set-teacher-refused-on-path", "set")
	must(t, dir, "squeeze --dataset path:"+set+" --network resnet8 --epochs 1 --out DIR/all.safetensors")
	if stdout, _ := must(t, dir, "accuracy --dataset path:"+set+" --classes 3 --teacher DIR/all.safetensors"); !strings.Contains(stdout, "resnet8: top-1 ") || !strings.Contains(stdout, "on 3 test images") {
		t.Errorf("a teacher of the full set says %q", stdout)
	}
}

// A training never takes a file away, and what it wrote is replaced where that is wanted.
func TestSqueezeKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	const training = "squeeze --dataset demo --network resnet8 --classes 2 --per-class 8 --epochs 1 "
	writeFile(t, filepath.Join(dir, "notes.txt"), []byte("precious\n"))
	for _, flags := range []string{"", "--overwrite"} {
		_, _, err := carried(t, dir, training+"--out DIR/notes.txt "+flags)
		if err == nil || exitCode(err) != 2 || !strings.Contains(err.Error(), "notes.txt: there is a file already, and it is no teacher: want another file") {
			t.Errorf("notes %s: %v", flags, err)
		}
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "notes.txt")); string(text) != "precious\n" {
		t.Errorf("notes are now %q", text)
	}
	must(t, dir, training+"--out DIR/t.safetensors")
	first, _ := os.ReadFile(filepath.Join(dir, "t.safetensors"))
	_, _, err := carried(t, dir, training+"--seed 2 --out DIR/t.safetensors")
	if err == nil || !strings.Contains(err.Error(), "t.safetensors: there is a file already, a finished teacher (resnet8 on demo): want another file, or --overwrite") {
		t.Errorf("finished: %v", err)
	}
	if now, _ := os.ReadFile(filepath.Join(dir, "t.safetensors")); string(now) != string(first) {
		t.Error("the finished teacher changed")
	}
	must(t, dir, training+"--seed 2 --overwrite --out DIR/t.safetensors")
	if now, _ := os.ReadFile(filepath.Join(dir, "t.safetensors")); string(now) == string(first) {
		t.Error("the finished teacher was not replaced")
	}
}

// Presets fill in a training and flags change it; the file says what it was trained on and how.
func TestSqueezePreset(t *testing.T) {
	dir := t.TempDir()
	_, stderr := must(t, dir, "squeeze --dataset demo --network resnet8 --classes 2 --per-class 8 --preset CV-DD --epochs 1 --weight-decay 0.001 --out DIR/t.safetensors")
	if want := "preset cv-dd: adam, lr 0.001 epoch-cosine, weight decay 0.001, 1 epoch, batch 512, pad-crop by 4 px over black"; !strings.Contains(stderr, want) {
		t.Errorf("does not say %q:\n%s", want, stderr)
	}
	f, err := nn.OpenTensors(filepath.Join(dir, "t.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for key, want := range map[string]string{
		"dataset": "demo", "size": "32", "class_ids": `["blob","ring"]`, "recipe": "cv-dd {Optimizer:adam LR:0.001 ", "mean": "0.485", "top1": "",
	} {
		if got := f.Metadata(key); !strings.HasPrefix(got, want) || got == "" {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for flags, want := range map[string]string{
		"--preset resnet": `--preset "resnet": want one of fast, cv-dd, sre2l, edc`,
		"--preset edc --dataset imagefolder --data DIR/set --size 224": "--preset edc: images of 224 px: want at most 64: take another preset, or a smaller --size",
	} {
		for _, f := range pictures(t) {
			writeFile(t, filepath.Join(dir, "set", f[0]), []byte(f[1]))
		}
		if _, _, err := carried(t, dir, "squeeze --out DIR/other.safetensors "+flags); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", flags, err, want)
		}
	}
}

// A given teacher is measured on training images before recovery, which changes nothing but the log; one that does not know them is
// refused, with what would repair it.
func TestTeacherThatDoesNotKnowTheImagesIsRefused(t *testing.T) {
	dir := t.TempDir()
	writeTeacher(t, filepath.Join(dir, "good.safetensors"), nil)
	writeTeacher(t, filepath.Join(dir, "mixed.safetensors"), func(x *nn.Tensor) {
		if strings.HasPrefix(x.Name, "fc.") { // the outputs one place on
			v := x.Values.([]float32)
			row := len(v) / 10
			x.Values = append(append([]float32{}, v[row:]...), v[:row]...)
		}
	})
	writeTeacher(t, filepath.Join(dir, "untrained.safetensors"), func(x *nn.Tensor) {
		if x.Name == "fc.weight" {
			clear(x.Values.([]float32))
		}
	})
	command := func(teacher, flags string) string {
		return "recover --classes 10 --per-class 8 --ipc 1 --steps 4 --stages 2 --no-pta --teacher DIR/" + teacher + ".safetensors --run-dir DIR/run-" + teacher + strings.ReplaceAll(flags, " ", "") + " " + flags
	}
	recover := func(teacher, flags string) (log string, images []string) {
		_, log = must(t, dir, command(teacher, flags))
		files, _ := filepath.Glob(filepath.Join(dir, "run-"+teacher+strings.ReplaceAll(flags, " ", ""), "export", "train", "*", "*.png"))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			images = append(images, string(text))
		}
		return log, images
	}
	log, measured := recover("good", "")
	if !strings.Contains(log, "teacher: resnet-mini: top-1 ") || !strings.Contains(log, " training images") {
		t.Errorf("a good teacher:\n%s", log)
	}
	log, unmeasured := recover("good", "--no-check")
	if strings.Contains(log, "top-1") {
		t.Errorf("without the measurement:\n%s", log)
	}
	if len(measured) != 10 || strings.Join(measured, "") != strings.Join(unmeasured, "") {
		t.Errorf("%d and %d images, or others", len(measured), len(unmeasured))
	}
	for teacher, want := range map[string]string{
		"mixed":     "its classes are in another order: with each output taken for the class that it answers to, top-1 is ",
		"untrained": "no other order of its outputs and no usual normalisation repairs it",
	} {
		_, _, err := carried(t, dir, command(teacher, ""))
		if err == nil || exitCode(err) != 3 || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "want 30.0 % or more (a random answer has 10.0 %)") {
			t.Errorf("%s: %v, want %q", teacher, err, want)
		}
		if _, err := os.Stat(filepath.Join(dir, "run-"+teacher)); err == nil {
			t.Errorf("%s: a folder of a run that did not begin is left", teacher)
		}
	}
	order := func(teacher string) []string {
		must(t, dir, "accuracy --dataset demo --per-class 8 --teacher DIR/"+teacher+".safetensors --class-order DIR/order")
		text, err := os.ReadFile(filepath.Join(dir, "order"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(strings.ReplaceAll(strings.TrimSpace(string(text)), " ", "_"))
	}
	good, mixed := order("good"), order("mixed")
	if len(good) != 10 || strings.Join(append(good[1:], good[0]), " ") != strings.Join(mixed, " ") {
		t.Errorf("outputs one place on have the order\n%v, want one place on from\n%v", mixed, good)
	}
	if _, _, err := carried(t, dir, "accuracy --dataset demo --per-class 8 --teacher DIR/untrained.safetensors --class-order DIR/none"); err == nil || !strings.Contains(err.Error(), "no order of the outputs fits") {
		t.Errorf("an untrained network has an order: %v", err)
	}
	if _, _, err := carried(t, dir, command("good", "--min-accuracy 1.5")); err == nil || exitCode(err) != 2 {
		t.Errorf("an accuracy over 1: %v", err)
	}
}

// Weights with NaN are refused wherever they are opened, not measured.
func TestWeightsWithNaNAreRefused(t *testing.T) {
	dir := t.TempDir()
	writeTeacher(t, filepath.Join(dir, "nan.safetensors"), func(x *nn.Tensor) {
		if x.Name == "conv1.weight" {
			v := x.Values.([]float32)
			v[0] -= v[0]
			v[0] /= v[0]
		}
	})
	for _, command := range []string{"accuracy --dataset demo --classes 2 --teacher DIR/nan.safetensors", small + "--run-dir DIR/run --teacher DIR/nan.safetensors"} {
		_, _, err := carried(t, dir, command)
		if err == nil || exitCode(err) != 3 || !strings.Contains(err.Error(), `nan.safetensors: tensor "conv1.weight" has NaN at [0 0 0 0]: want finite numbers`) {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// A file that is no teacher is refused before the images are opened: here there are none.
func TestTeachersAreReadBeforeImages(t *testing.T) {
	dir := t.TempDir()
	writeTeacher(t, filepath.Join(dir, "t.safetensors"), nil)
	writeFile(t, filepath.Join(dir, "notes.safetensors"), []byte("not weights at all"))
	for _, command := range []string{"accuracy", "recover --run-dir DIR/run"} {
		for teacher, want := range map[string]string{
			"notes.safetensors":                   "safetensors " + filepath.Join(dir, "notes.safetensors"),
			"t.safetensors --network resnet18":    `tensor "conv1.weight" has shape [32 3 3 3], want [64 3 3 3]`,
			"t.safetensors --network resnet-mini": "dataset cifar-100: ",
		} {
			_, _, err := carried(t, dir, command+" --dataset cifar-100 --data DIR/none --teacher DIR/"+teacher)
			if err == nil || exitCode(err) != 3 || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %s: %v, want %q", command, teacher, err, want)
			}
		}
	}
}
