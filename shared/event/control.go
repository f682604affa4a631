package event

import "fmt"

// AllClasses in a Subscription takes every class.
const AllClasses = -1

// Subscription asks for one topic.
type Subscription struct {
	Topic Topic   `cbor:"1,keyasint"`
	Class int     `cbor:"2,keyasint"`           // only this class, or AllClasses
	Size  int     `cbor:"3,keyasint,omitempty"` // longest image side wanted, pixels; larger images come halved; 0: as they are
	Rate  float32 `cbor:"4,keyasint,omitempty"` // most updates a second of one item; 0: no limit but credits
}

// Subscribe replaces all a viewer subscribed to before. A hidden page sends an empty one, and costs nothing.
type Subscribe struct {
	Topics []Subscription `cbor:"1,keyasint,omitempty"`
}

// MaxCredit is the most credits a viewer can hold per topic; more are cut.
const MaxCredit = 16

// Credit lets the server send N more messages of a topic; TopicNone grants them to every topic.
type Credit struct {
	Topic Topic `cbor:"1,keyasint"`
	N     int   `cbor:"2,keyasint"`
}

// Op is what a Control asks for.
type Op string

// The operations.
const (
	Pause     Op = "pause"
	Resume    Op = "resume"
	StepOnce  Op = "step"  // make Steps steps (0: one), then pause
	Stop      Op = "stop"  // checkpoint, export what there is, end
	ShowClass Op = "class" // send clouds and thumbnails of Class
	SetValue  Op = "set"   // change setting Name to Value, from the next step on; see Settings
	Undo      Op = "undo"  // take back the newest Change that is not taken back yet
)

// Ops lists the operations. A server answers another with an Ack that says so.
func Ops() []Op { return []Op{Pause, Resume, StepOnce, Stop, ShowClass, SetValue, Undo} }

// Control asks the run for something. Its ID, larger than the viewer's last, comes back in one Ack.
type Control struct {
	ID    uint64  `cbor:"1,keyasint"`
	Op    Op      `cbor:"2,keyasint"`
	Class int     `cbor:"3,keyasint,omitempty"` // of ShowClass
	Steps int     `cbor:"4,keyasint,omitempty"` // of StepOnce
	Name  string  `cbor:"5,keyasint,omitempty"` // of SetValue
	Value float64 `cbor:"6,keyasint,omitempty"` // of SetValue; the run refuses what lies outside its bounds
}

// Ack answers a Control.
type Ack struct {
	ID    uint64 `cbor:"1,keyasint"`
	OK    bool   `cbor:"2,keyasint"`
	Error string `cbor:"3,keyasint,omitempty"`
}

// Flow describes a viewer's connection. It comes every few seconds while the viewer is subscribed to
// anything: a heartbeat.
type Flow struct {
	Clients int    `cbor:"1,keyasint"`           // viewers connected
	Skipped uint64 `cbor:"2,keyasint"`           // states replaced by newer ones before this viewer took them
	Cut     uint64 `cbor:"3,keyasint,omitempty"` // metric points this viewer got only in thinned form
	Unix    int64  `cbor:"4,keyasint"`           // server time, milliseconds since 1970
}

// Kind numbers.
func (Subscribe) Kind() Kind { return KindSubscribe }
func (Credit) Kind() Kind    { return KindCredit }
func (Control) Kind() Kind   { return KindControl }
func (Ack) Kind() Kind       { return KindAck }
func (Flow) Kind() Kind      { return KindFlow }

func (s Subscribe) check() error {
	var seen [topicCount]bool
	for _, t := range s.Topics {
		if t.Topic == TopicNone || t.Topic >= topicCount || seen[t.Topic] {
			return fmt.Errorf("topic %d: want each of 1 to %d at most once", t.Topic, topicCount-1)
		}
		seen[t.Topic] = true
		if t.Class < AllClasses || t.Size < 0 || !(t.Rate >= 0) {
			return fmt.Errorf("%s: class %d, size %d, rate %v: want class %d or more, the others not below 0",
				t.Topic, t.Class, t.Size, t.Rate, AllClasses)
		}
	}
	return nil
}

func (c Credit) check() error {
	if c.Topic >= topicCount || c.N < 0 {
		return fmt.Errorf("%d credits for topic %d: want 0 or more for topic 0 to %d", c.N, c.Topic, topicCount-1)
	}
	return nil
}

func (c Control) check() error {
	if c.Class < 0 || c.Steps < 0 {
		return fmt.Errorf("%s: class %d, steps %d: want none below 0", c.Op, c.Class, c.Steps)
	}
	if len(c.Name) > maxName {
		return fmt.Errorf("%s: a name of %d bytes: want at most %d", c.Op, len(c.Name), maxName)
	}
	return nil
}

func init() {
	register[Subscribe]("subscribe", TopicNone)
	register[Credit]("credit", TopicNone)
	register[Control]("control", TopicNone)
	register[Ack]("ack", TopicNone)
	register[Flow]("flow", TopicNone)
}
