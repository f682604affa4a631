package report

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"reta/server/experiment"
	"reta/shared/trial"
)

//go:embed cells.html
var cellsText string

var cellsTemplate = template.Must(template.Must(pageTemplate.Clone()).Parse(cellsText))

// CellsText prints what the cells of an experiment came to.
func CellsText(w io.Writer, tables []experiment.Table) error {
	var b strings.Builder
	for i, t := range tables {
		if i > 0 {
			b.WriteString("\n")
		}
		of := cells(t, i)
		fmt.Fprintf(&b, "%s\n", of.Caption)
		of.text(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// CellsLaTeX is the tables for a paper that loads booktabs and longtable.
func CellsLaTeX(tables []experiment.Table) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("% \\usepackage{booktabs,longtable}\n")
	for i, t := range tables {
		cells(t, i).latex(&b)
	}
	return b.Bytes(), nil
}

// CellsHTML is the tables as a page.
func CellsHTML(tables []experiment.Table) ([]byte, error) {
	var b bytes.Buffer
	p := struct {
		Title, Made string
		Tables      []table
	}{tables[0].Title, time.Now().Format("2 January 2006"), nil}
	for i, t := range tables {
		p.Tables = append(p.Tables, cells(t, i))
	}
	if err := cellsTemplate.ExecuteTemplate(&b, "cells", p); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}

// CellsCSV is a row for each cell of each table, numbers in full and an empty field where there is none.
func CellsCSV(tables []experiment.Table) ([]byte, error) {
	var axes, controls []string
	for _, t := range tables {
		for _, a := range t.Varied {
			if !slices.Contains(axes, a) {
				axes = append(axes, a)
			}
		}
		for _, c := range t.Controls {
			if !slices.Contains(controls, c) {
				controls = append(controls, c)
			}
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := append([]string{"measure"}, axes...)
	head = append(head, "measured", "se", "sd", "n", "published", "published_sd", "difference", "difference_se", "verdict", "state", "note")
	for _, c := range controls {
		name := strings.ReplaceAll(strings.ReplaceAll(c, ", ", "_"), " ", "_")
		head = append(head, name, name+"_se")
	}
	w.Write(head) // errors are kept for Error
	for _, t := range tables {
		for _, g := range t.Groups {
			for _, r := range g.Rows {
				fields := []string{t.Measure}
				for _, a := range axes {
					fields = append(fields, r.Of.Value(a))
				}
				for _, v := range []any{r.Measured.Mean, r.Measured.SE, r.Measured.SD, r.Measured.N, where(r.Published.N > 0, r.Published.Mean), where(r.Published.N > 0, r.Published.SD),
					where(r.Published.N > 0, r.Difference.Mean), where(r.Published.N > 0, r.Difference.SE), r.Verdict, r.State, r.Note} {
					fields = append(fields, field(v))
				}
				for _, c := range controls {
					s := trial.Of(nil)
					if k := slices.Index(t.Controls, c); k >= 0 {
						s = r.Controls[k]
					}
					fields = append(fields, field(s.Mean), field(s.SE))
				}
				w.Write(fields)
			}
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}

// cells is an experiment's table for people. Why a cell has no number, or not of all seeds, is said below it.
func cells(t experiment.Table, at int) table {
	out := table{name: fmt.Sprintf("experiment-%d", at+1), Caption: t.Title + ": " + t.Unit, Left: len(t.Axes), Head: slices.Clone(t.Axes)}
	published, over := false, false
	for _, g := range t.Groups {
		for _, r := range g.Rows {
			published = published || r.Published.N > 0
			over = over || r.Measured.N > 1
		}
	}
	out.Head = append(out.Head, "measured", "over")
	if published {
		out.Head = append(out.Head, "published", "difference")
	}
	out.Head = append(append(out.Head, "verdict"), t.Controls...)
	var reasons []string
	for _, g := range t.Groups {
		if g.Heading != "" {
			out.Rows = append(out.Rows, row{Section: g.Heading})
		}
		for _, r := range g.Rows {
			texts := append(slices.Clone(r.Values), statistic(r.Measured), orNone(r.Over))
			if published {
				texts = append(texts, deviating(r.Published), difference(r))
			}
			texts = append(texts, verdict(r, &reasons))
			for _, s := range r.Controls {
				texts = append(texts, statistic(s))
			}
			out.add(texts...)
		}
	}
	for i, text := range reasons {
		out.Notes = append(out.Notes, fmt.Sprintf("[%d] %s", i+1, text))
	}
	if over {
		out.Notes = append(out.Notes, "Measured: mean ± standard error, over students' seeds or over recoveries with seeds of their own.")
	}
	if published {
		if t.Source != "" {
			out.Notes = append(out.Notes, "Published: "+t.Source+".")
		}
		out.Notes = append(out.Notes, fmt.Sprintf("Difference: measured less published, ± its standard error; of a published number without deviation that of the measured one alone, else the deviation / √%d is counted too. "+
			"Within: below two standard errors.", experiment.PublishedRuns))
	}
	return out
}

// verdict is a row's in words; the reason why there is none, or why it is not of all seeds, is added to the others.
func verdict(r experiment.Row, reasons *[]string) string {
	word := orNone(string(r.Verdict))
	switch {
	case r.Verdict != experiment.Missing:
	case r.State == experiment.Failed:
		word = "failed"
	case r.Note == "":
		word = "not run yet"
	}
	if r.Note == "" {
		return word
	}
	i := slices.Index(*reasons, r.Note)
	if i < 0 {
		i = len(*reasons)
		*reasons = append(*reasons, r.Note)
	}
	return fmt.Sprintf("%s [%d]", word, i+1)
}

// statistic is a mean with its standard error.
func statistic(s trial.Stat) string {
	switch {
	case s.N == 0:
		return none
	case math.IsNaN(s.SE):
		return significant(s.Mean)
	}
	return significant(s.Mean) + " ± " + significant(s.SE)
}

// deviating is a published mean with its deviation.
func deviating(s trial.Stat) string {
	switch {
	case s.N == 0:
		return none
	case math.IsNaN(s.SD):
		return significant(s.Mean)
	}
	return significant(s.Mean) + " (sd " + significant(s.SD) + ")"
}

func difference(r experiment.Row) string {
	switch d := r.Difference; {
	case r.Published.N == 0 || r.Measured.N == 0:
		return none
	case math.IsNaN(d.SE):
		return fmt.Sprintf("%+.1f", d.Mean)
	default:
		return fmt.Sprintf("%+.1f ± %.1f", d.Mean, d.SE)
	}
}

// significant has one digit after the point, more below one.
func significant(v float64) string {
	if v != 0 && math.Abs(v) < 0.1 {
		return fmt.Sprintf("%.2g", v)
	}
	return fmt.Sprintf("%.1f", v)
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}
