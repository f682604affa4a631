//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"reta/shared/wholefile"
)

var revision = "unknown" // of the sources; make gpu-kit sets it

// report is everything measured, with what it was measured by.
type report struct {
	Schema    int        `json:"schema"`
	Commit    string     `json:"commit"`
	Began     time.Time  `json:"began"`
	Seconds   float64    `json:"seconds"`
	Rehearsal bool       `json:"rehearsal"` // tiny sizes: its rates say nothing of the device
	Host      string     `json:"host"`
	Cores     int        `json:"cores"`
	Device    device     `json:"device"`
	Stopped   string     `json:"stopped,omitempty"` // why it ended before its last part
	Parts     []*outcome `json:"parts"`

	mu     sync.Mutex
	dirty  bool // since the last time it was written
	folder string
}

// newReport finds a folder that can be written to: the one asked for, or one for temporary files.
func newReport(o options, scratch string) (*report, error) {
	r := &report{Schema: 1, Commit: revision, Began: time.Now().UTC().Truncate(time.Second), Rehearsal: o.rehearse, Host: processor(), Cores: runtime.NumCPU(), folder: o.out}
	err := os.MkdirAll(r.folder, 0o755)
	if err == nil {
		_ = os.Remove(r.file("gpu.log")) // of a run before
		err = r.write()
	}
	if err == nil {
		return r, nil
	}
	fmt.Fprintf(os.Stderr, "gpu: %v: the report goes elsewhere\n", err)
	if r.folder, err = os.MkdirTemp(filepath.Dir(scratch), "gpu-report"); err != nil {
		return nil, err
	}
	return r, r.write()
}

func (r *report) file(name string) string { return filepath.Join(r.folder, name) }

// log is where a part's command prints: the file gpu.log, or nowhere if it cannot be written.
func (r *report) log(o *outcome) io.WriteCloser {
	file, err := os.OpenFile(r.file("gpu.log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nowhere{io.Discard}
	}
	fmt.Fprintf(file, "\n# %s: %s\n", o.Part, o.Command)
	return file
}

type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }

// change is how anything in the report changes.
func (r *report) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	r.dirty = true
}

// keep writes what has changed every second until it is stopped, so that whoever is killed leaves it.
func (r *report) keep() (stop func()) {
	ticks, done := time.NewTicker(time.Second), make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-ticks.C:
				r.mu.Lock()
				dirty := r.dirty
				r.mu.Unlock()
				if dirty {
					_ = r.write() // finish says what is wrong
				}
			}
		}
	}()
	return func() { ticks.Stop(); close(done) }
}

// write puts both files anew; each is whole at any time.
func (r *report) write() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dirty = false
	r.Seconds = time.Since(r.Began).Seconds()
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(wholefile.Write(r.file("gpu.json"), append(data, '\n'), 0o644), wholefile.Write(r.file("gpu.md"), r.markdown(), 0o644))
}

// failed names the parts that did not end well, nil for none. One that could not run here is none.
func (r *report) failed() error {
	var err error
	for _, o := range r.Parts {
		if o.Result != "ok" && o.Result != "left out" {
			err = errors.Join(err, fmt.Errorf("%s: %s%s", o.Part, o.Result, sentence(o.Why)))
		}
	}
	return err
}

// finish writes the report, prints the tables and returns err.
func (r *report) finish(err error) error {
	if e := r.write(); e != nil {
		err = errors.Join(err, fmt.Errorf("the report cannot be written: %w", e))
	}
	os.Stdout.Write(r.markdown())
	fmt.Fprintln(os.Stderr, "gpu: written:", r.file("gpu.json"), r.file("gpu.md"))
	return err
}

// markdown is the report for people.
func (r *report) markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n%s, %d cores; %s; commit %s; %s.", r.Device.named(), r.Host, r.Cores, r.Device.Driver, r.Commit, r.Began.Format("2 January 2006, 15:04 UTC"))
	if r.Rehearsal {
		b.WriteString(" **A rehearsal with tiny sizes: its rates say nothing of the device.**")
	}
	if r.Stopped != "" {
		fmt.Fprintf(&b, " **Ended early: %s.**", cell(r.Stopped))
	}
	r.rates(&b)
	r.others(&b)
	r.kernels(&b)
	b.WriteString("\n## Parts\n\n| part | result | s | of | figures | |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, o := range r.Parts {
		fmt.Fprintf(&b, "| %s | %s | %.1f | %.0f | %d | %s |\n", o.Part, o.Result, o.Seconds, o.Limit, len(o.Rows), cell(o.Why))
	}
	return b.Bytes()
}

func (d device) named() string {
	if d.Name == "" {
		return "No device"
	}
	return d.Name
}

// cell is text that keeps to its cell.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s)
}

// rows are all rows of the parts whose name begins so.
func (r *report) rows(prefix string) (all []row) {
	for _, o := range r.Parts {
		if strings.HasPrefix(o.Part, prefix) {
			all = append(all, o.Rows...)
		}
	}
	return all
}

// rates are the steps of this program beside PyTorch's, by step, network, side and batch.
func (r *report) rates(b *bytes.Buffer) {
	type rate struct{ ours, half, eager, amp, compiled row }
	var order []string
	of := map[string]*rate{}
	faster := func(at *row, r row) {
		if *at == nil || number(r["steps_per_second"]) > number((*at)["steps_per_second"]) {
			*at = r
		}
	}
	for _, x := range append(r.rows("recover"), append(r.rows("squeeze"), r.rows("PyTorch, ")...)...) {
		key := fmt.Sprintf("%s | %s | %.0f | %.0f", text(x["step"]), text(x["network"]), number(x["size"]), number(x["batch"]))
		if of[key] == nil {
			of[key], order = &rate{}, append(order, key)
		}
		switch text(x["mode"]) {
		case "":
			if x["precision"] == "fp16" {
				faster(&of[key].half, x)
			} else {
				faster(&of[key].ours, x)
			}
		case "eager":
			faster(&of[key].eager, x)
		case "amp":
			faster(&of[key].amp, x)
		case "compiled":
			faster(&of[key].compiled, x)
		}
	}
	if len(order) == 0 {
		return
	}
	b.WriteString("\n\n## Steps a second\n\nPyTorch: the faster of nchw and channels_last; fp32 is eager without TF32; peak memory in MiB.\n\n" +
		"| step | network | px | batch | reta fp32 | TFLOP/s | MiB | fp16 | TFLOP/s | MiB | PyTorch fp32 | amp | compiled | MiB, amp | reta / PyTorch, fp32 | fp16 / amp |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, key := range order {
		x := of[key]
		speed := func(r row) string { return decimals(r, "steps_per_second", 1, "%.2f") }
		teraflops := func(r row) string { return decimals(r, "gflops", 1e-3, "%.2f") }
		peak := func(r row) string { return decimals(r, "peak_bytes", 1./(1<<20), "%.0f") }
		cells := []string{key, speed(x.ours), teraflops(x.ours), peak(x.ours), speed(x.half), teraflops(x.half), peak(x.half),
			speed(x.eager), speed(x.amp), speed(x.compiled), peak(x.amp), ratio(x.ours, x.eager), ratio(x.half, x.amp)}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
}

// decimals is a number of a row, "" where it has none.
func decimals(r row, name string, times float64, format string) string {
	v, ok := r[name].(float64)
	if !ok {
		return ""
	}
	return fmt.Sprintf(format, times*v)
}

// ratio is how many times as fast a is as b.
func ratio(a, b row) string {
	x, y := number(a["steps_per_second"]), number(b["steps_per_second"])
	if x == 0 || y == 0 {
		return ""
	}
	return fmt.Sprintf("**%.2f**", x/y)
}

// others are the figures that are no rates of steps.
func (r *report) others(b *bytes.Buffer) {
	b.WriteString("\n\n## Other figures\n\n")
	for _, x := range r.rows("recover") {
		fmt.Fprintf(b, "- ceilings: matrix product %.4g TFLOP/s (fp32), copy %.4g GB/s\n", number(x["ceiling_gflops"])/1e3, number(x["ceiling_gbytes_per_second"]))
		break
	}
	verdicts, failed := map[string]int{}, []string{}
	for _, x := range r.rows("correct: ") {
		verdicts[text(x["result"])]++
		if text(x["result"]) == "fail" {
			failed = append(failed, text(x["package"])+"."+text(x["test"]))
		}
	}
	if len(verdicts) > 0 {
		fmt.Fprintf(b, "- tests of kernels: %d passed, %d failed, %d skipped%s\n", verdicts["pass"], verdicts["fail"], verdicts["skip"], sentence(strings.Join(failed, ", ")))
	}
	for _, x := range r.rows("demo") {
		fmt.Fprintf(b, "- demo with empty caches: first images after %s s, all %.0f steps after %s s\n", decimals(x, "first_images_seconds", 1, "%.1f"), number(x["steps"]), decimals(x, "seconds", 1, "%.1f"))
	}
	pipelines, spilling := r.rows("pipelines"), []string{}
	for _, x := range pipelines {
		statistics, _ := x["statistics"].(row)
		for name, v := range statistics {
			if strings.Contains(strings.ToLower(name), "spill") && number(v) > 0 {
				spilling = append(spilling, fmt.Sprintf("%s %.0f (%s)", text(x["kernel"]), number(v), name))
			}
		}
	}
	if len(pipelines) > 0 {
		fmt.Fprintf(b, "- %d pipelines compiled; spilling: %d%s\n", len(pipelines), len(spilling), sentence(strings.Join(spilling, ", ")))
	}
}

// kernels are the costliest of each recover step of the largest batch, against the ceilings.
func (r *report) kernels(b *bytes.Buffer) {
	const most = 5
	head, largest := false, 0.0
	for _, x := range r.rows("recover") {
		largest = max(largest, number(x["batch"]))
	}
	for _, x := range r.rows("recover") {
		if number(x["batch"]) < largest {
			continue
		}
		for i, k := range list(x["kernels"]) {
			k, ok := k.(row)
			if !ok || i >= most {
				break
			}
			if !head {
				head = true
				b.WriteString("\n## The costliest kernels of recover\n\n| network | px | batch | kernel | calls | ms | share | GFLOP/s | of ceiling | GB/s | of ceiling |\n" +
					"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
			}
			fmt.Fprintf(b, "| %s | %.0f | %.0f | %s | %.0f | %.3f | %.1f %% | %s | %s | %s | %s |\n", text(x["network"]), number(x["size"]), number(x["batch"]),
				text(k["kernel"]), number(k["calls"]), 1e3*number(k["seconds"]), 100*number(k["share"]),
				positive(number(k["gflops"])), share(number(k["gflops"]), number(x["ceiling_gflops"])),
				positive(number(k["gbytes_per_second"])), share(number(k["gbytes_per_second"]), number(x["ceiling_gbytes_per_second"])))
		}
	}
}

func positive(v float64) string {
	if v <= 0 {
		return ""
	}
	return fmt.Sprintf("%.0f", v)
}

func share(v, of float64) string {
	if v <= 0 || of <= 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*v/of)
}

// processor names the machine's, as Linux does.
func processor() string {
	data, _ := os.ReadFile("/proc/cpuinfo") // elsewhere there is none
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
