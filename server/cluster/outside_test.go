package cluster

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// nodes are a NATS cluster on loopback, as a user would run it.
type nodes struct {
	t       *testing.T
	options []*server.Options
	running []*server.Server
}

func newNodes(t *testing.T, n int) *nodes {
	t.Helper()
	c := &nodes{t: t, running: make([]*server.Server, n)}
	var routes []string
	for range n {
		routes = append(routes, "nats://"+free(t))
	}
	dir := t.TempDir()
	for i := range n {
		host, port, _ := net.SplitHostPort(strings.TrimPrefix(routes[i], "nats://"))
		o := &server.Options{ServerName: fmt.Sprint("node", i), Host: host, Port: server.RANDOM_PORT, JetStream: true, StoreDir: filepath.Join(dir, fmt.Sprint(i)), NoSigs: true, NoLog: true,
			Cluster: server.ClusterOpts{Name: "lab", Host: host}, Routes: server.RoutesFromStr(strings.Join(routes, ",")),
			Users: []*server.User{{Username: coordinatorUser, Password: "own password"}, {Username: workerUser, Password: "password"}}}
		_, _ = fmt.Sscan(port, &o.Cluster.Port)
		c.options = append(c.options, o)
		c.start(i)
	}
	t.Cleanup(func() {
		for i := range c.running {
			c.stop(i)
		}
	})
	return c
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (c *nodes) start(i int) {
	s, err := server.NewServer(c.options[i].Clone())
	if err != nil {
		c.t.Error(err)
		return
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		c.t.Errorf("node %d does not listen", i)
	}
	c.options[i].Port = s.Addr().(*net.TCPAddr).Port
	c.running[i] = s
}

// whole waits until all nodes have what they keep.
func (c *nodes) whole() {
	begun := time.Now()
	for _, s := range c.running {
		for s.Healthz(nil).Status != "ok" && c.t.Context().Err() == nil {
			time.Sleep(50 * time.Millisecond)
		}
	}
	c.t.Logf("the cluster is whole after %v", time.Since(begun).Round(time.Millisecond))
}

func (c *nodes) stop(i int) { c.running[i].Shutdown(); c.running[i].WaitForShutdown() }

func (c *nodes) url() string {
	var list []string
	for _, s := range c.running {
		list = append(list, s.ClientURL())
	}
	return strings.Join(list, ",")
}

// A cluster of three nodes keeps everything thrice: one after the other is ended and started again with its store, and nothing is lost.
func TestOutsideCluster(t *testing.T) {
	c := newNodes(t, 3)
	g := &rig{t: t, dir: t.TempDir(), there: t.TempDir(), made: map[int]string{}, url: c.url()}
	c.whole()
	var err error
	if g.c, err = Coordinate(t.Context(), Options{URL: g.url, User: coordinatorUser, Password: "own password", Say: t.Logf}, lease); err != nil {
		t.Fatal(err)
	}
	defer g.c.Close()
	for _, name := range []string{itemStream, resultStream, failStream, "OBJ_" + inputBucket, "OBJ_" + resultBucket} {
		s, err := g.c.js.Stream(t.Context(), name)
		if err != nil || s.CachedInfo().Config.Replicas != mostReplicas {
			t.Errorf("%s: %v: want %d replicas", name, err, mostReplicas)
		}
	}
	for _, name := range []string{"a", "b"} {
		g.start(name, func(ctx context.Context, item Item, inputs map[string]string, folder string) error {
			pause(ctx, 100*time.Millisecond)
			return copies(ctx, item, inputs, folder)
		})
	}
	var ending sync.WaitGroup
	ending.Go(func() {
		for i := range c.running {
			pause(t.Context(), time.Second)
			c.stop(i)
			pause(t.Context(), time.Second)
			c.start(i)
			c.whole()
		}
	})
	items := itemsOf(60)
	failed := g.makeAll(items)
	ending.Wait()
	if len(failed) > 0 || len(g.made) != len(items) || len(g.lost) > 0 {
		t.Errorf("%v failed, %d made, lost %q", failed, len(g.made), g.lost)
	}
	g.check(items, failed)
}
