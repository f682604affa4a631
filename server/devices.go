package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"reta/compute/vk"
	"reta/server/engine"
	"reta/server/web"
	"reta/shared/event"
)

// allDevices is the --device that stands for every GPU of the machine, or every device where there is none.
const allDevices = "all"

// deviceList are the devices that --device lists, nil for one.
func deviceList(text string) (list []string, err error) {
	if text == allDevices {
		infos, err := vk.List()
		if err != nil {
			return nil, deviceError{err}
		}
		gpus := false
		for _, d := range infos {
			gpus = gpus || d.Kind != vk.CPU
		}
		for _, d := range infos {
			if !gpus || d.Kind != vk.CPU {
				list = append(list, strconv.Itoa(d.Index))
			}
		}
		return list, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) < 2 {
		return nil, nil
	}
	for _, p := range parts {
		if _, err := strconv.ParseUint(p, 10, 16); err != nil { // a name with a comma in it
			return nil, nil
		}
	}
	infos, err := vk.List()
	if err != nil {
		return nil, deviceError{err}
	}
	for _, p := range parts {
		if !slices.ContainsFunc(infos, func(d vk.Info) bool { return strconv.Itoa(d.Index) == p }) {
			return nil, usage("--device %s: there is no device %s: want numbers below %d, as server doctor lists them", text, p, len(infos))
		}
	}
	return parts, nil
}

// devices are those of this machine, each with an engine of its own. One that is done with a part takes the next.
type devices struct {
	names   []string
	fleet   engine.Fleet
	publish func(event.Event)

	mu      sync.Mutex
	working map[int]string // name of a member's part
	phase   *progress      // nil while the run is prepared
}

// cores divides this machine's cores among the engines that make items at the same time on one device, in case it is a CPU driver's. An engine
// with one core computes in the thread that submits (vk.Device.Beside says why).
func cores(devices []string) func(member int, item engine.Item) []string {
	return func(member int, item engine.Item) []string {
		n := 0
		for _, d := range devices {
			if d == devices[member] {
				n++
			}
		}
		n = min(n, item.Count)
		if _, set := os.LookupEnv(vk.ThreadsVariable); set || n < 2 {
			return nil
		}
		threads := runtime.NumCPU() / n
		if threads < 2 {
			threads = 0
		}
		return []string{fmt.Sprintf("%s=%d", vk.ThreadsVariable, threads)}
	}
}

// mostLost parts in succession that a device fails to make are the last that it is given.
const mostLost = 2

func newDevices(names []string, server *web.Server, emit func(event.Event), out *console, f *distilFlags) *devices {
	d := &devices{names: names, publish: emit, working: map[int]string{}}
	d.fleet = engine.Fleet{Env: cores(names), Publish: d.happened, Errors: out.lines(f.command.ErrOrStderr()), Backoff: time.Second}
	if server != nil {
		d.fleet.Watched = server.Hub().Watching
	}
	return d
}

func (d *devices) happened(member int, e event.Event) {
	d.mu.Lock()
	name, phase := d.working[member], d.phase
	d.mu.Unlock()
	if phase == nil {
		d.publish(e)
		return
	}
	phase.happened(name, e)
}

func (d *devices) obey(c event.Control) error { return d.fleet.Obey(c) }

// change needs nothing else: a part that a device takes is given out at once.
func (d *devices) change(f func() error) error { return f() }

func (d *devices) end(bool) {}

func (d *devices) prepare(ctx context.Context, p part) (engine.Outcome, error) {
	d.mu.Lock()
	d.phase = nil
	d.mu.Unlock()
	p.Device = d.names[0]
	o, err := d.fleet.Make(ctx, 0, p.Item, p.folder)
	if err != nil && ctx.Err() == nil {
		err = deviceError{err}
	}
	return o, err
}

func (d *devices) make(ctx context.Context, parts []part, p *progress) (failed []failure, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.mu.Lock()
	d.phase = p
	d.mu.Unlock()
	p.joined(len(d.names))
	done := make(chan struct{})
	var suspending, working sync.WaitGroup
	suspending.Go(func() { d.fleet.Suspend(done) })
	list := newPartList(parts)
	defer context.AfterFunc(ctx, list.wake)()
	for member, device := range d.names {
		working.Go(func() {
			lost := 0
			for {
				q, ok := list.take(ctx, device)
				if !ok {
					return
				}
				q.Device = device
				o, why := d.one(ctx, member, q, p)
				if o.Code == 6 && why != "" {
					cancel()
				}
				back := o.Needs > 0 && list.others(q, d.names)
				list.done(q, back)
				switch {
				case why == "":
					lost = 0
				case o.Code == 6:
					return
				case back:
					p.back(q.String(), "device "+device, why)
				default:
					p.left(q.String(), "device "+device+d.same(member), why)
					d.mu.Lock()
					failed = append(failed, failure{q, why, max(o.Code, 1)})
					d.mu.Unlock()
					if lost++; lost == mostLost && len(d.names) > 1 {
						return
					}
				}
			}
		})
	}
	working.Wait()
	close(done)
	suspending.Wait()
	if err := ctx.Err(); err != nil {
		return failed, err
	}
	for _, q := range list.waiting {
		failed = append(failed, failure{q, "every device has failed with others, or has too little memory for it", 4})
	}
	return failed, nil
}

// one has a device make a part; why, if not empty, says that it could not.
func (d *devices) one(ctx context.Context, member int, q part, p *progress) (o engine.Outcome, why string) {
	name, who := q.String(), fmt.Sprintf("device %s", q.Device)
	if n := d.same(member); n != "" {
		who += n
	}
	d.mu.Lock()
	d.working[member] = name
	d.mu.Unlock()
	p.took(name, who)
	o, err := d.fleet.Make(ctx, member, q.Item, q.folder)
	switch {
	case onRequest(err) || ctx.Err() != nil:
		o.Code, why = 6, "stopped"
		return o, why
	case err != nil:
		o.Code, why = 4, err.Error()
	case o.Code == 6:
		return o, "stopped"
	case o.Code != 0:
		why = o.Text
	case !holds(q.Item, q.folder):
		o.Code, why = 1, "its folder lacks what was to be made"
	}
	if why == "" {
		p.left(name, who, "")
	}
	return o, why
}

// same tells a member from others on the same device.
func (d *devices) same(member int) string {
	n, before := 0, 0
	for i, name := range d.names {
		if name == d.names[member] {
			if n++; i < member {
				before++
			}
		}
	}
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d)", before+1)
}
