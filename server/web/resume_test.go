package web

import (
	"fmt"
	"math/rand/v2"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// picture is what a viewer knows of a run: what it received, newest wins.
type picture struct {
	ledger event.Ledger
	items  map[event.Item]event.Message
	points []event.Point
	train  []event.TrainPoint
	lines  []string
	log    map[uint64]bool // numbers of the lines received
	twice  int             // lines received twice
	wanted event.Subscribe
}

func (p *picture) apply(m event.Message) {
	p.ledger.Note(m)
	switch e := m.Event.(type) {
	case event.Metrics:
		p.points = append(p.points, e.Points...)
	case event.Squeeze:
		p.train = append(p.train, e.Points...)
	case event.Log:
		if p.log[m.Seq] {
			p.twice++
		}
		p.log[m.Seq] = true
		p.lines = append(p.lines, e.Text)
	default:
		if m.Event.Kind().Topic() != event.TopicNone {
			p.items[event.ItemOf(m.Event)] = m
		}
	}
}

func newPicture(wanted event.Subscribe) *picture {
	return &picture{items: map[event.Item]event.Message{}, log: map[uint64]bool{}, wanted: wanted}
}

// connect opens a connection as the viewer does: Hello, what is held, what is wanted.
func (p *picture) connect(t *testing.T, s *Server) *guest {
	t.Helper()
	conn, _, err := dial(s, map[string][]string{"Origin": {"http://" + s.testAddr()}})
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{t, conn}
	t.Cleanup(func() { conn.Close() })
	m := g.next()
	if _, ok := m.Event.(event.Hello); !ok {
		t.Fatalf("first comes %s", m.Event.Kind())
	}
	if r, ok := p.ledger.Resumption(m.Run); ok {
		g.send(r)
	}
	g.send(p.wanted)
	return g
}

// drain takes all there is, granting a credit for each message, and gives how many messages came.
func (p *picture) drain(g *guest) (n int) {
	g.send(credit(event.MaxCredit))
	for {
		m, err := g.read(300 * time.Millisecond)
		if err != nil {
			return n
		}
		n++
		p.apply(m)
		if topic := m.Event.Kind().Topic(); topic != event.TopicNone && topic != event.TopicEvents {
			g.send(event.Credit{Topic: topic, N: 1})
		}
	}
}

// script publishes a random run: a source of every kind, some in several items.
type script struct {
	random *rand.Rand
	step   int
}

func (s *script) publish(h *Hub, n int) {
	for range n {
		s.step++
		switch class := s.random.IntN(3); s.random.IntN(11) {
		case 0:
			h.Publish(event.Status{State: event.Recovering, Step: s.step})
		case 1:
			e := images(class, s.step, 16)
			e.First = 4 * s.random.IntN(2)
			h.Publish(e)
		case 2:
			pixels := images(0, s.step, 8).Pixels
			h.Publish(event.Residual{Step: s.step, Class: class, Width: 8, Height: 8, Index: []int{0}, Before: pixels, Anchor: pixels, After: pixels})
		case 3:
			h.Publish(event.Retrieval{Step: s.step, Class: class, Candidates: [][]event.Candidate{{{ID: fmt.Sprint(s.step)}}}})
		case 4:
			h.Publish(event.StageEnd{Stage: s.random.IntN(4), Step: s.step})
		case 5:
			h.Publish(event.Log{Text: fmt.Sprint("line ", s.step)})
		case 6:
			h.Publish(event.Metrics{Points: []event.Point{{Step: 2 * s.step}, {Step: 2*s.step + 1}}})
		case 7:
			h.Publish(event.Squeeze{Points: []event.TrainPoint{{Step: s.step}}})
		case 8:
			h.Publish(event.Trials{List: []event.Trial{{Epoch: 1, Epochs: s.step}}})
		case 9:
			h.Publish(event.Curve{Trial: class, Points: []event.CurvePoint{{Epoch: s.step}}})
		case 10:
			h.Publish(views(class, s.random.IntN(2), 16))
		}
	}
}

// However a connection is cut, whatever was granted, and whatever was published meanwhile, a viewer that comes back
// knows in the end what a viewer that comes new is told, gets every point and every line, and none of them twice.
func TestResumedEqualsFresh(t *testing.T) {
	for seed := range uint64(6) {
		s, _ := start(t, Options{})
		h := s.Hub()
		random := rand.New(rand.NewPCG(7, seed))
		run := &script{random: random}
		h.Publish(event.Hello{Run: "demo"})
		wanted := all()
		if seed%2 == 1 { // small pictures first, large ones in the end
			for i := range wanted.Topics {
				wanted.Topics[i].Size = 8
			}
		}
		p := newPicture(wanted)
		for range 12 {
			run.publish(h, random.IntN(40))
			g := p.connect(t, s)
			g.send(credit(random.IntN(4)))
			for range random.IntN(30) {
				m, err := g.read(20 * time.Millisecond)
				if err != nil {
					break // nothing more for these credits
				}
				p.apply(m)
				if topic := m.Event.Kind().Topic(); random.IntN(2) == 0 && topic != event.TopicNone {
					g.send(event.Credit{Topic: topic, N: 1})
				}
				run.publish(h, random.IntN(3))
			}
			cut(g.conn, random)
		}
		p.wanted = all()
		p.drain(p.connect(t, s))
		fresh := newPicture(all())
		fresh.drain(fresh.connect(t, s))
		if !reflect.DeepEqual(p.items, fresh.items) {
			for k, m := range fresh.items {
				if !reflect.DeepEqual(p.items[k], m) {
					t.Errorf("seed %d: %v: holds number %d, a new viewer %d", seed, k, p.items[k].Seq, m.Seq)
				}
			}
			t.Fatalf("seed %d: holds %d items, a new viewer %d", seed, len(p.items), len(fresh.items))
		}
		if !reflect.DeepEqual(p.points, fresh.points) || !reflect.DeepEqual(p.train, fresh.train) {
			t.Errorf("seed %d: %d and %d points, a new viewer has %d and %d", seed, len(p.points), len(p.train), len(fresh.points), len(fresh.train))
		}
		if !reflect.DeepEqual(p.lines, fresh.lines) || p.twice > 0 || len(p.lines) == 0 {
			t.Errorf("seed %d: %d lines, %d of them twice; a new viewer has %d", seed, len(p.lines), p.twice, len(fresh.lines))
		}
		if n := p.drain(p.connect(t, s)); n != 0 {
			t.Errorf("seed %d: %d messages for a viewer that holds all", seed, n)
		}
	}
}

// cut ends a connection as networks do: without a word, in the middle of a message, or with unread data (a reset).
func cut(conn *websocket.Conn, random *rand.Rand) {
	tcp := conn.NetConn().(*net.TCPConn)
	switch random.IntN(3) {
	case 0:
		tcp.Write([]byte{0x82, 0xfe, 0x7f}) // half a frame header
	case 1:
		tcp.SetLinger(0)
	}
	tcp.Close()
}

// What is gone for good is not patched over: lines that left the window bring the newest ones as for a new viewer,
// points that were thinned come thinned, and their number is told.
func TestResumeBehindTheWindow(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	h.Publish(event.Log{Text: "first"})
	h.Publish(event.Metrics{Points: []event.Point{{Step: 0}}})
	p := newPicture(all())
	g := p.connect(t, s)
	p.drain(g)
	g.conn.Close()
	if len(p.lines) != 1 || len(p.points) != 1 {
		t.Fatalf("%d lines, %d points", len(p.lines), len(p.points))
	}
	for i := 1; i <= 5*seriesPart; i++ {
		h.Publish(event.Metrics{Points: []event.Point{{Step: i}}})
	}
	for i := range 500 { // they are all kept, beyond what a new viewer gets
		h.Publish(event.Log{Text: fmt.Sprint(i)})
	}
	g = p.connect(t, s)
	p.drain(g)
	if len(p.lines) != 501 || p.lines[1] != "0" {
		t.Errorf("%d lines, want the 500 in between", len(p.lines))
	}
	last := -1
	for _, point := range p.points {
		if point.Step <= last {
			t.Fatalf("step %d after %d", point.Step, last)
		}
		last = point.Step
	}
	if last != 5*seriesPart {
		t.Errorf("the curve ends at step %d", last)
	}
	g.conn.Close()
	for i := range 2 * logLines {
		h.Publish(event.Log{Text: fmt.Sprint("later ", i)})
	}
	p.drain(p.connect(t, s))
	if n := len(p.lines); n != 501+logTail || p.lines[501] != fmt.Sprint("later ", 2*logLines-logTail) {
		t.Errorf("%d lines after a gap, want the newest %d", n-501, logTail)
	}
}

// A server that started again, and a viewer that says nonsense, cost no more than the present state.
func TestResumeOfAnotherRunIsASnapshot(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	h.Publish(images(0, 1, 2))
	h.Publish(images(1, 1, 2))
	h.mu.Lock()
	run := h.run
	h.mu.Unlock()
	item := event.Held{Kind: event.KindImages, Seq: 1, Side: 2}
	for name, c := range map[string]struct {
		r    event.Resumption
		want int
	}{
		"another run":         {event.Resumption{Run: run + 1, Held: []event.Held{item}}, 2},
		"numbers to come":     {event.Resumption{Run: run, Held: []event.Held{{Kind: event.KindImages, Seq: 1 << 60}}}, 2},
		"unknown kind":        {event.Resumption{Run: run, Held: []event.Held{{Kind: 200, Seq: 1}}}, 2},
		"one of two":          {event.Resumption{Run: run, Held: []event.Held{{Kind: event.KindImages, Seq: 1, Side: 2}}}, 1},
		"one in a small form": {event.Resumption{Run: run, Held: []event.Held{{Kind: event.KindImages, Seq: 1, Side: 1}}}, 2},
	} {
		g, _ := visit(t, s)
		g.send(c.r, all(), credit(event.MaxCredit))
		for range c.want {
			if m := g.next(); m.Event.Kind() != event.KindImages {
				t.Errorf("%s: got %s", name, m.Event.Kind())
			}
		}
		g.nothingElse(1)
		g.conn.Close()
	}
	// what comes after the first Subscribe is not heard
	late, _ := visit(t, s)
	late.send(all(), event.Resumption{Run: run, Held: []event.Held{{Kind: event.KindImages, Seq: 1, Side: 2}, {Kind: event.KindImages, Class: 1, Seq: 2, Side: 2}}}, credit(event.MaxCredit))
	for range 2 {
		if m := late.next(); m.Event.Kind() != event.KindImages {
			t.Errorf("a late word: got %s", m.Event.Kind())
		}
	}
	late.conn.Close()
	// the longest list is taken
	g, _ := visit(t, s)
	data, err := event.Encode(event.Message{Event: event.Resumption{Run: run, Held: make([]event.Held, event.MaxHeld)}})
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > readLimit {
		t.Errorf("%d items take %d bytes", event.MaxHeld, len(data))
	}
	g.send(event.Resumption{Run: run, Held: make([]event.Held, event.MaxHeld)}, all(), credit(1))
	g.next()
}
