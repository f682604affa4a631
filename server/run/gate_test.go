package run

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"reta/compute/distill"
)

// walker makes steps through a gate and counts them; at says how many it has
// made once everything rests.
func walker(ctx context.Context, g *Gate) (at func() int, end func() error) {
	steps := 0
	done := make(chan error, 1)
	go func() {
		for steps < 1000 {
			if err := g.Wait(ctx, nil); err != nil {
				done <- err
				return
			}
			steps++
		}
		done <- nil
	}()
	return func() int { synctest.Wait(); return steps }, func() error { return <-done }
}

func TestPauseStepResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate()
		var told []bool
		g.Notify(func(paused bool) { told = append(told, paused) })
		g.Pause()
		at, end := walker(t.Context(), g)
		if n := at(); n != 0 || !g.Paused() {
			t.Errorf("paused: %d steps, Paused() %v", n, g.Paused())
		}
		g.Step(1)
		if n := at(); n != 1 {
			t.Errorf("one step asked for: %d made", n)
		}
		g.Step(3)
		g.Step(0) // counts as one
		if n := at(); n != 5 || !g.Paused() {
			t.Errorf("four more asked for: %d made in all, Paused() %v", n, g.Paused())
		}
		g.Resume()
		if err := end(); err != nil {
			t.Error(err)
		}
		if at() != 1000 || g.Paused() {
			t.Error("does not go on after Resume")
		}
		if len(told) != 2 || !told[0] || told[1] {
			t.Errorf("told %v: want one rest, however many single steps, and one going on", told)
		}
	})
}

func TestStepOfARunningRunPausesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate()
		g.Step(2)
		at, end := walker(t.Context(), g)
		if n := at(); n != 2 {
			t.Errorf("%d steps, want 2", n)
		}
		g.Pause() // forgets steps that are left
		g.Step(1)
		if n := at(); n != 3 {
			t.Errorf("%d steps, want 3", n)
		}
		g.Stop()
		if err := end(); !errors.Is(err, distill.ErrStop) {
			t.Errorf("stopped while paused: %v", err)
		}
	})
}

func TestStopHolds(t *testing.T) {
	g := NewGate()
	g.Stop()
	g.Resume()
	for range 2 {
		if err := g.Wait(t.Context(), nil); !errors.Is(err, distill.ErrStop) {
			t.Errorf("after Stop: %v", err)
		}
	}
}

func TestContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		g := NewGate()
		g.Pause()
		at, end := walker(ctx, g)
		at()
		cancel()
		if err := end(); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled while paused: %v", err)
		}
		g.Resume()
		if err := g.Wait(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled while open: %v", err)
		}
	})
}

// A run that is held shows itself once, and again whenever it is poked.
func TestHeldRunShowsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate()
		g.Pause()
		shown, done := 0, make(chan error, 1)
		go func() { done <- g.Wait(t.Context(), func() error { shown++; return nil }) }()
		for want := 1; want <= 3; want++ {
			synctest.Wait()
			if shown != want {
				t.Fatalf("shown %d times, want %d", shown, want)
			}
			g.Poke()
		}
		g.Resume()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}
