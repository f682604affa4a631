//go:build faults

// Package fault makes operations fail one by one, as SQLite's tests do: a test counts the operations of a piece of work,
// then repeats the work once for each, with that one failing, or that one and all after it.
package fault

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// KillAt names the environment variable with the number of the file operation before which the process is killed.
const KillAt = "RETA_FAULT_KILL_AT"

// killAt is that number, 0 for never.
var killAt, _ = strconv.Atoi(os.Getenv(KillAt))

// Kind is what is counted together.
type Kind string

// The kinds.
const (
	Files       Kind = "files"
	Allocations Kind = "allocate"
	Submissions Kind = "submit"
)

var state struct {
	sync.Mutex
	counts  map[Kind]int
	kind    Kind
	at      int
	forever bool
	hit     string // the first operation that failed
}

// Arm has the n-th operation of a kind from now on fail, or from the n-th on all of them; n 0: none.
func Arm(kind Kind, n int, forever bool) {
	state.Lock()
	defer state.Unlock()
	state.counts, state.kind, state.at, state.forever, state.hit = map[Kind]int{}, kind, n, forever, ""
}

// Count is the number of operations of a kind since Arm.
func Count(kind Kind) int {
	state.Lock()
	defer state.Unlock()
	return state.counts[kind]
}

// Hit is the first operation that failed since Arm, "" if none did.
func Hit() string {
	state.Lock()
	defer state.Unlock()
	return state.hit
}

func fails(kind Kind, what string) bool {
	state.Lock()
	defer state.Unlock()
	if state.counts == nil {
		state.counts = map[Kind]int{}
	}
	state.counts[kind]++
	n := state.counts[kind]
	if kind == Files && n == killAt {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal comes
	}
	if kind != state.kind || state.at == 0 || n != state.at && !(state.forever && n > state.at) {
		return false
	}
	if state.hit == "" {
		state.hit = fmt.Sprintf("%s %d: %s", kind, n, what)
	}
	return true
}

// File is the error that an operation on a file is to fail with, nil for none.
func File(op, path string) error {
	if fails(Files, op+" "+path) {
		return &fs.PathError{Op: op, Path: path, Err: syscall.EIO}
	}
	return nil
}

// Device reports whether an allocation on a device, or a submission to it, is to fail.
func Device(op string) bool { return fails(Kind(op), op) }
