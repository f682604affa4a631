// Scale simulates runs that workers make from a queue, from one worker to ten thousand: go run ./docs/scale. docs/scale.md says what its
// figures are of.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"
)

// plan is a run to simulate: JSON as in docs/scale/plans.json.
type plan struct {
	Name   string
	Fleet  Fleet
	Phases []Phase
}

func main() {
	file := flag.String("plans", "docs/scale/plans.json", "runs to simulate, JSON")
	flag.Parse()
	if err := run(*file); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var plans []plan
	if err := json.Unmarshal(text, &plans); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, p := range plans {
		items := 0
		for _, phase := range p.Phases {
			items += phase.Items
		}
		fmt.Printf("%s: %d items\n\n", p.Name, items)
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "workers\thours\tof ideal\tbroker busy\tlink busy\ttail\titems lost\t")
		for _, n := range []int{1, 10, 100, 1000, 10000} {
			f := p.Fleet
			f.Workers = n
			o := simulate(f, p.Phases)
			fmt.Fprintf(w, "%d\t%.3g\t%.0f %%\t%.2g %%\t%.2g %%\t%.0f %%\t%d\t\n", n, o.Seconds/3600, 100*o.Ideal/o.Seconds, 100*o.QueueBusy, 100*o.LinkBusy, 100*o.Tail/o.Seconds, o.Lost)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Println()
	}
	return nil
}
