package web

import (
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// job is what a writer does next: send a shared frame, or a message made for this viewer, or wait, or end.
type job struct {
	frame   *frame
	size    int // largest image side wanted, 0: as it is
	message event.Message
	wait    time.Duration // nothing to send: look again after this time, or when woken
	end     bool
}

// noTimeout is a wait that only waking ends.
const noTimeout = time.Hour

// next chooses what c is sent at the time now, and counts it as sent. Answers and Hello come first, then events,
// then state by topic, each for one credit.
func (h *Hub) next(c *client, now time.Time) job {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := func(e event.Event) job { return job{message: event.Message{Seq: h.seq, Run: h.run, Event: e}} }
	if len(c.answers) > 0 {
		a := c.answers[0]
		c.answers = c.answers[1:]
		return own(a)
	}
	if c.code != 0 && c.code != websocket.CloseGoingAway {
		return job{end: true}
	}
	if !c.helloSent {
		c.helloSent = true
		hello := h.hello
		hello.Control = c.control && slices.Contains(hello.Capabilities, event.CapControl) // a replay has no run
		return own(hello)
	}
	wait := noTimeout
	if f, _ := h.take(c, event.TopicEvents, now); f != nil {
		return job{frame: f}
	}
	if c.wants(event.TopicEvents, event.AllClasses) && c.lineAt < h.lineEnd {
		start := h.lineEnd - uint64(len(h.lines))
		c.lineAt = max(c.lineAt, start)
		f := h.lines[c.lineAt-start]
		c.lineAt++
		return job{frame: f}
	}
	if c.code != 0 {
		return job{end: true}
	}
	if e, w := c.flow(h, now); e != nil {
		return own(e)
	} else {
		wait = min(wait, w)
	}
	if e, seq, w := h.points(c, now); e != nil {
		return job{message: event.Message{Seq: seq, Run: h.run, Event: e}}
	} else {
		wait = min(wait, w)
	}
	for _, t := range topicOrder {
		if c.credit[t] == 0 {
			continue
		}
		f, w := h.take(c, t, now)
		if f != nil {
			c.credit[t]--
			return job{frame: f, size: c.subs[t].Size}
		}
		wait = min(wait, w)
	}
	return job{wait: wait}
}

// take gives the first state of a topic that c lacks and that its rate allows, or how long until there is one.
func (h *Hub) take(c *client, t event.Topic, now time.Time) (*frame, time.Duration) {
	sub, wait := c.subs[t], noTimeout
	if sub == nil {
		return nil, wait
	}
	q := &c.dirty[t]
	for i := 0; i < len(q.keys); i++ {
		k := q.keys[i]
		f, ok := h.state[k]
		if !ok { // forgotten meanwhile
			q.remove(i)
			i--
			continue
		}
		if due := c.sent[k].when.Add(gap(sub.Rate, 0)); now.Before(due) {
			wait = min(wait, due.Sub(now))
			continue
		}
		q.remove(i)
		c.sent[k] = delivery{f.seq, now, halvings(f.event, sub.Size)}
		return f, 0
	}
	return nil, wait
}

// points gives the next batch of metrics or training points and the number its last point was published under, or
// how long until it is due.
func (h *Hub) points(c *client, now time.Time) (e event.Event, seq uint64, wait time.Duration) {
	sub := c.subs[event.TopicMetrics]
	behind := c.metricsAt < h.metrics.end || c.squeezeAt < h.squeeze.end
	if sub == nil || c.credit[event.TopicMetrics] == 0 || !behind {
		return nil, 0, noTimeout
	}
	if now.Before(c.metricsDue) {
		return nil, 0, c.metricsDue.Sub(now)
	}
	for c.metricsAt < h.metrics.end || c.squeezeAt < h.squeeze.end {
		var cut uint64
		if c.squeezeAt < h.squeeze.end {
			p := h.squeeze.from(c.squeezeAt, batch)
			e, seq, cut, c.squeezeAt = event.Squeeze{Points: p.points}, p.seq, p.cut, p.next
		} else {
			p := h.metrics.from(c.metricsAt, batch)
			e, seq, cut, c.metricsAt = event.Metrics{Points: p.points}, p.seq, p.cut, p.next
		}
		c.cut += cut
		if seq > 0 { // there are points
			c.credit[event.TopicMetrics]--
			if c.metricsAt == h.metrics.end && c.squeezeAt == h.squeeze.end {
				c.metricsDue = now.Add(gap(sub.Rate, metricsGap)) // it caught up: collect the next batch
			}
			return e, seq, 0
		}
	}
	return nil, 0, noTimeout
}

// flow sends the state of the connection, to viewers that look at something.
func (c *client) flow(h *Hub, now time.Time) (event.Event, time.Duration) {
	looking := false
	for _, s := range c.subs {
		looking = looking || s != nil
	}
	if !looking {
		return nil, noTimeout
	}
	gap := flowGap
	if c.skipped != c.flowSkipped {
		gap = skippedGap
	}
	if due := c.flowSent.Add(gap); now.Before(due) {
		return nil, due.Sub(now)
	}
	c.flowSent, c.flowSkipped = now, c.skipped
	return event.Flow{Clients: len(h.clients), Skipped: c.skipped, Cut: c.cut, Unix: now.UnixMilli()}, 0
}

func gap(rate float32, otherwise time.Duration) time.Duration {
	if rate <= 0 {
		return otherwise
	}
	return time.Duration(float64(time.Second) / max(float64(rate), 1e-3))
}
