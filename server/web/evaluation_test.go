package web

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"reta/shared/event"
)

// views are two views of an image of a class, of pixels that say which.
func views(class, index, side int) event.Views {
	return event.Views{Class: class, Index: index, Temperature: 20, Epochs: []int{0, 9}, Top: [][]int{{class}, {class}}, Prob: [][]float32{{0.5}, {0.25}},
		Width: side, Height: side, Pixels: bytes.Repeat([]byte{byte(10*class + index)}, 2*side*side*3)}
}

// Trials and curves come to whoever listens; confusions, mistakes and the chosen class's views to who looks at them, for a
// credit each, in the size asked for.
func TestEvaluationReachesWhoLooks(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	h.Publish(event.Hello{Run: "demo"})
	trained := event.Trial{Images: event.Distilled, Labels: event.SoftLabels, Student: "convnet3", State: event.Trained, Epoch: 2, Epochs: 2, Last: 0.5}
	h.Publish(event.Trials{List: []event.Trial{{Epochs: 2}}})
	h.Publish(event.Trials{List: []event.Trial{trained, {Epochs: 2}}})
	h.Publish(event.Curve{Trial: 0, Points: []event.CurvePoint{{Epoch: 1}}})
	h.Publish(event.Curve{Trial: 0, Points: []event.CurvePoint{{Epoch: 1}, {Epoch: 2, Top1: 0.5}}})
	h.Publish(event.Curve{Trial: 1, Points: []event.CurvePoint{{Epoch: 1}}})
	h.Publish(event.Confusion{Trial: 0, Trials: 1, Correct: []uint32{3, 2}, Total: []uint32{4, 4}, Counts: []uint32{3, 1, 2, 2}})
	h.Publish(event.Mistakes{Trial: 0, IDs: []string{"a"}, Label: []int{0}, Predicted: []int{1}, Wrong: []float32{1}, Width: 8, Height: 8, Pixels: make([]byte, 8*8*3)})
	for class := range 2 {
		for index := range 2 {
			h.Publish(views(class, index, 8))
		}
	}

	g, _ := visit(t, s)
	g.send(event.Subscribe{Topics: []event.Subscription{{Topic: event.TopicEvents, Class: event.AllClasses}, {Topic: event.TopicEvaluation, Class: 1, Size: 4}}})
	var curves []event.Curve
	for range 3 {
		switch e := g.next().Event.(type) {
		case event.Trials:
			if len(e.List) != 2 || e.List[0] != trained {
				t.Errorf("trials %+v, want the newest", e)
			}
		case event.Curve:
			curves = append(curves, e)
		default:
			t.Errorf("%s came without a credit", e.Kind())
		}
	}
	g.nothingElse(1)
	if len(curves) != 2 || len(curves[0].Points) != 2 {
		t.Errorf("curves %+v, want the newest of both trials", curves)
	}
	g.send(event.Credit{Topic: event.TopicEvaluation, N: 9})
	got := map[event.Item]event.Event{}
	for range 4 {
		e := g.next().Event
		got[event.ItemOf(e)] = e
	}
	g.nothingElse(2)
	for index := range 2 {
		want := views(1, index, 4)
		if e := got[event.ItemOf(want)]; !reflect.DeepEqual(e, want) {
			t.Errorf("views %+v, want those of class 1 halved once", e)
		}
	}
	if m, ok := got[event.Item{Kind: event.KindMistakes, Class: event.AllClasses}].(event.Mistakes); !ok || m.Width != 4 || len(m.Pixels) != 4*4*3 {
		t.Errorf("mistakes %+v, want them halved once", m)
	}
	if c, ok := got[event.Item{Kind: event.KindConfusion, Class: event.AllClasses}].(event.Confusion); !ok || c.Correct[0] != 3 {
		t.Errorf("confusion %+v", c)
	}

	_, body := get(t, "http://"+s.testAddr()+"/state")
	for _, want := range []string{`"student": "convnet3"`, `"last": 0.5`, `"curve": 2`, `"views": 4`, `"confusion": 1`, `"mistakes": 1`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
}
