package main

import (
	"container/heap"
	"math"
	"math/rand/v2"
)

// Phase is a list of equal items, all of which are made before the next phase begins.
type Phase struct {
	Name    string
	Items   int
	Seconds float64 // of a worker of speed 1
	In      float64 // bytes that a worker fetches once in the phase
	Out     float64 // bytes of a result
}

// Fleet is who makes the items, and through what.
type Fleet struct {
	Workers  int
	Spread   float64 // standard deviation of the logarithm of an item's time
	Slow     float64 // fraction of workers that are
	Slowness float64 // times slower than the others
	MTBF     float64 // mean seconds between failures of a worker, 0 for none
	Restart  float64 // seconds until it is there again, with nothing of its item
	Lease    float64 // seconds until the item of a silent worker goes to another
	Start    float64 // seconds that a process takes to begin an item
	Queue    float64 // seconds of the broker for one item: taken, extended, acknowledged, result
	Network  float64 // bytes a second of the broker's link, both ways together
	Seed     uint64
}

// Outcome is what a simulation comes to.
type Outcome struct {
	Seconds   float64            // of the whole run
	Ideal     float64            // seconds if nothing but work took time, and it could be divided at will
	Phase     map[string]float64 // seconds of each phase
	QueueBusy float64            // fraction of the time that the broker is busy
	LinkBusy  float64            // fraction of the time that its link is
	Tail      float64            // seconds in which more than a tenth of the workers had nothing to take and the phase was not over
	Lost      int                // items that a failing worker had begun
}

// event is something that happens to a worker.
type event struct {
	at     float64
	worker int
	item   int
	what   int
}

const (
	free    = iota // it may take an item
	made           // its item's result is with the coordinator
	failed         // it fails with the item in the making
	expired        // the lease of an item ends
)

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any          { old := *e; x := old[len(old)-1]; *e = old[:len(old)-1]; return x }

// server serves one after the other.
type server struct{ free, busy float64 }

// serve returns when what arrives at a time and takes so long is served.
func (s *server) serve(at, seconds float64) float64 {
	s.free = max(s.free, at) + seconds
	s.busy += seconds
	return s.free
}

// simulate carries the phases out, one after the other.
func simulate(f Fleet, phases []Phase) Outcome {
	out := Outcome{Phase: map[string]float64{}}
	draw := rand.New(rand.NewPCG(f.Seed, 1))
	speed, power := make([]float64, f.Workers), 0.0
	for i := range speed {
		speed[i] = 1
		if draw.Float64() < f.Slow {
			speed[i] = 1 / f.Slowness
		}
		power += speed[i]
	}
	var queue, link server
	now := 0.0
	for _, p := range phases {
		began := now
		now = f.phase(p, now, speed, draw, &queue, &link, &out)
		out.Phase[p.Name] += now - began
		out.Ideal += float64(p.Items) * p.Seconds / power
	}
	out.Seconds = now
	out.QueueBusy, out.LinkBusy = queue.busy/now, link.busy/now
	return out
}

// phase returns when all items of one phase are made.
func (f Fleet) phase(p Phase, now float64, speed []float64, draw *rand.Rand, queue, link *server, out *Outcome) float64 {
	var list events
	waiting := make([]int, 0, p.Items) // items that nobody has
	for i := range p.Items {
		waiting = append(waiting, p.Items-1-i)
	}
	done, left := make([]bool, p.Items), p.Items
	fetched := make([]bool, f.Workers)
	var idle []int
	tail := -1.0 // since when a tenth of the workers is idle
	for w := range f.Workers {
		heap.Push(&list, event{now, w, 0, free})
	}
	take := func(at float64, w int) {
		for len(waiting) > 0 && done[waiting[len(waiting)-1]] {
			waiting = waiting[:len(waiting)-1]
		}
		if len(waiting) == 0 {
			if idle = append(idle, w); tail < 0 && len(idle)*10 > f.Workers {
				tail = at
			}
			return
		}
		item := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		begins := queue.serve(at, f.Queue)
		if !fetched[w] {
			fetched[w] = true
			begins = link.serve(begins, p.In/f.Network)
		}
		// lognormal with mean 1
		seconds := f.Start + p.Seconds/speed[w]*math.Exp(f.Spread*draw.NormFloat64()-f.Spread*f.Spread/2)
		if f.MTBF > 0 {
			if until := draw.ExpFloat64() * f.MTBF; until < seconds {
				out.Lost++
				heap.Push(&list, event{begins + until + f.Lease, w, item, expired})
				heap.Push(&list, event{begins + until + f.Restart, w, item, failed})
				return
			}
		}
		heap.Push(&list, event{begins + seconds, w, item, made})
	}
	for left > 0 {
		e := heap.Pop(&list).(event)
		now = e.at
		switch e.what {
		case free, failed:
			take(now, e.worker)
		case expired:
			if !done[e.item] {
				waiting = append(waiting, e.item)
				if n := len(idle); n > 0 {
					w := idle[n-1]
					idle = idle[:n-1]
					take(now, w)
				}
			}
		case made:
			arrived := link.serve(now, p.Out/f.Network)
			if !done[e.item] {
				done[e.item] = true
				left--
			}
			heap.Push(&list, event{arrived, e.worker, 0, free})
			if left == 0 {
				now = arrived
			}
		}
	}
	if tail >= 0 {
		out.Tail += now - tail
	}
	return now
}
