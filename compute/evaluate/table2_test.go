package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/models/modelstest"
)

// light are the networks of Table 2 that are trained in seconds. The others run with RETA_LONG=1.
var light = []string{"shufflenetv2-x0.5", "mobilenetv2"}

// 20 steps of the paper's students of Table 2, as torchvision has them, agree with PyTorch in float64: losses, gradient of the first
// step, how far each parameter has moved, running statistics. Dropout and stochastic depth have the masks that go by their layers'
// names. testdata/README.md says how close float32 can come.
func TestTable2TrainsAsPyTorchs(t *testing.T) {
	want := modelstest.ReferenceIn(t, "testdata", "table2")
	networks := map[string]struct {
		Parameters, Running []string              // rows
		Losses              float64               // how far PyTorch's float32 is off
		Float32             map[string][2]float64 // the same, of the worst norm and of all projections
	}{}
	if err := json.Unmarshal([]byte(want.Metadata("networks")), &networks); err != nil {
		t.Fatal(err)
	}
	if len(networks) != 8 {
		t.Errorf("there are numbers of %d networks, want 8", len(networks))
	}
	for network, n := range networks {
		t.Run(network, func(t *testing.T) {
			if !slices.Contains(light, network) && os.Getenv("RETA_LONG") == "" {
				t.Skip("RETA_LONG=1 runs it")
			}
			s := referenceStudent(t, network, 72, 1e-5)
			modelstest.FillByName(t, s.model)
			of, moment, before := map[string]*graph.Variable{}, map[string]*graph.Variable{}, map[string][]float64{}
			for _, v := range s.model.Variables() {
				of[v.Name()], before[v.Name()] = v, values(t, v)
			}
			for i, v := range s.model.Trainable() {
				moment[v.Name()] = s.state[i][0]
			}
			compare := func(key string, names []string, get func(name string) []float64) {
				rows := want.Float64(network+"/"+key, len(names), 2)
				worst, apart, size := 0.0, 0.0, 0.0
				for i, name := range names {
					got := get(name)
					worst = max(worst, math.Abs(norm(got, nil)/rows[2*i]-1))
					d := modelstest.Projections(got, 1)[0] - rows[2*i+1]
					apart, size = apart+d*d, size+rows[2*i]*rows[2*i]
				}
				apart = math.Sqrt(apart / size)
				float32 := n.Float32[key]
				t.Logf("%s: norms off by at most %.1g (PyTorch's float32 %.1g), all together by %.1g (%.1g)", key, worst, float32[0], apart, float32[1])
				if !(worst <= 5*max(float32[0], 1e-5)) || !(apart <= 5*max(float32[1], 1e-5)) {
					t.Errorf("%s: norms off by %.2g and all together by %.2g, want five times %.2g and %.2g", key, worst, apart, float32[0], float32[1])
				}
			}
			losses := want.Float64(network+"/losses", 20)
			worst := 0.0
			for step := 1; step <= 20; step++ {
				off := math.Abs(referenceStep(t, s, step)/losses[step-1] - 1)
				if worst = max(worst, off); !(off <= 5*max(n.Losses, 1e-6)) {
					t.Errorf("step %d: loss off by %.1g, want five times %.1g", step, off, n.Losses)
				}
				if step == 1 {
					compare("step1_gradient", n.Parameters, func(name string) []float64 { return scaled(values(t, moment[name]), 10) })
				}
				if !slices.Contains([]int{1, 5, 20}, step) {
					continue
				}
				compare(fmt.Sprintf("step%d_update", step), n.Parameters, func(name string) []float64 { return less(values(t, of[name]), before[name]) })
				if len(n.Running) > 0 {
					compare(fmt.Sprintf("step%d_running", step), n.Running, func(name string) []float64 { return values(t, of[name]) })
				}
			}
			t.Logf("losses off by at most %.1g (%.1g)", worst, n.Losses)
		})
	}
}
