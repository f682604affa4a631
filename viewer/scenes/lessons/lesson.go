package lessons

import (
	"cmp"
	"slices"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

// lesson is one lesson. A new one is a file that registers it.
type lesson struct {
	name    string // in links
	title   string
	line    string // what it is about
	minutes int
	order   int
	pages   func() []lessonPage // computes the figures, so it is called when somebody opens the lesson
	cover   func() coverFigure  // of its card
}

// coverFigure is a figure of a lesson, and where its dial stands on the lesson's card.
type coverFigure struct {
	figure illustration
	at     float64
}

var lessonsByName = map[string]lesson{}

// register adds a lesson.
func register(l lesson) {
	if _, twice := lessonsByName[l.name]; twice {
		panic("scene: lesson " + l.name + " registered twice")
	}
	lessonsByName[l.name] = l
}

// inOrder is every lesson in order.
func inOrder() []lesson {
	var list []lesson
	for _, l := range lessonsByName {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b lesson) int { return cmp.Or(a.order-b.order, cmp.Compare(a.name, b.name)) })
	return list
}

// lessonPage is one page of a lesson: a few sentences and a figure.
type lessonPage struct {
	title    string
	words    []string // paragraphs, in the panel's markup
	question *question
	after    []string // paragraphs that follow once the question is answered
	figure   illustration
	slider   *slider    // nil: nothing to move
	sandbox  []ui.Point // a cloud to go on with in the sandbox; nil: none
	scene    string     // a scene to go on in; "": none
}

// question is to be answered before the figure shows it.
type question struct {
	ask     string
	options []string // two or three
	right   int
	why     string // said with the answer, whichever was given
}

// slider is the one number of a step that moves.
type slider struct {
	label      string
	min, max   float64
	whole      bool    // whole numbers only
	from, rest float64 // it runs from one to the other when the step opens
	reveal     float64 // and on to here when the question is answered
	ticks      []panel.Tick
	text       func(v float64) string // nil: the number
}

func (d *slider) say(v float64) string {
	if d.text != nil {
		return d.text(v)
	}
	return ui.Number(v)
}

// figureState is what an illustration shows.
type figureState struct {
	at       float64  // of the dial
	answered bool     // the question is answered, or there is none
	pointer  ui.Point // where Inside
	inside   bool
	trials   []event.Trial // of the run that is open
}

// illustration is a figure of a lesson.
type illustration interface {
	// draw paints the figure into r.
	draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState)
	// facts are the readings at that moment.
	facts(m figureState) panel.Facts
	// describe says in words what the figure shows.
	describe(m figureState) string
}

// draggable is an illustration whose slider can be dragged in the drawing.
type draggable interface {
	// grip is the value of the dial at p; ok is false where there is nothing to take hold of.
	grip(p ui.Point) (value float64, ok bool)
}

// withWords is an illustration that has more to say, of the run that is open.
type withWords interface {
	words(m figureState) []string
}

// withLegend is an illustration whose signs need explaining.
type withLegend interface {
	legend(m figureState) panel.Legend
}
