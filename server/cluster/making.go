package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"reta/shared/wholefile"
)

// Handler is told what becomes of items, by their places in the list, in one call at a time.
type Handler struct {
	Folder func(item int) string                     // where what came of it is put; it is not there
	Check  func(item int, folder string) error       // refuses what came of it
	Event  func(item int, data []byte)               // what its worker sees; of a stranger
	Here   func(worker string, d Device, item int)   // a worker is there, and makes an item, or none: -1
	Made   func(item int, worker string)             // its folder is there
	Lost   func(item int, worker string, why string) // a worker could not make it; it goes to another
	Back   func(item int, worker string, why string) // it does not fit a worker's device; it goes to another
	// Next, if it is not nil, gives items for the end of the list: at the beginning, and whenever one is made or set aside. The place in
	// the list of the first is given. Failed is told at once of an item that is set aside; nil: nobody is.
	Next   func(ctx context.Context, first int) ([]Item, error)
	Failed func(item int, why string)
}

// Failure is an item that nobody could make.
type Failure struct {
	Item int
	Why  string
}

// making is the state of a call of Make.
type making struct {
	*Coordinator
	items  []Item
	at     map[string]int // by ID, of those that are open
	h      Handler
	mu     sync.Mutex
	tries  map[string]int // failures and refused results
	stuck  map[string]int // times that the queue had it for nobody
	failed []Failure
	said   []message // of items that were made before they were asked for

	seq map[string]uint64 // in the stream of items, of those that are open; 0 once a worker may have had it

	seen    map[string]time.Time        // workers, when they were heard of last
	unfit   map[string]map[string]Unfit // of items that do not fit, by ID and worker
	unfitAt map[string]time.Time        // when the last of these was heard of
}

func (c *Coordinator) making(h Handler) *making {
	return &making{Coordinator: c, h: h, at: map[string]int{}, tries: map[string]int{}, stuck: map[string]int{}, seq: map[string]uint64{},
		seen: map[string]time.Time{}, unfit: map[string]map[string]Unfit{}, unfitAt: map[string]time.Time{}}
}

// Make has workers make items. It ends when each is made or set aside: after three reports of a failure, or when no worker has come
// to its end in many deliveries. ctx has no deadline: with one a request that nobody answers is given up only then, else after seconds.
// On an error, as that of ctx, the items stay queued, and a later call receives what was made meanwhile.
func (c *Coordinator) Make(ctx context.Context, items []Item, h Handler) ([]Failure, error) {
	m := c.making(h)
	if err := m.add(ctx, items); err != nil {
		return nil, err
	}
	if err := m.more(ctx); err != nil {
		return nil, err
	}
	m.said = nil // all of it is heard again
	events, err := c.conn.Subscribe(eventTopic+"*", m.event)
	if err != nil {
		return nil, err
	}
	defer events.Unsubscribe()
	heres, err := c.conn.Subscribe(hereTopic, m.here)
	if err != nil {
		return nil, err
	}
	defer heres.Unsubscribe()
	arrived := make(chan message, 64)
	for _, s := range []jetstream.Stream{c.results, c.fails} {
		var consuming jetstream.ConsumeContext
		err := patiently(ctx, c.o.Say, "results", func() error {
			ordered, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{InactiveThreshold: DefaultLease})
			if err != nil {
				return err
			}
			consuming, err = ordered.Consume(func(msg jetstream.Msg) {
				select {
				case arrived <- message{msg.Subject(), msg.Data()}:
				case <-ctx.Done():
				}
			}, jetstream.PullExpiry(10*time.Second), jetstream.PullHeartbeat(2*time.Second)) // two that are missed mean that the consumer's node is lost
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("cluster: %w", err)
		}
		defer consuming.Stop()
	}
	check := time.NewTicker(2 * time.Second)
	defer check.Stop()
	silent := 0
	hear := func(msg message) error {
		open := len(m.at)
		err := m.take(ctx, msg)
		if err == nil && len(m.at) < open {
			err = m.more(ctx)
		}
		return err
	}
	for len(m.at) > 0 {
		if len(m.said) > 0 {
			msg := m.said[0]
			m.said = m.said[1:]
			if err := hear(msg); err != nil {
				return nil, err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case msg := <-arrived:
			silent = 0
			if err := hear(msg); err != nil {
				return nil, err
			}
		case r := <-c.revisions:
			if err := m.revise(ctx, r); err != nil {
				return nil, err
			}
		case <-check.C:
			open := len(m.at)
			if m.homeless(ctx); len(m.at) < open {
				if err := m.more(ctx); err != nil {
					return nil, err
				}
			}
			if silent = m.silence(ctx, silent); silent > 2 {
				if err := m.dead(ctx); err != nil {
					return nil, err
				}
				if err := m.more(ctx); err != nil {
					return nil, err
				}
				silent = 0
			}
		}
	}
	return m.failed, nil
}

// message is one of the stream of results or of that of failures.
type message struct {
	subject string
	data    []byte
}

// more adds the items that may be made now.
func (m *making) more(ctx context.Context) error {
	if m.h.Next == nil {
		return nil
	}
	items, err := m.h.Next(ctx, len(m.items))
	if err != nil {
		return err
	}
	return m.add(ctx, items)
}

// add queues items.
func (m *making) add(ctx context.Context, items []Item) error {
	for _, item := range items {
		id := item.ID()
		m.mu.Lock()
		m.at[id] = len(m.items)
		m.items = append(m.items, item)
		m.mu.Unlock()
		if err := m.purge(ctx, m.fails, failTopic+id); err != nil {
			return err
		}
		if err := m.queue(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// queue adds an item to the queue, unless it is there, or is made.
func (m *making) queue(ctx context.Context, id string) error {
	text, err := json.Marshal(m.items[m.at[id]])
	if err != nil {
		return err
	}
	if len(text) > mostMessage {
		return fmt.Errorf("cluster: item %s: %d bytes: want at most %d", m.items[m.at[id]].Name, len(text), mostMessage)
	}
	return until(ctx, m.o.Say, "queue", func() (bool, error) {
		if msg, err := m.results.GetLastMsgForSubject(ctx, resultTopic+id); err == nil {
			m.said = append(m.said, message{msg.Subject, msg.Data})
			return true, nil
		}
		ack, err := m.js.Publish(ctx, itemSubject+id, text)
		_, again := m.seq[id]
		switch {
		case refused(err):
			var msg *jetstream.RawStreamMsg
			if msg, err = m.Coordinator.items.GetLastMsgForSubject(ctx, itemSubject+id); err == nil {
				m.seq[id] = msg.Sequence
			}
		case err == nil && !again:
			m.seq[id] = ack.Sequence
		}
		if again {
			m.seq[id] = 0
		}
		return err == nil, err
	})
}

// refused reports that a stream holds a message of the subject already. JetStream's code stands for every message that is not stored,
// as on a full disk.
func refused(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == notStored && strings.Contains(api.Description, "maximum messages per subject")
}

const notStored = 10077

// take takes in a result or the report of a failure.
func (m *making) take(ctx context.Context, msg message) error {
	id, ok := strings.CutPrefix(msg.subject, resultTopic)
	if !ok {
		return m.report(ctx, strings.TrimPrefix(msg.subject, failTopic), msg.data)
	}
	var r result
	err := decode(msg.data, &r)
	i, open := m.at[id]
	if !open {
		if m.revised[id] && err == nil {
			_ = m.results.Purge(ctx, jetstream.WithPurgeSubject(resultTopic+id)) // best effort
			drop(ctx, m.js, resultBucket, resultName(id)+r.Object)
		}
		return nil
	}
	if err == nil {
		err = m.receive(ctx, i, r)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		m.forget(ctx, id)
		drop(ctx, m.js, resultBucket, resultName(id)+r.Object) // its message stays, so that a later result is refused
		m.done = append(m.done, id)
		m.mu.Lock()
		delete(m.at, id)
		m.h.Made(i, printable(r.Worker, 80))
		m.mu.Unlock()
		return nil
	}
	// what is wrong with it is its maker's: another may make it
	if err := m.purge(ctx, m.results, resultTopic+id); err != nil {
		return err
	}
	if err := m.count(ctx, id, printable(r.Worker, 80), "its result was refused: "+err.Error()); err != nil {
		return err
	}
	if _, open := m.at[id]; open {
		return m.queue(ctx, id)
	}
	return nil
}

// receive puts a result in its place.
func (m *making) receive(ctx context.Context, i int, r result) error {
	folder := m.h.Folder(i)
	err := patiently(ctx, m.o.Say, "result of "+m.items[i].Name, func() error {
		return get(ctx, m.outputs, resultName(m.items[i].ID()), r.Object, folder)
	})
	if err != nil {
		return err
	}
	if err := m.h.Check(i, folder); err != nil {
		return errors.Join(err, wholefile.RemoveAll(folder))
	}
	return nil
}

// forget takes an item that is made or set aside out of the queue.
func (m *making) forget(ctx context.Context, id string) {
	_ = m.Coordinator.items.Purge(ctx, jetstream.WithPurgeSubject(itemSubject+id)) // best effort: all of it is small
	_ = m.fails.Purge(ctx, jetstream.WithPurgeSubject(failTopic+id))
}

// report takes in that a worker could not make an item.
func (m *making) report(ctx context.Context, id string, data []byte) error {
	if _, open := m.at[id]; !open {
		return nil
	}
	var f failed
	if decode(data, &f) != nil {
		return nil
	}
	if f.Unfit {
		m.back(id, printable(f.Worker, 80), f)
		return nil
	}
	return m.count(ctx, id, printable(f.Worker, 80), printable(f.Why, mostReason))
}

// count counts a failure of an item, and sets it aside after the last.
func (m *making) count(ctx context.Context, id, worker, why string) error {
	i := m.at[id]
	m.tries[id]++
	m.mu.Lock()
	m.h.Lost(i, worker, why)
	m.mu.Unlock()
	if m.tries[id] >= mostFailures {
		m.setAside(ctx, id, fmt.Sprintf("%s (for the third time; by %s)", why, worker))
	}
	return nil
}

func (m *making) setAside(ctx context.Context, id, why string) {
	m.failed = append(m.failed, Failure{m.at[id], why})
	m.forget(ctx, id)
	m.mu.Lock()
	if m.h.Failed != nil {
		m.h.Failed(m.at[id], why)
	}
	delete(m.at, id)
	m.mu.Unlock()
}

// silence counts how often in succession items were open that nobody has and nobody waits for: they have been delivered as often as they
// may be, or the broker has lost them.
func (m *making) silence(ctx context.Context, before int) int {
	workers, err := m.workers.Info(ctx)
	if err != nil {
		return 0
	}
	if workers.NumPending > 0 || workers.NumAckPending > 0 {
		return 0
	}
	return before + 1
}

// dead queues open items anew that go to nobody any more: an item has been delivered as often as it may be, or a broker that was killed or
// had no room on its disk has lost it, or whom it was delivered to. What is found in the queue so for the third time is set aside.
func (m *making) dead(ctx context.Context) error {
	info, err := m.Coordinator.items.Info(ctx, jetstream.WithSubjectFilter(itemSubject+"*"))
	if err != nil {
		return nil // looked for again
	}
	for _, id := range slices.Collect(maps.Keys(m.at)) {
		subject := itemSubject + id
		if _, there := info.State.Subjects[subject]; there {
			if len(m.unfit[id]) > 0 {
				m.stuck[id] = 0 // those who gave it back ended it
			} else if m.stuck[id]++; m.stuck[id] == mostFailures {
				m.setAside(ctx, id, fmt.Sprintf("no worker has come to its end in %d deliveries, three times: did it end them?", mostDeliveries))
				continue
			}
			if err := m.Coordinator.items.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
				return nil // looked for again
			}
		}
		if err := m.queue(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// event passes on what a worker sees of an open item.
func (m *making) event(msg *nats.Msg) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i, open := m.at[strings.TrimPrefix(msg.Subject, eventTopic)]; open {
		m.h.Event(i, msg.Data)
	}
}

func (m *making) here(msg *nats.Msg) {
	var h here
	if decode(msg.Data, &h) != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	i, open := m.at[h.Item]
	if !open {
		if i = -1; m.revised[h.Item] {
			_ = m.conn.Publish(dropTopic, []byte(h.Item)) // until it is heard
		}
	}
	worker := printable(h.Worker, 80)
	if len(m.seen) < 100_000 { // no fleet: somebody makes names up
		m.seen[worker] = time.Now()
	}
	h.Device.Name, h.Device.Kind, h.Device.Precision = printable(h.Device.Name, 200), printable(h.Device.Kind, 20), printable(h.Device.Precision, 20)
	m.h.Here(worker, h.Device, i)
}
