package main

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
)

// figure is an SVG picture, places in pixels from the top left.
type figure struct {
	width, height int
	body          strings.Builder
}

// The colours, distinguishable by any eye (Okabe and Ito): warm where the loss contracts, cold where it does not.
const (
	ink      = "#333333"
	faint    = "#6b6b6b"
	rule     = "#e3e3e3"
	red      = "#d55e00"
	orange   = "#e69f00"
	blue     = "#0072b2"
	sky      = "#56b4e9"
	fontSize = 13
	halo     = `stroke="#ffffff" stroke-width="4" paint-order="stroke"`
)

func (f *figure) add(format string, values ...any) { fmt.Fprintf(&f.body, format+"\n", values...) }

// text writes words at a place, clear of what lies below; anchor is start, middle or end.
func (f *figure) text(x, y float64, anchor, colour, words string) {
	var safe strings.Builder
	xml.EscapeText(&safe, []byte(words))
	f.add(`<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s" %s>%s</text>`, x, y, anchor, colour, halo, safe.String())
}

// title heads a panel or the figure.
func (f *figure) title(x, y float64, words string) {
	var safe strings.Builder
	xml.EscapeText(&safe, []byte(words))
	f.add(`<text x="%.1f" y="%.1f" fill="%s" font-weight="600">%s</text>`, x, y, ink, safe.String())
}

// write keeps the figure in a file.
func (f *figure) write(path string) error {
	head := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d"
 font-family="Helvetica, Arial, sans-serif" font-size="%d">
<rect width="100%%" height="100%%" fill="#ffffff"/>
`,
		f.width, f.height, f.width, f.height, fontSize)
	return os.WriteFile(path, []byte(head+f.body.String()+"</svg>\n"), 0o644)
}

// axis maps values to pixels: from low at start to high at end, by logarithm where log.
type axis struct {
	low, high  float64
	log        bool
	ticks      []float64
	start, end float64
}

func (a axis) at(v float64) float64 {
	low, high := a.low, a.high
	if a.log {
		v, low, high = math.Log(math.Max(v, low)), math.Log(low), math.Log(high)
	}
	return a.start + (a.end-a.start)*(v-low)/(high-low)
}

// panel is a plot within a figure.
type panel struct {
	*figure
	x, y axis
	clip string // what lies outside is not drawn
}

// panel draws the frame of a plot: level rules, ticks and what the axes are; beside is "" where the plot to the left
// has the same upright axis.
func (f *figure) panel(x, y axis, title, below, beside string) panel {
	p := panel{f, x, y, fmt.Sprintf("plot-%.0f-%.0f", x.start, y.end)}
	f.add(`<clipPath id="%s"><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"/></clipPath>`,
		p.clip, x.start, y.end, x.end-x.start, y.start-y.end)
	for _, v := range y.ticks {
		f.add(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s"/>`, x.start, x.end, y.at(v), y.at(v), rule)
		if beside != "" {
			f.text(x.start-6, y.at(v)+4, "end", faint, tick(v))
		}
	}
	for _, v := range x.ticks {
		f.add(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s"/>`, x.at(v), x.at(v), y.start, y.start+4, faint)
		f.text(x.at(v), y.start+18, "middle", faint, tick(v))
	}
	f.add(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s"/>`, x.start, x.end, y.start, y.start, faint)
	f.title(x.start, y.end-14, title)
	f.text((x.start+x.end)/2, y.start+37, "middle", ink, below)
	if beside != "" {
		f.add(`<text transform="translate(%.1f %.1f) rotate(-90)" text-anchor="middle" fill="%s">%s</text>`,
			x.start-44, (y.start+y.end)/2, ink, beside)
	}
	return p
}

func tick(v float64) string { return strings.Replace(fmt.Sprintf("%.4g", v), "-", "−", 1) }

// mark draws an upright dashed rule with a word at its head.
func (p panel) mark(x float64, words string) {
	p.add(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s" stroke-dasharray="2 3"/>`,
		p.x.at(x), p.x.at(x), p.y.start, p.y.end, faint)
	if words != "" {
		p.text(p.x.at(x)+5, p.y.end+9, "start", faint, words)
	}
}

// line joins the summaries' means; dash "" is solid.
func (p panel) line(xs []float64, ys []summary, colour, dash string) {
	var path strings.Builder
	for i, x := range xs {
		fmt.Fprintf(&path, "%.1f,%.1f ", p.x.at(x), p.y.at(ys[i].mean))
	}
	p.add(`<polyline clip-path="url(#%s)" points="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`,
		p.clip, strings.TrimSpace(path.String()), colour, dash)
}

// ring marks a place on a line.
func (p panel) ring(x, y float64, colour string) {
	p.add(`<circle cx="%.1f" cy="%.1f" r="4.5" fill="#ffffff" stroke="%s" stroke-width="2"/>`,
		p.x.at(x), p.y.at(y), colour)
}

// band shades what lies between the quartiles.
func (p panel) band(xs []float64, ys []summary, colour string) {
	var path strings.Builder
	for i, x := range xs {
		fmt.Fprintf(&path, "%.1f,%.1f ", p.x.at(x), p.y.at(ys[i].high))
	}
	for i := len(xs) - 1; i >= 0; i-- {
		fmt.Fprintf(&path, "%.1f,%.1f ", p.x.at(xs[i]), p.y.at(ys[i].low))
	}
	p.add(`<polygon points="%s" fill="%s" fill-opacity="0.15"/>`, strings.TrimSpace(path.String()), colour)
}

// dot draws a mean with its quartiles, along the upright axis.
func (p panel) dot(x float64, y summary, colour string) {
	p.add(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s" stroke-width="1.5"/>`,
		p.x.at(x), p.x.at(x), p.y.at(y.low), p.y.at(y.high), colour)
	p.add(`<circle cx="%.1f" cy="%.1f" r="4" fill="%s" stroke="#ffffff"/>`, p.x.at(x), p.y.at(y.mean), colour)
}

// bar draws a mean with its quartiles, along the level axis, at a height in pixels.
func (p panel) bar(x summary, y float64, colour string) {
	p.add(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s" stroke-width="1.5"/>`,
		p.x.at(x.low), p.x.at(x.high), y, y, colour)
	p.add(`<circle cx="%.1f" cy="%.1f" r="4" fill="%s" stroke="#ffffff"/>`, p.x.at(x.mean), y, colour)
}

// label is a line's name and where the line ends.
type label struct {
	value         float64
	colour, words string
}

// names writes labels right of the plot, each by its line's end, none on another: highest first.
func (p panel) names(labels []label) {
	slices.SortFunc(labels, func(a, b label) int { return cmp.Compare(b.value, a.value) })
	last := math.Inf(-1)
	for _, l := range labels {
		last = math.Max(math.Max(p.y.at(l.value), p.y.end)+4, last+fontSize+2)
		p.text(p.x.end+6, last, "start", l.colour, l.words)
	}
}
