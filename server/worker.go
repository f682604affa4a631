package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"reta/compute/distill"
	"reta/compute/vk"
	"reta/server/cluster"
	"reta/server/engine"
	"reta/server/run"
	"reta/shared/event"
)

// workerFlags are all that worker takes.
type workerFlags struct {
	common  commonFlags
	cluster clusterFlags
	name    string
	data    []string
}

func workerCommand(gate *run.Gate) *cobra.Command {
	var f workerFlags
	c := &cobra.Command{
		Use:   "worker URL",
		Short: "Make parts of runs and cells of experiments for a coordinator: server --cluster",
		Long: `Worker takes parts of a run, or cells of an experiment, from the queue of a coordinator (server --cluster,
server experiment --cluster), one at a time for each device, makes them and sends back what came of them.
It waits for a coordinator that is not there yet, and goes on until it is interrupted. A part that it has
in the making then goes to another worker.

URL is what the coordinator prints: nats://HOST:PORT, or tls://HOST:PORT from another machine, with
the coordinator's password file (--password) and, where its certificate is not signed by a known
authority, that certificate (--ca). Teachers and what else a part needs come from the coordinator;
the real images are downloaded, or read from --data. docs/cluster.md says more.`,
		Example: `  server worker nats://127.0.0.1:7422
  server worker tls://coordinator.example.org:7422 --password password --ca cert.pem --device all --data /data/imagenet`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("%s given: want the URL of a broker; see %s --help", event.Counted(len(args), "word"), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return f.work(c, args[0], gate) },
	}
	fs := c.Flags()
	f.common.addLong(fs)
	fs.Lookup("device").Usage = "Vulkan device, by number or part of its name (see server doctor); several make parts at once: a list, as 0,1, or all"
	f.cluster.add(fs, "")
	fs.StringVar(&f.name, "name", "", "name of this worker, that the coordinator shows (default: the machine's)")
	fs.StringArrayVar(&f.data, "data", nil, "folder, archive, Parquet file or tar with the real images here, of every set or, as cifar-100=FILE, of one; repeatable (default: the run's path, or a download)")
	return c
}

func (f *workerFlags) work(c *cobra.Command, url string, gate *run.Gate) error {
	link, host := engine.Of(c.Context())
	if link != nil {
		link.Done(f.common.serveItem(c.Context(), gate, link))
		return nil
	}
	if !host {
		return usage("worker: this system starts no processes for devices")
	}
	names, err := deviceList(f.common.device)
	if err != nil {
		return err
	}
	if names == nil {
		names = []string{f.common.device}
	}
	places, err := placesOf(f.data)
	if err != nil {
		return err
	}
	out := f.common.console(c)
	defer out.close()
	cache, err := f.common.cacheDir()
	if err != nil {
		return err
	}
	o := cluster.Options{URL: url, CAFile: f.cluster.ca, Creds: f.cluster.creds, Say: out.say}
	if f.cluster.creds == "" {
		o.User = "worker"
		if o.Password, err = f.cluster.passwordOf(cache, false); err != nil {
			return err
		}
	}
	dir, unlock, err := f.place(cache)
	if err != nil {
		return err
	}
	defer unlock()
	m := &itemMaker{data: places, common: f.common, cache: cache, devices: names, see: map[int]func([]byte){}, unfit: map[string]unfit{}}
	m.fleet = engine.Fleet{Env: cores(names), Publish: m.happened, Errors: out.lines(c.ErrOrStderr()), Backoff: time.Second, Watched: m.watched}
	done := make(chan struct{})
	var suspending sync.WaitGroup
	suspending.Go(func() { m.fleet.Suspend(done) })
	var about []cluster.Device
	for _, name := range names {
		info, err := vk.Find(vk.Options{Device: name, Precision: vk.Precision(f.common.precision), MemoryLimit: int64(f.common.memory)})
		if err != nil {
			return deviceError{err}
		}
		d := cluster.Device{Name: info.Name, Kind: string(info.Kind), Memory: info.MemoryBytes, Precision: string(info.Precision)}
		out.say("worker %s: device %v, items in %s", f.name, d, dir)
		about = append(about, d)
	}
	err = cluster.Work(c.Context(), o, cluster.Worker{Name: f.name, Devices: about, Dir: dir, Make: m.make, Heard: m.heard, Skip: noResult})
	close(done)
	suspending.Wait()
	if errors.Is(err, cluster.ErrOptions) {
		return usageError{err}
	}
	if onRequest(err) {
		return nil
	}
	return err
}

// place is a folder in the cache for this worker alone, which it finds again after a crash. It settles the worker's name.
func (f *workerFlags) place(cache string) (dir string, unlock func(), err error) {
	if f.name == "" {
		if f.name, err = os.Hostname(); err != nil {
			return "", nil, err
		}
	}
	name := f.name
	for n := 2; n < 1000; n++ {
		dir = filepath.Join(cache, "cluster", "worker-"+filepath.Base(f.name))
		if unlock, err = run.LockFolder(dir); !errors.Is(err, run.ErrBusy) {
			return dir, unlock, err
		}
		f.name = fmt.Sprintf("%s-%d", name, n)
	}
	return "", nil, err
}

// itemMaker has the engines of this machine make items for a coordinator.
type itemMaker struct {
	fleet   engine.Fleet
	common  commonFlags
	cache   string
	devices []string
	data    places

	mu     sync.Mutex
	see    map[int]func([]byte) // where a device's item is seen
	orders orders
	unfit  map[string]unfit // of items that a device has no room for, by what all like them have in common
}

// unfit is what a device has no room for, and since when that is known.
type unfit struct {
	cluster.Unfit
	at time.Time
}

// unfitFor is how long it is believed: other programs may have used the memory.
const unfitFor = 10 * time.Minute

// room makes an item, unless it is known that it does not fit a device: the groups of classes of a run are all as large.
func (m *itemMaker) room(device int, it engine.Item, make func() error) error {
	like := fmt.Sprintf("%d %s %s %s", device, it.Phase, it.Network, it.Config)
	m.mu.Lock()
	known, ok := m.unfit[like]
	m.mu.Unlock()
	if ok && time.Since(known.at) < unfitFor {
		return known.Unfit
	}
	err := make()
	if e := (engineError{}); errors.As(err, &e) && e.needs > 0 {
		u := cluster.Unfit{Needs: e.needs, Has: e.has, Why: e.text}
		m.mu.Lock()
		maps.DeleteFunc(m.unfit, func(_ string, u unfit) bool { return time.Since(u.at) >= unfitFor })
		m.unfit[like] = unfit{u, time.Now()}
		m.mu.Unlock()
		return u
	}
	return err
}

func (m *itemMaker) watched() []event.Subscription {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.orders.Topics
}

// heard takes in what holds for all workers.
func (m *itemMaker) heard(data []byte) {
	var now orders
	if len(data) > 1<<16 || json.Unmarshal(data, &now) != nil {
		return
	}
	m.mu.Lock()
	was := m.orders
	m.orders = now
	m.mu.Unlock()
	if now.Paused != was.Paused {
		op := event.Resume
		if now.Paused {
			op = event.Pause
		}
		_ = m.fleet.Obey(event.Control{Op: op}) // an engine that is about to start begins so
	}
	if now.Class != was.Class {
		_ = m.fleet.Obey(event.Control{Op: event.ShowClass, Class: now.Class})
	}
}

func (m *itemMaker) happened(device int, e event.Event) {
	m.mu.Lock()
	see := m.see[device]
	m.mu.Unlock()
	if see == nil {
		return
	}
	if data, err := event.Encode(event.Message{Event: e}); err == nil {
		see(data)
	}
}

// teachersIn are the files of the teachers among an item's inputs.
func teachersIn(item string, inputs map[string]string) (files []string, err error) {
	for i := 0; ; i++ {
		dir, ok := inputs[fmt.Sprintf("teacher-%d", i)]
		if !ok {
			return files, nil
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			return nil, fmt.Errorf("item %s: teacher %d: %d files (%v): want one", item, i, len(entries), err)
		}
		files = append(files, filepath.Join(dir, entries[0].Name()))
	}
}

// takePool puts the pool of an item's inputs in the cache, where engines look for it; "" for an item that has none.
func (m *itemMaker) takePool(dir string) error {
	if dir == "" {
		return nil
	}
	file := run.Embedded(dir)
	to := filepath.Join(m.cache, filepath.Base(file))
	if err := distill.CheckPool(file); err != nil {
		return fmt.Errorf("pool of real images: %w", err)
	}
	if distill.CheckPool(to) == nil {
		return nil
	}
	return copyWhole(file, to)
}

// make has the engine of a device make an item of the queue.
func (m *itemMaker) make(ctx context.Context, device int, item cluster.Item, inputs map[string]string, folder string, see func([]byte)) error {
	var asked struct {
		engine.Item
		Cell *cellItem
	}
	if err := json.Unmarshal(item.Work, &asked); err != nil {
		return fmt.Errorf("item %s: %w", item.Name, err)
	}
	teachers, err := teachersIn(item.Name, inputs)
	if err != nil {
		return err
	}
	if asked.Cell != nil {
		return m.cell(ctx, m.devices[device], asked.Cell, teachers, inputs["folder"], folder, see)
	}
	it := asked.Item
	ahead := it.Phase == engine.Squeezing || it.Phase == engine.Embedding
	if !slices.Contains(run.Phases(), run.Phase(it.Phase)) && !ahead {
		return fmt.Errorf("item %s: phase %.40q: want %s, %s or one of %v", item.Name, it.Phase, engine.Squeezing, engine.Embedding, run.Phases())
	}
	config, err := run.ParseConfig(it.Config)
	if err != nil {
		return fmt.Errorf("item %s: %w", item.Name, err)
	}
	it.Device, it.Data, it.Of, it.Teachers = m.devices[device], m.data.of(config.Dataset), inputs["of"], teachers
	if run.Phase(it.Phase) != run.Recover && !ahead && it.Of == "" {
		return fmt.Errorf("item %s: no run: want the input \"of\"", item.Name)
	}
	if err := m.takePool(inputs["pool"]); err != nil {
		return fmt.Errorf("item %s: %w", item.Name, err)
	}
	m.mu.Lock()
	m.see[device] = see
	m.mu.Unlock()
	if holds(it, folder) { // before the worker was killed
		return nil
	}
	err = m.room(device, it, func() error {
		o, err := m.fleet.Make(ctx, device, it, folder)
		if err == nil {
			err = outcomeError(o)
		}
		return err
	})
	if err == nil && !holds(it, folder) {
		err = fmt.Errorf("%s lacks what was to be made", folder)
	}
	return err
}
