// Package lessons is the scene that teaches persistent homology and the paper's ideas, step by step. A lesson is one file.
package lessons

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"reta/viewer/scene"
	"reta/viewer/scenes/sandbox"
	"reta/viewer/ui"
	"reta/viewer/view"
)

func init() {
	scene.Register(scene.Info{Name: "lessons", Title: "Lessons", Order: 51, Keys: []scene.Key{
		{Keys: []string{"n"}, Show: "N P", Say: "next, previous step", Act: "turn", Arg: "1"},
		{Keys: []string{"p"}, Act: "turn", Arg: "-1"},
		{Keys: []string{"a"}, Show: "A B C", Say: "answer the question", Act: "answer", Arg: "a"},
		{Keys: []string{"b"}, Act: "answer", Arg: "b"},
		{Keys: []string{"c"}, Act: "answer", Arg: "c"},
		{Keys: []string{"r"}, Show: "R", Say: "play the figure again", Act: "play"},
		{Keys: []string{"o"}, Show: "O", Say: "overview of the lessons", Act: "lesson"},
	}}, func() scene.Scene { return &lessons{made: map[string][]lessonPage{}, covers: map[string]coverFigure{}} })
}

// What the user chose: a lesson (none: the overview), the step in it from 1, the dial (below 0: as the step has it), and
// the answer to the step's question, which no link tells.
var (
	lessonParam = view.NewText("lesson")
	pageParam   = view.NewCount("at", 1, 1, 99)
	sliderParam = view.NewNumber("dial", -1, -1, 1e3)
	answerParam = view.NewUnlinkedText("answer", append([]string{""}, append(slices.Clone(answerLetters), shownAnswer)...)...)
)

// answerLetters name the options of a question; shownAnswer stands for an answer that was asked for.
var answerLetters = []string{"a", "b", "c"}

const shownAnswer = "told"

// lessons teaches what the other scenes show, a step at a time.
type lessons struct {
	made   map[string][]lessonPage
	covers map[string]coverFigure

	shown   position // what the figure was last started for
	run     animation
	drag    bool
	pointer ui.Point
	inside  bool
	cards   []ui.Rect // of the overview
}

// position is a step of a lesson, and whether its question is answered.
type position struct {
	lesson   string
	at       int
	answered bool
}

// open is the lesson and the step that are shown; l is nil on the overview.
func (s *lessons) open(v *view.View) (l *lesson, steps []lessonPage, at int) {
	found, ok := lessonsByName[lessonParam.Of(v)]
	if !ok {
		return nil, nil, 0
	}
	if s.made[found.name] == nil {
		s.made[found.name] = found.pages()
	}
	steps = s.made[found.name]
	return &found, steps, min(pageParam.Int(v), len(steps)) - 1
}

// Update implements Scene.
func (s *lessons) Update(in ui.Input, x *scene.Context) bool {
	for _, a := range in.Acts {
		s.act(a, x)
	}
	s.pointer, s.inside = in.Pointer, in.Inside
	l, steps, at := s.open(x.View)
	if l == nil {
		s.shown = position{}
		s.openCard(in, x)
		return false
	}
	st := &steps[at]
	s.startAnimation(l, at, st, in.Now, x)
	s.dragDial(in, st, x)
	return s.run.moving(in.Now)
}

// startAnimation lets the figure run when another step or an answer is shown.
func (s *lessons) startAnimation(l *lesson, at int, st *lessonPage, now float64, x *scene.Context) {
	here, before := position{l.name, at, answered(st, x.View)}, s.shown
	if here == before {
		return
	}
	s.shown = here
	if st.slider == nil || sliderParam.Of(x.View) >= 0 {
		s.run = animation{}
		return
	}
	from, to := st.slider.from, st.slider.rest
	if st.question != nil && answered(st, x.View) {
		to = st.slider.reveal
		if before == (position{l.name, at, false}) {
			from = st.slider.rest
		}
	}
	s.run = animation{from: from, to: to, start: now, seconds: runSeconds}
	if x.Still || from == to {
		s.run.seconds = 0
	}
}

// runSeconds is how long a dial takes from one end of its run to the other.
const runSeconds = 3.0

// animation moves a value from one place to another.
type animation struct{ from, to, start, seconds float64 }

func (g animation) moving(now float64) bool { return now < g.start+g.seconds }

func (g animation) at(now float64) float64 {
	if g.seconds <= 0 || now >= g.start+g.seconds {
		return g.to
	}
	u := max(now-g.start, 0) / g.seconds
	u = u * u * (3 - 2*u)
	return g.from + (g.to-g.from)*u
}

// answered reports whether the step has nothing left to ask.
func answered(st *lessonPage, v *view.View) bool {
	return st.question == nil || answerParam.Of(v) != ""
}

// figureState is what the step's figure shows now.
func (s *lessons) figureState(st *lessonPage, x *scene.Context) figureState {
	m := figureState{answered: answered(st, x.View), pointer: s.pointer, inside: s.inside && !s.drag, trials: x.Whole.Evaluation.Trials.List}
	d := st.slider
	if d == nil {
		return m
	}
	if v := sliderParam.Of(x.View); v >= 0 {
		m.at = min(max(v, d.min), d.max)
	} else if s.shown.lesson != "" {
		m.at = s.run.at(x.Now)
	} else if m.at = d.rest; st.question != nil && m.answered {
		m.at = d.reveal
	}
	if d.whole {
		m.at = math.Round(m.at)
	}
	return m
}

func (s *lessons) dragDial(in ui.Input, st *lessonPage, x *scene.Context) {
	if !in.Inside || !in.Down {
		s.drag = false
	}
	g, ok := st.figure.(draggable)
	if !ok || st.slider == nil || !answered(st, x.View) || !in.Inside {
		return
	}
	if v, ok := g.grip(in.Pointer); ok && (in.Pressed || s.drag) {
		s.drag = true
		s.run = animation{}
		sliderParam.Set(x.View, min(max(v, st.slider.min), st.slider.max))
	}
}

// act does what buttons and keys ask.
func (s *lessons) act(a ui.Act, x *scene.Context) {
	if a.Name == "lesson" {
		s.openPage(a.Arg, 1, x)
		return
	}
	l, steps, at := s.open(x.View)
	if l == nil {
		if a.Name == "turn" && a.Num() > 0 {
			s.openPage(inOrder()[0].name, 1, x)
		}
		return
	}
	st := &steps[at]
	switch a.Name {
	case "turn":
		s.turnPage(l, steps, at, a.Num() > 0, x)
	case "answer":
		if st.question != nil && slices.Index(answerLetters, a.Arg) < len(st.question.options) {
			answerParam.Set(x.View, a.Arg)
		}
	case "play":
		sliderParam.Set(x.View, -1)
		s.shown = position{}
	case "sandbox":
		sandbox.Show(x.View, st.sandbox)
	}
}

// turnPage goes a step on or back, from lesson to lesson. A question that nobody answered is answered first.
func (s *lessons) turnPage(l *lesson, steps []lessonPage, at int, on bool, x *scene.Context) {
	if on && !answered(&steps[at], x.View) {
		answerParam.Set(x.View, shownAnswer)
		return
	}
	if !on {
		if at > 0 {
			s.openPage(l.name, at, x)
		} else {
			s.openPage("", 1, x)
		}
		return
	}
	if at+1 < len(steps) {
		s.openPage(l.name, at+2, x)
		return
	}
	s.openPage(nextLesson(l), 1, x)
}

// nextLesson is the name of the next lesson, none after the last.
func nextLesson(l *lesson) string {
	list := inOrder()
	if i := slices.IndexFunc(list, func(o lesson) bool { return o.name == l.name }); i+1 < len(list) {
		return list[i+1].name
	}
	return ""
}

// openPage opens a step, from 1.
func (s *lessons) openPage(name string, at int, x *scene.Context) {
	lessonParam.Set(x.View, name)
	pageParam.Set(x.View, float64(at))
	sliderParam.Set(x.View, -1)
	answerParam.Set(x.View, "")
	s.shown = position{}
	if l, steps, at := s.open(x.View); l != nil {
		x.Say(fmt.Sprintf("Step %d of %d: %s", at+1, len(steps), steps[at].title), false)
	}
}

// openCard opens the lesson whose card is clicked.
func (s *lessons) openCard(in ui.Input, x *scene.Context) {
	for i, card := range s.cards {
		if in.Clicked && in.Inside && card.Contains(in.Pointer) {
			s.openPage(inOrder()[i].name, 1, x)
			return
		}
	}
}

// Draw implements Scene.
func (s *lessons) Draw(c ui.Canvas, x *scene.Context) {
	w, h := c.Size()
	t := x.Theme
	ui.Fill(c, ui.Rect{W: w, H: h}, t.Surface)
	s.cards = s.cards[:0]
	l, steps, at := s.open(x.View)
	if l == nil {
		s.overview(c, t)
		return
	}
	gap := min(16, w/20, h/20)
	st := &steps[at]
	foot := 20.0
	if h < 160 {
		foot = 0
	}
	st.figure.draw(c, ui.Rect{X: gap, Y: gap, W: w - 2*gap, H: h - 2*gap - foot}, t, s.figureState(st, x))
	if foot > 0 {
		drawProgress(c, ui.Rect{X: gap, Y: h - foot - 4, W: w - 2*gap, H: foot}, at, len(steps), t)
	}
}

// drawProgress is a row of dots: the steps behind, the present one, those to come.
func drawProgress(c ui.Canvas, r ui.Rect, at, n int, t ui.Theme) {
	const apart = 18.0
	x := r.X + r.W/2 - apart*float64(n-1)/2
	for i := range n {
		p := ui.Point{X: x + apart*float64(i), Y: r.Y + r.H/2}
		switch {
		case i == at:
			ui.Disc(c, p, 5, t.Accent)
		case i < at:
			ui.Disc(c, p, 3.5, t.Accent.Mix(t.Surface, 0.45))
		default:
			ui.Ring(c, p, 3.5, 1.3, t.Muted)
		}
	}
}

// overview draws a card for each lesson.
func (s *lessons) overview(c ui.Canvas, t ui.Theme) {
	w, h := c.Size()
	list := inOrder()
	gap := min(16, w/24, h/24)
	columns := 4
	switch {
	case w < 260:
		columns = 1
	case w < 560:
		columns = 2
	case w < 860:
		columns = 3
	}
	rows := (len(list) + columns - 1) / columns
	cw, ch := (w-gap*float64(columns+1))/float64(columns), (h-gap*float64(rows+1))/float64(rows)
	size := ui.SizeBody // one for all cards
	for i, l := range list {
		if c.TextWidth(cardName(i, l), size) > cw-20 {
			size = ui.SizeSmall
		}
	}
	for i, l := range list {
		card := ui.Rect{X: gap + float64(i%columns)*(cw+gap), Y: gap + float64(i/columns)*(ch+gap), W: cw, H: ch}
		s.cards = append(s.cards, card)
		lit := s.inside && card.Contains(s.pointer)
		rim := t.Line
		if lit {
			rim = t.Accent
		}
		ui.Outline(c, card, 10, 1.5, rim)
		label := 30.0
		if ch < 70 || cw < 90 {
			label = 0
		}
		if s.covers[l.name].figure == nil {
			s.covers[l.name] = l.cover()
		}
		k := s.covers[l.name]
		k.figure.draw(c, ui.Rect{X: card.X + 8, Y: card.Y + 8, W: cw - 16, H: ch - 16 - label}, t, figureState{at: k.at, answered: true})
		if label == 0 {
			continue
		}
		c.Text(ui.Point{X: card.X + 12, Y: card.Y + ch - 18}, ui.Ellipsis(c, cardName(i, l), size, cw-20), size, ui.Left, t.Ink)
	}
}

// cardName is what a lesson's card says.
func cardName(i int, l lesson) string { return strconv.Itoa(i+1) + "  " + l.title }
