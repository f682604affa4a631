package experiment

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const small = `
title = "small"
data = "demo"
student = "resnet8"
seeds = 2

[set]
"student.epochs" = 1

[dataset.two]
from = "demo"
classes = "2"
size = 16

[team.both]
networks = ["resnet8", "convnet3"]
preset = "cv-dd"

[[grid]]
recipe = ["sre2l", "reta"]
ipc = [1, 10]

[[grid]]
data = "two"
recipe = "reta"
teachers = ["both", "resnet18"]
ipc = 1
seeds = 7
controls = "none"
set = { "drc.lambda" = [0, 0.5], "pta.on" = false }
images = "made/{data}-{ipc}"

[[table]]
measure = "best"
sections = ["ipc"]
source = "a paper"
published = """
recipe  data  ipc=1     ipc=10
sre2l   demo  40.5+-0.5    -
reta    demo  42.0      61.25±1
"""
`

// A grid is all combinations; what it does not say is as above all grids, and a cell that two grids have is one.
func TestGrids(t *testing.T) {
	f, err := parse(small + "[[grid]]\nrecipe = \"reta\"\nipc = 10\n")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range f.Cells {
		names = append(names, c.Name())
	}
	want := []string{
		"data=demo recipe=sre2l ipc=1 student=resnet8 seed=0 student.epochs=1", "data=demo recipe=sre2l ipc=10 student=resnet8 seed=0 student.epochs=1",
		"data=demo recipe=reta ipc=1 student=resnet8 seed=0 student.epochs=1", "data=demo recipe=reta ipc=10 student=resnet8 seed=0 student.epochs=1",
		"data=two recipe=reta ipc=1 teachers=both student=resnet8 seed=0 drc.lambda=0 pta.on=false student.epochs=1",
		"data=two recipe=reta ipc=1 teachers=both student=resnet8 seed=0 drc.lambda=0.5 pta.on=false student.epochs=1",
		"data=two recipe=reta ipc=1 teachers=resnet18 student=resnet8 seed=0 drc.lambda=0 pta.on=false student.epochs=1",
		"data=two recipe=reta ipc=1 teachers=resnet18 student=resnet8 seed=0 drc.lambda=0.5 pta.on=false student.epochs=1",
	}
	if !slices.Equal(names, want) {
		t.Fatalf("cells\n%s\nwant\n%s", strings.Join(names, "\n"), strings.Join(want, "\n"))
	}
	a, b := f.Cells[0], f.Cells[5]
	if a.Seeds != 2 || a.Controls != nil || b.Seeds != 7 || !slices.Equal(b.Controls, []string{"none"}) || b.Images != "made/two-1" || a.Images != "" {
		t.Errorf("%+v\n%+v", a, b)
	}
	if d := f.Sets["two"]; d.Dataset != "demo" || !slices.Equal(d.Classes, []string{"2"}) || d.Size != 16 {
		t.Errorf("[dataset.two] %+v", d)
	}
	if team := f.Teams["both"]; !slices.Equal(team.Networks, []string{"resnet8", "convnet3"}) || team.Preset != "cv-dd" {
		t.Errorf("[team.both] %+v", team)
	}
	if got := f.varied(); !slices.Equal(got, []string{"data", "recipe", "ipc", "drc.lambda", "pta.on", "teachers"}) && len(got) != 6 {
		t.Errorf("axes that vary: %q", got)
	}
}

func TestPublished(t *testing.T) {
	f, err := parse(small)
	if err != nil {
		t.Fatal(err)
	}
	list := f.Views[0].Published
	if len(list) != 3 || list[0].Value != 40.5 || list[0].SD != 0.5 || list[1].Value != 42 || !math.IsNaN(list[1].SD) || list[2].String() != "recipe=reta data=demo ipc=10" || list[2].SD != 1 {
		t.Fatalf("%+v", list)
	}
	if !list[2].of(f.Cells[3]) || list[2].of(f.Cells[2]) || list[2].of(f.Cells[1]) {
		t.Error("a number is of another cell than its axes say")
	}
	for text, want := range map[string]string{
		"recipe data\nreta demo":             `line 1: "recipe data": want a heading: names of axes, then AXIS=VALUE`,
		"recipe ipc=1\nreta":                 "line 2: 1 words: want 2, as the heading has",
		"recipe ipc=1\n\nreta 4x":            `line 3: "4x": want a number, as 40.1 or 40.1±0.8, or -`,
		"recipe published\nreta NaN":         `"NaN": want a number`,
		"recipe published\nreta 4±-1":        `"4±-1": want a number`,
		"recipe published\nreta 40.1±0.8±.1": "want a number",
	} {
		if _, err := readPublished(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// What is wrong is named by its key and value, with what was expected: all of it at once.
func TestSchemaErrors(t *testing.T) {
	grid := "[[grid]]\ndata = \"demo\"\nrecipe = \"reta\"\n"
	for text, want := range map[string]string{
		"title = 3\n" + grid:                              "title = 3: want a text",
		"title = \"x\"":                                   "grid is missing: want one [[grid]] at least",
		"grid = 3":                                        "grid = 3: want one or more tables, as [[grid]]",
		"[[grid]]\nrecipe = \"reta\"":                     `[[grid]] 1: data is missing: want the name of a set, such as "cifar-100"`,
		"[[grid]]\ndata = \"demo\"":                       `[[grid]] 1: recipe is missing: want the name of a recipe`,
		grid + "recipes = \"reta\"":                       `[[grid]] 1: recipes = "reta": want one of the keys data, teachers, recipe,`,
		grid + "ipc = 0":                                  "[[grid]] 1: ipc = 0: want images per class: whole numbers from 1 on, such as [1, 10, 50]",
		grid + "ipc = [1, \"ten\"]":                       `ipc = [1, "ten"]: want images per class`,
		grid + "ipc = []":                                 "ipc = []: want images per class",
		grid + "ipc = 1.5":                                "ipc = 1.5: want images per class",
		grid + "student = [\"\"]":                         `student = [""]: want names of networks`,
		grid + "seeds = -1":                               "seeds = -1: want the number of students that are trained",
		grid + "seeds = [1, 2]":                           "seeds = [1, 2]: want the number of students",
		grid + "seed = -1":                                "seed = -1: want seeds of recovery: whole numbers from 0 on",
		grid + "controls = 3":                             `controls = 3: want names of controls, such as ["random", "hard"], or "none"`,
		grid + "set = 3":                                  "set = 3: want a table, as [set]",
		grid + "set = { lr = [] }":                        "[[grid]] 1: set: lr = []: want a number, a text, true or false, or several of them",
		grid + "set = { lr = { a = 1 } }":                 "lr = {...}: want a number, a text, true or false",
		grid + "[dataset.two]\nclasses = \"2\"":           `[dataset.two]: from is missing: want the name of a set`,
		grid + "[dataset.two]\nfrom = \"demo\"\nsize = 4": "[dataset.two]: size = 4: want a side in pixels from 8 on",
		grid + "[dataset]\ntwo = 3":                       "[dataset]: two = 3: want a table, as [dataset.two]",
		grid + "[team.x]\npreset = \"cv-dd\"":             "[team.x]: networks is missing: want either networks",
		grid + "[team.x]\nnetworks = \"resnet8\"\nepochs = \"four\"":                                              `[team.x]: epochs = "four": want a whole number from 1 on`,
		grid + "[[table]]\nmeasure = \"loss\"":                                                                    `[[table]] 1: measure = "loss": want one of last, best`,
		grid + "[[table]]\nsections = \"colour\"":                                                                 `[[table]] 1: sections: "colour": want axes of the grids: data, recipe, ipc, seed`,
		grid + "[[table]]\npublished = \"recipe published\\nsre2l 4\"":                                            "[[table]] 1: published: line 2: recipe=sre2l: no grid has such a cell",
		grid + "[[table]]\npublished = \"recipe published\\nreta four\"":                                          `[[table]] 1: published: line 2: "four": want a number`,
		"[dataset.two]\nfrom = \"demo\"\nper_class = 4\n[[grid]]\ndata = \"two\"\nrecipe = \"x\"\nimages = \"x\"": "[dataset.two]: per_class = 4: it chooses real images to recover others from, and a grid with images recovers none",
		grid + "seeds = ": "line 4:",
		grid + "seed = [" + strings.Repeat("1,", 200) + "1]\nipc = [" + strings.Repeat("1,", 60) + "1]": "[[grid]] 1: more than 10000 cells",
		"seeds = 0\n" + grid + "ipc = 0": "[[grid]] 1: ipc = 0",
	} {
		_, err := parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v, want %q", text, err, want)
		}
	}
	_, err := parse("seeds = 0\n" + grid + "ipc = 0")
	if err == nil || !strings.Contains(err.Error(), "seeds = 0") {
		t.Errorf("of two mistakes one is left out: %v", err)
	}
}

func TestReadRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big.toml")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.toml"): "want a file as those in docs/experiments",
		dir:                             "want a file of TOML",
		big:                             "of 1048577 bytes: want a file of TOML of at most 1048576 bytes",
	} {
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// The files of the documentation are right, and each published number is of a cell.
func TestDocumentedExperiments(t *testing.T) {
	files, err := filepath.Glob("../../docs/experiments/*.toml")
	if err != nil || len(files) < 8 {
		t.Fatalf("files %q, %v", files, err)
	}
	numbers := map[string]int{}
	for _, path := range files {
		f, err := Read(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if f.Title == "" || len(f.Cells) == 0 {
			t.Errorf("%s: title %q, %d cells", path, f.Title, len(f.Cells))
		}
		for _, v := range f.Views {
			numbers[f.Name()] += len(v.Published)
		}
	}
	for name, want := range map[string]int{"table1": 278, "table2": 35, "table3": 16, "figure4a": 3, "figure4b": 3, "figure5": 8, "table4": 24} {
		if numbers[name] != want {
			t.Errorf("%s has %d published numbers, want %d", name, numbers[name], want)
		}
	}
}
