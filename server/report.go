package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"reta/server/run"
	"reta/shared/event"
)

func reportCommand() *cobra.Command {
	var asJSON, classes bool
	c := &cobra.Command{
		Use:   "report RUN [RUN...]",
		Short: "Print losses, topology and anchors of runs after each stage, side by side",
		Long: `Report reads the logs of run folders and prints each run's closing table: the terms
of the loss, kappa (the pull-to-anchor measure: how far the synthetic classes' Betti
curves fall short of real ones), the spread of the features and the anchors' figures,
before the first step and at every stage's end. Of several runs it also prints kappa side by side.`,
		Example: `  server report runs/fadrm runs/reta
  server report --classes runs/fadrm runs/reta`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("no run given: want the folder of one or more runs, as runs/...; see %s --help", c.CommandPath())
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, a run a line")
	c.Flags().BoolVar(&classes, "classes", false, "kappa of every class, not the means alone")
	c.RunE = func(c *cobra.Command, folders []string) error {
		var reports []*run.Report
		for _, folder := range folders {
			r, err := run.ReadReport(folder)
			if err != nil {
				return dataError{err}
			}
			if len(r.Ends) == 0 {
				return dataError{fmt.Errorf("report: %s: no stage of this run has ended: let it get there, and give it again", folder)}
			}
			if r.Torn != "" {
				fmt.Fprintf(c.ErrOrStderr(), "warning: %s: %s: reported up to there\n", folder, r.Torn)
			}
			reports = append(reports, r)
		}
		for i, r := range reports {
			if asJSON {
				if err := printJSON(c.OutOrStdout(), r); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: recipe %s, %s, %s per class\n", folders[i], r.Hello.Recipe, r.Hello.Dataset, event.Counted(r.Hello.IPC, "image"))
			printStages(c.OutOrStdout(), r)
			fmt.Fprintln(c.OutOrStdout())
		}
		if !asJSON {
			fmt.Fprint(c.OutOrStdout(), legend)
		}
		if !asJSON && (len(reports) > 1 || classes) {
			printKappa(c.OutOrStdout(), folders, reports, classes)
		}
		return nil
	}
	return c
}

// legend says what the columns of printStages are.
const legend = `start         before the first step; the other rows are at the end of a stage, after so many steps
CE, L_BN      cross-entropy and batch-norm loss of the images as they are, without augmentation, under the first teacher (Eqn 1)
L_topo        topology loss of the same images (Eqn 11), "of loss" its share of the weighted loss
kappa         how far the classes' Betti curves fall short of real ones (kappa_c, Eqn 9), mean over classes; H1 is the part of loops
spread        mean distance of a class's features from each other (Eqn 8) of the same images; "after" is that after blending
Delta         squared distance of image and anchor in normalised pixels (Theorem 4.1), mean
fit           squared distance of image and anchor in features, first term of Eqn 4, mean
complexity    of the anchors (Eqn 5), mean
collide       share of images whose anchor another image of their class has too
own           share of images whose anchor is the patch they started from
entropy       of the distribution of anchors in a class, in nats: 0 if all images have one anchor
-             not applicable: no topology alignment, one image per class, or no residual connection
`

// printClosing prints the closing table of a run with its legend.
func printClosing(w io.Writer, r *run.Report) {
	printStages(w, r)
	fmt.Fprint(w, legend)
}

// printStages prints a run's stages, a line each.
func printStages(w io.Writer, r *run.Report) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "stage\tstep\tpx\tCE\tL_BN\tL_topo\tof loss\tkappa\tH1\tspread\tafter\tDelta\tfit\tcomplexity\tcollide\town\tentropy\t")
	rows := r.Ends
	if r.Start != nil {
		rows = slices.Insert(slices.Clone(rows), 0, *r.Start)
	}
	for _, s := range rows {
		name := fmt.Sprintf("%d/%d", s.Index+1, r.Hello.Stages)
		if s.Index < 0 {
			name = "start"
		}
		m, pairs := s.Mean, s.Mean.Pairs > 0
		fmt.Fprintf(t, "%s\t%d\t%d\t%.4f\t%.3f\t%s\t%s\t%s\t%s\t%s\t", name, s.Step, s.Resolution, m.CE, m.BN,
			figure(m.Topo > 0, "%.4f", m.Topo), figure(m.Topo > 0, "%.1f %%", 100*m.Share),
			figure(pairs, "%.4f", s.KappaTotal()), figure(pairs, "%.4f", m.Kappa[1]), figure(pairs, "%.4f", m.SpreadBefore))
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", figure(pairs && s.Connected, "%.4f", m.SpreadAfter), figure(s.Connected, "%.1f", m.Delta),
			figure(s.Connected, "%.4f", m.Fit), figure(s.Connected, "%.2e", m.Complexity), figure(s.Connected, "%.0f %%", 100*m.Collisions),
			figure(s.Connected, "%.0f %%", 100*m.SelfRetrieval), figure(s.Connected, "%.2f", m.Entropy))
	}
	t.Flush()
	if len(r.Changes) > 0 {
		fmt.Fprintf(w, "settings changed during the run: %s\n", changesInWords(r.Changes))
	}
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

// figure is a number where there is one.
func figure(there bool, format string, v float64) string {
	if !there {
		return "-"
	}
	return fmt.Sprintf(format, v)
}

// printKappa prints kappa_c of several runs beside each other, and what the later ones make of the first's. Classes are
// compared with those of runs of the same ones only.
func printKappa(w io.Writer, folders []string, reports []*run.Report, classes bool) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "kappa\t")
	for i, r := range reports {
		fmt.Fprintf(t, "%s %s\t", r.Hello.Recipe, filepath.Base(folders[i]))
	}
	fmt.Fprintln(t)
	alike := func(r *run.Report) bool { return slices.Equal(r.Hello.Classes, reports[0].Hello.Classes) }
	row := func(name string, of func(r *run.Report) (float64, bool)) {
		fmt.Fprintf(t, "%s\t", name)
		for _, r := range reports {
			v, there := of(r)
			fmt.Fprintf(t, "%s\t", figure(there, "%.4f", v))
		}
		fmt.Fprintln(t)
	}
	if slices.ContainsFunc(reports, func(r *run.Report) bool { return r.Start != nil }) {
		row("start, mean", func(r *run.Report) (float64, bool) {
			if r.Start == nil {
				return 0, false
			}
			return r.Start.KappaTotal(), r.Start.Mean.Pairs > 0
		})
	}
	stages, count := 0, 0
	for _, r := range reports {
		stages = max(stages, r.Ends[len(r.Ends)-1].Index+1)
		count = max(count, len(r.Ends[len(r.Ends)-1].Classes))
	}
	for i := range stages {
		row(fmt.Sprintf("stage %d, mean", i+1), func(r *run.Report) (float64, bool) {
			for _, s := range r.Ends {
				if s.Index == i {
					return s.KappaTotal(), s.Mean.Pairs > 0
				}
			}
			return 0, false
		})
	}
	if classes {
		for c := range count {
			row("end, "+className(reports[0].Hello, c), func(r *run.Report) (float64, bool) {
				v, there := kappaAtEnd(r, c)
				return v, there && alike(r)
			})
		}
	}
	t.Flush()
	for i, r := range reports[1:] {
		if !alike(r) {
			fmt.Fprintf(w, "%s and %s are of other classes: their kappa does not compare\n", folders[i+1], folders[0])
			continue
		}
		lower, both := 0, 0
		for c := range count {
			a, ok1 := kappaAtEnd(reports[0], c)
			b, ok2 := kappaAtEnd(r, c)
			if ok1 && ok2 {
				both++
				if b < a {
					lower++
				}
			}
		}
		fmt.Fprintf(w, "at the end kappa is lower with %s than with %s in %d of %s\n", folders[i+1], folders[0], lower, event.Counted(both, "class"))
	}
}

// kappaAtEnd is kappa_c at the end of a run's last stage.
func kappaAtEnd(r *run.Report, class int) (float64, bool) {
	s := r.Ends[len(r.Ends)-1]
	if class >= len(s.Classes) || s.Classes[class].Points < 2 {
		return 0, false
	}
	k := s.Classes[class].Kappa
	return float64(k[0]) + s.Gamma*float64(k[1]), true
}

func className(h event.Hello, class int) string {
	if class < len(h.Classes) {
		return h.Classes[class]
	}
	return fmt.Sprint("class ", class)
}
