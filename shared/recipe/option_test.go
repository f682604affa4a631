package recipe

import (
	"slices"
	"strings"
	"testing"
)

func init() {
	RegisterOption("losses", "toy", "a test's")
	RegisterOption("connection", "toy", "a test's")
}

// A part registered elsewhere is as good as one of ours: Validate takes its name and errors list it.
func TestRegisteredOptionsAreValid(t *testing.T) {
	r, _ := New("reta", sets["demo"])
	r.Losses, r.Connection = []string{"ce", "toy"}, "toy"
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
	if got := Options("losses"); !slices.Contains(got, Option{"toy", "a test's"}) || len(Options("lr")) != 0 {
		t.Errorf("options of losses %v, of lr %v", got, Options("lr"))
	}
	for name, change := range map[string]func(*Recipe){
		"losses = topo: want ce, bn, stats, densify, barycentre, class-bn, mosaic or toy": func(r *Recipe) { r.Losses = []string{"ce", "topo"} },
		"losses = bn: want each name once":                                                func(r *Recipe) { r.Losses = []string{"bn", "bn"} },
		"losses = []: want one term at least":                                             func(r *Recipe) { r.Losses = nil },
		"connection = toys: want none, fixed, retrieval or toy":                           func(r *Recipe) { r.Connection = "toys" },
		"init.start = mosaic: want patch or noise":                                        func(r *Recipe) { r.Init.Start = "mosaic" },
		"ensemble = all: want rotate, mean or pair":                                       func(r *Recipe) { r.Ensemble = "all" },
		"drc.scale = log: want percentile, raw, zscore or rank":                           func(r *Recipe) { r.DRC.Scale = "log" },
		"pta.weighting = loss: want image, batch, class or sum":                           func(r *Recipe) { r.PTA.Weighting = "loss" },
		"init.difficulty = harder: want easy, medium or hard; choose one":                 func(r *Recipe) { r.Init.Difficulty = "harder" },
	} {
		r, _ := New("reta", sets["demo"])
		change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %q", err, name)
		}
	}
}

func TestOptionTwicePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("registering ce twice did not panic")
		}
	}()
	RegisterOption("losses", "ce", "again")
}
