package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"path/filepath"
	"strings"
	"time"

	"reta/shared/trial"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"head": headHTML, "whole": func(text string) string { return unbroken.Replace(text) }, "prose": proseHTML, "symbol": symbolHTML,
	"style":  func() template.CSS { return template.CSS(pageStyle) },
	"stroke": func(s series) template.CSS { return template.CSS("border-color:var(--" + s.Colour.property() + ")") },
	"depth":  func(s share) template.CSS { return template.CSS(fmt.Sprintf("--share:%.3f", s.Share)) },
}).Parse(pageText))

// unbroken keeps a figure on its line.
var unbroken = strings.NewReplacer(" ± ", "\u00a0±\u00a0", " %", "\u00a0%", " points", "\u00a0points")

// page is what page.html shows.
type page struct {
	Title     string
	Made      string
	Names     []string
	Findings  []string
	Warnings  []warning
	About     table
	Versus    []table
	Compared  []chart
	Students  []students
	Shape     figures
	Runs      []shapeOf
	Kappa     *table
	Classes   table
	Losses    figures
	Teachers  figures
	Galleries []gallery
	Left      int // classes without pictures
	Settings  table
	Protocols table
	Legend    []struct{ Term, Meaning string }
}

// warning is what a run warned of.
type warning struct{ Run, Text string }

// students is what the students of a run came to.
type students struct {
	Run    string
	Tables []table
	Each   []student
}

// student is one network's part of it.
type student struct {
	Name      string
	Bars      chart
	Curves    figures
	Against   []chart
	Confusion *confusion
}

// shapeOf is a run's stages.
type shapeOf struct {
	Run           string
	Shape, Anchor table
	Changes       string
}

// HTML is a page with all that runs came to. It is one file: plots and images are in it, and it needs no script.
func HTML(runs []*Run) ([]byte, error) {
	names := namesOf(runs)
	p := page{Title: title(runs, names), Made: time.Now().Format("2 January 2006"), Names: names, Findings: findings(runs, names), About: about(runs, names),
		Classes: classes(runs, names), Settings: settings(runs, names), Protocols: protocols(runs, names), Legend: legend}
	for i, r := range runs {
		for _, text := range r.warnings {
			p.Warnings = append(p.Warnings, warning{names[i], text})
		}
	}
	err := p.draw(runs, names)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}

// draw makes what has charts or pictures.
func (p *page) draw(runs []*Run, names []string) (err error) {
	if base := evaluated(runs); base < len(runs)-1 {
		for _, t := range []table{versus(runs, names), gains(runs, names)} {
			if len(t.Rows) > 0 {
				p.Versus = append(p.Versus, t)
			}
		}
		for _, s := range trial.Students(runs[base].rows()) {
			c, ok, err := versusChart(runs, names, s)
			if err != nil {
				return err
			}
			if ok {
				p.Compared = append(p.Compared, c)
			}
		}
	}
	for i, r := range runs {
		if len(r.rows()) > 0 {
			s, err := r.students(names[i])
			if err != nil {
				return err
			}
			p.Students = append(p.Students, s)
		}
		if len(r.Ends) > 0 {
			t := r.stages()
			t.Left = 1
			part := shapeOf{names[i], t.columns(shapeColumns...), t.columns(anchorColumns...), changesInWords(r.Changes)}
			part.Shape.Caption = "Losses and shape of the classes at the end of each stage"
			part.Anchor.Caption = "Anchors of the residual connections"
			p.Runs = append(p.Runs, part)
		}
	}
	if len(p.Runs) > 1 {
		t := kappa(runs, names, false)
		t.Left = 1
		p.Kappa = &t
	}
	if p.Shape, err = shapeCharts(runs, names); err != nil {
		return err
	}
	if p.Losses, err = lossCharts(runs, names); err != nil {
		return err
	}
	if p.Teachers, err = teacherCharts(runs, names); err != nil {
		return err
	}
	p.Galleries, p.Left, err = galleries(runs, names)
	return err
}

// students makes a run's part of the evaluation.
func (r *Run) students(name string) (s students, err error) {
	s.Run = name
	for _, t := range []table{r.results(), r.differences(), r.ranking(), r.corrupted(), r.byCorruption()} {
		if len(t.Rows) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	for _, network := range trial.Students(r.rows()) {
		one := student{Name: network}
		if one.Bars, err = r.barsOf(network); err != nil {
			return s, err
		}
		if one.Curves, err = r.curvesOf(network); err != nil {
			return s, err
		}
		c, ok, err := r.accuracyAgainstKappa(network)
		if err != nil {
			return s, err
		}
		if ok {
			one.Against = []chart{c}
		}
		if one.Confusion, err = r.confusionOf(network); err != nil {
			return s, err
		}
		s.Each = append(s.Each, one)
	}
	return s, nil
}

// findings are what the runs show, a sentence each.
func findings(runs []*Run, names []string) (list []string) {
	for i, r := range runs {
		rows := r.rows()
		for _, network := range trial.Students(rows) {
			headline := trial.Headline(rows, network)
			if headline == "" {
				continue
			}
			if shown := trial.Compare(rows, network); len(shown) > 0 {
				headline += ". The difference to " + shown[0].B.Name() + ": " + inWordsOf(shown[0].Last)
			}
			list = append(list, names[i]+": "+headline+".")
		}
		if n := len(r.Ends); n > 0 && r.Ends[n-1].Mean.Pairs > 0 {
			list = append(list, fmt.Sprintf("%s: kappa is %.2f after stage 1 and %.2f at the end, cross-entropy of the images %.2f.",
				names[i], r.Ends[0].KappaTotal(), r.Ends[n-1].KappaTotal(), r.Ends[n-1].Mean.CE))
		}
	}
	return list
}

// namesOf are short names that tell runs apart: their folders', with as much of the path as that takes.
func namesOf(runs []*Run) []string {
	names, used := make([]string, len(runs)), map[string]int{}
	for _, r := range runs {
		used[r.name]++
	}
	for i, r := range runs {
		names[i] = r.name
		if used[r.name] > 1 {
			names[i] = filepath.Clean(r.given)
		}
	}
	return names
}
