package event

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

var update = flag.Bool("update", false, "write the golden files of kinds that have none")

// samples holds one event of every kind with every field set, so that a forgotten tag shows.
func samples() []Event {
	rgb := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i*37 + 11)
		}
		return b
	}
	set := func(shift float32) Set {
		return Set{
			Points:    []float32{0, 0, 1 + shift, 0, 1, 1, 0, 1},
			Edges:     []Edge{{I: 0, J: 1, Length: 1}, {I: 1, J: 2, Length: 1.25}, {I: 0, J: 2, Length: 1.5}},
			Triangles: []Triangle{{I: 0, J: 1, K: 2, Length: 1.5}},
			Bars: []Bar{{Degree: 0, Death: 1, DeathEdge: [2]int{0, 1}}, {Degree: 0, Death: 2, Essential: true},
				{Degree: 1, Birth: 1.25, Death: 1.5, BirthEdge: [2]int{1, 2}, DeathEdge: [2]int{0, 2}}},
			Index: []int{4, 5, 6, 9},
			MDS:   []float32{0, 0, 1, shift, 1, 1, 0, 1},
			IDs:   []string{"a/4.png", "a/5.png", "a/6.png", "a/9.png"},
		}
	}
	return []Event{
		Hello{Major: 1, Minor: 2, Build: "v0.1", Run: "demo", Recipe: "reta", Dataset: "cifar-100",
			Classes: []string{"apple", "bee"}, IPC: 10, Width: 32, Height: 32, Steps: 2000, Stages: 4,
			Capabilities: []string{CapControl}, Device: "llvmpipe", Control: true, Driver: "Mesa 25", DeviceMemory: 1 << 33},
		Status{State: Recovering, Text: "stage 2 of 4", Phase: "recover", Done: 120, Total: 400, StepsPerSecond: 3.5,
			ETASeconds: 80, MemoryBytes: 1 << 31, Stage: 1, Step: 120},
		Work{Phase: "recover", Total: 8, Made: 3, Failed: 1, PerHour: 2.5, Parts: []Part{{Name: "recover 4/8", By: "a, device 1", State: Recovering, Done: 5, Total: 9}}, Members: 2},
		Metrics{Points: []Point{{Step: 7, Stage: 1, LR: 0.25, CE: 2.5, BN: 40, Topo: float32(math.Inf(1)), Total: 3},
			{Step: 8, Stage: 1, LR: 0.125, CE: 2.25, BN: 39, Topo: 0.5, Total: 2.875}}},
		Squeeze{Points: []TrainPoint{{Epoch: 1, Step: 98, Loss: 3.5, Accuracy: 0.125, LR: 0.01, Teacher: "resnet18"}}},
		Images{Step: 8, Stage: 1, Class: 3, First: 2, Count: 2, Width: 3, Height: 2, Pixels: rgb(36)},
		Residual{Step: 9, Stage: 1, Class: 3, Width: 2, Height: 1, Index: []int{0, 3}, Before: rgb(12), Anchor: rgb(12),
			After: rgb(12), AnchorID: []string{"a/1.png", "b/2.png"}, Fit: []float32{0.5, 0.25},
			Complexity: []float32{0.125, 1}, Alpha: 0.5, Lambda: 0.125},
		Cloud{Step: 10, Stage: 2, Class: 3, K: 5, EpsMax: 2, Explained: [2]float32{0.5, 0.25}, Real: set(0), Syn: set(0.5),
			Kappa: [2]float32{0.5, 0.75}, Active: true, Reason: "why",
			PCA: &Fidelity{Stress: 0.25, Kept: 0.5}, MDS: &Fidelity{Stress: 0.125, Kept: 0.75},
			Anchors: &Anchors{Points: []float32{0, 1, 2, 3}, MDS: []float32{1, 2, 3, 4}, IDs: []string{"a/1.png", "b/2.png"}, Image: []int{0, 3}, Stage: 1}},
		StageEnd{Stage: 1, Step: 11, Resolution: 32, Anchors: 20, CollisionRate: 0.5, SelfRetrieval: 0.25, MeanFit: 0.75,
			MeanComplexity: 0.125, Entropy: 1.5, SpreadBefore: 2, SpreadAfter: 1, KappaMean: 3, CE: 4, BN: 5, Topo: 6,
			Classes: 7, Seconds: 8, Next: 64},
		Start{End: StageEnd{Resolution: 32, KappaMean: 3, CE: 4, BN: 5, Topo: 6, Classes: 7}, Shape: Diagnosis{First: 2, Gamma: 0.5,
			Terms: Terms{CE: 0.5, BN: 0.25}, Classes: []ClassShape{{Points: 10, Kappa: [2]float32{1, 0.5}, SpreadBefore: 2}}}},
		Diagnosis{Stage: 1, Step: 11, First: 2, Gamma: 0.5, Terms: Terms{CE: 0.5, BN: 0.25, Topo: 0.125},
			Classes: []ClassShape{{Points: 10, Kappa: [2]float32{1, 0.5}, Loss: [2]float32{0.25, 0.125}, Push: -1, Clipped: 3, BeyondEpsMax: true,
				Idle: "why", SpreadBefore: 2, SpreadAfter: 1, Delta: 8, Fit: 0.75, Complexity: 0.0625}, {Points: 9}}},
		Retrieval{Step: 11, Stage: 1, Class: 3, Lambda: 0.125, Candidates: [][]Candidate{
			{{ID: "a/1.png", Fit: 0.5, Complexity: 0.25, Score: 0.375, FitScaled: 0.5, ComplexityScaled: 1, FitOpen: 0.5, ComplexityOpen: 1.5},
				{ID: "b/2.png", Fit: 0.75, Complexity: 0.125, Score: 0.5, Own: true}}, {{ID: "c/3.png"}}},
			Chosen: []int{1, 0}, Scale: "percentile", Pool: 500, Top: 8, NoRepeat: true, ExcludeSelf: true},
		Gallery{Step: 11, Stage: 1, Class: 3, Part: 1, IDs: []string{"a/1.png", "b/2.png"}, Index: []int{4, -1}, Width: 2, Height: 3, Pixels: rgb(36)},
		Log{Level: Warning, Text: "IPC 1: ε has no pair", Unix: 1700000000000},
		Result{Path: "runs/x", Images: 20, CEBefore: 4, CEAfter: 1, BNBefore: 90, BNAfter: 30, Seconds: 60},
		Ack{ID: 5, OK: true, Error: "e"},
		Flow{Clients: 2, Skipped: 3, Cut: 4, Unix: 1700000000000},
		Subscribe{Topics: []Subscription{{Topic: TopicImages, Class: 4, Size: 64, Rate: 5}, {Topic: TopicStatus, Class: AllClasses}}},
		Credit{Topic: TopicImages, N: 2},
		Control{ID: 9, Op: ShowClass, Class: 3, Steps: 4},
		IndexPart{First: 3, Entries: []Entry{{Offset: 8, Size: 60, Kind: KindHello, Class: AllClasses},
			{Offset: 68, Size: 1000, Kind: KindImages, Class: 3, Part: 2, Step: 70}},
			Foot: foot{start: 1068, entries: 2, sum: 77}.bytes()},
		Control{ID: 10, Op: SetValue, Class: 3, Steps: 4, Name: "drc.lambda", Value: 0.25},
		Change{ID: 2, Step: 40, Name: "alpha", From: 0.75, To: 0.5, Unix: 1700000000000, By: "undo", Undo: true, Of: 1, First: 2},
		Trials{Protocol: "fadrm", TestImages: 400, List: []Trial{
			{Images: Distilled, Labels: SoftLabels, Student: "convnet3", Seed: 1, State: Trained, Count: 100, Epoch: 30, Epochs: 30, Last: 0.5, LastTop5: 0.9, Best: 0.6, BestTop5: 0.95, BestEpoch: 20, Seconds: 3},
			{Images: Random, Labels: SoftLabels, Student: "convnet3", State: Planned, Epochs: 30}}},
		Curve{Trial: 1, Points: []CurvePoint{{Epoch: 1, Loss: 2, Top1: 0.1, Top5: 0.5, LR: 0.001}, {Epoch: 2, Loss: 1, Top1: 0.2, Top5: 0.6}}},
		Confusion{Trial: 1, Trials: 3, Correct: []uint32{3, 4}, Total: []uint32{5, 5}, Counts: []uint32{3, 2, 1, 4}},
		Mistakes{Trial: 1, IDs: []string{"a/1.png"}, Label: []int{0}, Predicted: []int{1}, Wrong: []float32{1}, Width: 2, Height: 1, Pixels: rgb(6)},
		Views{Class: 1, Index: 2, Temperature: 20, Epochs: []int{0, 7}, Top: [][]int{{1, 0}, {0}}, Prob: [][]float32{{0.7, 0.3}, {1}}, Width: 1, Height: 1, Pixels: rgb(6)},
		Settings{List: []Setting{{Name: "pta.every", Label: "steps between updates", Symbol: "T", Group: "topology", Help: "How often.", Value: 25,
			Default: 50, Min: 1, Max: 2000, Log: true, Whole: true, Active: true, Reason: "why"}}, Groups: true, Changes: 2, Step: 41, First: 2},
		Resumption{Run: 1 << 40, Held: []Held{{Kind: KindImages, Class: 3, Part: 2, Seq: 300, Side: 16}, {Kind: KindStatus, Class: AllClasses, Seq: 11}},
			Metrics: 12, Squeeze: 5, Line: 9},
	}
}

func message(e Event) Message { return Message{Seq: 12, Run: 1 << 40, Step: Step(e), Event: e} }

func TestEveryKindRoundTrips(t *testing.T) {
	seen := map[Kind]bool{}
	unset := map[string]bool{} // fields, until a sample of the kind sets them
	for _, e := range samples() {
		v := reflect.ValueOf(e)
		for i := range v.NumField() {
			field := e.Kind().String() + "." + v.Type().Field(i).Name
			unset[field] = v.Field(i).IsZero() && (unset[field] || !seen[e.Kind()])
		}
		seen[e.Kind()] = true
		data, err := Encode(message(e))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(data)
		if err != nil {
			t.Fatalf("%s: %v", e.Kind(), err)
		}
		if !reflect.DeepEqual(m, message(e)) {
			t.Errorf("%s came back changed:\n got %+v\nwant %+v", e.Kind(), m, message(e))
		}
	}
	for field, is := range unset {
		if is {
			t.Errorf("the samples leave %s unset", field)
		}
	}
	for k, r := range kinds {
		if !seen[k] {
			t.Errorf("no sample of kind %d (%s)", k, r.name)
		}
	}
}

// edition ends the name of the golden file of kinds that gained keys since the first.
var edition = map[Kind]string{KindHello: "_2", KindCloud: "_2", KindRetrieval: "_2", KindSettings: "_2"}

// What was written before a kind gained keys reads as the same event without them.
func TestEarlierEditionsAreRead(t *testing.T) {
	earlier := map[Kind]func(Event) Event{
		KindSettings: func(e Event) Event {
			s := e.(Settings)
			s.Groups = false
			return s
		},
		KindHello: func(e Event) Event {
			h := e.(Hello)
			h.Driver, h.DeviceMemory = "", 0
			return h
		},
		KindCloud: func(e Event) Event {
			c := e.(Cloud)
			c.PCA, c.MDS, c.Anchors = nil, nil, nil
			for _, s := range []*Set{&c.Real, &c.Syn} {
				s.MDS, s.IDs = nil, nil
			}
			return c
		},
		KindRetrieval: func(e Event) Event {
			r := e.(Retrieval)
			first := r.Candidates[0]
			r.Candidates = [][]Candidate{{}, {}}
			for _, c := range first {
				r.Candidates[0] = append(r.Candidates[0], Candidate{ID: c.ID, Fit: c.Fit, Complexity: c.Complexity, Score: c.Score})
			}
			return Retrieval{Step: r.Step, Stage: r.Stage, Class: r.Class, Lambda: r.Lambda, Candidates: r.Candidates}
		},
	}
	for _, e := range samples() {
		if edition[e.Kind()] == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join("testdata", e.Kind().String()+".cbor"))
		if err != nil {
			t.Fatal(err)
		}
		want := message(earlier[e.Kind()](e))
		if m, err := Decode(data); err != nil || !reflect.DeepEqual(m, want) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", e.Kind(), err, m, want)
		}
	}
}

// Golden files are what this version wrote; every later build must read them, and write the same. They are frozen:
// a kind that gains a key gets a second file.
func TestGoldenBytes(t *testing.T) {
	files := map[Kind]int{}
	for _, e := range samples() {
		name := filepath.Join("testdata", strings.ReplaceAll(e.Kind().String(), " ", "_")+edition[e.Kind()])
		if files[e.Kind()]++; files[e.Kind()] > 1 {
			name += fmt.Sprint("_", files[e.Kind()])
		}
		name += ".cbor"
		data, err := Encode(message(e))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(name)
		if *update && errors.Is(err, os.ErrNotExist) {
			err = os.WriteFile(name, data, 0o644)
			want = data
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, want) {
			t.Errorf("%s: encoded bytes differ from %s: a recording of yesterday would not be what we write today", e.Kind(), name)
		}
		if m, err := Decode(want); err != nil || !reflect.DeepEqual(m, message(e)) {
			t.Errorf("%s: decoding %s: %v\n got %+v", e.Kind(), name, err, m)
		}
	}
}

func TestNewReadsUnknown(t *testing.T) {
	body := map[int]any{1: 7, 2: true, 99: []string{"a key of next year"}}
	data, _ := cbor.Marshal(map[int]any{1: int(KindAck), 2: 3, 3: 4, 4: 0, 5: body, 77: "and one outside"})
	m, err := Decode(data)
	if err != nil || m.Event != (Ack{ID: 7, OK: true}) {
		t.Errorf("unknown keys: got %+v, %v: want them ignored", m, err)
	}
	data, _ = cbor.Marshal(map[int]any{1: 200, 2: 3, 3: 4, 4: 5, 5: body})
	m, err = Decode(data)
	if !errors.Is(err, ErrUnknownKind) || m.Seq != 3 || m.Run != 4 || m.Step != 5 {
		t.Errorf("unknown kind: got %+v, %v: want ErrUnknownKind with seq, run and step", m, err)
	}
}

func TestInconsistentEventsAreRefused(t *testing.T) {
	good := func() Set { return Set{Points: []float32{0, 0, 1, 1}} }
	bad := func(change func(*Set)) Cloud { s := good(); change(&s); return Cloud{Real: s, Syn: good()} }
	cases := []struct {
		e    Event
		want string
	}{
		{nil, "nil event"},
		{Images{Count: 2, Width: 2, Height: 2, Pixels: make([]byte, 23)}, "want 24"},
		{Images{Count: 1, Width: 0, Height: 2}, "size 0x2"},
		{Images{Count: 1, Width: 1 << 40, Height: 1 << 40}, "want sides from 1 to"},
		{Images{Class: -1, Width: 1, Height: 1}, "class -1"},
		{Images{Count: 1 << 40, Width: 1, Height: 1}, "at most"},
		{Residual{Width: 1, Height: 1, Index: []int{0}, Before: make([]byte, 3), Anchor: make([]byte, 3)}, "0 bytes of after"},
		{Residual{Width: 1, Height: 1, Index: []int{0}, Before: make([]byte, 3), Anchor: make([]byte, 3), After: make([]byte, 3),
			Fit: []float32{1, 2}}, "2 values of fit for 1 images"},
		{bad(func(s *Set) { s.Points = s.Points[:3] }), "3 coordinates"},
		{bad(func(s *Set) { s.Edges = []Edge{{I: 0, J: 2}} }), "edge (0, 2) in a set of 2 points"},
		{bad(func(s *Set) { s.Triangles = []Triangle{{I: 0, J: 1, K: -1}} }), "triangle (0, 1, -1)"},
		{bad(func(s *Set) { s.Bars = []Bar{{DeathEdge: [2]int{0, 9}}} }), "critical edges"},
		{bad(func(s *Set) { s.Index = []int{1} }), "1 image indices for 2 points"},
		{bad(func(s *Set) { s.MDS = s.Points[:2] }), "2 coordinates of the second map"},
		{bad(func(s *Set) { s.IDs = []string{"a"} }), "1 ids for 2 points"},
		{Cloud{Anchors: &Anchors{IDs: []string{"a"}, Points: []float32{1}, Image: []int{0}}}, "anchors: 1 and 0 coordinates"},
		{Cloud{Anchors: &Anchors{IDs: []string{"a"}, Points: []float32{1, 2}, Image: []int{-2}}}, "blended into image -2"},
		{Gallery{IDs: []string{"a"}, Width: 1, Height: 1, Pixels: make([]byte, 3)}, "0 images of the class for 1 ids"},
		{Gallery{IDs: []string{"a"}, Index: []int{0}, Width: 2, Height: 1, Pixels: make([]byte, 3)}, "want 6"},
		{Gallery{IDs: []string{"a"}, Index: []int{-2}, Width: 1, Height: 1, Pixels: make([]byte, 3)}, "image -2 of the class"},
		{Gallery{Part: MaxParts, Width: 1, Height: 1}, "part 256"},
		{Diagnosis{First: -1}, "first class -1"},
		{Start{Shape: Diagnosis{First: -1}}, "first class -1"},
		{Diagnosis{First: 1 << 40}, "want a stage of 0 to 255 and the others 0 to 131072"},
		{Diagnosis{Stage: MaxStages}, "stage 256"},
		{Retrieval{Class: -3}, "class -3"},
		{Retrieval{Candidates: [][]Candidate{{{ID: "a"}}}, Chosen: []int{1}}, "anchor 1 of 1 candidates"},
		{Retrieval{Candidates: [][]Candidate{{{ID: "a"}}}, Chosen: []int{0, 0}}, "2 anchors for 1 images"},
		{Retrieval{Pool: -1}, "pool of -1"},
		{Subscribe{Topics: []Subscription{{Topic: 99}}}, "topic 99"},
		{Subscribe{Topics: []Subscription{{Topic: TopicImages}, {Topic: TopicImages}}}, "at most once"},
		{Subscribe{Topics: []Subscription{{Topic: TopicImages, Rate: float32(math.NaN())}}}, "rate NaN"},
		{Credit{Topic: 99}, "topic 99"},
		{IndexPart{First: -1}, "entries from -1"},
		{IndexPart{Foot: []byte{1}}, "foot of 1 bytes"},
		{IndexPart{Entries: []Entry{{Offset: 7, Size: 60}}}, "record of 60 bytes at 7"},
		{IndexPart{Entries: []Entry{{Offset: 8, Size: 1 << 40}}}, "record of 1099511627776 bytes"},
		{IndexPart{Entries: []Entry{{Offset: 8, Size: 60}, {Offset: 70, Size: 60}}}, "want it at 68"},
		{Credit{N: -1}, "-1 credits"},
		{Control{Op: StepOnce, Steps: -4}, "steps -4"},
		{Control{Op: SetValue, Name: strings.Repeat("x", 65)}, "a name of 65 bytes"},
		{Change{Name: "alpha"}, "change 0"},
		{Change{ID: 1025, Name: "alpha"}, "want change 1 to 1024"},
		{Change{ID: 1}, "name"},
		{Change{ID: 1, Name: "alpha", To: math.NaN()}, "to NaN"},
		{Change{ID: 2, Name: "alpha", Undo: true, Of: 2}, "takes change 2 back"},
		{Trials{List: []Trial{{Epoch: 2, Epochs: 1}}}, "epoch 2 of 1"},
		{Curve{Trial: -1}, "trial -1"},
		{Confusion{Correct: []uint32{1}, Total: []uint32{1, 1}}, "2 answers"},
		{Confusion{Correct: []uint32{1}, Total: []uint32{1}, Counts: []uint32{1, 2}}, "2 counts"},
		{Mistakes{IDs: []string{"a"}, Width: 1, Height: 1}, "0 labels"},
		{Mistakes{IDs: []string{"a"}, Label: []int{-1}, Predicted: []int{0}, Wrong: []float32{1}, Width: 1, Height: 1, Pixels: make([]byte, 3)}, "class -1"},
		{Views{Class: -1, Width: 1, Height: 1}, "class -1"},
		{Views{Epochs: []int{0}, Top: [][]int{{1}}, Prob: [][]float32{{}}, Width: 1, Height: 1, Pixels: make([]byte, 3)}, "1 classes and 0 probabilities"},
		{Settings{List: make([]Setting, 65)}, "65 settings"},
		{Settings{List: []Setting{{Name: "alpha", Max: math.Inf(1)}}}, "0 to +Inf"},
		{Settings{List: []Setting{{Name: "alpha", Min: 2, Max: 1}}}, "bounds that rise"},
		{Resumption{Held: make([]Held, MaxHeld+1)}, "4097 items held"},
		{Resumption{Held: []Held{{Kind: KindImages, Class: -2}}}, "class -2"},
		{Resumption{Held: []Held{{Kind: KindImages, Side: -1}}}, "side -1"},
	}
	for _, c := range cases {
		if _, err := Encode(Message{Event: c.e}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("encode %+v: got %v, want an error with %q", c.e, err, c.want)
		}
		if c.e == nil {
			continue
		}
		data, _ := cbor.Marshal(map[int]any{1: int(c.e.Kind()), 2: 0, 3: 0, 4: 0, 5: c.e})
		if _, err := Decode(data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("decode %+v: got %v, want an error with %q", c.e, err, c.want)
		}
	}
}

func TestBettiCountsBars(t *testing.T) {
	// Three points on a line at 0, 1, 3: components merge at 1 and 2, one never dies; a loop lives in [1.5, 2).
	s := Set{Bars: []Bar{{Death: 1}, {Death: 2}, {Death: 5, Essential: true}, {Degree: 1, Birth: 1.5, Death: 2}}}
	for _, c := range []struct {
		eps          float32
		zero, looped int
	}{{0, 3, 0}, {0.99, 3, 0}, {1, 2, 0}, {1.5, 2, 1}, {2, 1, 0}, {100, 1, 0}} {
		if b0, b1 := s.Betti(0, c.eps), s.Betti(1, c.eps); b0 != c.zero || b1 != c.looped {
			t.Errorf("eps %v: Betti %d, %d: want %d, %d", c.eps, b0, b1, c.zero, c.looped)
		}
	}
}
