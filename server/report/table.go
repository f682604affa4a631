package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
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

// text prints the table in columns, those of figures flush right.
func (t table) text(w io.Writer) error {
	lines := [][]string{t.Head}
	wide, marked := make([]int, len(t.Head)), make([]bool, len(t.Head))
	for _, r := range t.Rows {
		for i, c := range r.Cells {
			marked[i] = marked[i] || c.Strong
		}
	}
	for _, r := range t.Rows {
		var texts []string
		for i, c := range r.Cells {
			switch {
			case c.Strong:
				c.Text += " *"
			case marked[i] && i >= t.Left:
				c.Text += "  "
			}
			texts = append(texts, c.Text)
		}
		lines = append(lines, texts)
	}
	for _, texts := range lines {
		for i, text := range texts {
			wide[i] = max(wide[i], utf8.RuneCountInString(text))
		}
	}
	indent := ""
	if slices.ContainsFunc(t.Rows, func(r row) bool { return r.Section != "" }) {
		indent = "  "
	}
	var b strings.Builder
	for k, texts := range lines {
		line := indent
		if texts == nil {
			line = t.Rows[k-1].Section
		}
		for i, text := range texts {
			room := strings.Repeat(" ", wide[i]-utf8.RuneCountInString(text))
			if i < t.Left {
				line += text + room + "  "
			} else {
				line += room + text + "  "
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
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
