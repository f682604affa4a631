package event

import "fmt"

// Protocol is the websocket subprotocol spoken by this package. A new major version gets a new name.
const Protocol = "reta.v1"

// Version of the vocabulary, sent in Hello. Minor grows with new kinds and keys, Major with Protocol.
const (
	Major = 1
	Minor = 4
)

// Kind numbers the events on the wire. Numbers are never reused.
type Kind uint8

// From the server.
const (
	KindHello     Kind = 1
	KindStatus    Kind = 2
	KindMetrics   Kind = 3
	KindSqueeze   Kind = 4
	KindImages    Kind = 5
	KindResidual  Kind = 6
	KindCloud     Kind = 7
	KindStageEnd  Kind = 8
	KindLog       Kind = 9
	KindResult    Kind = 10
	KindAck       Kind = 11
	KindFlow      Kind = 12
	KindDiagnosis Kind = 13
	KindRetrieval Kind = 14
	KindIndex     Kind = 15
	KindGallery   Kind = 16
	KindChange    Kind = 17
	KindSettings  Kind = 18
	KindTrials    Kind = 19
	KindCurve     Kind = 20
	KindConfusion Kind = 21
	KindMistakes  Kind = 22
	KindViews     Kind = 23
	KindStart     Kind = 24
	KindWork      Kind = 25
)

// From the viewer.
const (
	KindSubscribe Kind = 33
	KindCredit    Kind = 34
	KindControl   Kind = 35
	KindResume    Kind = 36
)

// Topic groups the kinds a viewer subscribes to and grants credits for.
type Topic uint8

// The topics. Hello, Ack and Flow belong to none: they always arrive.
const (
	TopicNone       Topic = 0
	TopicStatus     Topic = 1 // Status
	TopicMetrics    Topic = 2 // Metrics, Squeeze: batched, never dropped
	TopicImages     Topic = 3 // Images
	TopicCloud      Topic = 4 // Cloud
	TopicResidual   Topic = 5 // Residual
	TopicEvents     Topic = 6 // Log, Start, StageEnd, Diagnosis, Change, Settings, Trials, Curve, Result, Work: no credits needed
	TopicRetrieval  Topic = 7 // Retrieval, Gallery
	TopicEvaluation Topic = 8 // Confusion, Mistakes, Views
	topicCount            = 9
)

// Topics lists every topic a viewer can subscribe to.
func Topics() []Topic {
	return []Topic{TopicStatus, TopicMetrics, TopicImages, TopicCloud, TopicResidual, TopicEvents, TopicRetrieval, TopicEvaluation}
}

// Event is one thing that happened or was asked: a value of one of this package's struct types.
type Event interface {
	Kind() Kind
}

// Message is an event with its place in a run.
type Message struct {
	Seq   uint64 // order of publication within Run
	Run   uint64 // random number of the server process: when it changes, forget the state and start again
	Step  int    // optimisation step of the event, 0 when it has none; set by Encode
	Event Event
}

// Optional sides of an event.
type (
	stepped interface{ at() int }
	checked interface{ check() error }
)

// Check says what is inconsistent in an event: counts against lengths, indices against their sets, sizes.
// Encode and Decode call it.
func Check(e Event) error {
	if e == nil {
		return fmt.Errorf("event: nil event")
	}
	k, ok := kinds[e.Kind()]
	if !ok {
		return fmt.Errorf("event: kind %d of %T is not registered: want one of this package's types", e.Kind(), e)
	}
	if c, ok := e.(checked); ok {
		if err := c.check(); err != nil {
			return fmt.Errorf("event: %s: %w", k.name, err)
		}
	}
	return nil
}

// String is the kind's name, such as "images".
func (k Kind) String() string {
	if r, ok := kinds[k]; ok {
		return r.name
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Topic is the topic the kind travels under.
func (k Kind) Topic() Topic { return kinds[k].topic }

// String is the topic's name.
func (t Topic) String() string {
	names := [topicCount]string{"none", "status", "metrics", "images", "cloud", "residual", "events", "retrieval", "evaluation"}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("topic %d", uint8(t))
}

// kinds is the registry, filled by the init of each kind's file.
var kinds = map[Kind]kind{}

type kind struct {
	name   string
	topic  Topic
	joins  bool
	placed bool
	decode func(body []byte) (Event, error)
}

func register[E Event](name string, topic Topic) {
	var zero E
	if _, twice := kinds[zero.Kind()]; twice {
		panic(fmt.Sprintf("event: kind %d registered twice", zero.Kind()))
	}
	_, joins := any(zero).(joined)
	_, steps := any(zero).(stepped)
	_, late := any(zero).(placed)
	kinds[zero.Kind()] = kind{name: name, topic: topic, joins: joins, placed: late || !steps, decode: func(body []byte) (Event, error) {
		var e E
		if err := decoder.Unmarshal(body, &e); err != nil {
			return nil, err
		}
		return e, nil
	}}
}
