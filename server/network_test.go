package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// network is a bridge in a namespace of its own, to which machines are linked: namespaces with an address each. Nothing of this machine's network is
// touched. Where none may be made all machines are this one.
type network struct {
	hub      string // namespace of the bridge; "": loopback
	machines int
}

// newNetwork makes a network, or says visibly why it has none.
func newNetwork(t *testing.T) *network {
	t.Helper()
	n := &network{hub: fmt.Sprintf("reta-%d", os.Getpid())}
	err := ip("netns", "add", n.hub)
	if err == nil {
		t.Cleanup(func() { _ = ip("netns", "del", n.hub) })
		err = ip("-n", n.hub, "link", "add", "bridge", "type", "bridge")
	}
	if err == nil {
		err = ip("-n", n.hub, "link", "set", "bridge", "up")
	}
	if err != nil {
		n.hub = ""
		t.Run("namespaces", func(t *testing.T) {
			t.Skipf("needs the right to make network namespaces (%v): all members are on loopback, and no link is cut", err)
		})
	}
	return n
}

func ip(words ...string) error {
	if out, err := exec.Command("ip", words...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %v: %w %s", words, err, bytes.TrimSpace(out))
	}
	return nil
}

// machine is a place for processes.
type machine struct {
	network *network
	space   string // its namespace; "": this one
	link    string // in the hub
	address string
}

const mostMachines = 10

func addressOf(machine int) string { return fmt.Sprint("10.77.0.", machine) }

// join adds a machine.
func (n *network) join(t *testing.T) *machine {
	t.Helper()
	if n.hub == "" {
		return &machine{network: n, address: "127.0.0.1"}
	}
	n.machines++
	m := &machine{network: n, space: fmt.Sprintf("%s-%d", n.hub, n.machines), link: fmt.Sprint("link", n.machines), address: addressOf(n.machines)}
	for _, words := range [][]string{
		{"netns", "add", m.space},
		{"-n", n.hub, "link", "add", m.link, "type", "veth", "peer", "name", "eth0", "netns", m.space},
		{"-n", n.hub, "link", "set", m.link, "master", "bridge", "up"},
		{"-n", m.space, "address", "add", m.address + "/24", "dev", "eth0"},
		{"-n", m.space, "link", "set", "eth0", "up"},
		{"-n", m.space, "link", "set", "lo", "up"},
	} {
		if err := ip(words...); err != nil {
			t.Fatal(err)
		}
		if words[1] == "add" {
			t.Cleanup(func() { _ = ip("netns", "del", m.space) })
		}
	}
	return m
}

// command is one that is carried out on the machine.
func (m *machine) command(words ...string) *exec.Cmd {
	if m.space != "" {
		words = append([]string{"ip", "netns", "exec", m.space}, words...)
	}
	return exec.Command(words[0], words[1:]...)
}

// cut takes the machine off the network for a while.
func (m *machine) cut(t *testing.T, d time.Duration) {
	t.Helper()
	for _, state := range []string{"down", "up"} {
		if err := ip("-n", m.network.hub, "link", "set", m.link, state); err != nil {
			t.Error(err)
		}
		if state == "down" {
			time.Sleep(d)
		}
	}
}

// certificate is one for all machines of a network, signed by itself, that is valid from two hours ago for a day.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "reta"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	for i := range mostMachines {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(addressOf(i+1)))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeFile(t, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	writeFile(t, key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: text}))
	return cert, key
}
