package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"reta/compute/models"
	"reta/server/run"
)

// bench prints one object for each step with --json, names the device and the ceilings in its table, and refuses what
// it does not know, with the exit code.
func TestBench(t *testing.T) {
	cache := t.TempDir()
	bench := func(words string) (string, error) {
		args := append(strings.Fields("bench --network resnet8 --size 16 --batch 2 --seconds 0 --repeats 1 --cache"), cache)
		out, _, err := shell(t.Context(), t, run.NewGate(), append(args, strings.Fields(words)...)...)
		return out, err
	}
	out, err := bench("--json --step squeeze,forward")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines for two steps:\n%s", len(lines), out)
	}
	for i, step := range []string{"squeeze", "forward"} {
		var row struct {
			Step                       string
			Size, Batch                int
			Steps_per_second, Gflops   float64
			Peak_bytes, Ceiling_gflops float64
			Planned_bytes, Alive_bytes float64
			Host_seconds               float64
			Waits_per_step             float64
			Kernels                    []struct{ Seconds, Share float64 }
		}
		if err := json.Unmarshal([]byte(lines[i]), &row); err != nil {
			t.Fatalf("%v in %s", err, lines[i])
		}
		if row.Step != step || row.Size != 16 || row.Batch != 2 || !(row.Steps_per_second > 0 && row.Gflops > 0) ||
			!(row.Peak_bytes > 0 && row.Ceiling_gflops > 0) || !(row.Planned_bytes >= row.Alive_bytes && row.Alive_bytes > 0) ||
			!(row.Host_seconds > 0 && row.Waits_per_step == 1) || len(row.Kernels) == 0 || !(row.Kernels[0].Share > 0) {
			t.Errorf("%s: %+v", step, row)
		}
	}
	out, err = bench("--step recover --kernels 2")
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"ceilings: matrix product", "recover of resnet8 at 16 px, batch 2:", "of GEMM", "others", "alive at once", "found the device idle"} {
		if !strings.Contains(out, words) {
			t.Errorf("the table does not say %q:\n%s", words, out)
		}
	}
	out, err = bench("--json --step recover --estimate 1,2,3")
	var estimate struct {
		Steps_per_second float64
		Kernels          []struct {
			Seconds, Gflop, Gbytes float64
			Memory_bound           *bool
		}
	}
	if err != nil || json.Unmarshal([]byte(out), &estimate) != nil || !(estimate.Steps_per_second > 0) || len(estimate.Kernels) == 0 || estimate.Kernels[0].Memory_bound == nil {
		t.Errorf("an estimate: %v, %s", err, out)
	}
	flags := benchFlags{network: "all", sizes: []int{32, 64}, batches: []int{1}, steps: []string{"forward"}}
	sizes := map[string][]int{}
	for _, c := range flags.cases() {
		sizes[c.Network] = append(sizes[c.Network], c.Size)
	}
	if len(sizes) != len(models.Names()) || !slices.Equal(sizes["resnet18"], []int{32, 64}) || !slices.Equal(sizes["alexnet"], []int{64}) {
		t.Errorf("all networks are timed at %v", sizes)
	}
	for _, c := range []struct{ words, want string }{
		{"--step relabel", "--step relabel: want recover, squeeze or forward"},
		{"--network resnet8,resnet9", `unknown network "resnet9"`},
		{"--size 4", "--size 4: want 8 to 1024 pixels"},
		{"--batch 0", "--batch 0: want 1 to 4096"},
		{"--classes 0", "--classes 0: want 1 to 65536"},
		{"--repeats 0", "--repeats 0: want 1 to 1000"},
		{"--estimate 1,2", "--estimate [1 2]: want three numbers"},
		{"--estimate 0,1,1", "--estimate [0 1 1]: want three numbers"},
		{"--seconds NaN", "--seconds NaN: want 0 to 3600"},
	} {
		if _, err := bench(c.words); err == nil || !strings.Contains(err.Error(), c.want) || exitCode(err) != 2 {
			t.Errorf("%s: error %v, code %d; want %q and 2", c.words, err, exitCode(err), c.want)
		}
	}
}
