package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// A run that goes on for long stays as it was: viewers come, look, steer and go, some without a word and some that never
// read; the engine is killed now and then; the disk fills up and is emptied. Memory, descriptors and threads of both processes
// do not grow, every control is answered, and the page answers all the while. RETA_SOAK is how long, 20 seconds by default.
func TestSoak(t *testing.T) {
	duration := 20 * time.Second
	if text := os.Getenv("RETA_SOAK"); text != "" {
		var err error
		if duration, err = time.ParseDuration(text); err != nil || duration < 10*time.Second {
			t.Fatalf("RETA_SOAK=%s: want a duration such as 1h, of 10s at least", text)
		}
	}
	if _, err := os.Stat("/proc/self/task"); err != nil {
		t.Skip("needs Linux, to look at processes")
	}
	dir, address := t.TempDir(), freeAddress(t)
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	small := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64m") == nil
	if small {
		defer syscall.Unmount(disk, syscall.MNT_DETACH)
	}
	host, said := apart(t, strings.Fields(fmt.Sprintf("--until recover --classes 4 --per-class 8 --ipc 4 --steps 10000000 --listen %s --cache %s/cache --run-dir %s/run", address, dir, disk))...)
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	var visits, controls, kills, fills atomic.Int64
	var faults sync.Map
	fault := func(err error) { faults.LoadOrStore(err.Error(), true) }
	waitFor(t, "the page", func() bool { return healthy(address) == nil })
	waitFor(t, "the first step", func() bool { return strings.Contains(said.String(), "start, images without augmentation") })

	var all sync.WaitGroup
	for i := range 5 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for ctx.Err() == nil {
				n, err := visit(ctx, address, random)
				controls.Add(int64(n))
				visits.Add(1)
				if err != nil && ctx.Err() == nil {
					fault(err)
				}
			}
		})
	}
	all.Go(func() {
		random := rand.New(rand.NewPCG(9, 9))
		for fill := true; ; fill = !fill {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Duration(5+random.IntN(max(3, int(duration.Seconds()/4)))) * time.Second):
			}
			if small && fill {
				hog := filepath.Join(disk, "hog")
				_ = os.WriteFile(hog, make([]byte, 64<<20), 0o644) // as much as there is room for
				time.Sleep(time.Second)
				_ = os.Remove(hog)
				fills.Add(1)
				continue
			}
			if children := childrenOf(host.Process.Pid); len(children) > 0 {
				_ = syscall.Kill(children[0], syscall.SIGKILL)
				kills.Add(1)
			}
		}
	})
	var hosts, engines []use
	for ctx.Err() == nil {
		if err := healthy(address); err != nil {
			fault(fmt.Errorf("the page: %w", err))
		}
		if u, err := useOf(host.Process.Pid); err == nil {
			hosts = append(hosts, u)
		}
		if children := childrenOf(host.Process.Pid); len(children) > 0 {
			if u, err := useOf(children[0]); err == nil && u.bytes > 32<<20 {
				engines = append(engines, u)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
	all.Wait()
	if err := host.Process.Signal(os.Interrupt); err != nil {
		t.Errorf("the program ended before it was asked to: %v\n%s", err, tailOf(said.String()))
	}
	if err := host.Wait(); host.ProcessState.ExitCode() != 6 {
		t.Errorf("ends with %v, want exit code 6:\n%s", err, tailOf(said.String()))
	}
	faults.Range(func(text, _ any) bool { t.Error(text); return true })
	t.Logf("%v: %d visits, %d controls answered, engine killed %d times, disk filled %d times", duration, visits.Load(), controls.Load(), kills.Load(), fills.Load())
	flat(t, "host", hosts)
	flat(t, "engine", engines)
}

// healthy asks the page how it is.
func healthy(address string) error {
	client := http.Client{Timeout: 10 * time.Second}
	r, err := client.Get("http://" + address + "/healthz")
	if err != nil {
		return err
	}
	r.Body.Close()
	if r.StatusCode >= 500 {
		return fmt.Errorf("/healthz answers %s", r.Status)
	}
	return nil
}

// visit is one viewer: it connects, subscribes, steers or never reads, and goes. It returns how many controls were answered.
func visit(ctx context.Context, address string, random *rand.Rand) (answered int, err error) {
	d := websocket.Dialer{Subprotocols: []string{event.Protocol}, HandshakeTimeout: 10 * time.Second}
	conn, r, err := d.DialContext(ctx, "ws://"+address+"/ws", http.Header{"Origin": {"http://" + address}})
	if err != nil {
		if r != nil && (r.StatusCode == http.StatusServiceUnavailable || r.StatusCode == http.StatusTooManyRequests) {
			time.Sleep(100 * time.Millisecond) // all places are taken
			return 0, nil
		}
		return 0, fmt.Errorf("a viewer that connects: %w", err)
	}
	defer conn.Close()
	send := func(e event.Event) error {
		data, err := event.Encode(event.Message{Event: e})
		if err != nil {
			return err
		}
		return conn.WriteMessage(websocket.BinaryMessage, data)
	}
	all := []event.Subscription{}
	for _, topic := range []event.Topic{event.TopicStatus, event.TopicEvents, event.TopicMetrics, event.TopicImages, event.TopicCloud} {
		all = append(all, event.Subscription{Topic: topic, Class: event.AllClasses})
	}
	if err := send(event.Subscribe{Topics: all[:1+random.IntN(len(all))]}); err != nil {
		return 0, nil // it was closed meanwhile
	}
	if random.IntN(4) == 0 { // it never reads
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(random.IntN(3000)) * time.Millisecond):
		}
		return 0, nil
	}
	var id uint64
	for range 1 + random.IntN(4) {
		id++
		c := []event.Control{
			{Op: event.SetValue, Name: "lr", Value: 0.01 + 0.2*random.Float64()}, {Op: event.Undo}, {Op: event.ShowClass, Class: random.IntN(4)},
			{Op: event.Pause}, {Op: event.Resume}, {Op: event.StepOnce, Steps: 1 + random.IntN(3)}, {Op: event.Resume},
		}[random.IntN(7)]
		c.ID = id
		if send(c) != nil {
			return answered, nil
		}
		_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		for waiting := true; waiting; {
			if send(event.Credit{N: event.MaxCredit}) != nil {
				return answered, nil
			}
			_, data, err := conn.ReadMessage()
			if err != nil {
				if websocket.IsCloseError(err, websocket.CloseTryAgainLater, websocket.CloseGoingAway) || ctx.Err() != nil {
					return answered, nil
				}
				return answered, fmt.Errorf("a viewer that waits for the answer to %s: %w", c.Op, err)
			}
			m, err := event.Decode(data)
			if err != nil {
				return answered, fmt.Errorf("a viewer is sent: %w", err)
			}
			if a, ok := m.Event.(event.Ack); ok && a.ID == id {
				answered++
				waiting = false
			}
		}
	}
	_ = send(event.Control{ID: id + 1, Op: event.Resume}) // so that the run goes on
	return answered, nil
}

// use is what a process takes.
type use struct {
	bytes       int64 // resident
	descriptors int
	threads     int
}

// useOf looks at a process.
func useOf(pid int) (u use, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, err
	}
	for _, line := range strings.Split(string(status), "\n") {
		var n int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &n); err == nil {
			u.bytes = n << 10
		}
		if _, err := fmt.Sscanf(line, "Threads: %d", &n); err == nil {
			u.threads = int(n)
		}
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	u.descriptors = len(open)
	return u, err
}

// flat reports a process that took more in the last third of the time than in the one before.
func flat(t *testing.T, what string, list []use) {
	t.Helper()
	if len(list) < 9 {
		t.Errorf("%s: looked at %d times: want 9 or more", what, len(list))
		return
	}
	n := len(list) / 3
	of := func(list []use, value func(use) int64) int64 { // the median
		var values []int64
		for _, u := range list {
			values = append(values, value(u))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	for _, c := range []struct {
		name  string
		value func(use) int64
		slack int64 // beside a tenth
	}{
		{"resident bytes", func(u use) int64 { return u.bytes }, 24 << 20},
		{"descriptors", func(u use) int64 { return int64(u.descriptors) }, 12},
		{"threads", func(u use) int64 { return int64(u.threads) }, 6},
	} {
		before, after := of(list[n:2*n], c.value), of(list[2*n:], c.value)
		t.Logf("%s: %s: %d, then %d", what, c.name, before, after)
		if after > before+before/10+c.slack {
			t.Errorf("%s: %s grew from %d to %d", what, c.name, before, after)
		}
	}
}

// tailOf is the end of what a process said.
func tailOf(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}
