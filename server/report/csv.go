package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"

	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// File is a file of a name.
type File struct {
	Name string
	Data []byte
}

// CSV is what the runs recorded as tables for other programs: a row an observation, numbers in full, fractions as fractions,
// an empty field where a number does not apply. The first column of each is the run.
func CSV(runs []*Run) ([]File, error) {
	names := namesOf(runs)
	var list []File
	for _, f := range []struct {
		name string
		head []string
		of   func(r *Run, row func(...any))
	}{
		{"runs.csv", []string{"recipe", "dataset", "classes", "ipc", "width", "height", "steps", "stages", "device", "driver", "version", "seconds"}, runsCSV},
		{"settings.csv", []string{"setting", "symbol", "value", "inactive"}, settingsCSV},
		{"protocols.csv", []string{"student", "setting", "value"}, protocolsCSV},
		{"stages.csv", []string{"stage", "step", "resolution", "ce", "bn", "topo", "topo_share", "kappa", "kappa_h0", "kappa_h1", "spread", "spread_after", "delta", "fit",
			"complexity", "collisions", "self_retrieval", "entropy"}, stagesCSV},
		{"classes.csv", []string{"stage", "class", "name", "points", "kappa", "kappa_h0", "kappa_h1", "topo_h0", "topo_h1", "spread", "spread_after", "delta", "fit", "complexity"}, classesCSV},
		{"losses.csv", []string{"step", "stage", "lr", "ce", "bn", "topo", "total"}, lossesCSV},
		{"teachers.csv", []string{"teacher", "epoch", "step", "loss", "accuracy", "lr"}, teachersCSV},
		{"trials.csv", []string{"trial", "protocol", "student", "images", "labels", "seed", "state", "count", "epoch", "epochs", "top1_last", "top5_last", "top1_best", "top5_best", "best_epoch",
			"seconds"}, trialsCSV},
		{"curves.csv", []string{"trial", "epoch", "loss", "top1", "top5", "lr"}, curvesCSV},
		{"corruptions.csv", []string{"trial", "student", "images", "labels", "seed", "corruption", "severity", "top1", "top5"}, corruptionsCSV},
		{"confusion.csv", []string{"trial", "trials", "class", "name", "answer", "answer_name", "count"}, confusionCSV},
	} {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Write(append([]string{"run"}, f.head...)) // errors are kept for Error
		rows := 0
		for i, r := range runs {
			f.of(r, func(values ...any) {
				rows++
				fields := []string{names[i]}
				for _, v := range values {
					fields = append(fields, field(v))
				}
				w.Write(fields)
			})
		}
		w.Flush()
		if err := w.Error(); err != nil {
			return nil, fmt.Errorf("report: %s: %w", f.name, err)
		}
		if rows > 0 {
			list = append(list, File{f.name, b.Bytes()})
		}
	}
	return list, nil
}

// field is a value as CSV has it: the shortest text that reads back the same, "" for what is no number.
func field(v any) string {
	bits, x := 64, 0.0
	switch v := v.(type) {
	case float32:
		bits, x = 32, float64(v)
	case float64:
		x = v
	default:
		return fmt.Sprint(v)
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, bits)
}

// where is v where it applies.
func where(there bool, v any) any {
	if !there {
		return ""
	}
	return v
}

func runsCSV(r *Run, row func(...any)) {
	h, seconds := r.Hello, any("")
	if r.Result != nil {
		seconds = r.Result.Seconds
	}
	row(h.Recipe, h.Dataset, len(h.Classes), h.IPC, h.Width, h.Height, h.Steps, h.Stages, h.Device, h.Driver, h.Build, seconds)
}

func settingsCSV(r *Run, row func(...any)) {
	if r.config == nil {
		return
	}
	for _, s := range recipe.Table() {
		row(s.Name, s.Symbol, s.Text(r.config.Recipe), s.Why(r.config.Recipe))
	}
}

func protocolsCSV(r *Run, row func(...any)) {
	for _, s := range r.trained() {
		row(s.Network, "protocol", s.Protocol.Name)
		for _, k := range protocol.Settings {
			row(s.Network, k.Name, k.Text(s.Protocol))
		}
	}
}

func stagesCSV(r *Run, row func(...any)) {
	for _, s := range r.states() {
		m, pairs, met := s.Mean, s.Mean.Pairs > 0, s.Connected
		row(s.Index+1, s.Step, s.Resolution, m.CE, m.BN, where(m.Topo > 0, m.Topo), where(m.Topo > 0, m.Share),
			where(pairs, s.KappaTotal()), where(pairs, m.Kappa[0]), where(pairs, m.Kappa[1]), where(pairs, m.SpreadBefore), where(pairs && met, m.SpreadAfter),
			where(met, m.Delta), where(met, m.Fit), where(met, m.Complexity), where(met, m.Collisions), where(met, m.SelfRetrieval), where(met, m.Entropy))
	}
}

func classesCSV(r *Run, row func(...any)) {
	for _, s := range r.states() {
		for i, c := range s.Classes {
			if c.Points == 0 {
				continue
			}
			pairs, met := c.Points > 1, s.Connected
			row(s.Index+1, i, className(r.Hello, i), c.Points, where(pairs, s.kappa(i)), where(pairs, c.Kappa[0]), where(pairs, c.Kappa[1]), where(pairs, c.Loss[0]), where(pairs, c.Loss[1]),
				where(pairs, c.SpreadBefore), where(pairs && met, c.SpreadAfter), where(met, c.Delta), where(met, c.Fit), where(met, c.Complexity))
		}
	}
}

func lossesCSV(r *Run, row func(...any)) {
	for _, p := range r.losses {
		row(p.Step, p.Stage+1, p.LR, p.CE, p.BN, p.Topo, p.Total)
	}
}

func teachersCSV(r *Run, row func(...any)) {
	for _, p := range r.teachers {
		row(p.Teacher, p.Epoch, p.Step, p.Loss, p.Accuracy, p.LR)
	}
}

func trialsCSV(r *Run, row func(...any)) {
	if r.Trials == nil {
		return
	}
	for i, t := range r.Trials.List {
		tested := t.State == event.Trained
		row(i, r.Trials.Protocol, t.Student, t.Images, t.Labels, t.Seed, t.State, t.Count, t.Epoch, t.Epochs,
			where(tested, t.Last), where(tested, t.LastTop5), where(tested, t.Best), where(tested, t.BestTop5), where(tested, t.BestEpoch), t.Seconds)
	}
}

func curvesCSV(r *Run, row func(...any)) {
	for _, trial := range sortedKeys(r.curves) {
		for _, p := range r.curves[trial] {
			row(trial, p.Epoch, p.Loss, p.Top1, p.Top5, p.LR)
		}
	}
}

func corruptionsCSV(r *Run, row func(...any)) {
	if r.evaluation == nil {
		return
	}
	for i, o := range r.evaluation.Trials {
		for _, c := range o.Corrupted {
			row(i, o.Student, o.Images, o.Labels, o.Seed, c.Corruption, c.Severity, c.Top1, c.Top5)
		}
	}
}

func confusionCSV(r *Run, row func(...any)) {
	for _, trial := range sortedKeys(r.confusions) {
		c := r.confusions[trial]
		for i, count := range c.Counts {
			n := len(c.Correct)
			row(trial, c.Trials, i/n, className(r.Hello, i/n), i%n, className(r.Hello, i%n), count)
		}
	}
}
