package cluster

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// DefaultListen is where a broker of one's own is reached, by this machine alone.
const DefaultListen = "127.0.0.1:7422"

// Broker is a NATS server in this process, for one coordinator and its workers.
type Broker struct {
	options  *server.Options
	say      func(string, ...any)
	done     chan struct{}
	closing  sync.Once
	watching sync.WaitGroup

	mu     sync.Mutex
	server *server.Server
}

// BrokerOptions say how a broker is reached.
type BrokerOptions struct {
	Listen   string // address; "" is DefaultListen
	Store    string // folder that keeps what is queued
	Password string // of workers
	Own      string // password of the coordinator
	CertFile string // for an address that other machines reach
	KeyFile  string
	Say      func(format string, args ...any)
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
		JetStreamMaxStore: 1 << 50, PingInterval: pingEvery, MaxPingsOut: mostPings, // the disk is the limit, however full it is now
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
	b := &Broker{options: options, say: o.Say, done: make(chan struct{})}
	if err := b.start(); err != nil {
		return nil, err
	}
	if at, ok := b.server.Addr().(*net.TCPAddr); ok {
		options.Port = at.Port // of every later start
	}
	b.watching.Go(b.watch)
	return b, nil
}

func (b *Broker) start() error {
	s, err := server.NewServer(b.options.Clone())
	if err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		s.Shutdown()
		return fmt.Errorf("broker: it cannot listen at %s:%d: is another program there?", b.options.Host, b.options.Port)
	}
	b.mu.Lock()
	b.server = s
	b.mu.Unlock()
	return nil
}

// watch starts the server anew when it could not write to its store and there is room again: until then its streams take nothing.
func (b *Broker) watch() {
	said := ""
	for {
		select {
		case <-b.done:
			return
		case <-time.After(time.Second):
		}
		ill := b.ill()
		if ill == "" {
			said = ""
			continue
		}
		err := b.room()
		if text := fmt.Sprintf("the broker's store: %s: workers wait until it can be written again", ill); said != text && b.say != nil {
			b.say("%s", text)
			said = text
		}
		if err != nil {
			continue
		}
		b.end()
		if err := b.start(); err != nil && b.say != nil {
			b.say("%v: trying again", err)
		}
	}
}

// ill says what keeps the server from writing, if anything does.
func (b *Broker) ill() string {
	h := b.current().Healthz(&server.HealthzOptions{Details: true})
	for _, e := range h.Errors {
		if e.Type == server.HealthzErrorJetStream || strings.Contains(e.Error, "write error") {
			return e.Error
		}
	}
	return ""
}

// room tries whether the disk takes a little more.
func (b *Broker) room() error {
	file := filepath.Join(b.options.StoreDir, "room")
	err := os.WriteFile(file, make([]byte, 1<<20), 0o600)
	return errors.Join(err, os.Remove(file))
}

func (b *Broker) current() *server.Server {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.server
}

// InProcessConn is a connection within the process.
func (b *Broker) InProcessConn() (net.Conn, error) { return b.current().InProcessConn() }

// URL is the broker's address for workers.
func (b *Broker) URL() string { return b.current().ClientURL() }

// Coordinator says how the coordinator reaches the broker in its own process.
func (b *Broker) Coordinator(password string, say func(string, ...any)) Options {
	url := strings.Replace(b.URL(), "tls://", "nats://", 1) // within the process there is no TLS
	return Options{URL: url, User: coordinatorUser, Password: password, Say: say, broker: b}
}

// Close ends the broker. What it keeps stays in its folder. It may be called twice.
func (b *Broker) Close() {
	b.closing.Do(func() { close(b.done) })
	b.watching.Wait()
	b.end()
}

func (b *Broker) end() {
	s := b.current()
	s.Shutdown()
	s.WaitForShutdown()
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
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>", stateTopic, dropTopic}},
	}
}
