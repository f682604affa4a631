package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"reta/shared/event"
)

// console prints for a person at a terminal, or a program that reads lines, what
// happens: a progress bar on a terminal, a line every ten seconds elsewhere,
// JSON objects with --json on standard output, or with --log-format json on
// standard error.
type console struct {
	mu       sync.Mutex
	out, err io.Writer
	json     bool
	quiet    bool
	bars     *mpb.Progress // on a terminal
	bar      *mpb.Bar
	phase    string
	status   event.Status
	point    event.Point
	last     time.Time    // of the last progress line
	log      *slog.Logger // with --log-format json, in the place of lines
	run      string       // that goes on
	program  *programLog
}

const lineEvery = 10 * time.Second

// openConsole is the console of a command.
func openConsole(c *cobra.Command, json, quiet bool, format logFormat) *console {
	o := newConsole(c.OutOrStdout(), c.ErrOrStderr(), json, quiet, format)
	o.program = programLogOf(c)
	return o
}

func newConsole(out, err io.Writer, json, quiet bool, format logFormat) *console {
	c := &console{out: out, err: err, json: json, quiet: quiet, program: new(programLog)}
	if format == jsonLog {
		c.log = newLogger(err, slog.LevelInfo)
		return c
	}
	if f, ok := err.(*os.File); ok && term.IsTerminal(int(f.Fd())) && !json && !quiet {
		c.bars = mpb.New(mpb.WithOutput(err), mpb.WithRefreshRate(150*time.Millisecond))
		c.err = c.bars // lines appear above the bar
	}
	return c
}

// say prints a line for people.
func (c *console) say(format string, args ...any) {
	c.show(event.Log{Text: fmt.Sprintf(format, args...)})
}

// warn prints a line that --quiet does not hide.
func (c *console) warn(format string, args ...any) {
	c.show(event.Log{Text: fmt.Sprintf(format, args...), Level: event.Warning})
}

// table prints what takes several lines, all at once: a bar may be drawn between two writes.
func (c *console) table(print func(io.Writer)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finish()
	var b bytes.Buffer
	print(&b)
	if c.log != nil {
		c.record(event.Info, time.Now(), b.String(), nil)
		return
	}
	io.WriteString(c.err, visible(b.String()))
}

// show prints one event.
func (c *console) show(e event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.json {
		c.encode(e)
		return
	}
	if c.log != nil {
		c.recordItem(e)
	}
	switch e := e.(type) {
	case event.Log:
		if e.Level == event.Warning || e.Level == event.Info && !c.quiet { // an error ends the program, which says it then
			c.line(e)
		}
	case event.Status:
		if !c.quiet {
			c.progress(e)
		}
	case event.Metrics:
		if n := len(e.Points); n > 0 {
			topo := c.point.Topo
			c.point = e.Points[n-1]
			if math.IsNaN(float64(c.point.Topo)) {
				c.point.Topo = topo
			}
		}
	case event.Result:
		fmt.Fprintln(c.out, e.Path)
	}
}

func (c *console) line(l event.Log) {
	if c.log != nil {
		at := time.Now()
		if l.Unix != 0 {
			at = time.UnixMilli(l.Unix)
		}
		c.record(l.Level, at, l.Text, nil)
		return
	}
	prefix := map[event.Level]string{event.Warning: "warning: "}[l.Level]
	fmt.Fprintf(c.err, "%s %s%s\n", time.Now().Format("15:04:05"), prefix, visible(l.Text))
}

// progress moves the bar, or prints a line now and then.
func (c *console) progress(s event.Status) {
	c.status = s
	if s.State == event.Done || s.State == event.Failed || s.Total == 0 {
		c.finish()
		return
	}
	if c.bars != nil {
		c.move(s)
		return
	}
	if s.Phase == c.phase && time.Since(c.last) < lineEvery && s.Done < s.Total {
		return
	}
	if s.Phase == c.phase && s.Done == s.Total && time.Since(c.last) < time.Second {
		return
	}
	c.phase, c.last = s.Phase, time.Now()
	if c.log != nil {
		c.recordStatus(s)
		return
	}
	fmt.Fprintf(c.err, "%s %s %d/%d%s\n", time.Now().Format("15:04:05"), s.Phase, s.Done, s.Total, c.details())
}

// details are the figures beside the progress.
func (c *console) details() string {
	var b strings.Builder
	s := c.status
	if s.StepsPerSecond > 0 {
		fmt.Fprintf(&b, ", %.3g steps/s, %s left", s.StepsPerSecond, time.Duration(float64(s.ETASeconds)*float64(time.Second)).Round(time.Second))
	}
	if s.Phase == "recover" && c.point.Total != 0 {
		show := func(name string, value float32, format string) {
			if !math.IsNaN(float64(value)) {
				fmt.Fprintf(&b, ", "+name+" "+format, value)
			}
		}
		if math.IsNaN(float64(c.point.CE)) { // training moves the images
			show("loss", c.point.Total, "%.4g")
		}
		show("CE", c.point.CE, "%.4g")
		show("L_BN", c.point.BN, "%.4g")
		if c.point.Topo != 0 {
			show("L_topo", c.point.Topo, "%.3g")
		}
	}
	return b.String()
}

// move shows the status as a bar.
func (c *console) move(s event.Status) {
	if s.Phase != c.phase || c.bar == nil {
		c.finish()
		c.phase = s.Phase
		c.bar = c.bars.AddBar(int64(s.Total), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(s.Phase+" "), decor.CountersNoUnit("%d/%d")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return c.details() })))
	}
	c.bar.SetTotal(int64(s.Total), false)
	c.bar.SetCurrent(int64(min(s.Done, s.Total)))
}

// finish takes the bar away.
func (c *console) finish() {
	if c.bar != nil {
		c.bar.Abort(true)
		c.bar = nil
	}
	c.phase = ""
}

// close leaves the terminal as it was.
func (c *console) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finish()
	if c.bars != nil {
		c.bars.Shutdown()
		c.bars = nil
	}
}

// encode prints an event as one JSON object; pictures are left out.
func (c *console) encode(e event.Event) {
	switch e.(type) {
	case event.Images, event.Residual, event.Cloud, event.Views, event.Mistakes:
		return
	}
	if err := printJSON(c.out, map[string]any{"event": e.Kind().String(), "body": e}); err != nil {
		c.json, c.quiet = false, true // nobody reads any more
	}
}
