package graph

import (
	"maps"
	"slices"
)

// Memory is what a program takes on the device beside its variables, in bytes.
type Memory struct {
	Own   int64 // inputs, outputs, and what is computed once
	Arena int64 // all other tensors: those that are never alive together share memory
	Alive int64 // the most that those take at one time: no arena is smaller
}

// Bytes is all of it.
func (m Memory) Bytes() int64 { return m.Own + m.Arena }

// Memory is what a program of the given outputs takes with so many runs on their way, without compiling or allocating it.
func (g *Graph) Memory(inFlight int, outputs ...*Node) (Memory, error) {
	l, err := g.layout(outputs, false, false)
	if err != nil {
		return Memory{}, err
	}
	return l.memory(inFlight), nil
}

// Memory is what the program takes.
func (e *Exec) Memory() Memory { return e.memory }

// memory is what the program takes with so many runs on their way.
func (l *layout) memory(lanes int) Memory {
	m := Memory{Arena: 4 * int64(l.words), Alive: 4 * int64(max(alive(l.prepare.free), alive(l.step.free)))}
	for _, p := range l.own {
		n := 1
		if p.lane {
			n = lanes
		}
		m.Own += int64(n) * bytes16(p.store.words)
	}
	return m
}

// alive is the most words that stores take at one time.
func alive(stores []*store) (most int) {
	change := map[int]int{}
	for _, s := range stores {
		change[s.first] += s.words
		change[s.last+1] -= s.words
	}
	now := 0
	for _, at := range slices.Sorted(maps.Keys(change)) {
		now += change[at]
		most = max(most, now)
	}
	return most
}
