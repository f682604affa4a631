package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"reta/compute/distill"
	"reta/compute/vk"
	"reta/server/engine"
	"reta/server/run"
	"reta/server/web"
	"reta/shared/event"
)

// viewers are those who look on at a run and steer it, as the process that computes knows them.
type viewers struct {
	gate        *run.Gate
	steering    distill.Steering
	shown       atomic.Int64 // class whose feature space is shown
	emit        func(event.Event)
	recall      func(event.Event)           // what came before an interruption, for viewers alone; nil: there are none
	wants       func(event.Topic, int) bool // nil: nobody ever looks
	record      func(path string)           // nil: nobody reads the recording
	interrupted string                      // how the engine before ended
}

func (v *viewers) class() int { return int(v.shown.Load()) }

// obey carries out what a viewer asks.
func (v *viewers) obey(c event.Control) error {
	switch c.Op {
	case event.Pause:
		v.gate.Pause()
	case event.Resume:
		v.gate.Resume()
	case event.StepOnce:
		v.gate.Step(c.Steps)
	case event.Stop:
		v.gate.Stop()
	case event.ShowClass:
		v.shown.Store(int64(c.Class))
		v.gate.Poke()
	case event.SetValue:
		return v.steering.Set(c.Name, c.Value, "viewer")
	case event.Undo:
		return v.steering.Undo("undo")
	default:
		var ops []string
		for _, op := range event.Ops() {
			ops = append(ops, string(op))
		}
		return fmt.Errorf("operation %q is not known: want one of %s", c.Op, strings.Join(ops, ", "))
	}
	return nil
}

// computing is the work of the main command, in this process or another.
type computing struct {
	run  func(context.Context, run.Config) (finished, error)
	obey func(event.Control) error
}

// finished is what came of it, and what is printed after its tables.
type finished struct {
	run.Outcome
	printed string
}

// inline computes in this process.
func (f *distilFlags) inline(gate *run.Gate, server *web.Server, emit func(event.Event)) computing {
	v := &viewers{gate: gate, emit: emit}
	if server != nil {
		hub := server.Hub()
		v.wants, v.recall = hub.Wants, hub.Publish
		v.record = func(path string) { server.Record(event.Follow(path)) }
	}
	if f.startPaused {
		gate.Pause()
	}
	return computing{obey: v.obey, run: func(ctx context.Context, config run.Config) (finished, error) {
		outcome, err := f.work(ctx, config, v)
		if err != nil {
			return finished{}, err
		}
		printed, err := f.profiled()
		return finished{outcome, printed}, err
	}}
}

// profiled is what --profile prints.
func (f *distilFlags) profiled() (string, error) {
	var b bytes.Buffer
	err := printProfiles(&b, f.profiles, f.common.json)
	return b.String(), err
}

// apart has a process of its own compute, started anew when it dies.
func (f *distilFlags) apart(server *web.Server, emit func(event.Event), out *console) computing {
	cache, _ := f.common.cacheDir() // the engine says what is wrong with it
	host := &engine.Host{Publish: emit, Errors: out.lines(f.command.ErrOrStderr()), Backoff: time.Second, Cache: cache}
	if server != nil {
		hub := server.Hub()
		host.Begin, host.Watched = hub.Reset, hub.Watching
		host.Record = func(path string) { server.Record(event.Follow(path)) }
	}
	return computing{obey: host.Obey, run: func(ctx context.Context, config run.Config) (done finished, err error) {
		o, err := host.Run(ctx, engine.Start{})
		switch {
		case onRequest(err), o.Code == 6:
			return done, f.stoppedIn(o.Folder)
		case err != nil && o.Folder != "":
			return done, deviceError{fmt.Errorf("%w; to continue:\n  %s", err, continueCommand(f.command, o.Folder))}
		case err != nil:
			return done, deviceError{err}
		case o.Code != 0:
			return done, outcomeError(o)
		}
		done.Result.Path, done.printed = filepath.Join(o.Folder, "export"), o.Printed
		if o.Evaluated {
			done.Evaluation, err = run.ReadEvaluation(o.Folder)
		}
		return done, err
	}}
}

// stoppedIn is the end of a run that someone asked for, in a folder or before it had one.
func (f *distilFlags) stoppedIn(folder string) error {
	if folder == "" {
		return distill.ErrStop
	}
	return stopped{distill.ErrStop, continueCommand(f.command, folder)}
}

// engineError is an error of another process of this program.
type engineError struct {
	text       string
	code       int
	needs, has int64 // bytes of device memory, of one that has too little for a part
}

func (e engineError) Error() string { return e.text }

// serveHost computes as the process that another one started for it.
func (f *distilFlags) serveHost(ctx context.Context, gate *run.Gate, link *engine.Link) engine.Outcome {
	item := link.Item
	if item != nil && item.Phase != engine.Preparing {
		return f.common.serveItem(ctx, gate, link)
	}
	ctx, v, cancel := linked(ctx, gate, link, f.headless)
	defer cancel()
	if f.startPaused && link.Why == "" {
		gate.Pause()
	}
	switch {
	case link.Folder == "":
	case f.resume != "":
		f.resume = link.Folder
	default:
		f.runDir = link.Folder
	}
	if item != nil {
		f.common.device, f.preparing = item.Device, true
	}
	config, err := f.asked()
	var outcome run.Outcome
	var printed string
	if err == nil {
		outcome, err = f.work(ctx, config, v)
	}
	if err == nil {
		printed, err = f.profiled()
	}
	return cameTo(outcome, printed, err)
}

// serveItem makes an item as the process that another one started for it.
func (f *commonFlags) serveItem(ctx context.Context, gate *run.Gate, link *engine.Link) engine.Outcome {
	ctx, v, cancel := linked(ctx, gate, link, false)
	defer cancel()
	outcome, err := f.makePart(ctx, link, v)
	return cameTo(outcome, "", err)
}

// linked has what the host asks carried out from now on.
func linked(ctx context.Context, gate *run.Gate, link *engine.Link, headless bool) (context.Context, *viewers, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	v := &viewers{gate: gate, emit: link.Publish, record: link.Record, interrupted: link.Why}
	v.shown.Store(int64(link.Class))
	if !headless {
		v.recall, v.wants = link.Publish, link.Wants
	}
	go link.Serve(v.obey, func() { // the host was killed
		if ctx.Err() != nil {
			os.Exit(130)
		}
		cancel()
	})
	if link.Paused {
		gate.Pause()
	}
	return ctx, v, cancel
}

// cameTo is how an engine ends.
func cameTo(outcome run.Outcome, printed string, err error) engine.Outcome {
	if err != nil {
		o := engine.Outcome{Code: exitCode(err), Text: message(err), Again: errors.Is(err, vk.ErrDeviceLost)}
		if memory := (*vk.MemoryError)(nil); errors.As(err, &memory) {
			o.Needs, o.Has = memory.Needs, memory.Has
		}
		return o
	}
	return engine.Outcome{Evaluated: outcome.Evaluation != nil, Printed: printed}
}
