package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"reta/shared/event"
)

// chart is one diagram of the page.
type chart struct {
	Title string // what its vertical axis, or the length of its bars, means
	Words string // what a reader who does not see it is told
	SVG   template.HTML
}

// Measures of a chart in points: pixels of a page as wide as a phone, on a wider one the chart grows.
const (
	chartWidth  = 380
	chartHeight = 215
	barHeight   = 22 // of a row of a bar chart
	textSize    = 11
	fewPoints   = 12 // so many points of a line are marked at most
)

// colour is a role of the page's palette, a custom property of page.css, which is light or dark. In a drawing it is a number in
// the blue channel until svg puts the property's name there.
type colour uint8

// The colours.
const (
	ink colour = iota + 1
	muted
	line
	colourDistilled
	colourRandom
	colourPatches
	colourAll
	colourSeries // the first of seriesColours
)

const seriesColours = 8

// property is the name in page.css.
func (c colour) property() string {
	names := []string{"", "ink", "muted", "line", "distilled", "random", "patches", "all"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprint("series", (int(c)-int(colourSeries))%seriesColours+1)
}

// RGBA is of package color. What is added keeps the number whole through vgsvg, which cuts fractions off.
func (c colour) RGBA() (r, g, b, a uint32) { return 0, 0, uint32(c)*257 + 100, 0xffff }

// faint is a colour of a quarter of its opacity.
type faint struct{ colour }

// RGBA is of package color.
func (f faint) RGBA() (r, g, b, a uint32) {
	_, _, b, a = f.colour.RGBA()
	return 0, 0, b / 4, a / 4
}

// series is a line of a chart.
type series struct {
	Name   string
	Colour colour
	Dashed bool
	loose  bool // dots without a line
	points plotter.XYs
	ranges []span // of each point, where it has an error
}

// span is a range around a value.
type span struct{ low, high float64 }

// axes say what a chart of lines is of.
type axes struct {
	title, x string
	log      bool      // where all values are positive and far apart
	marked   bool      // points are marked: there are few
	whole    bool      // x counts
	origin   bool      // x begins at 0
	borders  []float64 // vertical lines
}

// lines draws series over a common x. Without a point there is no chart: ok is false.
func lines(a axes, list []series) (c chart, ok bool, err error) {
	p, low, high := newPlot(), math.Inf(1), math.Inf(-1)
	for _, s := range list {
		for _, v := range s.points {
			low, high = min(low, v.Y), max(high, v.Y)
		}
	}
	if low > high {
		return c, false, nil
	}
	logarithmic := a.log && low > 0 && high/low > 20
	for _, s := range list {
		if err := s.add(p, a.marked); err != nil {
			return c, false, err
		}
	}
	p.X.Label.Text = a.x
	if logarithmic {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
	} else {
		pad := 0.04 * (p.Y.Max - p.Y.Min)
		if pad == 0 { // a flat line
			pad = max(0.1*math.Abs(p.Y.Max), 1e-3)
		}
		p.Y.Min, p.Y.Max, p.Y.Tick.Marker = p.Y.Min-pad, p.Y.Max+pad, rounds{}
	}
	p.X.Tick.Marker = rounds{a.whole}
	if a.origin {
		p.X.Min = 0
	}
	for _, x := range a.borders {
		if x <= p.X.Min || x >= p.X.Max {
			continue
		}
		border, err := plotter.NewLine(plotter.XYs{{X: x, Y: p.Y.Min}, {X: x, Y: p.Y.Max}})
		if err != nil {
			return c, false, err
		}
		border.Color, border.Width, border.Dashes = muted, 0.5, []vg.Length{2, 3}
		p.Add(border)
	}
	c.Title = a.title
	if logarithmic {
		c.Title += ", logarithmic"
	}
	c.Words = inWords(c.Title, a.x, list)
	c.SVG, err = svg(p, chartWidth, chartHeight, c.Words)
	return c, true, err
}

// add draws the series, its errors below it.
func (s series) add(p *plot.Plot, marked bool) error {
	if len(s.points) == 0 {
		return nil
	}
	for i, r := range s.ranges {
		bar, err := plotter.NewLine(plotter.XYs{{X: s.points[i].X, Y: r.low}, {X: s.points[i].X, Y: r.high}})
		if err != nil {
			return err
		}
		bar.Color, bar.Width = faint{s.Colour}, 3
		p.Add(bar)
	}
	l, err := plotter.NewLine(s.points)
	if err != nil {
		return err
	}
	l.Color, l.Width = s.Colour, 1.4
	if s.Dashed {
		l.Dashes = []vg.Length{5, 3}
	}
	if !s.loose {
		p.Add(l)
	}
	if marked || len(s.points) <= fewPoints {
		dots, err := plotter.NewScatter(s.points)
		if err != nil {
			return err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: s.Colour, Radius: 2.2, Shape: draw.CircleGlyph{}}
		p.Add(dots)
	}
	return nil
}

// bar is a row of a bar chart: a mean with its standard error, and the values that it is of. All are fractions.
type bar struct {
	name     string
	colour   colour
	hollow   bool
	mean, se float64 // se is NaN where it is not known
	values   []float64
}

// bars draws rows from top to bottom with lengths in per cent.
func bars(title string, rows []bar) (c chart, err error) {
	p := newPlot()
	names, words := make([]string, len(rows)), []string{}
	for i, r := range rows {
		at := float64(len(rows) - 1 - i)
		names[len(rows)-1-i] = r.name
		b, err := plotter.NewBarChart(plotter.Values{100 * r.mean}, 12)
		if err != nil {
			return c, err
		}
		b.Horizontal, b.XMin = true, at
		b.Color, b.LineStyle = r.colour, draw.LineStyle{Color: r.colour, Width: 1.2}
		if r.hollow {
			b.Color = faint{r.colour}
		}
		p.Add(b)
		text := fmt.Sprintf("%s %.1f %%", r.name, 100*r.mean)
		if !math.IsNaN(r.se) {
			e, err := plotter.NewLine(plotter.XYs{{X: 100 * (r.mean - r.se), Y: at}, {X: 100 * (r.mean + r.se), Y: at}})
			if err != nil {
				return c, err
			}
			e.Color, e.Width = ink, 2
			p.Add(e)
			text = fmt.Sprintf("%s %.1f ± %.1f %%", r.name, 100*r.mean, 100*r.se)
		}
		words = append(words, text)
		dots := make(plotter.XYs, len(r.values))
		for k, v := range r.values {
			dots[k] = plotter.XY{X: 100 * v, Y: at}
		}
		if len(dots) > 0 {
			s, err := plotter.NewScatter(dots)
			if err != nil {
				return c, err
			}
			s.GlyphStyle = draw.GlyphStyle{Color: ink, Radius: 1.6, Shape: draw.RingGlyph{}}
			p.Add(s)
		}
	}
	p.NominalY(names...)
	p.X.Tick.Marker = rounds{}
	p.X.Min, p.Y.Min, p.Y.Max = 0, -0.6, float64(len(rows))-0.4
	c.Title, c.Words = title, "Bar chart of "+title+": "+strings.Join(words, "; ")
	c.SVG, err = svg(p, chartWidth, vg.Length(len(rows)*barHeight+30), c.Words)
	return c, err
}

// newPlot is an empty plot in the page's type and colours.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		face := font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, textSize)
		a.Label.TextStyle.Font, a.Tick.Label.Font = face, face
		a.Label.TextStyle.Color, a.Tick.Label.Color = muted, muted
		a.Color, a.Tick.Color = line, line
		a.Tick.Length, a.Padding = 4, 4
	}
	grid := plotter.NewGrid()
	for _, s := range []*draw.LineStyle{&grid.Horizontal, &grid.Vertical} {
		*s = draw.LineStyle{Color: line, Width: 0.5}
	}
	p.Add(grid)
	return p
}

var (
	drawnColour = regexp.MustCompile(`#0000([0-9A-F]{2})`)
	drawnText   = regexp.MustCompile(`(transform="scale\(1, -1\)")\s+style="[^"]*;fill:(#0000[0-9A-F]{2})">([^<]*)<`)
)

// svg is the drawing as an element of the page, in the page's colours and type.
func svg(p *plot.Plot, width, height vg.Length, words string) (template.HTML, error) {
	c := vgsvg.New(width, height)
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", err
	}
	_, body, _ := strings.Cut(b.String(), "<g ")
	body = drawnText.ReplaceAllStringFunc(body, func(s string) string { // in the page's type, in the room that was left for it
		part := drawnText.FindStringSubmatch(s)
		room := p.X.Tick.Label.Width(html.UnescapeString(part[3])).Points()
		return fmt.Sprintf(`%s textLength="%.1f" lengthAdjust="spacingAndGlyphs" style="fill:%s">%s<`, part[1], room, part[2], part[3])
	})
	body = drawnColour.ReplaceAllStringFunc(body, func(s string) string {
		n, _ := strconv.ParseUint(s[5:], 16, 8)
		return "var(--" + colour(n).property() + ")"
	})
	open := fmt.Sprintf(`<svg role="img" aria-label="%s" viewBox="0 0 %g %g" width="%g" height="%g"><g `,
		template.HTMLEscapeString(words), width.Points(), height.Points(), width.Points(), height.Points())
	return template.HTML(open + body), nil
}

// inWords says what lines show.
func inWords(title, x string, list []series) string {
	var parts []string
	for _, s := range list {
		if n := len(s.points); s.loose {
			parts = append(parts, event.Counted(n, "point"))
		} else if n > 0 {
			first, last := s.points[0], s.points[n-1]
			parts = append(parts, fmt.Sprintf("%s from %.4g at %g to %.4g at %g", s.Name, first.Y, first.X, last.Y, last.X))
		}
	}
	return fmt.Sprintf("Line chart of %s over %s: %s", title, x, strings.Join(parts, "; "))
}

var _ color.Color = colour(0)
