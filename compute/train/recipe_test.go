package train

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// Trainings of the first version have the key they had, so that their teachers are found; what they could not be has
// another.
func TestKeyOfTheFirstVersion(t *testing.T) {
	r, err := New(Fast, 50000, 32, 100)
	if err != nil {
		t.Fatal(err)
	}
	const first = "{Optimizer:sgd LR:0.1 Momentum:0.9 WeightDecay:0.0005 Smoothing:0.1 Epochs:100 Warmup:390 Batch:128 Augment:pad-crop Seed:0}"
	if got := r.Key(32); got != first {
		t.Errorf("key %s, the first version had %s", got, first)
	}
	adam := r
	adam.Optimizer, adam.Nesterov = "adam", false // which has no Nesterov
	if got, want := adam.Key(32), strings.Replace(first, "sgd", "adam", 1); got != want {
		t.Errorf("key of adam %s, want %s", got, want)
	}
	keys := map[string]string{"": first}
	for _, name := range []string{"nesterov=false", "pad=3", "schedule=constant", "init=uniform", "ema=0.5", "border=black", "period=50 schedule=epoch-cosine"} {
		changed := r
		for _, part := range strings.Fields(name) {
			key, value, _ := strings.Cut(part, "=")
			set(t, &changed, key, value)
		}
		if got, want := changed.Key(32), first+" "+name; got != want {
			t.Errorf("key %s, want %s", got, want)
		}
		keys[name] = changed.Key(32)
	}
	crops := r
	if crops.Augment = RandomCrop; !strings.HasSuffix(crops.Key(224), " crop=original") || strings.Contains(crops.Key(64), "original") {
		t.Errorf("keys of random crops: %s, %s: only those at 224 px are of the stored images", crops.Key(224), crops.Key(64))
	}
	if len(keys) != 8 {
		t.Errorf("%d different keys of 8", len(keys))
	}
	preset := r
	preset.Preset, preset.Period = "other", 7 // a name decides nothing, nor a period that the schedule does not have
	if preset.Key(32) != first {
		t.Errorf("key %s changes with what decides nothing", preset.Key(32))
	}
}

func set(t *testing.T, r *Recipe, name, value string) {
	t.Helper()
	for _, s := range Settings {
		if s.Name == name {
			if err := s.Set(r, value); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no setting %s", name)
}

// Every field of Recipe but the preset's name has a row, by its name in TOML, and takes its own value back.
func TestSettingsAreTheFields(t *testing.T) {
	kind := reflect.TypeFor[Recipe]()
	for i := range kind.NumField() {
		tag := kind.Field(i).Tag
		if tag.Get("toml") != tag.Get("json") {
			t.Errorf("%s: toml %q and json %q", kind.Field(i).Name, tag.Get("toml"), tag.Get("json"))
		}
		if i == 0 {
			continue
		}
		if s := Settings[i-1]; s.Name != tag.Get("toml") || s.Help == "" {
			t.Errorf("row %d is %q (%q), the field is %q", i-1, s.Name, s.Help, tag.Get("toml"))
		}
	}
	if len(Settings) != kind.NumField()-1 {
		t.Errorf("%d rows for %d fields", len(Settings), kind.NumField())
	}
	var r Recipe
	for name, c := range map[string]struct{ good, bad, want string }{
		"optimizer": {"adam", "lion", "sgd or adam"}, "lr": {"0.5", "0", "more than 0, at most 100"}, "momentum": {"0", "NaN", "0 to 1"},
		"nesterov": {"true", "perhaps", "true or false"}, "weight_decay": {"1e-4", "-1", "0 to 1"}, "epochs": {"3", "0", "a whole number of at least 1"},
		"warmup": {"0", "1.5", "a whole number of at least 0"}, "batch": {"1", "100000", "1 to 65536"}, "seed": {"18446744073709551615", "-1", "a whole number of at least 0"},
		"augment": {"none", "", "none, pad-crop or random-crop"},
	} {
		set(t, &r, name, c.good)
		for _, s := range Settings {
			if s.Name == name {
				if err := s.Set(&r, c.bad); err == nil || !strings.HasSuffix(err.Error(), ": want "+c.want) {
					t.Errorf("%s %s: %v, want %s", name, c.bad, err, c.want)
				}
			}
		}
	}
}

// The published trainings of methods' authors, and what depends on the data.
func TestPresets(t *testing.T) {
	for _, c := range []struct {
		name                 string
		images, size, epochs int
		want                 string
	}{
		{"cv-dd", 50000, 32, 0, "adam, lr 0.001 epoch-cosine, weight decay 0.0001, 200 epochs, batch 512, pad-crop by 4 px over black"},
		{"cv-dd", 100000, 64, 0, "sgd with momentum 0.9, lr 0.01 epoch-cosine, weight decay 0.0001, 50 epochs, batch 128, pad-crop by 4 px over black"},
		{"cv-dd", 9469, 224, 0, "sgd with momentum 0.9, lr 0.01 epoch-cosine, weight decay 0.0001, 300 epochs, batch 64, random-crop, period 100 epochs"},
		{"cv-dd", 50000, 32, 20, "adam, lr 0.001 epoch-cosine, weight decay 0.0001, 20 epochs, batch 512, pad-crop by 4 px over black"},
		{"sre2l", 100000, 64, 0, "sgd with momentum 0.9, lr 0.2 epoch-cosine, weight decay 0.0001, 50 epochs, batch 256, random-crop, 1950 steps of warm-up"},
		{"edc", 50000, 32, 0, "sgd with momentum 0.9, lr 0.05 constant, weight decay 0, 50 epochs, batch 64, pad-crop by 4 px over black"},
		{"fast", 600, 32, 8, "sgd with momentum 0.9 (Nesterov), lr 0.025 cosine, weight decay 0.0005, 8 epochs, batch 32, pad-crop by 4 px, 14 steps of warm-up, label smoothing 0.1"},
		{"edc", 9469, 224, 0, "preset edc: images of 224 px: want at most 64: take another preset, or a smaller --size"},
		{"pytorch", 1, 32, 0, `preset "pytorch": want one of fast, cv-dd, sre2l, edc`},
	} {
		r, err := New(c.name, c.images, c.size, c.epochs)
		got := r.String()
		if err != nil {
			got = err.Error()
		} else if err := r.Validate(); err != nil || r.Preset != c.name {
			t.Errorf("%s: preset %q, %v", c.name, r.Preset, err)
		}
		if got != c.want {
			t.Errorf("%s at %d px:\n got %s\nwant %s", c.name, c.size, got, c.want)
		}
	}
}

// CosineAnnealingLR(T_max=100) over 300 epochs: the peak at 0 and 200, nothing at 100 and, after the last, 300.
func TestRateOfImageNette(t *testing.T) {
	r, err := New("cv-dd", 9469, 224, 0)
	if err != nil {
		t.Fatal(err)
	}
	const perEpoch = 147
	for epoch, want := range map[int]float64{0: 0.01, 50: 0.005, 100: 0, 150: 0.005, 200: 0.01, 299: 0.01 / 2 * (1 - math.Cos(math.Pi/100))} {
		for _, step := range []int{0, perEpoch - 1} {
			if got := r.rate(epoch*perEpoch+step, perEpoch); math.Abs(got-want) > 1e-12 {
				t.Errorf("epoch %d, step %d: %g, want %g", epoch, step, got, want)
			}
		}
	}
	warm, err := New("sre2l", 2560, 64, 0) // ten steps an epoch, five epochs of warm-up, then 45
	if err != nil {
		t.Fatal(err)
	}
	for step, want := range map[int]float64{0: 0.2 / 50, 49: 0.2, 50: 0.2, 59: 0.2, 275: 0.1 * (1 + math.Cos(math.Pi*22/45)), 499: 0.1 * (1 + math.Cos(math.Pi*44/45))} {
		if got := warm.rate(step, 10); math.Abs(got-want) > 1e-12 {
			t.Errorf("warm-up, step %d: %g, want %g", step, got, want)
		}
	}
	edc, err := New("edc", 2560, 64, 0)
	if err != nil {
		t.Fatal(err)
	}
	if first, last := edc.rate(0, 40), edc.rate(1999, 40); first != 0.05 || last != 0.05 {
		t.Errorf("a constant rate goes from %g to %g", first, last)
	}
}

// A linear rise in the warm-up, then half a cosine over the steps that are left.
func TestRateByStep(t *testing.T) {
	r := Recipe{LR: 1, Schedule: StepCosine, Epochs: 21, Warmup: 5}
	for step, want := range map[int]float64{0: 0.2, 4: 1, 5: 1, 30: 0.5 + math.Sqrt2/4, 55: 0.5, 80: 0.5 - math.Sqrt2/4} {
		if got := r.rate(step, 5); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: rate %g, want %g", step, got, want)
		}
	}
}
