package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// rig is a broker with a coordinator, whose items are made in folders of dir.
type rig struct {
	t      *testing.T
	dir    string
	there  string // of workers
	broker *Broker
	url    string // of an outside cluster
	c      *Coordinator

	mu   sync.Mutex
	made map[int]string // by whom
	lost []string
	back []string // items that did not fit, by whom and why
}

const lease = 600 * time.Millisecond

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigIn(t, t.TempDir())
}

// newRigIn is newRig whose coordinator keeps what it has in a folder.
func newRigIn(t *testing.T, dir string) *rig {
	t.Helper()
	g := &rig{t: t, dir: dir, there: t.TempDir(), made: map[int]string{}}
	g.serve("127.0.0.1:0")
	c, err := Coordinate(t.Context(), g.broker.Coordinator("own password", t.Logf), lease)
	if err != nil {
		t.Fatal(err)
	}
	g.c = c
	t.Cleanup(func() { c.Close(); g.broker.Close() })
	return g
}

func (g *rig) serve(address string) {
	g.t.Helper()
	var err error
	if g.broker, err = Serve(BrokerOptions{Listen: address, Store: filepath.Join(g.dir, "store"), Password: "password", Own: "own password", Say: func(format string, args ...any) {}}); err != nil {
		g.t.Fatal(err)
	}
}

func (g *rig) options() Options {
	url := g.url
	if url == "" {
		url = g.broker.URL()
	}
	return Options{URL: url, User: workerUser, Password: "password", Say: func(string, ...any) {}}
}

// start has a worker work until the test or the returned function ends it.
func (g *rig) start(name string, make func(ctx context.Context, item Item, inputs map[string]string, folder string) error) (stop func()) {
	ctx, cancel := context.WithCancel(g.t.Context())
	var working sync.WaitGroup
	working.Go(func() {
		w := Worker{Name: name, Devices: []Device{{"a device", "cpu", 2 << 30, "fp32"}}, Dir: filepath.Join(g.there, name), Heard: func([]byte) {}}
		w.Make = func(ctx context.Context, _ int, item Item, inputs map[string]string, folder string, see func([]byte)) error {
			see([]byte("begins"))
			return make(ctx, item, inputs, folder)
		}
		if err := Work(ctx, g.options(), w); !errors.Is(err, context.Canceled) {
			g.t.Errorf("worker %s: %v", name, err)
		}
	})
	stop = func() { cancel(); working.Wait() }
	g.t.Cleanup(stop)
	return stop
}

// copies what is asked and the input beside it.
func copies(_ context.Context, item Item, inputs map[string]string, folder string) error {
	in := []byte("none")
	if dir, ok := inputs["in"]; ok {
		var err error
		if in, err = os.ReadFile(filepath.Join(dir, "file")); err != nil {
			return err
		}
	}
	return errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, "out"), append(item.Work, in...), 0o644))
}

// wantOut is what copies makes of item i without an input.
func wantOut(i int) string { return fmt.Sprint("work ", i, "none") }

// items are n of them.
func itemsOf(n int) (list []Item) {
	for i := range n {
		list = append(list, Item{Name: fmt.Sprint("item ", i), Work: fmt.Appendf(nil, "work %d", i)})
	}
	return list
}

func (g *rig) handler() Handler {
	return Handler{
		Folder: func(i int) string { return filepath.Join(g.dir, "made", fmt.Sprint(i)) },
		Check: func(i int, folder string) error {
			out, err := os.ReadFile(filepath.Join(folder, "out"))
			if err == nil && !strings.HasPrefix(string(out), fmt.Sprint("work ", i)) {
				err = fmt.Errorf("%q is not of item %d", out, i)
			}
			return err
		},
		Event: func(int, []byte) {},
		Here:  func(string, Device, int) {},
		Back:  func(i int, worker, why string) { g.mu.Lock(); g.back = append(g.back, worker+": "+why); g.mu.Unlock() },
		Made:  func(i int, worker string) { g.mu.Lock(); g.made[i] = worker; g.mu.Unlock() },
		Lost:  func(i int, worker, why string) { g.mu.Lock(); g.lost = append(g.lost, why); g.mu.Unlock() },
	}
}

func (g *rig) makeAll(items []Item) []Failure {
	g.t.Helper()
	ctx, cancel := context.WithCancel(g.t.Context()) // as a command's, without a deadline, which every request would wait for
	defer cancel()
	defer time.AfterFunc(3*time.Minute, cancel).Stop()
	failed, err := g.c.Make(ctx, items, g.handler())
	if err != nil {
		g.t.Fatal(err)
	}
	return failed
}

// check compares what was made.
func (g *rig) check(items []Item, failed []Failure) {
	g.t.Helper()
	for i := range items {
		if slices.ContainsFunc(failed, func(f Failure) bool { return f.Item == i }) {
			continue
		}
		if out, err := os.ReadFile(filepath.Join(g.dir, "made", fmt.Sprint(i), "out")); err != nil || string(out) != wantOut(i) {
			g.t.Errorf("item %d: %q, %v", i, out, err)
		}
	}
}

// Items are made by whoever is there, once each in what the coordinator has, while workers come and go.
func TestWorkersComeAndGo(t *testing.T) {
	g := newRig(t)
	slow := func(ctx context.Context, item Item, inputs map[string]string, folder string) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(30 * time.Millisecond):
			return copies(ctx, item, inputs, folder)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var going sync.WaitGroup
	going.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			stop := g.start(fmt.Sprint("guest", i), slow)
			pause(ctx, 100*time.Millisecond)
			stop()
		}
	})
	g.start("steady", slow)
	items := itemsOf(40)
	failed := g.makeAll(items)
	cancel()
	going.Wait()
	if len(failed) > 0 || len(g.made) != len(items) {
		t.Errorf("%v failed, %d made", failed, len(g.made))
	}
	g.check(items, failed)
	g.c.Clear(t.Context())
	for _, s := range []jetstream.Stream{g.c.items, g.c.results, g.c.fails} {
		if info, err := s.Info(t.Context()); err != nil || info.State.Msgs != 0 {
			t.Errorf("%s keeps %d messages (%v)", info.Config.Name, info.State.Msgs, err)
		}
	}
}

// An input reaches the workers, and is another item's name for the same work.
func TestInputs(t *testing.T) {
	g := newRig(t)
	dir := filepath.Join(g.dir, "in")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "file"), []byte(" and input"), 0o644), os.WriteFile(filepath.Join(dir, "skipped"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	hash, err := g.c.Put(t.Context(), dir, func(path string) bool { return path == "skipped" })
	if err != nil {
		t.Fatal(err)
	}
	again, err := g.c.Put(t.Context(), filepath.Join(dir, "file"), nil)
	if err != nil || again != hash {
		t.Errorf("the same file is %s and %s (%v)", hash, again, err)
	}
	item := Item{Name: "one", Work: []byte("work 0"), Inputs: map[string]string{"in": hash}}
	if item.ID() == (Item{Name: "one", Work: []byte("work 0")}).ID() {
		t.Error("an item with an input is one without")
	}
	g.start("a", copies)
	if failed := g.makeAll([]Item{item}); len(failed) > 0 {
		t.Error(failed)
	}
	if out, err := os.ReadFile(filepath.Join(g.dir, "made", "0", "out")); err != nil || string(out) != "work 0 and input" {
		t.Errorf("%q, %v", out, err)
	}
}

// A worker that is silent for a lease loses its item; what it sends later is dropped, by the broker and in its own eyes.
func TestLateResultIsDropped(t *testing.T) {
	g := newRig(t)
	conn, js, err := connect(g.options(), "frozen")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	frozen := &session{Worker: Worker{Name: "frozen", Devices: []Device{{Name: "0"}}, Dir: filepath.Join(g.dir, "frozen"), Make: func(ctx context.Context, _ int, item Item, inputs map[string]string, folder string, _ func([]byte)) error {
		return errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, "out"), []byte("work 0, late"), 0o644))
	}}, o: g.options(), conn: conn, js: js}
	items := itemsOf(1)
	var failed []Failure
	var making sync.WaitGroup
	making.Go(func() { failed = g.makeAll(items) })
	var msg jetstream.Msg
	for deadline := time.Now().Add(20 * time.Second); msg == nil && time.Now().Before(deadline); {
		msg, _, _ = frozen.next(t.Context())
	}
	if msg == nil {
		t.Fatal("no item")
	}
	g.start("quick", copies)
	making.Wait()
	var said bytes.Buffer
	frozen.o.Say = func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
	id := items[0].ID()
	folder := filepath.Join(g.dir, "frozen", "items", id)
	if err := frozen.make(t.Context(), 0, items[0], id, folder); err != nil {
		t.Fatal(err)
	}
	var object string
	if err := frozen.upload(t.Context(), id, folder, &object); err != nil {
		t.Fatal(err)
	}
	frozen.publish(t.Context(), items[0], id, result{"frozen", object})
	if !strings.Contains(said.String(), "this result is dropped") || g.made[0] != "quick" || len(failed) > 0 {
		t.Errorf("made by %q; the late one says %q", g.made[0], said.String())
	}
	if failed := g.makeAll(items); len(failed) > 0 { // of a coordinator that is started again
		t.Error(failed)
	}
	g.check(items, nil)
}

// A broker that is ended and started again with its store has lost nothing, neither have those who waited for it.
func TestBrokerIsStartedAgain(t *testing.T) {
	g := newRig(t)
	address := strings.TrimPrefix(g.broker.URL(), "nats://")
	g.c.Close()
	c, err := Coordinate(t.Context(), Options{URL: g.broker.URL(), User: coordinatorUser, Password: "own password", Say: t.Logf}, lease)
	if err != nil {
		t.Fatal(err)
	}
	g.c = c
	defer c.Close()
	for _, name := range []string{"a", "b"} {
		g.start(name, func(ctx context.Context, item Item, inputs map[string]string, folder string) error {
			pause(ctx, 100*time.Millisecond)
			return copies(ctx, item, inputs, folder)
		})
	}
	var ending sync.WaitGroup
	ending.Go(func() {
		for range 3 {
			pause(t.Context(), 700*time.Millisecond)
			g.broker.Close()
			pause(t.Context(), 300*time.Millisecond)
			g.serve(address)
		}
	})
	items := itemsOf(40)
	failed := g.makeAll(items)
	ending.Wait()
	if len(failed) > 0 || len(g.made) != len(items) {
		t.Errorf("%v failed, %d made", failed, len(g.made))
	}
	g.check(items, failed)
}

// An item that the queue has and gives to nobody any more is queued anew.
func TestItemThatIsStuck(t *testing.T) {
	g := newRig(t)
	if _, err := g.c.items.UpdateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: consumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: lease, MaxDeliver: 1, MaxAckPending: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	items := itemsOf(1)
	var failed []Failure
	var making sync.WaitGroup
	making.Go(func() { failed = g.makeAll(items) })
	var msg jetstream.Msg
	for deadline := time.Now().Add(20 * time.Second); msg == nil && time.Now().Before(deadline); {
		if batch, err := g.c.workers.Fetch(1, jetstream.FetchMaxWait(time.Second)); err == nil {
			msg = <-batch.Messages()
		}
	}
	if msg == nil {
		t.Fatal("no item")
	}
	g.start("a", copies)
	making.Wait()
	if len(failed) > 0 || g.made[0] != "a" {
		t.Errorf("%v, made by %q", failed, g.made[0])
	}
	g.check(items, failed)
}

// An item that nobody can make is set aside after three reports, with the reason, and the others are made.
func TestItemThatNobodyMakes(t *testing.T) {
	g := newRig(t)
	for _, name := range []string{"a", "b"} {
		g.start(name, func(ctx context.Context, item Item, inputs map[string]string, folder string) error {
			if item.Name == "item 1" {
				return errors.New("out of\nmemory\x1b[2J")
			}
			return copies(ctx, item, inputs, folder)
		})
	}
	items := itemsOf(4)
	failed := g.makeAll(items)
	if len(failed) != 1 || failed[0].Item != 1 || !strings.Contains(failed[0].Why, "out of memory [2J (for the third time; by ") || len(g.lost) != 3 {
		t.Errorf("%+v, lost %q", failed, g.lost)
	}
	g.check(items, failed)
}

func wantRefusal(t *testing.T, conn *nats.Conn, refusals <-chan error, subject string) {
	t.Helper()
	_ = conn.Flush()
	select {
	case err := <-refusals:
		if !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("%s: %v", subject, err)
		}
	case <-time.After(5 * time.Second):
		t.Errorf("%s is allowed", subject)
	}
}

// An idle worker keeps what it may still be asked for, and no more.
func TestIdleWorkerIsTidy(t *testing.T) {
	g := newRig(t)
	conn, js, err := connect(g.options(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s := &session{Worker: Worker{Name: "a", Dir: g.there}, o: g.options(), conn: conn, js: js, making: map[string]context.CancelCauseFunc{}}
	item := itemsOf(1)[0]
	text, _ := json.Marshal(item)
	if _, err := g.c.js.Publish(t.Context(), itemSubject+item.ID(), text); err != nil {
		t.Fatal(err)
	}
	stays, goes := []string{"items/" + item.ID(), "inputs/new"}, []string{"items/" + strings.Repeat("ab", 32), "items/.pack", "inputs/new.part", "inputs/old"}
	for _, name := range append(stays, goes...) {
		if err := os.MkdirAll(filepath.Join(g.there, name, "in"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * longestInput)
	if err := os.Chtimes(filepath.Join(g.there, "inputs/old"), past, past); err != nil {
		t.Fatal(err)
	}
	s.works("another", func(error) {})
	s.tidy(t.Context())
	if _, err := os.Stat(filepath.Join(g.there, goes[0])); err != nil {
		t.Errorf("a worker that is busy tidies up: %v", err)
	}
	s.works("another", nil)
	s.tidy(t.Context())
	for _, name := range stays {
		if _, err := os.Stat(filepath.Join(g.there, name)); err != nil {
			t.Error(err)
		}
	}
	for _, name := range goes {
		if _, err := os.Stat(filepath.Join(g.there, name)); err == nil {
			t.Errorf("%s stays", name)
		}
	}
}

// Items that wait for others come when these are made or set aside, and what was made of them while the coordinator was gone is found.
func TestNext(t *testing.T) {
	g := newRig(t)
	all := itemsOf(4)
	one := Item{Name: "bad", Work: []byte("bad")}
	list := []Item{all[0], one, all[1], all[2], all[3]}
	chain := func(ctx context.Context, upTo int) []int {
		var failed []int
		h := g.handler()
		h.Check = func(int, string) error { return nil }
		h.Failed = func(i int, why string) { failed = append(failed, i) }
		h.Next = func(_ context.Context, first int) ([]Item, error) {
			if first == upTo {
				return nil, nil
			}
			return list[first : first+1], nil
		}
		if got, err := g.c.Make(ctx, nil, h); err != nil || len(got) != len(failed) {
			t.Fatalf("%v failed, %v", got, err)
		}
		return failed
	}
	g.start("a", func(ctx context.Context, item Item, inputs map[string]string, folder string) error {
		if string(item.Work) == "bad" {
			return errors.New("no")
		}
		return copies(ctx, item, inputs, folder)
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	defer time.AfterFunc(time.Minute, cancel).Stop()
	if failed := chain(ctx, 3); !slices.Equal(failed, []int{1}) || g.made[0] != "a" || g.made[2] != "a" {
		t.Errorf("%v failed, %v made", failed, g.made)
	}
	// as if the last had been made for a coordinator that was killed
	m := g.c.making(Handler{})
	m.at[all[3].ID()], m.items = 0, all[3:]
	if err := m.queue(ctx, all[3].ID()); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); ; {
		if _, err := g.c.results.GetLastMsgForSubject(ctx, resultTopic+all[3].ID()); err == nil {
			break
		} else if time.Since(start) > 30*time.Second {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := os.RemoveAll(filepath.Join(g.dir, "made")); err != nil {
		t.Fatal(err)
	}
	list[0], list[1] = all[2], all[3]
	list[0].Name = "another"
	if chain(ctx, 2); len(g.made) < 2 {
		t.Errorf("%v made", g.made)
	}
	if out, err := os.ReadFile(filepath.Join(g.dir, "made", "1", "out")); err != nil || string(out) != wantOut(3) {
		t.Errorf("%q, %v", out, err)
	}
}
