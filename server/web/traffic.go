package web

import (
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// traffic counts what the routes are asked for, and what is refused. Its labels are ours alone: no client can add one.
type traffic struct {
	log *slog.Logger

	mu      sync.Mutex
	asked   map[string]uint64 // by route
	refused map[int]uint64    // by status
}

func newTraffic(log *slog.Logger) *traffic {
	return &traffic{log: log, asked: map[string]uint64{}, refused: map[int]uint64{}}
}

func (t *traffic) ask(route string) {
	t.mu.Lock()
	t.asked[route]++
	t.mu.Unlock()
}

// refuse answers in words. The log gets the path alone: a query may hold a token.
func (t *traffic) refuse(w http.ResponseWriter, r *http.Request, status int, text string) {
	t.mu.Lock()
	t.refused[status]++
	t.mu.Unlock()
	t.log.Debug("request refused", "status", status, "path", r.URL.Path, "host", r.Host, "origin", r.Header.Get("Origin"))
	http.Error(w, text, status)
}

func (t *traffic) metrics(e *exposition) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var asked, refused []sample
	for route, n := range t.asked {
		asked = append(asked, of(n, "route", route))
	}
	for status, n := range t.refused {
		refused = append(refused, of(n, "code", strconv.Itoa(status)))
	}
	byLabel := func(a, b sample) int { return slices.Compare(a.labels, b.labels) }
	slices.SortFunc(asked, byLabel)
	slices.SortFunc(refused, byLabel)
	e.counter("reta_http_requests_total", "Requests, by route; none that was refused for its host name or method.", asked...)
	e.counter("reta_http_refused_total", "Requests that were refused, by status.", refused...)
}
