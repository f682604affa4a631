package report

import (
	"fmt"
	"slices"
	"strings"

	"reta/shared/event"
)

// Columns of stages that a page shows apart.
var (
	shapeColumns  = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	anchorColumns = []int{0, 11, 12, 13, 14, 15, 16}
)

// legend says what the columns of stages are.
var legend = []struct{ Term, Meaning string }{
	{"start", "before the first step; the other rows are at the end of a stage, after so many steps"},
	{"CE, L_BN", "cross-entropy and batch-norm loss of the images as they are, without augmentation, under the first teacher (Eqn 1)"},
	{"L_topo", `topology loss of the same images (Eqn 11), "of loss" its share of the weighted loss`},
	{"kappa", "how far the classes' Betti curves fall short of real ones (kappa_c, Eqn 9), mean over classes; H1 is the part of loops"},
	{"spread", `mean distance of a class's features from each other (Eqn 8) of the same images; "after" is that after blending`},
	{"Delta", "squared distance of image and anchor in normalised pixels (Theorem 4.1), mean"},
	{"fit", "squared distance of image and anchor in features, first term of Eqn 4, mean"},
	{"complexity", "of the anchors (Eqn 5), mean"},
	{"collide", "share of images whose anchor another image of their class has too"},
	{"own", "share of images whose anchor is the patch they started from"},
	{"entropy", "of the distribution of anchors in a class, in nats: 0 if all images have one anchor"},
	{none, "not applicable: no topology alignment, one image per class, or no residual connection"},
}

// stages is a run's stages, a row each.
func (r *Run) stages() table {
	t := table{name: "stages", Caption: "Losses, shape of the classes and anchors at the end of each stage",
		Head: []string{"stage", "step", "px", "CE", "L_BN", "L_topo", "of loss", "kappa", "H1", "spread", "after", "Delta", "fit", "complexity", "collide", "own", "entropy"}}
	for _, s := range r.states() {
		name := fmt.Sprintf("%d/%d", s.Index+1, r.Hello.Stages)
		if s.Index == start {
			name = "start"
		}
		m, pairs := s.Mean, s.Mean.Pairs > 0
		t.add(name, fmt.Sprint(s.Step), fmt.Sprint(s.Resolution), fmt.Sprintf("%.4f", m.CE), fmt.Sprintf("%.3f", m.BN),
			figure(m.Topo > 0, "%.4f", m.Topo), figure(m.Topo > 0, "%.1f %%", 100*m.Share),
			figure(pairs, "%.4f", s.KappaTotal()), figure(pairs, "%.4f", m.Kappa[1]), figure(pairs, "%.4f", m.SpreadBefore),
			figure(pairs && s.Connected, "%.4f", m.SpreadAfter), figure(s.Connected, "%.1f", m.Delta),
			figure(s.Connected, "%.4f", m.Fit), figure(s.Connected, "%.2e", m.Complexity), figure(s.Connected, "%.0f %%", 100*m.Collisions),
			figure(s.Connected, "%.0f %%", 100*m.SelfRetrieval), figure(s.Connected, "%.2f", m.Entropy))
	}
	return t
}

// states are the start, where the log has it, and the stages' ends.
func (r *Run) states() []Stage {
	if r.Start == nil {
		return r.Ends
	}
	return slices.Insert(slices.Clone(r.Ends), 0, *r.Start)
}

// changesInWords lists changes, those of undo too.
func changesInWords(list []event.Change) string {
	var parts []string
	for _, c := range list[:min(len(list), 8)] {
		what := fmt.Sprintf("%s %g -> %g after step %d", c.Name, c.From, c.To, c.Step)
		if c.Undo {
			what += " (undo)"
		}
		parts = append(parts, what)
	}
	if more := len(list) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}

// kappa is kappa_c of several runs beside each other, and what the later ones make of the first's. Classes are compared with
// those of runs of the same ones only.
func kappa(runs []*Run, names []string, classes bool) table {
	t := table{name: "kappa", Caption: "kappa, what the classes' Betti curves lack of real ones (Eqn 9); lower is better", Head: []string{"kappa"}}
	for i, r := range runs {
		t.Head = append(t.Head, titled(r, names[i]))
	}
	line := func(name string, of func(r *Run) (float64, bool)) {
		texts := []string{name}
		for _, r := range runs {
			v, there := of(r)
			texts = append(texts, figure(there, "%.4f", v))
		}
		t.add(texts...)
	}
	if slices.ContainsFunc(runs, func(r *Run) bool { return r.Start != nil }) {
		line("start, mean", func(r *Run) (float64, bool) {
			if r.Start == nil {
				return 0, false
			}
			return r.Start.KappaTotal(), r.Start.Mean.Pairs > 0
		})
	}
	stages, count := 0, 0
	for _, r := range runs {
		if n := len(r.Ends); n > 0 {
			stages, count = max(stages, r.Ends[n-1].Index+1), max(count, len(r.Ends[n-1].Classes))
		}
	}
	for i := range min(stages, event.MaxStages) {
		line(fmt.Sprintf("stage %d, mean", i+1), func(r *Run) (float64, bool) {
			for _, s := range r.Ends {
				if s.Index == i {
					return s.KappaTotal(), s.Mean.Pairs > 0
				}
			}
			return 0, false
		})
	}
	for c := range count {
		if classes {
			line("end, "+className(runs[0].Hello, c), func(r *Run) (float64, bool) {
				v, there := r.kappaAtEnd(c)
				return v, there && alike(r, runs[0])
			})
		}
	}
	for i, r := range runs[1:] {
		if !alike(r, runs[0]) {
			t.Notes = append(t.Notes, fmt.Sprintf("%s and %s are of other classes: their kappa does not compare", names[i+1], names[0]))
			continue
		}
		lower, both := 0, 0
		for c := range count {
			a, ok1 := runs[0].kappaAtEnd(c)
			b, ok2 := r.kappaAtEnd(c)
			if ok1 && ok2 {
				both++
				if b < a {
					lower++
				}
			}
		}
		t.Notes = append(t.Notes, fmt.Sprintf("at the end kappa is lower with %s than with %s in %d of %s", names[i+1], names[0], lower, event.Counted(both, "class")))
	}
	return t
}

// alike reports whether two runs are of the same classes.
func alike(a, b *Run) bool { return slices.Equal(a.Hello.Classes, b.Hello.Classes) }

// kappaAtEnd is kappa_c at the end of a run's last stage.
func (r *Run) kappaAtEnd(class int) (float64, bool) {
	if len(r.Ends) == 0 {
		return 0, false
	}
	s := r.Ends[len(r.Ends)-1]
	if class >= len(s.Classes) || s.Classes[class].Points < 2 {
		return 0, false
	}
	return s.kappa(class), true
}

// classes is kappa_c and spread of each class at the end of the runs' last stages.
func classes(runs []*Run, names []string) table {
	t := table{name: "classes", Caption: "Classes at the end of the last stage", Head: []string{"class"}, Left: 1}
	count := 0
	for i, r := range runs {
		for _, what := range []string{"kappa", "H1", "spread"} {
			if len(runs) > 1 {
				what += ", " + names[i]
			}
			t.Head = append(t.Head, what)
		}
		if n := len(r.Ends); n > 0 && alike(r, runs[0]) {
			count = max(count, len(r.Ends[n-1].Classes))
		}
	}
	for c := range count {
		texts := []string{className(runs[0].Hello, c)}
		for _, r := range runs {
			k, there := r.kappaAtEnd(c)
			if !there || !alike(r, runs[0]) {
				texts = append(texts, none, none, none)
				continue
			}
			shape := r.Ends[len(r.Ends)-1].Classes[c]
			texts = append(texts, fmt.Sprintf("%.4f", k), fmt.Sprintf("%.4f", shape.Kappa[1]), fmt.Sprintf("%.4f", shape.SpreadBefore))
		}
		t.add(texts...)
	}
	return t
}

func className(h event.Hello, class int) string {
	if class >= 0 && class < len(h.Classes) {
		return h.Classes[class]
	}
	return fmt.Sprint("class ", class)
}

// titled is a run's name with its recipe's, where that does not say it already.
func titled(r *Run, name string) string {
	if r.Hello.Recipe == "" || r.Hello.Recipe == name {
		return name
	}
	return r.Hello.Recipe + " " + name
}
