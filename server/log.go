package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/shared/event"
)

// logFormat is the form of what a command says on standard error.
type logFormat string

const (
	textLog logFormat = "text"
	jsonLog logFormat = "json"
)

func (f *logFormat) String() string { return string(*f) }
func (f *logFormat) Type() string   { return "string" }
func (f *logFormat) Set(text string) error {
	if text != string(textLog) && text != string(jsonLog) {
		return fmt.Errorf("want %s or %s", textLog, jsonLog)
	}
	*f = logFormat(text)
	return nil
}

// addLogFormat is the flag of commands that go on for long.
func addLogFormat(fs *pflag.FlagSet, f *logFormat) {
	*f = textLog
	fs.Var(f, "log-format", "form of the log on standard error: text, or json: one object a line with time, level, message and run")
}

// newLogger writes one JSON object a line: time, level, message, and what else is known.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.MessageKey {
			a.Key = "message"
		}
		return a
	}}))
}

// programLog is how the program itself speaks, before and after its command has a console: in the command's format, and of
// the run that the command came to.
type programLog struct {
	mu     sync.Mutex
	format logFormat
	run    string
}

type programLogKey struct{}

// with gives commands the means to say in what format they speak, and of which run.
func (l *programLog) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, programLogKey{}, l)
}

// programLogOf is what with gave a command's context, or one that nobody reads.
func programLogOf(c *cobra.Command) *programLog {
	if c.Context() != nil {
		if l, ok := c.Context().Value(programLogKey{}).(*programLog); ok {
			return l
		}
	}
	return new(programLog)
}

// learn takes the format from a command's flags, when these are read.
func (l *programLog) learn(c *cobra.Command) {
	if f := c.Flags().Lookup("log-format"); f != nil {
		l.mu.Lock()
		l.format = logFormat(f.Value.String())
		l.mu.Unlock()
	}
}

func (l *programLog) setRun(run string) {
	l.mu.Lock()
	l.run = run
	l.mu.Unlock()
}

// say writes a line on standard error: text as it is, or an object with attributes.
func (l *programLog) say(level slog.Level, prefix, text string, attributes ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.format != jsonLog {
		fmt.Fprintln(os.Stderr, prefix+text)
		return
	}
	log := newLogger(os.Stderr, slog.LevelInfo)
	if l.run != "" {
		log = log.With("run", l.run)
	}
	log.Log(context.Background(), level, text, attributes...)
}

var slogLevels = map[event.Level]slog.Level{event.Info: slog.LevelInfo, event.Warning: slog.LevelWarn, event.Error: slog.LevelError}

// record writes an event as an object: of the run that goes on, with the item that the event is the state of.
func (c *console) record(level event.Level, at time.Time, text string, e event.Event, attributes ...slog.Attr) {
	r := slog.NewRecord(at, slogLevels[level], visible(text), 0)
	if c.run != "" {
		r.AddAttrs(slog.String("run", c.run))
	}
	if e != nil {
		id := event.ItemOf(e)
		item := []any{slog.String("kind", id.Kind.String())}
		if id.Class != event.AllClasses {
			item = append(item, slog.Int("class", id.Class))
		}
		if id.Part != 0 {
			item = append(item, slog.Int("part", id.Part))
		}
		r.AddAttrs(slog.Group("item", item...))
	}
	r.AddAttrs(attributes...)
	_ = c.log.Handler().Handle(context.Background(), r) // standard error is closed: the run goes on in silence
}

// lines is where another program's lines go, such as a driver's: to w, or as objects.
func (c *console) lines(w io.Writer) io.Writer {
	if c.log == nil {
		return w
	}
	return lineLog{c}
}

type lineLog struct{ *console }

// Write records a line.
func (l lineLog) Write(line []byte) (int, error) {
	l.warn("%s", strings.TrimRight(string(line), "\n"))
	return len(line), nil
}

// recordItem writes what text has no line for: that a run begins, a stage ends, a setting is changed, the result is there.
func (c *console) recordItem(e event.Event) {
	switch e := e.(type) {
	case event.Hello:
		c.run = e.Run
		c.program.setRun(e.Run)
		if !c.quiet {
			c.record(event.Info, time.Now(), "run", e, slog.String("recipe", e.Recipe), slog.String("dataset", e.Dataset), slog.Int("ipc", e.IPC),
				slog.Int("classes", len(e.Classes)), slog.Int("steps", e.Steps), slog.String("device", e.Device), slog.String("version", e.Build))
		}
	case event.StageEnd:
		if !c.quiet {
			c.record(event.Info, time.Now(), "stage ended", e, slog.Int("step", e.Step), slog.Int("anchors", e.Anchors))
		}
	case event.Change:
		c.record(event.Info, time.Now(), "setting changed", e, slog.Int("step", e.Step), slog.String("name", e.Name), slog.Float64("from", e.From),
			slog.Float64("to", e.To), slog.String("by", e.By))
	case event.Result:
		c.record(event.Info, time.Now(), "result", e, slog.String("path", e.Path), slog.Int("images", e.Images))
	}
}

// recordStatus writes where the work is, and at what speed.
func (c *console) recordStatus(s event.Status) {
	text := s.Text
	if s.Total > 0 {
		text = fmt.Sprintf("%s %d/%d", s.Phase, s.Done, s.Total)
	}
	list := []slog.Attr{slog.String("state", string(s.State)), slog.String("phase", s.Phase), slog.Int("done", s.Done), slog.Int("total", s.Total)}
	if s.Step > 0 {
		list = append(list, slog.Int("step", s.Step), slog.Int("stage", s.Stage))
	}
	if s.StepsPerSecond > 0 {
		list = append(list, slog.Float64("steps_per_second", float64(s.StepsPerSecond)), slog.Float64("remaining_seconds", float64(s.ETASeconds)))
	}
	if s.MemoryBytes > 0 {
		list = append(list, slog.Int64("device_memory_bytes", s.MemoryBytes))
	}
	c.record(event.Info, time.Now(), text, s, list...)
}
