package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes the device's ceilings for people.
func (c Ceilings) Print(w io.Writer) {
	fmt.Fprintf(w, "ceilings: matrix product %.4g GFLOP/s, copy %.4g GB/s\n", c.Flops/1e9, c.Bytes/1e9)
}

// Print writes a result and its costliest kernels, as many as most, for people.
func (r Result) Print(w io.Writer, c Ceilings, most int) error {
	fmt.Fprintf(w, "\n%s: %.3f steps/s (median %.3f), %.4g GFLOP/s, %.0f images/s, %.0f MiB of device memory\n", r.Case,
		1/r.Best, 1/r.Median, r.Flops/r.Best/1e9, float64(r.Batch)/r.Best, float64(r.Bytes)/(1<<20))
	fmt.Fprintf(w, "  tensors: %s planned, %s alive at once (%.3f times); inputs, outputs and packed weights: %s\n",
		mebibytes(r.Memory.Arena), mebibytes(r.Memory.Alive), r.Planned(), mebibytes(r.Memory.Own))
	fmt.Fprintf(w, "  host: %.3f ms a step beside waiting, %.2f %% of it; %.2f waits a step; %.1f %% of %d submits found the device idle\n",
		1e3*r.Host, 100*r.Host/r.Median, float64(r.Work.Waits)/float64(r.Steps), 100*r.Starved(), r.Work.Submits)
	if len(r.Kernels) == 0 {
		_, err := fmt.Fprintln(w, "  the device has no timestamps: no times per kernel")
		return err
	}
	fmt.Fprintf(w, "  %.2f ms by the device's clock, %.2f ms by the wall's\n", 1e3*r.Device, 1e3*r.Best)
	return PrintKernels(w, r.Kernels, c, most)
}

// Planned is how many times as much memory the step's tensors have as they take at one time: no plan has less than 1.
func (r Result) Planned() float64 { return float64(r.Memory.Arena) / float64(max(1, r.Memory.Alive)) }

// Starved is the share of submits that found the device with nothing to do.
func (r Result) Starved() float64 { return float64(r.Work.Starved) / float64(max(1, r.Work.Submits)) }

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// PrintKernels writes the first most kernels; the rest is one line. Without
// ceilings their columns stay out.
func PrintKernels(w io.Writer, kernels []Kernel, c Ceilings, most int) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, k Kernel, gflops, ofGEMM, gbytes, ofCopy string) {
		fmt.Fprintf(t, "%s\t%d\t%.3f\t%.1f %%\t%s\t", name, k.Calls, 1e3*k.Seconds, 100*k.Share, gflops)
		if c == (Ceilings{}) {
			fmt.Fprintf(t, "%s\t\n", gbytes)
			return
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t\n", ofGEMM, gbytes, ofCopy)
	}
	heads := "kernel\tcalls\tms\tshare\tGFLOP/s\tof GEMM\tGB/s\tof copy\t"
	if c == (Ceilings{}) {
		heads = "kernel\tcalls\tms\tshare\tGFLOP/s\tGB/s\t"
	}
	fmt.Fprintln(t, heads)
	var rest Kernel
	for i, k := range kernels {
		if i >= most && len(kernels) > most+1 {
			rest.Calls, rest.Seconds, rest.Share = rest.Calls+k.Calls, rest.Seconds+k.Seconds, rest.Share+k.Share
			continue
		}
		row(k.Name, k, number(k.FlopRate/1e9), percent(k.FlopRate, c.Flops), number(k.ByteRate/1e9), percent(k.ByteRate, c.Bytes))
	}
	if rest.Calls > 0 {
		row("others", rest, "", "", "", "")
	}
	return t.Flush()
}

func number(v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", v)
}

func percent(v, of float64) string {
	if v == 0 || of == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*v/of)
}
