package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"reta/shared/event"
)

func TestJSONHoldsWhatJSONCannot(t *testing.T) {
	type inner struct {
		Value  float32
		hidden int
	}
	n := 3
	var b bytes.Buffer
	err := printJSON(&b, map[string]any{
		"nan": math.NaN(), "inf": float32(math.Inf(-1)), "list": []float64{1, math.NaN()}, "struct": &inner{float32(math.NaN()), 1},
		"nil": (*int)(nil), "pointer": &n, "map": map[int]string{1: "a"}, "bytes": []byte("ab"), "array": [2]uint8{1, 2},
	})
	want := `{"array":[1,2],"bytes":"YWI=","inf":null,"list":[1,null],"map":{"1":"a"},"nan":null,"nil":null,"pointer":3,"struct":{"Value":null}}` + "\n"
	if err != nil || b.String() != want {
		t.Errorf("prints %s(%v), want %s", b.String(), err, want)
	}
}

func TestConsoleTellsPeople(t *testing.T) {
	show := func(quiet bool) (out, told string) {
		var o, e bytes.Buffer
		c := newConsole(&o, &e, false, quiet, textLog)
		c.show(event.Log{Text: "an info"})
		c.show(event.Log{Text: "a warning", Level: event.Warning})
		c.show(event.Log{Text: "an error", Level: event.Error}) // the program's last word says it
		c.show(event.Metrics{Points: []event.Point{{CE: 1, BN: 2, Topo: float32(math.NaN()), Total: 3}}})
		for i := range 50 { // at most one line in ten seconds, but for the last
			c.show(event.Status{State: event.Recovering, Phase: "recover", Done: i, Total: 50, StepsPerSecond: 2, ETASeconds: 90})
		}
		c.show(event.Result{Path: "/a/b"})
		c.close()
		return o.String(), e.String()
	}
	out, told := show(false)
	if out != "/a/b\n" {
		t.Errorf("prints %q", out)
	}
	lines := strings.Split(strings.TrimSpace(told), "\n")
	want := []string{" an info", " warning: a warning", " recover 0/50, 2 steps/s, 1m30s left, CE 1, L_BN 2"}
	if len(lines) != len(want) {
		t.Fatalf("tells %q, want %d lines", lines, len(want))
	}
	for i, l := range lines {
		if l[len("15:04:05"):] != want[i] {
			t.Errorf("tells %q, want %q after the time", l, want[i])
		}
	}
	out, told = show(true)
	if out != "/a/b\n" || !strings.HasSuffix(told, "warning: a warning\n") || strings.Count(told, "\n") != 1 {
		t.Errorf("quiet prints %q and tells %q", out, told)
	}
}

func TestConsoleTellsMachines(t *testing.T) {
	var o, e bytes.Buffer
	c := newConsole(&o, &e, true, false, textLog)
	c.show(event.Log{Text: "a\nb"})
	c.show(event.Images{Count: 1, Width: 1, Height: 1, Pixels: []byte{1, 2, 3}}) // pictures are left out
	c.show(event.Metrics{Points: []event.Point{{Step: 7, Topo: float32(math.NaN())}}})
	var kinds []string
	for line := range strings.Lines(o.String()) {
		var v struct {
			Event string
			Body  map[string]any
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("prints %q: %v", line, err)
		}
		kinds = append(kinds, v.Event)
	}
	if strings.Join(kinds, " ") != "log metrics" || e.Len() > 0 {
		t.Errorf("prints events %q and tells %q", kinds, e.String())
	}
}

// Nobody reads any more: the run goes on in silence.
func TestConsoleSurvivesAClosedPipe(t *testing.T) {
	w := &closedPipe{}
	c := newConsole(w, w, true, false, textLog)
	for range 3 {
		c.show(event.Log{Text: "x"})
	}
	if w.writes != 1 {
		t.Errorf("%d writes to a closed pipe, want 1", w.writes)
	}
}

// A bar drawn between two writes would cut a table in two.
func TestConsolePrintsATableAtOnce(t *testing.T) {
	w := &closedPipe{}
	c := newConsole(w, w, false, false, textLog)
	c.table(func(w io.Writer) {
		fmt.Fprintln(w, "a row")
		fmt.Fprintln(w, "another")
	})
	if w.writes != 1 {
		t.Errorf("%d writes, want 1", w.writes)
	}
}

type closedPipe struct{ writes int }

func (p *closedPipe) Write([]byte) (int, error) {
	p.writes++
	return 0, errors.New("closed")
}
