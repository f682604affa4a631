package recipe

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	want, _ := New("reta", sets["demo"])
	got := want
	want.IPC, want.Seed, want.Resolutions, want.Connection = 3, 1<<63, []int{16, 32}, Fixed
	want.Crop.Area, want.DRC.Scale, want.PTA.Sigma, want.PTA.Normalize = [2]float64{0.25, 0.5}, Raw, 0.1, false
	for _, c := range [][2]string{
		{"ipc", "3"}, {"seed", "9223372036854775808"}, {"resolutions", "16, 32"}, {"connection", "fixed"},
		{"crop.area", "0.25,0.5"}, {"drc.scale", "raw"}, {"pta.sigma", "0.1"}, {"pta.normalize", "false"},
	} {
		if err := got.Set(c[0], c[1]); err != nil {
			t.Error(err)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("set to %+v, want %+v", got, want)
	}
}

// What cannot be set names the setting, the text and what was wanted, and changes nothing.
func TestSetRefuses(t *testing.T) {
	was, _ := New("reta", sets["demo"])
	for _, c := range [][3]string{
		{"pta.sigmoid", "1", "pta.sigmoid = 1: want the name of a setting; one of ipc, seed"},
		{"recipe", "fadrm", "want the name of a setting"},
		{"ipc.x", "1", "want the name of a setting"},
		{"", "1", "want the name of a setting"},
		{"pta", "on", "pta = on: want the name of a setting in pta; one of pta.on, pta.lambda_topo"},
		{"ipc", "ten", `ipc = "ten": want a whole number`},
		{"seed", "-1", `seed = "-1": want a whole number from 0 to 9223372036854775807; change seed`},
		{"pta.on", "maybe", `want true or false`},
		{"lr", "", `lr = "": want a number`},
		{"crop.area", "1", "want 2 numbers between commas"},
		{"resolutions", "32,x", "want numbers between commas"},
	} {
		r := was
		err := r.Set(c[0], c[1])
		var field *FieldError
		if err == nil || !errors.As(err, &field) || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("error %v, want %q", err, c[2])
		}
		if !reflect.DeepEqual(r, was) {
			t.Errorf("%s = %s was refused and changed the recipe", c[0], c[1])
		}
	}
}

// Every setting that is listed can be set.
func TestSettingsAreComplete(t *testing.T) {
	list := Settings()
	if !slices.Contains(list, "pta.with_anchors") || slices.Contains(list, "recipe") {
		t.Errorf("settings %v", list)
	}
	for _, name := range list {
		r, _ := New("reta", sets["demo"])
		accepted := slices.ContainsFunc([]string{"1", "true", "0.5,1", "patch"}, func(text string) bool { return r.Set(name, text) == nil })
		if !accepted {
			t.Errorf("%s takes no text", name)
		}
	}
}
