package web

import (
	"math"
	"strings"
	"testing"

	"reta/shared/event"
)

func TestStateMemoryIsBounded(t *testing.T) {
	h := newHub("", nil)
	pixels := make([]byte, 3<<20)
	for class := range 200 {
		h.Publish(event.Images{Class: class, Count: 1, Width: 1024, Height: 1024, Pixels: pixels})
	}
	h.Publish(event.Status{State: event.Done})
	if h.bytes > stateBytes || h.bytes < stateBytes/2 {
		t.Errorf("holds %d bytes, want at most %d and not far less", h.bytes, stateBytes)
	}
	if h.state[key{Kind: event.KindImages, Class: 199, Part: 0}] == nil || h.state[key{Kind: event.KindImages, Class: 0, Part: 0}] != nil {
		t.Error("the oldest pictures should go first")
	}
}

// Retrievals count like the pictures they explain and go like them: they crowd none out.
func TestRetrievalsShareTheBound(t *testing.T) {
	h := newHub("", nil)
	long := event.Candidate{ID: strings.Repeat("n", 1<<16)}
	for class := range 4000 {
		h.Publish(event.Retrieval{Class: class, Candidates: [][]event.Candidate{{long}}})
	}
	if h.bytes > stateBytes || h.bytes < stateBytes/2 {
		t.Errorf("holds %d bytes, want at most %d and not far less", h.bytes, stateBytes)
	}
	if h.state[key{Kind: event.KindRetrieval, Class: 3999, Part: 0}] == nil || h.state[key{Kind: event.KindRetrieval, Class: 0, Part: 0}] != nil {
		t.Error("the oldest retrievals should go first")
	}
	h.Publish(images(0, 1, 2))
	h.Publish(images(1, 1, 2))
	if n := h.Summary().Items["images"]; n != 2 {
		t.Errorf("%d images kept, want both", n)
	}
}

func TestSummaryTellsTheStateInJSON(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	h.Publish(event.Hello{Run: "demo", IPC: 10})
	h.Publish(event.Status{State: event.Recovering, ETASeconds: float32(math.Inf(1)), StepsPerSecond: 2.5})
	h.Publish(event.Metrics{Points: []event.Point{{Step: 3, CE: 1.5, Topo: float32(math.NaN())}}})
	h.Publish(event.StageEnd{Stage: 1})
	h.Publish(event.StageEnd{Stage: 0, KappaMean: 0.5})
	h.Publish(event.Diagnosis{Classes: []event.ClassShape{{Kappa: [2]float32{float32(math.NaN()), 0.25}, Push: float32(math.Inf(-1))}}})
	h.Publish(images(3, 1, 2))
	h.Publish(event.Log{Text: "hello"})
	_, body := get(t, "http://"+s.testAddr()+"/state")
	body = strings.Join(strings.Fields(body), " ")
	for _, want := range []string{`"state": "recovering"`, `"eta_seconds": null`, `"steps_per_second": 2.5`, `"ce": 1.5`, `"topo": null`,
		`"kappa_mean": 0.5`, `"push": null`, `"kappa": [ null, 0.25 ]`, `"ipc": 10`, `"images": 1`, `"hello"`, `"result": null`, `"points": 1`, `"viewers": 0`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	if strings.Index(body, `"stage": 0`) > strings.Index(body, `"stage": 1`) {
		t.Error("stages are not in order")
	}
}

// Of thumbnails the hub keeps the newest of each block of a class, within the bound of all pictures.
func TestGalleriesAreKeptByBlock(t *testing.T) {
	h := newHub("", nil)
	gallery := func(class, part, n int, id string) event.Gallery {
		g := event.Gallery{Class: class, Part: part, Width: 48, Height: 48, Pixels: make([]byte, n*48*48*3)}
		for range n {
			g.IDs, g.Index = append(g.IDs, id), append(g.Index, -1)
		}
		return g
	}
	for _, id := range []string{"old", "new"} {
		for part := range 2 {
			h.Publish(gallery(1, part, 1, id))
		}
	}
	if s := h.Summary(); s.Items["gallery"] != 2 || h.state[key{Kind: event.KindGallery, Class: 1, Part: 1}].event.(event.Gallery).IDs[0] != "new" {
		t.Errorf("holds %v, want the newest of two blocks", s.Items)
	}
	for class := range 200 {
		h.Publish(gallery(class, 2, 256, "a"))
	}
	if h.bytes > stateBytes || h.state[key{Kind: event.KindGallery, Class: 199, Part: 2}] == nil || h.state[key{Kind: event.KindGallery, Class: 1, Part: 0}] != nil {
		t.Errorf("holds %d bytes, want at most %d, the newest and not the oldest", h.bytes, stateBytes)
	}
}

// A recording holds changes that a run gave up when it went back to a checkpoint: they are not of its present state.
func TestSummaryLeavesOutChangesGivenUp(t *testing.T) {
	h := newHub("", nil)
	for id := 3; id > 0; id-- {
		h.Publish(event.Change{ID: id, Step: 10 * id, Name: "alpha"})
	}
	if n := len(h.Summary().Changes); n != 3 {
		t.Errorf("%d changes before any settings, want 3", n)
	}
	h.Publish(event.Settings{Changes: 2, Step: 21})
	if c := h.Summary().Changes; len(c) != 2 || c[0].ID != 1 || c[1].ID != 2 {
		t.Errorf("changes %+v, want 1 and 2 alone", c)
	}
}
