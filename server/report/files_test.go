package report

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"reta/shared/event"
)

func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, []*Run{madeRun(t, "plain", 0), madeRun(t, "better", 0.1)}, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"/plain: recipe reta, made, 2 images per class", "\nstart     0   8  1.0000", "\n  2/2    20   8  0.3333",
		"60.0 ± 0.6 *", "+10.0 ± 0.8 points", "no difference shown", "*: the highest", "better minus plain", "end, ring", "net<3>",
		"at the end kappa is lower with better than with plain in 0 of 3 classes",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("does not print %q:\n%s", want, b.String())
		}
	}
}

func TestRunsOfOtherClassesAreNotCompared(t *testing.T) {
	of := func(class string, k float32) *Run {
		return &Run{Hello: event.Hello{Classes: []string{class}}, Ends: []Stage{{Classes: []event.ClassShape{{Points: 4, Kappa: [2]float32{k}}}}}}
	}
	var b bytes.Buffer
	runs, names := []*Run{of("cat", 0.5), of("dog", 0.25)}, []string{"a", "b"}
	if err := kappa(runs, names, true).text(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "b and a are of other classes") || strings.Contains(b.String(), "0.2500") {
		t.Errorf("classes of other names are compared:\n%s", b.String())
	}
	if c := classes(runs, names); c.Rows[0].Cells[4].Text != none {
		t.Errorf("classes of other names are in one row: %v", c.Rows)
	}
	for i, r := range runs {
		r.Trials = &event.Trials{List: []event.Trial{{Images: event.Distilled, Labels: event.SoftLabels, Student: "s", State: event.Trained, Last: float32(i)}}}
	}
	if v := versus(runs, names); len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "differ in their classes") || len(gains(runs, names).Rows) != 0 {
		t.Errorf("students of other classes are compared: %+v", v)
	}
}

func TestLaTeX(t *testing.T) {
	text := string(LaTeX([]*Run{madeRun(t, "pl_ain", 0), madeRun(t, "better", 0.1)}))
	for _, want := range []string{
		`\textless{}script\textgreater{}alert(1)\textless{}/script\textgreater{}`, `50 \% \& more\_ \{\textbackslash{}\$x\}`, `pl\_ain`,
		`\textbf{60.0 $\pm$ 0.6}`, `$\kappa$`, `$L_{\mathrm{BN}}$ &`, `quick \& dirty`, `\label{tab:stages-2}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %s:\n%s", want, text)
		}
	}
	if n := strings.Count(text, `\textbf{`); n != 3 { // last and best of the better run, and its line beside the other
		t.Errorf("%d figures are bold, want 3:\n%s", n, text)
	}
	for _, e := range []string{"table", "tabular"} {
		if a, b := strings.Count(text, `\begin{`+e+`}`), strings.Count(text, `\end{`+e+`}`); a != b || a == 0 {
			t.Errorf("%d begin and %d end %s", a, b, e)
		}
	}
	for line := range strings.Lines(text) {
		if strings.Count(line, "%")-strings.Count(line, `\%`) > 0 && !strings.HasPrefix(line, "%") {
			t.Errorf("a comment cuts %q", line)
		}
	}
}

func TestLongTablesOfLaTeX(t *testing.T) {
	tab := table{name: "long", Left: 1, Head: []string{"a", "b"}}
	for range longest + 1 {
		tab.add("x", "1")
	}
	var b bytes.Buffer
	tab.latex(&b)
	if text := b.String(); !strings.Contains(text, `\begin{longtable}{lr}`) || !strings.Contains(text, `\end{longtable}`) || strings.Contains(text, "tabular") {
		t.Errorf("a long table is %s", text)
	}
}

func TestCSV(t *testing.T) {
	files, err := CSV([]*Run{madeRun(t, "plain", 0), madeRun(t, "better", 0.1)})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]map[string]string{}
	for _, f := range files {
		list, err := csv.NewReader(bytes.NewReader(f.Data)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		for _, line := range list[1:] {
			m := map[string]string{}
			for i, name := range list[0] {
				m[name] = line[i]
			}
			rows[f.Name] = append(rows[f.Name], m)
		}
	}
	for name, want := range map[string]int{"runs.csv": 2, "stages.csv": 6, "classes.csv": 18, "losses.csv": 40, "trials.csv": 24, "curves.csv": 96, "confusion.csv": 18} {
		if len(rows[name]) != want {
			t.Errorf("%s has %d rows, want %d", name, len(rows[name]), want)
		}
	}
	if _, there := rows["settings.csv"]; there {
		t.Error("there are settings of runs that have none")
	}
	if c := rows["classes.csv"][0]; c["run"] != "plain" || c["stage"] != "0" || c["name"] != madeClasses[0] || c["kappa"] != "0.25" {
		t.Errorf("first class %v", c)
	}
	if s := rows["stages.csv"][1]; s["stage"] != "1" || s["ce"] != "0.5" || s["kappa"] != "0.25" || s["delta"] != "300" || rows["stages.csv"][2]["delta"] != "" {
		t.Errorf("first stage %v: want a Delta, and none of the last stage", s)
	}
	if p := rows["losses.csv"][0]; p["topo"] != "" || p["step"] != "1" || p["lr"] != "0.1" {
		t.Errorf("first loss %v: want no topo where there is no number", p)
	}
	r := madeRun(t, "plain", 0)
	for i, m := range rows["trials.csv"][:12] {
		if v, err := strconv.ParseFloat(m["top1_last"], 32); err != nil || float32(v) != r.Trials.List[i].Last {
			t.Errorf("trial %d reads back as %v, was %v", i, m["top1_last"], r.Trials.List[i].Last)
		}
	}
}
