// Package retrieval is the scene of anchors: the candidates of an image by fit and complexity (Eqn 4), at any lambda.
package retrieval

import (
	"math"
	"path"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/view"
)

func init() {
	scene.Register(scene.Info{Name: "retrieval", Title: "Retrieval", Order: 5, Topics: []event.Topic{event.TopicRetrieval, event.TopicImages}, Scroll: true, Keys: []scene.Key{
		{Keys: []string{"arrowright"}, Show: "← →", Say: "previous, next image of the class", Act: "rank-image", Arg: "1"},
		{Keys: []string{"arrowleft"}, Act: "rank-image", Arg: "-1"},
		{Keys: []string{"["}, Show: "[ ]", Say: "previous, next λ at which the winner changes", Act: "rank-change", Arg: "-1"},
		{Keys: []string{"]"}, Act: "rank-change", Arg: "1"},
		{Keys: []string{"r"}, Show: "R", Say: "the run's own λ", Act: "rank-own"},
	}}, func() scene.Scene { return &ranking{hover: figure.None} })
}

var (
	lambda   = view.NewNumber("lambda", -1, -1, 1)         // of Eqn 4; below 0: the run's
	rankShow = view.NewText("rank.show", "image", "class") // the candidates of one image, or who took what in the class
)

// ranking shows why an image's anchor won: its candidates by score at any lambda, and what the class's images took.
type ranking struct {
	key         listKey
	lists       []*candidateList // of the class's images
	list        *candidateList   // of the chosen one
	bands       []lambdaRange
	places      areas
	stack       figure.Stack
	rows        []int     // candidate in each row of the stack, as drawn
	from        []float64 // place of each candidate when the order last changed
	now         []float64 // and as drawn
	to          []float64
	began       float64
	hover       int  // candidate under the pointer, or lit from the panel
	inside      bool // the pointer is over the drawing
	drag        bool // of lambda
	scroll      float64
	dots        []ui.Point  // of the candidates in the plane
	tiles       []imageTile // images that can be chosen
	lastWinner  int         // candidate that won when last looked, and the clock of the last time this was said
	announcedAt float64
	blank       ui.Picture
	ground      ui.Color // that blank was made for
}

// imageTile is where an image of the class is drawn.
type imageTile struct {
	ui.Rect
	image int
}

// listKey is what the list depends on.
type listKey struct {
	run                            uint64
	class, image, stage, step, all int
}

const (
	rowHeight      = 36.0 // a row of the ranking
	reorderSeconds = 0.45 // seconds a new order takes
)

// load reads the candidates of the chosen image where they are not the ones it has, and reports whether there are any.
func (g *ranking) load(x *scene.Context) bool {
	r, ok := x.Ranks[x.Class()]
	if !ok {
		g.key, g.lists, g.list, g.bands = listKey{}, nil, nil, nil
		return false
	}
	key := listKey{x.Run, x.Class(), g.image(x, &r), r.Stage, r.Step, 0}
	if key.image < len(r.Candidates) {
		key.all = len(r.Candidates[key.image])
	}
	if g.list == nil || key != g.key {
		old := g.key
		if old.image, old.all = key.image, key.all; g.list == nil || old != key || len(g.lists) != len(r.Candidates) {
			g.lists = newCandidateLists(&r)
		}
		g.key, g.list = key, &candidateList{chosen: -1}
		if key.image < len(g.lists) {
			g.list = g.lists[key.image]
		}
		g.bands = g.list.bands()
		g.lastWinner, g.hover = g.list.winner(g.lambda(x)), figure.None
		g.place(x)
		copy(g.now, g.to)
	}
	return len(g.list.all) > 0
}

// image is the chosen image, or the class's last where it has fewer.
func (g *ranking) image(x *scene.Context, r *event.Retrieval) int {
	return min(x.Image(), max(len(r.Candidates)-1, 0))
}

// lambda is the weight of complexity: the user's, or the run's.
func (g *ranking) lambda(x *scene.Context) float64 {
	if l := lambda.Of(x.View); l >= 0 {
		return l
	}
	return min(max(roundLambda(x.Ranks[x.Class()].Lambda), 0), 1)
}

// place computes where each candidate's row belongs, and reports whether that changed.
func (g *ranking) place(x *scene.Context) (changed bool) {
	n := len(g.list.all)
	if len(g.to) != n {
		g.from, g.now, g.to = make([]float64, n), make([]float64, n), make([]float64, n)
		changed = true
	}
	for row, i := range g.list.order(g.lambda(x)) {
		if y := float64(row) * rowHeight; g.to[i] != y {
			g.to[i], changed = y, true
		}
	}
	return changed
}

// Update implements Scene.
func (g *ranking) Update(in ui.Input, x *scene.Context) bool {
	if !g.load(x) {
		return false
	}
	for _, a := range in.Acts {
		g.act(a, x)
	}
	g.load(x)
	g.handlePointer(in, x)
	g.load(x)
	if g.place(x) {
		copy(g.from, g.now)
		g.began = in.Now
	}
	t := (in.Now - g.began) / reorderSeconds
	if x.Still {
		t = 1
	}
	for i := range g.now {
		g.now[i] = g.from[i] + (g.to[i]-g.from[i])*ui.Ease(t)
		if t >= 1 {
			g.now[i] = g.to[i]
		}
	}
	g.announce(in.Now, x)
	return t < 1
}

// announce says when another candidate wins, at most once a second.
func (g *ranking) announce(now float64, x *scene.Context) {
	won := g.list.winner(g.lambda(x))
	if won == g.lastWinner || now-g.announcedAt < 1 {
		return
	}
	g.lastWinner, g.announcedAt = won, now
	if won >= 0 {
		x.Say("At λ "+ui.Number(g.lambda(x))+" the winner is "+imageName(g.list.all[won].ID), false)
	}
}

// act does what buttons and keys ask.
func (g *ranking) act(a ui.Act, x *scene.Context) {
	r := x.Ranks[x.Class()]
	switch a.Name {
	case "rank-image":
		x.Choose(x.Class(), min(max(g.image(x, &r)+int(a.Num()), 0), max(len(r.Candidates)-1, 0)))
	case "rank-pick":
		x.Choose(x.Class(), min(max(int(a.Num()), 0), max(len(r.Candidates)-1, 0)))
	case "rank-change":
		g.jumpToChange(x, a.Num() > 0)
	case "rank-own", "reset":
		lambda.Set(x.View, -1)
	case "rank-light":
		if i := int(a.Num()); i >= 0 && i < len(g.list.all) {
			g.hover = i
		}
	}
}

// jumpToChange goes just past the next lambda at which the winner changes.
func (g *ranking) jumpToChange(x *scene.Context, up bool) {
	const past = 1e-3
	now := g.lambda(x)
	if up {
		for _, b := range g.bands {
			if b.from > now {
				lambda.Set(x.View, min(b.from+past, 1))
				return
			}
		}
		return
	}
	for i := len(g.bands) - 1; i >= 0; i-- {
		if b := g.bands[i]; b.to < now {
			lambda.Set(x.View, max(b.to-past, 0))
			return
		}
	}
}

// handlePointer lets the pointer choose an image, light a candidate up, and drag lambda.
func (g *ranking) handlePointer(in ui.Input, x *scene.Context) {
	l := &g.places
	if in.Down && !in.Pressed && g.drag {
		g.setLambda(x, in.Pointer)
		return
	}
	g.drag = false
	if !in.Inside {
		if g.inside {
			g.inside, g.hover = false, figure.None
		}
		return
	}
	g.inside = true
	if in.Pressed && !l.band.Empty() && l.band.Inset(-8).Contains(in.Pointer) {
		g.drag = true
		g.setLambda(x, in.Pointer)
		return
	}
	if in.Clicked {
		for _, r := range g.tiles {
			if r.Contains(in.Pointer) {
				x.Choose(x.Class(), r.image)
				return
			}
		}
	}
	if l.stack.Contains(in.Pointer) {
		most := max(0, float64(len(g.list.all))*rowHeight-l.stack.H)
		g.scroll = min(max(g.scroll+in.Wheel.Y-in.Drag.Y, 0), most)
	}
	if in.Wheel != (ui.Point{}) || rankShow.Of(x.View) == "class" {
		return
	}
	if row := g.stack.RowAt(in.Pointer); row >= 0 && row < len(g.rows) {
		g.hover = g.rows[row]
		return
	}
	best := 12.0
	near := figure.None
	for i, q := range g.dots {
		if d := math.Hypot(q.X-in.Pointer.X, q.Y-in.Pointer.Y); d < best {
			best, near = d, i
		}
	}
	g.hover = near
}

func (g *ranking) setLambda(x *scene.Context, p ui.Point) {
	b := g.places.band
	if b.W > 0 {
		lambda.Set(x.View, min(max((p.X-b.X)/b.W, 0), 1))
	}
}

// anchor is the name of what an image takes at the present lambda: the run's own anchor at the run's, else the best of the
// list. It is "" where the image has no candidate.
func (g *ranking) anchor(l *candidateList, lambda float64, own bool) string {
	i := l.winner(lambda)
	if own && l.chosen >= 0 && l.chosen < len(l.all) {
		i = l.chosen
	}
	if i < 0 {
		return ""
	}
	return l.all[i].ID
}

// roundLambda is a lambda as it was asked for, not as 32 bits hold it.
func roundLambda(l float32) float64 { return math.Round(float64(l)*1e6) / 1e6 }

// isRunLambda reports whether lambda is the run's.
func (g *ranking) isRunLambda(x *scene.Context) bool {
	return math.Abs(g.lambda(x)-roundLambda(x.Ranks[x.Class()].Lambda)) < 1e-6
}

// anchorsTaken is the anchors of the class's images at the present lambda: the name of each image's, and how many took it.
func (g *ranking) anchorsTaken(x *scene.Context) (ids []string, times map[string]int) {
	times = map[string]int{}
	w, own := g.lambda(x), g.isRunLambda(x)
	for _, l := range g.lists {
		id := g.anchor(l, w, own)
		ids = append(ids, id)
		if id != "" {
			times[id]++
		}
	}
	return ids, times
}

// picture is the thumbnail of a real image: of the gallery, or of the anchor that a synthetic image was mixed with.
func (g *ranking) picture(x *scene.Context, id string) *ui.Picture {
	if p := x.Thumb(x.Class(), id); p != nil {
		return p
	}
	if c := x.Class(); c >= 0 && c < len(x.Tiles) {
		for _, t := range x.Tiles[c] {
			if t == nil {
				continue
			}
			for _, m := range t.Residuals {
				if m.AnchorID == id && id != "" && m.Anchor.W > 0 {
					return &m.Anchor
				}
			}
		}
	}
	return nil
}

// imageName is the last part of a real image's name.
func imageName(id string) string {
	if id == "" {
		return "unnamed"
	}
	return path.Base(id)
}
