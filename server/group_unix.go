//go:build unix && !linux

package main

import "syscall"

// ownGroup is a process group of its own, so that an interrupt at the terminal reaches a process by way of this one, once. A
// process whose parent is killed goes on to its end.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
