package web

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// Bounds of a hub.
const (
	MaxClients = 16        // viewers at once
	stateBytes = 256 << 20 // of the images, residuals, retrievals and clouds kept for viewers that come late
	logLines   = 1024      // kept; a subscribed viewer that falls further behind is closed with 1013
	logTail    = 200       // of them sent to a viewer that comes late
	batch      = 2048      // points of one Metrics or Squeeze message
)

// Hub keeps the present state of a run and shows it to viewers. Publish never waits for a viewer: each viewer's own
// goroutine takes the newest state when the viewer granted a credit. All methods are safe for concurrent use.
type Hub struct {
	build    string
	log      *slog.Logger
	timeouts timeouts
	controls chan Request

	mu      sync.Mutex
	closed  bool
	run     uint64 // random; a new one tells viewers to forget what they know
	seq     uint64
	hello   event.Hello
	state   map[key]*frame
	bytes   int64 // weight of state
	stage   int   // of the residuals in it
	metrics series[event.Point]
	squeeze series[event.TrainPoint]
	lines   []*frame // newest log lines, lineEnd-len(lines) .. lineEnd-1
	lineEnd uint64
	lineOld uint64 // number of publication of the newest line that is no longer kept
	// For /healthz and /metrics.
	published time.Time // when anything last was
	messages  [3]uint64 // log lines, by event.Level
	clients   map[*client]struct{}
}

func newHub(build string, log *slog.Logger) *Hub {
	h := &Hub{build: build, log: log, timeouts: defaultTimeouts, controls: make(chan Request, 64), clients: map[*client]struct{}{}}
	h.reset()
	h.setHello(event.Hello{})
	return h
}

// Publish makes e part of the present state and wakes the viewers that want it. It takes e as it is: the caller
// writes to none of its slices afterwards. A Hello of another run clears the state. An event that does not pass
// event.Check, or that only viewers send, is logged and dropped.
func (h *Hub) Publish(e event.Event) {
	if err := event.Check(e); err != nil {
		h.log.Error("event not published", "error", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	h.published = time.Now()
	switch e := e.(type) {
	case event.Hello:
		if e.Run != h.hello.Run && h.hello.Run != "" {
			h.reset()
		}
		h.setHello(e)
	case event.Metrics:
		for _, p := range e.Points {
			h.metrics.add(p, h.seq)
			h.seq++ // each point has its own, so that a batch may end anywhere
		}
		h.wake(event.TopicMetrics, event.AllClasses)
	case event.Squeeze:
		for _, p := range e.Points {
			h.squeeze.add(p, h.seq)
			h.seq++
		}
		h.wake(event.TopicMetrics, event.AllClasses)
	case event.Log:
		if e.Unix == 0 {
			e.Unix = time.Now().UnixMilli()
		}
		h.messages[min(int(e.Level), len(h.messages)-1)]++
		h.appendLog(e)
	default:
		if e.Kind().Topic() == event.TopicNone {
			h.log.Error("event not published", "error", "no viewer expects "+e.Kind().String()+" from a run")
			return
		}
		h.store(e)
	}
}

// Controls gives what viewers ask for. Each Request wants one Answer.
func (h *Hub) Controls() <-chan Request { return h.controls }

// Wants reports whether any connected viewer is subscribed to a topic of a class at present; class event.AllClasses asks
// for any class. So a run makes no picture that nobody sees: event.KindCloud.Topic() is the topic to ask for before
// a cloud is made. A hidden page, and one whose connection ends, is subscribed to nothing. The answer is that of the
// moment: a viewer that comes later gets what is published from then on, and what the hub has. It compares at most
// MaxClients subscriptions, does not allocate, and may be asked by any goroutine.
func (h *Hub) Wants(t event.Topic, class int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients {
		if c.code == 0 && c.wants(t, class) {
			return true
		}
	}
	return false
}

// Watching lists the topics that viewers are subscribed to at present, each with the class or event.AllClasses, in order and
// once: what Wants answers from.
func (h *Hub) Watching() []event.Subscription {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []event.Subscription
	for c := range h.clients {
		for t, s := range c.subs {
			if s != nil && c.code == 0 {
				list = append(list, event.Subscription{Topic: event.Topic(t), Class: s.Class})
			}
		}
	}
	slices.SortFunc(list, func(a, b event.Subscription) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Class, b.Class))
	})
	return slices.Compact(list)
}

// Reset forgets the present state, and tells viewers to: all of it is published again.
func (h *Hub) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reset()
}

// reset begins a new run. The caller holds mu.
func (h *Hub) reset() {
	h.run = rand.Uint64() >> 1 // it fits a signed integer anywhere
	h.state = map[key]*frame{}
	h.bytes = 0
	h.metrics, h.squeeze = series[event.Point]{}, series[event.TrainPoint]{}
	h.lines, h.lineEnd, h.lineOld = nil, 0, 0
	for c := range h.clients {
		c.reset()
	}
}

// setHello keeps the Hello every viewer gets first. The caller holds mu, or has the hub for itself.
func (h *Hub) setHello(e event.Hello) {
	e.Major, e.Minor = event.Major, event.Minor
	if e.Build == "" {
		e.Build = h.build
	}
	replay := false
	for _, c := range e.Capabilities {
		replay = replay || c == event.CapReplay
	}
	if !replay {
		e.Capabilities = append([]string{event.CapControl}, e.Capabilities...)
	}
	h.hello = e
	for c := range h.clients {
		c.helloSent = false
		c.notify()
	}
}

// store makes e the newest state of its key. The caller holds mu.
func (h *Hub) store(e event.Event) {
	f := &frame{key: event.ItemOf(e), seq: h.seq, run: h.run, event: e, bytes: memoryEstimate(e)}
	if r, ok := e.(event.Residual); ok && r.Stage != h.stage {
		h.stage = r.Stage
		for k := range h.state {
			if k.Kind == event.KindResidual {
				h.drop(k)
			}
		}
	}
	h.drop(f.key)
	h.state[f.key] = f
	h.bytes += f.bytes
	for h.bytes > stateBytes && h.dropOldest(f.key) {
	}
	topic := e.Kind().Topic()
	for c := range h.clients {
		if c.wants(topic, f.key.Class) {
			c.mark(topic, f.key)
			c.notify()
		}
	}
}

func (h *Hub) drop(k key) {
	if old, ok := h.state[k]; ok {
		h.bytes -= old.bytes
		delete(h.state, k)
	}
}

// dropOldest forgets the oldest picture, cloud or retrieval but the one of key keep.
func (h *Hub) dropOldest(keep key) bool {
	var oldest *frame
	for k, f := range h.state {
		t := k.Kind.Topic()
		big := t != event.TopicStatus && t != event.TopicEvents
		if big && k != keep && (oldest == nil || f.seq < oldest.seq) {
			oldest = f
		}
	}
	if oldest == nil {
		return false
	}
	h.drop(oldest.key)
	return true
}

// appendLog appends a log line. The caller holds mu.
func (h *Hub) appendLog(e event.Log) {
	h.lines = append(h.lines, &frame{key: event.ItemOf(e), seq: h.seq, run: h.run, event: e})
	h.lineEnd++
	if len(h.lines) > logLines {
		h.lineOld, h.lines = h.lines[0].seq, h.lines[1:]
	}
	for c := range h.clients {
		if !c.wants(event.TopicEvents, event.AllClasses) {
			continue
		}
		if h.lineEnd-c.lineAt > logLines {
			c.end(websocket.CloseTryAgainLater, "log lines came faster than this viewer took them")
		}
		c.notify()
	}
}

func (h *Hub) wake(t event.Topic, class int) {
	for c := range h.clients {
		if c.wants(t, class) {
			c.notify()
		}
	}
}

// Close sends every viewer what is left of log, results and answers, then close code 1001, and waits until all are
// gone. When ctx ends first, connections are cut and Close returns its error.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	var left []*client
	for c := range h.clients {
		left = append(left, c)
		c.end(websocket.CloseGoingAway, "the server ends")
		c.notify()
	}
	h.mu.Unlock()
	var err error
	for _, c := range left {
		select {
		case <-c.gone:
		case <-ctx.Done():
			err = ctx.Err()
			c.conn.Close()
			<-c.gone
		}
	}
	return err
}
