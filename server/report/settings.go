package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reta/shared/event"
	"reta/shared/recipe"
)

// about is what the runs are: a row a fact, a column a run.
func about(runs []*Run, names []string) table {
	t := table{name: "runs", Caption: "The runs", Left: 1 + len(runs), Head: append([]string{""}, names...)}
	fact := func(name string, of func(r *Run) string) {
		texts := []string{name}
		for _, r := range runs {
			if text := of(r); text != "" {
				texts = append(texts, text)
			} else {
				texts = append(texts, none)
			}
		}
		if slices.ContainsFunc(texts[1:], func(s string) bool { return s != none }) {
			t.add(texts...)
		}
	}
	fact("method", func(r *Run) string { return r.Hello.Recipe })
	fact("data set", func(r *Run) string { return r.Hello.Dataset })
	fact("classes", func(r *Run) string { return number(len(r.Hello.Classes)) })
	fact("images per class", func(r *Run) string { return number(r.Hello.IPC) })
	fact("image size", func(r *Run) string {
		if r.Hello.Width == 0 {
			return ""
		}
		return fmt.Sprintf("%d × %d px", r.Hello.Width, r.Hello.Height)
	})
	fact("teachers", func(r *Run) string { return strings.Join(r.meta.Teachers, ", ") })
	fact("teacher files", func(r *Run) string {
		if r.config == nil {
			return ""
		}
		var files []string
		for _, f := range r.config.Teachers {
			files = append(files, filepath.Base(f))
		}
		return strings.Join(files, ", ")
	})
	fact("stages", func(r *Run) string { return number(r.Hello.Stages) })
	fact("steps", func(r *Run) string { return number(r.Hello.Steps) })
	fact("seed", func(r *Run) string {
		if r.config == nil {
			return ""
		}
		return fmt.Sprint(r.config.Recipe.Seed)
	})
	fact("device", func(r *Run) string { return r.Hello.Device })
	fact("driver", func(r *Run) string { return r.Hello.Driver })
	fact("version of reta", func(r *Run) string { return r.Hello.Build })
	fact("started", func(r *Run) string { return r.meta.Started })
	fact("time", func(r *Run) string {
		switch {
		case r.path == "":
			return ""
		case r.Result == nil:
			return "not finished"
		}
		return fmt.Sprintf("%.0f s", r.Result.Seconds)
	})
	fact("hash of the images", func(r *Run) string { return short(r.meta.DataHash) })
	fact("hash of the teachers", func(r *Run) string { return short(r.meta.TeacherHash) })
	fact("changed during the run", func(r *Run) string { return changesInWords(r.Changes) })
	fact("log", func(r *Run) string { return r.Torn })
	return t
}

// short is the beginning of a hash, enough to tell it from others.
func short(hash string) string { return hash[:min(len(hash), 16)] }

// settings is every setting of the runs' recipes with the paper's symbol, those of the data and the teacher first.
func settings(runs []*Run, names []string) table {
	t := table{name: "settings", Caption: "Every setting", Left: 3 + len(runs), Head: append([]string{"setting", "symbol", "meaning"}, names...)}
	with := slices.DeleteFunc(slices.Clone(runs), func(r *Run) bool { return r.config == nil })
	if len(with) == 0 {
		t.Notes = []string{"There are no settings in a recording, and none of images that no run made: give a run's folder."}
		return t
	}
	line := func(name, symbol, label string, of func(r *Run) (text string, idle bool)) {
		cells, first, differ := []cell{{Text: name}, {Text: symbol, Symbol: true}, {Text: label}}, "", false
		for _, r := range runs {
			if r.config == nil {
				cells = append(cells, cell{Text: none})
				continue
			}
			text, idle := of(r)
			first = or(first, text)
			differ = differ || text != first
			if idle {
				text = "(" + text + ")"
			}
			cells = append(cells, cell{Text: text})
		}
		for i := range runs {
			cells[3+i].Strong = differ
		}
		t.Rows = append(t.Rows, row{Cells: cells})
	}
	given := func(name, label string, of func(r *Run) string) {
		line(name, "", label, func(r *Run) (string, bool) { return of(r), false })
	}
	t.Rows = append(t.Rows, row{Section: "data and teacher"})
	given("dataset", "image set", func(r *Run) string { return r.config.Dataset })
	given("classes", "names, or how many", func(r *Run) string { return or(strings.Join(r.config.Classes, ","), "all") })
	given("per_class", "training images of a class", func(r *Run) string { return or(number(r.config.PerClass), "all") })
	given("size", "image side in pixels", func(r *Run) string { return or(number(r.config.Size), "the set's") })
	given("network", "teacher", func(r *Run) string { return or(r.config.Network, "as its file says") })
	given("training", "of the teacher", func(r *Run) string {
		if r.config.Training == nil {
			return "none, it was given"
		}
		return fmt.Sprintf("%s: %v", r.config.Training.Preset, *r.config.Training)
	})
	part := ""
	for _, s := range recipe.Table() {
		if s.Part != part {
			part = s.Part
			t.Rows = append(t.Rows, row{Section: part})
		}
		label := s.Label
		if s.Unit != "" {
			label += ", " + s.Unit
		}
		line(s.Name, s.Symbol, label, func(r *Run) (string, bool) { return s.Text(r.config.Recipe), s.Why(r.config.Recipe) != "" })
	}
	t.Notes = []string{"In brackets: no effect in that method."}
	if len(runs) > 1 {
		t.bold = "the runs differ."
	}
	return t
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// title is the page's: the runs and what they are of.
func title(runs []*Run, names []string) string {
	var sets []string
	for _, r := range runs {
		if !slices.Contains(sets, r.Hello.Dataset) {
			sets = append(sets, r.Hello.Dataset)
		}
	}
	what := strings.Join(sets, " and ")
	if len(sets) == 1 && runs[0].Hello.IPC > 0 {
		what = fmt.Sprintf("%s, %s, %s per class", what, event.Counted(len(runs[0].Hello.Classes), "class"), event.Counted(runs[0].Hello.IPC, "image"))
	}
	return strings.Join(names, ", ") + ": " + what
}
