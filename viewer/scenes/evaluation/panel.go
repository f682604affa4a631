package evaluation

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// Panel implements Scene.
func (e *evaluation) Panel(x *scene.Context) panel.Panel {
	s := choose(x)
	p := panel.Panel{
		panel.Lede("What the images are worth: *students*, networks trained from scratch on them, beside *controls* that tell the images' part from that of the labels."),
		panel.Choice{ID: "eval", Param: pageParam.Name(), Label: "Shown", Value: pageParam.Of(x.View), Options: []panel.Option{
			{Value: results, Text: "Results"}, {Value: classes, Text: "Classes"}, {Value: answers, Text: "Answers"}, {Value: labels, Text: "Soft labels"}}},
	}
	if words := progress(x); words != "" {
		p = append(p, panel.Text(words))
	}
	if e.Empty(x) != nil {
		return p
	}
	if len(s.students) > 1 && pageParam.Of(x.View) != labels {
		menu := panel.Choice{ID: "student", Param: studentParam.Name(), Label: "Student", As: "menu", Value: s.student}
		for _, name := range s.students {
			menu.Options = append(menu.Options, panel.Option{Value: name, Text: name})
		}
		p = append(p, menu)
	}
	switch pageParam.Of(x.View) {
	case classes:
		p = append(p, e.classPanel(s, x)...)
	case answers:
		p = append(p, e.answerPanel(s, x)...)
	case labels:
		p = append(p, e.labelPanel(x)...)
	default:
		p = append(p, e.resultPanel(s, x)...)
	}
	data := panel.Details{ID: "data", Label: "Data table"}
	if x.Open("data") {
		rows := e.Table(x)
		data.Blocks = panel.Panel{panel.Table{Head: rows[0], Rows: plainRows(rows[1:min(len(rows), 201)]), Chosen: -1, Scroll: true}}
	}
	return append(p, data)
}

// plainRows takes the meaning as markup out of the cells.
func plainRows(rows [][]string) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			out[i] = append(out[i], panel.Plain(cell))
		}
	}
	return out
}

// progress says how far the students are, "" when all is over.
func progress(x *scene.Context) string {
	list := x.Whole.Evaluation.Trials.List
	over := x.Whole.Evaluation.Finished()
	if len(list) == 0 || over == len(list) {
		return ""
	}
	words := fmt.Sprintf("**%d of %d students trained.**", over, len(list))
	if i := slices.IndexFunc(list, func(t event.Trial) bool { return t.State == event.Training }); i >= 0 {
		t := list[i]
		words += fmt.Sprintf(" Now: %s, %s, %s, seed %d, epoch %d of %d.", panel.Plain(t.Student), panel.Plain(trial.ImagesName(t.Images)), panel.Plain(trial.LabelsName(t.Labels)), t.Seed, t.Epoch, t.Epochs)
	} else if !x.Whole.Continues() || x.Replay {
		words += " The evaluation was stopped; the same command goes on with it."
	}
	return words
}

// resultPanel is what the numbers come to.
func (e *evaluation) resultPanel(s selection, x *scene.Context) panel.Panel {
	var p panel.Panel
	for _, student := range s.students {
		if words := trial.Headline(s.rows, student); words != "" {
			p = append(p, panel.Text("**"+panel.Plain(strings.ReplaceAll(words, " %", "\u00a0%"))+"**, at the last test."))
		}
	}
	measure := measureParam.Of(x.View)
	p = append(p, panel.Choice{ID: "measure", Param: measureParam.Name(), Label: "Accuracy", Value: measure, Options: []panel.Option{
		{Value: lastTop1, Text: "Last"}, {Value: bestTop1, Text: "Best"}, {Value: lastTop5, Text: "Top-5"}}})
	if measure == bestTop1 {
		p = append(p, panel.Reason("*Best* is the highest of all tests, chosen on the test images themselves. It flatters every student, and the more the oftener it was tested: compare *last* with *last*."))
	}
	if list := s.differences(measure); len(list) > 0 {
		var facts panel.Facts
		for _, k := range list {
			row := &s.rows[k.row]
			facts = append(facts, panel.Fact{Name: panel.Plain(row.Name()), Value: InWords(k.by), Role: role(row.Images), Wide: true})
		}
		p = append(p, panel.Card{ID: "differences", Title: "Distilled images minus …, " + s.student, Blocks: panel.Panel{facts,
			panel.Note("± is the standard error of a difference of means over seeds. *No difference shown*: it is less than two of them. One seed has no error, so it shows nothing.")}})
	}
	p = append(p, legend(s), e.ranking(s))
	if name := x.Whole.Evaluation.Trials.Protocol; name != "" {
		p = append(p, panel.Note("Protocol "+panel.Plain(name)+": how students are labelled, trained and tested. Students are trained on the finished images, whatever step the timeline shows."))
	}
	return append(p, e.trialTable(s, x))
}

// legend explains the colours, and the lines of the curves.
func legend(s selection) panel.Legend {
	var out panel.Legend
	hard := false
	seen := map[string]bool{}
	for _, r := range s.rows {
		hard = hard || r.Labels == event.HardLabels
		if !seen[r.Images] {
			seen[r.Images] = true
			out = append(out, panel.Sign{Shape: "square", Role: role(r.Images), Text: panel.Plain(trial.ImagesName(r.Images))})
		}
	}
	if hard {
		out = append(out, panel.Sign{Shape: "hatch", Role: "muted", Text: "hard labels; in curves dashed"})
	}
	lines := "a thin line is a seed, a thick one the mean of the finished"
	if len(s.students) > 1 {
		lines += "; faint ones are the other students"
	}
	return append(out, panel.Sign{Shape: "line", Role: "muted", Text: lines})
}

// ranking is DD-Ranking's card.
func (e *evaluation) ranking(s selection) panel.Block {
	r := trial.Rank(s.rows, s.student)
	points := func(v float64) string {
		if math.IsNaN(v) {
			return "–"
		}
		return written("%+.1f", 100*v) + " points"
	}
	facts := panel.Facts{
		{Name: "IOR", Value: points(r.IOR), Title: "Improvement over random: distilled minus random real images, both with soft labels"},
		{Name: "HLR", Value: points(r.HLR), Title: "Hard-label recovery: the whole training set minus the distilled images, both with hard labels; lower is better"},
		{Name: "LRS", Value: ui.Number(r.LRS), Title: "Label-robust score, from IOR and HLR: 0 to 1, 1 is best"},
		{Name: "ARS", Value: ui.Number(r.ARS), Title: "Augmentation-robust score, from IOR with and without crops, flips and mixing: 0 to 1, 1 is best"},
	}
	card := panel.Card{ID: "ranking", Title: "DD-Ranking, " + s.student, Blocks: panel.Panel{facts}}
	if math.IsNaN(r.LRS) {
		card.Blocks = append(card.Blocks, panel.Note("LRS wants four kinds of trials: distilled and random images with soft labels, distilled images and the whole training set with hard ones."))
	}
	if math.IsNaN(r.ARS) {
		card.Blocks = append(card.Blocks, panel.Note("ARS wants distilled and random images with soft labels, on cropped and on whole views."))
	}
	return card
}

// trialTable lists every trial.
func (e *evaluation) trialTable(s selection, x *scene.Context) panel.Block {
	d := panel.Details{ID: "trials", Label: "Trials"}
	if !x.Open("trials") {
		return d
	}
	t := panel.Table{ID: "trials", Head: []string{"Trained on", "Seed", "Last", "Best", "at epoch", "Time"}, Chosen: -1, Scroll: true, ByRow: true}
	for _, k := range x.Whole.Evaluation.Trials.List {
		if k.Student != s.student || len(t.Rows) == 400 {
			continue
		}
		row := []string{panel.Plain(trial.ImagesName(k.Images) + ", " + trial.LabelsName(k.Labels)), strconv.Itoa(k.Seed), "–", "–", "–", ui.Duration(float64(k.Seconds))}
		switch k.State {
		case event.Planned:
			row[5] = "planned"
		case event.Training:
			row[5] = fmt.Sprintf("epoch %d of %d", k.Epoch, k.Epochs)
			fallthrough
		default:
			row[2], row[3], row[4] = ui.Number(percent(float64(k.Last))), ui.Number(percent(float64(k.Best))), strconv.Itoa(k.BestEpoch)
		}
		t.Rows, t.Roles = append(t.Rows, row), append(t.Roles, role(k.Images))
	}
	d.Blocks = panel.Panel{t}
	return d
}

// setMenu chooses whose answers are shown.
func (s selection) setMenu(x *scene.Context) panel.Panel {
	names := s.answered(x)
	if len(names) < 2 || s.row == nil {
		return nil
	}
	menu := panel.Choice{ID: "set", Param: setParam.Name(), Label: "Trained on", As: "menu", Value: setName(s.row)}
	for i := range s.rows {
		if r := &s.rows[i]; r.Student == s.student && slices.Contains(names, setName(r)) {
			menu.Options = append(menu.Options, panel.Option{Value: setName(r), Text: r.Name()})
		}
	}
	return panel.Panel{menu}
}

// classPanel is what the scatter plots come to.
func (e *evaluation) classPanel(s selection, x *scene.Context) panel.Panel {
	list := s.classResults(x)
	gain := gains(list, x)
	_, stage := shapes(x)
	p := append(panel.Panel{panel.Text("Does the shape of a class predict what it teaches? Each point is a class: its accuracy on the test images, against *κ* (what its synthetic images lack of the real ones' Betti curves, Eqn 9) and against its *spread* (their mean distance in feature space, Eqn 8).")}, s.setMenu(x)...)
	if slices.ContainsFunc(list, func(k classResult) bool { return k.gain-k.gain == 0 }) {
		p = append(p, panel.Toggle{Param: gainParam.Name(), Label: "Gain over random real images", Value: gain},
			panel.Note("Some classes are easier than others whatever one trains on. The gain takes that out: accuracy minus that with as many random real images and the same labels."))
	}
	for _, k := range comparisons {
		p = append(p, panel.Text(correlationText(correlate(list, k, gain), k)))
	}
	switch inactive := inactiveText(list); {
	case stage == 0:
		p = append(p, panel.Reason("This run reported no shape of its classes, so there is nothing to compare their accuracy with."))
	default:
		if inactive != "" {
			p = append(p, panel.Reason(panel.Plain(inactive)))
		}
		p = append(p, panel.Note(fmt.Sprintf("κ and spread are of the synthetic images at the end of stage %d. One run and few classes: a correlation here is a hint, and no cause. The interval is Fisher's, 95 %%.", stage)))
	}
	t := panel.Table{ID: "classes", Head: []string{"Class", "Right, %", "Gain", "κ", "Spread"}, Act: "class", Chosen: -1, Scroll: true}
	for i, k := range list[:min(len(list), 1000)] {
		if k.class == x.Class() {
			t.Chosen = i
		}
		t.Rows = append(t.Rows, []string{panel.Plain(x.ClassName(k.class)), ui.Number(100 * k.accuracy), typeset(ui.Number(100 * k.gain)), ui.Number(k.kappa), ui.Number(k.spread)})
		t.Args = append(t.Args, strconv.Itoa(k.class))
	}
	return append(p, t)
}

// correlationText says in words what a correlation shows.
func correlationText(c trial.Correlation, k against) string {
	switch {
	case c.N == 0:
		return "Against " + k.name + ": not reported."
	case math.IsNaN(c.R):
		return fmt.Sprintf("Against %s: no correlation, since one of the two is the same in all %d classes.", k.name, c.N)
	case math.IsNaN(c.Low):
		return fmt.Sprintf("Against %s: r = %s of %d classes, too few for an interval.", k.name, written("%.2f", c.R), c.N)
	}
	words := fmt.Sprintf("Against %s: **r = %s**, n = %d, between %s and %s", k.name, written("%.2f", c.R), c.N, written("%.2f", c.Low), written("%.2f", c.High))
	if c.Shown() {
		return words + ": the interval leaves out 0."
	}
	return words + ": the interval holds 0, so **no relation is shown**."
}

// inactiveText says of how many classes topology alignment could not act, and why.
func inactiveText(list []classResult) string {
	n, why := 0, ""
	for _, k := range list {
		if k.inactive != "" {
			n++
			why = k.inactive
		}
	}
	switch {
	case n == 0:
		return ""
	case n == len(list):
		return "Topology alignment (PTA) was inactive: " + why + "."
	}
	return fmt.Sprintf("Topology alignment (PTA) was inactive on %d of %d classes, drawn as rings: %s.", n, len(list), why)
}

// answerPanel is the classes most often confused.
func (e *evaluation) answerPanel(s selection, x *scene.Context) panel.Panel {
	c, _ := s.confusion(x)
	p := append(panel.Panel{panel.Text("What the students answered at their last test: rows are true classes, columns the answers. Point at a cell, or at an image, to see the pair.")}, s.setMenu(x)...)
	t := panel.Table{ID: "confused", Caption: "Most often confused", Head: []string{"Class", "Answered", "Of its answers"}, Act: "class", Chosen: -1, Scroll: true}
	for _, k := range worst(c, 12) {
		t.Rows = append(t.Rows, []string{panel.Plain(x.ClassName(k.class)), panel.Plain(x.ClassName(k.answer)), fmt.Sprintf("%.1f %%", 100*k.share)})
		t.Args = append(t.Args, strconv.Itoa(k.class))
	}
	if len(t.Rows) > 0 {
		p = append(p, t)
	}
	if m, ok := s.mistakes(x); !ok || m.Len() == 0 {
		p = append(p, panel.Note("No test images were reported of these students."))
	} else {
		p = append(p, panel.Note("Most often wrong: the test images that most of the students got wrong, the worst first, with the most frequent wrong answer. Some may be mislabelled."))
	}
	return p
}

// labelPanel explains views and soft labels.
func (e *evaluation) labelPanel(x *scene.Context) panel.Panel {
	v, n := chosenViews(x), e.imageCount(x)
	card := panel.Card{Title: x.ClassName(x.Class()) + "  #" + strconv.Itoa(x.Image()), Buttons: []panel.Button{
		{Act: "eval-image", Arg: "-1", Label: "‹", Name: "Previous image", Disabled: x.Image() == 0},
		{Act: "eval-image", Arg: "1", Label: "›", Name: "Next image", Disabled: x.Image() >= n-1}}}
	if v.Len() == 0 {
		card.Blocks = panel.Panel{panel.Note("No views of this image came.")}
		if have := withViews(x); len(have) > 0 {
			card.Blocks = append(card.Blocks, panel.Buttons{{Act: "eval-pick", Arg: strconv.Itoa(have[0]), Label: "Show image #" + strconv.Itoa(have[0])}})
		}
	} else {
		card.Blocks = panel.Panel{panel.Facts{{Name: "Views", Value: strconv.Itoa(v.Len())}, {Name: "Temperature", Value: ui.Number(v.Temperature)}, {Name: "By chance", Value: ui.Number(1 / float64(max(len(x.Hello.Classes), 1))), Title: "one over the number of classes"}}}
	}
	p := panel.Panel{
		panel.Text("In every epoch a student sees another *view* of an image: cropped, perhaps flipped, perhaps with a piece of another image pasted in (CutMix). Its *soft label* is what the teachers say of that very view, divided by the temperature T before the softmax. A high T makes the probabilities alike, and so tells how the wrong classes compare."),
		card,
		panel.Legend{{Shape: "bar", Role: "syn", Text: "the image's own class"}, {Shape: "bar", Role: "muted", Text: "other classes"}},
	}
	if len(withViews(x)) > 0 && len(withViews(x)) < n {
		p = append(p, panel.Note("Faint images of the class have no views here: a run sends those of some."))
	}
	if s := choose(x); s.row != nil || v.Len() > 0 {
		p = append(p, panel.Note("All bars have one scale, which ends at the largest probability shown."))
	}
	return p
}
