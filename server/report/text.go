package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"reta/server/run"
	"reta/shared/event"
	"reta/shared/trial"
)

// Text prints the stages of each run and what students made of its images, with a legend, then several runs side by side.
// With classes it prints kappa of every class.
func Text(w io.Writer, runs []*Run, classes bool) error {
	names := namesOf(runs)
	var b strings.Builder
	shapes := 0
	for _, r := range runs {
		fmt.Fprintf(&b, "%s: recipe %s, %s, %s per class\n", r.given, r.Hello.Recipe, r.Hello.Dataset, event.Counted(r.Hello.IPC, "image"))
		if len(r.Ends) > 0 {
			shapes++
			r.printStages(&b)
		}
		if len(r.rows()) > 0 {
			fmt.Fprintln(&b)
			r.printStudents(&b)
		}
		fmt.Fprintln(&b)
	}
	if shapes > 0 {
		printLegend(&b)
	}
	if shapes > 1 || shapes > 0 && classes {
		kappa(runs, names, classes).text(&b)
	}
	if base := evaluated(runs); base < len(runs)-1 {
		for _, t := range []table{versus(runs, names), gains(runs, names)} {
			if len(t.Rows) > 0 {
				fmt.Fprintf(&b, "\n%s\n", t.Caption)
				t.text(&b)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Closing prints the closing table of a run with its legend.
func (r *Run) Closing(w io.Writer) {
	r.printStages(w)
	printLegend(w)
}

func (r *Run) printStages(w io.Writer) {
	r.stages().text(w)
	if len(r.Changes) > 0 {
		fmt.Fprintf(w, "settings changed during the run: %s\n", changesInWords(r.Changes))
	}
}

// Evaluation prints what students came to in an evaluation, as Text does of a run that has one.
func Evaluation(w io.Writer, e *run.Evaluation) error {
	r := newRun()
	r.take(e)
	var b strings.Builder
	r.printStudents(&b)
	fmt.Fprintf(&b, "%.0f MiB of device memory on %s\n", float64(e.Memory)/(1<<20), e.Device)
	_, err := io.WriteString(w, b.String())
	return err
}

// printStudents prints what students came to, and what they show.
func (r *Run) printStudents(w io.Writer) {
	for _, s := range r.trained() {
		fmt.Fprintf(w, "%s, protocol %s: %s, tested on %s of %s\n", s.Network, s.Protocol.Name, event.Counted(s.Protocol.Student.Epochs, "epoch"),
			event.Counted(r.Trials.TestImages, "image"), r.Hello.Dataset)
	}
	rows := r.rows()
	for _, student := range trial.Students(rows) {
		if line := trial.Headline(rows, student); line != "" {
			fmt.Fprintln(w, line)
		}
	}
	for _, t := range []table{r.results(), r.differences(), r.ranking(), r.corrupted(), r.byCorruption()} {
		if len(t.Rows) > 0 {
			fmt.Fprintf(w, "\n%s\n", t.Caption)
			t.text(w)
		}
	}
}

func printLegend(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 4, ' ', 0)
	for _, l := range legend {
		fmt.Fprintf(t, "%s\t%s\n", l.Term, l.Meaning)
	}
	t.Flush()
}
