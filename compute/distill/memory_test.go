package distill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/vk"
	"reta/shared/event"
)

// limitedGroup is a group of a job's images on a device with so much memory, 0 for all, and teachers of its own, by default a resnet8.
func limitedGroup(t *testing.T, limit int64, networks ...string) *Group {
	t.Helper()
	dev, err := vk.Open(vk.Options{Device: os.Getenv("RETA_DEVICE"), Validation: graphtest.Validation(), MemoryLimit: limit})
	if err != nil {
		t.Fatal(err)
	}
	if len(networks) == 0 {
		networks = []string{"resnet8"}
	}
	job := smallJob(t)
	job.Recipe.PTA.On, job.Teachers = false, nil
	for _, name := range networks {
		m, err := models.New(dev, name, models.Spec{Classes: 3, Frozen: true, Size: 16})
		if err != nil {
			t.Fatal(err)
		}
		job.Teachers = append(job.Teachers, m)
	}
	r, err := newRun(context.Background(), dev, job)
	if err != nil {
		t.Fatal(err)
	}
	g, err := r.newGroup(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.replace(16, make([]float32, g.Recipe.IPC*g.count*16*16*3)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		g.close()
		for _, m := range job.Teachers {
			m.Free()
		}
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// A step that the device has no room for says what batch would fit, and that one does.
func TestWhatWouldFitIsSaid(t *testing.T) {
	all := limitedGroup(t, 0)
	used, _ := all.dev.MemoryUsed()
	acting := []Share{{0, 1}}
	memory := func(n int) int64 {
		m, err := all.stepMemory(acting, n)
		if err != nil {
			t.Fatal(err)
		}
		return m.Bytes()
	}
	if after, _ := all.dev.MemoryUsed(); after != used {
		t.Errorf("looking at a step leaves %d bytes", after-used)
	}
	p, err := all.program(acting, 3)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.exec.Bytes()+all.arena.Bytes(), memory(3); got != want {
		t.Errorf("a step takes %d bytes, %d were expected", got, want)
	}
	g := limitedGroup(t, used+memory(9))
	_, err = g.program(acting, 12)
	if err == nil || !errors.Is(err, vk.ErrOutOfMemory) {
		t.Fatalf("12 images at a time: %v", err)
	}
	var n int
	if _, said, ok := strings.Cut(err.Error(), "; a batch of "); ok {
		fmt.Sscanf(said, "%d fits, --batch", &n)
	}
	if n < 5 || n > 9 {
		t.Fatalf("of the memory for 9 images a batch of %d is said to fit: %v", n, err)
	}
	if _, err := g.program(acting, n); err != nil {
		t.Errorf("%d images at a time: %v", n, err)
	}
	none := limitedGroup(t, used+memory(1)/2)
	if _, err = none.program(acting, 2); err == nil || !strings.Contains(err.Error(), "not even a batch of one image fits") {
		t.Errorf("2 images at a time: %v", err)
	}
}

// A run says before its first step what its steps will take, and warns where that is more than there is.
func TestMemoryIsForecast(t *testing.T) {
	all := limitedGroup(t, 0)
	used, _ := all.dev.MemoryUsed()
	m, err := all.stepMemory([]Share{{0, 1}}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		limit int64
		level event.Level
		words string
	}{{0, event.Info, "for 12 images and Adam's moments, "}, {0, event.Info, " for 1 program at 16 px, of "}, {used + m.Bytes()/2, event.Warning, ": too much"}} {
		g := limitedGroup(t, c.limit)
		before, _ := g.dev.MemoryUsed()
		var said []event.Log
		g.run.Emit = func(e event.Event) {
			if l, ok := e.(event.Log); ok {
				said = append(said, l)
			}
		}
		if err := g.forecast(); err != nil {
			t.Fatal(err)
		}
		if len(said) != 1 || said[0].Level != c.level || !strings.Contains(said[0].Text, c.words) || !strings.HasPrefix(said[0].Text, "device memory: ") {
			t.Errorf("with a limit of %d bytes: %+v, want %q", c.limit, said, c.words)
		}
		if after, _ := g.dev.MemoryUsed(); after != before {
			t.Errorf("the forecast leaves %d bytes", after-before)
		}
	}
}

// The programs of several teachers take turns in one arena, which is as large as the largest needs, and the forecast knows.
func TestTeachersShareAnArena(t *testing.T) {
	g := limitedGroup(t, 0, "resnet8", "convnet3-bn")
	var own, sum, most int64
	for teacher := range g.Teachers {
		acting := []Share{{teacher, 1}}
		m, err := g.stepMemory(acting, 3)
		if err != nil {
			t.Fatal(err)
		}
		own, sum, most = own+m.Own, sum+m.Arena, max(most, m.Arena)
		if _, err := g.program(acting, 3); err != nil {
			t.Fatal(err)
		}
	}
	got := g.arena.Bytes()
	for _, p := range g.programs {
		got += p.exec.Bytes()
	}
	if got != own+most || most == sum || len(g.programs) != 2 {
		t.Errorf("%d programs take %d bytes: want %d, with the larger arena, not %d, with both", len(g.programs), got, own+most, own+sum)
	}
}
