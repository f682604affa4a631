package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Revise has the Make that goes on ask for other items in the place of those that no worker has had. revise is told the place of the last
// item in the list that one has had, -1 for none, and returns the items behind it as they are to be, in their order; its error is returned,
// and nothing is changed then. A worker that takes one of the old items meanwhile drops it.
func (c *Coordinator) Revise(ctx context.Context, revise func(last int) ([]Item, error)) error {
	r := revision{ctx, revise, make(chan error, 1)}
	select {
	case c.revisions <- r:
		return <-r.answer
	case <-ctx.Done():
		return errors.New("the queue is busy with the broker, or all of it is made: try again")
	}
}

// Revoke takes an item off the queue that was asked for before, and is not to be made; before Make.
func (c *Coordinator) Revoke(ctx context.Context, item Item) error {
	c.revised[item.ID()] = true
	return c.purge(ctx, c.items, itemSubject+item.ID())
}

// revision is a call of Revise.
type revision struct {
	ctx    context.Context
	revise func(last int) ([]Item, error)
	answer chan error
}

// longestLook is how long it may take the broker to say what workers have had.
const longestLook = 5 * time.Second

// revise answers a revision, and carries it out. An error ends Make.
func (m *making) revise(ctx context.Context, r revision) error {
	look, cancel := context.WithTimeout(r.ctx, longestLook)
	last, err := m.lastHad(look)
	cancel()
	var items []Item
	if err == nil {
		items, err = r.revise(last)
	}
	if err == nil && len(items) != len(m.items)-last-1 {
		err = fmt.Errorf("cluster: %d items for %d places", len(items), len(m.items)-last-1)
	}
	if r.answer <- err; err != nil {
		return nil
	}
	var queued []string
	for i, item := range slices.Backward(items) { // the last ones first: whoever takes one meanwhile takes the first
		place := last + 1 + i
		old, id := m.items[place].ID(), item.ID()
		if old == id {
			continue
		}
		m.mu.Lock()
		delete(m.at, old)
		m.revised[old], m.at[id], m.items[place] = true, place, item
		m.mu.Unlock()
		delete(m.seq, old)
		if err := m.purge(ctx, m.Coordinator.items, itemSubject+old); err != nil {
			return err
		}
		queued = append(queued, id)
	}
	for _, id := range slices.Backward(queued) {
		if err := m.queue(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// lastHad is the last place in the list of an item that a worker has had, or that is made, -1 for none.
func (m *making) lastHad(ctx context.Context) (int, error) {
	info, err := m.workers.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("the broker does not answer: try again: %w", err)
	}
	last := len(m.items) - 1
	for ; last >= 0; last-- {
		id := m.items[last].ID()
		if _, open := m.at[id]; !open || m.seq[id] <= info.Delivered.Stream {
			break
		}
	}
	return last, nil
}
