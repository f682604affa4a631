package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// decades ticks a logarithmic axis: at 1, 2 and 5 of every power of ten, or at the powers alone.
type decades struct{}

// Ticks is of package plot.
func (decades) Ticks(low, high float64) (list []plot.Tick) {
	within := math.Log10(high/low) < 2.5
	for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
		for _, m := range []float64{1, 2, 5} {
			t := plot.Tick{Value: m * math.Pow(10, e)}
			if m == 1 || within {
				t.Label = strconv.FormatFloat(t.Value, 'g', 4, 64)
			}
			if t.Value >= low && t.Value <= high {
				list = append(list, t)
			}
		}
	}
	return list
}

// rounds ticks an axis at round numbers, at most eight.
type rounds struct{ whole bool }

// Ticks is of package plot.
func (r rounds) Ticks(low, high float64) (list []plot.Tick) {
	const most = 7 // steps
	step := math.Pow(10, math.Floor(math.Log10((high-low)/most)))
	for _, m := range []float64{1, 2, 5, 10} {
		if high-low <= most*m*step {
			step *= m
			break
		}
	}
	if r.whole {
		step = max(1, step)
	}
	for k := math.Ceil(low / step); k*step <= high; k++ {
		v := k*step + 0 // not -0
		list = append(list, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 6, 64)})
	}
	return list
}
