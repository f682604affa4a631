package ui

import (
	"math"
)

// Scale maps data values onto [0,1].
type Scale struct {
	Min, Max float64
	Log      bool
}

// Linear returns a scale from lo to hi; an empty range is widened around lo.
func Linear(lo, hi float64) Scale {
	if !(hi > lo) {
		d := max(math.Abs(lo)*0.1, 1e-9)
		lo, hi = lo-d, lo+d
	}
	return Scale{Min: lo, Max: hi}
}

// Log returns a logarithmic scale; values at or below zero are moved to its foot.
func Log(lo, hi float64) Scale {
	if hi <= 0 {
		hi = 1
	}
	if lo <= 0 {
		lo = hi / 1e4
	}
	if !(hi > lo) {
		lo, hi = lo/2, lo*2
	}
	return Scale{Min: lo, Max: hi, Log: true}
}

// At returns the place of v: 0 at Min, 1 at Max, beyond for values beyond.
func (s Scale) At(v float64) float64 {
	if s.Log {
		v = max(v, s.Min*1e-3)
		return math.Log(v/s.Min) / math.Log(s.Max/s.Min)
	}
	return (v - s.Min) / (s.Max - s.Min)
}

// Value inverts At.
func (s Scale) Value(t float64) float64 {
	if s.Log {
		return s.Min * math.Pow(s.Max/s.Min, t)
	}
	return s.Min + t*(s.Max-s.Min)
}

// Ticks returns round values inside the scale, about n of them.
func (s Scale) Ticks(n int) []float64 {
	n = max(n, 1)
	if s.Log {
		if t := s.decades(n); len(t) >= 2 {
			return t
		}
	}
	step := niceStep((s.Max - s.Min) / float64(n))
	var out []float64
	for i := math.Ceil(s.Min/step - 1e-9); i*step <= s.Max+step*1e-9 && len(out) < 100; i++ {
		out = append(out, i*step)
	}
	return out
}

// decades returns powers of ten and, when there is room, their doubles and fives.
func (s Scale) decades(n int) []float64 {
	lo, hi := math.Floor(math.Log10(s.Min)), math.Ceil(math.Log10(s.Max))
	every := max(1, math.Ceil((hi-lo)/float64(n)))
	factors := []float64{1}
	if hi-lo <= float64(n)/2 {
		factors = []float64{1, 2, 5}
	}
	var out []float64
	for d := lo; d <= hi; d += every {
		for _, f := range factors {
			if v := f * math.Pow(10, d); v >= s.Min*(1-1e-9) && v <= s.Max*(1+1e-9) {
				out = append(out, v)
			}
		}
	}
	return out
}

func niceStep(raw float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range []float64{1, 2, 5} {
		if raw <= f*p*(1+1e-9) {
			return f * p
		}
	}
	return 10 * p
}
