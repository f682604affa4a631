package protocol

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reta/shared/recipe"
)

var sets = []recipe.Dataset{
	{Name: "cifar-10", Classes: 10, Size: 32}, {Name: "cifar-100", Classes: 100, Size: 32}, {Name: "tiny-imagenet", Classes: 200, Size: 64},
	{Name: "imagenette", Classes: 10, Size: 224}, {Name: "imagewoof-160", Classes: 10, Size: 160}, {Name: "imagenet-1k", Classes: 1000, Size: 224},
	{Name: "demo", Classes: 10, Size: 32}, {Name: "imagefolder", Classes: 2, Size: 48}, {Name: "imagefolder", Classes: 300, Size: 128},
}

// made is a preset's protocol.
func made(t *testing.T, preset string, d recipe.Dataset, ipc int, student string) Protocol {
	t.Helper()
	p, err := New(preset, d, ipc, student)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPresetsAreValid(t *testing.T) {
	if want := []string{"best-of-four", "cv-dd", "dc-bench", "edc", "fadrm", "g-vbsm", "hald", "quick", "rded", "sre2l", "wmdd"}; !slices.Equal(Names(), want) {
		t.Errorf("presets %v, want %v", Names(), want)
	}
	for _, name := range Names() {
		for _, d := range sets {
			for _, ipc := range []int{1, 3, 10, 50, 200} {
				for _, student := range []string{"resnet18", "ResNet101", "convnet3", "densenet121"} {
					p := made(t, name, d, ipc, student)
					if err := p.Validate(); err != nil || p.Name != name || p.Labels.Batch > d.Classes*ipc {
						t.Errorf("%s on %s, IPC %d, %s: batch %d, %v", name, d.Name, ipc, student, p.Labels.Batch, err)
					}
					if err := p.Hardened().Validate(); err != nil {
						t.Errorf("%s with hard labels: %v", name, err)
					}
				}
			}
		}
	}
	for _, c := range []struct {
		name string
		d    recipe.Dataset
		ipc  int
		want string
	}{
		{"fadrm2", sets[0], 10, `unknown protocol "fadrm2": want one of best-of-four, cv-dd`},
		{"fadrm", recipe.Dataset{}, 10, "protocol fadrm: 0 classes of 10 images of 0 px"},
		{"fadrm", sets[0], 0, "10 classes of 0 images"},
	} {
		if _, err := New(c.name, c.d, c.ipc, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := New("x", sets[0], 1, ""); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v is not ErrUnknown", err)
	}
}

// The published numbers, one of each table that is easy to confuse with its neighbours.
func TestPublishedValues(t *testing.T) {
	for _, c := range []struct {
		preset  string
		set     recipe.Dataset
		ipc     int
		student string
		want    string
	}{
		{"fadrm", sets[1], 1, "resnet18", "batch 16/2, 1000 epochs, kl, adamw 0.0005 cosine 2, tests 10+0 from 0"},
		{"fadrm", sets[1], 10, "resnet18", "batch 16/2, 1000 epochs, kl, adamw 0.001 cosine 2, tests 10+0 from 0"},
		{"fadrm", sets[1], 50, "resnet18", "batch 16/2, 1000 epochs, kl, adamw 0.001 cosine 1, tests 10+0 from 0"},
		{"fadrm", sets[1], 10, "resnet101", "batch 16/2, 1000 epochs, kl, adamw 0.0005 cosine 1, tests 10+0 from 0"},
		{"fadrm", sets[2], 1, "resnet50", "batch 16/2, 1000 epochs, kl, adamw 0.0005 cosine 2, tests 10+0 from 0"},
		{"fadrm", sets[2], 10, "resnet50", "batch 16/2, 300 epochs, kl, adamw 0.0005 cosine 2, tests 10+0 from 0"},
		{"fadrm", sets[3], 10, "resnet101", "batch 10/2, 300 epochs, kl, adamw 0.0005 cosine 2, tests 10+9 from 0.8"},
		{"fadrm", sets[4], 10, "resnet50", "batch 10/2, 300 epochs, kl, adamw 0.005 cosine 1, tests 10+9 from 0.8"},
		{"fadrm", sets[5], 1, "resnet101", "batch 16/2, 300 epochs, kl, adamw 0.0035 cosine 2, tests 10+9 from 0.8"},
		{"fadrm", sets[5], 50, "mobilenet_v2", "batch 16/2, 300 epochs, kl, adamw 0.001 cosine 2, tests 10+9 from 0.8"},
		{"cv-dd", sets[2], 50, "resnet18", "batch 16/2, 300 epochs, kl, adamw 0.001 cosine 2, tests 10+0 from 0"},
		{"cv-dd", sets[3], 10, "resnet50", "batch 10/2, 300 epochs, kl, adamw 0.001 cosine 1, tests 10+0 from 0"},
		{"rded", sets[1], 10, "resnet18", "batch 100/1, 300 epochs, kl, adamw 0.001 cosine 2, tests 10+9 from 0.8"},
		{"rded", sets[1], 10, "convnet3", "batch 25/1, 300 epochs, kl, adamw 0.002 cosine 2, tests 10+9 from 0.8"},
		{"rded", sets[0], 1, "resnet18", "batch 10/1, 300 epochs, kl, adamw 0.001 cosine 2, tests 10+9 from 0.8"},
		{"sre2l", sets[1], 10, "resnet18", "batch 128/1, 400 epochs, kl, adamw 0.001 cosine 1, tests 10+0 from 0"},
		{"sre2l", sets[5], 10, "resnet18", "batch 1024/2, 300 epochs, kl, adamw 0.001 cosine 1, tests 10+0 from 0"},
		{"edc", sets[1], 10, "resnet18", "batch 50/1, 1000 epochs, mse, sgd 0.1 cos2 2, tests 100+0 from 0"},
		{"edc", sets[2], 10, "resnet18", "batch 100/1, 300 epochs, mse, sgd 0.1 cosine 2, tests 100+0 from 0"},
		{"g-vbsm", sets[1], 10, "resnet18", "batch 64/1, 1000 epochs, mse, sgd 0.1 cosine 1, tests 10+0 from 0"},
		{"hald", sets[5], 10, "resnet18", "batch 16/1, 300 epochs, kl, adamw 0.001 cosine 2, tests 10+9 from 0.8"},
		{"wmdd", sets[3], 1, "resnet18", "batch 10/1, 300 epochs, kl, adamw 0.001 cosine 1, tests 10+0 from 0"},
		{"dc-bench", sets[1], 10, "convnet3", "batch 256/1, 301 epochs, ce, sgd 0.01 step 2, tests 100+0 from 0"},
		{"fadrm", sets[6], 10, "convnet3", "batch 16/2, 1000 epochs, kl, adamw 0.001 cosine 2, tests 10+0 from 0"}, // as CIFAR-100's ResNet-18
	} {
		p := made(t, c.preset, c.set, c.ipc, c.student)
		s := p.Student
		got := fmt.Sprintf("batch %d/%d, %d epochs, %s, %s %g %s %g, tests %d+%d from %g", p.Labels.Batch, s.Accumulation, s.Epochs, s.Loss, s.Optimiser, s.LR, s.Schedule, s.Eta,
			p.Test.Every, p.Test.Phase, p.Test.From)
		if got != c.want {
			t.Errorf("%s on %s, IPC %d, %s:\n%s, want\n%s", c.preset, c.set.Name, c.ipc, c.student, got, c.want)
		}
	}
	if p := made(t, "rded", sets[2], 10, "resnet18"); p.Test.Crop*72 != 64 || p.Test.PerClass != 50 || !p.Student.SecondPass || !p.Labels.Whole() {
		t.Errorf("rded at 64 px: %+v, whole views %t", p.Test, p.Labels.Whole())
	}
	if l := made(t, "rded", sets[3], 10, "resnet18").Labels; l.Shuffle != 2 || l.Area[0] != 0.5 {
		t.Errorf("rded at 224 px: %+v", l)
	}
}

// HALD keeps 100 soft labels a class, and trains on the classes in the middle half of its epochs.
func TestHALD(t *testing.T) {
	p := made(t, "hald", sets[5], 10, "resnet18")
	if p.Labels.Epochs != 10 || p.Student.HardEpochs != 150 || p.Student.Smoothing != 0.8 {
		t.Errorf("%+v", p)
	}
	p.Student.Epochs, p.Student.HardEpochs, p.Labels.Epochs = 7, 2, 2
	var got []string
	for e := range 7 {
		hard, nth := p.Student.Hard(e)
		got = append(got, fmt.Sprint(hard, nth))
	}
	if want := []string{"false 0", "false 1", "true 0", "true 1", "false 2", "false 3", "false 4"}; !slices.Equal(got, want) {
		t.Errorf("epochs %v, want %v", got, want)
	}
	if h := p.Hardened(); h.Student.HardEpochs != 0 || h.Validate() != nil {
		t.Errorf("with hard labels throughout: %d hard epochs, %v", h.Student.HardEpochs, h.Validate())
	}
	p.Student.HardEpochs = 7
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "student.hard_epochs 7: want less than student.epochs, 7") {
		t.Errorf("without a soft epoch: %v", err)
	}
}

// The authors label the images of plain FADRM on Tiny-ImageNet at IPC 50 in eval mode, and none else; departures are said.
func TestExceptionsOfFADRM(t *testing.T) {
	for _, c := range []struct {
		s          Setup
		mode, note string
	}{
		{Setup{sets[2], 50, "resnet18", "fadrm"}, EvalMode, "labels.mode is eval"},
		{Setup{sets[2], 50, "resnet18", "fadrm+"}, TrainMode, ""},
		{Setup{sets[2], 50, "resnet18", ""}, TrainMode, ""},
		{Setup{sets[2], 10, "resnet18", "fadrm"}, TrainMode, ""},
		{Setup{sets[1], 50, "resnet18", "fadrm"}, TrainMode, ""},
		{Setup{sets[4], 10, "resnet18", "fadrm+"}, TrainMode, "labels.batch is 10"},
		{Setup{sets[4], 50, "resnet18", "fadrm"}, TrainMode, ""},
	} {
		p, err := c.s.New("fadrm")
		if notes := strings.Join(c.s.Notes("fadrm"), "\n"); err != nil || p.Labels.Mode != c.mode || !strings.HasPrefix(notes, c.note) || (notes == "") != (c.note == "") {
			t.Errorf("%+v: mode %s, notes %q, %v: want %s and %q", c.s, p.Labels.Mode, notes, err, c.mode, c.note)
		}
	}
}

// Every field has a row by its name in TOML and JSON, and every row a field that takes its own text back.
func TestSettingsAreTheFields(t *testing.T) {
	var names []string
	var walk func(prefix string, kind reflect.Type)
	walk = func(prefix string, kind reflect.Type) {
		for i := range kind.NumField() {
			f := kind.Field(i)
			name := f.Tag.Get("json")
			if name != f.Tag.Get("toml") {
				t.Errorf("%s: json %q, toml %q", f.Name, name, f.Tag.Get("toml"))
			}
			if f.Type.Kind() == reflect.Struct {
				walk(prefix+name+".", f.Type)
			} else if prefix != "" {
				names = append(names, prefix+name)
			}
		}
	}
	walk("", reflect.TypeFor[Protocol]())
	for i, r := range Settings {
		if i >= len(names) || r.Name != names[i] || r.Help == "" {
			t.Fatalf("row %d is %q (%q), the fields are %v", i, r.Name, r.Help, names)
		}
		p := made(t, "fadrm", sets[1], 10, "resnet18")
		if err := r.Set(&p, r.Text(p)); err != nil {
			t.Errorf("%s does not take %q back: %v", r.Name, r.Text(p), err)
		}
	}
	if len(Settings) != len(names) {
		t.Errorf("%d rows for %d fields", len(Settings), len(names))
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	for set, want := range map[string]string{
		"labels.epochs 2000":      "labels.epochs 2000: want at most student.epochs, 1000, or 0 for as many",
		"student.accumulation 17": "student.accumulation 17: want at most labels.batch, 16",
		"test.phase 10":           "test.phase 10: want less than test.every, 10",
		"labels.source hard":      "student.loss kl with labels.source hard: want ce",
		"student.lr 0":            "student.lr 0: want more than 0, at most 100",
		"labels.area 0.5,0.1":     "labels.area 0.5,0.1: want two rising numbers from 0.001 to 1",
		"labels.bits 12":          "labels.bits 12: want 8 or 16",
	} {
		p := made(t, "fadrm", sets[1], 10, "resnet18")
		name, value, _ := strings.Cut(set, " ")
		err := errors.Join(Settings.Set(&p, name, value), p.Validate())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", set, err, want)
		}
	}
	p := made(t, "fadrm", sets[1], 10, "resnet18")
	if err := Settings.Set(&p, "labels.crops", "1"); err == nil || !strings.Contains(err.Error(), `"labels.crops" is no setting: want one of labels.source, labels.epochs`) {
		t.Errorf("an unknown setting: %v", err)
	}
}

// The schedules to the last digit of float64, by the published formulas.
func TestRates(t *testing.T) {
	s := Student{Epochs: 300, LR: 1e-3, Eta: 2, Schedule: Cosine}
	for e := range 300 {
		if got, want := s.Rate(e), 0.001*(0.5*(1+math.Cos(math.Pi*float64(e)/300/2))); got != want {
			t.Fatalf("epoch %d: %v, want %v", e, got, want)
		}
	}
	s = Student{Epochs: 1000, LR: 0.1, Eta: 2, Schedule: Cos2}
	for e := range 1000 {
		want := 0.1 * (0.5 * (1 + math.Cos(math.Pi*float64(e)/(2*1000))))
		if float64(e) > 1000*5./6 {
			want = 0.1 * (0.5 * (1 + math.Cos(math.Pi*5/(6*2))) * float64(6*1000-6*e) / (6 * 1000))
		}
		if got := s.Rate(e); got != want {
			t.Fatalf("cos2, epoch %d: %v, want %v", e, got, want)
		}
	}
	if got := s.Rate(833) / 0.1; math.Abs(got-0.629) > 1e-3 {
		t.Errorf("cos2 has fallen to %.4f at 5/6 of the epochs, want .629", got)
	}
	if got := s.Rate(834) / 0.1; math.Abs(got-0.105) > 1e-3 {
		t.Errorf("cos2 jumps to %.4f, want .105", got)
	}
	s = Student{Epochs: 301, LR: 0.01, Schedule: HalfStep}
	if s.Rate(151) != 0.01 || s.Rate(152) != s.LR*0.1 {
		t.Errorf("step: %g at epoch 151 and %g at 152, want 0.01 and 0.001", s.Rate(151), s.Rate(152))
	}
	if c := (Student{LR: 0.2, Schedule: Constant}); c.Rate(99) != 0.2 {
		t.Errorf("constant: %g, want 0.2", c.Rate(99))
	}
}

func TestWhenStudentsAreTested(t *testing.T) {
	at := func(c Test, epochs int) (list []int) {
		for e := range epochs {
			if c.After(e, epochs) {
				list = append(list, e)
			}
		}
		return list
	}
	for _, c := range []struct {
		test   Test
		epochs int
		want   []int
	}{
		{Test{Every: 10}, 32, []int{0, 10, 20, 30, 31}},
		{Test{Every: 10, Phase: 9}, 30, []int{9, 19, 29}},
		{Test{Every: 10, Phase: 9, From: 0.8}, 55, []int{49, 54}},
		{Test{Every: 100}, 5, []int{0, 4}},
	} {
		if got := at(c.test, c.epochs); !slices.Equal(got, c.want) {
			t.Errorf("%+v of %d epochs: %v, want %v", c.test, c.epochs, got, c.want)
		}
	}
}

func TestVariants(t *testing.T) {
	p := made(t, "best-of-four", sets[1], 10, "resnet18")
	var got []string
	for _, v := range p.Variants() {
		got = append(got, fmt.Sprint(v.Student.LR, v.Student.Eta, v.Student.Search))
	}
	if want := []string{"0.0005 1 false", "0.0005 2 false", "0.001 1 false", "0.001 2 false"}; !slices.Equal(got, want) {
		t.Errorf("variants %v, want %v", got, want)
	}
	if f := made(t, "fadrm", sets[1], 10, "resnet18"); len(f.Variants()) != 1 || f.Key() == p.Key() || f.Labelled().Epochs != 1000 {
		t.Errorf("fadrm: %d variants, %d labelled epochs, want 1 and 1000", len(f.Variants()), f.Labelled().Epochs)
	}
}

// All 50,000 images of CIFAR-100 in place of 1,000 in 1,000 epochs are seen 20 times; those of a smaller set at least six times.
func TestOtherProtocolsOfTheSameStudent(t *testing.T) {
	for _, name := range Names() {
		p := made(t, name, sets[1], 10, "resnet18")
		for _, q := range []Protocol{p.Whole(1000, 50000), p.OnWholeViews(), p.OnWholeViews().Hardened()} {
			if err := q.Validate(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if v := p.OnWholeViews(); !v.Labels.Whole() || v.Labels.Source == Stored || v.Student.Epochs != p.Student.Epochs {
			t.Errorf("%s on whole views: %+v", name, v.Labels)
		}
	}
	p := made(t, "fadrm", sets[1], 10, "resnet18")
	if w := p.Whole(1000, 50000); w.Student.Epochs != 20 || w.Labels.Batch != 32 || w.Student.Accumulation != 1 || w.Labels.Source != Hard || w.Test.Every != 4 {
		t.Errorf("whole set: %+v %+v", w.Labels, w.Student)
	}
	p.Student.Epochs = 60
	if w := p.Whole(100, 2000); w.Student.Epochs != 6 {
		t.Errorf("%d epochs of a set that is twenty times as large, want 6", w.Student.Epochs)
	}
}

// By hand: exp(6.4), exp(5.94) over their sum.
func TestTeacherWeights(t *testing.T) {
	l := made(t, "cv-dd", sets[1], 10, "resnet18").Labels
	w, err := l.TeacherWeights(sets[1], []string{"resnet18", "mobilenet_v2"})
	if err != nil || math.Abs(w[0]-0.61301) > 1e-5 || math.Abs(w[0]+w[1]-1) > 1e-15 {
		t.Errorf("weights %v, %v: want .61301 first", w, err)
	}
	if _, err := l.TeacherWeights(sets[1], []string{"resnet18", "convnet3"}); err == nil || !strings.Contains(err.Error(), "no prior is known of convnet3") {
		t.Errorf("a network without a prior: %v", err)
	}
	if w, err := l.TeacherWeights(sets[1], []string{"convnet3"}); w != nil || err != nil {
		t.Errorf("one teacher: %v, %v", w, err)
	}
	l.Weights = []float64{1, 2}
	var setting SettingError
	if _, err := l.TeacherWeights(sets[1], []string{"convnet3"}); !errors.As(err, &setting) || !strings.Contains(err.Error(), "labels.weights [1 2]: want one for each of the teachers, which are 1") {
		t.Errorf("two weights for one teacher: %v", err)
	}
}
