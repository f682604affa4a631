package web

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// socketTables list the TCP sockets of this machine, one a line, with the users who hold them. Linux has them.
var socketTables = []string{"/proc/net/tcp", "/proc/net/tcp6"}

// usersKnown reports whether this machine says who is at the other end of a connection from itself.
func usersKnown() bool {
	_, err := os.Stat(socketTables[0])
	return err == nil
}

// relays are programs that do nothing but pass on what others send: the near end of ssh -R, tunnels. That this user started one
// says nothing about who asks.
var relays = []string{"ssh", "dbclient", "plink", "socat", "ncat", "cloudflared", "ngrok", "frpc", "chisel"}

// peer is the other end of a connection.
type peer struct {
	conn  net.Conn
	once  sync.Once
	user  int    // of this machine who holds it, -1 where it is not known
	relay string // the program of relays that holds it, "" for any other
}

type peerKey struct{}

// withPeer is the server's ConnContext: requests know the connection that they came by.
func withPeer(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, &peer{conn: conn})
}

// peerOf is the other end of the connection that r came by: a proxy where one passed the request on. It is looked up once for
// each connection, when it is first asked for.
func peerOf(r *http.Request) *peer {
	p, ok := r.Context().Value(peerKey{}).(*peer)
	if !ok {
		return &peer{user: -1}
	}
	p.once.Do(func() {
		p.user = -1
		near, ok := p.conn.LocalAddr().(*net.TCPAddr)
		far, ok2 := p.conn.RemoteAddr().(*net.TCPAddr)
		if ok && ok2 {
			var inode string
			if p.user, inode = socketHolder(far.AddrPort(), near.AddrPort()); inode != "" {
				p.relay = relayWith(inode)
			}
		}
	})
	return p
}

// socketHolder is the user who holds the socket of this machine that has the address at and is connected to the address to, and
// the socket's inode; -1 and "" if there is none, or nobody holds it any more.
func socketHolder(at, to netip.AddrPort) (user int, inode string) {
	for _, table := range socketTables {
		f, err := os.Open(table)
		if err != nil {
			continue
		}
		user, inode = findHolder(bufio.NewScanner(f), at, to)
		f.Close()
		if user >= 0 {
			return user, inode
		}
	}
	return -1, ""
}

// findHolder reads lines such as
//
//	sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid  timeout inode
//	 0: 0100007F:1BCD 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000  1000        0 15943 1 ...
func findHolder(lines *bufio.Scanner, at, to netip.AddrPort) (user int, inode string) {
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 10 || !isAddress(f[1], at) || !isAddress(f[2], to) || f[9] == "0" { // without an inode no process holds it
			continue
		}
		if user, err := strconv.Atoi(f[7]); err == nil {
			return user, f[9]
		}
	}
	return -1, ""
}

// relayWith is the relay that has a socket open, "" if none has.
func relayWith(inode string) string {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		name, _ := os.ReadFile(process + "/comm")
		relay := strings.TrimSpace(string(name))
		if !slices.Contains(relays, relay) {
			continue
		}
		descriptors, _ := filepath.Glob(process + "/fd/*")
		for _, d := range descriptors {
			if to, err := os.Readlink(d); err == nil && to == "socket:["+inode+"]" {
				return relay
			}
		}
	}
	return ""
}

// isAddress reports whether the kernel writes an address as text: words of 32 bits in the machine's own order, then the port.
func isAddress(text string, a netip.AddrPort) bool {
	host, port, ok := strings.Cut(text, ":")
	if !ok || !strings.EqualFold(port, fmt.Sprintf("%04X", a.Port())) {
		return false
	}
	written := func(b []byte) (s string) {
		for ; len(b) > 0; b = b[4:] {
			s += fmt.Sprintf("%08X", binary.NativeEndian.Uint32(b))
		}
		return s
	}
	mapped := a.Addr().As16() // an IPv4 address is written so by programs that speak IPv6
	if strings.EqualFold(host, written(mapped[:])) {
		return true
	}
	if !a.Addr().Unmap().Is4() {
		return false
	}
	four := a.Addr().Unmap().As4()
	return strings.EqualFold(host, written(four[:]))
}
