package trial

import (
	"math"
	"slices"
	"testing"

	"reta/shared/event"
)

func TestCompare(t *testing.T) {
	var list []event.Trial
	add := func(student, images, labels string, accuracy ...float32) {
		for seed, a := range accuracy {
			list = append(list, event.Trial{Student: student, Images: images, Labels: labels, Seed: seed, State: event.Trained, Last: a, Best: a + 0.125})
		}
	}
	add("a", event.Distilled, event.SoftLabels, 0.5, 0.75)
	add("a", event.Random, event.SoftLabels, 0.25, 0.25)
	add("b", event.Distilled, event.SoftLabels, 0.5)
	add("a", event.AllReal, event.HardLabels, 0.875)
	list = append(list, event.Trial{Student: "a", Images: event.Patches, Labels: event.SoftLabels, State: event.Planned})
	rows := Rows(list)
	if got := Students(rows); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("students %v", got)
	}
	c := Compare(rows, "a")
	if len(c) != 2 || c[0].A.Images != event.Distilled || c[0].B.Images != event.Random || c[1].A.Images != event.AllReal {
		t.Fatalf("%+v: want distilled against random, and all against distilled: of patches no trial is over", c)
	}
	if d := c[0].Last; d.Mean != 0.375 || d.SE != 0.125 || c[0].Best.Mean != 0.375 {
		t.Errorf("distilled minus random %+v, want 0.375 and the error of distilled alone", d)
	}
	if len(Compare(rows, "b")) != 0 {
		t.Error("one set of images is compared")
	}
}

func TestLeads(t *testing.T) {
	nan := math.NaN()
	high, near, low, single, none := Stat{3, 0.6, 0.01, 0.01}, Stat{3, 0.59, 0.01, 0.01}, Stat{3, 0.5, 0.01, 0.01}, Stat{1, 0.4, nan, nan}, Stat{0, nan, nan, nan}
	for _, c := range []struct {
		values []Stat
		want   bool
	}{
		{[]Stat{high, low}, true}, {[]Stat{high, low, none}, true}, {[]Stat{high, low, near}, false}, {[]Stat{low, high}, false},
		{[]Stat{high}, false}, {[]Stat{high, none}, false}, {[]Stat{high, single}, false}, {[]Stat{none, low}, false}, {[]Stat{high, high}, false},
	} {
		if got := Leads(c.values, 0); got != c.want {
			t.Errorf("%v: leads is %v", c.values, got)
		}
	}
}
