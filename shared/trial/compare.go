package trial

import "reta/shared/event"

// Comparison is two rows of a student that differ in one thing, and what it does to the accuracy: A minus B.
type Comparison struct {
	Question   string // that it answers
	A, B       *Row
	Last, Best Difference
}

// Compare lists what the rows of a student show, in the order of importance. Where trials are missing it is shorter.
func Compare(rows []Row, student string) (list []Comparison) {
	for _, c := range []struct {
		question string
		a, b     [2]string // images, labels
	}{
		{"Do distilled images teach more than random ones?", [2]string{event.Distilled, event.SoftLabels}, [2]string{event.Random, event.SoftLabels}},
		{"And with hard labels?", [2]string{event.Distilled, event.HardLabels}, [2]string{event.Random, event.HardLabels}},
		{"Does recovery improve the images it starts from?", [2]string{event.Distilled, event.SoftLabels}, [2]string{event.Patches, event.SoftLabels}},
		{"What do soft labels add?", [2]string{event.Distilled, event.SoftLabels}, [2]string{event.Distilled, event.HardLabels}},
		{"What is left to all real images?", [2]string{event.AllReal, event.SoftLabels}, [2]string{event.Distilled, event.SoftLabels}},
		{"What is left to all real images with hard labels?", [2]string{event.AllReal, event.HardLabels}, [2]string{event.Distilled, event.SoftLabels}},
	} {
		a, b := Find(rows, c.a[0], c.a[1], student), Find(rows, c.b[0], c.b[1], student)
		if a == nil || b == nil || a.Last.N == 0 || b.Last.N == 0 {
			continue
		}
		list = append(list, Comparison{c.question, a, b, Less(a.Last, b.Last), Less(a.Best, b.Best)})
	}
	return list
}

// Sentence says what a comparison shows of the last test: "distilled images, soft labels minus random real images, soft labels:
// +2.0 +- 0.5 points".
func (c Comparison) Sentence() string {
	return c.A.Name() + " minus " + c.B.Name() + ": " + c.Last.String()
}

// Leads reports whether the mean of the i-th of some values is the highest and its difference to each of the others is
// shown. Alone it does not lead.
func Leads(values []Stat, i int) bool {
	others := 0
	for k, v := range values {
		if k == i || v.N == 0 {
			continue
		}
		if d := Less(values[i], v); !(d.Mean > 0) || !d.Shown() {
			return false
		}
		others++
	}
	return others > 0
}
