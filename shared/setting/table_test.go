package setting

import (
	"math"
	"slices"
	"strings"
	"testing"
)

type crop struct {
	Area [2]float64 `json:"area"`
}

type thing struct {
	LR     float64   `json:"lr"`
	Steps  int       `json:"steps"`
	Seed   uint64    `json:"seed"`
	On     bool      `json:"on"`
	Kind   string    `json:"kind"`
	Crop   crop      `json:"crop"`
	Scales []float64 `json:"scales"`
}

var things = Table[thing]{
	{Name: "lr", Above: true, Max: 100}, {Name: "steps", Min: 1, Max: Unbounded}, {Name: "seed", Max: math.MaxInt64}, {Name: "on"},
	{Name: "kind", Choices: []string{"a", "b", "c"}, Optional: true}, {Name: "crop.area", Min: 0.1, Max: 1, Rising: true}, {Name: "scales", Max: 2},
}

func TestSetChecksAndNames(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"lr", "0.25", ""}, {"lr", "0", "lr 0: want more than 0, at most 100"}, {"lr", "NaN", "lr NaN: want more than 0"}, {"lr", "x", `lr "x": want more than 0`},
		{"steps", "3", ""}, {"steps", "0", "steps 0: want a whole number of at least 1"}, {"steps", "1.5", `steps "1.5": want a whole number`},
		{"seed", "9223372036854775807", ""}, {"seed", "18446744073709551615", "seed 18446744073709551615: want a whole number from 0 to 9223372036854775807"}, {"seed", "-1", `seed "-1"`},
		{"on", "true", ""}, {"on", "perhaps", "want true or false"},
		{"kind", "b", ""}, {"kind", "", ""}, {"kind", "d", "kind d: want a, b or c"},
		{"crop.area", "0.25,1", ""}, {"crop.area", "1,0.25", "crop.area 1,0.25: want two rising numbers from 0.1 to 1"}, {"crop.area", "1", "want two rising numbers"},
		{"crop.area", "0.01,1", "want two rising numbers"}, {"scales", "1, 2", ""}, {"scales", "", ""}, {"scales", "1,3", "scales 1,3: want numbers between commas, each from 0 to 2"},
		{"crop.size", "1", `"crop.size" is no setting: want one of crop.area`}, {"rate", "1", `"rate" is no setting: want one of lr, steps`},
	} {
		var v thing
		err := things.Set(&v, c.name, c.text)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s = %s: %v, want %q", c.name, c.text, err, c.want)
		}
		if r, known := things.Lookup(c.name); c.want == "" && known == nil && r.Text(v) != strings.ReplaceAll(c.text, " ", "") {
			t.Errorf("%s = %s comes back as %s", c.name, c.text, r.Text(v))
		}
	}
}

func TestCheckJoinsAllThatIsWrong(t *testing.T) {
	v := thing{LR: 1, Steps: 1, Crop: crop{[2]float64{0.5, 1}}}
	if err := things.Check(v); err != nil {
		t.Errorf("a good one: %v", err)
	}
	v.LR, v.Kind = -1, "z"
	if err := things.Check(v); err == nil || !strings.Contains(err.Error(), "lr -1") || !strings.Contains(err.Error(), "kind z") {
		t.Errorf("two wrong: %v", err)
	}
}

func TestDifferenceAndKinds(t *testing.T) {
	a := thing{LR: 1, Scales: []float64{1, 2}}
	b := a
	b.LR, b.Scales = 0.5, nil
	if got, want := things.Difference(a, b), []string{"it has lr = 1, asked lr = 0.5", "it has scales = 1,2, asked scales = "}; !slices.Equal(got, want) {
		t.Errorf("difference %q, want %q", got, want)
	}
	var kinds []string
	for _, r := range things {
		kinds = append(kinds, r.Kind())
	}
	if want := []string{"number", "int", "int", "bool", "name", "numbers", "numbers"}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %v, want %v", kinds, want)
	}
}
