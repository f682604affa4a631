package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"reta/shared/event"
)

// How long a run at work may say nothing before it counts as stalled: a driver may hang, and then no step ends.
const (
	silence      = 15 * time.Minute
	silenceSteps = 20 // and the time of as many steps, where that is longer
)

// health is the state of the run in a word that tells a stranger nothing of it: ok, paused, failed, or stalled when it is at
// work and has published nothing for long. A recording, and a page without a run, are ok.
func (h *Hub) health(now time.Time) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.state[event.ItemOf(event.Status{})]
	if f == nil || slices.Contains(h.hello.Capabilities, event.CapReplay) {
		return "ok"
	}
	s := f.event.(event.Status)
	patience := silence
	if s.StepsPerSecond > 0 {
		patience = max(patience, time.Duration(silenceSteps/float64(s.StepsPerSecond)*float64(time.Second)))
	}
	switch {
	case s.State == event.Failed:
		return "failed"
	case s.State == event.Paused:
		return "paused"
	case s.State != event.Done && now.Sub(h.published) > patience:
		return "stalled"
	}
	return "ok"
}

// sendHealth answers 503 where a run failed or stalled, for supervisors that look at the status alone.
func (s *Server) sendHealth(w http.ResponseWriter) {
	word := s.hub.health(time.Now())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if word == "failed" || word == "stalled" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	fmt.Fprintln(w, word)
}
