package event

import (
	"cmp"
	"fmt"
	"slices"
)

// MaxHeld is the most items a Resumption lists. What a viewer holds beyond it is sent again.
const MaxHeld = 4096

// heldBytes bounds the list of a Resumption that a Ledger makes, well below the 64 KiB a server reads of one message.
const heldBytes = 48 << 10

// Resumption lists what a viewer holds already, after Hello and before Subscribe, when a connection was
// lost and the run is still the same: the server then sends only what the viewer lacks. It is an offer. A server of
// another run, or one that no longer has what came in between, sends the present state as to a new viewer.
//
// Positions are numbers of messages (Message.Seq), for the server numbers all that it publishes in one sequence. One
// number for all would not do: newest wins, item by item, and a viewer that reads slowly has the newest form of some
// items and an old form of others, so no single number says what it has.
type Resumption struct {
	Run     uint64 `cbor:"1,keyasint"`           // of the messages held
	Held    []Held `cbor:"2,keyasint,omitempty"` // items, in any order, each at most once
	Metrics uint64 `cbor:"3,keyasint,omitempty"` // newest Metrics, 0: none
	Squeeze uint64 `cbor:"4,keyasint,omitempty"` // newest Squeeze, 0: none
	Line    uint64 `cbor:"5,keyasint,omitempty"` // newest Log, 0: none
}

// Held is one item a viewer holds.
type Held struct {
	_     struct{} `cbor:",toarray"`
	Kind  Kind
	Class int
	Part  int
	Seq   uint64 // of the message that brought it
	Side  int    // longer side of its images as they came, pixels; 0 for what a server never halves
}

// Kind is the wire's number of a Resumption.
func (Resumption) Kind() Kind { return KindResume }

func (r Resumption) check() error {
	if len(r.Held) > MaxHeld {
		return fmt.Errorf("%d items held: want at most %d, the newest", len(r.Held), MaxHeld)
	}
	for _, h := range r.Held {
		if h.Class < AllClasses || h.Part < 0 || h.Side < 0 {
			return fmt.Errorf("held %s: class %d, part %d, side %d: want class %d or more, the others not below 0", h.Kind, h.Class,
				h.Part, h.Side, AllClasses)
		}
	}
	return nil
}

// Ledger notes what a viewer received of a run, to say it in a Resumption. The zero value holds nothing.
type Ledger struct {
	run                    uint64
	held                   map[Item]Held
	metrics, squeeze, line uint64
}

// Note takes in one message that was received. One of another run empties the ledger first.
func (l *Ledger) Note(m Message) {
	if m.Event == nil {
		return
	}
	if m.Run != l.run || l.held == nil {
		*l = Ledger{run: m.Run, held: map[Item]Held{}}
	}
	switch m.Event.(type) {
	case Metrics:
		l.metrics = m.Seq
	case Squeeze:
		l.squeeze = m.Seq
	case Log:
		l.line = m.Seq
	default:
		if m.Event.Kind().Topic() == TopicNone {
			return
		}
		i := ItemOf(m.Event)
		l.held[i] = Held{Kind: i.Kind, Class: i.Class, Part: i.Part, Seq: m.Seq, Side: Side(m.Event)}
	}
}

// Resumption is what to send after the Hello of run; false when nothing of that run is held. Of more items than a
// message takes it lists the newest.
func (l *Ledger) Resumption(run uint64) (Resumption, bool) {
	if run != l.run || len(l.held) == 0 && l.metrics|l.squeeze|l.line == 0 {
		return Resumption{}, false
	}
	r := Resumption{Run: run, Metrics: l.metrics, Squeeze: l.squeeze, Line: l.line}
	for _, h := range l.held {
		r.Held = append(r.Held, h)
	}
	slices.SortFunc(r.Held, func(a, b Held) int { return cmp.Compare(b.Seq, a.Seq) })
	bytes := 0
	for i, h := range r.Held {
		bytes += 3 + digits(uint64(max(0, h.Class))) + digits(uint64(h.Part)) + digits(h.Seq) + digits(uint64(h.Side))
		if i == MaxHeld || bytes > heldBytes {
			r.Held = r.Held[:i]
			break
		}
	}
	return r, true
}

// digits is the number of bytes CBOR takes for n (RFC 8949, section 3.1).
func digits(n uint64) int {
	switch {
	case n < 24:
		return 1
	case n < 1<<8:
		return 2
	case n < 1<<16:
		return 3
	case n < 1<<32:
		return 5
	}
	return 9
}

func init() { register[Resumption]("resume", TopicNone) }
