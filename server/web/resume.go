package web

import (
	"sort"

	"reta/shared/event"
)

// resume takes a viewer's word for what it holds of this run, so that only the rest is sent. Nothing is kept of
// viewers that left: the numbers it names are compared with those of the present state, and a number that is not
// believed or no longer known only means that more is sent. Of another run everything is sent, and after the first
// Subscribe it is too late: the hub then knows better than the viewer what it was sent.
func (h *Hub) resume(c *client, r event.Resumption) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Run != h.run || c.subscribed {
		return
	}
	for _, held := range r.Held {
		k := key{Kind: held.Kind, Class: held.Class, Part: held.Part}
		f, ok := h.state[k]
		if !ok || held.Seq > h.seq {
			continue
		}
		d := delivery{seq: held.Seq}
		if event.Side(f.event) > 0 && held.Seq == f.seq {
			d.halved = halvings(f.event, max(1, held.Side))
		}
		c.sent[k] = d
	}
	c.metricsAt, c.squeezeAt = h.metrics.after(r.Metrics), h.squeeze.after(r.Squeeze)
	if r.Line >= h.lineOld { // else lines in between are gone: the newest ones, as for a new viewer
		known := sort.Search(len(h.lines), func(i int) bool { return h.lines[i].seq > r.Line })
		c.lineAt = h.lineEnd - uint64(len(h.lines)-known)
	}
}
