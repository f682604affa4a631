package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// askAs asks the server on a connection that a user holds.
func askAs(t *testing.T, s *Server, address string, user int, path string, lines ...string) (int, string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if user != os.Geteuid() {
		raw, _ := conn.(*net.TCPConn).SyscallConn()
		var failed error
		if err := raw.Control(func(fd uintptr) { failed = syscall.Fchown(int(fd), user, -1) }); err != nil || failed != nil {
			t.Skipf("the connection cannot be given to another user: %v %v: it takes root", err, failed)
		}
	}
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", path, address, strings.Join(append(lines, ""), "\r\n"))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

// The kernel says who asks: this user needs no token on an open server, another one of this machine does, over IPv4 and
// IPv6, and through a proxy that tells nothing of itself; the terminal shows what lets them in.
func TestOtherUsersOfThisMachineNeedALink(t *testing.T) {
	if !usersKnown() {
		t.Skip("this machine does not say who holds a connection")
	}
	var said terminal
	s, _ := start(t, Options{Listen: "localhost:0", Notify: said.tell})
	for _, l := range s.listeners {
		address := l.Addr().String()
		if status, body := askAs(t, s, address, os.Geteuid(), "/state"); status != http.StatusOK {
			t.Errorf("%s: this user gets %d: %s", address, status, body)
		}
		status, body := askAs(t, s, address, 33, "/state", "Origin: http://"+address)
		if status != http.StatusUnauthorized || !strings.Contains(body, "from another user of this machine (uid 33)") || !strings.Contains(body, "launch?token=...") {
			t.Errorf("%s: user 33 gets %d: %s", address, status, body)
		}
		if status, _ := askAs(t, s, address, 33, "/state", "Authorization: Bearer "+s.Token(false)); status != http.StatusOK {
			t.Errorf("%s: user 33 with the view token gets %d", address, status)
		}
	}
	lines := said.read()
	if len(lines) != 1 || !strings.Contains(lines[0], "uid 33") {
		t.Fatalf("the terminal says %q", lines)
	}
	_, end, _ := strings.Cut(lines[0], "add  ")
	end, _, _ = strings.Cut(end, "  ")
	if status, body := askAs(t, s, s.testAddr(), 33, "/"+end); status != http.StatusOK {
		t.Errorf("with the link of the terminal: %d: %s", status, body)
	}
}

// A program that speaks IPv6 reaches the IPv4 listener under a mapped address.
func TestSocketUserOfAMappedAddress(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	defer syscall.Close(fd)
	to := netip.MustParseAddr("::ffff:127.0.0.1").As16()
	if err := syscall.Connect(fd, &syscall.SockaddrInet6{Port: port, Addr: to}); err != nil {
		t.Skipf("mapped addresses are not reached here: %v", err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r, _ := http.NewRequestWithContext(withPeer(context.Background(), conn), http.MethodGet, "/", nil)
	if got := peerOf(r).user; got != os.Geteuid() {
		t.Errorf("user %d, want %d", got, os.Geteuid())
	}
}

func TestFindHolder(t *testing.T) {
	at, to := netip.MustParseAddrPort("127.0.0.1:41394"), netip.MustParseAddrPort("127.0.0.1:7117")
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	row := func(at, to, user, inode string) string {
		return "   1: " + at + " " + to + " 01 00000000:00000000 00:00000000 00000000 " + user + "        0 " + inode + " 1 0000 20 4 30 10 -1\n"
	}
	for name, c := range map[string]struct {
		table string
		want  int
	}{
		"none":              {head, -1},
		"this end":          {head + row(kernel(to), kernel(at), "1000", "5"), -1},
		"other end":         {head + row(kernel(to), kernel(at), "7", "5") + row(kernel(at), kernel(to), "1000", "6"), 1000},
		"closed":            {head + row(kernel(at), kernel(to), "0", "0"), -1},
		"another port":      {head + row(kernel(netip.MustParseAddrPort("127.0.0.1:41395")), kernel(to), "1000", "6"), -1},
		"short":             {head + " 1: " + kernel(at), -1},
		"no number":         {head + row(kernel(at), kernel(to), "x", "6"), -1},
		"not an address":    {head + row("127.0.0.1", kernel(to), "1000", "6"), -1},
		"another address":   {head + row(kernel(netip.MustParseAddrPort("127.0.0.2:41394")), kernel(to), "1000", "6"), -1},
		"to another server": {head + row(kernel(at), kernel(netip.MustParseAddrPort("127.0.0.1:80")), "1000", "6"), -1},
	} {
		if got, _ := findHolder(bufio.NewScanner(strings.NewReader(c.table)), at, to); got != c.want {
			t.Errorf("%s: user %d, want %d", name, got, c.want)
		}
	}
}

// kernel writes an IPv4 address as a little-endian kernel does.
func kernel(a netip.AddrPort) string {
	b := a.Addr().As4()
	return fmt.Sprintf("%02X%02X%02X%02X:%04X", b[3], b[2], b[1], b[0], a.Port())
}

// A proxy of this user's own that says nothing of itself, as Jupyter's for sockets, still shows the port that the browser
// went to.
func TestAnotherPortNeedsALink(t *testing.T) {
	var said terminal
	s, _ := start(t, Options{Notify: said.tell})
	_, port, _ := net.SplitHostPort(s.testAddr())
	for host, want := range map[string]int{"localhost:" + port: http.StatusSwitchingProtocols, "localhost:8888": http.StatusUnauthorized,
		"127.0.0.1": http.StatusUnauthorized, "localhost:0" + port: http.StatusUnauthorized} {
		if got := knock(t, s, "/ws", upgrade("Host: "+host, "Origin: http://"+host)...); got != want {
			t.Errorf("%s: %d, want %d", host, got, want)
		}
	}
	if lines := said.read(); len(lines) != 1 || !strings.Contains(lines[0], "by another port than the server's own") {
		t.Errorf("the terminal says %q", lines)
	}
}

// The near end of ssh -R is a program of this user's, which passes on what anybody at the far end sends.
func TestRelaysNeedALink(t *testing.T) {
	if !usersKnown() {
		t.Skip("this machine does not say who holds a connection")
	}
	var said terminal
	s, _ := start(t, Options{Notify: said.tell})
	host, port, _ := net.SplitHostPort(s.testAddr())
	for name, want := range map[string]string{"ssh": "HTTP/1.1 401", "socat": "HTTP/1.1 401", "curl": "HTTP/1.1 200"} {
		script := filepath.Join(t.TempDir(), name) // a script's process has the script's name
		text := "#!/bin/bash\nexec 3<>/dev/tcp/" + host + "/" + port + "\nprintf 'GET /state HTTP/1.1\\r\\nHost: localhost:" + port +
			"\\r\\nConnection: close\\r\\n\\r\\n' >&3\nread -r line <&3\necho \"$line\"\n"
		if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(script).CombinedOutput()
		if err != nil {
			t.Skipf("no bash that connects here: %v: %s", err, out)
		}
		if !strings.HasPrefix(string(out), want) {
			t.Errorf("%s gets %q, want %s", name, out, want)
		}
	}
	if lines := said.read(); len(lines) != 1 || !strings.Contains(lines[0], "through a tunnel (") {
		t.Errorf("the terminal says %q", lines)
	}
}
