// Package images is the scene of all synthetic images: every class, and one image large with its residual connections and
// its past.
package images

import (
	"math"
	"strconv"

	"reta/shared/event"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/view"
	"reta/viewer/widget"
)

func init() {
	scene.Register(scene.Info{Name: "images", Title: "Images", Order: 1, Topics: []event.Topic{event.TopicImages}, Scroll: true, Keys: []scene.Key{
		{Keys: []string{"arrowright"}, Show: "← → ↑ ↓", Say: "choose an image", Act: "move", Arg: "1"},
		{Keys: []string{"arrowleft"}, Act: "move", Arg: "-1"},
		{Keys: []string{"arrowdown"}, Act: "move-row", Arg: "1"},
		{Keys: []string{"arrowup"}, Act: "move-row", Arg: "-1"},
		{Keys: []string{"enter"}, Show: "Enter", Say: "the chosen image large, and back", Act: "large"},
		{Keys: []string{"escape"}, Show: "Esc", Say: "back to all images", Act: "small"},
		{Keys: []string{"+", "="}, Show: "+ −", Say: "larger, smaller", Act: "zoom-in"},
		{Keys: []string{"-"}, Act: "zoom-out"},
		{Keys: []string{"p"}, Show: "P", Say: "play the residual connection", Act: "replay"},
		{Keys: []string{"v"}, Show: "V", Say: "show before, after, anchor, difference in turn", Act: "show"},
		{Keys: []string{"f"}, Show: "F", Say: "find a class or an image", Act: "page:focus:find"},
	}}, func() scene.Scene { return &images{zoom: 1} })
}

// What the tiles show.
const (
	synthetic  = "synthetic"
	before     = "before"
	after      = "after"
	anchor     = "anchor"
	difference = "difference"
)

var (
	filter  = view.NewText("filter")                                             // show classes whose name contains it
	find    = view.NewText("find")                                               // a class, or an image of it: "dog 3"
	showing = view.NewText("show", synthetic, before, after, anchor, difference) // what every tile shows
	stageNo = view.NewText("moment")                                             // the stage, from 1, at whose end the residual connection was; "" for the newest
	compare = view.NewText("compare", "none", "wipe", "blend")                   // before and after on the large image
	wipe    = view.NewNumber("wipe", 0.5, 0, 1)                                  // share of the large image that is before, from the left
	blend   = view.NewNumber("blend", 0.5, 0, 1)                                 // share of after in the large image
	gain    = view.NewNumber("gain", 4, 1, 32)                                   // of the difference
	large   = view.NewFlag("large", false)                                       // the chosen image has the whole canvas
)

// images shows every class with its synthetic images, and one of them large with its residual connections and its past.
type images struct {
	zoom, scroll float64
	layout       widget.Grid
	shown        [3]int // chosen class and image as last brought into sight, and 1
	hover        [2]int
	hovering     bool
	searched     string // what was last looked for
	notFound     bool   // and not found
	target       [2]int // or where it is
	widths       map[string]float64
	differences

	played  float64 // clock time at which the user had a residual connection played
	playing int     // 1: of the chosen image, 2: of all

	box     ui.Rect // the large image, and whether its divider is held
	held    bool
	swipedX float64 // how far it was drawn sideways since the pointer went down
	close   ui.Rect
	film    widget.Film // strip of the past
	clicked float64     // clock time of the last click on a tile
}

// residualSeconds is how long a residual connection is shown on the tiles; doubleClickSeconds is how soon a second click follows the
// first in a double click.
const (
	residualSeconds    = 2.4
	doubleClickSeconds = 0.4
	swipeLeast         = 60.0 // CSS pixels
)

// Update implements Scene.
func (g *images) Update(in ui.Input, x *scene.Context) bool {
	g.searchImage(x)
	x.Past.LoadPast()
	g.hovering = false
	switch {
	case g.dragDivider(in, x.View) || g.clickStrip(in, x):
	case large.Of(x.View):
		g.swipe(in, x)
	default:
		g.pointGrid(in, x)
	}
	for _, act := range in.Acts {
		g.act(act, in.Now, x)
	}
	return !x.Still && (g.played > 0 && in.Now < g.played+residualSeconds || anyPlaying(x.State, in.Now))
}

func (g *images) act(act ui.Act, now float64, x *scene.Context) {
	v := x.View
	switch act.Name {
	case "move":
		g.move(x, int(act.Num()))
	case "move-row":
		g.row(x, int(act.Num()))
	case "large":
		large.Set(v, !large.Of(v))
	case "small":
		large.Set(v, false)
	case "show":
		order := showing.Options()
		for i, name := range order {
			if name == showing.Of(v) {
				showing.Set(v, order[(i+1)%len(order)])
				break
			}
		}
	case "replay":
		g.played, g.playing = now, 1
	case "replay-all":
		g.played, g.playing = now, 2
		showing.Set(v, synthetic)
		large.Set(v, false)
	case "zoom-in":
		g.magnify(1.25, g.layout.Area.Centre())
	case "zoom-out":
		g.magnify(0.8, g.layout.Area.Centre())
	case "reset":
		g.zoom, g.scroll, g.played = 1, 0, 0
	default:
		return
	}
	if (act.Name == "replay" || act.Name == "replay-all") && x.Still {
		g.played = 0
		if showing.Set(v, after); act.Name == "replay" {
			compare.Set(v, "none")
		}
	}
}

// swipe turns to the next image when a finger or the mouse draws the large one aside, and closes it by a double click.
func (g *images) swipe(in ui.Input, x *scene.Context) {
	if in.Pressed {
		g.swipedX = 0
	}
	if g.swipedX += in.Drag.X; !in.Down {
		if math.Abs(g.swipedX) >= swipeLeast {
			g.move(x, -int(math.Copysign(1, g.swipedX)))
		}
		g.swipedX = 0
	}
	if in.Clicked && g.box.Contains(in.Pointer) && g.doubleClick(in.Now) {
		large.Set(x.View, false)
	}
}

// pointGrid lets the pointer scroll, zoom and choose in the grid.
func (g *images) pointGrid(in ui.Input, x *scene.Context) {
	g.scroll += in.Wheel.Y - in.Drag.Y
	if in.Inside && g.layout.Area.Contains(in.Pointer) {
		if class, i, ok := g.layout.At(in.Pointer, g.scroll); ok && x.Tile(class, i) != nil {
			g.hover, g.hovering = [2]int{class, i}, true
			if in.Clicked {
				again := class == x.Class() && i == x.Image()
				x.Choose(class, i)
				g.shown = [3]int{class, i, 1}
				if g.doubleClick(in.Now) && again {
					large.Set(x.View, true)
				}
			}
		}
	}
	if in.Zoom > 0 && in.Zoom != 1 {
		g.magnify(in.Zoom, in.ZoomAt)
	}
}

// doubleClick reports whether a click is the second of a double click.
func (g *images) doubleClick(now float64) bool {
	second := g.clicked > 0 && now-g.clicked < doubleClickSeconds
	g.clicked = now
	if second {
		g.clicked = 0
	}
	return second
}

// dragDivider moves the divider of the large image.
func (g *images) dragDivider(in ui.Input, v *view.View) bool {
	if !in.Down {
		g.held = false
	}
	if in.Pressed && in.Inside && compare.Of(v) == "wipe" && g.box.Contains(in.Pointer) {
		g.held = true
	}
	if g.held && g.box.W > 0 {
		wipe.Set(v, (in.Pointer.X-g.box.X)/g.box.W)
	}
	return g.held
}

// clickStrip follows a click on the film strip to another step, or on the cross to the grid.
func (g *images) clickStrip(in ui.Input, x *scene.Context) bool {
	if !in.Clicked {
		return false
	}
	if large.Of(x.View) && g.close.Contains(in.Pointer) {
		large.Set(x.View, false)
		return true
	}
	step, newest, ok := g.film.At(in.Pointer)
	if ok {
		view.Step.Set(x.View, float64(step))
		if newest && (x.Live || x.Replay) {
			view.Step.Set(x.View, -1)
		}
	}
	return ok
}

// magnify changes the size of the tiles and keeps what is at p near p.
func (g *images) magnify(f float64, p ui.Point) {
	z := min(max(g.zoom*f, 0.4), 8)
	y := p.Y - g.layout.Area.Y
	g.scroll = (g.scroll+y)*z/g.zoom - y
	g.zoom = z
}

// move chooses the image that lies so many further in the grid, across classes.
func (g *images) move(x *scene.Context, by int) { x.Choose(g.layout.Beside(x.Class(), x.Image(), by)) }

// row chooses the image one row further down in the grid, or up.
func (g *images) row(x *scene.Context, by int) { x.Choose(g.layout.Below(x.Class(), x.Image(), by)) }

// Draw implements Scene.
func (g *images) Draw(c ui.Canvas, x *scene.Context) {
	w, h := c.Size()
	ui.Fill(c, ui.Rect{W: w, H: h}, x.Theme.Surface)
	g.box, g.close = ui.Rect{}, ui.Rect{}
	g.film.Clear()
	if x.Pictures == 0 {
		return
	}
	whole := ui.Rect{W: w, H: h}
	left, inspect := split(whole)
	head := 0.0
	if showing.Of(x.View) != synthetic {
		head = headHeight
	}
	left.Y, left.H = left.Y+head, left.H-head
	g.layout = g.arrange(c, left, x.State, x.View)
	if large.Of(x.View) {
		g.drawLarge(c, whole, x)
		return
	}
	if spare := left.W - g.layout.Used(); spare > 24 && inspect.Y == 0 {
		spare = min(spare, inspectorMost-inspect.W)
		left.W, inspect.X, inspect.W = left.W-spare, inspect.X-spare, inspect.W+spare
		g.layout.Area.W = left.W
	}
	g.scrollToChosen(x.View)
	g.scroll = min(max(g.scroll, 0), max(0, g.layout.Height-left.H))

	if head > 0 {
		at := ui.Point{X: left.X + widget.Pad, Y: left.Y - head/2 + 3}
		c.Text(at, ui.Ellipsis(c, g.heading(x), ui.SizeBody, left.W-2*widget.Pad), ui.SizeBody, ui.Left, x.Theme.Ink)
	}
	c.Clip(left)
	g.drawTiles(c, x)
	c.Clip(ui.Rect{})
	ui.Scrollbar(c, ui.Rect{X: left.X, Y: g.layout.Area.Y, W: left.W - 4, H: g.layout.Area.H}, g.layout.Height, g.scroll, x.Theme)

	class, image := x.Class(), x.Image()
	if g.hovering {
		class, image = g.hover[0], g.hover[1]
	}
	g.drawInspector(c, inspect, x, class, image)
}

// heading says what the tiles show when that is not the images as they are.
func (g *images) heading(x *scene.Context) string {
	what := map[string]string{before: "Before", after: "After", anchor: "Anchors of", difference: "After − before of"}[showing.Of(x.View)]
	which := "the newest residual connection"
	if n := stageOf(x.View); n >= 0 {
		which = "the residual connection of stage " + strconv.Itoa(n+1)
	}
	if showing.Of(x.View) == difference {
		which += ", × " + ui.Number(gain.Of(x.View))
	}
	return what + " " + which
}
