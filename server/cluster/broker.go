package cluster

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// DefaultListen is where a broker of one's own is reached, by this machine alone.
const DefaultListen = "127.0.0.1:7422"

// Broker is a NATS server in this process, for one coordinator and its workers.
type Broker struct{ server *server.Server }

// BrokerOptions say how a broker is reached.
type BrokerOptions struct {
	Listen   string // address; "" is DefaultListen
	Store    string // folder that keeps what is queued
	Password string // of workers
	Own      string // password of the coordinator
	CertFile string // for an address that other machines reach
	KeyFile  string
}

// The users of a broker of one's own.
const (
	workerUser      = "worker"
	coordinatorUser = "coordinator"
)

// ErrOptions marks options that cannot be, and begins their errors.
var ErrOptions = errors.New("cluster")

// Serve starts a broker. Beyond loopback it wants TLS.
func Serve(o BrokerOptions) (*Broker, error) {
	if o.Listen == "" {
		o.Listen = DefaultListen
	}
	host, port, err := net.SplitHostPort(o.Listen)
	number, errPort := strconv.ParseUint(port, 10, 16)
	if err != nil || errPort != nil {
		return nil, fmt.Errorf("%w: address %q: want host:port", ErrOptions, o.Listen)
	}
	ip, err := netip.ParseAddr(host)
	loopback := host == "localhost" || err == nil && ip.IsLoopback()
	options := &server.Options{
		ServerName: "reta", Host: host, Port: int(number), JetStream: true, StoreDir: o.Store, NoSigs: true, NoLog: true, MaxPayload: 8 << 20, MaxPending: 64 << 20,
		Users: []*server.User{
			{Username: coordinatorUser, Password: o.Own},
			{Username: workerUser, Password: o.Password, Permissions: workerPermissions()},
		},
	}
	if number == 0 {
		options.Port = server.RANDOM_PORT
	}
	switch {
	case o.Password == "" || o.Own == "":
		return nil, fmt.Errorf("%w: no password: want one for workers and one for the coordinator", ErrOptions)
	case o.CertFile != "" || o.KeyFile != "":
		cert, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("%w: certificate: %w", ErrOptions, err)
		}
		options.TLS, options.TLSTimeout = true, 5
		options.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	case !loopback:
		return nil, fmt.Errorf("%w: %s is reached by other machines: want a TLS certificate and its key", ErrOptions, o.Listen)
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		s.Shutdown()
		return nil, fmt.Errorf("broker: it cannot listen at %s: is another program there?", o.Listen)
	}
	return &Broker{s}, nil
}

// URL is the broker's address for workers.
func (b *Broker) URL() string { return b.server.ClientURL() }

// Coordinator says how the coordinator reaches the broker in its own process.
func (b *Broker) Coordinator(password string, say func(string, ...any)) Options {
	url := strings.Replace(b.URL(), "tls://", "nats://", 1) // within the process there is no TLS
	return Options{URL: url, User: coordinatorUser, Password: password, Say: say, broker: b.server}
}

// Close ends the broker. What it keeps stays in its folder.
func (b *Broker) Close() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// workerPermissions are what a worker does: it takes items, reads inputs and writes results, and no more.
func workerPermissions() *server.Permissions {
	allow := []string{
		resultTopic + "*", failTopic + "*", eventTopic + "*", hereTopic,
		"$JS.API.CONSUMER.INFO." + itemStream + "." + consumer,
		"$JS.API.CONSUMER.MSG.NEXT." + itemStream + "." + consumer,
		"$JS.ACK." + itemStream + "." + consumer + ".>",
		"$JS.API.STREAM.INFO." + itemStream,
		"$JS.API.DIRECT.GET." + resultStream + ".>",
		"$JS.API.STREAM.INFO." + resultStream,
		"$O." + resultBucket + ".>",
		"$JS.FC.>",
	}
	for _, bucket := range []string{inputBucket, resultBucket} {
		stream := "OBJ_" + bucket
		allow = append(allow, "$JS.API.STREAM.INFO."+stream, "$JS.API.DIRECT.GET."+stream+".>", "$JS.API.STREAM.MSG.GET."+stream,
			"$JS.API.CONSUMER.CREATE."+stream+".>", "$JS.API.CONSUMER.DELETE."+stream+".>", "$JS.API.CONSUMER.MSG.NEXT."+stream+".>", "$JS.API.CONSUMER.INFO."+stream+".>")
	}
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: allow},
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>", stateTopic}},
	}
}
