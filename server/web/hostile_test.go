package web

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// A viewer that grants credits and then never reads neither delays the run nor fills the memory, and is let go.
func TestNeverReadingViewer(t *testing.T) {
	s, _ := start(t, Options{}, shortTimeouts, func(s *Server) { s.hub.timeouts.write = 2 * time.Second })
	h := s.Hub()
	conn, _, err := dial(s, http.Header{"Origin": {"http://" + s.testAddr()}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.NetConn().(*net.TCPConn).SetReadBuffer(4096)
	g := &guest{t, conn}
	g.send(all(), credit(event.MaxCredit))
	eventually(t, "subscribed", func() bool { return h.Wants(event.TopicImages, 0) })
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	const side = 512 // 768 KiB an image
	slowest := time.Duration(0)
	for step := range 400 {
		e := images(step%4, step, side)
		began := time.Now()
		h.Publish(e)
		h.Publish(event.Metrics{Points: []event.Point{{Step: step}}})
		slowest = max(slowest, time.Since(began))
		time.Sleep(time.Millisecond)
	}
	if slowest > time.Second { // half of what one that waits for the viewer takes
		t.Errorf("a publication took %v while a viewer did not read", slowest)
	}
	// the newest four images, their encoded forms, and the one on its way
	if now := heap(); now > before+12*3*side*side+(2<<20) {
		t.Errorf("heap grew by %d MiB for 300 MiB of images nobody read", (now-before)>>20)
	}
	eventually(t, "the viewer is let go", func() bool { return h.Summary().Viewers == 0 })
}

// A viewer that does not take log lines as fast as they come is told to try again later, not served a gap.
func TestViewerThatFallsBehindTheLogIsClosed(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	g, _ := visit(t, s)
	g.send(all())
	eventually(t, "subscribed", func() bool { return h.Wants(event.TopicEvents, 0) })
	long := strings.Repeat("x", 60_000)
	for i := range 3 * logLines { // far more than the socket's buffers take
		h.Publish(event.Log{Text: fmt.Sprint(i, long)})
	}
	g.wantClose(websocket.CloseTryAgainLater)
}

func TestViewersThatBreakTheProtocolAreClosed(t *testing.T) {
	s, _ := start(t, Options{}, shortTimeouts)
	valid, err := event.Encode(event.Message{Event: credit(1)})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		code int
		do   func(*websocket.Conn)
	}{
		"too long": {websocket.CloseMessageTooBig, func(c *websocket.Conn) { c.WriteMessage(websocket.BinaryMessage, make([]byte, readLimit+1)) }},
		"text":     {websocket.ClosePolicyViolation, func(c *websocket.Conn) { c.WriteMessage(websocket.TextMessage, []byte("{}")) }},
		"noise":    {websocket.ClosePolicyViolation, func(c *websocket.Conn) { c.WriteMessage(websocket.BinaryMessage, []byte{0xff, 0, 1}) }},
		"empty":    {websocket.ClosePolicyViolation, func(c *websocket.Conn) { c.WriteMessage(websocket.BinaryMessage, nil) }},
		"bad credit": {websocket.ClosePolicyViolation, func(c *websocket.Conn) {
			c.WriteMessage(websocket.BinaryMessage, bytes.Replace(valid, []byte{2, 1}, []byte{2, 0x20}, 1))
		}},
		"flood": {websocket.ClosePolicyViolation, func(c *websocket.Conn) {
			for range messageRate + 1 {
				c.WriteMessage(websocket.BinaryMessage, valid)
			}
		}},
	} {
		g, _ := visit(t, s)
		go c.do(g.conn)
		t.Log(name)
		g.wantClose(c.code)
	}
	// what a viewer sends that only servers say, or kinds of the future, is ignored
	g, _ := visit(t, s)
	g.send(event.Status{State: event.Done}, event.Log{Text: "fake"})
	g.conn.WriteMessage(websocket.BinaryMessage, []byte{0xa5, 1, 0x18, 0xc8, 2, 0, 3, 0, 4, 0, 5, 0xa0})
	g.nothingElse(1)
	if s.Hub().Summary().Status != nil {
		t.Error("a viewer published a status")
	}
}

func TestDeflateIsNeverSpoken(t *testing.T) {
	s, _ := start(t, Options{})
	d := websocket.Dialer{Subprotocols: []string{event.Protocol}, EnableCompression: true}
	conn, res, err := d.Dial("ws://"+s.testAddr()+"/ws", http.Header{"Origin": {"http://" + s.testAddr()}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if e := res.Header.Get("Sec-WebSocket-Extensions"); e != "" {
		t.Errorf("the server agreed to %q", e)
	}
	// a compressed bomb sent all the same: first frame with RSV1, not negotiated, must end the connection
	var bomb bytes.Buffer
	z, _ := flate.NewWriter(&bomb, 9)
	z.Write(make([]byte, 32<<20))
	z.Close()
	frame := []byte{0xc2, 0x80 | 126, byte(bomb.Len() >> 8), byte(bomb.Len()), 0, 0, 0, 0}
	conn.NetConn().Write(append(frame, bomb.Bytes()...))
	g := &guest{t, conn}
	g.wantClose(websocket.CloseProtocolError)
}

func TestSubprotocolIsRequired(t *testing.T) {
	s, _ := start(t, Options{})
	for _, offer := range [][]string{nil, {"reta.v0"}, {"chat"}} {
		d := websocket.Dialer{Subprotocols: offer}
		conn, res, err := d.Dial("ws://"+s.testAddr()+"/ws", http.Header{"Origin": {"http://" + s.testAddr()}})
		if err == nil {
			conn.Close()
			t.Errorf("%q: accepted", offer)
		} else if res.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %d", offer, res.StatusCode)
		}
	}
	d := websocket.Dialer{Subprotocols: []string{"reta.v2", event.Protocol}}
	conn, _, err := d.Dial("ws://"+s.testAddr()+"/ws", http.Header{"Origin": {"http://" + s.testAddr()}})
	if err != nil || conn.Subprotocol() != event.Protocol {
		t.Fatalf("a viewer that speaks more than one: %v", err)
	}
	conn.Close()
}

func TestViewersAreCounted(t *testing.T) {
	s, _ := start(t, Options{}, shortTimeouts)
	var guests []*guest
	for range MaxClients {
		g, _ := visit(t, s)
		guests = append(guests, g)
	}
	conn, _, err := dial(s, http.Header{"Origin": {"http://" + s.testAddr()}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	(&guest{t, conn}).wantClose(websocket.CloseTryAgainLater)
	guests[0].conn.Close()
	eventually(t, "the place is free", func() bool { return s.Hub().Summary().Viewers == MaxClients-1 })
	visit(t, s)
}

func TestSilentViewerIsLetGo(t *testing.T) {
	s, _ := start(t, Options{}, shortTimeouts, func(s *Server) {
		s.hub.timeouts.ping, s.hub.timeouts.pong = 50*time.Millisecond, 300*time.Millisecond
	})
	living, _ := visit(t, s)
	go living.read(5 * time.Second) // reading answers pings
	visit(t, s)                     // never reads again: no pong
	eventually(t, "the silent one is gone", func() bool { return s.Hub().Summary().Viewers == 1 })
	time.Sleep(500 * time.Millisecond)
	if n := s.Hub().Summary().Viewers; n != 1 {
		t.Errorf("%d viewers: the one that answers pings should stay", n)
	}
}

func TestSlowRequestsAreCutOff(t *testing.T) {
	s, _ := start(t, Options{}, func(s *Server) { s.http.ReadHeaderTimeout = 200 * time.Millisecond })
	conn, err := net.Dial("tcp", s.testAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n", s.testAddr()) // and never the rest
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the server keeps waiting: %v", err)
	}
	r, _ := http.NewRequest(http.MethodGet, "http://"+s.testAddr()+"/", nil)
	r.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	if res, err := http.DefaultTransport.RoundTrip(r); err == nil { // or the connection was cut while we sent
		res.Body.Close()
		if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("64 KiB of headers: %d, want 431", res.StatusCode)
		}
	}
}

// Many viewers come, look, change their minds, control and go, while the run publishes: for the race detector, the
// leak check and as a proof that the newest state always arrives.
func TestManyViewersAtOnce(t *testing.T) {
	s, _ := start(t, Options{}, shortTimeouts)
	h := s.Hub()
	stop := make(chan struct{})
	var run, viewers sync.WaitGroup
	run.Go(func() {
		for step := 1; ; step++ {
			select {
			case <-stop:
				return
			case r := <-h.Controls():
				r.Answer(nil)
			default:
			}
			h.Publish(images(step%5, step, 8))
			h.Publish(event.Metrics{Points: []event.Point{{Step: step}}})
			h.Publish(event.Status{State: event.Recovering, Step: step})
			if step%50 == 0 {
				h.Publish(event.Log{Text: fmt.Sprint("step ", step)})
				h.Publish(event.Hello{Run: fmt.Sprint("run ", step/2000)})
				h.Summary()
			}
			time.Sleep(50 * time.Microsecond)
		}
	})
	for v := range MaxClients / 2 { // the server may still hold the place of one that just left
		viewers.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(v)))
			for range 3 {
				g, _ := visit(t, s)
				g.send(all(), credit(2))
				newest, id := 0, uint64(0)
				for range 100 {
					m := g.next()
					if st, ok := m.Event.(event.Status); ok {
						if st.Step <= newest {
							t.Errorf("status of step %d after %d", st.Step, newest)
						}
						newest = st.Step
					}
					if topic := m.Event.Kind().Topic(); topic != event.TopicNone {
						g.send(event.Credit{Topic: topic, N: 1})
					}
					switch random.IntN(30) {
					case 0:
						id++
						g.send(event.Control{ID: id, Op: event.Pause})
					case 1:
						g.send(event.Subscribe{}, all())
					}
				}
				if random.IntN(2) == 0 {
					g.conn.NetConn().Close() // without a word
				} else {
					g.conn.Close()
				}
				if newest == 0 {
					t.Error("a viewer got no status in 100 messages")
				}
			}
		})
	}
	viewers.Wait()
	close(stop)
	run.Wait()
}

func TestCloseCutsOffWhoDoesNotLeave(t *testing.T) {
	s, _ := start(t, Options{})
	conn, _, err := dial(s, http.Header{"Origin": {"http://" + s.testAddr()}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.NetConn().(*net.TCPConn).SetReadBuffer(4096)
	g := &guest{t, conn}
	g.send(all(), credit(event.MaxCredit))
	eventually(t, "subscribed", func() bool { return s.Hub().Wants(event.TopicImages, 0) })
	for class := range 8 {
		s.Hub().Publish(images(class, 1, 1200))
	}
	time.Sleep(50 * time.Millisecond) // the writer is stuck now
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := s.Hub().Close(ctx); err != context.DeadlineExceeded || time.Since(began) > 3*time.Second {
		t.Errorf("close of a hub with a stuck viewer: %v after %v", err, time.Since(began))
	}
}

func BenchmarkPublishToSixteenViewers(b *testing.B) {
	h := newHub("", nil)
	for range MaxClients {
		c := newClient(nil, true)
		h.clients[c] = struct{}{}
		h.subscribe(c, all())
	}
	e := images(0, 1, 32)
	b.ReportAllocs()
	for b.Loop() {
		h.Publish(e)
	}
}
