package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"reta/server/run"
)

// node is a process of a cluster, on a machine of its own, started again whenever it is ended.
type node struct {
	*machine
	role, name string
	program    string
	words, env []string
	disk       string // of a coordinator: a small one, "" where none may be made
	said       *speech
	before     int // bytes that were said when it started
	cmd        *exec.Cmd
	ended      chan error
}

const (
	coordinator = "coordinator"
	worker      = "worker"
	broker      = "broker"
)

func (n *node) start(t *testing.T) {
	t.Helper()
	cmd, ended := n.command(append([]string{n.program}, n.words...)...), make(chan error, 1)
	cmd.Env = append(append(os.Environ(), "RETA_TEST_SERVER=1"), n.env...)
	cmd.Stdout, cmd.Stderr, n.before = n.said, n.said, len(n.said.String())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n.cmd, n.ended = cmd, ended
	go func() { ended <- cmd.Wait() }()
}

// end ends the process by a signal and returns what became of it.
func (n *node) end(t *testing.T, s os.Signal) error {
	t.Helper()
	_ = n.cmd.Process.Signal(s)
	select {
	case err := <-n.ended:
		return err
	case <-time.After(time.Minute):
		t.Fatalf("%s does not end at %v:\n%s", n.name, s, tailOf(n.said.String()))
		return nil
	}
}

// unbegun reports a process that ended for want of room before it began, which it says: a full disk stops a start, and no more than that.
func (n *node) unbegun() bool {
	text := n.said.String()[n.before:]
	return n.cmd.ProcessState.ExitCode() == 5 && strings.Contains(text, "free some space") && !strings.Contains(text, "begins")
}

// harms are what happens to a node: it is killed; it is asked to end, and comes again; a process that computes for it is killed; it is
// stopped or cut off, for longer than its lease at times; its disk is full for a while.
var harms = []string{"killed", "left", "computing killed", "stopped", "cut off", "disk full"}

// harm does a node some harm, and says which, "" where it cannot be done to it. over is that of a coordinator that had come to its end before.
func (n *node) harm(t *testing.T, what string) (done string, over bool) {
	t.Helper()
	pid := n.cmd.Process.Pid
	list := append([]int{pid}, childrenOf(pid)...)
	while := time.Duration(200+rand.IntN(3000)) * time.Millisecond
	switch {
	case what == "killed" && (n.role != coordinator || strings.Contains(n.said.String(), "begins")):
		if err := n.end(t, syscall.SIGKILL); n.role == coordinator && err == nil {
			return "", true
		}
		n.start(t)
	case what == "left" && n.role == worker:
		if err := n.end(t, os.Interrupt); err != nil && err.Error() != "signal: interrupt" { // before it listens to signals
			t.Errorf("%s, interrupted: %v\n%s", n.name, err, tailOf(n.said.String()))
		}
		n.start(t)
	case what == "computing killed" && len(list) > 1:
		_ = syscall.Kill(list[len(list)-1], syscall.SIGKILL)
	case what == "stopped":
		for _, pid := range list {
			_ = syscall.Kill(pid, syscall.SIGSTOP)
		}
		time.Sleep(while)
		for _, pid := range list {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	case what == "cut off" && n.link != "":
		n.cut(t, while)
	case what == "disk full" && n.disk != "":
		hog := filepath.Join(n.disk, "hog")
		_ = os.WriteFile(hog, make([]byte, smallDisk), 0o644) // as much as there is room for
		time.Sleep(while)
		_ = os.Remove(hog)
	default:
		return "", false
	}
	return n.role + " " + what, false
}

const smallDisk = 64 << 20

// mounted is a small disk, "" where none may be made.
func mounted(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprint("size=", smallDisk)) != nil {
		return ""
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// disturbed is a cluster to which harm is done, and what one process makes of the same run.
type disturbed struct {
	*network
	dir, line, whole    string
	cert, key, password string // files
	host                *node
	nodes               []*node
	first               []*node // that are killed and started again before all other harm, one after the other
}

func newDisturbed(t *testing.T) *disturbed {
	t.Helper()
	c := &disturbed{dir: t.TempDir(), network: newNetwork(t), line: "--headless --until relabel --protocol quick --student resnet8 " + clusterRun}
	c.line += " --cache " + c.dir + "/cache"
	c.whole = c.dir + "/whole"
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields(c.line+" --quiet --run-dir "+c.whole)...); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	c.cert, c.key = certificate(t, c.dir)
	c.password = filepath.Join(c.dir, "password")
	writeFile(t, c.password, []byte("a password of workers\n"))
	c.host = c.add(t, coordinator, coordinator)
	c.host.disk = mounted(t, c.dir+"/disk")
	t.Cleanup(func() {
		for _, n := range c.nodes {
			if n.cmd != nil {
				_ = n.cmd.Process.Kill()
			}
		}
	})
	return c
}

// add adds a node, which is not started.
func (c *disturbed) add(t *testing.T, role, name string) *node {
	t.Helper()
	n := &node{machine: c.join(t), role: role, name: name, program: os.Args[0], said: new(speech)}
	c.nodes = append(c.nodes, n)
	return n
}

// work starts workers of a broker.
func (c *disturbed) work(t *testing.T, url string, names ...string) (list []*node) {
	t.Helper()
	for _, name := range names {
		n := c.add(t, worker, name)
		n.words = strings.Fields(fmt.Sprintf("worker %s --ca %s --password %s --name %s --cache %s/%s", url, c.cert, c.password, name, c.dir, name))
		list = append(list, n)
	}
	return list
}

// make makes the run again and again, by a coordinator with some flags, until there were enough rounds of harm.
func (c *disturbed) make(t *testing.T, flags string, rounds int) {
	t.Helper()
	for _, n := range c.nodes {
		if n.role != coordinator {
			n.start(t)
		}
	}
	count, runs := map[string]int{}, 0
	for done := 0; done < rounds && !t.Failed(); runs++ {
		path := fmt.Sprintf("%s/disk/run-%d", c.dir, runs)
		c.host.said = new(speech)
		c.host.words = strings.Fields(c.line + " " + flags + " --cluster-lease 1s --run-dir " + path)
		c.host.start(t)
		begun := time.Now()
		for over := false; !over; {
			select {
			case err := <-c.host.ended:
				if err != nil && c.host.unbegun() {
					count["coordinator not started on a full disk"]++
					c.host.start(t)
					break
				}
				if over = true; err != nil {
					t.Errorf("the coordinator: %v", err)
				}
			case <-time.After(time.Duration(200+rand.IntN(1500)) * time.Millisecond):
				if done >= rounds {
					break
				}
				n, what := c.nodes[rand.IntN(len(c.nodes))], harms[rand.IntN(len(harms))]
				if len(c.first) > 0 {
					n, what = c.first[0], harms[0]
					c.first = c.first[1:]
				}
				if what, over = n.harm(t, what); what != "" {
					done++
					count[what]++
				}
			}
			if !over && time.Since(begun) > 10*time.Minute {
				t.Error("the run does not come to its end")
				over = true
			}
		}
		if !t.Failed() {
			sameFiles(t, path, c.whole, "export", "labels", "config.toml", "images.bin")
			if got, want := replayed(t, path), replayed(t, c.whole); !maps.Equal(got, want) {
				t.Errorf("the log ends with %v, one process's with %v", got, want)
			}
			if _, err := os.Stat(path + "/parts"); err == nil {
				t.Error("parts are left")
			}
		}
		t.Logf("run %d: %v; %d rounds", runs+1, time.Since(begun).Round(time.Second), done)
		_ = os.RemoveAll(path)
	}
	for _, n := range c.nodes {
		if t.Failed() {
			t.Logf("%s says\n%s", n.name, tailOf(n.said.String()))
		}
	}
	t.Logf("%d runs: %v", runs, count)
}
