//go:build js

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall/js"

	"reta/shared/event"
)

// webSocket is a browser's WebSocket for binary messages. It is ours because every Go package for it brings net/http along, a
// seventh of the page's program.
type webSocket struct {
	socket    js.Value
	listeners []js.Func
	changed   chan struct{} // something was added below

	mu     sync.Mutex
	opened bool
	inbox  [][]byte // not read yet; credits bound how many
	err    error    // why it ended
}

// closeError is a connection that was closed, with the reason the other side gave, if any.
type closeError struct {
	code   int
	reason string
}

func (e closeError) Error() string {
	return fmt.Sprintf("the connection was closed (%d) %s", e.code, e.reason)
}

// dial connects to address and waits until both sides agree on event.Protocol. Whoever dials closes.
func dial(ctx context.Context, address string) (*webSocket, error) {
	w := &webSocket{socket: js.Global().Get("WebSocket").New(address, event.Protocol), changed: make(chan struct{}, 1)}
	w.socket.Set("binaryType", "arraybuffer")
	w.on("open", func(js.Value) { w.opened = true })
	w.on("close", func(e js.Value) { w.setError(closeError{e.Get("code").Int(), e.Get("reason").String()}) })
	w.on("message", func(e js.Value) { w.receive(e.Get("data")) })
	for {
		w.mu.Lock()
		opened, err := w.opened, w.err
		w.mu.Unlock()
		if err == nil && opened && w.socket.Get("protocol").String() != event.Protocol {
			err = errors.New("the server speaks another protocol than this page: reload")
		}
		if err != nil {
			w.close()
			return nil, err
		}
		if opened {
			return w, nil
		}
		select {
		case <-w.changed:
		case <-ctx.Done():
			w.close()
			return nil, ctx.Err()
		}
	}
}

// on calls f, with the mutex held, for every event of a kind.
func (w *webSocket) on(kind string, f func(js.Value)) {
	listener := js.FuncOf(func(_ js.Value, args []js.Value) any {
		w.mu.Lock()
		f(args[0])
		w.mu.Unlock()
		w.notify()
		return nil
	})
	w.listeners = append(w.listeners, listener)
	w.socket.Call("addEventListener", kind, listener)
}

// notify wakes who waits.
func (w *webSocket) notify() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// setError keeps the first reason of an end. The caller holds mu.
func (w *webSocket) setError(err error) {
	if w.err == nil {
		w.err = err
	}
}

// receive takes in a message; one that is no binary, or too large, is not this protocol. The caller holds mu.
func (w *webSocket) receive(data js.Value) {
	if !data.InstanceOf(js.Global().Get("ArrayBuffer")) {
		w.setError(errors.New("the server sent text: reload"))
		return
	}
	bytes := js.Global().Get("Uint8Array").New(data)
	n := bytes.Length()
	if n > event.MaxMessage {
		w.setError(fmt.Errorf("the server sent a message of %d bytes, want at most %d", n, event.MaxMessage))
		return
	}
	message := make([]byte, n)
	js.CopyBytesToGo(message, bytes)
	w.inbox = append(w.inbox, message)
}

// read waits for the next message.
func (w *webSocket) read(ctx context.Context) ([]byte, error) {
	for {
		w.mu.Lock()
		if len(w.inbox) > 0 {
			m := w.inbox[0]
			w.inbox = w.inbox[1:]
			w.mu.Unlock()
			return m, nil
		}
		err := w.err
		w.mu.Unlock()
		if err != nil {
			return nil, err
		}
		select {
		case <-w.changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// write hands a message to the browser, which sends it in its time.
func (w *webSocket) write(message []byte) error {
	if w.socket.Get("readyState").Int() != 1 { // OPEN
		return errors.New("the connection is closed")
	}
	bytes := js.Global().Get("Uint8Array").New(len(message))
	js.CopyBytesToJS(bytes, message)
	w.socket.Call("send", bytes)
	return nil
}

// fail ends the connection for its reader.
func (w *webSocket) fail(err error) {
	w.mu.Lock()
	w.setError(err)
	w.mu.Unlock()
	w.notify()
}

// close ends the connection; a second call does nothing.
func (w *webSocket) close() {
	for i, kind := range []string{"open", "close", "message"} {
		if i < len(w.listeners) {
			w.socket.Call("removeEventListener", kind, w.listeners[i])
			w.listeners[i].Release()
		}
	}
	w.listeners = nil
	w.socket.Call("close")
}
