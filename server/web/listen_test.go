package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

func TestListenReportsABadCertificate(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.pem")
	s, err := Listen(Options{Listen: "127.0.0.1:0", CertFile: missing, KeyFile: missing})
	if err == nil {
		s.Shutdown(t.Context())
		t.Fatal("listens without its certificate")
	}
	if !strings.Contains(err.Error(), "--tls-cert "+missing) || !strings.Contains(err.Error(), "want a certificate and its key, PEM") {
		t.Errorf("listen: %v", err)
	}
}

// A page over TLS comes with the certificate given.
func TestServeOverTLS(t *testing.T) {
	cert, key := certificate(t)
	s, err := Listen(Options{Listen: "127.0.0.1:0", CertFile: cert, KeyFile: key})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	text, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	answer, err := client.Get("https://" + s.listeners[0].Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("status %s", answer.Status)
	}
	client.CloseIdleConnections()
	if err := errors.Join(s.Shutdown(t.Context()), <-served); err != nil {
		t.Error(err)
	}
}

// certificate makes a certificate for 127.0.0.1 and its key, PEM files.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err1 := x509.CreateCertificate(rand.Reader, &about, &about, key.Public(), key)
	secret, err2 := x509.MarshalPKCS8PrivateKey(key)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
}
