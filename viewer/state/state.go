// Package state is what the viewer knows of a run, built up from events, and the earlier pictures of its images. It draws
// nothing and knows no scene.
//
//	var s state.State
//	s.Apply(message, now)
//	past, err := state.ReadState(recording, 200, every)   // the same of an earlier step
package state

import (
	"hash/fnv"
	"math"
	"slices"
	"strconv"

	"reta/shared/event"
	"reta/viewer/ui"
)

// State is what the viewer knows of a run. Apply writes it, and History.complete what a recording holds besides; scenes
// read it.
type State struct {
	Run      uint64 // of the server process; a new one empties the state
	Step     int    // newest optimisation step received
	Hello    event.Hello
	Status   event.Status
	Work     event.Work // zero where one process makes the run
	Points   []event.Point
	Squeeze  []event.TrainPoint
	Tiles    [][]*Tile // [class][image]; nil where nothing has come yet
	Clouds   map[int]event.Cloud
	Ends     []event.StageEnd
	starts   map[int]event.Start        // before the first step, by first class
	Shapes   map[[2]int]event.Diagnosis // by stage and first class
	Ranks    map[int]event.Retrieval    // by class, of the newest connection
	Thumbs   thumbnails                 // of real images
	Settings event.Settings             // what may be changed while the run goes on
	Changes  map[int]event.Change       // by ID; those above Settings.Changes are void
	Log      []event.Log                // newest last, at most maxLog
	Result   *event.Result
	Flow     event.Flow
	Unknown  int // messages this build could not read
	Pictures int // tiles filled

	Evaluation Evaluation

	helloAt float64 // clock time of the newest Hello
}

// Tile is one synthetic image, and the residual connections it went through, oldest first.
type Tile struct {
	Picture   ui.Picture
	Step      int
	Residuals []*Residual
}

// Last is the newest residual connection, nil before the first.
func (t *Tile) Last() *Residual {
	if len(t.Residuals) == 0 {
		return nil
	}
	return t.Residuals[len(t.Residuals)-1]
}

// Residual is one residual connection (Eqn 6): after = alpha*before + (1-alpha)*anchor.
type Residual struct {
	Stage, Step           int
	Before, Anchor, After ui.Picture
	AnchorID              string
	Fit, Complexity       float32 // terms of Eq 4; NaN where the server sent none
	Alpha, Lambda         float32
	Arrived               float64 // clock of the frame it came in, seconds
}

// What a page keeps at most; more from a server is cut.
const (
	maxLog       = 200
	maxPoints    = 1 << 16
	MaxClasses   = 1 << 12
	MaxTiles     = 1 << 15
	MaxTrials    = 1 << 12
	maxSteps     = 1e9
	maxSide      = 1 << 13
	maxResiduals = 16
	ManyTiles    = 512
)

// settleSeconds is how long after a Hello the server still sends what happened before, seconds.
const settleSeconds = 1.0

// Apply takes in one message that arrived at clock time now.
func (s *State) Apply(m event.Message, now float64) {
	if m.Run != s.Run {
		*s = State{Run: m.Run}
	}
	s.Step = max(s.Step, m.Step)
	switch e := m.Event.(type) {
	case event.Hello:
		s.Hello, s.helloAt = limitHello(e), now
	case event.Status:
		s.Status = e
	case event.Work:
		s.Work = e
	case event.Metrics:
		s.Points = appendSteps(s.Points, e.Points, func(p event.Point) int { return p.Step })
	case event.Squeeze:
		s.Squeeze = appendSteps(s.Squeeze, e.Points, func(p event.TrainPoint) int { return p.Step })
	case event.Images:
		s.images(e)
	case event.Residual:
		s.residual(e, now)
	case event.Cloud:
		if !(e.EpsMax > 0 && e.EpsMax <= math.MaxFloat32) {
			e.EpsMax = 1 // as figure.FromSet has it
		}
		zeroInvalidBars(e.Real.Bars)
		zeroInvalidBars(e.Syn.Bars)
		putBounded(&s.Clouds, e.Class, e)
	case event.StageEnd:
		s.stageEnd(e)
	case event.Start:
		putBounded(&s.starts, e.Shape.First, e)
	case event.Diagnosis:
		putBounded(&s.Shapes, [2]int{e.Stage, e.First}, e)
	case event.Retrieval:
		if !(e.Lambda >= 0 && e.Lambda <= 1) {
			e.Lambda = 0
		}
		putBounded(&s.Ranks, e.Class, e)
	case event.Gallery:
		s.Thumbs.add(e)
	case event.Trials:
		s.Evaluation.trials(e)
	case event.Curve:
		putBounded(&s.Evaluation.curves, e.Trial, e)
	case event.Confusion:
		if len(e.Total) == 0 { // of an earlier evaluation
			delete(s.Evaluation.confusions, e.Trial)
			delete(s.Evaluation.mistakes, e.Trial)
			break
		}
		putBounded(&s.Evaluation.confusions, e.Trial, e)
	case event.Mistakes:
		putBounded(&s.Evaluation.mistakes, e.Trial, e)
	case event.Views:
		putBounded(&s.Evaluation.Views, [2]int{e.Class, e.Index}, e)
	case event.Settings:
		s.Settings = e
	case event.Change:
		putBounded(&s.Changes, e.ID, e)
	case event.Log:
		s.Log = append(s.Log, e)
		if len(s.Log) > maxLog {
			s.Log = append(s.Log[:0], s.Log[len(s.Log)-maxLog:]...)
		}
	case event.Result:
		s.Result = &e
	case event.Flow:
		s.Flow = e
	}
}

// limitHello is a Hello with no more of anything than there can be, since scenes count by it.
func limitHello(h event.Hello) event.Hello {
	h.Stages = min(max(h.Stages, 0), event.MaxStages)
	h.Steps = min(max(h.Steps, 0), maxSteps)
	h.IPC = min(max(h.IPC, 0), MaxTiles)
	h.Width, h.Height = min(max(h.Width, 0), maxSide), min(max(h.Height, 0), maxSide)
	if len(h.Classes) > MaxClasses {
		h.Classes = h.Classes[:MaxClasses]
	}
	return h
}

// zeroInvalidBars makes bars with NaN or infinite values empty ones; they keep their index, by which bars are chosen.
func zeroInvalidBars(bars []event.Bar) {
	for i := range bars {
		b := &bars[i]
		if reach := math.Abs(float64(b.Birth)) + math.Abs(float64(b.Death)); !(reach <= math.MaxFloat32) {
			b.Birth, b.Death = 0, 0
		}
	}
}

// putBounded puts an event under its key, as long as the page keeps as many.
func putBounded[K comparable, E event.Event](m *map[K]E, key K, e E) {
	if *m == nil {
		*m = map[K]E{}
	}
	if _, old := (*m)[key]; old || len(*m) < MaxClasses {
		(*m)[key] = e
	}
}

// appendSteps joins a batch to a series in order of step. What starts earlier than the
// series ends (a run resumed from a checkpoint, the next group of classes, in a batch of
// its own or within one) takes the place of what it overlaps and of all behind. A series
// that grows too long loses every second point.
func appendSteps[T any](series, batch []T, step func(T) int) []T {
	for len(batch) > 0 {
		end := 1
		for end < len(batch) && step(batch[end]) > step(batch[end-1]) {
			end++
		}
		n := len(series)
		for n > 0 && step(series[n-1]) >= step(batch[0]) {
			n--
		}
		series, batch = append(series[:n], batch[:end]...), batch[end:]
	}
	if len(series) > maxPoints {
		half := series[:0]
		for i := 0; i < len(series); i += 2 {
			half = append(half, series[i])
		}
		series = half
	}
	return series
}

func (s *State) images(e event.Images) {
	for i := range e.Count {
		t := s.tile(e.Class, e.First+i)
		if t != nil && t.Picture.SetRGB(e.Width, e.Height, e.Image(i)) {
			t.Step = e.Step
		}
	}
}

func (s *State) residual(e event.Residual, now float64) {
	if now-s.helloAt < settleSeconds || slices.Contains(s.Hello.Capabilities, event.CapReplay) {
		now = math.Inf(-1) // the present state, sent to a page that just came, or a recording's end: not news
	}
	for i, index := range e.Index {
		t := s.tile(e.Class, index)
		if t == nil {
			continue
		}
		m := &Residual{Stage: e.Stage, Step: e.Step, Alpha: e.Alpha, Lambda: e.Lambda, Arrived: now,
			Fit: floatAt(e.Fit, i), Complexity: floatAt(e.Complexity, i)}
		if i < len(e.AnchorID) {
			m.AnchorID = e.AnchorID[i]
		}
		before, anchor, after := e.Image(i)
		m.Before.SetRGB(e.Width, e.Height, before)
		m.Anchor.SetRGB(e.Width, e.Height, anchor)
		m.After.SetRGB(e.Width, e.Height, after)
		t.addResidual(m, s.Pictures)
	}
}

// addResidual adds a residual connection; where there are many tiles only the newest stays.
func (t *Tile) addResidual(m *Residual, tiles int) {
	for len(t.Residuals) > 0 && t.Last().Stage >= m.Stage {
		t.Residuals = t.Residuals[:len(t.Residuals)-1]
	}
	if tiles > ManyTiles || len(t.Residuals) >= maxResiduals {
		t.Residuals = t.Residuals[:0]
	}
	t.Residuals = append(t.Residuals, m)
}

func floatAt(v []float32, i int) float32 {
	if i < len(v) {
		return v[i]
	}
	return float32(math.NaN())
}

// tile returns image i of a class, made when missing; nil beyond what a page keeps.
func (s *State) tile(class, i int) *Tile {
	if class < 0 || class >= MaxClasses || i < 0 || i >= MaxTiles || s.Pictures >= MaxTiles {
		return s.Tile(class, i)
	}
	for len(s.Tiles) <= class {
		s.Tiles = append(s.Tiles, nil)
	}
	for len(s.Tiles[class]) <= i {
		s.Tiles[class] = append(s.Tiles[class], nil)
	}
	if s.Tiles[class][i] == nil {
		s.Tiles[class][i] = &Tile{}
		s.Pictures++
	}
	return s.Tiles[class][i]
}

// Tile returns image i of a class, or nil where none has come.
func (s *State) Tile(class, i int) *Tile {
	if class < 0 || class >= len(s.Tiles) || i < 0 || i >= len(s.Tiles[class]) {
		return nil
	}
	return s.Tiles[class][i]
}

// ClassName returns the name of a class, or its number.
func (s *State) ClassName(class int) string {
	if class >= 0 && class < len(s.Hello.Classes) {
		return s.Hello.Classes[class]
	}
	return "class " + strconv.Itoa(class)
}

// Hash is a fingerprint of all pixels shown.
func (s *State) Hash() uint64 {
	h := fnv.New64a()
	for _, class := range s.Tiles {
		for _, t := range class {
			if t != nil {
				_, _ = h.Write(t.Picture.Pix)
			}
		}
	}
	return h.Sum64()
}

// Stages returns the number of stages and the step at which each that is over ended.
// A stage's end is known from its StageEnd or from the first loss of the next one.
func (s *State) Stages() (n int, ends map[int]int) {
	ends = map[int]int{}
	n = s.Hello.Stages
	for i := 1; i < len(s.Points); i++ {
		if a, b := s.Points[i-1], s.Points[i]; b.Stage > a.Stage {
			ends[a.Stage] = a.Step
		}
	}
	for _, e := range s.Ends {
		ends[e.Stage] = e.Step
		n = max(n, e.Stage+1)
	}
	return n, ends
}

// MarkNew lets the residual connections after a step count as news of clock time now.
func (s *State) MarkNew(step int, now float64) {
	for _, class := range s.Tiles {
		for _, t := range class {
			if t != nil && t.Last() != nil && t.Last().Step > step {
				t.Last().Arrived = now
			}
		}
	}
}

// Extend gives the state of an earlier step the curves of the whole run.
func (s *State) Extend(whole *State) {
	s.Points = appendSteps(s.Points, whole.Points, func(p event.Point) int { return p.Step })
	s.Squeeze = appendSteps(s.Squeeze, whole.Squeeze, func(p event.TrainPoint) int { return p.Step })
}

// Continues reports whether there is more to come.
func (s *State) Continues() bool {
	return s.Status.State != event.Done && s.Status.State != event.Failed
}
