package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"reta/shared/wholefile"
)

// Coordinator queues items and receives what comes of them.
type Coordinator struct {
	o               Options
	conn            *nats.Conn
	js              jetstream.JetStream
	items           jetstream.Stream
	results, fails  jetstream.Stream
	workers         jetstream.Consumer
	inputs, outputs jetstream.ObjectStore
	put, done       []string // hashes of inputs, IDs of items that are made
}

// Coordinate connects and makes what is not there on the broker. lease is how long a worker may be silent, 0 for DefaultLease.
func Coordinate(ctx context.Context, o Options, lease time.Duration) (c *Coordinator, err error) {
	if lease == 0 {
		lease = DefaultLease
	}
	c = &Coordinator{o: o}
	if c.conn, c.js, err = connect(o, "coordinator"); err != nil {
		return nil, err
	}
	streams := []struct {
		at     *jetstream.Stream
		config jetstream.StreamConfig
	}{
		{&c.items, jetstream.StreamConfig{Name: itemStream, Subjects: []string{itemSubject + "*"}, Retention: jetstream.WorkQueuePolicy, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgSize: mostMessage}},
		{&c.results, jetstream.StreamConfig{Name: resultStream, Subjects: []string{resultTopic + "*"}, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgSize: mostMessage, AllowDirect: true}},
		{&c.fails, jetstream.StreamConfig{Name: failStream, Subjects: []string{failTopic + "*"}, MaxMsgsPerSubject: mostFailures, MaxMsgSize: mostMessage}},
	}
	err = until(ctx, o.Say, "broker "+o.URL, func() (bool, error) {
		for _, s := range streams {
			if *s.at, err = c.js.CreateOrUpdateStream(ctx, s.config); err != nil {
				return errors.Is(err, nats.ErrAuthorization), err
			}
		}
		if c.workers, err = c.items.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: consumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: lease, MaxDeliver: mostDeliveries, MaxAckPending: 1 << 20}); err != nil {
			return false, err
		}
		if c.inputs, err = c.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: inputBucket}); err != nil {
			return false, err
		}
		c.outputs, err = c.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: resultBucket})
		return err == nil, err
	})
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("broker %s: %w", o.URL, err)
	}
	return c, nil
}

// Close ends the connection. What is queued stays.
func (c *Coordinator) Close() { c.conn.Close() }

// Put makes a folder, or a file as the one file of a folder, an input of items, and returns its hash. Of a folder skip, if not nil,
// says which paths in it are left out.
func (c *Coordinator) Put(ctx context.Context, path string, skip func(path string) bool) (hash string, err error) {
	hash, err = put(ctx, c.inputs, path, skip)
	if err != nil {
		return "", fmt.Errorf("cluster: %w", err)
	}
	c.put = append(c.put, hash)
	return hash, nil
}

// Clear removes what the broker keeps of items that are made, once nothing more is to be made with the same inputs. A result that comes
// even later is nobody's.
func (c *Coordinator) Clear(ctx context.Context) {
	for _, id := range c.done { // best effort: what stays is in nobody's way
		_ = c.results.Purge(ctx, jetstream.WithPurgeSubject(resultTopic+id))
	}
	for _, hash := range c.put {
		_ = c.inputs.Delete(ctx, hash)
	}
	c.put, c.done = nil, nil
}

// Say sends all workers a message that may be lost, and replaces the ones before.
func (c *Coordinator) Say(message []byte) error { return c.conn.Publish(stateTopic, message) }

// Handler is told what becomes of items, by their places in the list, in one call at a time.
type Handler struct {
	Folder func(item int) string                     // where what came of it is put; it is not there
	Check  func(item int, folder string) error       // refuses what came of it
	Event  func(item int, data []byte)               // what its worker sees; of a stranger
	Here   func(worker, device string, item int)     // a worker is there, and makes an item, or none: -1
	Made   func(item int, worker string)             // its folder is there
	Lost   func(item int, worker string, why string) // a worker could not make it; it goes to another
	// Next, if it is not nil, gives items for the end of the list: at the beginning, and whenever one is made or set aside. The place in
	// the list of the first is given. Failed is told at once of an item that is set aside; nil: nobody is.
	Next   func(ctx context.Context, first int) ([]Item, error)
	Failed func(item int, why string)
}

// Has reports whether an input is on the broker, which is then removed by Clear as one that was put.
func (c *Coordinator) Has(ctx context.Context, hash string) bool {
	_, err := c.inputs.GetInfo(ctx, hash)
	if err == nil {
		c.put = append(c.put, hash)
	}
	return err == nil
}

// Drop removes an input that no item needs any more.
func (c *Coordinator) Drop(ctx context.Context, hash string) {
	_ = c.inputs.Delete(ctx, hash) // best effort: Clear tries again
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
}

// Make has workers make items. It ends when each is made or set aside: after three reports of a failure, or when no worker has come
// to its end in many deliveries. On an error, as that of ctx, the items stay queued, and a later call receives what was made meanwhile.
func (c *Coordinator) Make(ctx context.Context, items []Item, h Handler) ([]Failure, error) {
	m := &making{Coordinator: c, at: map[string]int{}, h: h, tries: map[string]int{}, stuck: map[string]int{}}
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
		ordered, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
		if err != nil {
			return nil, fmt.Errorf("cluster: %w", err)
		}
		consuming, err := ordered.Consume(func(msg jetstream.Msg) {
			select {
			case arrived <- message{msg.Subject(), msg.Data()}:
			case <-ctx.Done():
			}
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
		case <-check.C:
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
		if err := m.fails.Purge(ctx, jetstream.WithPurgeSubject(failTopic+id)); err != nil {
			return fmt.Errorf("cluster: %w", err)
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
		_, err := m.js.Publish(ctx, itemSubject+id, text)
		return err == nil || refused(err), nil
	})
}

// refused reports that a stream holds a message of the subject already.
func refused(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == maximumPerSubject
}

// maximumPerSubject is JetStream's error code of a message that a stream refuses: its subject has as many as it may have.
const maximumPerSubject = 10077

// take takes in a result or the report of a failure.
func (m *making) take(ctx context.Context, msg message) error {
	id, ok := strings.CutPrefix(msg.subject, resultTopic)
	if !ok {
		return m.report(ctx, strings.TrimPrefix(msg.subject, failTopic), msg.data)
	}
	i, open := m.at[id]
	if !open {
		return nil
	}
	var r result
	err := decode(msg.data, &r)
	if err == nil {
		err = m.receive(ctx, i, r)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		m.forget(ctx, id)
		_ = m.outputs.Delete(ctx, r.Object) // its message stays, so that a later result is refused
		m.done = append(m.done, id)
		m.mu.Lock()
		delete(m.at, id)
		m.h.Made(i, printable(r.Worker, 80))
		m.mu.Unlock()
		return nil
	}
	// what is wrong with it is its maker's: another may make it
	if err := m.results.Purge(ctx, jetstream.WithPurgeSubject(resultTopic+id)); err != nil {
		return fmt.Errorf("cluster: %w", err)
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
	if err := get(ctx, m.outputs, r.Object, folder); err != nil {
		return err
	}
	err := m.h.Check(i, folder)
	if err != nil {
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

// silence counts how often in succession the queue had items, and nobody to whom they could go: they have been delivered as often as
// they may be.
func (m *making) silence(ctx context.Context, before int) int {
	workers, err := m.workers.Info(ctx)
	if err != nil {
		return 0
	}
	items, err := m.Coordinator.items.Info(ctx)
	if err != nil || items.State.Msgs == 0 || workers.NumPending > 0 || workers.NumAckPending > 0 {
		return 0
	}
	return before + 1
}

// dead queues anew what is left in the queue and goes to nobody any more: it has been delivered as often as it may be, or a broker that
// was killed has lost whom it was delivered to. What comes there for the third time is set aside.
func (m *making) dead(ctx context.Context) error {
	info, err := m.Coordinator.items.Info(ctx, jetstream.WithSubjectFilter(itemSubject+"*"))
	if err != nil {
		return nil // looked for again
	}
	for subject := range info.State.Subjects {
		id := strings.TrimPrefix(subject, itemSubject)
		if !m.open(id) {
			continue
		}
		if m.stuck[id]++; m.stuck[id] == mostFailures {
			m.setAside(ctx, id, fmt.Sprintf("no worker has come to its end in %d deliveries, three times: did it end them?", mostDeliveries))
			continue
		}
		if err := m.Coordinator.items.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return nil // looked for again
		}
		if err := m.queue(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (m *making) open(id string) bool { _, open := m.at[id]; return open }

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
		i = -1
	}
	m.h.Here(printable(h.Worker, 80), printable(h.Device, 200), i)
}
