package modelstest

import (
	"encoding/json"
	"math"
)

// Strings is the JSON list under a key of the file's metadata.
func (f Tensors) Strings(key string) (list []string) {
	f.t.Helper()
	if err := json.Unmarshal([]byte(f.Metadata(key)), &list); err != nil {
		f.t.Fatalf("metadata %s: %v", key, err)
	}
	return list
}

// Compare holds tensors against the norm and the first eight elements of each
// that the file keeps as key_norm [n] and key_first8 [n,8]. Norms may be off by
// tol; the elements by five times that, of the root mean square of the eight or
// of the whole tensor, whichever is larger. Of smaller tensors the file has zeros
// behind the last element.
func (f Tensors) Compare(key string, names []string, got [][]float64, tol float64) {
	f.t.Helper()
	norms := f.Float64(key+"_norm", len(names))
	first := f.Float64(key+"_first8", len(names), 8)
	worst, worstFirst := 0.0, 0.0
	for i, name := range names {
		zero, k := make([]float64, len(got[i])), min(8, len(got[i]))
		off := math.Abs(distance(got[i], zero)/norms[i] - 1)
		rms := math.Max(norms[i]/math.Sqrt(float64(len(got[i]))), distance(first[8*i:8*i+k], zero)/math.Sqrt(8))
		offFirst := distance(got[i][:k], first[8*i:8*i+k]) / math.Sqrt(8) / rms
		if !(off <= tol) || !(offFirst <= 5*tol) {
			f.t.Errorf("%s of %s: norm off by %.2g, first elements by %.2g, want %.1g and %.1g", key, name, off, offFirst, tol, 5*tol)
		}
		worst, worstFirst = math.Max(worst, off), math.Max(worstFirst, offFirst)
	}
	f.t.Logf("%s: norm off by at most %.2g, first elements by %.2g", key, worst, worstFirst)
}

// distance is |x - y|.
func distance(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += (x[i] - y[i]) * (x[i] - y[i])
	}
	return math.Sqrt(s)
}
