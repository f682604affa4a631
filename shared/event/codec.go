package event

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Limits of one message. The decoder enforces them before it allocates.
const (
	MaxMessage  = 32 << 20 // bytes of one encoded message
	MaxElements = 1 << 17  // elements of one array
	MaxPixels   = 16 << 20 // bytes of one pixel slice
	maxPairs    = 256      // keys of one map
	maxDepth    = 8        // nesting of maps and arrays
)

// ErrUnknownKind marks a well-formed message of a kind this build does not know: skip it and count it.
var ErrUnknownKind = errors.New("unknown kind")

var (
	encoder = must(cbor.EncOptions{Sort: cbor.SortNone, IndefLength: cbor.IndefLengthForbidden,
		TagsMd: cbor.TagsForbidden}.EncMode())
	decoder = must(cbor.DecOptions{MaxNestedLevels: maxDepth, MaxArrayElements: MaxElements, MaxMapPairs: maxPairs,
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden,
		TagsMd: cbor.TagsForbidden}.DecMode())
)

func must[T any](mode T, err error) T {
	if err != nil {
		panic(err) // the options above are constants
	}
	return mode
}

// Encode gives the bytes of m, whose Step it takes from the event. It fails on an event that does not pass Check.
func Encode(m Message) ([]byte, error) {
	if err := Check(m.Event); err != nil {
		return nil, err
	}
	out := struct {
		Kind Kind   `cbor:"1,keyasint"`
		Seq  uint64 `cbor:"2,keyasint"`
		Run  uint64 `cbor:"3,keyasint"`
		Step int    `cbor:"4,keyasint"`
		Body Event  `cbor:"5,keyasint"`
	}{m.Event.Kind(), m.Seq, m.Run, Step(m.Event), m.Event}
	data, err := encoder.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("event: encode %s: %w", m.Event.Kind(), err)
	}
	if len(data) > MaxMessage {
		return nil, fmt.Errorf("event: encode %s: %d bytes, want at most %d: publish it in parts",
			m.Event.Kind(), len(data), MaxMessage)
	}
	return data, nil
}

// Decode reads one message. The event shares no memory with data. A kind this build does not know gives
// ErrUnknownKind together with the message's Seq, Run and Step.
func Decode(data []byte) (Message, error) {
	m, _, err := decode(data)
	return m, err
}

// decode is Decode with the number of a kind this build may not know.
func decode(data []byte) (Message, Kind, error) {
	if len(data) > MaxMessage {
		return Message{}, 0, fmt.Errorf("event: message of %d bytes, want at most %d", len(data), MaxMessage)
	}
	var in struct {
		Kind Kind            `cbor:"1,keyasint"`
		Seq  uint64          `cbor:"2,keyasint"`
		Run  uint64          `cbor:"3,keyasint"`
		Step int             `cbor:"4,keyasint"`
		Body cbor.RawMessage `cbor:"5,keyasint"`
	}
	if err := decoder.Unmarshal(data, &in); err != nil {
		return Message{}, in.Kind, fmt.Errorf("event: decode: %w", err)
	}
	m := Message{Seq: in.Seq, Run: in.Run, Step: in.Step}
	k, ok := kinds[in.Kind]
	if !ok {
		return m, in.Kind, fmt.Errorf("event: decode: %w %d", ErrUnknownKind, in.Kind)
	}
	if len(in.Body) == 0 {
		return Message{}, in.Kind, fmt.Errorf("event: decode %s: no body", k.name)
	}
	e, err := k.decode(in.Body)
	if err != nil {
		return Message{}, in.Kind, fmt.Errorf("event: decode %s: %w", k.name, err)
	}
	if err := Check(e); err != nil {
		return Message{}, in.Kind, err
	}
	m.Event = e
	return m, in.Kind, nil
}

// Step is the optimisation step an event speaks of, 0 when it has none.
func Step(e Event) int {
	if s, ok := e.(stepped); ok {
		return s.at()
	}
	return 0
}
