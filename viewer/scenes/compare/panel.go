package compare

import (
	"fmt"
	"strconv"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// Panel implements Scene.
func (c *compare) Panel(x *scene.Context) panel.Panel {
	p := panel.Panel{panel.Lede("Runs side by side, each as it is at its end. The recording of a run is `events.reta` in its folder.")}
	p = append(p, panel.File{Label: "Add a recording", Types: ".reta"})
	if len(c.others) > 0 {
		var remove panel.Buttons
		for i, r := range c.others {
			remove = append(remove, panel.Button{Act: "compare-remove", Arg: strconv.Itoa(i), Label: "Remove " + r.file, Name: "Take " + r.file + " out of the comparison"})
		}
		p = append(p, remove)
	}
	p = append(p, panel.Choice{Param: "compare.loss", Label: "Curve", Value: lossParam.Of(x.View),
		Options: []panel.Option{{Value: crossEntropy, Text: "Cross-entropy"}, {Value: totalLoss, Text: "Total loss"}}})
	table := c.Table(x)
	t := panel.Table{Caption: "At the end", Head: table[0], Chosen: -1, Scroll: true}
	for _, row := range table[1:] {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = panel.Plain(cell)
		}
		t.Rows = append(t.Rows, cells)
	}
	p = append(p, t)
	return append(p, panel.Note("Cross-entropy and κ are of the images without augmentation, under each run's own teacher. The total loss of one recipe is not that of another."))
}

// Table implements Tabler: a row for each run.
func (c *compare) Table(x *scene.Context) [][]string {
	rows := [][]string{{"Run", "CE", "BN", "κ", "Accuracy, %"}}
	for _, r := range c.runs(x) {
		ce, bn, kappa := "–", "–", "–"
		if n := len(r.s.Ends); n > 0 {
			e := r.s.Ends[n-1]
			ce, bn = ui.Number(e.CE), ui.Number(e.BN)
			if measured(e) {
				kappa = ui.Number(e.KappaMean)
			}
		}
		rows = append(rows, []string{r.name(), ce, bn, kappa, r.accuracy()})
	}
	return rows
}

// accuracy is what students with soft labels, or else with hard ones, reach on the run's images: each student's mean and
// standard error.
func (r run) accuracy() string {
	words := ""
	list := trial.Rows(r.s.Evaluation.Trials.List)
	for _, labels := range []string{event.SoftLabels, event.HardLabels} {
		for _, row := range list {
			if row.Images != event.Distilled || row.Labels != labels || row.Last.N == 0 {
				continue
			}
			if words != "" {
				words += "; "
			}
			words += fmt.Sprintf("%s %.1f", row.Student, 100*row.Last.Mean)
			if row.Last.N > 1 {
				words += fmt.Sprintf(" ± %.1f", 100*row.Last.SE)
			}
		}
		if words != "" {
			return words
		}
	}
	return "–"
}
