package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"reta/compute/vk"
	"reta/shaders"
)

// Pipeline is a compiled kernel and what the driver's compiler says of it.
type Pipeline struct {
	Kernel     string
	Spec       []uint32 // specialisation constants
	Workgroup  [3]uint32
	Statistics []vk.Statistic // under the driver's own names
	Step       bool           // a step of the cases runs it
}

// Pipelines compiles, on a device opened with CompileOnly, all kernels that the
// steps of the cases run, and every other shader that the device takes, with
// its constants as they are by default.
func Pipelines(ctx context.Context, dev *vk.Device, cases []Case) ([]Pipeline, error) {
	if !dev.Info().Features.Statistics {
		return nil, fmt.Errorf("bench: %s does not say what its compiler makes of kernels (VK_KHR_pipeline_executable_properties): %w", dev.Info().Name, vk.ErrUnsupported)
	}
	for _, c := range cases {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, err := newProgram(ctx, dev, c)
		if err != nil {
			return nil, fmt.Errorf("bench: %s: %w", c, err)
		}
		p.close()
	}
	list, err := pipelines(dev.Kernels())
	if err != nil {
		return nil, err
	}
	var others []*vk.Kernel
	for _, name := range shaders.Names() {
		if slices.ContainsFunc(list, func(p Pipeline) bool { return p.Kernel == name }) {
			continue
		}
		code, err := shaders.Load(name)
		if err != nil {
			return nil, err
		}
		k, err := dev.NewKernel(vk.KernelSpec{Name: name, SPIRV: code})
		switch {
		case errors.Is(err, vk.ErrUnsupported): // a run takes another form of it
		case err != nil:
			return nil, fmt.Errorf("bench: %w", err)
		default:
			others = append(others, k)
		}
	}
	rest, err := pipelines(others)
	for i := range list {
		list[i].Step = true
	}
	return append(list, rest...), err
}

func pipelines(kernels []*vk.Kernel) (list []Pipeline, err error) {
	for _, k := range kernels {
		s, err := k.Statistics()
		if err != nil {
			return nil, err
		}
		list = append(list, Pipeline{Kernel: k.Name(), Spec: k.Spec(), Workgroup: k.Workgroup(), Statistics: s})
	}
	return list, nil
}

// Columns of the table of pipelines, each with the names that drivers have for
// the number. Several of one driver are added up.
var columns = []struct {
	head  string
	names []string
	least bool // the least of a kernel's pipelines counts, not the most
}{
	{"registers", []string{"VGPRs", "Register Count", "Max live registers"}, false},
	{"spills", []string{"Spilled VGPRs", "Spilled SGPRs", "Spill count", "Local Memory Size"}, false},
	{"scratch, B", []string{"Scratch size", "Scratch Memory Size", "Stack Size"}, false},
	{"shared, B", []string{"LDS size", "Shared Memory Size"}, false},
	{"code, B", []string{"Code size", "Binary Size"}, false},
	{"instructions", []string{"Instructions", "Instruction Count"}, false},
	{"subgroup", []string{"Subgroup size"}, false},
	{"in flight", []string{"Subgroups per SIMD"}, true},
}

// number is what the driver says under any of the names.
func (p Pipeline) number(names []string) (sum float64, known bool) {
	for _, s := range p.Statistics {
		if slices.Contains(names, s.Name) {
			sum, known = sum+s.Value, true
		}
	}
	return sum, known
}

// Spills is how many registers the kernel keeps in memory, in the driver's
// count, and whether the driver says.
func (p Pipeline) Spills() (n float64, known bool) { return p.number(columns[1].names) }

// PrintPipelines writes a row for each kernel, with the worst of its pipelines
// in every column. With markdown it is a table of that form.
func PrintPipelines(w io.Writer, list []Pipeline, markdown bool) error {
	heads := []string{"kernel", "pipelines", "workgroup"}
	for _, c := range columns {
		heads = append(heads, c.head)
	}
	rows := [][]string{heads}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Kernel == list[0].Kernel {
			n++
		}
		rows, list = append(rows, row(list[:n])), list[n:]
	}
	if markdown {
		return printMarkdown(w, rows)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r, "\t")+"\t")
	}
	return t.Flush()
}

// row sums up the pipelines of one kernel.
func row(list []Pipeline) []string {
	cells := []string{list[0].Kernel, strconv.Itoa(len(list)), ""}
	most := list[0].Workgroup
	for _, p := range list {
		if p.invocations() > (Pipeline{Workgroup: most}).invocations() {
			most = p.Workgroup
		}
	}
	cells[2] = fmt.Sprintf("%dx%dx%d", most[0], most[1], most[2])
	for _, c := range columns {
		worst, known := 0.0, false
		for _, p := range list {
			n, ok := p.number(c.names)
			if ok && (!known || (n < worst) == c.least) {
				worst, known = n, true
			}
		}
		cells = append(cells, "")
		if known {
			cells[len(cells)-1] = strconv.FormatFloat(worst, 'f', -1, 64)
		}
	}
	return cells
}

func (p Pipeline) invocations() uint32 { return p.Workgroup[0] * p.Workgroup[1] * p.Workgroup[2] }

func printMarkdown(w io.Writer, rows [][]string) error {
	rule := slices.Repeat([]string{"---"}, len(rows[0]))
	for _, r := range slices.Insert(slices.Clone(rows), 1, rule) {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(r, " | ")); err != nil {
			return err
		}
	}
	return nil
}
