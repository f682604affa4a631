package lessons

import (
	"fmt"

	"reta/viewer/panel"
	"reta/viewer/scene"
)

// Panel implements Scene.
func (s *lessons) Panel(x *scene.Context) panel.Panel {
	l, steps, at := s.open(x.View)
	if l == nil {
		return overviewPanel()
	}
	st := &steps[at]
	m := s.figureState(st, x)
	p := panel.Panel{
		panel.Note(fmt.Sprintf("%s · step %d of %d", l.title, at+1, len(steps))),
		panel.Heading(st.title),
	}
	for _, w := range st.words {
		p = append(p, panel.Text(w))
	}
	if st.question != nil {
		p = append(p, questionPanel(st.question, answerParam.Of(x.View))...)
	}
	if more, ok := st.figure.(withWords); ok {
		for _, w := range more.words(m) {
			p = append(p, panel.Text(w))
		}
	}
	if m.answered {
		for _, w := range st.after {
			p = append(p, panel.Text(w))
		}
		if d := st.slider; d != nil {
			p = append(p, d.control(m.at))
		}
	}
	if e, ok := st.figure.(withLegend); ok {
		p = append(p, e.legend(m))
	}
	if facts := st.figure.facts(m); len(facts) > 0 {
		p = append(p, facts)
	}
	return append(p, s.navigation(l, steps, at, x)...)
}

func overviewPanel() panel.Panel {
	table := panel.Table{Head: []string{"Lesson", "What it is about", "Takes"}, Act: "lesson", Chosen: -1, Words: true}
	for i, l := range inOrder() {
		table.Rows = append(table.Rows, []string{fmt.Sprintf("%d  %s", i+1, l.title), l.line, fmt.Sprintf("%d min", l.minutes)})
		table.Args = append(table.Args, l.name)
	}
	return panel.Panel{
		panel.Lede("Six short lessons lead from a handful of points to the two ideas of the paper, a seventh asks what the images are worth. You need to know what a distance is; nothing else."),
		table,
		panel.Text("Each step is a few sentences and a figure. Some steps ask what you expect *before* they show it: a guess, right or wrong, is what makes the answer stick. You can also just read on."),
		panel.Note("Keys: `N` next, `P` previous, `A` `B` `C` to answer, `R` to play a figure again, `O` for this page. Every figure is computed while you look at it."),
	}
}

// questionPanel is the question, and with the answer which one is right and why.
func questionPanel(q *question, answer string) panel.Panel {
	choice := panel.Choice{ID: "answer", Param: answerParam.Name(), Label: q.ask, As: "list", Value: answer}
	for i, words := range q.options {
		o := panel.Option{Value: answerLetters[i], Text: words}
		if answer != "" {
			switch {
			case i == q.right:
				o.Mark = "right"
			case answerLetters[i] == answer:
				o.Mark = "wrong"
			}
		}
		choice.Options = append(choice.Options, o)
	}
	p := panel.Panel{choice}
	if answer == "" {
		return p
	}
	verdict := "[bad|**Not quite.**] "
	switch answer {
	case answerLetters[q.right]:
		verdict = "[good|**Right.**] "
	case shownAnswer:
		verdict = "**The answer: " + q.options[q.right] + "** "
	}
	return append(p, panel.Text(verdict+q.why))
}

func (d *slider) control(at float64) panel.Block {
	r := panel.Range{ID: "dial", Param: sliderParam.Name(), Label: d.label, Min: d.min, Max: d.max, Value: at, Text: d.say(at), Ticks: d.ticks}
	if d.whole {
		r.Step = 1
	}
	return r
}

// plays reports whether there is something to see again once all is told.
func (d *slider) plays(asked bool) bool {
	return d != nil && (d.from != d.rest || asked && d.reveal != d.from)
}

// navigation are the buttons on, back and out.
func (s *lessons) navigation(l *lesson, steps []lessonPage, at int, x *scene.Context) panel.Panel {
	st := &steps[at]
	back := panel.Button{Act: "turn", Arg: "-1", Label: "‹ Back", Name: "Back: previous step"}
	next := panel.Button{Act: "turn", Arg: "1", Label: "Next ›", Name: "Next step", Primary: true}
	switch {
	case !answered(st, x.View):
		next.Label, next.Name = "Show the answer", ""
	case at+1 == len(steps) && nextLesson(l) != "":
		next.Label, next.Name = "Next lesson ›", ""
	case at+1 == len(steps):
		next.Label, next.Name = "Finish", ""
	}
	ways := panel.Buttons{back, next}
	if st.slider.plays(st.question != nil) && answered(st, x.View) {
		ways = append(ways, panel.Button{Act: "play", Label: "Play again", Title: "Let the figure run once more"})
	}
	out := panel.Buttons{{Act: "lesson", Label: "All lessons"}}
	if st.sandbox != nil {
		out = append(out, panel.Button{Act: "sandbox", Label: "Try it in the sandbox", Title: "Opens a cloud like this one to play with"})
	}
	if info, ok := scene.Lookup(st.scene); ok {
		out = append(out, panel.Button{Act: "scene", Arg: info.Name, Label: "Open " + info.Title})
	}
	return panel.Panel{ways, out}
}

// Label implements Labeller.
func (s *lessons) Label(x *scene.Context) string {
	l, steps, at := s.open(x.View)
	if l == nil {
		return "Overview: a small figure for each lesson; the panel lists them"
	}
	return steps[at].figure.describe(s.figureState(&steps[at], x))
}
