//go:build unix

package engine

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// possible: this system can hand a socket to a process.
const possible = true

// start starts the program anew, with its own arguments, and connects it. What cmd.Env has is added to this process's environment.
func start(cmd *exec.Cmd) (*conn, error) {
	fds, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	far := os.NewFile(uintptr(fds[1]), "host")
	defer far.Close()
	near := os.NewFile(uintptr(fds[0]), "engine")
	defer near.Close()
	c, err := net.FileConn(near)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	cmd.ExtraFiles = []*os.File{far}
	cmd.Env = append(append(os.Environ(), cmd.Env...), variable+"=3")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's interrupt reaches the host alone, which passes it on
	if err := cmd.Start(); err != nil {
		c.Close()
		return nil, fmt.Errorf("engine: %w", err)
	}
	return newConn(c), nil
}

// socketPair is two connected sockets that no process inherits unless they are handed to it.
func socketPair() (fds [2]int, err error) {
	syscall.ForkLock.RLock() // only Linux makes them so in one call
	defer syscall.ForkLock.RUnlock()
	if fds, err = syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0); err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	return fds, err
}

// suspend stops engines when a terminal stops this process (Ctrl-Z), and lets them go on with it.
func suspend(engines func() []*os.Process, ended <-chan struct{}) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTSTP, syscall.SIGCONT)
	defer signal.Stop(signals)
	for {
		select {
		case s := <-signals:
			what := syscall.SIGSTOP
			if s == syscall.SIGCONT {
				what = syscall.SIGCONT
			}
			for _, p := range engines() {
				p.Signal(what)
			}
			if what == syscall.SIGSTOP {
				syscall.Kill(os.Getpid(), syscall.SIGSTOP)
			}
		case <-ended:
			return
		}
	}
}

// how says how a process ended.
func how(s *os.ProcessState) string {
	status, ok := s.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return fmt.Sprintf("ended with exit code %d and without a result", s.ExitCode())
	}
	switch signal := status.Signal(); signal {
	case syscall.SIGKILL:
		return "was killed (by the system, for want of memory, or by someone)"
	case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGILL, syscall.SIGABRT, syscall.SIGFPE:
		return fmt.Sprintf("crashed (%v)", signal)
	default:
		return fmt.Sprintf("was ended by a signal (%v)", signal)
	}
}
