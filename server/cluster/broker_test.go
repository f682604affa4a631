package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// Nothing listens beyond this machine without TLS, nor anywhere without passwords.
func TestBrokerWantsTLSAndPasswords(t *testing.T) {
	for want, o := range map[string]BrokerOptions{
		"want a TLS certificate":    {Listen: "0.0.0.0:0", Password: "password", Own: "own"},
		"reached by other machines": {Listen: "example.org:7422", Password: "password", Own: "own"},
		"want host:port":            {Listen: "7422", Password: "password", Own: "own"},
		"no password":               {Listen: "127.0.0.1:0", Own: "own"},
		"certificate: open":         {Listen: "0.0.0.0:0", Password: "password", Own: "own", CertFile: "nowhere", KeyFile: "nowhere"},
	} {
		o.Store = t.TempDir()
		b, err := Serve(o)
		if err == nil {
			b.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v: want %q", o, err, want)
		}
	}
	cert, key := certificate(t)
	b, err := Serve(BrokerOptions{Listen: "127.0.0.1:0", Store: t.TempDir(), Password: "password", Own: "own", CertFile: cert, KeyFile: key})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { b.Close(); b.Close() }()
	c, err := Coordinate(t.Context(), b.Coordinator("own", t.Logf), 0)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	plain := strings.Replace(b.URL(), "tls://", "nats://", 1)
	for _, o := range [][]nats.Option{{nats.UserInfo(workerUser, "password")}, {nats.RootCAs(cert)}} {
		if conn, err := nats.Connect(plain, o...); err == nil {
			conn.Close()
			t.Error("a stranger is let in")
		}
	}
	conn, err := nats.Connect(b.URL(), nats.UserInfo(workerUser, "password"), nats.RootCAs(cert))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// certificate is one for this machine's loopback, signed by itself.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "reta"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range []struct {
		path  *string
		name  string
		block pem.Block
	}{{&cert, "cert.pem", pem.Block{Type: "CERTIFICATE", Bytes: der}}, {&key, "key.pem", pem.Block{Type: "EC PRIVATE KEY", Bytes: text}}} {
		*f.path = filepath.Join(dir, f.name)
		if err := os.WriteFile(*f.path, pem.EncodeToMemory(&f.block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
