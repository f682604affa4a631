package report

import (
	"fmt"
	"io"
	"strings"

	"reta/server/run"
	"reta/shared/event"
	"reta/shared/trial"
)

// Incremental prints what students reach in class-incremental learning.
func Incremental(w io.Writer, r *run.IncrementalResult) error {
	steps := table{Left: 3, Head: []string{"student", "memory", "labels"},
		Caption: fmt.Sprintf("Test accuracy on the classes so far in per cent, mean ± standard error over %s", incrementalErrors(r))}
	for _, n := range r.Classes {
		steps.Head = append(steps.Head, event.Counted(n, "class"))
	}
	steps.Head = append(steps.Head, "average", "forgetting")
	for _, row := range r.Rows {
		texts := []string{row.Student, trial.ImagesName(row.Images), row.Labels}
		for _, a := range row.Steps {
			texts = append(texts, percent(a))
		}
		forgetting := ""
		if row.Forgetting != nil {
			forgetting = percent(*row.Forgetting)
		}
		steps.add(append(texts, percent(row.Average), forgetting)...)
	}
	memory := "all images of the folder"
	if r.Memory > 0 {
		memory = fmt.Sprintf("%d images, as many of each class", r.Memory)
	}
	steps.Notes = []string{
		"Method: " + r.How + ". Memory: " + memory + ".",
		"The last column of classes is the final accuracy, average the average incremental accuracy (mean over steps), forgetting the mean, over the classes of all steps but the last, " +
			"of the best accuracy on a class after an earlier step less that after the last, in points.",
	}
	if r.Method == run.GDumb {
		steps.Notes = append(steps.Notes, "No student here is trained further, so what it forgets is what more classes cost it. After the last step all orders have the same students: the error there is over seeds.")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Dataset, steps.Caption)
	if err := steps.text(&b); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// incrementalErrors says what the errors are over.
func incrementalErrors(r *run.IncrementalResult) string {
	if len(r.Orders) == 1 {
		return event.Counted(r.Seeds, "seed") + " of one order of the classes"
	}
	text := event.Counted(len(r.Orders), "order") + " of the classes"
	if r.Seeds > 1 {
		text += fmt.Sprintf(", of each the mean of %d seeds", r.Seeds)
	}
	return text
}
