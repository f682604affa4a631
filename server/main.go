// Server distils image sets on a Vulkan device and shows how.
//
//	server                                    the built-in demo, in the browser
//	server --dataset tiny-imagenet --ipc 10   the real thing
//	server --headless --dataset cifar-100 --data cifar-100-binary.tar.gz
//	server recover | relabel | evaluate | merge | worker | incremental | experiment | table | report | replay | lessons | site | bundle | import | verify | recipes | squeeze | teacher | accuracy | corrupt | bench | topology | doctor | dataset | version
//
// Exit codes: 0 done; 1 failure; 2 wrong usage; 3 data; 4 device; 5 disk;
// 6 stopped and resumable; 130 and 143 on a second interrupt or termination.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/compute/distill"
	"reta/compute/label"
	"reta/compute/models"
	"reta/compute/vk"
	"reta/server/dataset"
	"reta/server/engine"
	"reta/server/run"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

func main() {
	gate := run.NewGate()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	link, err := engine.Inherited()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	log := new(programLog)
	go watchSignals(cancel, log, link != nil)
	ctx = engine.WithProcess(ctx, link)
	root := command(gate)
	rename(root, root.Name(), strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"))
	if err := execute(log.with(ctx), root, os.Stdout); err != nil {
		log.say(slog.LevelError, root.Name()+": ", visible(message(err)), "exit_code", exitCode(err))
		os.Exit(exitCode(err))
	}
}

// execute carries a command out. Output that could not be written is an error.
func execute(ctx context.Context, root *cobra.Command, out io.Writer) error {
	checked := &checkedWriter{to: out}
	root.SetOut(checked)
	if err := root.ExecuteContext(ctx); err != nil {
		return err
	}
	return checked.err
}

// watchSignals stops the work at the first interrupt or termination, or when the
// terminal is closed, after a checkpoint, and the process at the second. A hang-up
// that is ignored, as under nohup, stays so. An engine leaves it to its host to say so.
func watchSignals(stop func(), log *programLog, quiet bool) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	<-signals
	if !quiet {
		log.say(slog.LevelInfo, "", "stopping; interrupt again (Ctrl-C) to stop at once")
	}
	stop()
	if s := <-signals; s == syscall.SIGTERM {
		os.Exit(143)
	}
	os.Exit(130)
}

// usageError is a mistake in the command itself.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// dataError is something wrong with the images or teachers given.
type dataError struct{ error }

func (e dataError) Unwrap() error { return e.error }

// deviceError is a device that is not there or cannot be used.
type deviceError struct{ error }

func (e deviceError) Unwrap() error { return e.error }

// exitCode shows scripts what kind of failure ended the program.
func exitCode(err error) int {
	is := func(targets ...error) bool {
		return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
	}
	var usage usageError
	var data dataError
	var device deviceError
	var teacher run.TeacherError
	var merge run.MergeError
	var field *recipe.FieldError
	var path *fs.PathError
	var damaged label.DamagedError
	var setting protocol.SettingError
	var elsewhere engineError
	switch {
	case errors.As(err, &elsewhere):
		return elsewhere.code
	case is(distill.ErrStop, context.Canceled):
		return 6
	case is(vk.ErrNoLoader, vk.ErrNoDriver, vk.ErrOutOfMemory, vk.ErrDeviceLost, vk.ErrValidation, vk.ErrUnsupported), errors.As(err, &device):
		return 4
	case is(syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS):
		return 5
	case errors.As(err, &teacher), errors.As(err, &damaged), errors.As(err, &merge):
		return 3
	case is(recipe.ErrUnknown, dataset.ErrUnknown, models.ErrUnknown, run.ErrOther, run.ErrFinished, run.ErrBusy, run.ErrShard, label.ErrOther), errors.As(err, &usage), errors.As(err, &field), errors.As(err, &setting):
		return 2
	case errors.As(err, &data):
		return 3
	case errors.As(err, &path):
		return 5
	}
	return 1
}

// message is what ended the program, in words.
func message(err error) string {
	var s stopped
	if onRequest(err) && !errors.As(err, &s) {
		return "stopped"
	}
	return err.Error() + remedy(err)
}

// remedy is what helps against errors of the disk, which cannot say so
// themselves.
func remedy(err error) string {
	switch {
	case exitCode(err) != 5:
		return ""
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return ": choose folders that this user may write, with --run-dir, --runs and --cache"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return ": free some space, or choose folders elsewhere with --run-dir, --runs and --cache"
	}
	return ""
}

// command is the whole command line.
func command(gate *run.Gate) *cobra.Command {
	root := distilCommand(gate)
	root.AddCommand(recoverCommand(gate), priorCommand(gate), relabelCommand(), evaluateCommand(gate), mergeCommand(), workerCommand(gate), incrementalCommand(gate), experimentCommand(), tableCommand(), reportCommand(), replayCommand(), lessonsCommand(), siteCommand(), bundleCommand(), importCommand(), verifyCommand(), squeezeCommand(), teacherCommand(), accuracyCommand(), corruptCommand(), benchCommand(), topologyCommand(),
		doctorCommand(), datasetCommand(), recipesCommand(), docsCommand(), versionCommand())
	root.Version = run.Version()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentPreRun = func(c *cobra.Command, _ []string) { programLogOf(c).learn(c) }
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(usageText)
	complete(root)
	return root
}

// flagError says what a flag wants, in words.
func flagError(c *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var field *recipe.FieldError
	switch {
	case errors.As(err, &field) && errors.As(err, &invalid):
		return usage("--%s %q: want %s; see %s --help", invalid.GetFlag().Name, invalid.GetValue(), field.Want, c.CommandPath())
	case errors.As(err, &invalid):
		wants := map[string]string{"int": "a whole number", "uint64": "a whole number from 0 on", "float64": "a number", "bool": "true or false"}
		if want, ok := wants[invalid.GetFlag().Value.Type()]; ok {
			return usage("--%s %q: want %s; see %s --help", invalid.GetFlag().Name, invalid.GetValue(), want, c.CommandPath())
		}
	case errors.As(err, &unknown) && unknown.GetSpecifiedName() != "":
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return usage("%w%s; see %s --help", err, didYouMean("--", unknown.GetSpecifiedName(), names), c.CommandPath())
	}
	return usage("%w; see %s --help", err, c.CommandPath())
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the program's version", Args: noArgs,
		Run: func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), run.Version()) },
	}
}

// noArgs refuses words that belong to no flag.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	near := ""
	c.SuggestionsMinimumDistance = 2
	if list := c.SuggestionsFor(args[0]); len(list) > 0 {
		near = fmt.Sprintf("; did you mean %s?", strings.Join(list, " or "))
	}
	return usage("%q is not a command or flag of %s%s; see %s --help", args[0], c.CommandPath(), near, c.CommandPath())
}
