package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// Bounds of a connection.
const (
	readLimit   = 64 << 10 // bytes of one message from a viewer
	messageRate = 2000     // messages a viewer may send in a second
)

// timeouts is how long a hub waits for its viewers.
type timeouts struct {
	write  time.Duration // for one message to leave
	ping   time.Duration // between pings
	pong   time.Duration // for the answer to a ping
	close  time.Duration // for the viewer to close its side
	answer time.Duration // for the run to answer a control
}

var defaultTimeouts = timeouts{write: 10 * time.Second, ping: 30 * time.Second, pong: time.Minute, close: time.Second,
	answer: 30 * time.Second}

// serve speaks event.Protocol with one viewer until either side ends. The caller has checked Host, Origin and scope.
func (h *Hub) serve(w http.ResponseWriter, r *http.Request, control bool) {
	offered := false
	for _, p := range websocket.Subprotocols(r) {
		offered = offered || p == event.Protocol
	}
	if websocket.IsWebSocketUpgrade(r) && !offered {
		http.Error(w, "this server speaks the websocket subprotocol "+event.Protocol+" only: reload the page", http.StatusBadRequest)
		return
	}
	up := websocket.Upgrader{Subprotocols: []string{event.Protocol}, CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer conn.Close()
	c := newClient(conn, control)
	if code, reason := h.join(c); code != 0 {
		h.sendClose(conn, code, reason)
		conn.SetReadDeadline(time.Now().Add(h.timeouts.close))
		for {
			if _, _, err := conn.NextReader(); err != nil {
				return
			}
		}
	}
	go h.write(c)
	code, reason := h.read(c)
	if code == websocket.CloseAbnormalClosure {
		conn.Close() // frees a writer that waits for a slow viewer
	}
	h.mu.Lock()
	c.end(code, reason)
	h.mu.Unlock()
	c.notify()
	<-c.written
	h.mu.Lock()
	delete(h.clients, c)
	h.mu.Unlock()
	close(c.gone)
}

func (h *Hub) join(c *client) (code int, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return websocket.CloseGoingAway, "the server ends"
	}
	staying := 0
	for other := range h.clients {
		if other.code == 0 {
			staying++
		}
	}
	if staying >= MaxClients && !(c.control && h.displace()) {
		return websocket.CloseTryAgainLater, "as many viewers as this server takes are connected: close another page"
	}
	h.clients[c] = struct{}{}
	return 0, ""
}

// displace ends the connection of a viewer that cannot control, for one that can. The caller holds mu.
func (h *Hub) displace() bool {
	for c := range h.clients {
		if !c.control && c.code == 0 {
			c.end(websocket.CloseTryAgainLater, "somebody who controls the run needs the place")
			c.notify()
			return true
		}
	}
	return false
}

// read takes the viewer's messages until the connection ends, which gives CloseAbnormalClosure, or the viewer breaks
// the protocol.
func (h *Hub) read(c *client) (code int, reason string) {
	c.conn.SetReadLimit(readLimit)
	alive := func() {
		c.conn.SetReadDeadline(time.Now().Add(h.timeouts.pong))
		select {
		case <-c.written: // our side is closed: only wait for the other's close
			c.conn.SetReadDeadline(time.Now().Add(h.timeouts.close))
		default:
		}
	}
	alive()
	c.conn.SetPongHandler(func(answer string) error { // messages prove nothing: who only sends never sees what to answer
		if answer == *c.ping.Load() {
			alive()
		}
		return nil
	})
	second, count := time.Now(), 0
	for {
		kind, data, err := c.conn.ReadMessage()
		if err != nil {
			return websocket.CloseAbnormalClosure, ""
		}
		if now := time.Now(); now.Sub(second) > time.Second {
			second, count = now, 0
		}
		if count++; count > messageRate {
			return websocket.ClosePolicyViolation, "too many messages"
		}
		if kind != websocket.BinaryMessage {
			return websocket.ClosePolicyViolation, "want binary messages"
		}
		m, err := event.Decode(data)
		if errors.Is(err, event.ErrUnknownKind) {
			continue
		}
		if err != nil {
			return websocket.ClosePolicyViolation, "message not understood"
		}
		switch e := m.Event.(type) {
		case event.Subscribe:
			h.subscribe(c, e)
		case event.Credit:
			h.grant(c, e)
		case event.Resumption:
			h.resume(c, e)
		case event.Control:
			h.ask(c, e)
		}
	}
}

// write is the only goroutine that writes to the viewer.
func (h *Hub) write(c *client) {
	defer func() {
		close(c.written)
		c.conn.SetReadDeadline(time.Now().Add(h.timeouts.close))
	}()
	timer := time.NewTimer(noTimeout)
	defer timer.Stop()
	pinged := time.Now()
	for {
		now := time.Now()
		if now.Sub(pinged) >= h.timeouts.ping {
			pinged = now
			ping := rand.Text()
			c.ping.Store(&ping)
			if c.conn.WriteControl(websocket.PingMessage, []byte(ping), now.Add(h.timeouts.write)) != nil {
				c.conn.Close()
				return
			}
		}
		j := h.next(c, now)
		if j.end {
			h.mu.Lock()
			code, reason := c.code, c.reason
			h.mu.Unlock()
			h.sendClose(c.conn, code, reason)
			return
		}
		if j.frame == nil && j.message.Event == nil {
			timer.Reset(min(j.wait, h.timeouts.ping-now.Sub(pinged)))
			select {
			case <-c.wake:
			case <-timer.C:
			}
			continue
		}
		var m *websocket.PreparedMessage
		var err error
		if j.frame != nil {
			m, err = j.frame.message(j.size)
		} else {
			m, err = prepare(j.message)
		}
		if err != nil {
			h.log.Error("event not sent", "error", err)
			continue
		}
		c.conn.SetWriteDeadline(time.Now().Add(h.timeouts.write))
		if c.conn.WritePreparedMessage(m) != nil {
			c.conn.Close() // ends the reader too
			return
		}
	}
}

// sendClose closes our side with a code.
func (h *Hub) sendClose(conn *websocket.Conn, code int, reason string) {
	conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(h.timeouts.close))
}
