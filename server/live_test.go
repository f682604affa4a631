package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"reta/server/run"
	"reta/shared/event"
)

// begun is a group that somebody begins with.
var begun = regexp.MustCompile(`recover \d/4: .* begins`)

// A setting that a viewer changes while several processes recover groups holds from the first group on that none has begun, is kept where the run
// is continued, and what comes of it is what one process makes by the same list of changes.
func TestSettingsChangeBetweenGroups(t *testing.T) {
	for _, c := range []struct {
		name, flags    string
		workers, first int
	}{
		{"devices", "--device 0,0", 0, 2},
		{"workers", "--cluster own --cluster-lease 2s --cluster-listen ", 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			several, cache := filepath.Join(dir, "several"), " --cache "+filepath.Join(dir, "cache")
			line := "--until recover " + clusterRun + " --run-dir " + several + cache
			if c.workers > 0 { // with a cache of its own
				writeFile(t, filepath.Join(dir, "cache/cluster/password"), []byte("a password of workers\n"))
				address := freeAddress(t)
				c.flags += address
				worker, _ := apart(t, strings.Fields("worker nats://"+address+" --device 0 --name a --password "+dir+"/cache/cluster/password --cache "+dir+"/cache-a")...)
				defer func() { _ = worker.Process.Signal(os.Interrupt); _ = worker.Wait() }()
			}
			page := freeAddress(t)
			host, said := apart(t, strings.Fields(line+" "+c.flags+" --listen "+page)...)
			s := sit(t, page)
			waitFor(t, "the first groups", func() bool { return len(begun.FindAllString(said.String(), -1)) == c.first })
			for _, ask := range []event.Control{{Op: event.Pause}, {Op: event.SetValue, Name: "alpha", Value: 0.125}, {Op: event.SetValue, Name: "lr", Value: 0.5}, {Op: event.Undo}} {
				if why := s.ask(ask); why != "" {
					t.Errorf("%s: %s", ask.Op, why)
				}
			}
			if why := s.ask(event.Control{Op: event.SetValue, Name: "alpha", Value: 2}); !strings.Contains(why, "alpha = 2: want 0 to 1") {
				t.Errorf("out of bounds: %q", why)
			}
			is := func(e event.Event) bool {
				now, ok := e.(event.Settings)
				return ok && now.Changes == 3 && now.Groups && now.First == c.first
			}
			if !slices.ContainsFunc(s.told, is) {
				s.until("the settings", is)
			}
			changed := fmt.Sprintf("setting alpha: 0.5 -> 0.125 after step 0 of classes %d and on, by viewer", c.first)
			if !strings.Contains(said.String(), changed) {
				t.Errorf("does not say %q:\n%s", changed, tailOf(said.String()))
			}
			_ = host.Process.Signal(os.Interrupt)
			_ = host.Wait()
			if _, err := os.Stat(filepath.Join(several, "export")); err == nil {
				t.Fatal("it was over before it was stopped")
			}
			again, told := apart(t, strings.Fields("--headless --resume "+several+" "+c.flags+cache)...)
			if err := again.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, told)
			}

			if c.workers > 0 { // what all groups read of the real images is made once, and reaches the worker's cache
				made, _ := filepath.Glob(filepath.Join(dir, "cache/features-*.safetensors"))
				if !strings.Contains(said.String(), "embed: made by a, 1 of 1") || len(made) != 1 {
					t.Fatalf("the pool is not made by the worker: %v", made)
				}
				out, err := exec.Command("cmp", made[0], filepath.Join(dir, "cache-a", filepath.Base(made[0]))).CombinedOutput()
				if err != nil {
					t.Errorf("%v: %s", err, out)
				}
				if err := os.Remove(made[0]); err != nil { // for one process to make it again
					t.Fatal(err)
				}
			}

			alone := filepath.Join(dir, "alone")
			for _, name := range []string{"config.toml", "changes.jsonl"} {
				text, err := os.ReadFile(filepath.Join(several, name))
				if err != nil {
					t.Fatal(err)
				}
				writeFile(t, filepath.Join(alone, name), text)
			}
			if _, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields("--headless --quiet --resume "+alone+cache)...); err != nil {
				t.Fatalf("%v\n%s", err, stderr)
			}
			sameFiles(t, several, alone, "export", "changes.jsonl", "config.toml", "images.bin")
			of := func(folder string) (ids []int) {
				_, file, recording, err := openRecording(folder)
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				for _, entry := range recording.Index().Entries() {
					if entry.Kind == event.KindChange {
						m, err := recording.Read(entry)
						if err != nil {
							t.Fatal(err)
						}
						ids = append(ids, m.Event.(event.Change).ID)
					}
				}
				return ids
			}
			if got, want := of(several), of(alone); !slices.Equal(got, want) || len(want) != 3 {
				t.Errorf("the log has changes %v, one process's %v", got, want)
			}
		})
	}
}
