package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"reta/shared/wholefile"
)

// Worker makes items on its devices, one on each at a time.
type Worker struct {
	Name    string
	Devices []Device
	Dir     string // for inputs, and items in the making; its alone
	// Make makes an item in a folder, on the device of a place in Devices. inputs are folders by name. What the folder holds from an
	// earlier call is of the same item. see publishes what happens. An error that is Unfit has the item go to another worker, and is no
	// failure of it.
	Make func(ctx context.Context, device int, item Item, inputs map[string]string, folder string, see func([]byte)) error
	// Heard receives what the coordinator says to all.
	Heard func([]byte)
	// Skip says which paths of an item's folder are no part of what came of it; nil: none.
	Skip func(path string) bool
}

// Work takes items until ctx ends, which leaves those in the making for others.
func Work(ctx context.Context, o Options, w Worker) error {
	conn, js, err := connect(o, w.Name)
	if err != nil {
		return err
	}
	defer conn.Close()
	heard, err := conn.Subscribe(stateTopic, func(msg *nats.Msg) { w.Heard(msg.Data) })
	if err != nil {
		return err
	}
	defer heard.Unsubscribe()
	s := &session{Worker: w, o: o, conn: conn, js: js, making: map[string]context.CancelCauseFunc{}, unfit: map[string]refusal{}}
	dropped, err := conn.Subscribe(dropTopic, func(msg *nats.Msg) { s.drop(string(msg.Data)) })
	if err != nil {
		return err
	}
	defer dropped.Unsubscribe()
	var devices sync.WaitGroup
	for device := range w.Devices {
		devices.Go(func() { s.work(ctx, device) })
	}
	devices.Wait()
	return ctx.Err()
}

// session is a worker at a broker.
type session struct {
	Worker
	o    Options
	conn *nats.Conn
	js   jetstream.JetStream

	mu     sync.Mutex
	making map[string]context.CancelCauseFunc // of items that are worked on, by their IDs
	unfit  map[string]refusal                 // by device and ID
	tidied time.Time
}

// work takes and makes one item after the other on a device.
func (s *session) work(ctx context.Context, device int) {
	waiting := false
	for ctx.Err() == nil {
		msg, lease, err := s.next(ctx)
		if err != nil && !errors.Is(err, nats.ErrTimeout) && !errors.Is(err, context.DeadlineExceeded) {
			if !waiting {
				s.o.Say("waiting for a coordinator: %v", err)
			}
			waiting = true
			pause(ctx, time.Second)
			continue
		}
		if msg == nil {
			s.here(device, "")
			s.tidy(ctx)
			continue
		}
		waiting = false
		s.one(ctx, device, msg, lease)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// next waits a while for an item.
func (s *session) next(ctx context.Context) (jetstream.Msg, time.Duration, error) {
	short, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	items, err := s.js.Consumer(short, itemStream, consumer)
	if err != nil {
		return nil, 0, err
	}
	batch, err := items.Fetch(1, jetstream.FetchMaxWait(3*time.Second))
	if err != nil {
		return nil, 0, err
	}
	msg := <-batch.Messages()
	return msg, items.CachedInfo().Config.AckWait, batch.Error()
}

// one makes an item that was taken.
func (s *session) one(ctx context.Context, device int, msg jetstream.Msg, lease time.Duration) {
	id := strings.TrimPrefix(msg.Subject(), itemSubject)
	var item Item
	err := decode(msg.Data(), &item)
	if err == nil && (!isHash(id) || item.ID() != id) {
		err = fmt.Errorf("%w: item %.80q is another than its name says", errMessage, id)
	}
	if err != nil {
		s.o.Say("%v", err)
		_ = msg.Term() // it will be no better
		return
	}
	if s.made(ctx, id) {
		_ = msg.Ack()
		return
	}
	if u, ok := s.refused(device, id); ok {
		s.giveBack(ctx, device, msg, id, u, lease)
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var extending sync.WaitGroup
	ended := make(chan struct{})
	extending.Go(func() { s.extend(msg, device, id, lease, ended) })
	defer func() { cancel(nil); close(ended); extending.Wait() }()
	s.works(id, cancel)
	defer s.works(id, nil)
	s.o.Say("%s: begins", item.Name)
	folder := filepath.Join(s.Dir, "items", id)
	err = s.make(ctx, device, item, id, folder)
	var object string
	if err == nil {
		err = s.upload(ctx, id, folder, &object)
	}
	var unfit Unfit
	switch {
	case errors.Is(context.Cause(ctx), errDropped):
		s.o.Say("%s: dropped: %v", item.Name, errDropped)
		_ = msg.Term()
		if err := wholefile.RemoveAll(folder); err != nil {
			s.o.Say("%v", err)
		}
		return
	case ctx.Err() != nil:
		_ = msg.Nak() // another may have it at once
		return
	case errors.As(err, &unfit):
		s.o.Say("%s: given back for a worker with more memory: %v", item.Name, unfit)
		s.refuse(device, id, unfit)
		s.giveBack(ctx, device, msg, id, unfit, lease)
		return
	case err != nil:
		s.o.Say("%s: %v", item.Name, err)
		s.fail(ctx, id, failed{Worker: s.Name, Why: err.Error()})
		_ = msg.NakWithDelay(time.Second)
		return
	}
	s.publish(ctx, item, id, result{s.Name, object})
	if err := wholefile.RemoveAll(folder); err != nil {
		s.o.Say("%v", err)
	}
	_ = msg.Ack() // if it is lost, whoever gets the item next finds the result
}

// errDropped ends the making of an item that nobody wants any more.
var errDropped = errors.New("the coordinator has another item in its place")

// drop ends the making of an item.
func (s *session) drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.making[id]; cancel != nil {
		cancel(errDropped)
	}
}

// made reports whether an item has a result.
func (s *session) made(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	results, err := s.js.Stream(ctx, resultStream)
	if err != nil {
		return false
	}
	_, err = results.GetLastMsgForSubject(ctx, resultTopic+id)
	return err == nil
}

// extend extends the lease of an item while it is made, and says who makes it.
func (s *session) extend(msg jetstream.Msg, device int, id string, lease time.Duration, ended <-chan struct{}) {
	tick := time.NewTicker(max(lease/4, 100*time.Millisecond))
	defer tick.Stop()
	for {
		s.here(device, id)
		_ = msg.InProgress() // one that is lost is followed by others before the lease ends
		select {
		case <-tick.C:
		case <-ended:
			return
		}
	}
}

// called is the name of a device's worker.
func (s *session) called(device int) string {
	if len(s.Devices) > 1 {
		return fmt.Sprintf("%s (%d)", s.Name, device+1)
	}
	return s.Name
}

func (s *session) here(device int, id string) {
	text, _ := json.Marshal(here{s.called(device), s.Devices[device], id})
	_ = s.conn.Publish(hereTopic, text) // for eyes alone
}

// make fetches inputs and makes an item. What inputs others have fetched stays for more items.
func (s *session) make(ctx context.Context, device int, item Item, id, folder string) error {
	inputs := map[string]string{}
	for name, hash := range item.Inputs {
		if !isHash(hash) {
			return fmt.Errorf("%w: input %.40q: %.80q is no hash", errMessage, name, hash)
		}
		to := filepath.Join(s.Dir, "inputs", hash)
		err := patiently(ctx, s.o.Say, "input "+name, func() error {
			store, err := s.js.ObjectStore(ctx, inputBucket)
			if err != nil {
				return err
			}
			return get(ctx, store, "", hash, to)
		})
		if err != nil {
			return err
		}
		inputs[name] = to
		now := time.Now()
		if err := os.Chtimes(to, now, now); err != nil {
			return err
		}
	}
	if err := wholefile.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return err
	}
	return s.Make(ctx, device, item, inputs, folder, func(data []byte) {
		if int64(len(data)) < s.conn.MaxPayload() {
			_ = s.conn.Publish(eventTopic+id, data) // for eyes alone
		}
	})
}

// upload puts what came of an item in the store.
func (s *session) upload(ctx context.Context, id, folder string, object *string) error {
	return patiently(ctx, s.o.Say, "result", func() error {
		store, err := s.js.ObjectStore(ctx, resultBucket)
		if err == nil {
			*object, err = put(ctx, store, resultName(id), folder, s.Skip)
		}
		return err
	})
}

// publish says that an item is made. The first who says so is believed.
func (s *session) publish(ctx context.Context, item Item, id string, r result) {
	text, _ := json.Marshal(r)
	_ = until(ctx, s.o.Say, "result of "+item.Name, func() (bool, error) {
		_, err := s.js.Publish(ctx, resultTopic+id, text)
		if refused(err) {
			s.o.Say("%s: somebody else has made it meanwhile: this result is dropped", item.Name)
			return true, nil
		}
		if err == nil {
			s.o.Say("%s: made", item.Name)
		}
		return err == nil || errors.Is(err, jetstream.ErrNoStreamResponse) && s.conn.IsConnected(), err
	})
}

func (s *session) fail(ctx context.Context, id string, f failed) {
	f.Why = printable(f.Why, mostReason)
	text, _ := json.Marshal(f)
	_ = until(ctx, s.o.Say, "report", func() (bool, error) {
		_, err := s.js.Publish(ctx, failTopic+id, text)
		return err == nil || errors.Is(err, jetstream.ErrNoStreamResponse), err
	})
}
