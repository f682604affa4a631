package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/compute/distill"
)

// stopped is a run that ended early because someone asked for it, and the command that continues it.
type stopped struct {
	error
	command string
}

func (s stopped) Error() string { return "stopped; to continue:\n  " + s.command }

func (s stopped) Unwrap() error { return s.error }

// onRequest reports whether err means that someone ended the work.
func onRequest(err error) bool {
	return errors.Is(err, distill.ErrStop) || errors.Is(err, context.Canceled)
}

// continueCommand is the command line that continues the run in a folder: the program and command as they were called, and
// the flags that the folder does not keep.
func continueCommand(c *cobra.Command, dir string) string {
	words := append([]string{os.Args[0]}, strings.Fields(c.CommandPath())[1:]...)
	words = append(words, "--resume", quote(dir))
	c.Flags().Visit(func(f *pflag.Flag) {
		if inConfig(c, f.Name) || slices.Contains([]string{"resume", "runs", "paused"}, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			word := "--" + f.Name
			if f.Value.Type() != "bool" || v != "true" {
				word += "=" + quote(v)
			}
			words = append(words, word)
		}
	})
	return strings.Join(words, " ")
}

// sameCommand is the command line that the program was called with: of commands that continue when they are repeated.
func sameCommand() string {
	var words []string
	for _, word := range os.Args {
		words = append(words, quote(word))
	}
	return strings.Join(words, " ")
}

// quote makes a shell take text as one word.
func quote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
