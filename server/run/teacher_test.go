package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/train"
	"reta/server/dataset"
	"reta/shared/event"
)

// teacherFile writes an untrained network of three classes that says so much of its origin.
func teacherFile(t *testing.T, seed uint64, o models.Origin) string {
	t.Helper()
	m, err := models.New(graphtest.Device(t), "resnet8", models.Spec{Classes: 3, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	file := filepath.Join(t.TempDir(), "teacher.safetensors")
	if err := m.Save(file, o.Metadata()); err != nil {
		t.Fatal(err)
	}
	return file
}

// stripes is data by the name of a set, normalised as photographs are.
func stripes(name string) train.Data {
	return train.Data{
		Name: name, Classes: 3, Size: 16, Train: modelstest.Stripes(30, 16, 1), Test: modelstest.Stripes(30, 16, 2),
		Mean: [3]float64{.485, .456, .406}, Std: [3]float64{.229, .224, .225},
	}
}

// opened opens teachers for data and returns the log, a warning with "warning: " before it.
func openedTeachers(t *testing.T, data *train.Data, files ...string) (list []*models.Model, key, log string) {
	t.Helper()
	list, err := ReadTeachers(graphtest.Device(t), files, "")
	if err != nil {
		t.Fatal(err)
	}
	key, err = UseTeachers(list, data, func(e event.Event) {
		line := e.(event.Log)
		if line.Level == event.Warning {
			log += "warning: "
		}
		log += line.Text + "\n"
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		t.Cleanup(m.Free)
	}
	return list, key, log
}

func scoreOf(t *testing.T, m *models.Model, data train.Data) train.Score {
	t.Helper()
	s, err := train.NewScorer(graphtest.Device(t), m, data, 30)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	score, err := s.Run(context.Background(), data.Test, nil)
	if err != nil {
		t.Fatal(err)
	}
	return score
}

var cifar = models.Origin{Dataset: "cifar-100", Size: 16, Mean: [3]float64{.5071, .4867, .4408}, Std: [3]float64{.2675, .2565, .2761}}

// The same pixels and weights have the same accuracy whatever set they are taken for: the file's normalisation decides,
// and that is logged, as a warning where the set is known.
func TestTeachersOwnNormalisationDecides(t *testing.T) {
	file := teacherFile(t, 1, cifar)
	known := stripes("cifar-100")
	known.Mean, known.Std = cifar.Mean, cifar.Std
	for c := range known.Mean { // as dataset has them
		known.Mean[c], known.Std[c] = float64(float32(known.Mean[c])), float64(float32(known.Std[c]))
	}
	before := known
	list, key, log := openedTeachers(t, &known, file)
	want := scoreOf(t, list[0], known)
	if known.Mean != before.Mean || known.Std != before.Std {
		t.Errorf("float32's rounding of the same normalisation was replaced: %v %v", known.Mean, known.Std)
	}
	if strings.Contains(log, "mean") || strings.Contains(log, "warning") {
		t.Errorf("nothing is in doubt, but it says\n%s", log)
	}
	for _, name := range []string{"imagefolder", "tiny-imagenet"} {
		data := stripes(name)
		list, again, log := openedTeachers(t, &data, file)
		if data.Mean != cifar.Mean || data.Std != cifar.Std {
			t.Errorf("%s: normalised by %v and %v", name, data.Mean, data.Std)
		}
		if got := scoreOf(t, list[0], data); got.Top1 != want.Top1 || math.Abs(got.Loss-want.Loss) > 1e-6 {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		line := "teacher: its file's mean [0.5071 0.4867 0.4408] and std [0.2675 0.2565 0.2761] are used, not those of " + name + ", mean [0.485 0.456 0.406] and std [0.229 0.224 0.225]\n"
		if name != "imagefolder" {
			line = "warning: " + line
		}
		if !strings.Contains("\n"+log, "\n"+line) {
			t.Errorf("%s: says\n%swant\n%s", name, log, line)
		}
		if again != key {
			t.Errorf("%s: key %s, want %s", name, again, key)
		}
	}
	silent := stripes("imagefolder")
	_, _, log = openedTeachers(t, &silent, teacherFile(t, 1, models.Origin{}))
	if silent.Mean != stripes("").Mean || !strings.Contains(log, "its file names no mean and std: those of imagefolder are used, mean [0.485 0.456 0.406]") {
		t.Errorf("a file that says nothing: %v\n%s", silent.Mean, log)
	}
}

// Of several teachers the first decides how pixels are stored, and the others see them in their own normalisation.
func TestTeachersOfDifferentNormalisation(t *testing.T) {
	other := models.Origin{Mean: [3]float64{.5, .4, .3}, Std: [3]float64{.5, .4, .6}}
	first, second := teacherFile(t, 1, cifar), teacherFile(t, 2, other)
	alone := stripes("imagefolder")
	list, _, _ := openedTeachers(t, &alone, second)
	want := scoreOf(t, list[0], alone)

	data := stripes("imagefolder")
	list, key, log := openedTeachers(t, &data, first, second)
	if data.Mean != cifar.Mean || !strings.Contains(log, "teacher: images are converted to its own mean [0.5 0.4 0.3] and std [0.5 0.4 0.6]\n") {
		t.Errorf("mean %v\n%s", data.Mean, log)
	}
	if got := scoreOf(t, list[1], data); got.Top1 != want.Top1 || math.Abs(got.Loss-want.Loss) > 1e-5 {
		t.Errorf("the second scores %+v, alone %+v", got, want)
	}
	plain := stripes("imagefolder")
	if _, unconverted, _ := openedTeachers(t, &plain, first, teacherFile(t, 2, cifar)); unconverted == key {
		t.Error("the key does not depend on the conversion")
	}
}

// What a file says and the data contradicts is logged.
func TestConflictsOfTeacherAndData(t *testing.T) {
	named := cifar
	named.Classes = []models.Class{{ID: "a", Name: "a"}, {ID: "b", Name: "b"}, {ID: "c", Name: "c"}}
	labelled := stripes("demo")
	labelled.Labels = []models.Class{{ID: "c", Name: "c"}, {ID: "a", Name: "a"}, {ID: "b", Name: "b"}}
	larger := cifar
	larger.Size = 32
	for what, c := range map[string]struct {
		origin     models.Origin
		data       train.Data
		want, none string
	}{
		"size":          {larger, stripes("cifar-100"), "warning: teacher: it was trained on images of 32 px, these have 16 px: its accuracy falls with the difference: take --size 32, or a teacher of 16 px\n", ""},
		"set":           {cifar, stripes("demo"), "warning: teacher: it was trained on cifar-100, the data is demo, and its file names no classes: are they the same, in the same order?\n", ""},
		"folder":        {cifar, stripes("imagefolder"), "\nteacher: it was trained on cifar-100 and its file names no classes: their order is taken to be that of the folders' names\n", "warning: teacher: it was"},
		"named classes": {named, labelled, "teacher: resnet8 (cifar stem, 3 classes) from ", "it was trained on"},
	} {
		_, _, log := openedTeachers(t, &c.data, teacherFile(t, 1, c.origin))
		if !strings.Contains(log, c.want) || c.none != "" && strings.Contains(log, c.none) {
			t.Errorf("%s: says\n%swant %s", what, log, c.want)
		}
	}
	labelled.Labels[0].ID, labelled.Labels[0].Name = "z", "z"
	list, err := ReadTeachers(graphtest.Device(t), []string{teacherFile(t, 1, named)}, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { freeAll(list) })
	_, err = UseTeachers(list, &labelled, func(event.Event) {})
	var refused TeacherError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "the network was trained on the classes a, b, c; of demo it lacks z: give one trained on this set") {
		t.Errorf("other classes: %v", err)
	}
}

// A teacher of a whole folder is right for some of its classes.
func TestDataOfKnowsTheFullSet(t *testing.T) {
	all := []dataset.Class{{ID: "0", Name: "0"}, {ID: "1", Name: "1", Index: 1}, {ID: "10", Name: "ten", Index: 2}}
	d := DataOf(&dataset.Dataset{Name: "imagefolder", All: all, Classes: all[1:]})
	m := &models.Model{Spec: models.Spec{Classes: 3}}
	if out, err := d.Outputs(m); err != nil || fmt.Sprint(out) != "[1 2]" {
		t.Errorf("outputs %v, %v, want 1 and 2 of 3", out, err)
	}
	if d.Labels[1] != (models.Class{ID: "10", Name: "ten"}) {
		t.Errorf("labels %v", d.Labels)
	}
}

// The teachers that the first version trained are found: their name is a hash of the same text.
func TestCachedTeachersAreFound(t *testing.T) {
	d := &dataset.Dataset{Name: "cifar-100", Hash: "abc", Size: 32}
	r, err := train.New(train.Fast, 50000, 32, 100)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("abc resnet18 {Optimizer:sgd LR:0.1 Momentum:0.9 WeightDecay:0.0005 Smoothing:0.1 Epochs:100 Warmup:390 Batch:128 Augment:pad-crop Seed:0}"))
	if got, want := teacherName(d, "resnet18", r), "cifar-100-resnet18-"+hex.EncodeToString(sum[:8]); got != want {
		t.Errorf("name %s, the first version had %s", got, want)
	}
}

// A file that is there is not written over, but for a finished teacher where that is wanted; and where no file can be
// written is known before the training.
func TestTeacherFileIsNotWrittenOver(t *testing.T) {
	notes := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(notes, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	finished := teacherFile(t, 1, cifar)
	for _, c := range []struct {
		file      string
		overwrite bool
		want      string
	}{
		{notes, false, "notes.txt: there is a file already, and it is no teacher: want another file"},
		{notes, true, "and it is no teacher"},
		{finished, false, "there is a file already, a finished teacher (resnet8 on cifar-100): want another file, or --overwrite to replace a finished teacher"},
		{finished, true, ""},
		{filepath.Join(t.TempDir(), "new", "t.safetensors"), false, ""},
		{filepath.Join(notes, "t.safetensors"), false, "not a directory"},
	} {
		err := CheckTeacherFile(c.file, c.overwrite)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, overwrite %v: %v, want %q", c.file, c.overwrite, err, c.want)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(c.file), ".teacher-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	if text, err := os.ReadFile(notes); err != nil || string(text) != "precious" {
		t.Errorf("notes are now %q, %v", text, err)
	}
}
