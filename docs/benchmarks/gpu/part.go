//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// row is one thing that a part measured.
type row = map[string]any

// part is one command, and how its figures are read.
type part struct {
	name    string
	limit   time.Duration
	command []string
	dir     string
	env     []string
	skip    string                                      // why it cannot run here; "" where it can
	read    func(line string, at time.Duration) []row   // of a line of standard output, that came after so long
	end     func(took time.Duration, failed bool) []row // after the last line; may be nil
}

// outcome is what became of a part.
type outcome struct {
	Part    string  `json:"part"`
	Command string  `json:"measured_by,omitempty"`
	Limit   float64 `json:"limit_seconds"`
	Seconds float64 `json:"seconds"`
	Result  string  `json:"result"` // running, ok, failed, out of time, interrupted, left out
	Why     string  `json:"why,omitempty"`
	Rows    []row   `json:"rows"`
}

const (
	least = 5 * time.Second // a part that has less time left is left out
	grace = 2 * time.Second // between asking a command to end and ending it
)

// execute runs a part within its limit and what is left until the deadline, and keeps what it measures in the report.
func execute(ctx context.Context, p part, deadline time.Time, r *report) *outcome {
	limit := min(p.limit, time.Until(deadline)-grace)
	o := &outcome{Part: p.name, Command: strings.Join(p.command, " "), Limit: limit.Seconds(), Rows: []row{}}
	switch {
	case p.skip != "":
		o.Why = p.skip
	case ctx.Err() != nil:
		o.Why = "interrupted before"
	case limit < least && limit < p.limit:
		o.Why = "no time is left"
	}
	if o.Why != "" {
		o.Limit, o.Result = p.limit.Seconds(), "left out"
		r.change(func() { r.Parts = append(r.Parts, o) })
		return o
	}
	o.Result = "running"
	r.change(func() { r.Parts = append(r.Parts, o) })
	fmt.Fprintf(os.Stderr, "gpu: %s (at most %.0f s)\n", p.name, limit.Seconds())
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	said, err := p.run(within, began, r.log(o), func(rows []row) {
		r.change(func() { o.Rows, o.Seconds = append(o.Rows, rows...), time.Since(began).Seconds() })
	})
	r.change(func() {
		took := time.Since(began)
		o.Seconds = took.Seconds()
		if p.end != nil {
			o.Rows = append(o.Rows, p.end(took, err != nil)...)
		}
		switch {
		case err == nil:
			o.Result = "ok"
		case ctx.Err() != nil:
			o.Result = "interrupted"
		case within.Err() != nil:
			o.Result, o.Why = "out of time", fmt.Sprintf("ended after %.0f s; %d figures until then", o.Limit, len(o.Rows))
		default:
			o.Result, o.Why = "failed", err.Error()+said
		}
	})
	fmt.Fprintf(os.Stderr, "gpu:   %s in %.1f s%s\n", o.Result, o.Seconds, sentence(o.Why))
	return o
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}

// run executes the command, with all that it prints in log. It returns the end of what it said on standard error.
func (p part) run(ctx context.Context, began time.Time, log io.WriteCloser, keep func([]row)) (said string, err error) {
	defer log.Close()
	c := exec.CommandContext(ctx, p.command[0], p.command[1:]...)
	c.Dir, c.Env = p.dir, append(os.Environ(), p.env...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL} // its children end with it, and it with us
	c.Cancel = func() error {
		group := -c.Process.Pid
		time.AfterFunc(grace, func() { _ = syscall.Kill(group, syscall.SIGKILL) }) // nobody is left, or must be
		return syscall.Kill(group, syscall.SIGTERM)
	}
	c.WaitDelay = 2 * grace // for pipes that a child left open
	var tail tail
	c.Stderr = io.MultiWriter(&tail, log)
	reader, writer := io.Pipe()
	c.Stdout = io.MultiWriter(writer, log)
	var wait sync.WaitGroup
	wait.Go(func() {
		lines := bufio.NewReader(reader)
		for {
			line, err := lines.ReadString('\n')
			if rows := p.read(strings.TrimRight(line, "\r\n"), time.Since(began)); len(rows) > 0 {
				keep(rows)
			}
			if err != nil {
				return
			}
		}
	})
	err = c.Run()
	if c.Process != nil {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // whatever it left behind
	}
	writer.Close()
	wait.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	return tail.String(), err
}

// tail keeps the end of what is written to it.
type tail struct {
	sync.Mutex
	text []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.Lock()
	defer t.Unlock()
	const most = 600
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-most):]
	return len(b), nil
}

func (t *tail) String() string {
	t.Lock()
	defer t.Unlock()
	return sentence(strings.Join(strings.Fields(strings.ToValidUTF8(string(t.text), "")), " "))
}
