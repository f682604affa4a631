package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"reta/shared/event"
	"reta/shared/trial"
)

// trials takes in a list of trials. What was read of a place where another trial stands now is of an earlier evaluation.
func (r *Run) trials(now event.Trials) {
	if r.Trials != nil {
		for i, was := range r.Trials.List {
			if i < len(now.List) && was.Same(now.List[i]) {
				continue
			}
			delete(r.curves, i)
			delete(r.confusions, i)
			delete(r.mistakes, i)
		}
	}
	r.Trials = &now
}

// rows are the finished trials, those that differ in their seed together.
func (r *Run) rows() []trial.Row {
	if r.Trials == nil {
		return nil
	}
	return slices.DeleteFunc(trial.Rows(r.Trials.List), func(w trial.Row) bool { return w.Last.N == 0 })
}

// results is what students came to on each set of images: accuracy in per cent.
func (r *Run) results() table {
	rows := r.rows()
	t := table{name: "students", Left: 2,
		Caption: fmt.Sprintf("Test accuracy of students in per cent, mean ± standard error over their seeds; protocol %s, %s", r.Trials.Protocol,
			event.Counted(r.Trials.TestImages, "test image")),
		Head: []string{"images", "labels", "number", "seeds", "top-1, last", "top-1, best", "top-5, last", "top-5, best", "time", "sd", "each seed"}}
	for _, student := range trial.Students(rows) {
		t.Rows = append(t.Rows, row{Section: student})
		for _, w := range rows {
			if w.Student != student {
				continue
			}
			seeds := fmt.Sprint(w.Last.N)
			if w.Planned > w.Last.N {
				seeds = fmt.Sprintf("%d of %d", w.Last.N, w.Planned)
			}
			t.add(trial.ImagesName(w.Images), w.Labels, fmt.Sprint(w.Count), seeds, accuracy(w.Last), accuracy(w.Best), accuracy(w.LastTop5), accuracy(w.BestTop5), event.Duration(w.Seconds),
				known("%.1f", 100*w.Last.SD), r.each(w))
			cells := t.Rows[len(t.Rows)-1].Cells
			cells[4].Strong = leads(rows, w, func(w trial.Row) trial.Stat { return w.Last })
			cells[5].Strong = leads(rows, w, func(w trial.Row) trial.Stat { return w.Best })
		}
	}
	t.bold = "the highest of all sets of as many images with the same labels, its difference to each of the others at least twice its standard error."
	t.Notes = []string{
		"Last is the test after the last epoch, best the highest of all tests, which is chosen on the test images. Standard errors are of the students' seeds: the images are those of one run. " +
			"Time is of all seeds; sd, the sample standard deviation, and each seed are of the last test's top-1.",
	}
	for _, s := range r.trained() {
		if best := r.evaluation.Best(s); best != "" {
			t.Notes = append(t.Notes, "The best of the search, chosen on the test images: "+best+".")
		}
	}
	return t
}

// paperColumns are those of results that a paper has room for.
var paperColumns = []int{0, 1, 2, 3, 4, 5, 6, 7, 8}

// each is the last top-1 of the trials of a row, by seed.
func (r *Run) each(w trial.Row) string {
	const most = 10
	var words []string
	for _, i := range w.Of {
		words = append(words, fmt.Sprintf("%.1f", 100*r.Trials.List[i].Last))
	}
	if len(words) > most {
		words = append(words[:most], "…")
	}
	return strings.Join(words, " ")
}

// leads reports whether a row's value is shown to be the highest among the sets of as many images with its labels and student.
func leads(rows []trial.Row, w trial.Row, of func(trial.Row) trial.Stat) bool {
	var values []trial.Stat
	at := 0
	for _, o := range rows {
		if o.Student != w.Student || o.Labels != w.Labels || o.Count != w.Count {
			continue
		}
		if o.Images == w.Images {
			at = len(values)
		}
		values = append(values, of(o))
	}
	return trial.Leads(values, at)
}

// accuracy is a mean in per cent with its standard error.
func accuracy(s trial.Stat) string {
	switch {
	case s.N == 0:
		return none
	case math.IsNaN(s.SE):
		return fmt.Sprintf("%.1f", 100*s.Mean)
	}
	return fmt.Sprintf("%.1f ± %.1f", 100*s.Mean, 100*s.SE)
}

// differences says in words what the trials show.
func (r *Run) differences() table {
	t := table{name: "differences", Caption: "What the students show, in percentage points of top-1", Left: 4, sentences: true, Head: []string{"question", "compared", "last test", "best test"}}
	rows := r.rows()
	for _, student := range trial.Students(rows) {
		t.Rows = append(t.Rows, row{Section: student})
		for _, c := range trial.Compare(rows, student) {
			t.add(c.Question, c.A.Name()+" minus "+c.B.Name(), inWordsOf(c.Last), inWordsOf(c.Best))
		}
		if n := len(t.Rows); t.Rows[n-1].Section != "" {
			t.Rows = t.Rows[:n-1]
		}
	}
	t.Notes = []string{"A difference smaller than twice its standard error is not shown by these trials."}
	return t
}

// inWordsOf is a difference with the sign that print has.
func inWordsOf(d trial.Difference) string { return strings.ReplaceAll(d.String(), "+-", "±") }

// ranking is DD-Ranking's scores of each student.
func (r *Run) ranking() table {
	t := table{name: "ranking", Caption: "Scores of DD-Ranking, HLR and IOR in percentage points, LRS and ARS from 0 to 1", Left: 1, Head: []string{"student", "HLR", "IOR", "LRS", "ARS"}}
	rows := r.rows()
	for _, student := range trial.Students(rows) {
		s := trial.Rank(rows, student)
		if strings.HasSuffix(student, trial.WholeViews) || math.IsNaN(s.HLR) && math.IsNaN(s.IOR) {
			continue
		}
		t.add(student, known("%+.1f", 100*s.HLR), known("%+.1f", 100*s.IOR), known("%.3f", s.LRS), known("%.3f", s.ARS))
	}
	t.Notes = []string{"HLR: accuracy on all real images minus that on the distilled ones, both with hard labels; lower is better. IOR: distilled minus random images, both with soft labels; higher is better. " +
		"LRS, the label-robust score, joins the two; ARS, the augmentation-robust score, joins IOR with the same of students that see whole images only; higher is better."}
	return t
}

// known is a number where there is one.
func known(format string, v float64) string { return figure(!math.IsNaN(v), format, v) }

// versus is the students of several runs beside each other.
func versus(runs []*Run, names []string) table {
	t := table{name: "runs-students", Caption: "Students of each run, top-1 of the last test in per cent, mean ± standard error", Left: 3,
		Head: append([]string{"student", "images", "labels"}, names...)}
	t.bold = "the highest of a line, its difference to each of the others at least twice its standard error."
	base := evaluated(runs)
	for i, r := range runs[base+1:] {
		if why := incomparable(r, runs[base]); why != "" {
			t.Notes = append(t.Notes, fmt.Sprintf("%s and %s differ in their %s: their students do not compare.", names[base+1+i], names[base], why))
		}
	}
	for _, key := range rowKeys(runs) {
		cells := []cell{{Text: key[0]}, {Text: trial.ImagesName(key[1])}, {Text: key[2]}}
		values := make([]trial.Stat, len(runs))
		for i, r := range runs {
			if w := trial.Find(r.rows(), key[1], key[2], key[0]); w != nil {
				values[i] = w.Last
			}
		}
		for i, v := range values {
			cells = append(cells, cell{Text: accuracy(v), Strong: len(t.Notes) == 0 && trial.Leads(values, i)})
		}
		t.Rows = append(t.Rows, row{Cells: cells})
	}
	return t
}

// gains says in words how the students of the distilled images of later runs differ from those of the first.
func gains(runs []*Run, names []string) table {
	t := table{name: "runs-differences", Caption: "Distilled images of one run against another's, in percentage points of top-1", Left: 5,
		Head: []string{"student", "labels", "compared", "last test", "best test"}}
	base := evaluated(runs)
	for i, r := range runs[base+1:] {
		if incomparable(r, runs[base]) != "" {
			continue
		}
		for _, key := range rowKeys(runs[base : base+1]) {
			a, b := trial.Find(r.rows(), key[1], key[2], key[0]), trial.Find(runs[base].rows(), key[1], key[2], key[0])
			if a != nil && key[1] == event.Distilled {
				t.add(key[0], key[2], names[base+1+i]+" minus "+names[base], inWordsOf(trial.Less(a.Last, b.Last)), inWordsOf(trial.Less(a.Best, b.Best)))
			}
		}
	}
	t.Notes = []string{"One synthesis of each run: what another seed of the run would change is not in the standard errors."}
	return t
}

// evaluated is the place of the first run with finished trials, the number of runs where there is none.
func evaluated(runs []*Run) int {
	if i := slices.IndexFunc(runs, func(r *Run) bool { return len(r.rows()) > 0 }); i >= 0 {
		return i
	}
	return len(runs)
}

// incomparable says in what two runs differ so that their students do not compare, "" where in nothing, or where a has none.
func incomparable(a, b *Run) string {
	switch {
	case len(a.rows()) == 0:
		return ""
	case !alike(a, b) || a.Hello.Dataset != b.Hello.Dataset:
		return "classes"
	case a.Trials.Protocol != b.Trials.Protocol:
		return "protocol"
	case a.Trials.TestImages != b.Trials.TestImages:
		return "test images"
	}
	return ""
}

// rowKeys lists student, images and labels of the rows of runs, each once.
func rowKeys(runs []*Run) (list [][3]string) {
	for _, r := range runs {
		for _, w := range r.rows() {
			if key := [3]string{w.Student, w.Images, w.Labels}; !slices.Contains(list, key) {
				list = append(list, key)
			}
		}
	}
	return list
}
