package evaluate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/train"
	"reta/compute/train/traintest"
	"reta/shared/event"
)

// dark is images without light.
type dark struct{ train.Source }

func (d dark) Batch(_ []int, dst []byte) error { clear(dst); return nil }

// Trained students, averaged ones too, are tested on images that are made once for all of them; what was tested is not tested
// again; a student whose weights are gone, or were not kept, is trained again to the same outcome.
func TestStudentsAreTestedOnCorruptedImages(t *testing.T) {
	dir, opened := t.TempDir(), map[string]int{}
	corruption := func(name string, severity int, images train.Source) Corruption {
		return Corruption{Name: name, Severity: severity, Key: "v1", Open: func(context.Context, func(int)) (train.Source, error) { opened[name]++; return images, nil }}
	}
	clean, black := corruption("none", 1, traintest.Stripes.Test), corruption("night", 5, dark{traintest.Stripes.Test})
	p := short(t, "fadrm", 4).Hardened()
	p.Student.LR = 5e-3
	averaged := p
	averaged.Student.EMA = 0.5
	set := stripes(t, traintest.Stripes)
	said := ""
	job := func(seeds int, list ...Corruption) Job {
		j := Job{Data: traintest.Stripes, Dir: dir, Hash: "test", Corruptions: list, Emit: func(e event.Event) {
			if err := event.Check(e); err != nil {
				t.Error(err)
			}
			if l, ok := e.(event.Log); ok {
				said += l.Text + "\n"
			}
		}}
		for seed := 1; seed <= seeds; seed++ {
			j.Trials = append(j.Trials, Trial{Set: set, Labels: event.HardLabels, Student: "resnet8", Seed: seed, Protocol: p})
		}
		j.Trials = append(j.Trials, Trial{Set: set, Labels: event.HardLabels, Student: "resnet8", Variant: " (ema)", Seed: 1, Protocol: averaged})
		return j
	}
	plain := made(t, job(2))
	if plain[0].Corrupted != nil {
		t.Errorf("without corruptions %+v", plain[0].Corrupted)
	}

	long := clean
	long.Seconds = 1000
	f := job(2, long, black)
	if seconds, err := f.Forecast(context.Background(), graphtest.Device(t)); err != nil || !(seconds[set.Kind] > 1000 && seconds[set.Kind] < 2000) {
		t.Errorf("with images that take 1000 s to make the trials are to take %v, %v", seconds, err)
	}

	stop := errors.New("stop")
	j := job(2, clean, black)
	j.Gate = func(context.Context) error {
		if opened["night"] > 0 {
			return stop
		}
		return nil
	}
	if _, err := j.Run(context.Background(), graphtest.Device(t)); !errors.Is(err, stop) {
		t.Fatalf("error %v, want a stop", err)
	}
	if !strings.Contains(said, "6 tests on corrupted images after that: about ") {
		t.Errorf("the tests are not forecast:\n%s", said)
	}
	out := made(t, job(2, clean, black))
	for i, o := range out {
		last := plain[i].Last()
		if !reflect.DeepEqual(o.Curve, plain[i].Curve) {
			t.Errorf("trial %d: trained again for its weights it became another: %+v, was %+v", i, o.Curve, plain[i].Curve)
		}
		want := []Corrupted{{"none", 1, last.Top1, last.Top5}, {"night", 5, 1. / 3, 1}}
		if !reflect.DeepEqual(o.Corrupted, want) {
			t.Errorf("trial %d: %+v, want %+v: the last test again, and a third of black images", i, o.Corrupted, want)
		}
	}
	if opened["none"] != 1 || opened["night"] != 2 { // once more after the stop
		t.Errorf("images were made %v times", opened)
	}
	made(t, job(2, clean, black))
	if out = made(t, job(3, clean)); opened["none"] != 2 || opened["night"] != 2 || len(out[2].Corrupted) != 1 {
		t.Errorf("for one more seed images were made %v times, its results are %+v", opened, out[2].Corrupted)
	}

	file := (&j).scoresFile(clean)
	if err := os.WriteFile(file, []byte(`{"x":{"corruption":"none","severity":1,"top1":7}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	j = job(1, clean)
	if _, err := j.Run(context.Background(), graphtest.Device(t)); err == nil || !strings.Contains(err.Error(), filepath.Base(file)) || !strings.Contains(err.Error(), "want accuracies from 0 to 1") {
		t.Errorf("damaged results: %v", err)
	}
	j.Dir = ""
	if _, err := j.Run(context.Background(), graphtest.Device(t)); err == nil || !strings.Contains(err.Error(), "want one") {
		t.Errorf("without a folder: %v", err)
	}
}
