package web

import (
	"reflect"
	"sync"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// key names one item of the present state.
type key = event.Item

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

// memoryEstimate estimates the bytes an event holds in memory together with its encoded form.
func memoryEstimate(e event.Event) int64 {
	const overhead = 512
	return overhead + 2*contentBytes(reflect.ValueOf(e))
}

// contentBytes is the size of what a value refers to: elements of slices and letters of strings.
func contentBytes(v reflect.Value) (n int64) {
	switch v.Kind() {
	case reflect.String:
		return int64(v.Len())
	case reflect.Struct:
		for i := range v.NumField() {
			n += contentBytes(v.Field(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return int64(v.Type().Elem().Size()) + contentBytes(v.Elem())
		}
	case reflect.Slice:
		n = int64(v.Len()) * int64(v.Type().Elem().Size())
		if !refers(v.Type().Elem()) {
			return n
		}
		for i := range v.Len() {
			n += contentBytes(v.Index(i))
		}
	}
	return n
}

// refers reports whether values of a type hold slices or strings.
func refers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Slice, reflect.Pointer:
		return true
	case reflect.Struct:
		for i := range t.NumField() {
			if refers(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}
