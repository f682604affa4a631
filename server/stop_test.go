package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"reta/compute/distill"
	"reta/server/run"
)

// The command to continue holds what the folder of the run does not keep, and nothing that --resume refuses.
func TestContinueCommand(t *testing.T) {
	for args, want := range map[string]string{
		"":                                       "--resume DIR",
		"--steps 100 --dataset demo --quiet":     "--resume DIR --quiet",
		"--resume old --device cpu --paused":     "--resume DIR --device=cpu",
		"--runs elsewhere --origin a --origin b": "--resume DIR --origin=a --origin=b",
		"--token=false":                          "--resume DIR --token=false",
		"recover --cache it's":                   `recover --resume DIR --cache='it'\''s'`,
	} {
		root := command(run.NewGate())
		c, rest, err := root.Find(strings.Fields(args))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.ParseFlags(rest); err != nil {
			t.Fatal(err)
		}
		if got := continueCommand(c, "a dir"); got != os.Args[0]+" "+strings.ReplaceAll(want, "DIR", "'a dir'") {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

func TestStoppedSaysHowToContinue(t *testing.T) {
	for _, cause := range []error{distill.ErrStop, context.Canceled} {
		err := error(stopped{cause, "server --resume x"})
		if err.Error() != "stopped; to continue:\n  server --resume x" || exitCode(err) != 6 || !errors.Is(err, cause) {
			t.Errorf("%v (exit code %d)", err, exitCode(err))
		}
	}
	if text := message(context.Canceled); text != "stopped" {
		t.Errorf("an interrupt before a run says %q", text)
	}
}

// A shell reads a quoted word as it was.
func TestQuote(t *testing.T) {
	for _, word := range []string{"runs/reta-1", "", "a b", "it's", "$(x)`y`", "a\nb", `\`, "é", "-x=y"} {
		out, err := exec.Command("sh", "-c", "printf %s "+quote(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q is quoted %s and read as %q, %v", word, quote(word), out, err)
		}
	}
}
