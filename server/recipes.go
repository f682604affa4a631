package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"reta/shared/event"
	"reta/shared/recipe"
)

func recipesCommand() *cobra.Command {
	var data dataFlags
	var explain, asJSON bool
	c := &cobra.Command{
		Use:   "recipes [NAME]",
		Short: "List the methods, or every setting of one with its value for a data set",
		Long: `Recipes lists the methods that --recipe takes: what each needs, what it costs beside fadrm
(passes of an image through a teacher and back, from its settings for CIFAR-100 or --dataset),
what it is and where it was published. With the name of one it prints all its settings with their values
for a data set, as config.toml of a run would hold them. --set changes any of them, a flag some.`,
		Example: `  server recipes
  server recipes reta --dataset tiny-imagenet
  server recipes fadrm --dataset imagenette --explain`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("%s given: want one recipe; see %s --help", event.Counted(len(args), "name"), c.CommandPath())
			}
			return nil
		},
		ValidArgs: recipe.Names(),
	}
	fs := c.Flags()
	data.addName(fs, "demo")
	data.addSelection(fs)
	fs.BoolVar(&explain, "explain", false, "say of each setting what it does, its bounds, and when it has no effect")
	fs.BoolVar(&asJSON, "json", false, "print JSON, a setting a line")
	c.RunE = func(c *cobra.Command, args []string) error {
		out := c.OutOrStdout()
		if err := data.check(); err != nil {
			return err
		}
		facts, err := data.facts()
		if err != nil {
			return err
		}
		if len(args) == 0 {
			if !c.Flags().Changed("dataset") || facts.Size == 0 || facts.Classes == 0 {
				facts = recipe.Dataset{Name: recipe.CIFAR100, Classes: 100, Size: 32}
			}
			return listRecipes(out, facts, asJSON)
		}
		if facts.Size == 0 || facts.Classes == 0 {
			return usage("--dataset %s: its defaults depend on its images: give their number of classes and size, as --classes 10 --size 32", data.dataset)
		}
		r, err := recipe.New(args[0], facts)
		if err != nil {
			return err
		}
		if asJSON {
			return printSettingsJSON(out, r)
		}
		fmt.Fprintf(out, "%s on %s: %s of %d px\n", r.Name, facts.Name, event.Counted(facts.Classes, "class"), facts.Size)
		return printSettings(out, r, explain)
	}
	return c
}

// listRecipes prints what every recipe is, with its cost for a set.
func listRecipes(w io.Writer, facts recipe.Dataset, asJSON bool) error {
	base, err := recipe.New("fadrm", facts)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if !asJSON {
		fmt.Fprintln(t, "RECIPE\tCOST\tNEEDS\tWHAT IT IS")
	}
	for _, name := range recipe.Names() {
		r, err := recipe.New(name, facts)
		if err != nil {
			return err
		}
		m, cost, needs := recipe.Describe(name), r.Passes(facts.Size)/base.Passes(facts.Size), strings.Join(r.Needs(), ", ")
		if asJSON {
			row := map[string]any{"recipe": name, "about": m.About, "source": m.Source, "approximate": m.Approximate, "cost": cost, "needs": needs}
			if err := printJSON(w, row); err != nil {
				return err
			}
			continue
		}
		about := m.About
		if m.Approximate != "" {
			about += "; approximate: " + m.Approximate
		}
		fmt.Fprintf(t, "%s\t%.2g\t%s\t%s\n\t\t\t%s\n", name, cost, needs, about, m.Source)
	}
	return t.Flush()
}

// printSettings prints a recipe part by part.
func printSettings(w io.Writer, r recipe.Recipe, explain bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	part := ""
	for _, s := range recipe.Table() {
		if s.Part != part {
			part = s.Part
			fmt.Fprintf(t, "\n%s\n", part)
		}
		flag, note := "", ""
		if s.Flag != "" {
			flag = "--" + s.Flag
		}
		if why := s.Why(r); why != "" {
			note = "no effect: " + why
		}
		if explain {
			line := s.Name + " = " + s.Text(r)
			if flag != "" {
				line += ", by " + flag
			}
			if note != "" {
				line += "; " + note
			}
			fmt.Fprintf(t, "  %s\n      %s\n", line, meaning(s))
			continue
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", s.Name, s.Text(r), flag, note)
	}
	return t.Flush()
}

// meaning is all that the table says of a setting, in one line.
func meaning(s recipe.Setting) string {
	text := s.Help
	if s.Symbol != "" {
		text = s.Symbol + ". " + text
	}
	options := recipe.Options(s.Name)
	if len(options) == 0 {
		text += " Takes " + takes(s) + "."
	}
	for _, o := range options {
		text += fmt.Sprintf(" %s: %s.", o.Name, o.Help)
	}
	if s.Live != nil {
		text += " Can change during a run."
	}
	if s.Chosen {
		text += " The default is ours: the paper is silent."
	}
	return text
}

// takes says what a setting takes: its type, bounds and unit.
func takes(s recipe.Setting) string {
	text := s.Type()
	if b := s.Bounds(); b != "" {
		text += ", " + b
	}
	if s.Unit != "" {
		text += " " + s.Unit
	}
	return text
}

func printSettingsJSON(w io.Writer, r recipe.Recipe) error {
	for _, s := range recipe.Table() {
		row := map[string]any{
			"setting": s.Name, "value": s.Text(r), "part": s.Part, "flag": s.Flag, "symbol": s.Symbol, "unit": s.Unit, "type": s.Type(), "bounds": s.Bounds(),
			"live": s.Live != nil, "chosen": s.Chosen, "help": s.Help, "idle": s.Why(r),
		}
		if err := printJSON(w, row); err != nil {
			return err
		}
	}
	return nil
}

// settingsDocument is docs/settings.md.
func settingsDocument(w io.Writer) {
	fmt.Fprint(w, `# Settings

Every setting of a recipe. `+"`server recipes NAME --dataset X --explain`"+` prints them with the values of one recipe for one data set;
`+"`--set NAME=VALUE`"+` changes any of them, a flag some, and a run's `+"`config.toml`"+` holds all. Defaults are those of `+"`reta`"+`: the most data sets'
first, then the others'. (chosen) marks a default of ours where the paper is silent, (live) what can change during a run. Written by
`+"`server docs settings`"+`.
`)
	part := ""
	for _, s := range recipe.Table() {
		if s.Part != part {
			part = s.Part
			fmt.Fprintf(w, "\n## %s%s\n\n| setting | flag | takes | default | meaning |\n| --- | --- | --- | --- | --- |\n", strings.ToUpper(part[:1]), part[1:])
		}
		flag, text := "", s.Help
		if s.Flag != "" {
			flag = "`--" + s.Flag + "`"
		}
		if s.Symbol != "" {
			text = s.Symbol + ". " + text
		}
		for _, o := range recipe.Options(s.Name) {
			text += fmt.Sprintf(" `%s`: %s.", o.Name, o.Help)
		}
		if s.Chosen {
			text += " (chosen)"
		}
		if s.Live != nil {
			text += " (live)"
		}
		fmt.Fprintf(w, "| `%s` | %s | %s | %s | %s |\n", s.Name, flag, takes(s), cell(commonDefault(s, "reta")), cell(text))
	}
	fmt.Fprintf(w, "\n## Other recipes\n\nWhat differs from `reta`.\n\n| recipe | setting | default |\n| --- | --- | --- |\n")
	for _, name := range recipe.Names() {
		for _, s := range recipe.Table() {
			if d := commonDefault(s, name); d != commonDefault(s, "reta") {
				fmt.Fprintf(w, "| `%s` | `%s` | %s |\n", name, s.Name, cell(d))
			}
		}
	}
	fmt.Fprintf(w, "\n## Presets of topology alignment\n\n`--pta NAME`, or `--set %s=NAME`, sets several at once; what else is set holds over it.\n\n| preset | setting | value | why |\n| --- | --- | --- | --- |\n", recipe.Preset)
	for _, o := range recipe.Options(recipe.Preset) {
		for _, v := range recipe.PresetValues(o.Name) {
			fmt.Fprintf(w, "| `%s` | `%s` | `%s` | %s |\n", o.Name, v.Setting, v.Value, cell(v.Why))
		}
	}
}

// cell is text within a table of Markdown.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
