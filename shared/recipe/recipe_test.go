package recipe

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var sets = map[string]Dataset{
	"cifar-100":     {Name: "cifar-100", Classes: 100, Size: 32, PerClass: 500},
	"tiny-imagenet": {Name: "tiny-imagenet", Classes: 200, Size: 64, PerClass: 500},
	"imagenette":    {Name: "imagenette", Classes: 10, Size: 224, PerClass: 858},
	"imagenet-1k":   {Name: "imagenet-1k", Classes: 1000, Size: 224, PerClass: 732},
	"cifar-10":      {Name: "cifar-10", Classes: 10, Size: 32, PerClass: 5000},
	"demo":          {Name: "demo", Classes: 10, Size: 32, PerClass: 40},
}

func TestEveryRecipeIsValidForEveryDataset(t *testing.T) {
	for _, name := range Names() {
		for _, d := range sets {
			r, err := New(name, d)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(r.Validate(), r.Fits(d)); err != nil {
				t.Errorf("%s on %s: %v", name, d.Name, err)
			}
			if r.Name != name || r.Resolutions[r.Stages-1] != d.Size {
				t.Errorf("%s on %s ends at %d px under the name %q", name, d.Name, r.Resolutions[r.Stages-1], r.Name)
			}
		}
	}
}

// The published settings: FADRM's code for the loop, the RETA paper's section 5 for lambda and lambda_topo.
func TestDefaultsArePublished(t *testing.T) {
	get := func(name, data string) Recipe {
		r, err := New(name, sets[data])
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := get("reta", "imagenette")
	if !slices.Equal(r.Resolutions, []int{200, 224, 200, 224}) || r.Jitter != 32 || r.Batch != 10 || r.DRC.BlurSigma != 2 {
		t.Errorf("224 px: %+v", r)
	}
	r = get("reta", "cifar-100")
	if r.Steps != 2000 || r.Stages != 4 || r.LR != 0.25 || r.Betas != [2]float64{0.5, 0.9} || r.Epsilon != 1e-8 ||
		r.BNWeight != 0.01 || r.FirstBN != 10 || r.Alpha != 0.5 || r.Jitter != 4 || !r.SharedCrop || r.Flip != 0.5 ||
		r.Crop.Area != [2]float64{0.08, 1} || r.Batch != 100 || r.Connection != Retrieval || r.Init.Start != Patch || r.Init.Selector != DELT {
		t.Errorf("reta at 32 px: %+v", r)
	}
	if r.DRC.Lambda != 0.1 || r.DRC.Scale != Percentile || r.DRC.TopM != 8 || r.DRC.NoRepeat || r.DRC.ExcludeSelf {
		t.Errorf("drc: %+v", r.DRC)
	}
	if want := (PTA{On: true, LambdaTopo: 0.5, K: 15, Sigma: 0.2, Gamma: 1, Grid: 32, Every: 50, EpsMargin: 1, MaxPoints: 50, RealDraws: 8, Relative: true, Normalize: true, Exponent: 1, Weighting: PerImage, Update: Joined, Graph: PerSet}); r.PTA != want {
		t.Errorf("pta: %+v, want %+v", r.PTA, want)
	}
	if f := get("fadrm", "cifar-100"); f.Connection != Fixed || f.PTA.On {
		t.Errorf("fadrm: connection %s, PTA %v", f.Connection, f.PTA.On)
	}
	if f := get("fadrm", "tiny-imagenet"); f.LR != 0.01 || f.Steps != 1000 || !slices.Equal(f.Resolutions, []int{64, 64}) {
		t.Errorf("fadrm with one teacher at 64 px: %+v", f)
	}
	if f := get("fadrm", "imagenette"); f.LR != 0.05 || f.Stages != 4 {
		t.Errorf("fadrm with one teacher on ImageNette: %+v", f)
	}
	if f := get("fadrm+", "tiny-imagenet"); f.LR != 0.25 || f.Steps != 2000 {
		t.Errorf("fadrm+ at 64 px: %+v", f)
	}
	if s := get("sre2l", "tiny-imagenet"); s.Stages != 1 || s.Connection != None || s.Init.Start != Noise || !s.RollBoth || s.LR != 0.1 || s.BNWeight != 1 || s.Steps != 4000 {
		t.Errorf("sre2l at 64 px: %+v", s)
	}
	for _, c := range []struct {
		name, set string
		want      Match // of its settings, those that are not zero
	}{
		{"mtt", "cifar-100", Match{By: ByTrajectory, Network: "convnet3", PixelRate: 1000, Inner: 20, Ahead: 3, Start: 20, Experts: 100, Epochs: 50, Rate: 0.01, Batch: 256, RateRate: 1e-5}},
		{"mtt", "tiny-imagenet", Match{By: ByTrajectory, Network: "convnet4", PixelRate: 1000, Inner: 30, Ahead: 2, Start: 40, Images: 200}},
		{"mtt", "imagenette", Match{By: ByTrajectory, Network: "convnet5", PixelRate: 1000, Inner: 20, Ahead: 2, Start: 10, RateRate: 1e-6}},
		{"idc", "cifar-100", Match{By: ByGradient, Network: "convnet3", PixelRate: 0.005, Real: 64, Renew: 100, Trained: 2000, Batch: 64, Momentum: 0.5, Rate: 0.01}},
		{"idc", "tiny-imagenet", Match{By: ByGradient, Network: "convnet4", PixelRate: 0.02}},
		{"idc", "imagenette", Match{By: ByGradient, Network: "convnet5", PixelRate: 0.245}},
	} {
		r := get(c.name, c.set)
		has, want := reflect.ValueOf(r.Match), reflect.ValueOf(c.want)
		for i := range has.NumField() {
			if !want.Field(i).IsZero() && !has.Field(i).Equal(want.Field(i)) {
				t.Errorf("%s on %s: match.%s is %v, want %v", c.name, c.set, has.Type().Field(i).Name, has.Field(i), want.Field(i))
			}
		}
		if want := map[string]int{"idc cifar-100": 2, "idc tiny-imagenet": 2, "idc imagenette": 3}[c.name+" "+c.set]; r.Formation() != max(1, want) {
			t.Errorf("%s on %s: an image holds %d along each axis", c.name, c.set, r.Formation())
		}
		if r.Stages != 1 || r.Connection != None || r.PTA.On || r.Group != sets[c.set].Classes || r.Init.Selector != Random {
			t.Errorf("%s on %s: %+v", c.name, c.set, r)
		}
	}
	if s := get("sre2l", "cifar-100"); s.Steps != 1000 || !s.Crop.Whole() || s.Flip != 0 {
		t.Errorf("sre2l at 32 px: %+v", s)
	}
}

func TestUnknownNamesAndSets(t *testing.T) {
	_, err := New("retta", sets["demo"])
	if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), `"retta": want one of `+strings.Join(Names(), ", ")) {
		t.Errorf("unknown recipe: %v", err)
	}
	if _, err := New("reta", Dataset{Name: "empty"}); err == nil || !strings.Contains(err.Error(), "0 classes") {
		t.Errorf("empty dataset: %v", err)
	}
}

func TestStagesCoverTheBudget(t *testing.T) {
	for _, c := range []struct {
		steps, stages int
		ends          []int
	}{
		{2000, 4, []int{500, 1000, 1500, 2000}},
		{10, 4, []int{2, 4, 6, 10}}, // floor(10/4), the rest to the last
		{3, 3, []int{1, 2, 3}},
		{7, 1, []int{7}},
	} {
		r, _ := New("fadrm", sets["imagenette"])
		r.Steps = c.steps
		r = r.WithStages(c.stages, sets["imagenette"])
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		at := 0
		for i, end := range c.ends {
			s := r.Stage(i)
			if s.First != at || s.End != end || s.Resolution != r.Resolutions[i] {
				t.Errorf("%d steps in %d stages: stage %d is %+v, want steps %d to %d", c.steps, c.stages, i, s, at, end)
			}
			for ; at < end; at++ {
				if got := r.StageOf(at); got != s {
					t.Errorf("step %d of %d is in stage %d, want %d", at, c.steps, got.Index, i)
				}
			}
			if r.Connects(i) != (i < c.stages-1) {
				t.Errorf("stage %d of %d connects: %v", i, c.stages, r.Connects(i))
			}
		}
	}
}

func TestLearningRate(t *testing.T) {
	r, _ := New("reta", sets["cifar-100"])
	for step, want := range map[int]float64{0: 0.25, 1000: 0.125, 2000: 0, 500: 0.125 * (1 + math.Sqrt2/2)} {
		if got := r.LearningRate(step); math.Abs(got-want) > 1e-15 {
			t.Errorf("rate at step %d is %v, want %v", step, got, want)
		}
	}
}

func TestAlignsAfter(t *testing.T) {
	r, _ := New("reta", sets["demo"])
	r.Steps, r.PTA.Every = 10, 3
	var after []int
	for step := range r.Steps {
		if r.AlignsAfter(step) {
			after = append(after, step)
		}
	}
	if want := []int{1, 2, 3, 5, 8, 9}; !slices.Equal(after, want) { // stage ends 1 3 5 9, every third 2 5 8
		t.Errorf("updates after %v, want %v", after, want)
	}
	if r.PTA.On = false; r.AlignsAfter(1) {
		t.Error("an update with PTA off")
	}
}

func TestValidateNamesFieldValueWantRemedy(t *testing.T) {
	for _, c := range []struct {
		spoil func(*Recipe)
		words string
	}{
		{func(r *Recipe) { r.Steps = 3 }, "steps = 3: want 4 or more, one step a stage at least; raise steps or lower stages"},
		{func(r *Recipe) { r.IPC = 0 }, "ipc = 0: want 1 to"},
		{func(r *Recipe) { r.Stages = 2 }, "resolutions = [32 32 32 32]: want 2 numbers, one a stage"},
		{func(r *Recipe) { r.Resolutions[1] = 4 }, "resolutions[1] = 4: want 8 to 1024"},
		{func(r *Recipe) { r.Init.Start = "gan" }, "init.start = gan: want patch or noise"},
		{func(r *Recipe) { r.Init.Start, r.Connection = Noise, Fixed }, "connection = fixed: want another one with init.start = noise"},
		{func(r *Recipe) { r.Alpha = 1.5 }, "alpha = 1.5: want 0 to 1"},
		{func(r *Recipe) { r.LR = math.NaN() }, "lr = NaN: want"},
		{func(r *Recipe) { r.Jitter = 32 }, "jitter = 32: want 0 to 31"},
		{func(r *Recipe) { r.Crop.Area = [2]float64{1, 0.5} }, "crop.area = [1 0.5]: want two rising numbers"},
		{func(r *Recipe) { r.DRC.Lambda = -0.1 }, "drc.lambda = -0.1: want 0 to 1"},
		{func(r *Recipe) { r.DRC.Scale = "log" }, "drc.scale = log: want percentile, raw, zscore or rank"},
		{func(r *Recipe) { r.Steps = 0 }, "steps = 0: want 4 or more"},
		{func(r *Recipe) { r.Rounds = 300 }, "rounds = 300: want 1 to 200, one step a round at least"},
		{func(r *Recipe) { r.Rounds = 2 }, "rounds = 2: want 1 with pta.on"},
		{func(r *Recipe) { r.Batching = "rows" }, "batching = rows: want across or by-class"},
		{func(r *Recipe) { r.Losses, r.Connection, r.Init.Start = []string{MosaicLoss}, None, Noise }, "losses = mosaic: want others with init.start = noise"},
		{func(r *Recipe) { r.LRSchedule = "linear" }, "lr_schedule = linear: want cosine or constant"},
		{func(r *Recipe) { r.Pad = 4 }, "pad = 4: want 0 with a crop"},
		{func(r *Recipe) { r.Pad, r.Crop = 32, wholeImage }, "pad = 32: want 0 to 31"},
		{func(r *Recipe) { r.Losses, r.Batch, r.Group = []string{DensifyLoss}, 51, 51 }, "batch = 51: want at most 50 with the loss densify"},
		{func(r *Recipe) { r.Priors = []float64{50, 101} }, "priors[1] = 101: want 0 to 100"},
		{func(r *Recipe) { r.Stats.EMA = 1 }, "stats.ema = 1: want 0 to 0.9999"},
		{func(r *Recipe) { r.Losses, r.Batching, r.IPC = []string{ClassBNLoss}, ByClass, 3 }, "batch = 10: want a multiple of ipc, 3, with batching = by-class"},
		{func(r *Recipe) { r.PTA.Every = 0 }, "pta.every = 0"},
		{func(r *Recipe) { r.PTA.Sigma = math.Inf(1) }, "pta.sigma = +Inf"},
	} {
		r, _ := New("reta", sets["demo"])
		c.spoil(&r)
		err := r.Validate()
		var field *FieldError
		if err == nil || !strings.Contains(err.Error(), "recipe: "+c.words) || !errors.As(err, &field) || field.Remedy == "" {
			t.Errorf("error %v, want %q", err, c.words)
		}
	}
}

func TestFitsAndNotices(t *testing.T) {
	d := sets["demo"]
	r, _ := New("reta", d)
	r.IPC = 41
	if err := r.Fits(d); err == nil || !strings.Contains(err.Error(), "ipc = 41: want at most 40") {
		t.Errorf("more images than the class has: %v", err)
	}
	if r.Init.Start = Noise; r.Fits(d) != nil {
		t.Errorf("noise needs no patches: %v", r.Fits(d))
	}
	r.Batch, r.Group = 11, 11
	if err := r.Fits(d); err == nil || !strings.Contains(err.Error(), "batch = 11: want at most 10") {
		t.Errorf("more images a step than classes: %v", err)
	}
	r.IPC = 1
	if lines := r.Notices(); len(lines) != 1 || !strings.Contains(lines[0], "PTA is inactive at IPC 1") {
		t.Errorf("notices at IPC 1: %q", lines)
	}
}

// Stored recipes come back equal, and TOML calls each field what JSON calls it.
func TestFieldNames(t *testing.T) {
	r, _ := New("reta", sets["imagenette"])
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Recipe
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(r, back) {
		t.Errorf("%s comes back as %+v (%v)", text, back, err)
	}
	var check func(typ reflect.Type)
	check = func(typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if name := f.Tag.Get("json"); name == "" || name != f.Tag.Get("toml") {
				t.Errorf("%s.%s is %q in JSON and %q in TOML", typ.Name(), f.Name, name, f.Tag.Get("toml"))
			}
			if f.Type.Kind() == reflect.Struct {
				check(f.Type)
			}
		}
	}
	check(reflect.TypeFor[Recipe]())
}

// With soft_budget, budgets below 300 steps take smaller steps.
func TestShortBudgetsStepSoftly(t *testing.T) {
	r, err := New("reta", Dataset{Name: "cifar-100", Classes: 100, Size: 32, PerClass: 500})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		steps     int
		lr, least float64 // rate, smallest share of the image a crop keeps
	}{{2000, 0.25, 0.08}, {300, 0.25, 0.08}, {75, 0.125, 0.77}, {12, 0.05, 0.9632}} {
		r.Steps, r.SoftBudget = c.steps, true
		got := r.Softened()
		if rate := r.LearningRate(0); rate != got.LR {
			t.Errorf("%d steps begin at rate %g, want %g", c.steps, rate, got.LR)
		}
		if math.Abs(got.LR-c.lr) > 1e-12 || math.Abs(got.Crop.Area[0]-c.least) > 1e-12 {
			t.Errorf("%d steps: rate %g with crops from %g, want rate %g, crops from %g", c.steps, got.LR, got.Crop.Area[0], c.lr, c.least)
		}
	}
}

// The teacher that gives phi is one of WMDD's settings too, whose barycentres are of its features; SRe2L has no use for it.
func TestPhiOfBarycentres(t *testing.T) {
	phi, err := Lookup("phi")
	if err != nil {
		t.Fatal(err)
	}
	for name, idle := range map[string]bool{"reta": false, "wmdd": false, "sre2l": true} {
		r, err := New(name, Dataset{Name: "cifar-100", Classes: 100, Size: 32})
		if err != nil {
			t.Fatal(err)
		}
		if why := phi.Why(r); (why != "") != idle {
			t.Errorf("%s: phi has no effect: %q", name, why)
		}
	}
}
