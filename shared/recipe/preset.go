package recipe

import "slices"

// Preset is the name under which Set takes a preset of topology alignment. It is no setting: a recipe holds what it stands for.
const Preset = "pta.preset"

// PresetValue is the value that a preset gives a setting, and why: a phrase.
type PresetValue struct{ Setting, Value, Why string }

var presets = map[string][]PresetValue{
	// The paper's loss to the letter, where our defaults depart from it; docs/pull-to-anchor.md says why they do.
	"letter": {
		{"pta.weighting", string(Sum), "Eqn 11 sums L_c over the classes, with lambda_topo before the sum"},
		{"pta.normalize", "false", "the points are phi(x) itself"},
		{"pta.with_anchors", "true", "the real set holds the images' anchors"},
		{"pta.real_draws", "1", "one real subset"},
		{"pta.relative", "false", "Eqn 11 compares the persistence images as they are"},
	},
	// Our defaults.
	"default": {
		{"pta.weighting", string(PerImage), "one lambda_topo fits every data set and IPC"},
		{"pta.normalize", "true", "features as retrieval has them"},
		{"pta.with_anchors", "false", "anchors among the real points would hide a pull towards them"},
		{"pta.real_draws", "8", "less noise in the real persistence image"},
		{"pta.relative", "true", "one lambda_topo fits every n_c and sigma"},
	},
}

func init() {
	register(Preset, "letter", "Eqn 11 exactly as in the paper: sum over classes, raw features, anchors among the real points, one draw",
		"default", "our defaults")
}

// PresetValues lists what a preset stands for, nothing for a name that is none.
func PresetValues(name string) []PresetValue { return slices.Clone(presets[name]) }

// preset sets all that a preset names.
func (r *Recipe) preset(name string) error {
	p, ok := presets[name]
	if !ok {
		return &FieldError{Preset, name, optionNames(Preset), "choose one"}
	}
	for _, v := range p {
		if err := r.Set(v.Setting, v.Value); err != nil {
			return err
		}
	}
	return nil
}
