package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"reta/server/run"
)

// roundsOf is how many rounds of harm there are: RETA_ROUNDS, or a few.
func roundsOf(few int) int {
	if n, err := strconv.Atoi(os.Getenv("RETA_ROUNDS")); err == nil {
		return n
	}
	return few
}

// Three workers and a coordinator with its own broker, each with an address of its own where that may be, are killed, stopped, cut off and left
// without room at random, and come to the bundle that one process makes: nothing is lost or there twice. From 20 rounds on the clocks
// of two workers are an hour off, in either direction.
func TestWorkersComeToTheWholeRun(t *testing.T) {
	c, rounds := newDisturbed(t), roundsOf(2)
	_, port, _ := strings.Cut(freeAddress(t), ":")
	listen := c.host.address + ":" + port
	workers := c.work(t, "tls://"+listen, "a", "b", "c")
	if rounds >= 20 {
		off := withClock(t, c.dir)
		for i, seconds := range []string{"3600", "-3600"} {
			workers[i].program, workers[i].env = off, []string{clockVariable + "=" + seconds}
		}
	}
	c.make(t, fmt.Sprintf("--cluster-listen %s --cluster-cert %s --cluster-key %s --cluster-password %s", listen, c.cert, c.key, c.password), rounds)
}

// brokerVariable names the configuration of a nats-server that a process of this test is.
const brokerVariable = "RETA_TEST_BROKER"

func serveBroker(config string) error {
	o, err := server.ProcessConfigFile(config)
	if err != nil {
		return err
	}
	s, err := server.NewServer(o)
	if err != nil {
		return err
	}
	s.Start()
	s.WaitForShutdown()
	return nil
}

// A cluster of three nats-servers, as a user would run it, does what the own broker does while its nodes are killed one after the other, and all
// come to harm at random then.
func TestRunByAnOutsideCluster(t *testing.T) {
	c := newDisturbed(t)
	var clients, routes []string
	var brokers []*node
	for i := range 3 {
		n := c.add(t, broker, fmt.Sprint("broker", i))
		for _, list := range []*[]string{&clients, &routes} {
			_, port, _ := strings.Cut(freeAddress(t), ":")
			*list = append(*list, n.address+":"+port)
		}
		brokers = append(brokers, n)
	}
	for i, n := range brokers {
		config := filepath.Join(c.dir, n.name+".conf")
		writeFile(t, config, fmt.Appendf(nil, `
server_name: %s
listen: %q
jetstream: {store_dir: %q}
tls: {cert_file: %q, key_file: %q}
cluster: {name: lab, listen: %q, routes: [nats://%s]}
authorization: {users: [{user: coordinator, password: "a password of workers"}, {user: worker, password: "a password of workers"}]}
`, n.name, clients[i], filepath.Join(c.dir, n.name), c.cert, c.key, routes[i], strings.Join(routes, ", nats://")))
		n.env = []string{brokerVariable + "=" + config}
	}
	c.first = slices.Clone(brokers)
	url := "tls://" + strings.Join(clients, ",tls://")
	c.work(t, url, "a", "b")
	c.make(t, fmt.Sprintf("--cluster %s --cluster-ca %s --cluster-password %s", url, c.cert, c.password), roundsOf(3))
}

func TestClusterFlags(t *testing.T) {
	dir := t.TempDir()
	short := filepath.Join(dir, "short")
	writeFile(t, short, []byte("x\n"))
	for want, line := range map[string]string{
		"--cluster-cert is about --cluster":               "recover --cluster-cert x",
		"--cluster-listen is about a broker of one's own": "recover --cluster nats://x:1 --cluster-listen 127.0.0.1:1",
		"--shard is for one device, --cluster has work":   "recover --cluster own --shard 0/2",
		"--device lists several, --cluster has":           "recover --cluster own --device 0,0",
		"want 500ms to 1h":                                "recover --cluster own --cluster-lease 1ms",
		"want one of":                                     "recover --cluster own --no-log",
		"0 words given: want the URL":                     "worker",
	} {
		_, _, err := shell(t.Context(), t, run.NewGate(), strings.Fields(line)...)
		if err == nil || !strings.Contains(err.Error(), want) || exitCode(err) != 2 {
			t.Errorf("%s: %v", line, err)
		}
	}
	for want, line := range map[string]string{
		`URL "example.org": want nats://HOST:PORT`:  "worker example.org --cache " + dir,
		"1 characters: want a password of 8 to 256": "worker nats://127.0.0.1:1 --cache " + dir + " --password " + short,
		"want the coordinator's file":               "worker nats://127.0.0.1:1 --cache " + dir + " --password " + dir + "/none",
	} {
		if said, code := process(t, nil, strings.Fields(line)...); code != 2 || !strings.Contains(said, want) {
			t.Errorf("%s: exit code %d: %s", line, code, said)
		}
	}
}
