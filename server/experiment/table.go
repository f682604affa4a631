package experiment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"reta/server/run"
	"reta/shared/event"
	"reta/shared/trial"
)

// Verdict compares what was measured with what was published.
type Verdict string

// The verdicts. The standard error is that of the difference: of the measured mean and, where a deviation was published, of the
// published one.
const (
	Within  Verdict = "within two standard errors"
	Above   Verdict = "above"
	Below   Verdict = "below"
	Unknown Verdict = "error unknown" // of one seed
	Missing Verdict = "not run"
	Alone   Verdict = "" // nothing was published
)

// Table is what cells came to.
type Table struct {
	Title    string
	Measure  string
	Unit     string
	Source   string   // of what was published
	Varied   []string // axes with more than one value
	Axes     []string // those of them that tell the rows below a heading from each other
	Controls []string // those that a cell has, in words
	Groups   []Group
}

// Group is the rows below a heading, "" where there is none.
type Group struct {
	Heading string
	Rows    []Row
}

// Row is a cell; of several seeds of recovery, their mean.
type Row struct {
	Of         Cell
	Values     []string // of the table's axes
	Measured   trial.Stat
	Over       string       // what the error is over: "5 seeds"
	Published  trial.Stat   // N is 0 where nothing was
	Controls   []trial.Stat // as the table's
	Verdict    Verdict
	Difference trial.Difference
	State      State
	Note       string // why there is no number, or not one of each seed
}

// PublishedRuns is over how many runs a published deviation is taken to be, as the paper has it.
const PublishedRuns = 5

// controls are those that tables show.
var controls = []struct{ name, images, labels string }{
	{"random", event.Random, ""}, {"hard", event.Distilled, event.HardLabels}, {"patches", event.Patches, ""}, {"random, hard", event.Random, event.HardLabels}, {"whole set", event.AllReal, event.HardLabels},
}

// Tables are what the cells of a plan came to, one for each view of its file.
func Tables(p *Plan) ([]Table, error) {
	records := map[*Planned]*Record{}
	for _, c := range p.Cells {
		_, r, err := c.State()
		if err != nil {
			return nil, err
		}
		records[c] = r
	}
	var list []Table
	for _, v := range p.File.Views {
		list = append(list, p.table(v, records))
	}
	return list, nil
}

func (p *Plan) table(v View, records map[*Planned]*Record) Table {
	t := Table{Title: v.Title, Measure: v.Measure, Unit: unit(v.Measure), Source: v.Source, Varied: p.File.varied()}
	if t.Title == "" {
		t.Title = p.File.Title
	}
	t.Axes = p.telling(v.Sections)
	var keys []string
	same := map[string][]*Planned{} // cells that differ in the seed of recovery alone
	for _, c := range p.Cells {
		c1 := c.Cell
		c1.Seed = 0
		key := c1.Name()
		if same[key] == nil {
			keys = append(keys, key)
		}
		same[key] = append(same[key], c)
	}
	found := make([]bool, len(controls))
	for _, key := range keys {
		row := v.row(t.Axes, same[key], records)
		for i := range controls {
			found[i] = found[i] || row.Controls[i].N > 0
		}
		t.put(v.heading(same[key][0].Cell), row)
	}
	t.keep(found)
	return t
}

// telling are the axes that tell cells from each other beside those of the sections and the seed. Teachers and protocol are left
// out where they follow from the others.
func (p *Plan) telling(sections []string) (list []string) {
	all := p.File.varied()
	known := func(axes []string) int {
		seen := map[string]bool{}
		for _, c := range p.File.Cells {
			key := ""
			for _, name := range axes {
				key += c.Value(name) + "\n"
			}
			seen[key] = true
		}
		return len(seen)
	}
	for _, name := range []string{ProtocolAxis, TeachersAxis} {
		if i := slices.Index(all, name); i >= 0 {
			if rest := slices.Delete(slices.Clone(all), i, i+1); known(rest) == known(all) {
				all = rest
			}
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return name == SeedAxis || slices.Contains(sections, name) })
}

// heading is the values of the sections' axes.
func (v View) heading(c Cell) string {
	var words []string
	for _, name := range v.Sections {
		if value := c.Value(name); value != "" {
			words = append(words, shown(name, value))
		}
	}
	return strings.Join(words, ", ")
}

// shown is a value as a heading has it: numbers and switches with the name of their axis.
func shown(name, value string) string {
	if slices.Contains([]string{DataAxis, RecipeAxis, StudentAxis, ProtocolAxis}, name) {
		return value
	}
	if name == IPCAxis {
		return "IPC " + value
	}
	return name + " " + value
}

// put adds a row below its heading.
func (t *Table) put(heading string, r Row) {
	i := slices.IndexFunc(t.Groups, func(g Group) bool { return g.Heading == heading })
	if i < 0 {
		i = len(t.Groups)
		t.Groups = append(t.Groups, Group{Heading: heading})
	}
	t.Groups[i].Rows = append(t.Groups[i].Rows, r)
}

// keep leaves out the controls that no cell has.
func (t *Table) keep(found []bool) {
	for i, c := range controls {
		if found[i] {
			t.Controls = append(t.Controls, c.name)
		}
	}
	for g := range t.Groups {
		for k := range t.Groups[g].Rows {
			row := &t.Groups[g].Rows[k]
			var kept []trial.Stat
			for i, s := range row.Controls {
				if found[i] {
					kept = append(kept, s)
				}
			}
			row.Controls = kept
		}
	}
}

// row is cells that differ in the seed of recovery alone.
func (v View) row(axes []string, cells []*Planned, records map[*Planned]*Record) Row {
	first := cells[0]
	row := Row{Of: first.Cell, State: Done, Controls: make([]trial.Stat, len(controls))}
	for _, name := range axes {
		row.Values = append(row.Values, first.Value(name))
	}
	var values []trial.Stat
	of := make([][]trial.Stat, len(controls))
	for _, c := range cells {
		r := records[c]
		switch {
		case c.Reason != "":
			row.State, row.Note = NotRun, c.Reason
		case r == nil:
			row.State = Open
		case r.State == Failed:
			row.State, row.Note = Failed, "failed: "+r.Error
		default:
			s := r.measured(v.Measure)
			if s.N == 0 {
				row.Note = "what was run does not say it"
				continue
			}
			values = append(values, s)
			for i, control := range controls {
				if w := r.control(control.images, control.labels); w != nil && accuracy(v.Measure) {
					if s := w.stat(v.Measure); s.N > 0 {
						of[i] = append(of[i], s)
					}
				}
			}
		}
	}
	if missing := len(cells) - len(values); len(values) > 0 && missing > 0 {
		row.Note = fmt.Sprintf("%d of %d seeds of recovery have no number: %s", missing, len(cells), cmp.Or(row.Note, "not run yet"))
	}
	row.Measured, row.Over = pooled(values), over(values, first.over(v.Measure))
	for i := range controls {
		row.Controls[i] = pooled(of[i])
	}
	for _, p := range v.Published {
		if p.of(first.Cell) {
			row.Published = trial.Stat{N: PublishedRuns, Mean: p.Value, SD: p.SD, SE: p.SD / math.Sqrt(PublishedRuns)}
		}
	}
	row.judge()
	return row
}

// pooled is the mean over seeds of recovery, with its error over them; of one it is that of the students.
func pooled(values []trial.Stat) trial.Stat {
	if len(values) == 1 {
		return values[0]
	}
	var means []float64
	for _, s := range values {
		means = append(means, s.Mean)
	}
	return trial.Of(means)
}

func over(values []trial.Stat, what string) string {
	switch {
	case len(values) == 0:
		return ""
	case len(values) == 1:
		return event.Counted(values[0].N, what)
	}
	return fmt.Sprintf("%d recoveries", len(values))
}

// over is what the error of a measure is over, of one recovery.
func (c Cell) over(measure string) string {
	if i := c.Incremental; i.Orders > 1 && (measure != Last || i.Method == run.Distill) {
		return "order"
	}
	return "seed"
}

// judge compares what was measured with what was published.
func (r *Row) judge() {
	if r.Measured.N == 0 {
		r.Verdict = Missing
		return
	}
	if r.Published.N == 0 {
		r.Verdict = Alone
		return
	}
	r.Difference = trial.Less(r.Measured, r.Published)
	if math.IsNaN(r.Published.SE) {
		r.Difference.SE = r.Measured.SE
	}
	switch d := r.Difference; {
	case math.IsNaN(d.SE):
		r.Verdict = Unknown
	case !d.Shown():
		r.Verdict = Within
	case d.Mean > 0:
		r.Verdict = Above
	default:
		r.Verdict = Below
	}
}
