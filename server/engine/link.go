package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"

	"reta/shared/event"
)

// variable names the environment variable that tells an engine the number of its socket.
const variable = "RETA_ENGINE_SOCKET"

// Link is the engine's end.
type Link struct {
	Start
	conn    *conn
	watched atomic.Pointer[watched]
}

// Inherited is the link to the host that started this process, nil if none did.
func Inherited() (*Link, error) {
	text, ok := os.LookupEnv(variable)
	if !ok {
		return nil, nil
	}
	os.Unsetenv(variable) // not for the processes that this one starts
	fd, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("engine: %s=%s: want the number of an open socket; this variable is for the program alone", variable, text)
	}
	l := &Link{conn: newConn(os.NewFile(uintptr(fd), "host"))}
	m, err := l.conn.receive()
	if err == nil && m.Start == nil {
		err = errors.New("no start")
	}
	if err != nil {
		return nil, fmt.Errorf("engine: %s=%s: %w: this variable is for the program alone", variable, text, err)
	}
	l.Start = *m.Start
	return l, nil
}

// Serve carries out by obey what viewers ask, until the host is gone; then it calls gone.
func (l *Link) Serve(obey func(event.Control) error, gone func()) {
	for {
		m, err := l.conn.receive()
		switch {
		case err != nil:
			gone()
			return
		case m.Watched != nil:
			l.watched.Store(m.Watched)
		case m.Control != nil:
			ack := event.Ack{ID: m.Control.ID, OK: true}
			if err := obey(*m.Control); err != nil {
				ack.OK, ack.Error = false, err.Error()
			}
			l.conn.send(message{Ack: &ack})
		}
	}
}

// Publish sends an event to the host. What the host cannot be told is lost: it is gone then, and Serve says so.
func (l *Link) Publish(e event.Event) {
	data, err := event.Encode(event.Message{Event: e})
	if err != nil {
		data, _ = event.Encode(event.Message{Event: event.Log{Level: event.Warning, Text: fmt.Sprintf("not shown: %v", err)}})
	}
	l.conn.send(message{Event: data})
}

// Wants reports whether a viewer looks at a topic of a class: as web.Hub's Wants, a tenth of a second late.
func (l *Link) Wants(t event.Topic, class int) bool {
	w := l.watched.Load()
	if w == nil {
		return false
	}
	for _, s := range w.Topics {
		if s.Topic == t && (s.Class == class || s.Class == event.AllClasses || class == event.AllClasses) {
			return true
		}
	}
	return false
}

// Record says where the run's recording is.
func (l *Link) Record(path string) { l.conn.send(message{Log: path}) }

// Done says how the work ended. The process is to end then.
func (l *Link) Done(o Outcome) { l.conn.send(message{Outcome: &o}) }

// key is that of the process in a context.
type key struct{}

// process is what main knows of its own.
type process struct{ link *Link }

// WithProcess is a context for commands that may compute in a process of their own: of a host, or, with a link, of an engine.
// Without it all is done in one process, as in tests.
func WithProcess(ctx context.Context, link *Link) context.Context {
	return context.WithValue(ctx, key{}, process{link})
}

// Of tells whether the command of ctx may start an engine, and gives its link if it is one.
func Of(ctx context.Context) (link *Link, host bool) {
	p, ok := ctx.Value(key{}).(process)
	return p.link, ok && p.link == nil && possible
}
