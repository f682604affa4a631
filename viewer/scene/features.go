package scene

import (
	"math"
	"slices"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

func init() {
	register(Info{Name: "features", Title: "Feature space", Order: 3, Topics: []event.Topic{event.TopicCloud, event.TopicImages}, Keys: []Key{
		{Keys: []string{"["}, Show: "[ ]", Say: "previous, next birth or death", Act: "event", Arg: "-1"},
		{Keys: []string{"]"}, Act: "event", Arg: "1"},
		{Keys: []string{"p"}, Show: "P", Say: "let ε grow", Act: "grow"},
	}}, func() Scene { return &features{bar: -1, point: -1} })
}

// features shows the filtration of one class: the points of both sets where PCA puts
// them, the simplices that have appeared at eps, and the bars of the diagrams below.
type features struct {
	columns []column
	bar     int // hovered bar of column barOf
	barOf   int
	point   int // hovered point of column pointOf, -1 for none
	pointOf int
	drag    bool
	grow    growth
}

// column is one set's map over its barcode.
type column struct {
	name   string
	set    *event.Set
	other  *event.Set
	syn    bool
	k      Complex
	at     []ui.Point // of each point on the canvas
	ghost  []ui.Point // of the other set's
	area   ui.Rect    // of the map
	bars   ui.Rect    // of the barcode, its x axis is eps
	rows   []int      // bar drawn in each row
	height float64    // of a row
	split  int        // rows of degree 0
}

// Update implements Scene.
func (f *features) Update(in ui.Input, x *Context) bool {
	s, v := x.State, x.View
	f.bar, f.point = -1, -1
	cloud, ok := s.Clouds[v.Class()]
	if !ok {
		return false
	}
	f.act(in, &cloud, x)
	moving := f.grow.run(in.Now, x, &cloud)
	if !in.Inside {
		f.drag = false
		return moving
	}
	for i, col := range f.columns {
		grip := ui.Rect{X: col.bars.X - 8, Y: col.bars.Y - 6, W: col.bars.W + 16, H: col.bars.H + 24}
		if in.Pressed && grip.Contains(in.Pointer) {
			f.drag = true
		}
		if f.drag && in.Pointer.X >= grip.X && in.Pointer.X < grip.X+grip.W {
			share := min(max((in.Pointer.X-col.bars.X)/col.bars.W, 0), 1)
			epsValue.Set(v, float64(float32(share)*cloud.EpsMax))
			f.grow.stop()
		}
		if row := col.row(in.Pointer); row >= 0 && !f.drag {
			f.bar, f.barOf = col.rows[row], i
		}
		if at := col.pointAt(in.Pointer); at >= 0 {
			f.point, f.pointOf = at, i
			if in.Clicked && col.syn {
				v.Choose(v.Class(), col.image(at))
			}
		}
	}
	if !in.Down {
		f.drag = false
	}
	return moving
}

// Draw implements Scene.
func (f *features) Draw(c ui.Canvas, x *Context) {
	s, v := x.State, x.View
	w, h := c.Size()
	t := v.theme
	ui.Fill(c, ui.Rect{W: w, H: h}, t.Surface)
	f.columns = f.columns[:0]
	cloud, ok := s.Clouds[v.Class()]
	if !ok {
		return
	}
	if sets.Of(v) != "syn" {
		f.columns = append(f.columns, column{name: "Real", set: &cloud.Real, other: &cloud.Syn})
	}
	if sets.Of(v) != "real" {
		f.columns = append(f.columns, column{name: "Synthetic", set: &cloud.Syn, other: &cloud.Real, syn: true})
	}
	eps := v.epsIn(&cloud)
	n := float64(len(f.columns))
	bars := len(cloud.Real.Bars) > 0 || len(cloud.Syn.Bars) > 0
	gap := min(28.0, w*0.03)
	cw := (w - 2*gap - (n-1)*gap) / n
	mapH, need := h, 0.0
	if bars {
		need = max(barsNeed(&cloud.Real), barsNeed(&cloud.Syn))
		mapH = min(max(h*0.6, h-need-22-34), cw*1.1+44)
	}
	for i := range f.columns {
		col := &f.columns[i]
		left := gap + float64(i)*(cw+gap)
		col.k = NewComplex(*col.set, eps)
		col.area = ui.Rect{X: left, Y: 36, W: cw, H: mapH - 44}
		col.place(&cloud)
		f.drawMap(c, col, s, v, f.bar >= 0 && f.barOf == i)
		if bars {
			col.bars = ui.Rect{X: left + 18, Y: mapH + 22, W: cw - 36, H: min(h-mapH-22-34, need)}
			f.drawBars(c, col, &cloud, eps, v, i)
		}
	}
	f.drawPoint(c, s, v)
}

// drawPoint names the point under the pointer, and shows its image where the page has it.
func (f *features) drawPoint(c ui.Canvas, s *State, v *View) {
	if f.point < 0 || f.pointOf >= len(f.columns) || f.point >= len(f.columns[f.pointOf].at) {
		return
	}
	t, col := v.theme, &f.columns[f.pointOf]
	at := col.at[f.point]
	ui.Ring(c, at, 9, 2, t.Accent)
	label := "real #" + itoa(col.image(f.point))
	tile := (*Tile)(nil)
	if col.syn {
		label = "synthetic #" + itoa(col.image(f.point))
		tile = s.Tile(v.Class(), col.image(f.point))
	}
	box := ui.Rect{W: c.TextWidth(label, ui.SizeSmall) + 16, H: 22}
	side := 0.0
	if tile != nil {
		side = ui.Crisp(tile.Picture.W, 96, c.Scale())
		box.W, box.H = max(box.W, side+12), box.H+side+6
	}
	w, h := c.Size()
	box.X = min(max(at.X+14, 4), w-box.W-4)
	box.Y = min(max(at.Y-box.H-10, 4), h-box.H-4)
	ui.RoundRect(c, ui.Rect{X: box.X - 1, Y: box.Y - 1, W: box.W + 2, H: box.H + 2}, 7, t.Line)
	ui.RoundRect(c, box, 6, t.Surface)
	if tile != nil {
		p := ui.Snap(ui.Point{X: box.X + (box.W-side)/2, Y: box.Y + 6}, c.Scale())
		c.Picture(&tile.Picture, ui.Rect{X: p.X, Y: p.Y, W: side, H: side}, 1)
	}
	c.Text(ui.Point{X: box.X + box.W/2, Y: box.Y + box.H - 11}, label, ui.SizeSmall, ui.Centre, t.Ink)
}

// pointAt finds the point under p, -1 for none.
func (col *column) pointAt(p ui.Point) int {
	best, at := 12.0, -1
	for i, q := range col.at {
		if d := math.Hypot(q.X-p.X, q.Y-p.Y); d < best {
			best, at = d, i
		}
	}
	return at
}

// image is the number within its class of the image a point stands for.
func (col *column) image(point int) int {
	if point < len(col.set.Index) {
		return col.set.Index[point]
	}
	return point
}

// place projects both sets into the map, on axes that both maps share.
func (col *column) place(cloud *event.Cloud) {
	lo, hi := bounds(cloud.Real.Points, cloud.Syn.Points)
	size := ui.Point{X: max(hi.X-lo.X, 1e-9), Y: max(hi.Y-lo.Y, 1e-9)}
	box := col.area.Inset(18)
	scale := min(box.W/size.X, box.H/size.Y)
	mid, centre := ui.Point{X: (lo.X + hi.X) / 2, Y: (lo.Y + hi.Y) / 2}, col.area.Centre()
	project := func(p []float32) []ui.Point {
		out := make([]ui.Point, len(p)/2)
		for i := range out {
			out[i] = ui.Point{X: centre.X + (float64(p[2*i])-mid.X)*scale, Y: centre.Y - (float64(p[2*i+1])-mid.Y)*scale}
		}
		return out
	}
	col.at, col.ghost = project(col.set.Points), project(col.other.Points)
}

func bounds(sets ...[]float32) (lo, hi ui.Point) {
	lo, hi = ui.Point{X: math.Inf(1), Y: math.Inf(1)}, ui.Point{X: math.Inf(-1), Y: math.Inf(-1)}
	for _, p := range sets {
		for i := 0; i+1 < len(p); i += 2 {
			x, y := float64(p[i]), float64(p[i+1])
			lo, hi = ui.Point{X: min(lo.X, x), Y: min(lo.Y, y)}, ui.Point{X: max(hi.X, x), Y: max(hi.Y, y)}
		}
	}
	if lo.X > hi.X {
		return ui.Point{}, ui.Point{}
	}
	return lo, hi
}

func (f *features) drawMap(c ui.Canvas, col *column, s *State, v *View, lit bool) {
	t := v.theme
	tint := t.Real
	if col.syn {
		tint = t.Syn
	}
	ui.RoundRect(c, col.area, 8, t.Sunken)
	c.Text(ui.Point{X: col.area.X, Y: 20}, col.name, ui.SizeTitle, ui.Left, tint)
	count := plural(col.k.Components, "component") + "  ·  " + plural(col.k.Betti[1], "open loop")
	if c.TextWidth(count, ui.SizeBody) > col.area.W-84 {
		count = "β₀ " + itoa(col.k.Components) + "  β₁ " + itoa(col.k.Betti[1])
	}
	c.Text(ui.Point{X: col.area.X + col.area.W, Y: 20}, count, ui.SizeBody, ui.Right, t.Muted)
	for _, p := range col.ghost {
		ui.Ring(c, p, 2.5, 1, t.Muted.Fade(0.35))
	}
	col.drawSimplices(c, t)
	rad := min(max(col.area.W/90, 3.2), 4.8)
	for i, p := range col.at {
		colour := group(t, col.k.Group[i])
		ui.Disc(c, p, rad*1.3, t.Sunken)
		if col.syn {
			d := rad * 1.25
			c.Polygon([]ui.Point{{X: p.X, Y: p.Y - d}, {X: p.X + d, Y: p.Y}, {X: p.X, Y: p.Y + d}, {X: p.X - d, Y: p.Y}}, colour)
		} else {
			ui.Disc(c, p, rad, colour)
		}
	}
	if lit && f.bar < len(col.set.Bars) {
		b := col.set.Bars[f.bar]
		for i, e := range [][2]int{b.BirthEdge, b.DeathEdge} {
			if e[0] == e[1] {
				continue
			}
			width := 4 - 1.5*float64(i)
			c.Polyline([]ui.Point{col.at[e[0]], col.at[e[1]]}, width, t.Accent)
			ui.Ring(c, col.at[e[0]], 8, 2, t.Accent)
			ui.Ring(c, col.at[e[1]], 8, 2, t.Accent)
		}
	}
}

// drawSimplices paints the triangles and edges that have appeared, by component.
func (col *column) drawSimplices(c ui.Canvas, t ui.Theme) {
	fills, lines := map[int][]ui.Point{}, map[int][]ui.Point{}
	for _, e := range col.set.Triangles[:col.k.Triangles] {
		g := col.k.Group[e.I]
		fills[g] = append(fills[g], col.at[e.I], col.at[e.J], col.at[e.K])
	}
	for _, e := range col.set.Edges[:col.k.Edges] {
		g := col.k.Group[e.I]
		lines[g] = append(lines[g], col.at[e.I], col.at[e.J])
	}
	opacity := min(0.16, max(0.03, 8/float64(col.k.Triangles+1)))
	for _, g := range sortedKeys(fills) {
		c.Triangles(fills[g], group(t, g).Fade(opacity))
	}
	thin := 1.3
	if col.k.Edges > 400 {
		thin = 0.8
	}
	for _, g := range sortedKeys(lines) {
		c.Segments(lines[g], thin, group(t, g).Fade(0.62))
	}
}

func sortedKeys(m map[int][]ui.Point) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// group is the colour of a component: one of the theme's in turn, grey for a point alone.
func group(t ui.Theme, g int) ui.Color {
	if g < 0 {
		return t.Muted
	}
	return t.Groups[g%len(t.Groups)]
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return itoa(n) + " " + word + "s"
}

// act does what buttons and keys ask.
func (f *features) act(in ui.Input, cloud *event.Cloud, x *Context) {
	for _, a := range in.Acts {
		switch a.Name {
		case "event":
			f.grow.stop()
			eps := x.epsIn(cloud)
			stops := append(append([]float32{0, cloud.EpsMax}, Events(*cloud, cloud.Real)...), Events(*cloud, cloud.Syn)...)
			slices.Sort(stops)
			if a.Num() > 0 {
				if i := slices.IndexFunc(stops, func(e float32) bool { return e > eps }); i >= 0 {
					epsValue.Set(x.View, float64(stops[i]))
				}
			} else if i, _ := slices.BinarySearch(stops, eps); i > 0 {
				epsValue.Set(x.View, float64(stops[i-1]))
			}
		case "grow":
			f.grow.toggle(in.Now, x, cloud)
		}
	}
}

// growth lets eps run from where it is to the end of the filtration.
type growth struct {
	on         bool
	from, took float64 // eps and time at the start
}

// growSeconds is the time eps takes over the whole filtration.
const growSeconds = 6.0

func (g *growth) stop() { g.on = false }

func (g *growth) toggle(now float64, x *Context, cloud *event.Cloud) {
	g.on = !g.on
	g.from, g.took = float64(x.epsIn(cloud)), now
	if g.from >= float64(cloud.EpsMax)*0.999 {
		g.from = 0
	}
	if g.on && x.Still {
		epsValue.Set(x.View, float64(cloud.EpsMax))
		g.on = false
	}
}

func (g *growth) run(now float64, x *Context, cloud *event.Cloud) bool {
	if !g.on {
		return false
	}
	eps := g.from + (now-g.took)/growSeconds*float64(cloud.EpsMax)
	if eps >= float64(cloud.EpsMax) {
		eps, g.on = float64(cloud.EpsMax), false
	}
	epsValue.Set(x.View, eps)
	return g.on
}

// Panel implements Scene.
func (f *features) Panel(x *Context) panel.Panel {
	c, ok := x.Clouds[x.Class()]
	name := "The chosen class"
	if ok {
		name = panel.Plain(x.ClassName(x.Class()))
	}
	p := panel.Panel{panel.Lede(name + ": real images [real|●] and synthetic images [syn|◆] in the teacher's feature space. As *ε* grows, points closer than *ε* join; loops open and fill.")}
	if !ok {
		return p
	}
	reason := c.Reason
	if reason == "" && min(c.Real.Len(), c.Syn.Len()) < 2 {
		reason = "With one image per class there is one point: a single component that never ends, and no diagram to compare."
	}
	if reason != "" {
		p = append(p, panel.Reason(panel.Plain(reason)))
	}
	if len(c.Real.Bars)+len(c.Syn.Bars) == 0 {
		return p
	}
	eps := x.epsIn(&c)
	var ticks []panel.Tick
	for _, e := range Events(c, c.Real) {
		ticks = append(ticks, panel.Tick{At: float64(e), Role: "real"})
	}
	for _, e := range Events(c, c.Syn) {
		ticks = append(ticks, panel.Tick{At: float64(e), Role: "syn"})
	}
	real, syn := NewComplex(c.Real, eps), NewComplex(c.Syn, eps)
	row := func(name string, a, b int) []string { return []string{name, itoa(a), itoa(b)} }
	p = append(p,
		panel.Range{Param: epsValue.Name(), Label: "ε", Max: float64(c.EpsMax), Value: float64(eps), Text: decimal(eps) + " of " + decimal(c.EpsMax),
			Ticks: ticks, Help: "Ticks mark births and deaths."},
		panel.Buttons{{Act: "event", Arg: "-1", Label: "‹ Event", Title: "Previous birth or death"}, {Act: "event", Arg: "1", Label: "Event ›", Title: "Next birth or death"},
			{Act: "grow", Label: "Grow", Pressed: panel.Bool(f.grow.on)}},
		panel.Choice{Param: sets.Name(), Label: "Complex shown", Value: sets.Of(x.View), Options: []panel.Option{
			{Value: "both", Text: "Both"}, {Value: "real", Text: "Real"}, {Value: "syn", Text: "Synthetic"}}},
		panel.Table{Head: []string{"", "Real", "Synthetic"}, Roles: []string{"", "real", "syn"}, Chosen: -1, Rows: [][]string{
			row("Points", c.Real.Len(), c.Syn.Len()), row("Edges", real.Edges, syn.Edges), row("Triangles", real.Triangles, syn.Triangles),
			row("Components (union-find)", real.Components, syn.Components), row("β₀ components", real.Betti[0], syn.Betti[0]),
			row("β₁ open loops", real.Betti[1], syn.Betti[1])}},
		panel.Note("Pull-to-anchor κ: "+decimal(c.Kappa[0])+" in degree 0, "+decimal(c.Kappa[1])+" in degree 1 (0 is none)."))
	data := panel.Details{ID: "data", Label: "Data table"}
	if x.Open("data") {
		rows := f.Table(x)
		data.Blocks = panel.Panel{panel.Table{Head: rows[0], Rows: rows[1:], Chosen: -1, Scroll: true}}
	}
	return append(p, data)
}

// Table implements Tabler.
func (f *features) Table(x *Context) [][]string {
	rows := [][]string{{"Set", "Degree", "Birth", "Death"}}
	c := x.Clouds[x.Class()]
	for i, set := range []event.Set{c.Real, c.Syn} {
		for _, b := range set.Bars {
			death := decimal(b.Death)
			if b.Essential {
				death = "never"
			}
			rows = append(rows, []string{[2]string{"real", "synthetic"}[i], itoa(b.Degree), decimal(b.Birth), death})
		}
	}
	return rows
}

// Label implements Labeller.
func (f *features) Label(x *Context) string {
	c := x.Clouds[x.Class()]
	eps := x.epsIn(&c)
	return "Filtration of " + x.ClassName(x.Class()) + " at epsilon " + decimal(eps) + " of " + decimal(c.EpsMax) + ": " +
		itoa(c.Real.Betti(0, eps)) + " real and " + itoa(c.Syn.Betti(0, eps)) + " synthetic components"
}

// Empty implements Idler.
func (f *features) Empty(x *Context) *Empty {
	if _, ok := x.Clouds[x.Class()]; ok {
		return nil
	}
	body := "Features of “" + x.ClassName(x.Class()) + "” come with the next topology update."
	switch {
	case x.Pictures == 0 && len(x.Points) == 0:
		body = x.waiting()
	case x.Status.State == event.Paused:
		body = "The run is paused. Features of “" + x.ClassName(x.Class()) + "” come when it goes on."
	}
	return &Empty{Head: "No feature cloud yet", Body: body}
}
