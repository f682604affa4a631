package web

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"reta/shared/event"
)

// The grammar of Prometheus' text format 0.0.4, a line at a time.
var (
	helpLine   = regexp.MustCompile(`^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\]|\\\\|\\n)*$`)
	typeLine   = regexp.MustCompile(`^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$`)
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)( -?[0-9]+)?$`)
	labelPair  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"`)
	unescapes  = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\"`, `"`)
)

// parseExposition reads a page as a scraper does: every value by its series, NAME{label="value",...}. It refuses what the
// format does: samples before their TYPE, families in two places, a series twice, values that are no numbers, and, of the
// conventions, counters that do not end with _total.
func parseExposition(text string) (map[string]float64, error) {
	values, done := map[string]float64{}, map[string]bool{}
	family, kind, helped := "", "", ""
	if !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("the last line has no end")
	}
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		wrong := func(why string) error { return fmt.Errorf("line %d, %q: %s", n+1, line, why) }
		if m := helpLine.FindStringSubmatch(line); m != nil {
			helped = m[1]
			continue
		}
		if m := typeLine.FindStringSubmatch(line); m != nil {
			if m[1] != helped || done[m[1]] {
				return nil, wrong("its HELP is not before it, or it has a TYPE already")
			}
			if (m[2] == "counter") != strings.HasSuffix(m[1], "_total") {
				return nil, wrong("counters, and they alone, end with _total")
			}
			family, kind = m[1], m[2]
			done[family] = true
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			return nil, wrong("not a line of the format")
		}
		if m[1] != family {
			return nil, wrong("a sample outside of its family")
		}
		value, err := strconv.ParseFloat(m[3], 64)
		if err != nil || kind == "counter" && !(value >= 0) {
			return nil, wrong("not a value")
		}
		series, err := parseLabels(m[2])
		if err != nil {
			return nil, wrong(err.Error())
		}
		if _, twice := values[m[1]+series]; twice {
			return nil, wrong("the series is there twice")
		}
		values[m[1]+series] = value
	}
	return values, nil
}

func parseLabels(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	rest, seen, out := strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}"), map[string]bool{}, "{"
	for rest != "" {
		m := labelPair.FindStringSubmatch(rest)
		if m == nil || seen[m[1]] {
			return "", fmt.Errorf("labels %q", rest)
		}
		seen[m[1]] = true
		out += m[1] + "=" + unescapes.Replace(m[2]) + ","
		if rest = rest[len(m[0]):]; rest != "" && !strings.HasPrefix(rest, ",") {
			return "", fmt.Errorf("no comma before %q", rest)
		}
		rest = strings.TrimPrefix(rest, ",")
	}
	return strings.TrimSuffix(out, ",") + "}", nil
}

// What the parser of these tests refuses: it can fail.
func TestTheGrammarOfMetricsCanFail(t *testing.T) {
	const head = "# HELP a_total x\n# TYPE a_total counter\n"
	for _, text := range []string{
		"a 1\n", head + "b 1\n", head + "a_total one\n", head + "a_total 1\na_total 2\n", head + "a_total -1\n", head + "a_total 1",
		head + `a_total{x="1" y="2"} 1` + "\n", head + `a_total{x="1",x="2"} 1` + "\n", head + `a_total{x=1} 1` + "\n", head + `a_total{x="} 1` + "\n",
		head + `a_total{x="\q"} 1` + "\n", head + "a_total 1\n" + head + "a_total 1\n", "# HELP a x\n# TYPE a counter\na 1\n", "# TYPE a gauge\na 1\n",
		"# HELP a_total x\n# TYPE a_total gauge\na_total 1\n", "# HELP 1a x\n# TYPE 1a gauge\n1a 1\n", head + "a_total{x=\"1\"}1\n", "\n",
	} {
		if values, err := parseExposition(text); err == nil {
			t.Errorf("%q is read as %v", text, values)
		}
	}
}

func TestExpositionEscapes(t *testing.T) {
	e := &exposition{}
	name := "a\\b\"c\"\nd{e=\"f\"} 7\n\xffz"
	e.gauge("reta_x", "help \\ of\ntwo lines", of(math.NaN(), "run", name), of(math.Inf(-1), "run", "", "b", "c"), of(uint64(1<<63)))
	e.counter("reta_none_total", "nothing")
	values, err := parseExposition(e.String())
	if err != nil {
		t.Fatal(err)
	}
	valid := "{run=" + strings.ReplaceAll(name, "\xff", "\uFFFD") + "}"
	if x, ok := values["reta_x"+valid]; !ok || !math.IsNaN(x) || len(values) != 3 || values["reta_x"] != 1<<63 || !math.IsInf(values["reta_x{run=,b=c}"], -1) {
		t.Errorf("read as %v", values)
	}
}

// scrape reads /metrics of a server.
func scrape(t *testing.T, s *Server) map[string]float64 {
	t.Helper()
	res, text := get(t, "http://"+s.testAddr()+"/metrics", "Authorization", "Bearer "+s.Token(false))
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("%s, %s: %s", res.Status, res.Header.Get("Content-Type"), text)
	}
	values, err := parseExposition(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return values
}

// The page of metrics says what was published and asked, under the view token; names and units are what dashboards rely on.
func TestMetrics(t *testing.T) {
	s, _ := start(t, Options{Token: true, Build: "1.2"})
	if res, _ := get(t, "http://"+s.testAddr()+"/metrics"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %s", res.Status)
	}
	before := scrape(t, s)
	for series, want := range map[string]float64{"reta_steps_total": 0, "reta_run_state{state=recovering}": 0, "reta_viewers{scope=view}": 0,
		"reta_http_refused_total{code=401}": 1, "reta_http_requests_total{route=/metrics}": 2, "reta_build_info{version=1.2}": 1} {
		if got, ok := before[series]; !ok || got != want {
			t.Errorf("before the run %s is %v, %v: want %v", series, got, ok, want)
		}
	}
	h := s.Hub()
	h.Publish(event.Hello{Run: `runs/a "b"`, Recipe: "reta", Dataset: "demo", Classes: []string{"x", "y", "z"}, IPC: 10, Steps: 200, Device: "llvmpipe", Driver: "d", DeviceMemory: 1 << 34})
	h.Publish(event.Status{State: event.Recovering, Phase: "recover", Done: 7, Total: 200, Step: 7, Stage: 2, StepsPerSecond: 2.5, ETASeconds: 80, MemoryBytes: 12345})
	h.Publish(event.Metrics{Points: []event.Point{{Step: 6, CE: 2}, {Step: 7, LR: 0.25, CE: 1.5, BN: float32(math.NaN()), Topo: 3, Total: 4}}})
	h.Publish(event.Log{Text: "info"})
	h.Publish(event.Log{Text: "careful", Level: event.Warning})
	h.Publish(event.Log{Text: "careful", Level: event.Warning})
	conn, _, err := dial(s, http.Header{"Authorization": {"Bearer " + s.Token(true)}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	eventually(t, "the viewer is in", func() bool { return h.Summary().Viewers == 1 })
	after := scrape(t, s)
	for series, want := range map[string]float64{
		`reta_run_info{run=runs/a "b",recipe=reta,dataset=demo,device=llvmpipe,driver=d}`: 1,
		"reta_run_state{state=recovering}":                                                1, "reta_run_state{state=failed}": 0,
		"reta_phase_done{phase=recover}": 7, "reta_phase_planned{phase=recover}": 200, "reta_steps_total": 2, "reta_step": 7,
		"reta_steps_planned": 200, "reta_stage": 2, "reta_steps_per_second": 2.5, "reta_remaining_seconds": 80, "reta_images": 30,
		"reta_loss{term=cross_entropy}": 1.5, "reta_loss{term=total}": 4, "reta_learning_rate": 0.25,
		"reta_device_memory_used_bytes": 12345, "reta_device_memory_bytes": 1 << 34,
		"reta_log_messages_total{level=info}": 1, "reta_log_messages_total{level=warning}": 2, "reta_log_messages_total{level=error}": 0,
		"reta_viewers{scope=control}": 1, "reta_viewers_max": MaxClients, "reta_control_queue_requests": 0, "reta_connections_max": maxConnections,
		"reta_http_requests_total{route=/ws}": 1,
	} {
		if got, ok := after[series]; !ok || got != want {
			t.Errorf("%s is %v, %v: want %v", series, got, ok, want)
		}
	}
	if x, ok := after["reta_loss{term=batch_norm}"]; !ok || !math.IsNaN(x) {
		t.Errorf("a loss that is none is %v", x)
	}
	now := float64(time.Now().Unix())
	for series, least := range map[string]float64{"process_resident_memory_bytes": 1 << 20, "process_virtual_memory_bytes": 1 << 20, "process_open_fds": 3,
		"process_max_fds": 3, "process_cpu_seconds_total": 0.01, "process_start_time_seconds": now - 3600, "go_goroutines": 2, "go_memstats_alloc_bytes": 1 << 10,
		"reta_last_event_timestamp_seconds": now - 60, "reta_connections": 1, "reta_published_bytes": 0} {
		if got, ok := after[series]; !ok || got < least || strings.HasSuffix(series, "time_seconds") && got > now+1 {
			t.Errorf("%s is %v, %v: want at least %v", series, got, ok, least)
		}
	}
}

// What a process takes that this one started, as the engine, is a metric of its own.
func TestMemoryOfTheEngine(t *testing.T) {
	s, _ := start(t, Options{})
	if m := scrape(t, s); m["reta_engine_resident_memory_bytes"] != m["process_resident_memory_bytes"] {
		t.Errorf("alone: %v and %v", m["reta_engine_resident_memory_bytes"], m["process_resident_memory_bytes"])
	}
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Skip(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	eventually(t, "the child is measured", func() bool {
		m := scrape(t, s)
		engine := m["reta_engine_resident_memory_bytes"]
		return engine >= 4096 && engine < m["process_resident_memory_bytes"]/2
	})
}

// Counters never fall: not when a viewer leaves, nor within a run.
func TestCountersOnlyGrow(t *testing.T) {
	s, _ := start(t, Options{})
	last := scrape(t, s)
	for i := range 5 {
		s.Hub().Publish(event.Metrics{Points: []event.Point{{Step: i + 1}}})
		s.Hub().Publish(event.Log{Text: "x", Level: event.Error})
		g, _ := visit(t, s)
		g.conn.Close()
		knock(t, s, "/state", "Host: "+s.testAddr(), "Origin: http://evil.example")
		now := scrape(t, s)
		for series, value := range last {
			if name, _, _ := strings.Cut(series, "{"); strings.HasSuffix(name, "_total") && now[series] < value {
				t.Errorf("%s fell from %v to %v", series, value, now[series])
			}
		}
		if now["reta_http_refused_total{code=403}"] != float64(i+1) || now["reta_log_messages_total{level=error}"] != float64(i+1) {
			t.Errorf("after %d refusals and errors: %v and %v", i+1, now["reta_http_refused_total{code=403}"], now["reta_log_messages_total{level=error}"])
		}
		last = now
	}
}

// /healthz tells a stranger one word, which is true.
func TestHealth(t *testing.T) {
	s, _ := start(t, Options{Token: true})
	ask := func(status int, want string) {
		t.Helper()
		res, text := get(t, "http://"+s.testAddr()+"/healthz")
		if res.StatusCode != status || text != want+"\n" {
			t.Errorf("%s %q, want %d %q", res.Status, text, status, want)
		}
	}
	ask(200, "ok")
	h := s.Hub()
	h.Publish(event.Hello{Run: "secret"})
	for _, state := range event.States() {
		h.Publish(event.Status{State: state, Text: "secret", Phase: "recover", Done: 1, Total: 2})
		switch state {
		case event.Failed:
			ask(503, "failed")
		case event.Paused:
			ask(200, "paused")
		default:
			ask(200, "ok")
		}
	}
	at := time.Now()
	for _, c := range []struct {
		status event.Status
		after  time.Duration
		want   string
	}{
		{event.Status{State: event.Recovering}, silence - time.Minute, "ok"},
		{event.Status{State: event.Recovering}, silence + time.Minute, "stalled"},
		{event.Status{State: event.Loading}, silence + time.Minute, "stalled"},
		{event.Status{State: event.Recovering, StepsPerSecond: 0.01}, silence + time.Minute, "ok"}, // a step takes 100 s, twenty of them half an hour
		{event.Status{State: event.Recovering, StepsPerSecond: 0.01}, 35 * time.Minute, "stalled"},
		{event.Status{State: event.Paused}, 100 * time.Hour, "paused"},
		{event.Status{State: event.Done}, 100 * time.Hour, "ok"},
		{event.Status{State: event.Failed}, 100 * time.Hour, "failed"},
	} {
		h.Publish(c.status)
		if got := h.health(at.Add(c.after)); got != c.want {
			t.Errorf("%+v, %v later: %s, want %s", c.status, c.after, got, c.want)
		}
	}
	h.Publish(event.Hello{Run: "old", Capabilities: []string{event.CapReplay}})
	h.Publish(event.Status{State: event.Failed})
	ask(200, "ok") // the recording is of a run that failed; who shows it did not
}

// docs/operations.md names every metric of ours, and none that is not there.
func TestEveryMetricIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := start(t, Options{})
	log, err := os.ReadFile("../../shared/event/testdata/recording.reta")
	if err != nil {
		t.Fatal(err)
	}
	recording, err := event.OpenRecording(bytes.NewReader(log), int64(len(log)))
	if err != nil {
		t.Fatal(err)
	}
	s.Record(recording)
	s.Hub().Publish(event.Hello{Run: "a"})
	s.Hub().Publish(event.Status{State: event.Recovering, Phase: "recover"})
	s.Hub().Publish(event.Metrics{Points: []event.Point{{Step: 1}}})
	s.Hub().Publish(event.Squeeze{Points: []event.TrainPoint{{Step: 1}}})
	knock(t, s, "/state", "Host: "+s.testAddr(), "Origin: http://evil.example")
	there := map[string]bool{}
	for series := range scrape(t, s) {
		name, _, _ := strings.Cut(series, "{")
		there[name] = true
		if strings.HasPrefix(name, "reta_") && !bytes.Contains(text, []byte("`"+name)) {
			t.Errorf("%s is not in docs/operations.md", name)
		}
	}
	for _, name := range regexp.MustCompile(`\b(reta|process|go)_[a-z_]+`).FindAllString(string(text), -1) {
		if !there[name] {
			t.Errorf("docs/operations.md has %s, /metrics has not", name)
		}
	}
	if len(there) < 30 {
		t.Errorf("only %d metrics", len(there))
	}
}
