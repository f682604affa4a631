package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Unfit is the error of an item that a device has too little memory for.
type Unfit struct {
	Needs, Has int64 // bytes: at the least, and of the device
	Why        string
}

func (u Unfit) Error() string {
	return fmt.Sprintf("it needs at least %s of device memory, and there are %s: %s", sized(u.Needs), sized(u.Has), u.Why)
}

// unfitFor is how long a worker believes that an item does not fit: memory that others used may be free by then.
const unfitFor = 10 * time.Minute

type refusal struct {
	Unfit
	at time.Time
}

func (s *session) refuse(device int, id string, u Unfit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.unfit, func(_ string, r refusal) bool { return time.Since(r.at) > unfitFor })
	s.unfit[fmt.Sprint(device, id)] = refusal{u, time.Now()}
}

func (s *session) refused(device int, id string) (Unfit, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.unfit[fmt.Sprint(device, id)]
	return r.Unfit, ok && time.Since(r.at) <= unfitFor
}

// giveBack has an item go to another worker, in a while: to this one too, which gives it back again.
func (s *session) giveBack(ctx context.Context, device int, msg jetstream.Msg, id string, u Unfit, lease time.Duration) {
	s.fail(ctx, id, failed{s.called(device), u.Why, true, u.Needs, u.Has})
	s.here(device, "")
	_ = msg.NakWithDelay(lease / 3)
}

// back takes in that an item does not fit a worker's device.
func (m *making) back(id, worker string, f failed) {
	if m.unfit[id] == nil {
		m.unfit[id] = map[string]Unfit{}
	}
	if _, known := m.unfit[id][worker]; known || len(m.unfit[id]) > 10_000 {
		return
	}
	m.unfit[id][worker] = Unfit{f.Needs, f.Has, printable(f.Why, mostReason)}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unfitAt[id], m.seen[worker] = time.Now(), time.Now()
	m.h.Back(m.at[id], worker, m.unfit[id][worker].Error())
}

// homeless sets items aside that fit none of the workers that are there, once others have had time to come.
func (m *making) homeless(ctx context.Context) {
	for id, by := range m.unfit {
		if _, open := m.at[id]; !open {
			delete(m.unfit, id)
			continue
		}
		m.mu.Lock()
		others, there := false, false
		for worker, at := range m.seen {
			if time.Since(at) < m.patience {
				_, unfit := by[worker]
				others, there = others || !unfit, true
			}
		}
		wait := time.Since(m.unfitAt[id]) < m.patience
		m.mu.Unlock()
		if others || !there || wait {
			continue
		}
		list := slices.Collect(maps.Values(by))
		needs := slices.MaxFunc(list, func(a, b Unfit) int { return int(min(1, max(-1, a.Needs-b.Needs))) })
		has := slices.MaxFunc(list, func(a, b Unfit) int { return int(min(1, max(-1, a.Has-b.Has))) })
		m.setAside(ctx, id, fmt.Sprintf("no worker that is there has room for it: it needs at least %s of device memory, the largest has %s: start a worker with more: %s",
			sized(needs.Needs), sized(has.Has), needs.Why))
	}
}
