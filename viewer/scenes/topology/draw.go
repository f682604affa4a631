package topology

import (
	"math"
	"slices"
	"strconv"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/filtration"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// The figures, in the order of reading.
const (
	mapCell = iota
	barsReal
	barsSyn
	diagramCell
	betti0
	betti1
	imageReal
	imageSyn
	imageDiff
	none
)

// cell is a figure's place on the canvas.
type cell struct {
	kind int
	r    ui.Rect
}

// Measures of the composition, CSS pixels.
const (
	cellGap  = 28.0
	cellPad  = 20.0
	cellHead = 26.0 // the line over a figure
	rowGap   = 20.0
	cellLow  = 190.0 // a figure is not lower, its head included
	cellSlim = 240.0 // nor narrower, unless the canvas is
)

// arrange places the chosen figures on a canvas and returns their height in all: three rows of three where there is room
// for them, two on a very wide canvas, more on a narrow one, which then scrolls. A set alone has a map, bars, a diagram
// and an image.
func arrange(w, h float64, name string, alone bool) (cells []cell, height float64) {
	pad := min(cellPad, w*0.03)
	most := max(1, int((w-2*pad+cellGap)/(cellSlim+cellGap))) // figures in a row
	rows := compose(name, most, w/max(h, 1), alone)
	n, across := float64(len(rows)), 0
	for _, row := range rows {
		across = max(across, len(row))
	}
	width := func(row []int) float64 {
		return max((w-2*pad-cellGap*float64(len(row)-1))/float64(len(row)), 0)
	}
	wide, low := width(rows[0]), cellLow
	if across == 1 {
		low = min(max(wide*0.8, cellLow), 380)
	}
	tall := max((h-2*pad-rowGap*(n-1))/n, min(low, max(h-2*pad, 0)))
	if name == "images" { // squares
		tall = min(tall, wide+12)
	}
	height = 2*pad + n*tall + (n-1)*rowGap
	y := pad + max(0, (h-height)/2)
	for i, row := range rows {
		high := tall
		if len(rows) == 3 && across == 3 { // the middle row has the diagram, which is the better the larger it is
			high *= [3]float64{0.94, 1.12, 0.94}[i]
		}
		each := width(row)
		if len(row) < across && len(row) < 4 { // a row that is not full keeps the columns
			each = wide
		}
		for k, kind := range row {
			cells = append(cells, cell{kind, ui.Rect{X: pad + float64(k)*(each+cellGap), Y: y, W: each, H: high}})
		}
		y += high + rowGap
	}
	return cells, height
}

// compose puts the chosen figures into rows of at most so many, what belongs together side by side.
func compose(name string, most int, aspect float64, alone bool) [][]int {
	if alone { // only what needs no second diagram
		one := map[string]int{"map": mapCell, "bars": barsReal, "diagram": diagramCell, "images": imageReal}
		if kind, ok := one[name]; ok {
			return [][]int{{kind}}
		}
		return inRows([]int{mapCell, barsReal, diagramCell, imageReal}, min(most, 2))
	}
	pair := min(most, 2)
	if aspect < 0.9 {
		pair = 1
	}
	switch name {
	case "map":
		return [][]int{{mapCell}}
	case "diagram":
		return [][]int{{diagramCell}}
	case "bars":
		return inRows([]int{barsReal, barsSyn}, pair)
	case "betti":
		return inRows([]int{betti0, betti1}, pair)
	case "images":
		return inRows([]int{imageReal, imageSyn, imageDiff}, min(most, 3))
	}
	switch {
	case most >= 5 && aspect > 1.75:
		return [][]int{{mapCell, barsReal, barsSyn, betti0, betti1}, {diagramCell, imageReal, imageSyn, imageDiff}}
	case most == 2:
		return inRows([]int{mapCell, diagramCell, barsReal, barsSyn, betti0, betti1, imageReal, imageSyn, imageDiff}, 2)
	}
	return inRows([]int{mapCell, barsReal, barsSyn, diagramCell, betti0, betti1, imageReal, imageSyn, imageDiff}, min(most, 3))
}

// inRows cuts a list into rows of n.
func inRows(list []int, n int) [][]int { return slices.Collect(slices.Chunk(list, n)) }

// cellAt is the figure below p, none outside all.
func (d *diagrams) cellAt(p ui.Point) int {
	for _, q := range d.cells {
		if q.r.Contains(p) {
			return q.kind
		}
	}
	return none
}

// Draw implements Scene.
func (d *diagrams) Draw(c ui.Canvas, x *scene.Context) {
	w, h := c.Size()
	ui.Fill(c, ui.Rect{W: w, H: h}, x.Theme.Surface)
	d.cells, d.height, d.view = nil, 0, h
	if !d.Load(x, otherClass(x)) {
		return
	}
	d.plane.Update(&d.Filtration, x)
	cells, height := arrange(w, h, figureName.Of(x.View), d.NoSecond())
	d.height = height
	d.scroll = min(max(d.scroll, 0), max(0, height-h))
	d.forget()
	if d.HasBars() {
		d.images(x)
	}
	for _, q := range cells {
		q.r.Y = ui.Snap(ui.Point{Y: q.r.Y - d.scroll}, c.Scale()).Y
		d.cells = append(d.cells, q)
		if q.r.Y < h && q.r.Y+q.r.H > 0 && q.r.H > cellHead {
			d.drawCell(c, q, x)
		}
	}
	ui.Scrollbar(c, ui.Rect{W: w - 3, H: h}, height, d.scroll, x.Theme)
	d.drawTip(c, x)
}

// forget empties the figures of the last frame: what is not drawn cannot be hit.
func (d *diagrams) forget() {
	d.plan = figure.Map{Point: figure.None}
	d.codes, d.curves = [2]figure.Barcode{}, [2]figure.Betti{}
	d.diagram = figure.Diagram{}
}

func (d *diagrams) drawCell(c ui.Canvas, q cell, x *scene.Context) {
	area := ui.Rect{X: q.r.X, Y: q.r.Y + cellHead, W: q.r.W, H: q.r.H - cellHead}
	switch q.kind {
	case mapCell:
		d.drawPlan(c, q.r, area, x)
	case barsReal, barsSyn:
		set := q.kind - barsReal
		figure.Head(c, q.r, d.Name(set)+" bars", d.Tint(x.Theme, set), ui.Count(len(d.Shapes[set].Bars), "bar"), x.Theme)
		d.codes[set] = figure.Barcode{Shape: d.Shapes[set], Tint: d.Tint(x.Theme, set), Focus: d.Focus(x, set)}
		d.codes[set].Draw(c, area, x.Theme)
	case diagramCell:
		d.drawDiagram(c, q.r, area, x)
	case betti0, betti1:
		d.drawCurve(c, q.r, area, x, q.kind-betti0)
	default:
		d.drawImage(c, q.r, area, x, q.kind-imageReal)
	}
}

// drawPlan paints the complex of one set: that of the lit bar.
func (d *diagrams) drawPlan(c ui.Canvas, r, area ui.Rect, x *scene.Context) {
	set := d.first(x)
	if lit := d.Highlighted(x.View); lit.At >= 0 {
		set = lit.Set
	}
	title := d.Name(set) + " complex"
	room := r.W - c.TextWidth(title, ui.SizeTitle) - 14
	figure.Head(c, r, title, d.Tint(x.Theme, set), d.Count(c, x, set, room), x.Theme)
	d.plan = figure.Map{Shape: d.Shapes[set], Syn: set == 1 && d.Second == "syn", Focus: d.Focus(x, set), Fit: d.plane.Fit, Point: d.point}
	if d.Second == "syn" { // another class has a plane of its own
		d.plan.Ghosts = d.Shapes[1-set].Points
	} else {
		d.plan.Fit = figure.FitPoints(d.Shapes[set].Points)
	}
	d.plan.Draw(c, area, x.Theme)
}

func (d *diagrams) drawDiagram(c ui.Canvas, r, area ui.Rect, x *scene.Context) {
	t, first := x.Theme, d.first(x)
	figure.Head(c, r, "Persistence diagram", t.Ink, "", t)
	d.diagram = figure.Diagram{Shape: d.Shapes[first], Over: d.Shapes[1-first], Tint: d.Tint(t, first), OverTint: d.Tint(t, 1-first), Focus: d.Focus(x, first)}
	if filtration.Sets.Of(x.View) != "both" || d.NoSecond() {
		d.diagram.Over = nil
	}
	d.diagram.Draw(c, area, t)
	if lit := d.Highlighted(x.View); lit.Set != first && lit.At >= 0 {
		d.diagram.LightOver(c, lit.At, t)
	}
	side := d.diagram.Area()
	room := ui.Rect{X: side.X + side.W + 26, Y: area.Y + 30}
	room.W, room.H = area.X+area.W-room.X, area.H-30
	if keys := d.keys(t, first); room.W > 84 && !side.Empty() {
		figure.Legend(c, ui.Rect{X: room.X, Y: room.Y, W: 1, H: room.H}, t, keys)
	}
}

// keys explains the diagram's marks.
func (d *diagrams) keys(t ui.Theme, first int) []figure.Key {
	keys := []figure.Key{{Mark: figure.MarkDisc, Color: d.Tint(t, first), Text: "component"}, {Mark: figure.MarkSquare, Color: t.Topo, Text: "loop"}}
	if d.diagram.Over != nil {
		keys = append(keys, figure.Key{Mark: figure.MarkRing, Color: d.Tint(t, 1-first), Text: short(d.Name(1 - first))})
	}
	return keys
}

// short is a name that fits a narrow legend.
func short(s string) string {
	if r := []rune(s); len(r) > 11 {
		return string(r[:10]) + "…"
	}
	return s
}

func (d *diagrams) drawCurve(c ui.Canvas, r, area ui.Rect, x *scene.Context, degree int) {
	t := x.Theme
	b := &d.curves[degree]
	*b = figure.Betti{Real: d.Shapes[0], Syn: d.Shapes[1], Degree: degree, Focus: figure.At(d.Eps(x))}
	reading := ""
	if d.HasBars() {
		reading = "κ" + [2]string{"₀", "₁"}[degree] + " " + ui.Number(figure.Shortfall(d.Shapes[0], d.Shapes[1], degree, d.Shapes[0].EpsMax))
	}
	figure.Head(c, r, [2]string{"Components, β₀", "Loops, β₁"}[degree], t.Ink, reading, t)
	own := t
	own.Syn = d.Tint(t, 1) // the second curve has the colour of the set it stands for
	b.Draw(c, area, own)
	lit := d.Highlighted(x.View)
	if lit.At < 0 || b.Area().Empty() {
		return
	}
	if bar := d.Shapes[lit.Set].Bars[lit.At]; bar.Degree == degree {
		d.span(c, b, bar, t)
	}
}

// span shades the life of a bar.
func (d *diagrams) span(c ui.Canvas, b *figure.Betti, bar event.Bar, t ui.Theme) {
	a := b.Area()
	end := float64(b.EpsMax)
	at := func(v float32) float64 { return a.X + a.W*min(max(float64(v)/end, 0), 1) }
	x0, x1 := at(bar.Birth), at(bar.Death)
	if bar.Essential {
		x1 = a.X + a.W
	}
	ui.Fill(c, ui.Rect{X: x0, Y: a.Y, W: max(x1-x0, 1.5), H: a.H}, t.Accent.Fade(0.14))
	ui.RoundRect(c, ui.Rect{X: x0, Y: a.Y + a.H - 3, W: max(x1-x0, 3), H: 3}, 1.5, t.Accent)
}

func (d *diagrams) drawImage(c ui.Canvas, r, area ui.Rect, x *scene.Context, which int) {
	t, h := x.Theme, &d.heats[which]
	title := "Persistence image, " + [3]string{"real", "synthetic", "difference"}[which]
	if d.Second != "syn" && which < 2 {
		title = "Persistence image, " + d.Name(which)
	}
	tint := [3]ui.Color{d.Tint(t, 0), d.Tint(t, 1), t.Ink}[which]
	figure.Head(c, r, title, tint, [2]string{"components", "loops"}[d.degree(x)], t)
	h.Pixels, h.Grid, h.EpsMax, h.Most = d.pixels[which], d.imager().Grid, d.Shapes[0].EpsMax, figure.MostOf(d.pixels[0], d.pixels[1])
	h.Hue, h.Below = [3]ui.Color{d.Tint(t, 0), d.Tint(t, 1), d.Tint(t, 0)}[which], ui.Color{}
	if which == 2 {
		h.Below = d.Tint(t, 1)
	}
	h.Draw(c, area, t)
	if column, row, ok := d.pixelAt(); ok {
		h.Mark(c, column, row, t)
	} else if column, row, ok := d.highlightPixel(x, which); ok {
		h.Mark(c, column, row, t)
	}
}

// pixelAt is the pixel of the images below the pointer.
func (d *diagrams) pixelAt() (column, row int, ok bool) {
	if d.over < imageReal || d.over > imageDiff {
		return 0, 0, false
	}
	return d.heats[d.over-imageReal].CellAt(d.pointer)
}

// highlightPixel is the pixel that the lit bar lies in.
func (d *diagrams) highlightPixel(x *scene.Context, which int) (column, row int, ok bool) {
	lit := d.Highlighted(x.View)
	if lit.At < 0 || which != 2 && which != lit.Set {
		return 0, 0, false
	}
	b := d.Shapes[lit.Set].Bars[lit.At]
	grid, end := d.imager().Grid, float64(d.Shapes[0].EpsMax)
	at := func(v float64) int { return min(max(int(math.Floor(v/end*float64(grid))), 0), grid-1) }
	return at(float64(b.Birth)), at(float64(min(b.Death, d.Shapes[0].EpsMax) - b.Birth)), b.Degree == d.degree(x)
}

// drawTip says what is under the pointer.
func (d *diagrams) drawTip(c ui.Canvas, x *scene.Context) {
	t := x.Theme
	switch {
	case d.drag != none:
	case d.Hover.At >= 0:
		figure.Tooltip(c, t, d.pointer, d.Describe(d.Hover), nil)
	case d.over == mapCell && d.point >= 0 && d.plan.Shape != nil && d.point < len(d.plan.Shape.Points):
		s := d.plan.Shape
		set := 0
		if s == d.Shapes[1] {
			set = 1
		}
		figure.Tooltip(c, t, d.plan.Place(s.Points[d.point]), []string{d.Name(set) + " #" + strconv.Itoa(s.Image(d.point)), filtration.ComponentText(s.At(d.Eps(x)), d.point)}, d.Picture(x, filtration.Pick{Set: set, At: d.point}))
	case d.over == betti0 || d.over == betti1:
		b := &d.curves[d.over-betti0]
		if a := b.Area(); a.Contains(d.pointer) {
			figure.Tooltip(c, t, d.pointer, b.Describe(b.EpsAt(d.pointer.X)), nil)
		}
	default:
		if column, row, ok := d.pixelAt(); ok {
			figure.Tooltip(c, t, d.pointer, d.readPixel(column, row), nil)
		}
	}
}

// readPixel says what a pixel holds in all three images.
func (d *diagrams) readPixel(column, row int) []string {
	lines := d.heats[0].Describe(column, row)
	at := row*d.heats[0].Grid + column
	if len(lines) < 3 || at >= len(d.pixels[2]) {
		return nil
	}
	return []string{lines[1] + ", " + lines[2], d.Name(0) + " " + ui.Number(d.pixels[0][at]), d.Name(1) + " " + ui.Number(d.pixels[1][at]),
		"difference " + ui.Number(d.pixels[2][at])}
}
