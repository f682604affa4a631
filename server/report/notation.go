package report

import (
	"html/template"
	"strings"
)

// notation is what the paper's symbols are written as in text, with how HTML and LaTeX set them.
var notation = []struct{ text, html, latex string }{
	{"kappa_c", "<i>κ<sub>c</sub></i>", `$\kappa_c$`},
	{"kappa", "<i>κ</i>", `$\kappa$`},
	{"Delta", "Δ", `$\Delta$`},
	{"L_BN", "<i>L</i><sub>BN</sub>", `$L_{\mathrm{BN}}$`},
	{"L_topo", "<i>L</i><sub>topo</sub>", `$L_{\mathrm{topo}}$`},
}

// headHTML is a column's head: notation, words, or a run's name, or one of the first two and the run's name behind a comma.
func headHTML(text string) template.HTML {
	for _, n := range notation {
		if rest, ok := strings.CutPrefix(text, n.text); ok && (rest == "" || strings.HasPrefix(rest, ", ")) {
			return template.HTML(n.html + template.HTMLEscapeString(rest))
		}
	}
	return template.HTML(template.HTMLEscapeString(text))
}

// headLaTeX is the same in LaTeX.
func headLaTeX(text string) string {
	for _, n := range notation {
		if rest, ok := strings.CutPrefix(text, n.text); ok && (rest == "" || strings.HasPrefix(rest, ", ")) {
			return n.latex + latexText(rest)
		}
	}
	return latexText(text)
}

// proseHTML is a sentence of ours with its notation.
func proseHTML(text string) template.HTML {
	text = template.HTMLEscapeString(text)
	for _, n := range notation {
		text = strings.ReplaceAll(text, n.text, n.html)
	}
	return template.HTML(text)
}

// symbolHTML is a symbol of the table of settings: what follows _ stands below the line, words upright.
func symbolHTML(symbol string) template.HTML {
	base, below, ok := strings.Cut(symbol, "_")
	text := "<i>" + template.HTMLEscapeString(base) + "</i>"
	if below = template.HTMLEscapeString(below); len(below) == 1 {
		below = "<i>" + below + "</i>"
	}
	if ok {
		text += "<sub>" + below + "</sub>"
	}
	return template.HTML(text)
}

// symbolLaTeX is the same in LaTeX.
func symbolLaTeX(symbol string) string {
	base, below, ok := strings.Cut(symbol, "_")
	text := strings.ReplaceAll(latexText(base), "$", "")
	switch {
	case text == "":
		return ""
	case ok && len(below) == 1:
		text += "_" + below
	case ok:
		text += `_{\mathrm{` + latexText(below) + "}}"
	}
	return "$" + text + "$"
}
