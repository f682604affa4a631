package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"reta/server/run"
	"reta/shared/event"
)

// writeRecording writes a small run's recording and gives its bytes.
func writeRecording(t *testing.T, path string) []byte {
	t.Helper()
	log, err := event.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	image := func(step int) event.Images {
		return event.Images{Step: step, Count: 1, Width: 1, Height: 1, Pixels: []byte{byte(step), 0, 0}}
	}
	for _, e := range []event.Event{
		event.Hello{Run: "runs/small", Classes: []string{"a"}, IPC: 1, Width: 1, Height: 1, Steps: 9, Stages: 1, Capabilities: []string{event.CapControl}},
		image(0), event.Metrics{Points: []event.Point{{Step: 0}, {Step: 1}}}, image(4), event.Metrics{Points: []event.Point{{Step: 5}}}, image(9),
		event.StageEnd{Step: 9}, event.Result{Path: "x"}, event.Status{State: event.Done, Step: 9},
	} {
		if err := log.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// replay carries out server replay.
func replay(t *testing.T, path string) (url string, told *strings.Builder, stop func()) {
	t.Helper()
	return serving(t, "replay", path)
}

// serving carries out a command that serves the viewer's page until it is stopped, and gives its address and what it tells
// people.
func serving(t *testing.T, args ...string) (url string, told *strings.Builder, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	root := command(run.NewGate())
	out, in := io.Pipe()
	told = &strings.Builder{}
	root.SetArgs(append(args, "--listen", "127.0.0.1:0"))
	root.SetOut(in)
	root.SetErr(told)
	ended := make(chan error, 1)
	go func() {
		err := root.ExecuteContext(ctx)
		in.CloseWithError(io.EOF)
		ended <- err
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("no address: %v; %v", err, <-ended)
	}
	return strings.TrimSpace(line), told, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s ended with %v", args[0], err)
		}
	}
}

func TestReplayShowsARunAndGivesItsRecording(t *testing.T) {
	dir := t.TempDir()
	whole := writeRecording(t, filepath.Join(dir, "events.reta"))
	url, _, stop := replay(t, dir)
	defer stop()

	r, _ := http.NewRequest(http.MethodGet, url+"recording", nil)
	r.Header.Set("Range", "bytes=8-107")
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	part, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != http.StatusPartialContent || string(part) != string(whole[8:108]) {
		t.Errorf("a range of the recording: %d, %d bytes, %v", res.StatusCode, len(part), err)
	}
	if want := fmt.Sprintf("bytes 8-107/%d", len(whole)); res.Header.Get("Content-Range") != want {
		t.Errorf("the range is %q, want %q", res.Header.Get("Content-Range"), want)
	}

	dialer := websocket.Dialer{Subprotocols: []string{event.Protocol}}
	conn, _, err := dialer.Dial("ws"+strings.TrimPrefix(url, "http")+"ws", http.Header{"Origin": {strings.TrimSuffix(url, "/")}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var all event.Subscribe
	for _, topic := range event.Topics() {
		all.Topics = append(all.Topics, event.Subscription{Topic: topic, Class: event.AllClasses})
	}
	for _, e := range []event.Event{all, event.Credit{N: 9}, event.Control{ID: 1, Op: event.Pause}} {
		data, err := event.Encode(event.Message{Event: e})
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.WriteMessage(websocket.BinaryMessage, data); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for len(seen) < 6 {
		_, data, err := conn.ReadMessage()
		if err != nil {
			t.Fatalf("only %v came: %v", seen, err)
		}
		m, err := event.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		switch e := m.Event.(type) {
		case event.Hello:
			seen["hello"] = len(e.Capabilities) == 1 && e.Capabilities[0] == event.CapReplay && !e.Control && e.Run == "runs/small"
		case event.Images:
			seen["last picture"] = e.Step == 9
		case event.Metrics:
			seen["losses"] = len(e.Points) == 3
		case event.Status:
			seen["status"] = e.State == event.Done
		case event.Result:
			seen["result"] = true
		case event.Ack:
			seen["refusal"] = !e.OK && strings.Contains(e.Error, "a replay has no run to control")
		}
	}
	for what, right := range seen {
		if !right {
			t.Errorf("the %s is not as recorded", what)
		}
	}
}

// A run that was killed replays as far as it came, with a warning.
func TestReplayOfATornRecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "torn.reta")
	whole := writeRecording(t, path)
	c, err := event.OpenRecording(strings.NewReader(string(whole)), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, c.Index().Entries()[5].Offset+11); err != nil { // in the last picture
		t.Fatal(err)
	}
	url, told, stop := replay(t, path)
	res, err := http.Get(url + "state")
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Status struct {
			State string
			Step  int
		}
	}
	err = json.NewDecoder(res.Body).Decode(&state)
	res.Body.Close()
	if err != nil || state.Status.State != "paused" || state.Status.Step != 5 {
		t.Errorf("state %+v, %v: want paused at step 5", state, err)
	}
	stop()
	if !strings.Contains(told.String(), "warning: "+path+": the last 11 bytes cannot be read") {
		t.Errorf("does not say what is lost: %s", told)
	}
}

func TestReplayAndVerifyRefuseInWords(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		writeFile(t, filepath.Join(dir, name), []byte(text))
		return filepath.Join(dir, name)
	}
	noHello := filepath.Join(dir, "nohello")
	log, err := event.OpenLog(noHello)
	if err != nil {
		t.Fatal(err)
	}
	log.Close()
	for _, c := range []struct {
		words []string
		code  int
		want  string
	}{
		{[]string{"replay"}, 2, "want one recording"},
		{[]string{"verify", "a", "b"}, 2, "2 names given"},
		{[]string{"replay", filepath.Join(dir, "nowhere")}, 3, "want a recording or the folder of a run"},
		{[]string{"replay", write("empty", "")}, 3, "it is empty"},
		{[]string{"replay", write("text", "dear diary, this is no log")}, 3, "no event log"},
		{[]string{"replay", write("newer", "RETALOG\x03...")}, 3, "recording of version 3, this build reads up to 1: update reta"},
		{[]string{"verify", filepath.Join(dir, "newer")}, 3, "update reta"},
		{[]string{"replay", noHello}, 3, "it holds no run"},
		{[]string{"replay", dir}, 3, "events.reta"},
	} {
		_, _, err := shell(t.Context(), t, run.NewGate(), c.words...)
		if err == nil || exitCode(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v (exit code %d): want %d and %q", c.words, err, exitCode(err), c.code, c.want)
		}
	}
}

func TestVerifyCountsAndFindsDamage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.reta")
	whole := writeRecording(t, path)
	stdout, _, err := shell(t.Context(), t, run.NewGate(), "verify", dir)
	if err != nil || !strings.Contains(stdout, "steps 0 to 9, pictures at 3 of them") || strings.Contains(stdout, "no index") {
		t.Errorf("a good recording: %v\n%s", err, stdout)
	}
	for _, row := range []string{"images 3", "metrics 2", "hello 1", "all 9"} {
		kind, n, _ := strings.Cut(row, " ")
		found := false
		for line := range strings.Lines(stdout) {
			f := strings.Fields(line)
			found = found || len(f) == 3 && f[0] == kind && f[1] == n
		}
		if !found {
			t.Errorf("the table lacks %s:\n%s", row, stdout)
		}
	}
	c, err := event.OpenRecording(strings.NewReader(string(whole)), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	entries := c.Index().Entries()
	bad := append([]byte{}, whole...)
	bad[entries[3].Offset+12] ^= 4
	cut := whole[:entries[7].Offset] // behind a record, without an index
	writeFile(t, path, cut)
	if _, _, err := shell(t.Context(), t, run.NewGate(), "verify", path); err != nil {
		t.Errorf("a log of a run that may go on, cut behind a record: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "export"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "export", "metadata.csv"), nil)
	if _, _, err := shell(t.Context(), t, run.NewGate(), "verify", dir); exitCode(err) != 3 || !strings.Contains(err.Error(), "its log was not closed: records at the end may be lost") {
		t.Errorf("the log of a run that has its images, cut behind a record: %v", err)
	}
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"flipped bit": {bad, "1 of 9 records damaged"},
		"torn":        {whole[:entries[7].Offset+9], "the last 9 bytes cannot be read"},
	} {
		writeFile(t, path, test.data)
		stdout, _, err := shell(t.Context(), t, run.NewGate(), "verify", path, "--json")
		var v verified
		if exitCode(err) != 3 || !strings.Contains(err.Error(), test.want) || json.Unmarshal([]byte(stdout), &v) != nil || v.Damaged == 0 && v.Cut != 9 {
			t.Errorf("%s: %v, %s", name, err, stdout)
		}
	}
}
