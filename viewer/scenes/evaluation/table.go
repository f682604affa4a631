package evaluation

import (
	"fmt"
	"strconv"

	"reta/shared/event"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// Table implements Tabler: of the part that is open.
func (e *evaluation) Table(x *scene.Context) [][]string {
	s := choose(x)
	switch pageParam.Of(x.View) {
	case classes:
		rows := [][]string{{"Class", "Right", "Answers", "Accuracy", "Gain over random", "Kappa", "Spread", "PTA inactive"}}
		for _, k := range s.classResults(x) {
			rows = append(rows, []string{x.ClassName(k.class), strconv.FormatUint(uint64(k.right), 10), strconv.FormatUint(uint64(k.of), 10),
				ui.Number(k.accuracy), ui.Number(k.gain), ui.Number(k.kappa), ui.Number(k.spread), k.inactive})
		}
		return rows
	case answers:
		rows := [][]string{{"Class", "Answered", "Count", "Share"}}
		c, _ := s.confusion(x)
		for at, n := range c.Counts {
			class := at / len(c.Total)
			rows = append(rows, []string{x.ClassName(class), x.ClassName(at % len(c.Total)), strconv.FormatUint(uint64(n), 10), ui.Number(float64(n) / float64(max(c.Total[class], 1)))})
		}
		return rows
	case labels:
		rows := [][]string{{"Epoch", "Class", "Probability"}}
		v := chosenViews(x)
		for i, top := range v.Top {
			for k, class := range top {
				rows = append(rows, []string{strconv.Itoa(v.Epochs[i]), x.ClassName(class), ui.Exact(v.Prob[i][k])})
			}
		}
		return rows
	}
	rows := [][]string{{"Images", "Labels", "Student", "Seed", "State", "Training images", "Epoch", "Epochs", "Last", "Last top-5", "Best", "Best top-5", "Best epoch", "Seconds"}}
	for _, t := range x.Whole.Evaluation.Trials.List {
		rows = append(rows, []string{t.Images, t.Labels, t.Student, strconv.Itoa(t.Seed), t.State, strconv.Itoa(t.Count), strconv.Itoa(t.Epoch), strconv.Itoa(t.Epochs),
			ui.Exact(t.Last), ui.Exact(t.LastTop5), ui.Exact(t.Best), ui.Exact(t.BestTop5), strconv.Itoa(t.BestEpoch), ui.Exact(t.Seconds)})
	}
	return rows
}

// Label implements Labeller.
func (e *evaluation) Label(x *scene.Context) string {
	s := choose(x)
	switch pageParam.Of(x.View) {
	case classes:
		list := s.classResults(x)
		words := "Scatter plots of the accuracy of each class"
		for _, k := range comparisons {
			words += "; against " + k.name + " " + coefficient(correlate(list, k, gains(list, x)))
		}
		return words
	case answers:
		c, _ := s.confusion(x)
		words := "Confusion of " + event.Counted(len(c.Total), "class")
		for _, k := range worst(c, 3) {
			words += fmt.Sprintf("; %s answered %s in %.0f %%", x.ClassName(k.class), x.ClassName(k.answer), 100*k.share)
		}
		return words
	case labels:
		v := chosenViews(x)
		words := fmt.Sprintf("Image %d of %s and %s of it", x.Image(), x.ClassName(x.Class()), ui.Count(v.Len(), "view"))
		for i, top := range v.Top {
			if len(top) > 0 {
				words += fmt.Sprintf("; epoch %d: %s %s", v.Epochs[i], x.ClassName(top[0]), probability(v.Prob[i][0]))
			}
		}
		return words
	}
	words := "Accuracy of students"
	for i := range s.rows {
		r := &s.rows[i]
		words += "; " + r.Student + ", " + r.Name() + ": " + reading(measured(r, measureParam.Of(x.View)), r)
	}
	return words
}

// Empty implements Idler.
func (e *evaluation) Empty(x *scene.Context) *scene.Empty {
	s := choose(x)
	switch pageParam.Of(x.View) {
	case classes, answers:
		if _, ok := s.confusion(x); ok {
			return nil
		}
		if len(s.rows) > 0 {
			return &scene.Empty{Head: "No answers counted yet", Body: fmt.Sprintf("What students answer is counted when a trial is over: %d of %d are.", x.Whole.Evaluation.Finished(), len(x.Whole.Evaluation.Trials.List))}
		}
	case labels:
		if len(withViews(x)) > 0 {
			return nil
		}
		if len(s.rows) > 0 {
			return &scene.Empty{Head: "No views of this class", Body: "Views and soft labels of " + x.ClassName(x.Class()) + " come when its images have been labelled."}
		}
	default:
		if len(s.rows) > 0 {
			return nil
		}
	}
	return nothing(x)
}

// nothing says why no student has begun.
func nothing(x *scene.Context) *scene.Empty {
	status := x.Whole.Status
	switch {
	case status.State == event.Relabelling || status.Phase == "relabel":
		body := "The teachers make soft labels of many views of every image. Students are trained on them next."
		if status.Total > 0 {
			body += fmt.Sprintf(" %d %% is done.", 100*status.Done/status.Total)
		}
		return &scene.Empty{Head: "Making soft labels", Body: body}
	case status.State == event.Evaluating || status.Phase == "evaluate":
		return &scene.Empty{Head: "The evaluation begins", Body: x.Waiting()}
	case status.State == event.Failed:
		return &scene.Empty{Head: "No students", Body: "The run failed before any was trained. " + x.Waiting()}
	case x.Replay:
		return &scene.Empty{Head: "No students in this recording", Body: "It ends before an evaluation: the run stopped after its images (`--until recover`) or their labels, or was made by an earlier version."}
	case !x.Whole.Continues():
		return &scene.Empty{Head: "No students", Body: "The run ended with its images and did not evaluate them. The command “evaluate” with the run's folder does it now."}
	}
	return &scene.Empty{Head: "No students yet", Body: "They are trained when the images are finished and labelled, on these and on controls; with --until recover not at all. " + x.Waiting()}
}
