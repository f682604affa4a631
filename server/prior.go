package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"reta/server/run"
	"reta/shared/event"
	"reta/shared/trial"
)

// priorFlags are those of distilling, of which each teacher is to do alone.
type priorFlags struct {
	distilFlags
	dir string
}

func priorCommand(gate *run.Gate) *cobra.Command {
	f := priorFlags{distilFlags: distilFlags{viewer: true, headless: true}}
	c := &cobra.Command{
		Use:   "prior",
		Short: "Measure how good each teacher is alone: the priors of the recipe cv-dd",
		Long: `Prior distils the images with each of the given teachers alone and trains students on them: the
accuracy that these reach, in per cent, is the teacher's prior, by which CV-DD weights two
teachers that act together. It prints the setting that gives the recipe cv-dd these priors.
Each teacher has a run of its own below --dir: stopped at any moment, the same command
continues, and a teacher more costs only its own run.`,
		Example: `  server prior --teacher resnet18.safetensors --teacher mobilenetv2.safetensors --dataset cifar-100 --dir priors
  server recover --recipe cv-dd --teacher resnet18.safetensors --teacher mobilenetv2.safetensors --dataset cifar-100 --set priors=64,59.4`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.measure(c, gate) },
	}
	fs := c.Flags()
	f.common.addLong(fs)
	f.data.add(fs, "demo")
	f.recipe.add(fs)
	method := fs.Lookup("recipe")
	f.recipe.name, method.DefValue = "sre2l++", "sre2l++"
	fs.StringArrayVar(&f.teachers.files, "teacher", nil, "trained weights, safetensors or PyTorch's .pth; repeatable: a prior is measured of each")
	fs.Var((*lowered)(&f.teachers.network), "network", "network of --teacher files that do not name theirs")
	fs.BoolVar(&f.teachers.noCheck, "no-check", false, "do not measure the accuracy of the teachers before recovery, whatever it is")
	fs.StringVar(&f.dir, "dir", "priors", "folder for the runs of the teachers")
	f.judged.add(fs)
	for _, name := range []string{"until", "controls"} {
		fs.Lookup(name).Hidden = true
	}
	return c
}

// prior is what was measured of a teacher.
type prior struct {
	teacher, run string
	trial.Stat   // of the best tests, as CV-DD's code reports, per cent
}

// measure distils with every teacher.
func (f *priorFlags) measure(c *cobra.Command, gate *run.Gate) error {
	if len(f.teachers.files) == 0 {
		return usage("no teacher: give those whose priors are wanted with --teacher")
	}
	if name := firstChanged(c, "until", "controls"); name != "" {
		return usage("--%s: a prior is the evaluation of the images alone: drop it", name)
	}
	f.command = c
	if err := f.check(c); err != nil {
		return err
	}
	f.judged.until, f.judged.controls = string(run.Evaluate), []string{}
	out := f.common.console(c)
	defer out.close()
	var list []prior
	all := f.teachers.files
	for i, file := range all {
		f.teachers.files = []string{file}
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		f.runDir = filepath.Join(f.dir, fmt.Sprintf("%d-%s", i+1, name))
		p, err := f.one(c.Context(), gate, out)
		if onRequest(err) {
			return stopped{err, sameCommand()}
		}
		if err != nil {
			return fmt.Errorf("prior of %s: %w", file, err)
		}
		list = append(list, p)
	}
	out.close()
	if f.common.json {
		for _, p := range list {
			row := map[string]any{"teacher": p.teacher, "prior": p.Mean, "seeds": p.N, "run": p.run}
			if p.N > 1 {
				row["error"] = p.SE
			}
			if err := printJSON(c.OutOrStdout(), row); err != nil {
				return err
			}
		}
		return nil
	}
	return printPriors(c.OutOrStdout(), list)
}

// one distils with the teacher that is set, and judges.
func (f *priorFlags) one(ctx context.Context, gate *run.Gate, out *console) (prior, error) {
	config, err := f.config(f.command)
	if err != nil {
		return prior{}, err
	}
	emit := func(e event.Event) {
		if _, path := e.(event.Result); !path { // of the images, which are not what was asked for
			out.show(e)
		}
	}
	done, err := f.work(ctx, config, &viewers{gate: gate, emit: emit})
	if errors.Is(err, run.ErrFinished) { // by the same settings
		done.Evaluation, err = run.ReadEvaluation(f.runDir)
	}
	if err != nil {
		return prior{}, err
	}
	if done.Evaluation == nil {
		return prior{}, dataError{fmt.Errorf("%s has no test images, so nothing can be judged: want a val/ or test/ folder beside train/", f.data.dataset)}
	}
	var best []float64
	for _, o := range done.Evaluation.Trials {
		if o.Images == event.Distilled && o.Labels == event.SoftLabels {
			best = append(best, 100*o.Best().Top1)
		}
	}
	return prior{f.teachers.files[0], f.runDir, trial.Of(best)}, nil
}

// printPriors prints a line for each teacher and the setting.
func printPriors(w io.Writer, list []prior) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var values []string
	fmt.Fprintln(t, "TEACHER\tPRIOR\tRUN")
	for _, p := range list {
		of := fmt.Sprintf("%.1f %%", p.Mean)
		if p.N > 1 {
			of = fmt.Sprintf("%.1f +- %.1f %%", p.Mean, p.SE)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", p.teacher, of, p.run)
		values = append(values, fmt.Sprintf("%.1f", p.Mean))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n--recipe cv-dd --set priors=%s, with the teachers in this order\n", strings.Join(values, ","))
	return err
}
