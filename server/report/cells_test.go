package report

import (
	"bytes"
	"encoding/csv"
	"math"
	"strings"
	"testing"

	"reta/server/experiment"
	"reta/shared/trial"
)

// madeCells is a table of an experiment with a row of every verdict, and names that are taken for something else wherever they
// are not escaped.
func madeCells() []experiment.Table {
	nan := math.NaN()
	measured := func(mean float64) trial.Stat { return trial.Stat{N: 5, Mean: mean, SD: 2, SE: 0.75} }
	row := func(recipe string, m, p trial.Stat, v experiment.Verdict) experiment.Row {
		r := experiment.Row{Of: experiment.Cell{Data: "made & more_", Recipe: recipe, IPC: 10}, Values: []string{recipe}, Measured: m, Over: "5 seeds", Published: p, Verdict: v, State: experiment.Done,
			Controls: []trial.Stat{measured(41)}, Difference: trial.Less(m, p)}
		if m.N == 0 {
			r.Over, r.Controls = "", []trial.Stat{{}}
		}
		return r
	}
	published := trial.Stat{N: 5, Mean: 50.25, SD: 1, SE: 1}
	missing := row("<b>", trial.Of(nil), published, experiment.Missing)
	missing.State, missing.Note = experiment.NotRun, "unknown recipe <b>"
	failed := row("mtt", trial.Of(nil), trial.Stat{}, experiment.Missing)
	failed.State, failed.Note = experiment.Failed, "failed: out of memory"
	open := row("idc", trial.Of(nil), published, experiment.Missing)
	open.State = experiment.Open
	rows := []experiment.Row{
		row("a", measured(50), published, experiment.Within), row("b", measured(60), published, experiment.Above), row("c", measured(40), published, experiment.Below),
		row("d", trial.Stat{N: 1, Mean: 50, SD: nan, SE: nan}, trial.Stat{N: 5, Mean: 50, SD: nan, SE: nan}, experiment.Unknown), row("e", measured(50), trial.Stat{}, experiment.Alone),
		missing, failed, open,
	}
	return []experiment.Table{{Title: "Made_1", Measure: experiment.Best, Unit: "top-1 in per cent", Source: "a paper", Varied: []string{"data", "recipe"}, Axes: []string{"recipe"}, Controls: []string{"random, hard"},
		Groups: []experiment.Group{{Heading: "made & more_", Rows: rows}}}}
}

func TestCellsText(t *testing.T) {
	var b bytes.Buffer
	if err := CellsText(&b, madeCells()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Made_1: top-1 in per cent\n", "  recipe  ", "made & more_\n", "50.0 ± 0.8  5 seeds  50.2 (sd 1.0)   -0.2 ± 1.2  within two standard errors    41.0 ± 0.8",
		"above", "below", "error unknown", "not run [1]", "failed [2]", "not run yet", "[1] unknown recipe <b>\n", "[2] failed: out of memory\n", "Published: a paper.\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("does not say %q:\n%s", want, b.String())
		}
	}
}

func TestCellsLaTeX(t *testing.T) {
	data, err := CellsLaTeX(madeCells())
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, want := range []string{`\caption{Made\_1: top-1 in per cent}`, `made \& more\_`, `\textless{}b\textgreater{}`, `50.0 $\pm$ 0.8`, `within two standard errors`, "\\bottomrule"} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
	for _, environment := range []string{"table", "tabular"} {
		if a, b := strings.Count(text, `\begin{`+environment+`}`), strings.Count(text, `\end{`+environment+`}`); a != 1 || b != 1 {
			t.Errorf("%s begins %d times and ends %d times", environment, a, b)
		}
	}
}

func TestCellsHTML(t *testing.T) {
	data, err := CellsHTML(madeCells())
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, want := range []string{"<title>Made_1</title>", "&lt;b&gt;", "made &amp; more_", "within two standard errors", "</html>", "<style>"} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q", want)
		}
	}
	if strings.Contains(text, "<b>") {
		t.Error("a name is taken for a tag")
	}
}

func TestCellsCSV(t *testing.T) {
	data, err := CellsCSV(madeCells())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(rows) != 9 {
		t.Fatalf("%d rows, %v: want the heading and 8\n%s", len(rows), err, data)
	}
	for i, want := range map[int]string{
		0: "measure,data,recipe,measured,se,sd,n,published,published_sd,difference,difference_se,verdict,state,note,random_hard,random_hard_se",
		2: "best,made & more_,b,60,0.75,2,5,50.25,1,9.75,1.25,above,done,,41,0.75",
		5: "best,made & more_,e,50,0.75,2,5,,,,,,done,,41,0.75",
		6: "best,made & more_,<b>,,,,0,50.25,1,,,not run,not run,unknown recipe <b>,0,0",
	} {
		if got := strings.Join(rows[i], ","); got != want {
			t.Errorf("row %d: %s\nwant   %s", i, got, want)
		}
	}
}
