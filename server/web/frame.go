package web

import (
	"sync"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// key names one item of the present state: its newest frame takes the place of the older ones.
type key struct {
	kind  event.Kind
	class int // event.AllClasses when the item belongs to no class
	part  int // first image of a block, stage number, both for a group of classes, number of a change
}

func keyOf(e event.Event) key {
	i := event.ItemOf(e)
	return key{i.Kind, i.Class, i.Part}
}

// frame is one published event. It is encoded when the first viewer takes it, once for all viewers of one size:
// what nobody looks at costs no encoding.
type frame struct {
	key   key
	seq   uint64
	run   uint64
	event event.Event
	bytes int64 // estimate of the memory held, encoded form included

	mu       sync.Mutex
	prepared map[int]*websocket.PreparedMessage // by power of two the images are shrunk by
}

// message is the encoded frame with images no larger than size (0: as they are).
func (f *frame) message(size int) (*websocket.PreparedMessage, error) {
	k := halvings(f.event, size)
	f.mu.Lock()
	defer f.mu.Unlock()
	if m, ok := f.prepared[k]; ok {
		return m, nil
	}
	m, err := prepare(event.Message{Seq: f.seq, Run: f.run, Event: shrink(f.event, k)})
	if err != nil {
		return nil, err
	}
	if f.prepared == nil {
		f.prepared = map[int]*websocket.PreparedMessage{}
	}
	f.prepared[k] = m
	return m, nil
}

func prepare(m event.Message) (*websocket.PreparedMessage, error) {
	data, err := event.Encode(m)
	if err != nil {
		return nil, err
	}
	return websocket.NewPreparedMessage(websocket.BinaryMessage, data)
}

// weight estimates the bytes an event holds in memory together with its encoded form.
func weight(e event.Event) int64 {
	const overhead = 512
	switch e := e.(type) {
	case event.Images:
		return overhead + 2*int64(len(e.Pixels))
	case event.Residual:
		return overhead + 2*int64(len(e.Before)+len(e.Anchor)+len(e.After)) + 64*int64(len(e.Index))
	case event.Cloud:
		set := func(s event.Set) int64 {
			return int64(16*len(s.Points) + 48*len(s.Edges) + 64*len(s.Triangles) + 96*len(s.Bars))
		}
		return overhead + set(e.Real) + set(e.Syn)
	case event.Diagnosis:
		return overhead + 256*int64(len(e.Classes))
	case event.Settings:
		return overhead + 1024*int64(len(e.List))
	case event.Retrieval:
		n := int64(overhead)
		for _, list := range e.Candidates {
			n += 32
			for _, c := range list {
				n += 64 + 2*int64(len(c.ID))
			}
		}
		return n
	default:
		return overhead
	}
}
