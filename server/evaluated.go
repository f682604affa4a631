package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"reta/server/run"
	"reta/shared/event"
	"reta/shared/trial"
)

// printEvaluation prints a table for each student, then what the rows show in words.
func printEvaluation(w io.Writer, e *run.Evaluation) error {
	out := &checkedWriter{to: w}
	for _, s := range e.Students {
		p := s.Protocol
		fmt.Fprintf(out, "%s, protocol %s: %s, tested on %s of %s\n", s.Network, p.Name, event.Counted(p.Student.Epochs, "epoch"), event.Counted(e.TestImages, "image"), e.Dataset)
		t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintf(t, "  images\tlabels\tcount\tn\tlast top-1\tbest top-1\ttop-5\tsd\truns\ttime\n")
		for _, r := range e.Rows {
			if r.Student != s.Network && !strings.HasPrefix(r.Student, s.Network+" ") {
				continue
			}
			fmt.Fprintf(t, "  %s%s\t%s\t%d\t%d\t%s\t%s\t%.1f\t%s\t%s\t%s\n", trial.ImagesName(r.Images), strings.TrimPrefix(r.Student, s.Network), r.Labels, r.Count, r.N,
				withError(r.Last), withError(r.Best), 100*r.Last.Top5, percent(r.Last.SD), percents(r.Runs), seconds(r.Seconds))
		}
		t.Flush()
		if best := e.Best(s); best != "" {
			fmt.Fprintf(out, "  the best of the search, chosen on the test images: %s\n", best)
		}
		fmt.Fprintln(out)
	}
	for _, line := range e.Findings {
		fmt.Fprintf(out, "%s\n", line)
	}
	for _, r := range e.Ranking {
		fmt.Fprintf(out, "%s: HLR %s, IOR %s, LRS %s, ARS %s (DD-Ranking)\n", r.Student, points(r.HLR), points(r.IOR), score(r.LRS), score(r.ARS))
	}
	fmt.Fprintf(out, "%.0f MiB of device memory on %s\n", float64(e.Memory)/(1<<20), e.Device)
	return out.err
}

func withError(a run.Accuracy) string {
	if a.SE == nil {
		return fmt.Sprintf("%.1f", 100*a.Top1)
	}
	return fmt.Sprintf("%.1f +- %.1f", 100*a.Top1, 100**a.SE)
}

func percent(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", 100**v)
}

func points(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%+.1f points", 100**v)
}

func score(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *v)
}

func percents(list []float64) string {
	var words []string
	for _, v := range list {
		words = append(words, fmt.Sprintf("%.1f", 100*v))
	}
	return strings.Join(words, " ")
}

func seconds(s float64) string {
	if s < 600 {
		return fmt.Sprintf("%.0f s", s)
	}
	return fmt.Sprintf("%.0f min", s/60)
}

// printTrials prints a line of comma-separated values for each trial.
func printTrials(w io.Writer, e *run.Evaluation) error {
	table := csv.NewWriter(w)
	_ = table.Write([]string{"images", "labels", "student", "seed", "count", "epochs", "last_top1", "last_top5", "best_top1", "best_top5", "best_epoch", "seconds"}) // Flush reports errors
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, o := range e.Trials {
		last, best := o.Last(), o.Best()
		_ = table.Write([]string{o.Images, o.Labels, o.Student, fmt.Sprint(o.Seed), fmt.Sprint(o.Count), fmt.Sprint(last.Epoch), number(last.Top1), number(last.Top5),
			number(best.Top1), number(best.Top5), fmt.Sprint(best.Epoch), number(o.Seconds)})
	}
	table.Flush()
	return table.Error()
}
