//go:build !unix

package engine

import (
	"errors"
	"os"
	"os/exec"
)

// possible: this system can hand a socket to a process.
const possible = false

func start(*exec.Cmd) (*conn, error) { return nil, errors.ErrUnsupported }

func suspend(func() []*os.Process, <-chan struct{}) {}

func how(*os.ProcessState) string { return "" }
