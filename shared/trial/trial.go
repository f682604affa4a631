// Package trial draws conclusions from the trials of an evaluation: means over seeds with their standard errors, and
// differences to the controls. The server's tables and the viewer's bars have their numbers from here.
package trial

import (
	"math"

	"reta/shared/event"
)

// Stat is a mean over seeds. SD and SE are NaN for one seed: nothing is known of its error.
type Stat struct {
	N    int
	Mean float64
	SD   float64 // sample standard deviation, n-1
	SE   float64 // of the mean: SD / sqrt(n)
}

// Of is the mean of some values and its error.
func Of(values []float64) Stat {
	s := Stat{N: len(values), Mean: math.NaN(), SD: math.NaN(), SE: math.NaN()}
	if s.N == 0 {
		return s
	}
	s.Mean = 0
	for _, v := range values {
		s.Mean += v / float64(s.N)
	}
	if s.N == 1 {
		return s
	}
	sum := 0.0
	for _, v := range values {
		sum += (v - s.Mean) * (v - s.Mean)
	}
	s.SD = math.Sqrt(sum / float64(s.N-1))
	s.SE = s.SD / math.Sqrt(float64(s.N))
	return s
}

// Row is all finished trials that differ in their seed only. Accuracies are fractions.
type Row struct {
	Images, Labels, Student string
	First                   int   // place of the first of them in the list
	Of                      []int // places of the finished ones
	Planned                 int   // all of them, finished or not
	Count                   int   // training images
	Last, LastTop5          Stat  // of the last test
	Best, BestTop5          Stat  // of the best test, which is chosen on the test images
	Seconds                 float64
}

// Rows groups trials in the order of their first appearance.
func Rows(list []event.Trial) []Row {
	var rows []Row
	at := map[[3]string]int{}
	values := map[[3]string]*[4][]float64{}
	for i, t := range list {
		key := [3]string{t.Images, t.Labels, t.Student}
		k, known := at[key]
		if !known {
			k = len(rows)
			at[key], values[key] = k, new([4][]float64)
			rows = append(rows, Row{Images: t.Images, Labels: t.Labels, Student: t.Student, First: i, Count: t.Count})
		}
		r := &rows[k]
		r.Planned++
		if t.State != event.Trained {
			continue
		}
		r.Of = append(r.Of, i)
		r.Seconds += float64(t.Seconds)
		for j, v := range []float32{t.Last, t.LastTop5, t.Best, t.BestTop5} {
			values[key][j] = append(values[key][j], float64(v))
		}
	}
	for key, k := range at {
		v, r := values[key], &rows[k]
		r.Last, r.LastTop5, r.Best, r.BestTop5 = Of(v[0]), Of(v[1]), Of(v[2]), Of(v[3])
	}
	return rows
}

// Find is the row of some images, labels and student, nil where there is none.
func Find(rows []Row, images, labels, student string) *Row {
	for i := range rows {
		if rows[i].Images == images && rows[i].Labels == labels && rows[i].Student == student {
			return &rows[i]
		}
	}
	return nil
}

// Difference is one mean minus another, with the standard error of the difference of independent means.
type Difference struct{ Mean, SE float64 }

// Less is a - b.
func Less(a, b Stat) Difference { return Difference{a.Mean - b.Mean, math.Hypot(a.SE, b.SE)} }

// Shown reports that there is a difference, of at least twice its standard error. Without an error nothing is shown.
func (d Difference) Shown() bool { return d.Mean != 0 && math.Abs(d.Mean) >= 2*d.SE }

// String says what the difference is in percentage points: "+2.0 +- 0.5 points", "no difference shown (+0.3 +- 0.5
// points)", "+2.0 points, of one seed: error unknown".
func (d Difference) String() string {
	switch {
	case math.IsNaN(d.Mean):
		return "not known"
	case math.IsNaN(d.SE):
		return points("%+.1f points, of one seed: error unknown", d)
	case d.Shown():
		return points("%+.1f +- %.1f points", d)
	}
	return points("no difference shown (%+.1f +- %.1f points)", d)
}
