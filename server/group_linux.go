package main

import "syscall"

// ownGroup is a process group of its own, so that an interrupt at the terminal reaches a process by way of this one, once. The
// process is stopped when the thread that starts it ends.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
