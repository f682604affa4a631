package bench

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/vk"
)

// No kernel of a step keeps registers in memory on AMD's GPUs, as Mesa's compiler for them says. Its driver compiles for one
// that is not there when RADV_FORCE_FAMILY names it, once a process; the names changed with Mesa 23.
func TestStepsDoNotSpill(t *testing.T) {
	if family := os.Getenv("RETA_FAMILY"); family != "" {
		compiles(t)
		return
	}
	driver := os.Getenv("RETA_RADV")
	if found, _ := filepath.Glob("/usr/share/vulkan/icd.d/radeon_icd*.json"); driver == "" && len(found) > 0 {
		driver = found[0]
	}
	if driver == "" {
		t.Skip("Mesa's driver for AMD is not installed: RETA_RADV names its driver file")
	}
	compiled := false
	for _, family := range []string{"navi31", "gfx1100", "navi21"} {
		c := exec.Command(os.Args[0], "-test.run", "^TestStepsDoNotSpill$", "-test.v")
		c.Env = append(os.Environ(), "RETA_FAMILY="+family, "RETA_DEVICE=", "RADV_FORCE_FAMILY="+family, "VK_DRIVER_FILES="+driver, "VK_ICD_FILENAMES="+driver)
		out, err := c.CombinedOutput()
		switch {
		case err == nil:
			compiled = true
		case !strings.Contains(string(out), "compiling for"): // the driver does not know the name
		default:
			t.Errorf("%s: %s", family, out)
		}
	}
	if !compiled {
		t.Skipf("%s compiles for no GPU that is not there, as Mesa 22 to 25.0 does", driver)
	}
}

// compiles is the test in a process of its own.
func compiles(t *testing.T) {
	dev, err := vk.Open(vk.Options{CompileOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	t.Logf("compiling for %s", dev.Info().Name)
	var cases []Case
	for _, step := range []Step{Recover, Squeeze} {
		cases = append(cases, Case{step, "resnet18", 32, 100, 100}, Case{step, "shufflenetv2-x1.0", 32, 100, 100})
	}
	list, err := Pipelines(context.Background(), dev, cases)
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, p := range list {
		n, known := p.Spills()
		if p.Step {
			steps++
		}
		if p.Step && (!known || n != 0) {
			t.Errorf("%s with constants %v spills %g registers (known: %v)", p.Kernel, p.Spec, n, known)
		}
	}
	if steps < 30 || len(list) <= steps {
		t.Errorf("%d kernels of steps among %d", steps, len(list))
	}
}

// A driver that says nothing, or a device that is opened to run, is an error that says so.
func TestPipelinesRefuses(t *testing.T) {
	if _, err := Pipelines(context.Background(), graphtest.Device(t), nil); !errors.Is(err, vk.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
}

// A row has the worst of a kernel's pipelines: the most of everything but of what is in flight.
func TestPipelinesTable(t *testing.T) {
	one := func(kernel string, x uint32, registers, spilled, flight float64) Pipeline {
		return Pipeline{Kernel: kernel, Workgroup: [3]uint32{x, 1, 1}, Statistics: []vk.Statistic{
			{Name: "VGPRs", Value: registers}, {Name: "Spilled VGPRs", Value: spilled}, {Name: "Spilled SGPRs", Value: 1}, {Name: "Subgroups per SIMD", Value: flight}}}
	}
	var plain, markdown bytes.Buffer
	list := []Pipeline{one("conv", 64, 24, 2, 16), one("conv", 128, 12, 0, 8), one("relu", 64, 8, 0, 16)}
	if err := errors.Join(PrintPipelines(&plain, list, false), PrintPipelines(&markdown, list[2:], true)); err != nil {
		t.Fatal(err)
	}
	want := `  kernel  pipelines  workgroup  registers  spills  scratch, B  shared, B  code, B  instructions  subgroup  in flight
    conv          2    128x1x1         24       3                                                                  8
    relu          1     64x1x1          8       1                                                                 16
`
	if got := trimLines(plain.String()); got != want {
		t.Errorf("table\n%swant\n%s", got, want)
	}
	want = `| kernel | pipelines | workgroup | registers | spills | scratch, B | shared, B | code, B | instructions | subgroup | in flight |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| relu | 1 | 64x1x1 | 8 | 1 |  |  |  |  |  | 16 |
`
	if got := markdown.String(); got != want {
		t.Errorf("table\n%swant\n%s", got, want)
	}
}
