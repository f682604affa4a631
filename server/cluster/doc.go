// Package cluster has workers on other machines make items: folders of files that follow from what is asked and from input folders.
// A coordinator queues items on NATS JetStream, in a cluster of the user's or in a broker of its own (Serve); workers take one at a
// time, make it in a folder, and put what came of it in the object store:
//
//	c, err := cluster.Coordinate(ctx, options)           // here
//	hash, err := c.Put(ctx, folder, nil)
//	failed, err := c.Make(ctx, []cluster.Item{{Name: "one", Work: work, Inputs: map[string]string{"of": hash}}}, handler)
//
//	err := cluster.Work(ctx, options, worker)            // there
//
// What must not be lost is in the broker's store: items, until they are made; results, until the coordinator has them. An item is
// leased to a worker, who extends the lease while it works; when a worker is silent for a lease the item goes to another. It may
// then be made twice: its subject in the stream of results takes one message, so the later result is refused, and its maker drops it.
// Nothing depends on clocks being equal.
//
// Whoever may publish is a stranger: names, sizes and hashes are checked before they are believed. A worker's credentials allow it to
// take items, to read inputs, and to publish results, failures and what it sees; not to queue items or to change inputs.
package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Item is what a worker makes. Two that are equal are one: their results are interchangeable.
type Item struct {
	Name   string            `json:"name"`             // for people
	Work   []byte            `json:"work"`             // what is asked
	Inputs map[string]string `json:"inputs,omitempty"` // hashes of folders that are needed, by name
}

// ID is the item's hash.
func (i Item) ID() string {
	text, err := json.Marshal(i)
	if err != nil {
		panic(err) // strings and bytes
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// The names on the broker.
const (
	itemStream   = "RETA_ITEMS" // a work queue
	itemSubject  = "reta.item." // and the item's ID
	consumer     = "workers"
	resultStream = "RETA_RESULTS" // one message a subject
	resultTopic  = "reta.result."
	failStream   = "RETA_FAILED"
	failTopic    = "reta.failed."
	eventTopic   = "reta.event." // and the item's ID; not kept
	stateTopic   = "reta.state"  // what the coordinator says to all workers; not kept
	hereTopic    = "reta.here"   // what workers say of themselves; not kept
	dropTopic    = "reta.drop"   // ID of an item that is in nobody's interest any more; not kept
	inputBucket  = "reta-inputs"
	resultBucket = "reta-results"
)

// DefaultLease is how long a worker may be silent before its item goes to another.
const DefaultLease = 30 * time.Second

// longestKept is how long the broker keeps what nobody fetches, as the results of a run that was given up. An item that has gone so and
// is open is queued anew.
const longestKept = 30 * 24 * time.Hour

// Bounds.
const (
	mostDeliveries = 50      // of an item to workers that do not end it
	mostFailures   = 3       // that are reported of an item
	mostMessage    = 1 << 20 // bytes of what is no picture
	mostReason     = 4 << 10 // bytes of a reason that are kept
)

// result is what a worker publishes of an item that it has made.
type result struct {
	Worker string `json:"worker"`
	Object string `json:"object"` // hash of the packed folder
}

// resultName is what the names of an item's results in the object store begin with.
func resultName(id string) string { return id + "." }

// failed is what a worker publishes of an item that it could not make.
type failed struct {
	Worker string `json:"worker"`
	Why    string `json:"why"`
	Unfit  bool   `json:"unfit,omitempty"` // its device has too little memory
	Needs  int64  `json:"needs,omitempty"` // bytes of it
	Has    int64  `json:"has,omitempty"`
}

// here is what a worker says of itself: when it takes an item, and now and then.
type here struct {
	Worker string `json:"worker"`
	Device Device `json:"device"`
	Item   string `json:"item,omitempty"` // ID of what it makes, "" for none
}

// Device is what a worker says of a device.
type Device struct {
	Name      string `json:"name"`
	Kind      string `json:"kind,omitempty"`      // how it is attached
	Memory    int64  `json:"memory,omitempty"`    // bytes
	Precision string `json:"precision,omitempty"` // of products
}

func (d Device) String() string {
	text := d.Name
	if d.Kind != "" {
		text = fmt.Sprintf("%s (%s, %s, %s)", d.Name, d.Kind, sized(d.Memory), d.Precision)
	}
	return text
}

// sized is a number of bytes, for people.
func sized(n int64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

var errMessage = errors.New("message refused")

// decode reads a message of a stranger.
func decode(data []byte, v any) error {
	if len(data) > mostMessage {
		return fmt.Errorf("%w: %d bytes: want at most %d", errMessage, len(data), mostMessage)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %w", errMessage, err)
	}
	return nil
}

// isHash reports whether text is a hash as ID makes it, and so a name that is safe anywhere.
func isHash(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == sha256.Size && hex.EncodeToString(b) == text
}

// printable is text of a stranger for people, on a line.
func printable(text string, most int) string {
	if len(text) > most {
		text = text[:most] + "..."
	}
	out := []rune(text)
	for i, r := range out {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			out[i] = ' '
		}
	}
	return string(out)
}
