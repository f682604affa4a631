package web

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxConnections bounds what slow or many clients can hold; a page needs one connection for its socket and up to six
// while it loads.
const maxConnections = 256

// How long a connection keeps its place where another one wants it: from the beginning of a request that is answered
// slowly, or is not sent. A viewer's socket keeps its place as long as it lasts (see MaxClients).
const (
	patience     = 5 * time.Second
	newPatience  = time.Second
	placesWaited = 100 * time.Millisecond // between two looks for a place
)

// places are the connections of all listeners, at most so many. Where all places are taken a new connection gets that of
// one that waits for its next request, or of one that has been slow: so neither idle nor slow clients, however many, shut
// others out. The address with the most connections gives one up.
type places struct {
	most  int
	freed chan struct{}

	mu   sync.Mutex
	open map[*placed]struct{}
}

// placed is a connection with a place.
type placed struct {
	net.Conn
	of      *places
	address string
	once    sync.Once
	state   http.ConnState // guarded by places.mu, as is
	since   time.Time
}

func newPlaces(most int) *places {
	return &places{most: most, freed: make(chan struct{}, 1), open: map[*placed]struct{}{}}
}

// listener gives inner's connections places.
func (p *places) listener(inner net.Listener) net.Listener {
	return &placedListener{Listener: inner, places: p, closed: make(chan struct{})}
}

type placedListener struct {
	net.Listener
	places *places
	once   sync.Once
	closed chan struct{}
}

// Accept waits for a connection, and then until there is a place for it.
func (l *placedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	address, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		address = conn.RemoteAddr().String()
	}
	c := &placed{Conn: conn, of: l.places, address: address}
	for !l.places.enter(c) {
		select {
		case <-l.places.freed:
		case <-time.After(placesWaited):
		case <-l.closed:
			conn.Close()
			return nil, net.ErrClosed
		}
	}
	return c, nil
}

func (l *placedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// enter gives c a place, if need be that of another connection, which is closed.
func (p *places) enter(c *placed) bool {
	p.mu.Lock()
	var spared *placed
	if len(p.open) >= p.most {
		if spared = p.spare(time.Now()); spared == nil {
			p.mu.Unlock()
			return false
		}
		delete(p.open, spared)
	}
	c.state, c.since = http.StateNew, time.Now()
	p.open[c] = struct{}{}
	p.mu.Unlock()
	if spared != nil {
		spared.Close()
	}
	return true
}

// spare is the connection to give up: of those that can be spared one of the address that has the most, idle ones first,
// the one that has been so longest. The caller holds mu.
func (p *places) spare(now time.Time) (best *placed) {
	count := map[string]int{}
	for c := range p.open {
		count[c.address]++
	}
	idle := func(c *placed) bool { return c.state == http.StateIdle }
	for c := range p.open {
		switch age := now.Sub(c.since); {
		case c.state == http.StateHijacked, c.state == http.StateActive && age < patience, c.state == http.StateNew && age < newPatience:
			continue
		case best == nil, count[c.address] > count[best.address]:
		case count[c.address] < count[best.address], idle(best) && !idle(c), idle(best) == idle(c) && !c.since.Before(best.since):
			continue
		}
		best = c
	}
	return best
}

// note is the server's ConnState.
func (p *places) note(conn net.Conn, state http.ConnState) {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	if c, ok := conn.(*placed); ok {
		p.mu.Lock()
		c.state, c.since = state, time.Now()
		p.mu.Unlock()
	}
}

// Close closes the connection and frees its place.
func (c *placed) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.of.mu.Lock()
		delete(c.of.open, c)
		c.of.mu.Unlock()
		select {
		case c.of.freed <- struct{}{}:
		default:
		}
	})
	return err
}
