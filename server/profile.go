package main

import (
	"fmt"
	"io"

	"reta/compute/bench"
)

// profile is where the time of one step goes.
type profile struct {
	program string
	kernels []bench.Kernel
}

// printProfiles prints all kernels of every profile.
func printProfiles(w io.Writer, profiles []profile, json bool) error {
	for _, p := range profiles {
		if json {
			row := map[string]any{"event": "profile", "program": p.program, "kernels": kernelRows(p.kernels)}
			if err := printJSON(w, row); err != nil {
				return err
			}
			continue
		}
		total := 0.0
		for _, k := range p.kernels {
			total += k.Seconds
		}
		fmt.Fprintf(w, "\n%s: %.2f ms by the device's clock\n", p.program, 1e3*total)
		if err := bench.PrintKernels(w, p.kernels, bench.Ceilings{}, len(p.kernels)); err != nil {
			return err
		}
	}
	return nil
}

// kernelRows are kernels for machines.
func kernelRows(kernels []bench.Kernel) []map[string]any {
	rows := make([]map[string]any, len(kernels))
	for i, k := range kernels {
		rows[i] = map[string]any{
			"kernel": k.Name, "calls": k.Calls, "seconds": k.Seconds, "share": k.Share,
			"gflops": k.FlopRate / 1e9, "gbytes_per_second": k.ByteRate / 1e9,
		}
	}
	return rows
}
