package bench

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"reta/compute/graph"
	"reta/compute/vk"
)

// Rates are those of a device that may not be there.
type Rates struct {
	Flops float64 // per second
	Bytes float64 // per second, of its memory
	Gap   float64 // seconds from a kernel's end to the start of the next that depends on it
}

// Estimated is a kernel with the least time that it can take at given rates.
type Estimated struct {
	Kernel
	Flops, Bytes float64 // of all calls
	Memory       bool    // more of its time goes by the bytes than by the operations
}

// Estimate is the least time of a step at the rates: each dispatch computes at full speed or moves each tensor once at full
// speed, whichever takes longer, and all wait for the one before. The kernels are those that dev would run, which may be
// open to compile only; nothing runs. Operations that the kernels do not count (all but products) are taken to be free.
func Estimate(ctx context.Context, dev *vk.Device, c Case, rates Rates) (Result, []Estimated, error) {
	r := Result{Case: c}
	if err := ctx.Err(); err != nil {
		return r, nil, err
	}
	p, err := newProgram(ctx, dev, c)
	if err != nil {
		return r, nil, fmt.Errorf("bench: %s: %w", c, err)
	}
	defer p.close()
	r.Flops = p.flops
	r, list := r.of(p.exec.Work(), rates)
	return r, list, nil
}

// of adds the least times of dispatches up.
func (r Result) of(work []graph.Timing, rates Rates) (Result, []Estimated) {
	spent := map[string]*Estimated{}
	byMemory := map[string]float64{} // seconds of dispatches that memory bounds
	for i := range work {
		w := &work[i]
		compute, move := float64(w.Flops)/rates.Flops, float64(w.Bytes)/rates.Bytes
		w.Seconds = max(compute, move) + rates.Gap
		e := spent[w.Kernel]
		if e == nil {
			e = &Estimated{}
			spent[w.Kernel] = e
		}
		e.Flops, e.Bytes = e.Flops+float64(w.Flops), e.Bytes+float64(w.Bytes)
		if move > compute {
			byMemory[w.Kernel] += w.Seconds
		}
	}
	r.Kernels = ByKernel(work)
	var list []Estimated
	for _, k := range r.Kernels {
		r.Device += k.Seconds
		e := *spent[k.Name]
		e.Kernel, e.Memory = k, 2*byMemory[k.Name] > k.Seconds
		list = append(list, e)
	}
	r.Best, r.Median = r.Device, r.Device
	return r, list
}

// PrintEstimate writes an estimate and its costliest kernels, as many as most, for people.
func PrintEstimate(w io.Writer, r Result, list []Estimated, most int) error {
	var flops, bytes float64
	for _, e := range list {
		flops, bytes = flops+e.Flops, bytes+e.Bytes
	}
	fmt.Fprintf(w, "\n%s: at best %.4g steps/s, %.3f ms; %d kernels, %.4g GFLOP in products (%.4g of the network), %.4g GB\n",
		r.Case, 1/r.Best, 1e3*r.Best, calls(list), flops/1e9, r.Flops/1e9, bytes/1e9)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "kernel\tcalls\tms\tshare\tGFLOP\tGB\tbound by\t")
	var rest Estimated
	for i, e := range list {
		if i >= most && len(list) > most+1 {
			rest.Calls, rest.Seconds, rest.Share = rest.Calls+e.Calls, rest.Seconds+e.Seconds, rest.Share+e.Share
			rest.Flops, rest.Bytes = rest.Flops+e.Flops, rest.Bytes+e.Bytes
			continue
		}
		e.print(t, e.Name, e.bound())
	}
	if rest.Calls > 0 {
		rest.print(t, "others", "")
	}
	return t.Flush()
}

func (e Estimated) print(w io.Writer, name, bound string) {
	fmt.Fprintf(w, "%s\t%d\t%.3f\t%.1f %%\t%s\t%.3f\t%s\t\n", name, e.Calls, 1e3*e.Seconds, 100*e.Share, number(e.Flops/1e9), e.Bytes/1e9, bound)
}

// bound says what most of the time goes by.
func (e Estimated) bound() string {
	if e.Memory {
		return "memory"
	}
	return "arithmetic"
}

func calls(list []Estimated) (n int) {
	for _, e := range list {
		n += e.Calls
	}
	return n
}
