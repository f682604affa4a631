package scene

import (
	"math"
	"strings"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

func init() {
	register(Info{Name: "images", Title: "Images", Order: 1, Topics: []event.Topic{event.TopicImages}, Scroll: true, Keys: []Key{
		{Keys: []string{"arrowright"}, Show: "← → ↑ ↓", Say: "choose an image", Act: "move", Arg: "1"},
		{Keys: []string{"arrowleft"}, Act: "move", Arg: "-1"},
		{Keys: []string{"arrowdown"}, Act: "move-class", Arg: "1"},
		{Keys: []string{"arrowup"}, Act: "move-class", Arg: "-1"},
		{Keys: []string{"+", "="}, Show: "+ −", Say: "larger, smaller", Act: "zoom-in"},
		{Keys: []string{"-"}, Act: "zoom-out"},
		{Keys: []string{"f"}, Show: "F", Say: "find classes by name", Act: "page:focus:filter"},
	}}, func() Scene { return &images{zoom: 1} })
}

var (
	filter = newText("filter")          // show classes whose name contains it
	wipe   = newNumber("wipe", 1, 0, 1) // 0: before the residual connection, 1: after
)

// images shows every class with its synthetic images, and one of them large with its
// last residual connection.
type images struct {
	zoom, scroll float64
	layout       grid
	shown        int // chosen class as last brought into sight, +1
	hover        [2]int
	hovering     bool
}

// momentSeconds is how long a residual connection is shown on the tiles.
const momentSeconds = 2.4

// Update implements Scene.
func (g *images) Update(in ui.Input, x *Context) bool {
	s, v := x.State, x.View
	g.hovering = false
	g.scroll += in.Wheel.Y - in.Drag.Y
	if in.Inside && g.layout.area.Contains(in.Pointer) {
		if class, i, ok := g.layout.at(in.Pointer, g.scroll); ok && s.Tile(class, i) != nil {
			g.hover, g.hovering = [2]int{class, i}, true
			if in.Clicked {
				v.Choose(class, i)
				g.shown = class + 1
			}
		}
	}
	if in.Zoom > 0 && in.Zoom != 1 {
		g.magnify(in.Zoom, in.ZoomAt)
	}
	for _, act := range in.Acts {
		switch act.Name {
		case "move":
			g.move(x, int(act.Num()))
		case "move-class":
			g.move(x, int(act.Num())*max(s.Hello.IPC, 1))
		case "replay":
			if t := s.Tile(v.Class(), v.Image()); t != nil && t.Last() != nil {
				t.Last().Came = in.Now
				wipe.Set(v, 1)
			}
		case "zoom-in":
			g.magnify(1.25, g.layout.area.Centre())
		case "zoom-out":
			g.magnify(0.8, g.layout.area.Centre())
		case "reset":
			g.zoom, g.scroll = 1, 0
		}
	}
	return !v.Still && s.momentAt(in.Now)
}

// magnify changes the size of the tiles and keeps what is at p near p.
func (g *images) magnify(f float64, p ui.Point) {
	z := min(max(g.zoom*f, 0.4), 8)
	y := p.Y - g.layout.area.Y
	g.scroll = (g.scroll+y)*z/g.zoom - y
	g.zoom = z
}

// momentAt reports whether any tile shows its residual connection at clock time now.
func (s *State) momentAt(now float64) bool {
	for _, class := range s.Tiles {
		for _, t := range class {
			if t != nil {
				if _, ok := t.progress(now); ok {
					return true
				}
			}
		}
	}
	return false
}

// Draw implements Scene.
func (g *images) Draw(c ui.Canvas, x *Context) {
	s, v, now := x.State, x.View, x.Now
	w, h := c.Size()
	t := v.theme
	ui.Fill(c, ui.Rect{W: w, H: h}, t.Surface)
	if s.Pictures == 0 {
		return
	}
	left, inspect := split(ui.Rect{W: w, H: h})
	track := ui.Rect{X: left.X + pad, Y: left.Y + 12, H: trackHeight - 12}
	left.Y, left.H = left.Y+trackHeight, left.H-trackHeight
	g.layout = g.arrange(c, left, s, v)
	if spare := left.W - g.layout.used(); spare > 24 && inspect.Y == 0 {
		spare = min(spare, inspectorMost-inspect.W)
		left.W, inspect.X, inspect.W = left.W-spare, inspect.X-spare, inspect.W+spare
		g.layout.area.W = left.W
	}
	track.W = left.W - 2*pad
	drawTrack(c, track, s, v, now)
	g.follow(v)
	g.scroll = min(max(g.scroll, 0), max(0, g.layout.height-left.H))

	c.Clip(left)
	g.drawTiles(c, s, v, now)
	c.Clip(ui.Rect{})
	g.drawScrollbar(c, t)

	class, image := v.Class(), v.Image()
	if g.hovering {
		class, image = g.hover[0], g.hover[1]
	}
	drawInspector(c, inspect, s, v, class, image, now)
}

// follow scrolls to the chosen class when the choice was made elsewhere.
func (g *images) follow(v *View) {
	if g.shown == v.Class()+1 {
		return
	}
	first := g.shown == 0
	g.shown = v.Class() + 1
	if first && v.Class() == 0 {
		return
	}
	for n, class := range g.layout.classes {
		if class == v.Class() {
			card := g.layout.card(n)
			top := card.Y - g.layout.area.Y
			if top < g.scroll || top+card.H > g.scroll+g.layout.area.H {
				g.scroll = top - (g.layout.area.H-card.H)/2
			}
		}
	}
}

func (g *images) drawTiles(c ui.Canvas, s *State, v *View, now float64) {
	l, t := &g.layout, v.theme
	first, last := g.visible()
	var rings []ring
	for n := first; n < last; n++ {
		class := l.classes[n]
		card := l.card(n)
		card.Y = ui.Snap(ui.Point{Y: card.Y - g.scroll}, c.Scale()).Y
		for i := range l.ipc {
			r := l.place(card, i)
			r.X = ui.Snap(ui.Point{X: r.X}, c.Scale()).X
			tile := s.Tile(class, i)
			if tile == nil {
				ui.Fill(c, r, t.Sunken)
				continue
			}
			if p, ok := tile.progress(now); ok {
				drawMoment(c, r, tile, p, v.Still)
				rings = append(rings, ring{r, t.Anchor.Fade(1 - p*p), 2})
			} else {
				c.Picture(&tile.Picture, r, 1)
			}
			if class == v.Class() && i == v.Image() {
				rings = append(rings, ring{r, t.Accent, 2.5})
			} else if g.hovering && g.hover == [2]int{class, i} {
				rings = append(rings, ring{r, t.Ink.Fade(0.6), 1.5})
			}
		}
	}
	for _, k := range rings {
		ui.Outline(c, k.r.Inset(-k.width/2-0.5), 2, k.width, k.col)
	}
	for n := first; n < last; n++ {
		g.drawName(c, s, v, n)
	}
}

func (g *images) drawName(c ui.Canvas, s *State, v *View, n int) {
	l := &g.layout
	class, card := l.classes[n], l.card(n)
	at, room := ui.Point{X: card.X, Y: card.Y - g.scroll + 9}, card.W
	if l.label > 0 {
		at.Y, room = card.Y-g.scroll+l.tile/2, l.label-10
	}
	col := v.theme.Muted
	if class == v.Class() {
		col = v.theme.Ink
	}
	c.Text(at, ellipsis(c, s.ClassName(class), nameSize, room), nameSize, ui.Left, col)
}

type ring struct {
	r     ui.Rect
	col   ui.Color
	width float64
}

// visible gives the range of cards that can be seen.
func (g *images) visible() (first, last int) {
	l := &g.layout
	pitch := l.cardH + l.gap()
	first = max(0, int(g.scroll/pitch)) * l.perRow
	last = (int((g.scroll+l.area.H)/pitch) + 1) * l.perRow
	return min(first, len(l.classes)), min(last, len(l.classes))
}

func (g *images) drawScrollbar(c ui.Canvas, t ui.Theme) {
	l := &g.layout
	if l.height <= l.area.H+1 {
		return
	}
	h := max(24, l.area.H*l.area.H/l.height)
	y := l.area.Y + (l.area.H-h)*g.scroll/(l.height-l.area.H)
	ui.RoundRect(c, ui.Rect{X: l.area.X + l.area.W - 8, Y: y, W: 4, H: h}, 2, t.Muted.Fade(0.45))
}

// ellipsis shortens s until it fits in width.
func ellipsis(c ui.Canvas, s string, size, width float64) string {
	if c.TextWidth(s, size) <= width {
		return s
	}
	runes := []rune(s)
	for n := len(runes) - 1; n > 0; n-- {
		if short := strings.TrimSpace(string(runes[:n])) + "…"; c.TextWidth(short, size) <= width {
			return short
		}
	}
	return ""
}

// progress is how far the tile's residual connection has been shown, in [0,1).
func (t *Tile) progress(now float64) (p float64, ok bool) {
	m := t.Last()
	if m == nil {
		return 0, false
	}
	p = (now - m.Came) / momentSeconds
	return p, p >= 0 && p < 1
}

// drawMoment blends a tile from before to after, its anchor in the corner.
func drawMoment(c ui.Canvas, r ui.Rect, t *Tile, p float64, still bool) {
	m := t.Last()
	blend := ease((p - 0.25) / 0.5)
	if still {
		blend = 1
	}
	c.Picture(&m.Before, r, 1)
	if blend > 0 {
		c.Picture(&m.After, r, blend)
	}
	if fade := ease(p/0.12) * (1 - ease((p-0.75)/0.25)); fade > 0 && !still {
		side := math.Round(r.W * 0.45)
		c.Picture(&m.Anchor, ui.Rect{X: r.X + r.W - side, Y: r.Y + r.H - side, W: side, H: side}, fade)
	}
}

// ease is a smooth step from 0 to 1.
func ease(t float64) float64 {
	t = min(max(t, 0), 1)
	return t * t * (3 - 2*t)
}

// move chooses the image that lies so many further, across classes.
func (g *images) move(x *Context, by int) {
	n := max(x.Hello.IPC, 1)
	all := max(len(x.Hello.Classes), 1) * n
	at := min(max(x.Class()*n+x.Image()+by, 0), all-1)
	x.Choose(at/n, at%n)
	wipe.Set(x.View, 1)
}

// Panel implements Scene.
func (g *images) Panel(x *Context) panel.Panel {
	p := panel.Panel{
		panel.Lede("Every tile is one synthetic image. Gradients through the frozen teacher move its pixels; at the end of a stage a real image, its [anchor|anchor], is blended in."),
		panel.Search{Param: filter.Name(), Label: "Show classes", Placeholder: "part of a name", Value: filter.Of(x.View)},
	}
	card := panel.Card{Title: "No image chosen", Buttons: []panel.Button{
		{Act: "move", Arg: "-1", Label: "‹", Name: "Previous image"}, {Act: "move", Arg: "1", Label: "›", Name: "Next image"}}}
	tile := x.Tile(x.Class(), x.Image())
	switch {
	case tile == nil:
		card.Blocks = panel.Panel{panel.Note("Choose a tile by pointing at it, or with the arrow keys.")}
	case tile.Last() == nil:
		card.Title = x.ClassName(x.Class()) + "  #" + itoa(x.Image())
		card.Blocks = panel.Panel{panel.Note("Its anchor, fit and complexity appear here once a stage has ended.")}
	default:
		m := tile.Last()
		card.Title = x.ClassName(x.Class()) + "  #" + itoa(x.Image())
		card.Blocks = panel.Panel{
			panel.Facts{
				{Name: "Anchor", Value: m.AnchorID, Wide: true},
				{Name: "Fit", Value: decimal(m.Fit), Title: "Distance of the features of image and anchor"},
				{Name: "Complexity", Value: decimal(m.Complexity), Title: "Variance of the smoothed gradient energy"},
				{Name: "α", Value: decimal(m.Alpha), Title: "Share of the synthetic image that stays"},
				{Name: "Injected", Value: "step " + itoa(m.Step) + ", end of stage " + itoa(m.Stage+1), Wide: true},
			},
			panel.Range{Param: wipe.Name(), Label: "Before to after", Max: 1, Step: 0.01, Value: wipe.Of(x.View), Text: ui.Number(wipe.Of(x.View))},
			panel.Buttons{{Act: "replay", Label: "Play"}},
		}
	}
	return append(p, card, panel.Note("Drag or scroll to move, pinch or `+` `−` to zoom."))
}

// Label implements Labeller.
func (g *images) Label(x *Context) string {
	return itoa(x.Pictures) + " synthetic images of " + itoa(len(x.Tiles)) + " classes at step " + itoa(x.Step)
}

// Empty implements Idler.
func (g *images) Empty(x *Context) *Empty {
	switch {
	case x.Pictures > 0:
		return nil
	case x.Status.State == event.Squeezing:
		return &Empty{Head: "No images yet", Body: "The teacher is being trained first; its curve is under Training."}
	}
	return &Empty{Head: "No images yet", Body: x.waiting()}
}
