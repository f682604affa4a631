package recipe

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// schema1 is what today's main wrote before the schema had a number.
const schema1 = `{"recipe":"reta","ipc":2,"seed":9007199254740993,"batch":2,"steps":16,"stages":2,"resolutions":[32,32],"init":"patch","connection":"retrieval",
"alpha":0.5,"lr":0.05773502691896258,"betas":[0.5,0.9],"epsilon":1e-8,"bn_weight":0.01,"first_bn":10,"crop":{"area":[0.95,1],"ratio":[0.75,1.25]},
"shared_crop":true,"flip":0.5,"jitter":4,"drc":{"lambda":0.1,"scale":"percentile","top_m":8,"no_repeat":false,"exclude_self":false,"blur_sigma":1},
"pta":{"on":true,"lambda_topo":0.5,"per_batch":true,"every":4,"max_points":50,"normalize":true,"with_anchors":false,"real_draws":8,"k":15,"eps_margin":1,
"grid":32,"sigma":0.2,"exponent":1,"drop_essential":false,"gamma":1,"auto_gamma":false,"relative":true}}`

func TestEncodedRecipesComeBack(t *testing.T) {
	for _, name := range Names() {
		for _, d := range sets {
			want, _ := New(name, d)
			want.Seed = 1<<63 - 1
			text, err := want.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := Parse(Schema, text); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s on %s: %v\ncame back as %+v,\nwant         %+v", name, d.Name, err, got, want)
			}
		}
	}
}

// A run of schema 1 goes on as it began: what its loop had fixed is what the new settings say.
func TestSchema1KeepsItsBehaviour(t *testing.T) {
	r, err := Parse(1, []byte(schema1))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{
		"seed": "9007199254740993", "lr": "0.05773502691896258", "group": "2", "soft_budget": "false", "roll_both": "false",
		"init.start": "patch", "init.selector": "rded", "init.difficulty": "medium", "init.images": "300", "init.least": "30",
		"init.per_image": "5", "init.crops": "5", "init.area": "0.08,1", "pool.limit": "0", "pool.sample": "first",
		"losses": "ce,bn", "ensemble": "rotate", "phi": "0", "pta.weighting": "batch", "pta.update": "separate", "pta.graph": "per-set",
		"pta.every": "4", "crop.area": "0.95,1",
	} {
		if s, err := Lookup(name); err != nil || s.Text(r) != want {
			t.Errorf("%s = %s, want %s (%v)", name, s.Text(r), want, err)
		}
	}
	if r, err = Parse(1, []byte(strings.NewReplacer(`[32,32]`, `[200,224]`, `"per_batch":true`, `"per_batch":false`, `"patch"`, `"noise"`).Replace(schema1))); err != nil {
		t.Fatal(err)
	}
	if r.Pool.Limit != 300 || r.PTA.Weighting != PerClass || r.Init.Start != Noise {
		t.Errorf("at 224 px, by class, from noise: pool %+v, weighting %s, start %s", r.Pool, r.PTA.Weighting, r.Init.Start)
	}
}

// Every setting that schema 1 did not have says what files without it mean, or means it at 0.
func TestNewSettingsHaveAMeaningWhenAbsent(t *testing.T) {
	full, _ := New("reta", sets["cifar-100"])
	text, _ := full.Encode()
	for _, s := range table {
		var m map[string]any
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		path := strings.Split(s.Name, ".")
		inner := m
		for _, p := range path[:len(path)-1] {
			inner = inner[p].(map[string]any)
		}
		delete(inner, path[len(path)-1])
		part, _ := json.Marshal(m)
		got, err := Parse(Schema, part)
		if err != nil {
			t.Fatal(err)
		}
		if s.Absent != "" && s.Text(got) != s.Absent {
			t.Errorf("without %s: %s, want %s", s.Name, s.Text(got), s.Absent)
		}
		if lines := Difference(full, got); len(lines) > 1 {
			t.Errorf("without %s: %q", s.Name, lines)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		schema     int
		text, want string
	}{
		{Schema + 1, `{}`, "schema 3: want 1 to 2: a newer version"},
		{0, `{}`, "schema 0: want 1 to 2"},
		{Schema, `{"mosaic":4}`, `unknown field "mosaic": want the fields of schema 2: another version of this program wrote it`},
		{Schema, `[`, "recipe: "},
		{Schema, `{"ipc":"ten"}`, "recipe: "},
		{1, `{"init":"patch"}`, "want the fields of schema 1"},
		{1, `null`, "want the fields of schema 1"},
		{1, `{"init":4,"pta":{}}`, "recipe: "},
	} {
		if _, err := Parse(c.schema, []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("schema %d, %s: error %v, want %q", c.schema, c.text, err, c.want)
		}
	}
}

func TestDifferenceNamesSettings(t *testing.T) {
	a, _ := New("reta", sets["cifar-100"])
	b := a
	if lines := Difference(a, b); len(lines) > 0 {
		t.Errorf("equal recipes differ in %q", lines)
	}
	b.LR, b.Resolutions, b.PTA.Weighting, b.Name = 0.1, []int{32, 32}, Sum, "fadrm"
	want := []string{"it has recipe = reta, asked recipe = fadrm", "it has resolutions = 32,32,32,32, asked resolutions = 32,32",
		"it has pta.weighting = image, asked pta.weighting = sum", "it has lr = 0.25, asked lr = 0.1"}
	if got := Difference(a, b); !slices.Equal(got, want) {
		t.Errorf("difference\n%q, want\n%q", got, want)
	}
}

func TestKeysOutliveNewFields(t *testing.T) {
	type old struct {
		LR    float64 `toml:"lr"`
		Crops []int   `toml:"crops"`
	}
	type new struct {
		Crops    []int   `toml:"crops"`
		LR       float64 `toml:"lr"`
		Optional string  `toml:"optional,omitempty"`
		Inner    struct {
			On bool `toml:"on"`
		} `toml:"inner"`
		Kept int
	}
	was := Key(old{0.1, []int{1, 2}}, old{})
	now := new{LR: 0.1, Crops: []int{1, 2}, Optional: "as before", Kept: 3}
	if got := Key(now, new{Optional: "as before"}); got != was || len(was) != 16 {
		t.Errorf("the new field changes the key: %s, was %s", got, was)
	}
	now.Inner.On = true
	if got := Key(now, new{Optional: "as before"}); got == was {
		t.Error("another behaviour has the same key")
	}
	a, _ := New("reta", sets["cifar-100"])
	b := a
	b.LR = 1
	if a.Key() == b.Key() || a.Key("pool", "phi") != b.Key("pool", "phi") {
		t.Error("lr is in a key without it, or not in that of all")
	}
	if b.Pool.Limit = 5; a.Key("pool", "phi") == b.Key("pool", "phi") {
		t.Error("pool.limit is not in the key of pool")
	}
}

// The table and Recipe have the same settings, and every row says enough.
func TestTableIsComplete(t *testing.T) {
	var inStruct []string
	var walk func(prefix string, t reflect.Type)
	walk = func(prefix string, typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.Type.Kind() == reflect.Struct {
				walk(prefix+f.Tag.Get("json")+".", f.Type)
			} else {
				inStruct = append(inStruct, prefix+f.Tag.Get("json"))
			}
		}
	}
	walk("", reflect.TypeFor[Recipe]())
	rows := append(Settings(), "recipe")
	slices.Sort(rows)
	slices.Sort(inStruct)
	if !slices.Equal(rows, inStruct) {
		t.Errorf("rows   %v\nfields %v", rows, inStruct)
	}
	for _, s := range table {
		k := s.field(new(Recipe)).Kind()
		if s.Label == "" || s.Part == "" || !strings.HasSuffix(s.Help, ".") || s.Type() == "" {
			t.Errorf("%+v says too little", s)
		}
		if takesNames := k == reflect.String || s.Name == "losses"; takesNames != (len(Options(s.Name)) > 0) {
			t.Errorf("%s takes names %v and has the options %v", s.Name, takesNames, Options(s.Name))
		}
		if takesNumbers := k != reflect.String && k != reflect.Bool && s.Name != "losses"; takesNumbers != (s.Bounds() != "") {
			t.Errorf("%s: bounds %q", s.Name, s.Bounds())
		}
	}
}

// The preset is recorded as what it stands for, and can be taken back.
func TestLetterPreset(t *testing.T) {
	r, _ := New("reta", sets["cifar-100"])
	was := r
	if err := r.Set("pta.preset", "letter"); err != nil {
		t.Fatal(err)
	}
	if p := r.PTA; p.Weighting != Sum || p.Normalize || !p.WithAnchors || p.RealDraws != 1 || p.Relative || p.Update != Joined || p.LambdaTopo != 0.5 {
		t.Errorf("letter: %+v", p)
	}
	if err := r.Set("pta.preset", "default"); err != nil || !reflect.DeepEqual(r, was) {
		t.Errorf("%v; default after letter: %+v, want %+v", err, r.PTA, was.PTA)
	}
	if err := r.Set("pta.preset", "sloppy"); err == nil || !strings.Contains(err.Error(), "pta.preset = sloppy: want letter or default") {
		t.Errorf("unknown preset: %v", err)
	}
}
