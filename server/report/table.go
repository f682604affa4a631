package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// table is figures for people, which are printed, set in HTML and set in LaTeX.
type table struct {
	name    string // in a label of LaTeX
	Caption string
	Head    []string
	Left    int // columns of words, the first ones; the others are figures
	Rows    []row

	sentences bool // words are so long that they wrap
	Notes     []string
	bold      string // what strong cells are, "" where there are none
}

// row is a line of a table, or a heading over the following ones.
type row struct {
	Section string // then it has no cells
	Cells   []cell
}

// cell is an entry. Text of none is none.
type cell struct {
	Text   string
	Strong bool // better than the others, and the difference is shown; of settings: the runs differ
	Symbol bool // Text is one of the paper's
}

// none stands where a figure does not apply.
const none = "-"

// add appends a row.
func (t *table) add(texts ...string) {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		cells[i].Text = text
	}
	t.Rows = append(t.Rows, row{Cells: cells})
}

// columns is the table with some of its columns.
func (t table) columns(keep ...int) table {
	out := t
	out.Head, out.Rows, out.Left = nil, nil, 0
	for _, k := range keep {
		out.Head = append(out.Head, t.Head[k])
		if k < t.Left {
			out.Left++
		}
	}
	for _, r := range t.Rows {
		cells := []cell(nil)
		for _, k := range keep {
			if r.Section == "" {
				cells = append(cells, r.Cells[k])
			}
		}
		out.Rows = append(out.Rows, row{r.Section, cells})
	}
	return out
}

// text prints the table in columns.
func (t table) text(w io.Writer) error {
	align := uint(tabwriter.AlignRight)
	if t.Left > 0 {
		align = 0
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', align)
	end := "\t\n"
	if t.Left > 0 {
		end = "\n"
	}
	indent := ""
	if slices.ContainsFunc(t.Rows, func(r row) bool { return r.Section != "" }) {
		indent = "  "
	}
	fmt.Fprint(out, indent, strings.Join(t.Head, "\t"), end)
	for _, r := range t.Rows {
		if r.Section != "" {
			fmt.Fprintf(out, "%s\n", r.Section)
			continue
		}
		texts := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			if texts[i] = c.Text; c.Strong {
				texts[i] += " *"
			}
		}
		fmt.Fprint(out, indent, strings.Join(texts, "\t"), end)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, n := range t.notes("*") {
		if _, err := fmt.Fprintln(w, n); err != nil {
			return err
		}
	}
	return nil
}

// notes are those below the table, with what strong cells, shown as mark, are.
func (t table) notes(mark string) []string {
	if t.bold == "" {
		return t.Notes
	}
	return append([]string{mark + ": " + t.bold}, t.Notes...)
}

// Below is the notes where strong cells are bold.
func (t table) Below() []string { return t.notes("Bold") }

// figure is a number where there is one.
func figure(there bool, format string, v float64) string {
	if !there {
		return none
	}
	return fmt.Sprintf(format, v)
}
