package lessons

import (
	"cmp"
	"slices"

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
	steps   func() []lessonStep // computes the figures, so it is called when somebody opens the lesson
	cover   func() lessonCover  // of its card
}

// lessonCover is a figure of a lesson, and where its dial stands on the lesson's card.
type lessonCover struct {
	figure exhibit
	at     float64
}

var lessonsByName = map[string]lesson{}

// teach adds a lesson.
func teach(l lesson) {
	if _, twice := lessonsByName[l.name]; twice {
		panic("scene: lesson " + l.name + " registered twice")
	}
	lessonsByName[l.name] = l
}

// curriculum is every lesson in order.
func curriculum() []lesson {
	var list []lesson
	for _, l := range lessonsByName {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b lesson) int { return cmp.Or(a.order-b.order, cmp.Compare(a.name, b.name)) })
	return list
}

// lessonStep is one page of a lesson: a few sentences and a figure.
type lessonStep struct {
	title    string
	words    []string // paragraphs, in the panel's markup
	question *lessonQuestion
	after    []string // paragraphs that follow once the question is answered
	figure   exhibit
	dial     *lessonKnob // nil: nothing to move
	sandbox  []ui.Point  // a cloud to go on with in the sandbox; nil: none
}

// lessonQuestion is to be answered before the figure shows it.
type lessonQuestion struct {
	ask     string
	options []string // two or three
	right   int
	why     string // said with the answer, whichever was given
}

// lessonKnob is the one number of a step that moves.
type lessonKnob struct {
	label      string
	min, max   float64
	whole      bool    // whole numbers only
	from, rest float64 // it runs from one to the other when the step opens
	reveal     float64 // and on to here when the question is answered
	ticks      []panel.Tick
	text       func(v float64) string // nil: the number
}

func (d *lessonKnob) say(v float64) string {
	if d.text != nil {
		return d.text(v)
	}
	return ui.Number(v)
}

// lessonMoment is what an exhibit shows.
type lessonMoment struct {
	at      float64  // of the dial
	told    bool     // the question is answered, or there is none
	pointer ui.Point // where Inside
	inside  bool
}

// exhibit is a figure of a lesson.
type exhibit interface {
	// draw paints the figure into r.
	draw(c ui.Canvas, r ui.Rect, t ui.Theme, m lessonMoment)
	// facts are the readings at that moment.
	facts(m lessonMoment) panel.Facts
	// say tells those who cannot see what the figure shows.
	say(m lessonMoment) string
}

// lessonGripped is an exhibit whose dial can be dragged in the drawing.
type lessonGripped interface {
	// grip is the value of the dial at p; ok is false where there is nothing to take hold of.
	grip(p ui.Point) (value float64, ok bool)
}

// lessonLegend is an exhibit whose signs want explaining.
type lessonLegend interface {
	legend(m lessonMoment) panel.Legend
}
