package recipe

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A live parameter is a setting by its name, its bounds hold the value that every recipe begins with, Validate takes what
// lies within them, and With changes it alone.
func TestLiveParametersAreSettings(t *testing.T) {
	for _, name := range Names() {
		for _, d := range sets {
			r, _ := New(name, d)
			for _, p := range r.Live() {
				if !slices.Contains(Settings(), p.Name) || p.Label == "" || p.Symbol == "" || p.Group == "" || !strings.HasSuffix(p.Help, ".") {
					t.Errorf("%s: %+v", name, p)
				}
				if err := p.Check(p.Value); err != nil {
					t.Errorf("%s on %s: %v", name, d.Name, err)
				}
				for _, v := range []float64{max(p.Min, 1e-6), p.Max} {
					if p.Check(v) != nil {
						t.Errorf("%s refuses its bound %v", p.Name, v)
					}
					want := r
					if err := want.Set(p.Name, fmt.Sprintf("%.17g", v)); err != nil && !p.Whole {
						t.Fatal(err)
					} else if p.Whole {
						want.PTA.Every = int(v)
					}
					got := p.With(r, v)
					if !reflect.DeepEqual(got, want) || got.Validate() != nil {
						t.Errorf("%s at %v: %+v, want %+v; %v", p.Name, v, got, want, got.Validate())
					}
				}
			}
		}
	}
}

// A recipe that begins outside a parameter's usual bounds may come back there.
func TestBoundsHoldWhatWasAsked(t *testing.T) {
	r, _ := New("reta", sets["demo"])
	r.LR = 3
	if p, err := Find(r.Live(), "lr"); err != nil || p.Max != 3 || p.Min != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if r.Stages = 1; r.Live()[0].Idle != "one stage has no residual connection" || r.Live()[1].Idle == "" {
		t.Errorf("one stage: %q, %q", r.Live()[0].Idle, r.Live()[1].Idle)
	}
}
