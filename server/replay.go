package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"reta/server/web"
	"reta/shared/event"
)

func replayCommand() *cobra.Command {
	var o web.Options
	var quiet bool
	var format logFormat
	c := &cobra.Command{
		Use:   "replay FILE|RUN",
		Short: "Show a recorded run in the browser, without a device",
		Long: `Replay shows a recording, events.reta of a run folder or a file that the viewer saved,
as the run's own server does: the page opens at the end of the run and goes through its
steps. Nothing is computed, and controls are refused. Interrupt (Ctrl-C) to end.`,
		Example: `  server replay runs/reta
  server replay lecture.reta --listen 127.0.0.1:0`,
		Args: oneRecording,
	}
	addViewerFlags(c.Flags(), &o)
	addLogFormat(c.Flags(), &format)
	c.Flags().BoolVar(&quiet, "quiet", false, "print errors and the address only")
	c.RunE = func(c *cobra.Command, args []string) error {
		path, file, recording, err := openRecording(args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		out := openConsole(c, false, quiet, format)
		defer out.close()
		if n := recording.Cut(); n > 0 {
			out.warn("%s", torn(path, n))
		}
		state, err := lastState(path, recording)
		if err != nil {
			return err
		}
		server, err := listen(c, o, out)
		if err != nil {
			return err
		}
		for _, e := range state {
			server.Hub().Publish(e)
		}
		server.Record(recording)
		stop := serve(server, out, func(event.Control) error { return errors.New("a replay has no run to control") })
		defer stop()
		x := recording.Index()
		out.say("%s: %s, steps %d to %d, pictures at %d of them", path, event.Counted(x.Len(), "record"), x.First(), x.Last(), len(x.Steps()))
		fmt.Fprintln(c.OutOrStdout(), server.URL())
		<-c.Context().Done()
		return nil
	}
	return c
}

// oneRecording wants the name of one recording.
func oneRecording(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("%s given: want one recording, a file or the folder of a run; see %s --help", event.Counted(len(args), "name"), c.CommandPath())
	}
	return nil
}

// openRecording opens a recording by its name, or that of its run's folder.
func openRecording(path string) (string, *os.File, *event.Recording, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		path = filepath.Join(path, "events.reta")
		info, err = os.Stat(path)
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is a special file", path)
	}
	var file *os.File
	if err == nil {
		file, err = os.Open(path)
	}
	if err != nil {
		return path, nil, nil, dataError{fmt.Errorf("%w: want a recording or the folder of a run", err)}
	}
	recording, err := event.OpenRecording(file, info.Size())
	if err != nil {
		file.Close()
		return path, nil, nil, dataError{fmt.Errorf("%s: %w", path, err)}
	}
	return path, file, recording, nil
}

// torn says what a crash or damage took from the end of a recording.
func torn(path string, bytes int64) string {
	return fmt.Sprintf("%s: the last %d bytes cannot be read, what comes before is whole: the run was killed while it wrote, or the file is damaged",
		path, bytes)
}

// lastState is what a recording ends with, for viewers: of a replay.
func lastState(path string, recording *event.Recording) ([]event.Event, error) {
	x := recording.Index()
	var hello *event.Hello
	var list []event.Event
	ended := false
	for _, entry := range x.At(x.Last()) {
		m, err := recording.Read(entry)
		if errors.Is(err, event.ErrUnknownKind) {
			continue
		}
		if err != nil {
			return nil, dataError{fmt.Errorf("%s: %w: see server verify", path, err)}
		}
		switch e := m.Event.(type) {
		case event.Hello:
			hello = &e
			continue
		case event.Status:
			ended = e.State == event.Done || e.State == event.Failed
		}
		list = append(list, m.Event)
	}
	if hello == nil {
		return nil, dataError{fmt.Errorf("%s: it holds no run: the run that wrote it ended before it began", path)}
	}
	hello.Capabilities = []string{event.CapReplay}
	if !ended {
		list = append(list, event.Status{State: event.Paused, Text: "the recorded run had not ended", Phase: "recover",
			Done: x.Last(), Total: max(x.Last(), hello.Steps), Step: x.Last()})
	}
	return append([]event.Event{*hello}, list...), nil
}
