// Package engine keeps the process that computes apart from the one that serves the page. A driver that crashes, or the
// kernel that ends the process for want of memory, takes the engine along, and not the page: the host, which has no
// device open, starts the engine again, and the run goes on from its last checkpoint.
//
// Host and engine are one program with one command line. They speak over a pair of connected sockets: the engine sends
// the events of the run, and how it ended; the host sends what viewers ask for, and what they look at.
package engine

import (
	"fmt"
	"io"
	"sync"

	"github.com/fxamacker/cbor/v2"

	"reta/shared/event"
)

// Where the main command computes: the values of --engine.
const (
	Process = "process" // in a process of its own
	Inline  = "inline"
)

// message is what goes over the sockets, in either direction: one of its fields is set.
type message struct {
	Start   *Start         `cbor:"1,keyasint,omitempty"` // to the engine, first
	Control *event.Control `cbor:"2,keyasint,omitempty"` // to the engine
	Watched *watched       `cbor:"3,keyasint,omitempty"` // to the engine
	Event   []byte         `cbor:"4,keyasint,omitempty"` // of event.Encode
	Ack     *event.Ack     `cbor:"5,keyasint,omitempty"` // of a Control
	Log     string         `cbor:"6,keyasint,omitempty"` // path of the run's recording
	Outcome *Outcome       `cbor:"7,keyasint,omitempty"` // from the engine, last
}

// watched are the topics that viewers look at now.
type watched struct {
	Topics []event.Subscription `cbor:"1,keyasint,omitempty"`
}

// Start is what an engine must know beside the command line.
type Start struct {
	Folder string `cbor:"1,keyasint,omitempty"` // of the run to continue; "" where the command line says it
	Why    string `cbor:"2,keyasint,omitempty"` // how the engine before this one ended; "" if this is the first
	Class  int    `cbor:"3,keyasint,omitempty"` // whose feature space viewers look at
	Paused bool   `cbor:"4,keyasint,omitempty"` // the engine before this one was
	Item   *Item  `cbor:"5,keyasint,omitempty"` // what to make in Folder; nil: what the command line says
}

// Item is a part of a run that an engine makes in a folder of its own. What comes of it does not depend on which engine makes it.
type Item struct {
	Phase    string   `cbor:"1,keyasint"`           // of the run
	Index    int      `cbor:"2,keyasint"`           // from 0
	Count    int      `cbor:"3,keyasint"`           // of items that the phase is cut into
	Device   string   `cbor:"4,keyasint,omitempty"` // to make it on, as --device names it
	Config   []byte   `cbor:"5,keyasint,omitempty"` // of the run
	Teachers []string `cbor:"6,keyasint,omitempty"` // files of weights
	Data     string   `cbor:"8,keyasint,omitempty"` // where the real images are, if not where Config says
	Network  string   `cbor:"9,keyasint,omitempty"` // of the teacher that Squeezing trains
	Of       string   `cbor:"7,keyasint,omitempty"` // folder of the run, which is only read: of what is made of its images

	Changes []event.Change `cbor:"10,keyasint,omitempty"` // of the run's settings, those that hold for a group of classes
}

// Preparing is the phase of the item that is made before all others: the config, and teachers.
const Preparing = "prepare"

// Squeezing is the phase of items that train a teacher each, which lie between preparing and recovery.
const Squeezing = "squeeze"

// Embedding is the phase of the item that makes what all groups of classes read of the real images, before them.
const Embedding = "embed"

// String names the item in logs and errors.
func (i Item) String() string {
	switch i.Phase {
	case Preparing, Embedding:
		return i.Phase
	case Squeezing:
		return i.Phase + " " + i.Network
	}
	return fmt.Sprintf("%s %d/%d", i.Phase, i.Index, i.Count)
}

// Outcome is how an engine's work ended.
type Outcome struct {
	Code      int    `cbor:"1,keyasint"`           // exit code of the program
	Text      string `cbor:"2,keyasint,omitempty"` // of the error, for people
	Again     bool   `cbor:"3,keyasint,omitempty"` // the error is one of the device, which a new process may not meet
	Evaluated bool   `cbor:"4,keyasint,omitempty"` // students were trained
	Printed   string `cbor:"5,keyasint,omitempty"` // for the standard output, after the tables
	Needs     int64  `cbor:"6,keyasint,omitempty"` // bytes of device memory, at the least, where the error is that there are
	Has       int64  `cbor:"7,keyasint,omitempty"` // only so many
	Folder    string `cbor:"-"`                    // of the run, "" before it began
}

// conn sends and receives messages.
type conn struct {
	mu   sync.Mutex
	rw   io.ReadWriteCloser
	in   *cbor.Decoder
	fail error // of the first message that could not be sent
}

func newConn(rw io.ReadWriteCloser) *conn { return &conn{rw: rw, in: cbor.NewDecoder(rw)} }

// send writes one message, at once.
func (c *conn) send(m message) error {
	data, err := cbor.Marshal(m)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail == nil {
		_, c.fail = c.rw.Write(data)
	}
	return c.fail
}

// receive waits for the next message.
func (c *conn) receive() (m message, err error) {
	err = c.in.Decode(&m)
	return m, err
}
