package web

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
)

// DefaultListen is this machine only, both address families.
const DefaultListen = "localhost:7117"

// bind opens the listeners of the address that a flag names. "localhost" gives one for each address family, on the same port.
func bind(flag, address string) (listeners []net.Listener, loopback bool, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, false, fmt.Errorf("listen %q: want HOST:PORT, such as %s", address, DefaultListen)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return nil, false, fmt.Errorf("listen %q: port %q: want 0 (any free one) to 65535", address, port)
	}
	if host != "localhost" {
		at, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			return nil, false, fmt.Errorf("listen %s: %w: want an address of this machine, such as 127.0.0.1", address, err)
		}
		l, err := listenTCP(flag, "tcp", at.String(), address)
		return []net.Listener{l}, at.IP.IsLoopback(), err
	}
	four, err := listenTCP(flag, "tcp4", net.JoinHostPort("127.0.0.1", port), address)
	if err != nil {
		return nil, false, err
	}
	listeners = append(listeners, four)
	_, port, _ = net.SplitHostPort(four.Addr().String())
	six, err := net.Listen("tcp6", net.JoinHostPort("::1", port))
	if err == nil {
		listeners = append(listeners, six)
	} else if errors.Is(err, syscall.EADDRINUSE) {
		four.Close() // else a browser that prefers IPv6 would reach someone else as "localhost"
		return nil, false, portError(flag, "[::1]:"+port, err)
	}
	return listeners, true, nil
}

func listenTCP(flag, network, at, asked string) (net.Listener, error) {
	l, err := net.Listen(network, at)
	if err != nil {
		return nil, portError(flag, asked, err)
	}
	return l, nil
}

// portError says what to do about a port that cannot be had.
func portError(flag, address string, err error) error {
	_, port, _ := net.SplitHostPort(address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen %s: port %s is in use, perhaps by another reta server: stop that one, or take any free port with "+
			"%s 127.0.0.1:0: %w", address, port, flag, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("listen %s: %w: want an address of this machine, such as 127.0.0.1", address, err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("listen %s: port %s needs rights this user has not: take a port above 1023, such as %s %s: %w",
			address, port, flag, DefaultListen, err)
	}
	return fmt.Errorf("listen %s: %w", address, err)
}
