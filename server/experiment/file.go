package experiment

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// File is an experiment as it is written.
type File struct {
	Path  string
	Title string
	Cells []Cell // of all grids, in their order, each once
	Views []View // tables of them, one at least
	Sets  map[string]Data
	Teams map[string]Teachers
}

// Data is a set of images with a selection of its classes and images.
type Data struct {
	Dataset        string
	Path           string // archive or folder; "" for the cache
	Classes        []string
	PerClass, Size int // 0: all, the set's own
}

// Teachers are networks that are found or trained, or files.
type Teachers struct {
	Networks []string
	Files    []string
	Preset   string // of their training
	Epochs   int
}

// View is a table: what is measured, and what was published of it.
type View struct {
	Title     string
	Measure   string
	Sections  []string // axes whose values stand in headings
	Source    string   // of the published numbers
	Published []Published
}

// Name is the file's, without folder and ending.
func (f *File) Name() string { return strings.TrimSuffix(filepath.Base(f.Path), filepath.Ext(f.Path)) }

// maxFile is more bytes than the cells of a paper take.
const maxFile = 1 << 20

// Read reads an experiment. The error lists all that is wrong with it. Names of recipes, networks, sets and settings are not
// looked up: a file may name what a program does not have, whose cells are then not run.
func Read(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("experiment: %w: want a file as those in docs/experiments", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("experiment: %s: %v of %d bytes: want a file of TOML of at most %d bytes", path, info.Mode().Type(), info.Size(), maxFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	f, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("experiment %s:\n  %s", path, strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
	f.Path = path
	return f, nil
}

func parse(text string) (*File, error) {
	var values map[string]any
	if _, err := toml.Decode(text, &values); err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("line %d: %s: want TOML", syntax.Position.Line, syntax.Message)
		}
		return nil, err
	}
	var errs []error
	top := &fields{values: values, errs: &errs}
	f := &File{Title: top.text("title", "a text"), Sets: map[string]Data{}, Teams: map[string]Teachers{}}
	base := readGrid(top, grid{})
	top.named("dataset", func(name string, t *fields) { f.Sets[name] = readData(t) })
	top.named("team", func(name string, t *fields) { f.Teams[name] = readTeachers(t) })
	grids, seen := top.tables("grid"), map[string]bool{}
	for _, t := range grids {
		g := readGrid(t, base)
		t.rest()
		if len(g.data) == 0 {
			t.missing("data", `the name of a set, such as "cifar-100"`)
		}
		if len(g.recipe) == 0 {
			t.missing("recipe", `the name of a recipe, such as "reta"`)
		}
		if g.count() > most {
			errs = append(errs, fmt.Errorf("%s: more than %d cells: want fewer values, or several files", t.where, most))
			continue
		}
		for _, c := range g.cells() {
			if !seen[c.Name()] {
				seen[c.Name()] = true
				f.Cells = append(f.Cells, c)
			}
		}
	}
	if len(grids) == 0 {
		top.missing("grid", "one [[grid]] at least, which says what is run")
	}
	for _, t := range top.tables("table") {
		f.Views = append(f.Views, readView(t))
	}
	if len(f.Views) == 0 {
		f.Views = []View{{Measure: Last}}
	}
	top.rest()
	errs = append(errs, f.check()...)
	return f, errors.Join(errs...)
}

func readData(t *fields) Data {
	const from = `the name of a set, such as "cifar-100", or "path:DIR"`
	d := Data{
		Dataset: t.text("from", from), Path: t.text("path", "an archive or folder"),
		Classes: t.texts("classes", "names of classes, or \"10\" for the first ten"), PerClass: t.whole("per_class", 1, "a whole number of images from 1 on"),
		Size: t.whole("size", 8, "a side in pixels from 8 on"),
	}
	if d.Dataset == "" {
		t.missing("from", from)
	}
	t.rest()
	return d
}

func readTeachers(t *fields) Teachers {
	team := Teachers{
		Networks: t.texts("networks", "names of networks, such as [\"resnet18\", \"densenet121\"]"), Files: t.texts("files", "files of trained weights"),
		Preset: t.text("preset", "the name of a training, such as \"cv-dd\""), Epochs: t.whole("epochs", 1, "a whole number from 1 on"),
	}
	if (len(team.Networks) > 0) == (len(team.Files) > 0) {
		t.missing("networks", `either networks, to be found or trained, such as ["resnet18", "densenet121"], or files`)
	}
	t.rest()
	return team
}

func readView(t *fields) View {
	v := View{
		Title: t.text("title", "a text"), Measure: t.text("measure", "one of "+strings.Join(Measures(), ", ")), Sections: t.texts("sections", "names of axes, such as [\"student\", \"data\"]"),
		Source: t.text("source", "a text"),
	}
	if v.Measure == "" {
		v.Measure = Last
	} else if !slices.Contains(Measures(), v.Measure) {
		t.refuse("measure", v.Measure, "one of "+strings.Join(Measures(), ", "))
	}
	published := t.text("published", "lines of text: a heading, then a line for each group of cells")
	list, err := readPublished(published)
	if err != nil {
		*t.errs = append(*t.errs, fmt.Errorf("%s: published: %w", t.where, err))
	}
	v.Published = list
	t.rest()
	return v
}

// check refuses tables of what no grid makes, and a part of a set for images that are there.
func (f *File) check() (errs []error) {
	for _, name := range slices.Sorted(maps.Keys(f.Sets)) {
		there := func(c Cell) bool { return c.Data == name && c.Images != "" }
		if n := f.Sets[name].PerClass; n > 0 && slices.ContainsFunc(f.Cells, there) {
			errs = append(errs, fmt.Errorf("[dataset.%s]: per_class = %d: it chooses real images to recover others from, and a grid with images recovers none: want a set without it there", name, n))
		}
	}
	axes := f.axes()
	for i, v := range f.Views {
		for _, s := range v.Sections {
			if !slices.Contains(axes, s) {
				errs = append(errs, fmt.Errorf("[[table]] %d: sections: %q: want axes of the grids: %s", i+1, s, strings.Join(axes, ", ")))
			}
		}
		for _, p := range v.Published {
			if !slices.ContainsFunc(f.Cells, p.of) {
				errs = append(errs, fmt.Errorf("[[table]] %d: published: line %d: %s: no grid has such a cell: want the values of its axes as the grids have them", i+1, p.line, p))
			}
		}
	}
	return errs
}

// axes are the names of all axes, in their order.
func (f *File) axes() (list []string) {
	for _, c := range f.Cells {
		for _, a := range c.Axes() {
			if !slices.Contains(list, a.Name) {
				list = append(list, a.Name)
			}
		}
	}
	return list
}

// varied are the axes with more than one value.
func (f *File) varied() (list []string) {
	for _, name := range f.axes() {
		first := f.Cells[0].Value(name)
		if slices.ContainsFunc(f.Cells, func(c Cell) bool { return c.Value(name) != first }) {
			list = append(list, name)
		}
	}
	return list
}
