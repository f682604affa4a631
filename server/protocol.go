package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"reta/shared/protocol"
	"reta/shared/recipe"
	"reta/shared/setting"
)

// protocolFlags are a preset of a protocol and flags for some of its settings.
type protocolFlags struct {
	name   string // "": by the data
	recipe string // of the images, "" where it is not known
	rows   rowFlags[protocol.Protocol]
	sets   []string
}

// add registers the flags of the settings that are wanted.
func (f *protocolFlags) add(fs *pflag.FlagSet, def string, want func(name string) bool) {
	f.name = def
	help := "settings to begin with: " + strings.Join(protocol.Names(), ", ")
	if def == "" {
		help += " (default: fadrm, quick for the demo set)"
	}
	fs.Var((*lowered)(&f.name), "protocol", help)
	rows := slices.DeleteFunc(slices.Clone(protocol.Settings), func(r setting.Row[protocol.Protocol]) bool { return !want(r.Name) })
	f.rows = addRows(fs, rows)
}

// check refuses values that cannot be, before anything is opened.
func (f *protocolFlags) check() error {
	if err := f.rows.check(); err != nil {
		return err
	}
	for _, set := range f.sets {
		name, text, ok := strings.Cut(set, "=")
		if !ok {
			return usage("--set %s: want name=value, such as student.epochs=60", set)
		}
		if err := protocol.Settings.Set(new(protocol.Protocol), name, text); err != nil {
			return usage("--set %w", err)
		}
	}
	if _, err := protocol.New(f.preset(recipe.Dataset{}), recipe.Dataset{Name: "any", Classes: 10, Size: 32}, 10, ""); err != nil {
		return usage("--protocol: %w", err)
	}
	return nil
}

// addSets registers --set for all settings.
func (f *protocolFlags) addSets(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.sets, "set", nil, "any setting of the protocol, as labels.flip=0 or student.weight_decay=0.05; repeatable (docs/evaluation.md lists them)")
}

// preset is the name given, or that for the data.
func (f *protocolFlags) preset(d recipe.Dataset) string {
	switch {
	case f.name != "":
		return f.name
	case d.Name == "demo":
		return "quick"
	}
	return "fadrm"
}

// asksOf reports whether a setting whose name begins so was given.
func (f *protocolFlags) asksOf(prefix string) bool {
	for _, set := range f.sets {
		if strings.HasPrefix(set, prefix) {
			return true
		}
	}
	for _, r := range f.rows {
		if r.text != "" && strings.HasPrefix(r.row.Name, prefix) {
			return true
		}
	}
	return false
}

// forStudent is the protocol with all changes, by flags of their own and --set; not validated, since more may change.
func (f *protocolFlags) forStudent(d recipe.Dataset, perClass int, student string) (protocol.Protocol, error) {
	p, err := protocol.Setup{Dataset: d, IPC: perClass, Student: student, Recipe: f.recipe}.New(f.preset(d))
	if err == nil {
		err = f.rows.apply(&p)
	}
	for _, set := range f.sets {
		name, text, _ := strings.Cut(set, "=")
		if err == nil {
			err = protocol.Settings.Set(&p, name, text)
		}
	}
	if err != nil {
		return p, usageError{err}
	}
	return p, nil
}

// notes say where the preset's values are not those of all others, or not the published ones.
func (f *protocolFlags) notes(d recipe.Dataset, perClass int, out *console) {
	for _, text := range (protocol.Setup{Dataset: d, IPC: perClass, Recipe: f.recipe}).Notes(f.preset(d)) {
		out.say("protocol %s: %s", f.preset(d), text)
	}
}

// protocolTable lists the presets for the help.
func protocolTable() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  protocol\t\n")
	for _, p := range protocol.Presets() {
		fmt.Fprintf(w, "  %s\t%s\n", p.Name, p.Help)
	}
	w.Flush()
	return strings.TrimRight(b.String(), "\n")
}

// build is the protocol for a student on so many images per class of a set, with the flags' changes.
func (f *protocolFlags) build(d recipe.Dataset, perClass int, student string) (protocol.Protocol, error) {
	p, err := f.forStudent(d, perClass, student)
	if f.rows.given("labels.epochs") && !f.rows.given("student.epochs") {
		p.Student.Epochs = max(p.Student.Epochs, p.Labels.Epochs) // of the student that they are made for
	}
	if err == nil {
		err = p.Validate()
	}
	if err != nil {
		return p, usageError{err}
	}
	return p, nil
}

// protocolsDocument is the part of docs/settings.md on evaluation.
func protocolsDocument(w io.Writer) {
	of := func(name string) protocol.Protocol {
		p, _ := protocol.New(name, recipe.Dataset{Name: "cifar-100", Classes: 100, Size: 32}, 10, "resnet18") // a preset of this program
		return p
	}
	base := of("fadrm")
	fmt.Fprint(w, "\n## Protocols of evaluation\n\nSettings of `server evaluate`, which takes them by `--set`; `server relabel` has flags for those of labels. Values are those of `fadrm` for "+
		"ResNet-18 on\nCIFAR-100 at IPC 10; `student.lr`, `student.eta` and others depend on set, IPC and network.\n\n| setting | value | takes | meaning |\n| --- | --- | --- | --- |\n")
	for _, r := range protocol.Settings {
		fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", r.Name, cell(r.Text(base)), cell(r.Want()), cell(r.Help))
	}
	fmt.Fprint(w, "\nWhat differs in the other protocols, for the same images and student:\n\n| protocol | settings |\n| --- | --- |\n")
	for _, p := range protocol.Presets() {
		var changes []string
		for _, r := range protocol.Settings {
			if v := r.Text(of(p.Name)); v != r.Text(base) {
				changes = append(changes, fmt.Sprintf("`%s` %s", r.Name, v))
			}
		}
		if len(changes) > 0 {
			fmt.Fprintf(w, "| `%s`: %s | %s |\n", p.Name, cell(p.Help), cell(strings.Join(changes, ", ")))
		}
	}
}
