package web

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

func TestListenRefusalsNameTheRemedy(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for name, c := range map[string]struct {
		o    Options
		want []string
	}{
		"port in use":            {Options{Listen: "127.0.0.1:" + port}, []string{"port " + port + " is in use", "--listen 127.0.0.1:0"}},
		"port in use, localhost": {Options{Listen: "localhost:" + port}, []string{"port " + port + " is in use", "--listen 127.0.0.1:0"}},
		"no port":                {Options{Listen: "127.0.0.1"}, []string{"want HOST:PORT", DefaultListen}},
		"port of letters":        {Options{Listen: "127.0.0.1:http"}, []string{`port "http"`, "0 (any free one) to 65535"}},
		"port too large":         {Options{Listen: "127.0.0.1:70000"}, []string{`port "70000"`}},
		"not our address":        {Options{Listen: "192.0.2.1:0", Insecure: true}, []string{"listen 192.0.2.1:0"}},
		"open to the network":    {Options{Listen: "0.0.0.0:0"}, []string{"--tls-cert", "--insecure", "--listen " + DefaultListen}},
		"every interface":        {Options{Listen: ":0"}, []string{"--insecure"}},
		"half of TLS":            {Options{Listen: "127.0.0.1:0", CertFile: "x"}, []string{"--tls-cert and --tls-key"}},
		"origin with path":       {Options{Listen: "127.0.0.1:0", Origins: []string{"https://a.example/x"}}, []string{"https://a.example/x", "scheme and host alone"}},
		"origin without scheme":  {Options{Listen: "127.0.0.1:0", Origins: []string{"a.example"}}, []string{"scheme and host alone"}},
	} {
		s, err := Listen(c.o)
		if err == nil {
			s.Shutdown(context.Background())
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v: want it to say %q", name, err, want)
			}
		}
	}
}

func TestDefaultIsThisMachineAlone(t *testing.T) {
	s, _ := start(t, Options{Listen: "localhost:0"})
	for _, l := range s.listeners {
		if !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
			t.Errorf("listens on %v", l.Addr())
		}
	}
	if res, _ := get(t, s.URL()); res.StatusCode != http.StatusOK {
		t.Errorf("%s without any token: %d: on loopback the plain address must work", s.URL(), res.StatusCode)
	}
	if s.URL() != "http://"+s.testAddr()+"/" || s.ViewURL() != s.URL() {
		t.Errorf("URL is %s", s.URL())
	}
	_, port, _ := net.SplitHostPort(s.testAddr())
	if len(s.listeners) == 2 {
		if res, _ := get(t, "http://[::1]:"+port+"/"); res.StatusCode != http.StatusOK {
			t.Errorf("over IPv6: %d", res.StatusCode)
		}
	}
}

func TestBeyondLoopbackNeedsToken(t *testing.T) {
	s, _ := start(t, Options{Listen: "0.0.0.0:0", Insecure: true})
	_, port, _ := net.SplitHostPort(s.testAddr())
	if got := knock(t, &Server{listeners: []net.Listener{at{s.listeners[0], "127.0.0.1:" + port}}}, "/state", "Host: 127.0.0.1:"+port); got != http.StatusUnauthorized {
		t.Errorf("without token: %d, want 401", got)
	}
	if !strings.Contains(s.URL(), "/launch?token=") {
		t.Errorf("URL is %s", s.URL())
	}
	if !s.access.hostAllowed("10.0.0.7:80") || s.access.hostAllowed("evil.example") {
		t.Error("an address is no name that can be rebound; a foreign name is")
	}
}

type at struct {
	net.Listener
	addr string
}

func (a at) Addr() net.Addr { r, _ := net.ResolveTCPAddr("tcp", a.addr); return r }

func TestServeReportsABadCertificate(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.pem")
	s, err := Listen(Options{Listen: "127.0.0.1:0", CertFile: missing, KeyFile: missing})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err == nil || !strings.Contains(err.Error(), "none.pem") {
		t.Errorf("serve: %v", err)
	}
	s.Shutdown(t.Context())
}
