package web

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// journal collects what a server logs.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

var page = fstest.MapFS{
	"index.html":       {Data: []byte("<!doctype html><title>reta</title>")},
	"app.js":           {Data: []byte("export {}")},
	"README.md":        {Data: []byte("not for browsers")},
	"wasm_exec.js":     {Data: []byte("globalThis.Go = class {}")},
	"viewer.wasm.gz":   {Data: gzipped(program)},
	"viewer.wasm.br":   {Data: []byte("brotli of the program")},
	"viewer.wasm.json": {Data: sidecarOf(program)},
}

// start serves on a free loopback port until the test ends, and then looks for goroutines left behind.
func start(t *testing.T, o Options, change ...func(*Server)) (*Server, *journal) {
	t.Helper()
	before := runtime.NumGoroutine()
	j := &journal{}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	o.Log = slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := listen(o, page)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(s)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("second shutdown: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
		deadline := time.Now().Add(5 * time.Second)
		for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
			time.Sleep(5 * time.Millisecond)
		}
		if n := runtime.NumGoroutine(); n > before {
			stacks := make([]byte, 1<<20)
			t.Errorf("%d goroutines before, %d after:\n%s", before, n, stacks[:runtime.Stack(stacks, true)])
		}
	})
	return s, j
}

func (s *Server) testAddr() string { return s.listeners[0].Addr().String() }

// shortTimeouts makes a server give up on its viewers quickly.
func shortTimeouts(s *Server) {
	s.hub.timeouts.write = 200 * time.Millisecond
	s.hub.timeouts.close = 100 * time.Millisecond
}

// guest is a viewer under test.
type guest struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(s *Server, header http.Header) (*websocket.Conn, *http.Response, error) {
	d := websocket.Dialer{Subprotocols: []string{event.Protocol}, HandshakeTimeout: 5 * time.Second}
	return d.Dial("ws://"+s.testAddr()+"/ws", header)
}

// visit connects as a browser page of the server would, and takes the Hello.
func visit(t *testing.T, s *Server) (*guest, event.Hello) {
	t.Helper()
	conn, _, err := dial(s, http.Header{"Origin": {"http://" + s.testAddr()}})
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{t, conn}
	t.Cleanup(func() { conn.Close() })
	hello, ok := g.next().Event.(event.Hello)
	if !ok {
		t.Fatal("want hello as the first message")
	}
	return g, hello
}

func (g *guest) send(events ...event.Event) {
	g.t.Helper()
	for _, e := range events {
		data, err := event.Encode(event.Message{Event: e})
		if err != nil {
			g.t.Fatal(err)
		}
		if err := g.conn.WriteMessage(websocket.BinaryMessage, data); err != nil {
			g.t.Fatal(err)
		}
	}
}

// read gives the next message but Flow, which comes when it likes.
func (g *guest) read(within time.Duration) (event.Message, error) {
	g.conn.SetReadDeadline(time.Now().Add(within))
	for {
		_, data, err := g.conn.ReadMessage()
		if err != nil {
			return event.Message{}, err
		}
		m, err := event.Decode(data)
		if err != nil {
			g.t.Fatal(err)
		}
		if _, ok := m.Event.(event.Flow); !ok {
			return m, nil
		}
	}
}

func (g *guest) next() event.Message {
	g.t.Helper()
	m, err := g.read(10 * time.Second)
	if err != nil {
		g.t.Fatalf("waiting for a message: %v", err)
	}
	return m
}

// nothingElse fails if the server has more to send. It asks something that is answered at once; answers overtake
// everything, so what was due shows at the latest before the second one.
func (g *guest) nothingElse(id uint64) {
	g.t.Helper()
	for range 2 {
		g.send(event.Control{ID: id, Op: "nonsense"})
		if a, ok := g.next().Event.(event.Ack); !ok || a.ID != id {
			g.t.Fatalf("got %+v: want only the answer %d", a, id)
		}
	}
}

func (g *guest) wantClose(code int) {
	g.t.Helper()
	for {
		_, err := g.read(10 * time.Second)
		if err == nil {
			continue
		}
		if !websocket.IsCloseError(err, code) {
			g.t.Fatalf("connection ended with %v: want close code %d", err, code)
		}
		return
	}
}

// all subscribes to every topic and every class.
func all() event.Subscribe {
	var s event.Subscribe
	for _, t := range event.Topics() {
		s.Topics = append(s.Topics, event.Subscription{Topic: t, Class: event.AllClasses})
	}
	return s
}

// credit grants n for every topic.
func credit(n int) event.Credit { return event.Credit{N: n} }

func images(class, step, side int) event.Images {
	return event.Images{Step: step, Class: class, Count: 1, Width: side, Height: side,
		Pixels: bytes.Repeat([]byte{byte(step)}, side*side*3)}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("still not so after 10 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func get(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r) // follows nothing, keeps no cookies
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	t.Cleanup(func() { http.DefaultTransport.(*http.Transport).CloseIdleConnections() })
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}
