package state

import (
	"math"
	"testing"

	"reta/shared/event"
	"reta/viewer/eventtest"
)

func apply(s *State, now float64, events ...event.Event) {
	for _, e := range events {
		s.Apply(event.Message{Run: 7, Step: event.Step(e), Event: e}, now)
	}
}

func TestImagesLandInTheirTiles(t *testing.T) {
	var s State
	apply(&s, 0, event.Hello{Classes: []string{"a", "b", "c"}, IPC: 3}, eventtest.Image(2, 1, 2, 9))
	if s.Pictures != 2 || s.Tile(2, 0) != nil || s.Tile(2, 1) == nil || s.Tile(2, 2).Picture.Pix[0] != 9 || s.Tile(0, 0) != nil {
		t.Fatalf("tiles %+v", s.Tiles)
	}
	before, version := s.Hash(), s.Tile(2, 1).Picture.Version
	apply(&s, 0, eventtest.Image(2, 1, 2, 10))
	if s.Pictures != 2 || s.Hash() == before || s.Tile(2, 1).Picture.Version == version || s.Step != 10 {
		t.Errorf("new pixels: %d pictures, version %d, step %d", s.Pictures, s.Tile(2, 1).Picture.Version, s.Step)
	}
	apply(&s, 0, eventtest.Image(MaxClasses, 0, 1, 1), eventtest.Image(0, MaxTiles, 1, 1))
	if s.Pictures != 2 || len(s.Tiles) > 3 {
		t.Errorf("%d pictures in %d classes after images beyond all bounds", s.Pictures, len(s.Tiles))
	}
}

func TestNewRunEmptiesTheState(t *testing.T) {
	var s State
	apply(&s, 0, event.Hello{Run: "one"}, eventtest.Image(0, 0, 1, 5), event.Metrics{Points: []event.Point{{Step: 1}}})
	s.Apply(event.Message{Run: 8, Event: event.Hello{Run: "two"}}, 0)
	if s.Pictures != 0 || len(s.Points) != 0 || s.Hello.Run != "two" || s.Run != 8 {
		t.Errorf("state of the new run: %+v", s)
	}
}

func TestPointsJoinReplaceAndThin(t *testing.T) {
	var s State
	batch := func(from, to int, ce float32) event.Metrics {
		var m event.Metrics
		for i := from; i <= to; i++ {
			m.Points = append(m.Points, event.Point{Step: i, CE: ce})
		}
		return m
	}
	apply(&s, 0, batch(1, 50, 1), batch(51, 80, 1), event.Metrics{}, batch(41, 60, 2))
	if len(s.Points) != 60 || s.Points[39].CE != 1 || s.Points[40].CE != 2 || s.Points[59].Step != 60 {
		t.Errorf("%d points; a resumed run takes over from its first step", len(s.Points))
	}
	both := batch(55, 70, 3) // joined on the way: the end of one group, and the next from its first step
	both.Points = append(both.Points, batch(1, 20, 4).Points...)
	if apply(&s, 0, both); len(s.Points) != 20 || s.Points[0].CE != 4 || s.Points[19].Step != 20 {
		t.Errorf("%d points up to step %d; within a batch too the next group takes over", len(s.Points), s.Points[len(s.Points)-1].Step)
	}
	for i := range 30 {
		apply(&s, 0, batch(100+10000*i, 99+10000*(i+1), 3))
	}
	if n := len(s.Points); n > maxPoints || n < maxPoints/4 || s.Points[n-1].Step < 300000 {
		t.Errorf("%d points kept, the last of step %d", n, s.Points[n-1].Step)
	}
	for i := 1; i < len(s.Points); i++ {
		if s.Points[i].Step <= s.Points[i-1].Step {
			t.Fatalf("step %d follows step %d", s.Points[i].Step, s.Points[i-1].Step)
		}
	}
}

func TestOnlyNewMomentsAreShownAsNews(t *testing.T) {
	var s State
	apply(&s, 10, event.Hello{})
	apply(&s, 10.2, eventtest.Residual(0, 0, 0, 1)) // state from before this page came
	apply(&s, 15, eventtest.Residual(1, 1, 1))
	if came := s.Tile(0, 1).Last().Arrived; !math.IsInf(came, -1) {
		t.Errorf("an old connection counts as news of %v", came)
	}
	if came := s.Tile(1, 1).Last().Arrived; came != 15 {
		t.Errorf("a new connection counts as news of %v, want 15", came)
	}
	m := s.Tile(0, 0).Last()
	if m.AnchorID != "" || m.Fit != 0 || !math.IsNaN(float64(m.Complexity)) {
		t.Errorf("terms that were not sent: %+v", m)
	}
}

func TestMomentsAreRememberedInOrder(t *testing.T) {
	var s State
	apply(&s, 0, eventtest.Residual(0, 0, 0), eventtest.Residual(0, 1, 0), eventtest.Residual(0, 2, 0))
	if tile := s.Tile(0, 0); len(tile.Residuals) != 3 || tile.Last().Stage != 2 {
		t.Fatalf("%d moments", len(tile.Residuals))
	}
	apply(&s, 0, eventtest.Residual(0, 1, 0)) // the run went back to a checkpoint
	if tile := s.Tile(0, 0); len(tile.Residuals) != 2 || tile.Last().Stage != 1 {
		t.Errorf("after going back: %d moments, last of stage %d", len(tile.Residuals), tile.Last().Stage)
	}
	for stage := range 3 * maxResiduals {
		apply(&s, 0, eventtest.Residual(0, stage, 0))
	}
	if n := len(s.Tile(0, 0).Residuals); n > maxResiduals {
		t.Errorf("%d moments kept", n)
	}
}

func TestStageEndsAreKnownFromEitherSource(t *testing.T) {
	var s State
	apply(&s, 0, event.Hello{Stages: 3, Steps: 30}, event.Metrics{Points: []event.Point{{Step: 9, Stage: 0}, {Step: 10, Stage: 0}, {Step: 11, Stage: 1}}})
	if n, ends := s.Stages(); n != 3 || ends[0] != 10 || len(ends) != 1 {
		t.Errorf("stages %d, ends %v", n, ends)
	}
	apply(&s, 0, event.StageEnd{Stage: 1, Step: 20}, event.StageEnd{Stage: 1, Step: 21})
	if _, ends := s.Stages(); ends[1] != 21 || len(s.Ends) != 1 {
		t.Errorf("ends %v, %d events kept", ends, len(s.Ends))
	}
}

func TestNothingIsDroppedSilently(t *testing.T) {
	var s State
	for range 3 * maxLog {
		apply(&s, 0, event.Log{Text: "line"})
	}
	apply(&s, 0, event.Log{Text: "last"}, event.Result{Images: 3}, event.Flow{Skipped: 2}, event.Status{State: event.Done},
		event.Squeeze{Points: []event.TrainPoint{{Step: 1}}}, event.Cloud{Class: 1})
	if len(s.Log) != maxLog || s.Log[maxLog-1].Text != "last" || s.Result.Images != 3 || s.Flow.Skipped != 2 ||
		s.Status.State != event.Done || len(s.Squeeze) != 1 || len(s.Clouds) != 1 {
		t.Errorf("state %+v", s)
	}
}

func TestThumbnailsAreFoundByName(t *testing.T) {
	var s State
	gallery := func(part int, value byte, ids ...string) event.Gallery {
		pixels := make([]byte, len(ids)*2*2*3)
		for i := range pixels {
			pixels[i] = value + byte(i/12)
		}
		return event.Gallery{Class: 3, Part: part, IDs: ids, Index: make([]int, len(ids)), Width: 2, Height: 2, Pixels: pixels}
	}
	apply(&s, 0, gallery(0, 10, "a", "b"), gallery(1, 20, "b", "c"))
	for id, want := range map[string]byte{"a": 10, "b": 20, "c": 21} {
		if p := s.Thumb(3, id); p == nil || p.Pix[0] != want {
			t.Errorf("thumbnail of %s: %+v, want pixels of %d", id, p, want)
		}
	}
	if s.Thumb(2, "a") != nil || s.Thumb(3, "d") != nil {
		t.Error("a thumbnail that never came")
	}
}
