package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/server/cluster"
	"reta/server/engine"
	"reta/server/run"
	"reta/server/web"
	"reta/shared/event"
	"reta/shared/wholefile"
)

// ownBroker is the --cluster of a broker in this process.
const ownBroker = "own"

// clusterFlags say how a broker is reached.
type clusterFlags struct {
	password, ca, creds string
}

func (f *clusterFlags) add(fs *pflag.FlagSet, prefix string) {
	fs.StringVar(&f.password, prefix+"password", "", "file with the password of workers; the coordinator makes one that is not there (default: cluster/password in the cache)")
	fs.StringVar(&f.ca, prefix+"ca", "", "certificate that signed the broker's, PEM (default: the system's)")
	fs.StringVar(&f.creds, prefix+"creds", "", "file of NATS credentials, for a cluster of your own")
}

// passwordOf reads the password of workers. One that is not there is made where make says so, and in the cache, which workers of the
// same user on the same machine share.
func (f *clusterFlags) passwordOf(cache string, make bool) (string, error) {
	file := f.password
	if file == "" {
		file, make = filepath.Join(cache, "cluster", "password"), true
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && make {
		text, err = newPassword(file)
	}
	if err != nil {
		return "", usage("password of the cluster's workers: %w: want the coordinator's file", err)
	}
	word := strings.TrimSpace(string(text))
	if len(word) < 8 || len(word) > 256 {
		return "", usage("%s: %d characters: want a password of 8 to 256", file, len(word))
	}
	return word, nil
}

// newPassword makes the file of a password, and returns what it holds: of several processes one makes it.
func newPassword(file string) ([]byte, error) {
	part := fmt.Sprintf("%s.%d", file, os.Getpid())
	err := errors.Join(wholefile.MkdirAll(filepath.Dir(file), 0o700), wholefile.Write(part, []byte(secret()+"\n"), 0o600))
	if err == nil {
		if err = os.Link(part, file); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err = errors.Join(err, wholefile.Remove(part)); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// secret is 192 random bits.
func secret() string {
	var b [24]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// queueFlags are those of a coordinator.
type queueFlags struct {
	clusterFlags
	url, listen, cert, key string
	lease                  time.Duration
}

func (f *queueFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.url, "cluster", "", "have workers make the run (see server worker): own starts a broker in this process, nats://HOST:PORT or tls:// is a NATS cluster with JetStream")
	fs.StringVar(&f.listen, "cluster-listen", "", "address of the own broker; one that other machines reach wants --cluster-cert and --cluster-key (default: "+cluster.DefaultListen+")")
	fs.StringVar(&f.cert, "cluster-cert", "", "TLS certificate of the own broker, PEM")
	fs.StringVar(&f.key, "cluster-key", "", "TLS key of the own broker, PEM")
	fs.DurationVar(&f.lease, "cluster-lease", cluster.DefaultLease, "how long a worker may be silent before its part goes to another")
	f.clusterFlags.add(fs, "cluster-")
}

func (f *queueFlags) check(c *cobra.Command, several bool) error {
	name := firstChanged(c, "cluster-listen", "cluster-cert", "cluster-key")
	if f.url == "" && f.listen != "" {
		f.url = ownBroker
	}
	switch {
	case f.url == "":
		if name := firstChanged(c, "cluster-cert", "cluster-key", "cluster-lease", "cluster-password", "cluster-ca", "cluster-creds"); name != "" {
			return usage("--%s is about --cluster: want that too", name)
		}
		return nil
	case several:
		return usage("--device lists several, --cluster has workers elsewhere: want one of them (a worker takes several)")
	case f.url != ownBroker && name != "":
		return usage("--%s is about a broker of one's own: want --cluster own", name)
	case f.lease < 500*time.Millisecond || f.lease > time.Hour:
		return usage("--cluster-lease %v: want 500ms to 1h", f.lease)
	}
	if f.url != ownBroker {
		if err := cluster.CheckURL(f.url); err != nil {
			return usage("--cluster: %w, or own", err)
		}
	}
	return nil
}

// queue has workers make a run.
type queue struct {
	f       *distilFlags
	local   *devices // which prepares
	out     *console
	watched func() []event.Subscription // nil: nobody looks

	broker      *cluster.Broker
	coordinator *cluster.Coordinator
	inputs      map[string]string // hashes of the teachers
	pool        string            // and of the pool

	mu      sync.Mutex
	state   orders
	stop    func() // while parts are made
	workers map[string]string
	live    []part // that are made now, and that settings have an effect on
}

// orders are what all workers keep to, whichever item they make: the newest are all that counts.
type orders struct {
	Paused bool                 `json:"paused"`
	Class  int                  `json:"class"`
	Topics []event.Subscription `json:"topics,omitempty"`
}

func newQueue(server *web.Server, emit func(event.Event), out *console, f *distilFlags) *queue {
	q := &queue{f: f, out: out, local: newDevices([]string{f.common.device}, server, emit, out, f), workers: map[string]string{}}
	if server != nil {
		q.watched = server.Hub().Watching
	}
	return q
}

func (q *queue) prepare(ctx context.Context, p part) (engine.Outcome, error) {
	return q.local.prepare(ctx, p)
}

func (q *queue) obey(c event.Control) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch c.Op {
	case event.Pause:
		q.state.Paused = true
	case event.Resume:
		q.state.Paused = false
	case event.ShowClass:
		q.state.Class = c.Class
	case event.Stop:
		if q.stop != nil {
			q.stop()
			return nil
		}
	default:
		return fmt.Errorf("operation %q: a run that workers make cannot do that", c.Op)
	}
	if q.coordinator == nil {
		return q.local.obey(c)
	}
	return q.say()
}

// change has the parts that no worker has had made by the changed settings, and gives the others out.
func (q *queue) change(f func() error) error {
	q.mu.Lock()
	c, parts := q.coordinator, q.live
	q.mu.Unlock()
	if c == nil || parts == nil {
		return f()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return c.Revise(ctx, func(last int) (list []cluster.Item, err error) {
		for _, p := range parts[:last+1] {
			p.given()
		}
		if err := f(); err != nil {
			return nil, err
		}
		for _, p := range parts[last+1:] {
			item, err := q.item(p, p.changes(), "")
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		return list, nil
	})
}

// say tells all workers what holds. The caller holds mu.
func (q *queue) say() error {
	if q.watched != nil {
		q.state.Topics = q.watched()
	}
	text, err := json.Marshal(q.state)
	if err != nil {
		return err
	}
	return q.coordinator.Say(text)
}

// open starts the broker, or finds the cluster.
func (q *queue) open(ctx context.Context, parts string) error {
	if q.coordinator != nil {
		return nil
	}
	cache, err := q.f.common.cacheDir()
	if err != nil {
		return err
	}
	q.broker, q.coordinator, err = q.f.queue.open(ctx, cache, filepath.Join(parts, "queue"), q.out)
	return err
}

// open starts a broker that keeps its store in a folder, nil for a cluster that is there, and connects. On an error a broker may be open.
func (f *queueFlags) open(ctx context.Context, cache, store string, out *console) (broker *cluster.Broker, c *cluster.Coordinator, err error) {
	o := cluster.Options{URL: f.url, CAFile: f.ca, Creds: f.creds, Say: out.say}
	if f.url == ownBroker {
		password, err := f.passwordOf(cache, true)
		if err != nil {
			return nil, nil, err
		}
		own := secret()
		broker, err = cluster.Serve(cluster.BrokerOptions{Listen: f.listen, Store: store, Password: password, Own: own, CertFile: f.cert, KeyFile: f.key, Say: out.say})
		if errors.Is(err, cluster.ErrOptions) {
			return nil, nil, usage("--%w", err)
		}
		if err != nil {
			return nil, nil, err
		}
		o = broker.Coordinator(own, out.say)
		out.say("cluster: workers: server worker %s", broker.URL())
	} else if f.password != "" {
		if o.Password, err = f.passwordOf(cache, false); err != nil {
			return nil, nil, err
		}
		o.User = "coordinator"
	}
	c, err = cluster.Coordinate(ctx, o, f.lease)
	return broker, c, err
}

func (q *queue) end(all bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.coordinator != nil {
		if all {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			q.coordinator.Clear(ctx)
			cancel()
		}
		q.coordinator.Close()
		q.coordinator = nil
	}
	if q.broker != nil {
		q.broker.Close()
		q.broker = nil
	}
}

// noInput are the paths of a run's folder that what is made of its images does not need.
func noInput(path string) bool {
	return slices.Contains([]string{run.PartsFolder, "checkpoints", "evaluation", "events.reta", "LOCK", preparedFile, engine.CrashFile}, path)
}

// noResult are the paths of a shard's folder, or of a cell's, that are its maker's alone.
func noResult(path string) bool {
	path = strings.TrimPrefix(path, itemImages+string(filepath.Separator))
	return slices.Contains([]string{"checkpoints", "LOCK", engine.CrashFile}, path)
}

func (q *queue) make(ctx context.Context, parts []part, p *progress) ([]failure, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := q.open(ctx, filepath.Dir(parts[0].folder)); err != nil {
		return nil, err
	}
	q.mu.Lock()
	q.stop = cancel
	q.mu.Unlock()
	items, err := q.items(ctx, parts)
	if err != nil {
		return nil, err
	}
	if parts[0].steering != nil {
		q.mu.Lock()
		q.live = parts
		q.mu.Unlock()
		defer func() { q.mu.Lock(); q.live = nil; q.mu.Unlock() }()
	}
	var saying sync.WaitGroup
	saying.Go(func() {
		for tick := time.NewTicker(500 * time.Millisecond); ctx.Err() == nil; {
			q.mu.Lock()
			_ = q.say() // again soon
			q.mu.Unlock()
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	})
	defer saying.Wait()
	defer cancel()
	lost, err := q.coordinator.Make(ctx, items, cluster.Handler{
		Folder: func(i int) string { return parts[i].folder },
		Check:  func(i int, folder string) error { return parts[i].check(folder) },
		Event: func(i int, data []byte) {
			if m, err := event.Decode(data); err == nil {
				p.happened(parts[i].String(), m.Event)
			}
		},
		Here: func(worker string, d cluster.Device, i int) { q.here(p, parts, worker, d, i) },
		Made: func(i int, worker string) { p.left(parts[i].String(), worker, "") },
		Lost: func(i int, worker, why string) { p.left(parts[i].String(), worker, why) },
		Back: func(i int, worker, why string) { p.back(parts[i].String(), worker, why) },
	})
	if err != nil {
		return nil, err
	}
	var failed []failure
	for _, l := range lost {
		failed = append(failed, failure{parts[l.Item], l.Why, 4})
	}
	return failed, nil
}

// here notes what a worker makes.
func (q *queue) here(p *progress, parts []part, worker string, d cluster.Device, i int) {
	name := ""
	if i >= 0 {
		name = parts[i].String()
	}
	was, known := q.workers[worker]
	if !known && len(q.workers) > 100_000 {
		return // no fleet: somebody makes names up
	}
	if !known {
		p.joined(len(q.workers) + 1)
		q.out.say("cluster: worker %s is there: %v", worker, d)
	}
	if q.workers[worker] = name; name != "" && name != was {
		p.took(name, fmt.Sprintf("%s, %v", worker, d))
		parts[i].given()
	}
}

// items puts what parts need in the store, and is what workers are asked for.
func (q *queue) items(ctx context.Context, parts []part) (list []cluster.Item, err error) {
	if q.inputs == nil && parts[0].Phase != engine.Squeezing {
		q.inputs = map[string]string{}
		for i, file := range parts[0].Teachers {
			if q.inputs[fmt.Sprintf("teacher-%d", i)], err = q.coordinator.Put(ctx, file, nil); err != nil {
				return nil, err
			}
		}
	}
	if file := parts[0].pool; file != "" {
		if q.pool, err = q.coordinator.Put(ctx, file, nil); err != nil {
			return nil, err
		}
	}
	of := ""
	for _, p := range parts {
		if err := wholefile.RemoveAll(p.folder); err != nil { // that a device has begun with
			return nil, err
		}
		if p.Of != "" && of == "" {
			if of, err = q.coordinator.Put(ctx, p.Of, noInput); err != nil {
				return nil, err
			}
		}
		changes := p.changes()
		item, err := q.item(p, changes, of)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
		if n := len(changes); n > 0 { // in case the coordinator was killed while it changed them
			before, err := q.item(p, changes[:n-1], of)
			if err == nil {
				err = q.coordinator.Revoke(ctx, before)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// item is what workers are asked for: a part made by changes of the settings. of is the hash of the run's images where it needs them.
func (q *queue) item(p part, changes []event.Change, of string) (item cluster.Item, err error) {
	item = cluster.Item{Name: p.String(), Inputs: maps.Clone(q.inputs)}
	if of != "" {
		item.Inputs["of"] = of
	}
	if p.pool != "" {
		item.Inputs["pool"] = q.pool
	}
	item.Work, err = json.Marshal(engine.Item{Phase: p.Phase, Index: p.Index, Count: p.Count, Config: p.Config, Network: p.Network, Changes: changes})
	return item, err
}
