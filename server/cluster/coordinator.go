package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
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
	put, done       []string        // hashes of inputs, IDs of items that are made
	brokenOff       time.Duration   // age of an upload that nobody goes on with
	revisions       chan revision   // for the Make that goes on
	patience        time.Duration   // in which workers that are there say so
	revised         map[string]bool // IDs of items that are not to be made any more, whose makers are told so
}

// Coordinate connects and makes what is not there on the broker. lease is how long a worker may be silent, 0 for DefaultLease.
func Coordinate(ctx context.Context, o Options, lease time.Duration) (c *Coordinator, err error) {
	if lease == 0 {
		lease = DefaultLease
	}
	c = &Coordinator{o: o, brokenOff: time.Hour, revisions: make(chan revision), patience: max(2*lease, 10*time.Second), revised: map[string]bool{}}
	if c.conn, c.js, err = connect(o, "coordinator"); err != nil {
		return nil, err
	}
	streams := []struct {
		at     *jetstream.Stream
		config jetstream.StreamConfig
	}{
		{&c.items, jetstream.StreamConfig{Name: itemStream, Subjects: []string{itemSubject + "*"}, Retention: jetstream.WorkQueuePolicy, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgSize: mostMessage, MaxAge: longestKept}},
		{&c.results, jetstream.StreamConfig{Name: resultStream, Subjects: []string{resultTopic + "*"}, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgSize: mostMessage, MaxAge: longestKept, AllowDirect: true}},
		{&c.fails, jetstream.StreamConfig{Name: failStream, Subjects: []string{failTopic + "*"}, MaxMsgsPerSubject: mostFailures, MaxMsgSize: mostMessage, MaxAge: longestKept}},
	}
	replicas := mostReplicas
	if o.broker != nil {
		replicas = 1
	}
	err = until(ctx, o.Say, "broker "+o.URL, func() (bool, error) {
		for _, s := range streams {
			s.config.Replicas = replicas
			if *s.at, err = c.js.CreateOrUpdateStream(ctx, s.config); few(err) {
				replicas = 1
			}
			if err != nil {
				return errors.Is(err, nats.ErrAuthorization), err
			}
		}
		if c.workers, err = c.items.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: consumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: lease, MaxDeliver: mostDeliveries, MaxAckPending: 1 << 20}); err != nil {
			return false, err
		}
		if c.inputs, err = c.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: inputBucket, Replicas: replicas}); err != nil {
			return false, err
		}
		c.outputs, err = c.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: resultBucket, TTL: longestKept, Replicas: replicas})
		return err == nil, err
	})
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("broker %s: %w", o.URL, err)
	}
	return c, nil
}

// mostReplicas is how many nodes of a cluster keep what is queued, where there are as many: one of them may be lost.
const mostReplicas = 3

// few reports that there are fewer nodes than replicas.
func few(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == noCluster || api.ErrorCode == noPeers)
}

// JetStream's codes of a server that is alone and of a cluster with too few nodes.
const (
	noCluster = 10074
	noPeers   = 10005
)

// Close ends the connection. What is queued stays.
func (c *Coordinator) Close() { c.conn.Close() }

// Put makes a folder, or a file as the one file of a folder, an input of items, and returns its hash. Of a folder skip, if not nil,
// says which paths in it are left out.
func (c *Coordinator) Put(ctx context.Context, path string, skip func(path string) bool) (hash string, err error) {
	err = patiently(ctx, c.o.Say, "input", func() error {
		hash, err = put(ctx, c.inputs, "", path, skip)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("cluster: %w", err)
	}
	c.put = append(c.put, hash)
	return hash, nil
}

// Clear removes what the broker keeps of items that are made, once nothing more is to be made with the same inputs. A result that comes
// even later is nobody's.
func (c *Coordinator) Clear(ctx context.Context) {
	for _, id := range c.done { // best effort: what stays is in nobody's way, and goes when it is old
		_ = c.results.Purge(ctx, jetstream.WithPurgeSubject(resultTopic+id))
	}
	c.sweep(ctx)
	for _, hash := range c.put {
		drop(ctx, c.js, inputBucket, hash)
	}
	c.put, c.done = nil, nil
}

// sweep removes results of items that are made, which were late and refused, and pieces of those whose upload was broken off long ago by the
// broker's clock.
func (c *Coordinator) sweep(ctx context.Context) {
	stream, err := c.js.Stream(ctx, "OBJ_"+resultBucket)
	if err != nil {
		return
	}
	pieces, err := stream.Info(ctx, jetstream.WithSubjectFilter("$O."+resultBucket+".C.*"))
	if err != nil {
		return
	}
	objects, err := c.outputs.List(ctx) // after the pieces, so that none is whole meanwhile
	if err != nil && !errors.Is(err, jetstream.ErrNoObjectsFound) {
		return
	}
	whole := map[string]bool{}
	for _, o := range objects {
		whole["$O."+resultBucket+".C."+o.NUID] = true
		if id, _, _ := strings.Cut(o.Name, "."); slices.Contains(c.done, id) {
			drop(ctx, c.js, resultBucket, o.Name)
		}
	}
	for subject := range pieces.State.Subjects {
		if whole[subject] {
			continue
		}
		if last, err := stream.GetLastMsgForSubject(ctx, subject); err == nil && pieces.TimeStamp.Sub(last.Time) > c.brokenOff {
			_ = stream.Purge(ctx, jetstream.WithPurgeSubject(subject))
		}
	}
}

// Say sends all workers a message that may be lost, and replaces the ones before.
func (c *Coordinator) Say(message []byte) error { return c.conn.Publish(stateTopic, message) }

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
	drop(ctx, c.js, inputBucket, hash) // best effort: Clear tries again
}

// purge removes a stream's messages of a subject.
func (c *Coordinator) purge(ctx context.Context, s jetstream.Stream, subject string) error {
	err := patiently(ctx, c.o.Say, "queue", func() error { return s.Purge(ctx, jetstream.WithPurgeSubject(subject)) })
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}
