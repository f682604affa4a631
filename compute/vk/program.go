package vk

// #include "shim.h"
import "C"

import (
	"context"
	"fmt"
	"sync"
	"unsafe"
)

// Program is a recorded list of operations that runs with one submit, as often
// as wanted and several times in flight. It is safe for concurrent use.
type Program struct {
	dev      *Device
	name     string
	c        C.shim_program
	ops      []C.shim_op
	push     []byte
	labels   []label
	buffers  []*Buffer
	barriers int

	mu       sync.Mutex
	closed   bool
	flights  []*flight // submitted and not waited for, oldest first
	profiled bool      // the recording with timestamps exists
}

// End records the program, or returns the first error of the recorder.
func (r *Recorder) End() (*Program, error) {
	if r.err != nil {
		return nil, r.err
	}
	d := r.dev
	p := &Program{dev: d, name: r.name, ops: r.ops, push: r.push, labels: r.labels, barriers: r.barriers}
	for b := range r.buffers {
		p.buffers = append(p.buffers, b)
	}
	r.err = fmt.Errorf("vk: program %q has ended", r.name)
	if d.dry {
		return p, nil
	}
	res := C.shim_program_create(d.shim, (*C.uint64_t)(unsafe.SliceData(r.layouts)), C.uint32_t(len(r.layouts)),
		unsafe.SliceData(r.bindings), C.uint32_t(len(r.bindings)), &p.c)
	if err := d.result(fmt.Sprintf("bind program %q", r.name), res); err != nil {
		C.shim_program_destroy(d.shim, &p.c)
		return nil, err
	}
	if err := p.record(false); err != nil {
		C.shim_program_destroy(d.shim, &p.c)
		return nil, err
	}
	d.mu.Lock()
	d.programs[p] = struct{}{}
	d.mu.Unlock()
	d.cache.save() // a process that is killed keeps what it compiled; Close reports failures
	return p, nil
}

func (p *Program) record(timestamps bool) error {
	if p.dev.dry {
		return p.dev.compilesOnly("record a program")
	}
	flag := C.int(0)
	if timestamps {
		flag = 1
	}
	r := C.shim_program_record(p.dev.shim, &p.c, unsafe.SliceData(p.ops), C.uint32_t(len(p.ops)),
		(*C.uint8_t)(unsafe.SliceData(p.push)), flag)
	return p.dev.result(fmt.Sprintf("record program %q", p.name), r)
}

// Barriers returns how many operations of the program wait for earlier ones.
func (p *Program) Barriers() int { return p.barriers }

// maxFlights bounds the submits of one program that nobody has waited for.
const maxFlights = 64

// Submit queues the program; it runs after all that was submitted before, on
// this device, and sees what that wrote. With many submits in flight it waits
// for the oldest.
func (p *Program) Submit() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.flights) >= maxFlights {
		if err := p.flights[0].wait(context.Background()); err != nil {
			return fmt.Errorf("vk: program %q: %w", p.name, err)
		}
		p.flights = p.flights[1:]
	}
	f, err := p.submit(p.c.step)
	if err == nil {
		p.flights = append(p.flights, f)
	}
	return err
}

// submit queues one of the program's recordings. Called with p.mu held.
func (p *Program) submit(commands C.VkCommandBuffer) (*flight, error) {
	if p.closed {
		return nil, fmt.Errorf("vk: program %q is closed", p.name)
	}
	for _, b := range p.buffers {
		if b.freed.Load() {
			return nil, fmt.Errorf("vk: program %q uses a buffer that was freed", p.name)
		}
	}
	f, err := p.dev.submit(commands)
	if err != nil {
		return nil, fmt.Errorf("vk: program %q: %w", p.name, err)
	}
	return f, nil
}

// Wait waits until every Submit so far is done. When ctx ends first its error
// is returned and the work goes on.
func (p *Program) Wait(ctx context.Context) error {
	p.mu.Lock()
	flights := append([]*flight(nil), p.flights...)
	p.mu.Unlock()
	for _, f := range flights {
		if err := f.wait(ctx); err != nil {
			return fmt.Errorf("vk: program %q: %w", p.name, err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.flights) > 0 && p.flights[0].landed() {
		p.flights = p.flights[1:]
	}
	return nil
}

// Keep waits until at most n submits are on their way. When ctx ends first its error is returned and the work goes on.
func (p *Program) Keep(ctx context.Context, n int) error {
	for {
		p.mu.Lock()
		for len(p.flights) > 0 && p.flights[0].landed() {
			p.flights = p.flights[1:]
		}
		if len(p.flights) <= n {
			p.mu.Unlock()
			return ctx.Err()
		}
		oldest := p.flights[0]
		p.mu.Unlock()
		if err := oldest.wait(ctx); err != nil {
			return fmt.Errorf("vk: program %q: %w", p.name, err)
		}
	}
}

// Run submits the program and waits for it.
func (p *Program) Run(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.Submit(); err != nil {
		return err
	}
	return p.Wait(ctx)
}

// Close waits for the program and frees its recording. It is safe to call
// twice, on nil, and after the device is closed.
func (p *Program) Close() {
	if p == nil {
		return
	}
	p.Wait(context.Background()) // a lost device has nothing to wait for
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	C.shim_program_destroy(p.dev.shim, &p.c)
	p.dev.mu.Lock()
	delete(p.dev.programs, p)
	p.dev.mu.Unlock()
}
