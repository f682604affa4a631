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
		Caption: fmt.Sprintf("Test accuracy on the classes so far in per cent, %s of classes and %s, mean ± standard error over both", event.Counted(len(r.Orders), "order"), event.Counted(r.Seeds, "seed"))}
	for _, n := range r.Classes {
		steps.Head = append(steps.Head, event.Counted(n, "class"))
	}
	steps.Head = append(steps.Head, "average")
	for _, row := range r.Rows {
		texts := []string{row.Student, trial.ImagesName(row.Images), row.Labels}
		for _, a := range row.Steps {
			texts = append(texts, percent(a))
		}
		steps.add(append(texts, percent(row.Average))...)
	}
	memory := "all images of the folder"
	if r.Memory > 0 {
		memory = fmt.Sprintf("%d images, as many of each class", r.Memory)
	}
	steps.Notes = []string{
		"Method: " + r.Method + ". Memory: " + memory + ".",
		"The last column of classes is the final accuracy, average the average incremental accuracy (mean over steps). Forgetting is not defined: no network is trained further. " +
			"After the last step all orders have the same classes, so that the error there is that of the seeds.",
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Dataset, steps.Caption)
	if err := steps.text(&b); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}
