package web

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// request sends a request on a connection of its own.
func request(t *testing.T, s *Server, path, header string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.testAddr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path, s.testAddr(), header)
	return conn
}

// healthy asks /healthz on a new connection and fails if the answer takes longer than limit.
func healthy(t *testing.T, s *Server, limit time.Duration) {
	t.Helper()
	conn := request(t, s, "/healthz", "Connection: close\r\n")
	conn.SetReadDeadline(time.Now().Add(limit))
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(answer), "\nok") {
		t.Errorf("/healthz within %v: %.40q, %v", limit, answer, err)
	}
}

func few(n int) func(*Server) { return func(s *Server) { s.places.most = n } }

// Idle connections, as many as there are places and more, keep nobody out; the oldest goes first.
func TestIdleConnectionsGiveUpTheirPlaces(t *testing.T) {
	s, _ := start(t, Options{}, few(8))
	var idle []*bufio.Reader
	for range 8 {
		r := bufio.NewReader(request(t, s, "/healthz", ""))
		if res, err := http.ReadResponse(r, nil); err != nil {
			t.Fatal(err)
		} else {
			io.Copy(io.Discard, res.Body)
		}
		idle = append(idle, r)
		time.Sleep(5 * time.Millisecond)
	}
	eventually(t, "all are idle", func() bool {
		s.places.mu.Lock()
		defer s.places.mu.Unlock()
		n := 0
		for c := range s.places.open {
			if c.state == http.StateIdle {
				n++
			}
		}
		return n == 8
	})
	healthy(t, s, 2*time.Second)
	if _, err := idle[0].ReadByte(); err == nil {
		t.Error("the connection that was idle longest stays open")
	}
}

// Clients that take their answers slowly, or never send a request, lose their places when others want them, and a
// viewer's socket does not.
func TestSlowConnectionsGiveUpTheirPlaces(t *testing.T) {
	s, _ := start(t, Options{}, few(6), func(s *Server) { s.http.ReadHeaderTimeout = time.Minute })
	g, _ := visit(t, s)
	for range 3 {
		conn, err := net.Dial("tcp", s.testAddr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
	}
	for range 2 {
		request(t, s, "/state", "Content-Length: 10\r\n") // the body never comes
	}
	eventually(t, "the places are taken", func() bool {
		s.places.mu.Lock()
		defer s.places.mu.Unlock()
		return len(s.places.open) >= 6
	})
	for range 5 {
		healthy(t, s, patience+3*time.Second)
	}
	s.Hub().Publish(event.Status{State: event.Recovering, Step: 7})
	g.send(all(), credit(4))
	for {
		if st, ok := g.next().Event.(event.Status); ok && st.Step == 7 {
			break
		}
	}
}

// The address with the most connections gives one up; a viewer's socket and a fresh request are never spared.
func TestSpare(t *testing.T) {
	now := time.Now()
	p := newPlaces(9)
	add := func(address string, state http.ConnState, age time.Duration) *placed {
		c := &placed{address: address, state: state, since: now.Add(-age)}
		p.open[c] = struct{}{}
		return c
	}
	for range 3 {
		add("a", http.StateHijacked, time.Hour)
	}
	add("a", http.StateActive, patience/2)
	add("b", http.StateNew, newPatience/2)
	if c := p.spare(now); c != nil {
		t.Errorf("%+v is to be spared, want none", c)
	}
	slow := add("a", http.StateActive, 2*patience)
	add("a", http.StateActive, patience+time.Second)
	add("b", http.StateIdle, time.Minute)
	if c := p.spare(now); c != slow {
		t.Errorf("%+v is to be spared, want the slowest of the address with the most", c)
	}
	idle := add("a", http.StateIdle, time.Second)
	if c := p.spare(now); c != idle {
		t.Errorf("%+v is to be spared, want the idle one", c)
	}
}

// Whoever takes no packing gets bytes that all share: many requests take no more memory than one.
func TestUnpackedProgramIsShared(t *testing.T) {
	s, _ := start(t, Options{})
	get := func() {
		r, _ := http.NewRequest(http.MethodGet, "http://"+s.testAddr()+"/viewer.wasm", nil)
		r.Header.Set("Accept-Encoding", "identity")
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); err != nil || string(body) != string(program) || res.Header.Get("Content-Encoding") != "" {
			t.Fatalf("%d bytes, %v: want the program unpacked", len(body), err)
		}
	}
	get()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const times = 20
	for range times {
		get()
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > times*(uint64(len(program))+128<<10) { // the reader's copy, and a request
		t.Errorf("%d requests for %d bytes allocate %d", times, len(program), taken)
	}
}

// A viewer that sends all the time and never reads does not answer pings, and is let go.
func TestSendingAloneKeepsNoPlace(t *testing.T) {
	s, _ := start(t, Options{}, shortTimeouts, func(s *Server) {
		s.hub.timeouts.ping, s.hub.timeouts.pong = 50*time.Millisecond, 300*time.Millisecond
	})
	g, _ := visit(t, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			data, _ := event.Encode(event.Message{Event: credit(1)})
			if g.conn.WriteMessage(websocket.BinaryMessage, data) != nil || g.conn.WriteControl(websocket.PongMessage, []byte("guess"), time.Now().Add(time.Second)) != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	eventually(t, "it is let go", func() bool { return s.Hub().Summary().Viewers == 0 })
	<-done
}

// Where all places are taken, somebody who controls the run gets that of a viewer who does not; not the other way round.
func TestControlGetsAPlace(t *testing.T) {
	s, _ := start(t, Options{Token: true}, shortTimeouts)
	enter := func(control bool) *guest {
		t.Helper()
		conn, _, err := dial(s, http.Header{"Origin": {"http://" + s.testAddr()}, "Authorization": {"Bearer " + s.Token(control)}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return &guest{t, conn}
	}
	for range MaxClients {
		g := enter(false)
		go g.read(20 * time.Second)
	}
	eventually(t, "all places are taken", func() bool { return s.Hub().Summary().Viewers == MaxClients })
	enter(false).wantClose(websocket.CloseTryAgainLater)
	controller := enter(true)
	controller.send(all())
	eventually(t, "the controller is in", func() bool { return s.Hub().Wants(event.TopicEvents, 0) })
	controller.send(event.Control{ID: 1, Op: event.Pause})
	(<-s.hub.Controls()).Answer(nil)
}
