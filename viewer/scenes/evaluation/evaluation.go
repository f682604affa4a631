// Package evaluation is the scene of what the images are worth: students trained on them and on controls, how well they do,
// what they answer, and the soft labels they are taught.
package evaluation

import (
	"slices"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/view"
)

func init() {
	scene.Register(scene.Info{Name: "evaluation", Title: "Evaluation", Order: 7, Scroll: true, Topics: []event.Topic{event.TopicEvaluation, event.TopicImages}, Keys: []scene.Key{
		{Keys: []string{"v"}, Show: "V", Say: "results, classes, answers, soft labels in turn", Act: "eval-page"},
		{Keys: []string{"m"}, Show: "M", Say: "last, best, top-5 accuracy in turn", Act: "eval-measure"},
		{Keys: []string{"]"}, Show: "[ ]", Say: "previous, next student", Act: "eval-student", Arg: "1"},
		{Keys: []string{"["}, Act: "eval-student", Arg: "-1"},
		{Keys: []string{"x"}, Show: "X", Say: "answers of the next training set", Act: "eval-set"},
		{Keys: []string{"arrowright"}, Show: "← →", Say: "previous, next image of the class", Act: "eval-image", Arg: "1"},
		{Keys: []string{"arrowleft"}, Act: "eval-image", Arg: "-1"},
	}}, func() scene.Scene { return newEvaluation() })
}

// The parts of the scene.
const (
	results = "results"
	classes = "classes"
	answers = "answers"
	labels  = "labels"
)

var (
	pageParam    = view.NewText("eval", results, classes, answers, labels)    // which part is shown
	measureParam = view.NewText("eval.measure", lastTop1, bestTop1, lastTop5) // the accuracy that bars and differences show
	studentParam = view.NewText("eval.student")                               // network; "" for the first
	setParam     = view.NewText("eval.set")                                   // images and labels, as setName writes them; "" for the distilled images
	gainParam    = view.NewFlag("eval.gain", false)                           // of a class: accuracy minus that with random images
)

// evaluation shows one of four parts. Whatever step the timeline shows, students are trained on the finished images.
type evaluation struct {
	bars, differences figure.Bars
	rowsOf            []int // row of the trials of each bar
	accuracy          chart
	losses            [2]chart // by kind of labels, see lossKinds
	scatters          [2]figure.Scatter
	classes           []classResult // of each point
	matrix            figure.Matrix
	mistakes          pictures
	tiles             []tile
	views             pictures
	cards             []ui.Rect // of each view

	scroll, height, view float64
	pointer              ui.Point
	inside               bool
	over                 under
}

// under is what is below the pointer, as drawn last; figure.None for nothing.
type under struct{ bar, difference, accuracy, losses, loss, class, tile int } // losses is the chart, loss its line

// find looks for what is below the pointer.
func (e *evaluation) find() under {
	u := under{figure.None, figure.None, figure.None, figure.None, figure.None, figure.None, figure.None}
	if !e.inside {
		return u
	}
	u.bar, u.difference = e.bars.RowAt(e.pointer), e.differences.RowAt(e.pointer)
	u.accuracy, _ = e.accuracy.LineAt(e.pointer)
	for i := range e.losses {
		if line, _ := e.losses[i].LineAt(e.pointer); line >= 0 {
			u.losses, u.loss = i, line
		}
	}
	for i := range e.scatters {
		u.class = max(u.class, e.scatters[i].PointAt(e.pointer))
	}
	for _, t := range e.tiles {
		if t.Contains(e.pointer) {
			u.tile = t.at
		}
	}
	return u
}

// tile is a place that stands for an image: a mistake, or an image of the chosen class.
type tile struct {
	ui.Rect
	at int
}

func newEvaluation() *evaluation {
	e := &evaluation{}
	e.forget()
	return e
}

// forget empties the figures of the last frame: what is not drawn cannot be hit.
func (e *evaluation) forget() {
	e.bars, e.differences = figure.Bars{Hover: figure.None}, figure.Bars{Hover: figure.None}
	none := chart{Curves: figure.Curves{Hover: figure.None}}
	e.accuracy, e.losses = none, [2]chart{none, none}
	e.scatters = [2]figure.Scatter{{Hover: figure.None, Chosen: figure.None}, {Hover: figure.None, Chosen: figure.None}}
	e.matrix.Counts = nil
	e.rowsOf, e.tiles, e.cards = e.rowsOf[:0], e.tiles[:0], e.cards[:0]
}

// Update implements Scene.
func (e *evaluation) Update(in ui.Input, x *scene.Context) bool {
	for _, a := range in.Acts {
		e.act(a, x)
	}
	e.pointer, e.inside = in.Pointer, in.Inside
	e.scroll += in.Wheel.Y
	if in.Inside {
		e.scroll -= in.Drag.Y
		if in.Clicked {
			e.click(x)
		}
	}
	e.scroll = min(max(e.scroll, 0), max(0, e.height-e.view))
	return false
}

// act does what buttons and keys ask.
func (e *evaluation) act(a ui.Act, x *scene.Context) {
	s := choose(x)
	switch a.Name {
	case "eval-page":
		pageParam.Set(x.View, after(pageParam.Options(), pageParam.Of(x.View), 1))
		e.scroll = 0
	case "eval-measure":
		measureParam.Set(x.View, after(measureParam.Options(), measureParam.Of(x.View), 1))
	case "eval-student":
		if len(s.students) > 0 {
			studentParam.Set(x.View, after(s.students, s.student, int(a.Num())))
		}
	case "eval-set":
		if sets := s.answered(x); len(sets) > 0 && s.row != nil {
			setParam.Set(x.View, after(sets, setName(s.row), 1))
		}
	case "eval-image":
		if n := e.imageCount(x); n > 0 {
			x.Choose(x.Class(), min(max(x.Image()+int(a.Num()), 0), n-1))
		}
	case "eval-pick":
		x.Choose(x.Class(), int(a.Num()))
	case "reset":
		e.scroll = 0
	}
}

// after is the option so many places behind one, around the end.
func after(options []string, now string, by int) string {
	n := len(options)
	return options[((max(slices.Index(options, now), 0)+by)%n+n)%n]
}

// click chooses what is below the pointer.
func (e *evaluation) click(x *scene.Context) {
	s := choose(x)
	if i := e.bars.RowAt(e.pointer); i >= 0 && i < len(e.rowsOf) && e.rowsOf[i] < len(s.rows) {
		studentParam.Set(x.View, s.rows[e.rowsOf[i]].Student)
		return
	}
	if i := e.find().class; i >= 0 && i < len(e.classes) {
		x.Choose(e.classes[i].class, 0)
		return
	}
	if row, _, ok := e.matrix.CellAt(e.pointer); ok {
		x.Choose(row, 0)
		return
	}
	if i := e.find().tile; i >= 0 && pageParam.Of(x.View) == labels {
		x.Choose(x.Class(), i)
	}
}

// Draw implements Scene.
func (e *evaluation) Draw(c ui.Canvas, x *scene.Context) {
	w, h := c.Size()
	ui.Fill(c, ui.Rect{W: w, H: h}, x.Theme.Surface)
	e.over = e.find()
	e.forget()
	e.height, e.view = 0, h
	if e.Empty(x) != nil {
		return
	}
	var places []place
	places, e.height = arrange(e.blocks(w, h, choose(x), x), w, h)
	e.scroll = min(max(e.scroll, 0), max(0, e.height-h))
	for _, p := range places {
		p.r.Y = ui.Snap(ui.Point{Y: p.r.Y - e.scroll}, c.Scale()).Y
		if p.r.Y < h && p.r.Y+p.r.H > 0 {
			p.draw(c, p.r)
		}
	}
	ui.Scrollbar(c, ui.Rect{W: w - 3, H: h}, e.height, e.scroll, x.Theme)
	if e.inside {
		e.tip(c, x)
	}
}

// blocks are the parts of the page that is open.
func (e *evaluation) blocks(w, h float64, s selection, x *scene.Context) page {
	switch pageParam.Of(x.View) {
	case classes:
		return e.classBlocks(s, x)
	case answers:
		return e.answerBlocks(w, h, s, x)
	case labels:
		return e.labelBlocks(w, x)
	}
	return e.resultBlocks(w, s, x)
}

// tip says what is under the pointer.
func (e *evaluation) tip(c ui.Canvas, x *scene.Context) {
	lines, picture := e.describe(choose(x), x)
	figure.Tooltip(c, x.Theme, e.pointer, lines, picture)
}

// describe is what is under the pointer: lines for a tooltip, and a picture.
func (e *evaluation) describe(s selection, x *scene.Context) ([]string, *ui.Picture) {
	switch pageParam.Of(x.View) {
	case classes:
		return e.describeClass(x), nil
	case answers:
		return e.describeAnswer(s, x)
	case labels:
		return e.describeView(x)
	}
	return e.describeResult(s, x), nil
}
