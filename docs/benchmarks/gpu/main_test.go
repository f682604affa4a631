//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// kit makes a kit of scripts that stand for the programs: server, one for every package's tests, and a Python without PyTorch.
func kit(t *testing.T, server, tests string) options {
	t.Helper()
	o := options{kit: t.TempDir(), repo: "../../..", out: filepath.Join(t.TempDir(), "report"), minutes: 5}
	o.python = filepath.Join(o.kit, "python")
	for name, script := range map[string]string{"server": server, "python": `echo '{"missing": "No module named torch"}'`, "vk.test": tests, "nn.test": tests, "graph.test": tests, "topo.test": tests, "models.test": tests} {
		if err := os.WriteFile(filepath.Join(o.kit, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

const (
	devices = `{"devices":[{"Index":0,"Name":"llvmpipe","Kind":"cpu"},{"Index":1,"Name":"Small","Kind":"discrete","MemoryBytes":8},{"Index":2,"Name":"Large","Kind":"discrete","MemoryBytes":80,"Features":{"Statistics":true}}]}`
	rate    = `{"step":"recover","network":"resnet18","size":32,"batch":100,"steps_per_second":12.5,"gflops":900,"ceiling_gflops":1000,"kernels":[{"kernel":"conv2d_sm","calls":3,"seconds":0.1,"share":0.5,"gflops":500}]}`
	good    = `case "$1 $*" in
doctor*) echo '` + devices + `';;
*--pipelines*) echo '{"kernel":"add","statistics":{"Spilled VGPRs":3}}';;
bench*squeeze*) echo "no room" >&2; exit 4;;
bench*) echo '` + rate + `';;
*) echo '{"event":"status","body":{"Phase":"squeeze","Total":9}}'; echo '{"event":"status","body":{"Phase":"recover","Total":200}}';;
esac`
	passing = `echo "=== RUN   TestA"; echo "    --- PASS: TestA/x (0.00s)"; echo "--- PASS: TestA (0.25s)"; echo "$RETA_DEVICE" >&2`
)

// measured is what the run left in its folder.
func measured(t *testing.T, folder string) (*report, string) {
	t.Helper()
	r := new(report)
	data, err := os.ReadFile(filepath.Join(folder, "gpu.json"))
	if err == nil {
		err = json.Unmarshal(data, r)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "gpu.md"))
	if err != nil {
		t.Fatal(err)
	}
	return r, string(text)
}

func (r *report) part(t *testing.T, name string) *outcome {
	t.Helper()
	for _, o := range r.Parts {
		if o.Part == name {
			return o
		}
	}
	t.Fatalf("no part %q", name)
	return nil
}

// A part that fails is named and the others go on; the device is the GPU with the most memory, and tests get it too.
func TestAFailedPartDoesNotEndTheOthers(t *testing.T) {
	o := kit(t, good, passing)
	err := run(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "squeeze and forward: failed: exit status 4: no room") || strings.Contains(err.Error(), "recover") {
		t.Errorf("error %v", err)
	}
	r, markdown := measured(t, o.out)
	if half := r.part(t, "recover, fp16"); half.Result != "left out" || half.Why != "this device has no cooperative matrices" {
		t.Errorf("%+v", half)
	}
	if r.Device.Name != "Large" || r.part(t, "recover").Result != "ok" || r.part(t, "pipelines").Result != "ok" || r.part(t, "PyTorch, recover").Result != "left out" {
		t.Errorf("%+v", r.Device)
	}
	if tests := r.part(t, "correct: nn").Rows; len(tests) != 1 || tests[0]["test"] != "TestA" || tests[0]["result"] != "pass" || tests[0]["seconds"] != 0.25 {
		t.Errorf("tests %v", tests)
	}
	if log, err := os.ReadFile(filepath.Join(o.out, "gpu.log")); err != nil || !strings.Contains(string(log), "TestA/x") || !strings.Contains(string(log), "\n2\n") {
		t.Errorf("log %q, %v", log, err)
	}
	for _, want := range []string{"# Large", "| recover | resnet18 | 32 | 100 | 12.50 | 0.90 |", "5 passed, 0 failed", "all 200 steps", "add 3 (Spilled VGPRs)",
		"| resnet18 | 32 | 100 | conv2d_sm | 3 | 100.000 | 50.0 % | 500 | 50 % |", "| squeeze and forward | failed |"} {
		if !strings.Contains(markdown, want) {
			t.Errorf("the tables do not say %q:\n%s", want, markdown)
		}
	}
}

// PyTorch's figures stand beside ours: the faster layout of each precision.
func TestRatios(t *testing.T) {
	row := func(mode, layout string, rate float64) row {
		return row{"step": "recover", "network": "resnet18", "size": 32., "batch": 100., "mode": mode, "layout": layout, "steps_per_second": rate}
	}
	ours, half := row("", "", 30), row("", "", 90)
	delete(ours, "mode")
	delete(half, "mode")
	half["precision"] = "fp16"
	r := report{Parts: []*outcome{{Part: "recover", Rows: []map[string]any{ours}}, {Part: "recover, fp16", Rows: []map[string]any{half}},
		{Part: "PyTorch, recover", Rows: []map[string]any{row("eager", "nchw", 10), row("eager", "channels_last", 15), row("amp", "nchw", 60)}}}}
	if got := string(r.markdown()); !strings.Contains(got, "| 30.00 |  |  | 90.00 |  |  | 15.00 | 60.00 |  |  | **2.00** | **1.50** |") {
		t.Error(got)
	}
}

// What was measured before the end, of time or by a signal, is kept.
func TestWhatWasMeasuredIsKept(t *testing.T) {
	slow := strings.Replace(good, rate+"'", rate+"'; sleep 60", 1)
	o := kit(t, slow, passing)
	o.minutes = 0.15
	began := time.Now()
	if err := run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "recover: out of time: ended after") {
		t.Errorf("error %v", err)
	}
	r, _ := measured(t, o.out)
	if took := time.Since(began); len(r.part(t, "recover").Rows) != 1 || r.part(t, "demo").Why != "no time is left" || took > 30*time.Second {
		t.Errorf("%v: %+v, %+v", took, r.part(t, "recover"), r.part(t, "demo"))
	}

	o = kit(t, slow, passing)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- run(ctx, o) }()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) { // written while it runs
		if data, _ := os.ReadFile(filepath.Join(o.out, "gpu.json")); strings.Contains(string(data), "12.5") && strings.Contains(string(data), `"running"`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing is written while a part runs")
		}
	}
	stop()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "recover: interrupted") {
		t.Errorf("error %v", err)
	}
	if r, _ := measured(t, o.out); r.Stopped != "interrupted" || len(r.part(t, "recover").Rows) != 1 || r.part(t, "demo").Why != "interrupted before" {
		t.Errorf("stopped %q", r.Stopped)
	}
}

func TestDevices(t *testing.T) {
	cpus := strings.ReplaceAll(good, "discrete", "cpu")
	for _, c := range []struct {
		server, device, found, want string
		rehearse                    bool
	}{
		{good, "1", "Small", "", false},
		{good, "7", "", "no device \"7\": there are\n  0: llvmpipe (cpu)", false},
		{cpus, "", "", "no GPU: --rehearse measures", false},
		{cpus, "", "Large", "", true},
		{"exit 3", "", "", "no Vulkan device: install the driver", false},
	} {
		o := kit(t, c.server, passing)
		o.device, o.rehearse = c.device, c.rehearse
		err := run(t.Context(), o)
		r, _ := measured(t, o.out)
		if r.Device.Name != c.found || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("device %q: %q, error %v", c.device, r.Device.Name, err)
		}
	}
}

// A folder that cannot be written to costs its name, not the figures.
func TestReportGoesElsewhere(t *testing.T) {
	o := kit(t, good, passing)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	o.out = filepath.Join(file, "report")
	_ = run(t.Context(), o)
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), "gpu-report*", "gpu.json"))
	if len(found) != 1 {
		t.Errorf("reports %v", found)
	}
}

// A machine without a Vulkan loader gets the kit's, for all that follows.
func TestSurroundings(t *testing.T) {
	o := kit(t, `[ -n "$LD_LIBRARY_PATH" ] || { echo "no loader" >&2; exit 4; }
`+strings.Replace(good, "bench*squeeze*", "nothing", 1), passing+`; echo "library path $LD_LIBRARY_PATH"`)
	t.Setenv("LD_LIBRARY_PATH", "") // and as it was after the test
	library := filepath.Join(o.kit, "lib", "libvulkan.so.1")
	if err := errors.Join(os.MkdirAll(filepath.Dir(library), 0o755), os.WriteFile(library, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), o)
	r, _ := measured(t, o.out)
	if err != nil || r.Device.Name != "Large" || r.part(t, "doctor").Result != "left out" || r.part(t, "doctor, with the kit's loader").Result != "ok" {
		t.Errorf("error %v, device %q", err, r.Device.Name)
	}
	log, _ := os.ReadFile(filepath.Join(o.out, "gpu.log"))
	if want := "library path " + filepath.Dir(library); !strings.Contains(string(log), want) {
		t.Errorf("%q is not in the log:\n%s", want, log)
	}
}
