package web

import (
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// What one viewer may cost beyond the shared state, however it reads.
const clientBytes = 8 << 20

// Viewers that take nothing, because they do not read or grant nothing, cost little and delay nobody: one that reads
// sees the newest of all in the end. That stuck ones are let go is TestNeverReadingViewer.
func TestSlowViewersAreCheapAndAlone(t *testing.T) {
	s, _ := start(t, Options{}, func(s *Server) {
		s.hub.timeouts.write = 5 * time.Minute // all stay until they are measured
	})
	h := s.Hub()
	const stuck, mean = 3, 3
	var silent []*guest
	for i := range stuck + mean {
		conn, _, err := dial(s, http.Header{"Origin": {"http://" + s.testAddr()}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		g := &guest{t, conn}
		if i < stuck {
			conn.NetConn().(*net.TCPConn).SetReadBuffer(4096)
			g.send(all(), credit(event.MaxCredit))
		} else {
			g.send(all())
			silent = append(silent, g)
		}
	}
	for _, g := range silent {
		go func() {
			for {
				if _, _, err := g.conn.ReadMessage(); err != nil {
					return
				}
			}
		}()
	}
	lively, _ := visit(t, s)
	lively.send(all(), credit(event.MaxCredit))
	const steps, classes, side = 200, 4, 640 // 1.2 MB an image
	seen := make(chan int, 1)
	go func() {
		newest := 0
		defer func() { seen <- newest }()
		for newest < steps {
			lively.conn.SetReadDeadline(time.Now().Add(time.Minute))
			_, data, err := lively.conn.ReadMessage()
			if err != nil {
				return
			}
			m, err := event.Decode(data)
			if err != nil {
				return
			}
			if e, ok := m.Event.(event.Images); ok {
				newest = max(newest, e.Step)
				data, _ := event.Encode(event.Message{Event: event.Credit{Topic: event.TopicImages, N: 1}})
				if lively.conn.WriteMessage(websocket.BinaryMessage, data) != nil {
					return
				}
			}
		}
	}()
	eventually(t, "all look", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		looking := 0
		for c := range h.clients {
			if c.wants(event.TopicImages, 0) {
				looking++
			}
		}
		return looking == stuck+mean+1
	})
	before := heapInUse()
	slowest := time.Duration(0)
	for step := 1; step <= steps; step++ {
		e := images(step%classes, step, side)
		began := time.Now()
		h.Publish(e)
		slowest = max(slowest, time.Since(began))
		h.Publish(event.Metrics{Points: []event.Point{{Step: step}}})
		time.Sleep(2 * time.Millisecond)
	}
	if newest := <-seen; newest != steps {
		t.Errorf("a viewer that reads got step %d, want the last, %d", newest, steps)
	}
	now, sum := heapInUse(), h.Summary()
	if sum.Viewers != stuck+mean+1 {
		t.Fatalf("%d viewers at the time of the measurement, want %d", sum.Viewers, stuck+mean+1)
	}
	if each := (int64(now) - int64(before) - sum.Bytes) / (stuck + mean); each > clientBytes {
		t.Errorf("each slow viewer costs %d MiB, want less than %d", each>>20, clientBytes>>20)
	} else {
		t.Logf("each slow viewer costs %d KiB beside %d MiB of state, while %d MiB were published; slowest publication %v", each>>10,
			sum.Bytes>>20, steps*side*side*3>>20, slowest)
	}
	if slowest > 2*time.Second {
		t.Errorf("a publication took %v beside viewers that do not read", slowest)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
