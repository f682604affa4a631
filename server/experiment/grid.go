package experiment

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"reta/server/run"
)

// Axis is one of the things in which cells differ, with its value.
type Axis struct{ Name, Value string }

// The axes that every cell has; settings follow under their own names.
const (
	DataAxis     = "data"
	RecipeAxis   = "recipe"
	IPCAxis      = "ipc"
	TeachersAxis = "teachers"
	StudentAxis  = "student"
	ProtocolAxis = "protocol"
	SeedAxis     = "seed"
)

// The axes of class-incremental learning.
const (
	StepsAxis  = "incremental.steps"
	MethodAxis = "incremental.method"
	MemoryAxis = "incremental.memory"
)

// Cell is images of a recipe and the students that are trained on them.
type Cell struct {
	Data     string // the name of a set, or of one of File.Sets
	Recipe   string
	IPC      int
	Teachers string // the name of a network, of several such as "fadrm+", or of one of File.Teams; "" for the recipe's own
	Student  string // network; "" for the default
	Protocol string // "" for the default
	Seed     int    // of recovery
	Set      []Axis // settings of the recipe, and of the protocol as student.lr, by name
	Images   string // folder of images that are there, in place of those of a recipe; a file may have {AXIS} in it for the axis's value
	Seeds    int    // trainings of a student; of class-incremental learning, after each step
	Controls []string
	Needs    string // what the program lacks for the cell, "" where it is to be run
	// Incremental is class-incremental learning in place of students of all classes at once; without steps there is none.
	Incremental Incremental
}

// Incremental is class-incremental learning, as run.Incremental has it.
type Incremental struct {
	Steps, Orders int
	Memory        int // 0: all images
	Method        string
}

// Axes are the cell's, those without a value left out.
func (c Cell) Axes() (list []Axis) {
	all := []Axis{{DataAxis, c.Data}, {RecipeAxis, c.Recipe}, {IPCAxis, fmt.Sprint(c.IPC)}, {TeachersAxis, c.Teachers},
		{StudentAxis, c.Student}, {ProtocolAxis, c.Protocol}, {SeedAxis, fmt.Sprint(c.Seed)}}
	if i := c.Incremental; i.Steps > 0 {
		all = append(all, Axis{StepsAxis, fmt.Sprint(i.Steps)}, Axis{MethodAxis, i.Method})
		if i.Memory > 0 {
			all = append(all, Axis{MemoryAxis, fmt.Sprint(i.Memory)})
		}
	}
	for _, a := range append(all, c.Set...) {
		if a.Value != "" {
			list = append(list, a)
		}
	}
	return list
}

// Value is that of an axis, "" where the cell does not have it.
func (c Cell) Value(axis string) string {
	for _, a := range c.Axes() {
		if a.Name == axis {
			return a.Value
		}
	}
	return ""
}

// Name tells the cell from all others of its file: "data=demo recipe=reta ipc=10 seed=0".
func (c Cell) Name() string {
	var words []string
	for _, a := range c.Axes() {
		words = append(words, a.Name+"="+a.Value)
	}
	return strings.Join(words, " ")
}

// grid is all combinations of the values of its axes.
type grid struct {
	data, recipe, teachers, student, protocol []string
	ipc, seed                                 []int
	set                                       map[string][]string
	steps, memory                             []int // of class-incremental learning; no steps: none
	method                                    []string
	seeds, orders                             int
	controls                                  []string
	images, needs                             string
}

// readGrid reads a grid, or what stands above all grids. What it does not say is as in base.
func readGrid(t *fields, base grid) grid {
	g := base
	texts := func(to *[]string, key, want string) {
		if list := t.texts(key, want); list != nil {
			*to = list
		}
	}
	texts(&g.data, "data", `names of sets, such as "cifar-100", or of [dataset.NAME]`)
	texts(&g.teachers, "teachers", `networks, "fadrm+", or names of [team.NAME]`)
	texts(&g.recipe, "recipe", `names of recipes, such as ["fadrm+", "reta"]`)
	texts(&g.student, "student", `names of networks, such as ["resnet18", "resnet50"]`)
	texts(&g.protocol, "protocol", `names of protocols, such as "fadrm"`)
	texts(&g.controls, "controls", `names of controls, such as ["random", "hard"], or "none"`)
	if list := t.wholes("ipc", 1, "images per class: whole numbers from 1 on, such as [1, 10, 50]"); list != nil {
		g.ipc = list
	}
	if list := t.wholes("seed", 0, "seeds of recovery: whole numbers from 0 on"); list != nil {
		g.seed = list
	}
	if n := t.whole("seeds", 1, "the number of students that are trained: a whole number from 1 on, such as 5"); n > 0 {
		g.seeds = n
	}
	if s := t.text("images", "a folder of images, or a bundle, which stand in place of a recipe's"); s != "" {
		g.images = s
	}
	if s := t.text("needs", "what a program must have for these cells, in words"); s != "" {
		g.needs = s
	}
	g.incremental(t)
	g.set = maps.Clone(base.set)
	set := t.table("set")
	for _, name := range slices.Sorted(maps.Keys(set.values)) {
		if g.set == nil {
			g.set = map[string][]string{}
		}
		g.set[name] = set.settings(name)
	}
	return g
}

// incremental reads class-incremental learning.
func (g *grid) incremental(t *fields) {
	in := t.table("incremental")
	if len(in.values) == 0 {
		return
	}
	g.memory, g.method, g.orders = nil, []string{run.GDumb}, 5
	const steps = "steps that the classes come in: whole numbers from 1 on, such as [5, 10]"
	if g.steps = in.wholes("steps", 1, steps); g.steps == nil && in.values["steps"] == nil {
		in.missing("steps", steps)
	}
	g.memory = in.wholes("memory", 1, "images in memory of all classes together: whole numbers from 1 on; left out: all")
	if n := in.whole("orders", 1, "orders of the classes: a whole number from 1 on, such as 5"); n > 0 {
		g.orders = n
	}
	want := run.GDumb + " or " + run.Distill
	if list := in.texts("method", want); list != nil {
		if slices.ContainsFunc(list, func(m string) bool { return m != run.GDumb && m != run.Distill }) {
			in.refuse("method", in.values["method"], want)
		}
		g.method = list
	}
	in.rest()
}

// settings are the values of a setting, one or several.
func (f *fields) settings(name string) (list []string) {
	const want = "a number, a text, true or false, or several of them between brackets"
	items := several(f.values[name])
	for _, v := range items {
		text, err := settingText(v)
		if err != nil {
			f.refuse(name, f.values[name], want)
			return nil
		}
		list = append(list, text)
	}
	if len(items) == 0 {
		f.refuse(name, f.values[name], want)
	}
	return list
}

// most is more cells than anybody means to run.
const most = 10000

// count is the number of combinations, most+1 where there are more.
func (g grid) count() int {
	n := 1
	times := func(values int) { n = min(n*max(values, 1), most+1) }
	for _, values := range [][]string{g.data, g.recipe, g.teachers, g.student, g.protocol, g.method} {
		times(len(values))
	}
	times(len(g.steps))
	times(len(g.memory))
	times(len(g.ipc))
	times(len(g.seed))
	for _, values := range g.set {
		times(len(values))
	}
	return n
}

// cells are all combinations, the last axis changing first.
func (g grid) cells() []Cell {
	list := []Cell{{Seeds: g.seeds, Controls: g.controls, Images: g.images, Needs: g.needs, IPC: 10, Incremental: Incremental{Orders: g.orders}}}
	if list[0].Seeds == 0 {
		list[0].Seeds = 5
	}
	axis := func(n int, put func(c *Cell, i int)) {
		var next []Cell
		for _, c := range list {
			for i := range n {
				each := c
				each.Set = slices.Clone(c.Set)
				put(&each, i)
				next = append(next, each)
			}
		}
		if n > 0 {
			list = next
		}
	}
	axis(len(g.data), func(c *Cell, i int) { c.Data = g.data[i] })
	axis(len(g.recipe), func(c *Cell, i int) { c.Recipe = g.recipe[i] })
	axis(len(g.ipc), func(c *Cell, i int) { c.IPC = g.ipc[i] })
	axis(len(g.teachers), func(c *Cell, i int) { c.Teachers = g.teachers[i] })
	axis(len(g.seed), func(c *Cell, i int) { c.Seed = g.seed[i] })
	for _, name := range slices.Sorted(maps.Keys(g.set)) {
		axis(len(g.set[name]), func(c *Cell, i int) { c.Set = append(c.Set, Axis{name, g.set[name][i]}) })
	}
	axis(len(g.steps), func(c *Cell, i int) { c.Incremental.Steps = g.steps[i] })
	axis(len(g.memory), func(c *Cell, i int) { c.Incremental.Memory = g.memory[i] })
	axis(len(g.method), func(c *Cell, i int) { c.Incremental.Method = g.method[i] })
	axis(len(g.protocol), func(c *Cell, i int) { c.Protocol = g.protocol[i] })
	axis(len(g.student), func(c *Cell, i int) { c.Student = g.student[i] })
	for i := range list {
		for _, a := range list[i].Axes() {
			list[i].Images = strings.ReplaceAll(list[i].Images, "{"+a.Name+"}", a.Value)
		}
	}
	return list
}
