package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"reta/server/experiment"
	"reta/server/report"
	"reta/shared/event"
	"reta/shared/recipe"
)

// cellFlags choose the cells of an experiment and where they are kept.
type cellFlags struct {
	dir  string
	only []string
	data []string
}

func (f *cellFlags) add(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVar(&f.dir, "dir", "", "folder of the experiment (default: runs/NAME, after the file)")
	fs.StringArrayVar(&f.only, "only", nil, "only cells with this value of an axis, as recipe=reta or ipc=10; repeatable")
	fs.StringArrayVar(&f.data, "data", nil, "where a set is on this machine, as cifar-100=FILE; repeatable (default: download to the cache)")
}

// plan reads the file and resolves its cells.
func (f *cellFlags) plan(ctx context.Context, path string, common commonFlags) (*experiment.Plan, *cells, error) {
	file, err := experiment.Read(path)
	if err != nil {
		return nil, nil, usageError{err}
	}
	r := &cells{file: file, common: common, data: map[string]string{}, hashes: map[string]string{}, facts: map[string]recipe.Dataset{}, known: map[string]resolved{}}
	for _, text := range f.data {
		name, path, ok := strings.Cut(text, "=")
		if !ok || path == "" {
			return nil, nil, usage("--data %s: want NAME=PATH, such as cifar-100=cifar-100-binary.tar.gz", text)
		}
		r.data[name] = path
	}
	if f.dir == "" {
		f.dir = filepath.Join("runs", file.Name())
	}
	plan := experiment.NewPlan(file, f.dir, func(c experiment.Cell) (experiment.Work, error) { return r.work(ctx, c) })
	var values []experiment.Axis
	for _, text := range f.only {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, nil, usage("--only %s: want AXIS=VALUE, such as recipe=reta", text)
		}
		values = append(values, experiment.Axis{Name: name, Value: value})
	}
	if plan, err = plan.Only(values); err != nil {
		return nil, nil, usage("--only: %w", err)
	}
	return plan, r, nil
}

// oneFile takes the name of one file.
func oneFile(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("%s given: want one, as those in docs/experiments; see %s --help", event.Counted(len(args), "file"), c.CommandPath())
	}
	return nil
}

func experimentCommand() *cobra.Command {
	var f cellFlags
	var common commonFlags
	var queue queueFlags
	var commands, dry bool
	c := &cobra.Command{
		Use:   "experiment FILE",
		Short: "Run a grid of recipes, data, students and settings that a file describes, and fill its table",
		Long: `Experiment reads a file of TOML that says which recipes, sets, images per class, teachers,
students and settings are to be compared (docs/experiments.md), and runs each combination, a cell: it
recovers the images and trains students on them and on the controls. Before it begins it says
how many cells there are, which of them this program cannot run and why, and how long the
others will take. At the end it prints the table of server table.

A cell that is done is skipped, so the same command goes on after a stop, and costs only what
was added to the file. A cell that fails is named and the others go on; the next time it is
tried again. Each cell is two commands that run in a process of their own; --print-commands
prints them. Its results, and what its commands said, are in DIR/cells, images in DIR/images.

With --cluster workers (server worker) make the cells, several at once, and this process opens no
device; what comes of it lies where one process would have left it.`,
		Example: `  server experiment docs/experiments/demo.toml
  server experiment docs/experiments/table1.toml --only data=cifar-100 --data cifar-100=cifar-100-binary.tar.gz
  server experiment docs/experiments/table1.toml --only recipe=reta --only ipc=10 --print-commands
  server experiment docs/experiments/table1.toml --cluster own`,
		Args: oneFile,
	}
	f.add(c)
	common.add(c.Flags())
	queue.add(c.Flags())
	c.Flags().Lookup("cluster").Usage = "have workers make the cells (see server worker): own starts a broker in this process, nats://HOST:PORT or tls:// is a NATS cluster with JetStream"
	c.Flags().BoolVar(&commands, "print-commands", false, "print the commands of each cell, and exit")
	c.Flags().BoolVar(&dry, "dry-run", false, "say what there is to do and how long it will take, and exit")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := queue.check(c, false); err != nil {
			return err
		}
		if name := firstChanged(c, "device", "precision", "memory"); name != "" && queue.url != "" {
			return usage("--%s is about a device here, --cluster has workers elsewhere: give it to them", name)
		}
		plan, work, err := f.plan(c.Context(), args[0], common)
		if err != nil {
			return err
		}
		if commands {
			return printCommands(c.OutOrStdout(), plan)
		}
		out := common.console(c)
		defer out.close()
		open, err := announce(plan, out)
		if err != nil {
			return err
		}
		if queue.url == "" && len(open) > 0 {
			if err := work.forecast(c.Context(), open, out); err != nil {
				return err
			}
		}
		if dry {
			return nil
		}
		return perform(c, plan, work, &queue, out)
	}
	return c
}

// printCommands prints a line for each cell, below its name.
func printCommands(w io.Writer, plan *experiment.Plan) error {
	var b strings.Builder
	for _, c := range plan.Cells {
		fmt.Fprintf(&b, "# %s\n", c.Name())
		if c.Reason != "" {
			fmt.Fprintf(&b, "# not run: %s\n", c.Reason)
			continue
		}
		var lines []string
		for _, words := range c.Commands() {
			lines = append(lines, line(words))
		}
		fmt.Fprintln(&b, strings.Join(lines, " && "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// line is the command line of this program with some words.
func line(words []string) string {
	list := []string{quote(os.Args[0])}
	for _, word := range words {
		list = append(list, quote(word))
	}
	return strings.Join(list, " ")
}

// perform runs the cells and prints the tables.
func perform(c *cobra.Command, plan *experiment.Plan, work *cells, queue *queueFlags, out *console) error {
	common := work.common
	job := experiment.Job{
		Quote: line,
		Begins: func(n, of int, cell *experiment.Planned) {
			out.say("experiment: cell %d of %d: %s", n, of, cell.Name())
		},
		Ended: func(cell *experiment.Planned, r *experiment.Record) {
			if r.State == experiment.Failed {
				out.warn("experiment: %s failed: %s", cell.Name(), r.Error)
			} else {
				out.say("experiment: done in %s: %s", event.Duration(r.Seconds), cell.Name())
			}
			if common.json {
				_ = printJSON(c.OutOrStdout(), r) // a lost output is the command's error
			}
		},
	}
	var shown io.Writer
	if !common.quiet && !common.json {
		shown = c.ErrOrStderr()
	}
	job.Command = ownProcess(shown)
	var result experiment.Result
	var err error
	if queue.url == "" {
		result, err = job.Do(c.Context(), plan)
	} else {
		result, err = performOn(c.Context(), plan, work, queue, job, out)
	}
	if onRequest(err) {
		return stopped{err, sameCommand()}
	}
	if err != nil {
		return err
	}
	out.close()
	if !common.json {
		tables, err := experiment.Tables(plan)
		if err != nil {
			return err
		}
		if err := report.CellsText(c.OutOrStdout(), tables); err != nil {
			return err
		}
	}
	if n := len(result.Failed); n > 0 {
		names := ""
		for _, r := range result.Failed {
			names += fmt.Sprintf("\n  %s: %s", r.Cell, r.Error)
		}
		return fmt.Errorf("%d of %s failed; the same command tries them again:%s", n, event.Counted(len(plan.Cells), "cell"), names)
	}
	return nil
}

// ownProcess carries out a command line of this program in a process of its own, which is stopped, after a checkpoint, with
// ctx and, on Linux, when this process dies. It writes what it says to log itself, so that nothing of it is lost when this process is
// killed; from there it is copied to shown, if that is not nil. The error is what the process ended with.
func ownProcess(shown io.Writer) func(ctx context.Context, words []string, log *os.File) error {
	return func(ctx context.Context, words []string, log *os.File) error {
		program, err := os.Executable()
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, program, words...)
		cmd.Args[0] = os.Args[0] // what it calls itself
		cmd.Stderr = log         // its output is in its results
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.SysProcAttr = ownGroup()
		begun, err := log.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		f := follow(log.Name(), begun, shown)
		runtime.LockOSThread() // what ownGroup says of this thread
		err = cmd.Run()
		runtime.UnlockOSThread()
		said := f.end()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return errors.New(lastWords(said, filepath.Base(os.Args[0]), err))
		}
		return nil
	}
}

// lastWords are the error that a program has printed at its end or, where there is none, how it ended.
func lastWords(said, program string, err error) string {
	said = "\n" + said
	if i := strings.LastIndex(said, "\n"+program+": "); i >= 0 {
		return strings.TrimSpace(said[i+len(program)+3:])
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return strings.TrimSuffix(fmt.Sprintf("the process ended with %v: %s", err, lines[len(lines)-1]), ": ")
}

func tableCommand() *cobra.Command {
	var f cellFlags
	var html, latex, csv string
	c := &cobra.Command{
		Use:   "table FILE",
		Short: "Print what an experiment came to beside published numbers, with a verdict for each cell",
		Long: `Table prints the cells of an experiment (server experiment): what was measured with its standard
error, what was published, and whether the two agree: within two standard errors of the difference,
above, or below. The error is that over students' seeds, or, where the file has several seeds of
recovery, over these; where a deviation was published it is counted too, as one of five runs.
A cell without a number says why: it is not run yet, this program lacks something for it, or it
failed. No device is needed.`,
		Example: `  server table docs/experiments/demo.toml
  server table docs/experiments/table1.toml --only data=cifar-100 --html table1.html --latex table1.tex --csv table1.csv`,
		Args: oneFile,
	}
	f.add(c)
	fs := c.Flags()
	fs.StringVar(&html, "html", "", "write the tables as a page to this file")
	fs.StringVar(&latex, "latex", "", "write the tables for a paper that loads booktabs to this file")
	fs.StringVar(&csv, "csv", "", "write a row for each cell to this file")
	c.RunE = func(c *cobra.Command, args []string) error {
		plan, _, err := f.plan(c.Context(), args[0], commonFlags{})
		if err != nil {
			return err
		}
		tables, err := experiment.Tables(plan)
		if err != nil {
			return dataError{err}
		}
		if firstChanged(c, "html", "latex", "csv") == "" {
			return report.CellsText(c.OutOrStdout(), tables)
		}
		for _, o := range []struct {
			flag, path string
			of         func([]experiment.Table) ([]byte, error)
		}{{"--html", html, report.CellsHTML}, {"--latex", latex, report.CellsLaTeX}, {"--csv", csv, report.CellsCSV}} {
			if o.path == "" {
				continue
			}
			data, err := o.of(tables)
			if err == nil {
				err = writeOutput(o.flag, o.path, data)
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), o.path)
		}
		return nil
	}
	return c
}
