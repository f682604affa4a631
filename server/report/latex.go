package report

import (
	"bytes"
	"fmt"
	"strings"
)

// LaTeX is the tables of runs for a paper that loads booktabs and longtable. Each is a table of its own, to be cut out or included.
func LaTeX(runs []*Run) []byte {
	names := namesOf(runs)
	list := []table{about(runs, names)}
	if evaluated(runs) < len(runs)-1 {
		list = append(list, versus(runs, names), gains(runs, names))
	}
	for i, r := range runs {
		var own []table
		if len(r.rows()) > 0 {
			own = append(own, r.results().columns(paperColumns...), r.differences().columns(1, 2, 3), r.ranking(), r.corrupted(), r.byCorruption())
		}
		if len(r.Ends) > 0 {
			t := r.stages()
			t.Left = 1
			shape, anchors := t.columns(shapeColumns...), t.columns(anchorColumns...)
			anchors.name, anchors.Caption = "anchors", "Anchors of the residual connections"
			own = append(own, shape, anchors)
		}
		for _, t := range own {
			if len(runs) > 1 {
				t.name, t.Caption = fmt.Sprintf("%s-%d", t.name, i+1), names[i]+": "+t.Caption
			}
			list = append(list, t)
		}
	}
	k := kappa(runs, names, false)
	k.Left = 1
	list = append(list, k, classes(runs, names), settings(runs, names), protocols(runs, names))
	var b bytes.Buffer
	b.WriteString("% \\usepackage{booktabs,longtable}\n")
	for _, t := range list {
		if len(t.Rows) > 0 {
			t.latex(&b)
		}
	}
	return b.Bytes()
}

// longest is as many rows as fit on a page.
const longest = 40

// latex writes one table, a longtable where it takes more than a page.
func (t table) latex(b *bytes.Buffer) {
	word := "l"
	if t.sentences {
		word = fmt.Sprintf("p{%.2f\\linewidth}", 0.9/float64(t.Left))
	}
	columns := strings.Repeat(word, t.Left) + strings.Repeat("r", len(t.Head)-t.Left)
	caption := fmt.Sprintf("\\caption{%s}\\label{tab:%s}", latexText(t.Caption), t.name)
	texts := make([]string, len(t.Head))
	for i, h := range t.Head {
		texts[i] = headLaTeX(h)
	}
	head := fmt.Sprintf("\\toprule\n%s \\\\\n\\midrule\n", strings.Join(texts, " & "))
	long := len(t.Rows) > longest
	if long {
		fmt.Fprintf(b, "\n\\begin{longtable}{%s}\n%s\\\\\n%s\\endfirsthead\n%s\\endhead\n\\bottomrule\n\\endfoot\n", columns, caption, head, head)
	} else {
		fmt.Fprintf(b, "\n\\begin{table}\n\\centering\n%s\n\\begin{tabular}{%s}\n%s", caption, columns, head)
	}
	for i, r := range t.Rows {
		if r.Section == "" {
			for i, c := range r.Cells {
				texts[i] = c.latex()
			}
			fmt.Fprintf(b, "%s \\\\\n", strings.Join(texts, " & "))
			continue
		}
		if i > 0 {
			b.WriteString("\\addlinespace\n")
		}
		fmt.Fprintf(b, "\\multicolumn{%d}{l}{%s} \\\\\n", len(t.Head), latexText(r.Section))
	}
	if long {
		b.WriteString("\\end{longtable}\n")
	} else {
		b.WriteString("\\bottomrule\n\\end{tabular}\n")
	}
	for _, n := range t.Below() {
		fmt.Fprintf(b, "\n\\smallskip{\\footnotesize %s\\par}\n", latexText(n))
	}
	if !long {
		b.WriteString("\\end{table}\n")
	}
}

// latex is the cell's text.
func (c cell) latex() string {
	switch {
	case c.Symbol:
		return symbolLaTeX(c.Text)
	case c.Strong:
		return `\textbf{` + latexText(c.Text) + "}"
	}
	return latexText(c.Text)
}

// latexText is text as LaTeX sets it: what it would take for a command is escaped, and what its fonts may lack is a command.
func latexText(s string) string { return latexReplacer.Replace(s) }

var latexReplacer = strings.NewReplacer(
	`\`, `\textbackslash{}`, `{`, `\{`, `}`, `\}`, `$`, `\$`, `&`, `\&`, `#`, `\#`, `%`, `\%`, `_`, `\_`,
	`~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`, `<`, `\textless{}`, `>`, `\textgreater{}`, `|`, `\textbar{}`,
	"\n", " ", "\r", " ", "\t", " ",
	"±", `$\pm$`, "−", `$-$`, "×", `$\times$`, "→", `$\to$`, "κ", `$\kappa$`, "λ", `$\lambda$`, "α", `$\alpha$`, "β", `$\beta$`, "γ", `$\gamma$`, "η", `$\eta$`,
	"σ", `$\sigma$`, "φ", `$\varphi$`, "Δ", `$\Delta$`, "ε", `$\varepsilon$`, "∞", `$\infty$`,
)
