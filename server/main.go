// Server distils image sets on a Vulkan device and shows how.
//
//	server                                    the built-in demo, in the browser
//	server --dataset tiny-imagenet --ipc 10   the real thing
//	server --headless --dataset cifar-100 --data cifar-100-binary.tar.gz
//	server squeeze | accuracy | bench | doctor | dataset | version
//
// Exit codes: 0 done; 1 failure; 2 wrong usage; 3 data; 4 device; 5 disk;
// 6 stopped and resumable; 130 and 143 on a second interrupt or termination.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"reta/compute/distill"
	"reta/compute/models"
	"reta/compute/vk"
	"reta/server/dataset"
	"reta/server/run"
	"reta/shared/recipe"
)

func main() {
	gate := run.NewGate()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go watchSignals(cancel)
	if err := command(gate).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(exitCode(err))
	}
}

// watchSignals stops the work at the first interrupt or termination, after a
// checkpoint, and the process at the second.
func watchSignals(stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	<-signals
	fmt.Fprintln(os.Stderr, "stopping after a checkpoint; once more to stop now")
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

// exitCode tells scripts what kind of failure ended the program.
func exitCode(err error) int {
	var u usageError
	var field *recipe.FieldError
	var path *fs.PathError
	var data dataError
	switch {
	case errors.Is(err, distill.ErrStop), errors.Is(err, context.Canceled):
		return 6
	case errors.As(err, &u), errors.As(err, &field), errors.Is(err, recipe.ErrUnknown), errors.Is(err, dataset.ErrUnknown), errors.Is(err, models.ErrUnknown),
		errors.Is(err, run.ErrOther), errors.Is(err, run.ErrFinished), errors.Is(err, run.ErrBusy):
		return 2
	case errors.Is(err, vk.ErrNoLoader), errors.Is(err, vk.ErrNoDriver), errors.Is(err, vk.ErrOutOfMemory), errors.Is(err, vk.ErrDeviceLost), errors.Is(err, vk.ErrValidation):
		return 4
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EDQUOT):
		return 5
	case errors.As(err, &data):
		return 3
	case errors.As(err, &path):
		return 5
	}
	return 1
}

// dataError is something wrong with the images or teachers given.
type dataError struct{ error }

func (e dataError) Unwrap() error { return e.error }

// command is the whole command line.
func command(gate *run.Gate) *cobra.Command {
	root := distilCommand(gate)
	root.AddCommand(squeezeCommand(), accuracyCommand(), doctorCommand(), datasetCommand(), versionCommand())
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage("%w; see %s --help", err, c.CommandPath())
	})
	return root
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the program's version", Args: noArgs,
		Run: func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), run.Version()) },
	}
}

// noArgs refuses words that belong to no flag.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%q is not a command or flag of %s; see %s --help", args[0], c.CommandPath(), c.CommandPath())
	}
	return nil
}
