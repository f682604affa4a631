package web

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// Bounds of one viewer. What a hub holds for it beyond the shared state is keys and answers, far below 8 MB, however
// slow it reads.
const (
	maxAnswers = 1024
	metricsGap = 100 * time.Millisecond // between batches of points, unless the viewer names a rate
	flowGap    = 5 * time.Second
	skippedGap = time.Second // between Flow messages while states are skipped
)

// topics is the number of topics, event.TopicNone included: they are numbered without gaps.
var topics = len(event.Topics()) + 1

// topicOrder lists the topics whose states cost a credit, in the order they are served: small and rare ones first, so
// that pictures do not hold them up. Events need no credit and go before; metrics are not states.
var topicOrder = func() []event.Topic {
	last := []event.Topic{event.TopicCloud, event.TopicImages}
	other := slices.DeleteFunc(event.Topics(), func(t event.Topic) bool {
		return t == event.TopicEvents || t == event.TopicMetrics || slices.Contains(last, t)
	})
	return append(other, last...)
}()

// client is one viewer: what it wants, may receive and was sent. All fields but the constant ones are guarded by the
// hub's mutex.
type client struct {
	conn    *websocket.Conn
	control bool                   // it may send controls
	wake    chan struct{}          // wakes the writer
	written chan struct{}          // closed when the writer has ended
	gone    chan struct{}          // closed when all is over
	ping    atomic.Pointer[string] // what the last ping said

	subs       []*event.Subscription // by topic
	credit     []int                 // by topic
	dirty      []fifo                // by topic: state it has not got in its newest form
	sent       map[key]delivery
	helloSent  bool
	subscribed bool // once at least
	answers    []event.Ack
	lastID     uint64 // of its controls

	metricsAt, squeezeAt, lineAt uint64 // next point or line
	metricsDue                   time.Time
	flowSent                     time.Time
	flowSkipped                  uint64 // sent in the last Flow
	skipped, cut                 uint64

	code   int // close code, 0 while open
	reason string
}

type delivery struct {
	seq    uint64
	when   time.Time
	halved int
}

func newClient(conn *websocket.Conn, control bool) *client {
	c := &client{conn: conn, control: control,
		wake: make(chan struct{}, 1), written: make(chan struct{}), gone: make(chan struct{}),
		subs: make([]*event.Subscription, topics), credit: make([]int, topics), dirty: make([]fifo, topics)}
	c.ping.Store(new(string))
	c.reset()
	return c
}

// reset drops all knowledge of a run.
func (c *client) reset() {
	c.sent = map[key]delivery{}
	for i := range c.dirty {
		c.dirty[i] = fifo{}
	}
	c.metricsAt, c.squeezeAt, c.lineAt = 0, 0, 0
	c.helloSent = false
}

func (c *client) notify() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *client) end(code int, reason string) {
	if c.code == 0 {
		c.code, c.reason = code, reason
	}
}

func (c *client) wants(t event.Topic, class int) bool {
	if int(t) >= len(c.subs) {
		return false
	}
	s := c.subs[t]
	return s != nil && (s.Class == event.AllClasses || class == event.AllClasses || s.Class == class)
}

// mark notes that k has a newer state.
func (c *client) mark(t event.Topic, k key) {
	if !c.dirty[t].push(k) {
		c.skipped++ // the state before was never taken
	}
}

func (c *client) answer(a event.Ack) {
	if len(c.answers) >= maxAnswers {
		c.end(websocket.CloseTryAgainLater, "answers are not taken")
	} else {
		c.answers = append(c.answers, a)
	}
	c.notify()
}

// subscribe replaces all subscriptions; what the viewer then lacks of the present state becomes due.
func (h *Hub) subscribe(c *client, s event.Subscribe) {
	h.mu.Lock()
	defer h.mu.Unlock()
	quiet := !c.wants(event.TopicEvents, event.AllClasses)
	c.subscribed = true
	clear(c.subs)
	for _, sub := range s.Topics {
		c.subs[sub.Topic] = &sub
	}
	h.enqueueMissing(c)
	if start := h.lineEnd - uint64(len(h.lines)); quiet && h.lineEnd > logTail && (c.lineAt == 0 || c.lineAt < start) { // it is new, or lacks lines that are gone
		c.lineAt = h.lineEnd - logTail
	}
	c.notify()
}

// enqueueMissing puts in order all that a viewer wants and lacks of the present state. The caller holds mu.
func (h *Hub) enqueueMissing(c *client) {
	clear(c.dirty)
	for k, f := range h.state {
		t := k.Kind.Topic()
		if !c.wants(t, k.Class) {
			continue
		}
		if had := c.sent[k]; had.seq < f.seq || halvings(f.event, c.subs[t].Size) < had.halved {
			c.dirty[t].push(k)
		}
	}
	for t := range topics {
		c.dirty[t].sort(h.state)
	}
}

func (h *Hub) grant(c *client, credit event.Credit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for t := range topics {
		if credit.Topic == event.TopicNone || int(credit.Topic) == t {
			c.credit[t] = min(event.MaxCredit, c.credit[t]+min(credit.N, event.MaxCredit))
		}
	}
	c.notify()
}
