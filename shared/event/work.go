package event

import "fmt"

// Work is how a phase stands that is made in parts, by several devices or workers. Newest wins.
type Work struct {
	Phase   string  `cbor:"1,keyasint"`
	Total   int     `cbor:"2,keyasint"`           // parts of the phase
	Made    int     `cbor:"3,keyasint,omitempty"` // those before it was continued too
	Failed  int     `cbor:"4,keyasint,omitempty"` // attempts that failed
	PerHour float32 `cbor:"5,keyasint,omitempty"` // parts that are made now, 0 while it is not known
	Parts   []Part  `cbor:"6,keyasint,omitempty"` // in the making, at most MaxMaking
	Members int     `cbor:"7,keyasint,omitempty"` // who make parts, and those who wait
}

// MaxMaking bounds the parts that are listed.
const MaxMaking = 200

// Part is a part in the making.
type Part struct {
	Name  string `cbor:"1,keyasint"`
	By    string `cbor:"2,keyasint"`           // device or worker
	State State  `cbor:"3,keyasint"`           // of what makes it
	Done  int    `cbor:"4,keyasint,omitempty"` // of Total, in the terms of its phase
	Total int    `cbor:"5,keyasint,omitempty"`
}

// Waiting is the number of parts that nobody makes.
func (w Work) Waiting() int { return max(0, w.Total-w.Made-len(w.Parts)) }

// Kind numbers.
func (Work) Kind() Kind { return KindWork }

func (Work) placed() {} // it names no step

func (w Work) check() error {
	if w.Total < 0 || w.Made < 0 || w.Made > w.Total || w.Failed < 0 || w.Members < 0 || len(w.Parts) > MaxMaking {
		return fmt.Errorf("%d of %d parts made, %d attempts failed, %d members, %d in the making: want no negative count, no more than all, and at most %d in the making",
			w.Made, w.Total, w.Failed, w.Members, len(w.Parts), MaxMaking)
	}
	return nil
}

func init() { register[Work]("work", TopicEvents) }
