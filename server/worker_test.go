package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"reta/server/run"
)

// hand is a worker's process, started again whenever it is killed.
type hand struct {
	words []string
	mu    sync.Mutex
	cmd   *exec.Cmd
	said  *speech
}

func (h *hand) start(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cmd = exec.Command(os.Args[0], h.words...)
	h.cmd.Env = append(os.Environ(), "RETA_TEST_SERVER=1")
	h.cmd.Stdout, h.cmd.Stderr = h.said, h.said
	if err := h.cmd.Start(); err != nil {
		t.Error(err)
	}
}

// all are the worker and the processes that compute for it.
func (h *hand) all() []int {
	pid := h.cmd.Process.Pid
	return append([]int{pid}, childrenOf(pid)...)
}

// harm kills the worker or what computes for it, or stops it for longer than its lease.
func (h *hand) harm(t *testing.T) {
	list := h.all()
	what := rand.IntN(3)
	if what == 1 && len(list) == 1 { // nothing computes now
		what = 0
	}
	switch what {
	case 0:
		_ = h.cmd.Process.Kill()
		_ = h.cmd.Wait()
		h.start(t)
	case 1:
		_ = syscall.Kill(list[len(list)-1], syscall.SIGKILL)
	default:
		for _, pid := range list {
			_ = syscall.Kill(pid, syscall.SIGSTOP)
		}
		time.Sleep(2500 * time.Millisecond)
		for _, pid := range list {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
}

// Workers that are killed and stopped at random come to the bundle that one process makes, and the coordinator that is killed with
// its broker goes on where it was. RETA_ROUNDS is how many rounds of harm there are, 2 by default.
func TestWorkersComeToTheWholeRun(t *testing.T) {
	rounds := 2
	if n, err := strconv.Atoi(os.Getenv("RETA_ROUNDS")); err == nil {
		rounds = n
	}
	dir, address := t.TempDir(), freeAddress(t)
	line := "--headless --until relabel --protocol quick --student resnet8 " + clusterRun + " --cache " + dir + "/cache"
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields(line+" --quiet --run-dir "+dir+"/whole")...); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var hands []*hand
	for _, name := range []string{"a", "b"} {
		h := &hand{words: strings.Fields("worker nats://" + address + " --name " + name + " --cache " + dir + "/cache"), said: new(speech)}
		h.start(t)
		hands = append(hands, h)
		defer func() { _ = h.cmd.Process.Kill(); _ = h.cmd.Wait() }()
	}
	for done := 0; ; {
		path := fmt.Sprintf("%s/run-%d", dir, done)
		words := strings.Fields(line + " --cluster-listen " + address + " --cluster-lease 1s --run-dir " + path)
		host, said := apart(t, words...)
		ended := make(chan error, 1)
		go func() { ended <- host.Wait() }()
		killed := false
		for over := false; !over; {
			select {
			case err := <-ended:
				if err != nil && !killed {
					t.Fatalf("%v\n%s\n%s\n%s", err, said, hands[0].said, hands[1].said)
				}
				if over = err == nil; !over { // the coordinator was killed
					host, _ = apartInto(t, said, words...)
					killed = false
					go func() { ended <- host.Wait() }()
				}
			case <-time.After(time.Duration(200+rand.IntN(1500)) * time.Millisecond):
				if done >= rounds {
					continue
				}
				if done++; done%4 == 2 && strings.Contains(said.String(), "begins") {
					killed = true
					_ = host.Process.Kill()
				} else {
					hands[rand.IntN(len(hands))].harm(t)
				}
			}
		}
		sameFiles(t, path, dir+"/whole", "export", "labels", "config.toml", "images.bin")
		replayed(t, path)
		if t.Failed() || done >= rounds {
			t.Logf("%d rounds of harm", done)
			break
		}
		_ = os.RemoveAll(path)
	}
	if left, _ := filepath.Glob(dir + "/cache/cluster/worker-*/items/*"); t.Failed() {
		t.Logf("left %v\n%s\n%s", left, hands[0].said, hands[1].said)
	}
}

// apartInto is apart, of a process that says more where another has said something.
func apartInto(t *testing.T, said *speech, words ...string) (*exec.Cmd, *speech) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], words...)
	cmd.Env = append(os.Environ(), "RETA_TEST_SERVER=1")
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, said
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
