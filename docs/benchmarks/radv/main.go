// Command radv compiles every kernel that a step of four networks runs, and all other shaders, for AMD GPUs that are not
// there, and writes what Mesa's compiler makes of them to docs/benchmarks/radv.md:
//
//	go run ./docs/benchmarks/radv -driver "$(.ci/radv)"          writes the table
//	go run ./docs/benchmarks/radv -driver "$(.ci/radv)" -check   fails where the table is another
//
// Either fails where a kernel keeps registers in memory.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"reta/compute/bench"
	"reta/compute/vk"
)

const (
	document = "docs/benchmarks/radv.md"
	mark     = "<!-- written by docs/benchmarks/radv from here on -->\n"
)

// Families are RDNA 3 and RDNA 2, by the names that RADV_FORCE_FAMILY takes.
var families = []string{"navi31", "navi21"}

func main() {
	driver := flag.String("driver", "", "driver `file` (ICD) of a RADV that takes RADV_FORCE_FAMILY")
	check := flag.Bool("check", false, "compare with the table and write nothing")
	family := flag.String("family", "", "print the table of this GPU alone, which RADV_FORCE_FAMILY names already")
	flag.Parse()
	err := error(nil)
	if *family != "" {
		err = compile(os.Stdout, *family)
	} else {
		err = run(*driver, *check)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "radv:", err)
		os.Exit(1)
	}
}

// run has a process for each family, since a driver reads its environment once.
func run(driver string, check bool) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var made bytes.Buffer
	for _, f := range families {
		c := exec.Command(self, "-family", f)
		c.Env = append(os.Environ(), "RADV_FORCE_FAMILY="+f, "VK_DRIVER_FILES="+driver, "VK_ICD_FILENAMES="+driver)
		c.Stdout, c.Stderr = &made, os.Stderr
		if err := c.Run(); err != nil {
			return fmt.Errorf("%s with %s: %w", f, driver, err)
		}
	}
	old, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	text, table, found := strings.Cut(string(old), mark)
	switch {
	case !found:
		return fmt.Errorf("%s has no line %q", document, strings.TrimSpace(mark))
	case check && table != made.String():
		return fmt.Errorf("%s has another table, first at: %s: look at what changed, and write it with make drivers TABLE=write",
			document, firstDifference(table, made.String()))
	case check:
		fmt.Println(document, "is what the kernels give, and no kernel spills")
		return nil
	}
	return os.WriteFile(document, []byte(text+mark+made.String()), 0o644)
}

// firstDifference is the first line of b that a does not have in its place.
func firstDifference(a, b string) string {
	lines := strings.Split(a, "\n")
	for i, line := range strings.Split(b, "\n") {
		if i >= len(lines) || lines[i] != line {
			return line
		}
	}
	return "its end"
}

// pipelines are those of a GPU whose products are of a precision.
func pipelines(precision vk.Precision) ([]bench.Pipeline, vk.Info, error) {
	dev, err := vk.Open(vk.Options{CompileOnly: true, Precision: precision})
	if err != nil {
		return nil, vk.Info{}, err
	}
	defer dev.Close()
	list, err := bench.Pipelines(context.Background(), dev, cases())
	return list, dev.Info(), err
}

// compile writes the tables of one GPU: of its steps in fp32, of what they run else in fp16, where it has matrices for it, and
// of what none runs.
func compile(w io.Writer, family string) error {
	list, _, err := pipelines(vk.FP32)
	if err != nil {
		return err
	}
	halves, info, err := pipelines(vk.AutoPrecision)
	if err != nil {
		return err
	}
	steps := sift(list, func(p bench.Pipeline) bool { return p.Step })
	halves = sift(halves, func(p bench.Pipeline) bool { return p.Step && !has(steps, p.Kernel) })
	others := sift(list, func(p bench.Pipeline) bool { return !p.Step && !has(halves, p.Kernel) })
	var spilling error
	for _, p := range slices.Concat(steps, halves, others) {
		if strings.Contains(p.Kernel, "_sg") { // the form for CPU drivers, which none of these devices runs
			continue
		}
		if n, known := p.Spills(); n > 0 || !known {
			spilling = errors.Join(spilling, fmt.Errorf("%s: %s with constants %v spills %g registers (known: %v)", family, p.Kernel, p.Spec, n, known))
		}
	}
	if spilling != nil {
		return spilling
	}
	fmt.Fprintf(w, "\n## %s\n\n%s. Kernels of steps:\n\n", info.Name, info.Driver)
	if err := bench.PrintPipelines(w, steps, true); err != nil {
		return err
	}
	if len(halves) > 0 {
		fmt.Fprint(w, "\nKernels that only steps in fp16 run, on cooperative matrices (`_cm`) and on tensors of fp16 (`_half`):\n\n")
		if err := bench.PrintPipelines(w, halves, true); err != nil {
			return err
		}
	}
	fmt.Fprint(w, "\nAll other shaders, with their constants as they are by default:\n\n")
	return bench.PrintPipelines(w, others, true)
}

func sift(list []bench.Pipeline, keep func(bench.Pipeline) bool) []bench.Pipeline {
	return slices.DeleteFunc(slices.Clone(list), func(p bench.Pipeline) bool { return !keep(p) })
}

func has(list []bench.Pipeline, kernel string) bool {
	return slices.ContainsFunc(list, func(p bench.Pipeline) bool { return p.Kernel == kernel })
}

// cases are the steps whose kernels are compiled. Forward's are among those of recover.
func cases() (list []bench.Case) {
	for _, network := range []string{"resnet18", "densenet121", "mobilenetv2", "shufflenetv2-x1.0"} {
		for _, size := range []int{32, 64, 224} {
			for _, step := range []bench.Step{bench.Recover, bench.Squeeze} {
				list = append(list, bench.Case{Step: step, Network: network, Size: size, Batch: 100, Classes: 100})
			}
		}
	}
	return list
}
