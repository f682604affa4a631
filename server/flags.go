package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/server/dataset"
	"reta/shared/recipe"
)

// commonFlags are those of every command that works on a device.
type commonFlags struct {
	device, cache string
	json, quiet   bool
}

func (f *commonFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.device, "device", "", "Vulkan device, by number or part of its name (see server doctor)")
	fs.StringVar(&f.cache, "cache", "", "folder for downloads, teachers and features (default: the user's cache folder)")
	fs.BoolVar(&f.json, "json", false, "print JSON for machines, one object a line")
	fs.BoolVar(&f.quiet, "quiet", false, "print errors and results only")
}

// teacherFile is the absolute path of a file given with --teacher.
func teacherFile(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(abs)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is a %s", abs, map[bool]string{true: "folder", false: "special file"}[info.IsDir()])
	}
	if err != nil {
		return "", dataError{fmt.Errorf("--teacher: %w: want a safetensors file of weights", err)}
	}
	return abs, nil
}

// dataFlags choose images.
type dataFlags struct {
	dataset, data  string
	classes        []string
	perClass, size int
}

func (f *dataFlags) add(fs *pflag.FlagSet, def string) {
	fs.StringVar(&f.dataset, "dataset", def, "image set: "+strings.Join(datasetNames(), ", ")+", or path:DIR")
	fs.StringVar(&f.data, "data", "", "archive or folder to read (default: download to the cache)")
	fs.StringSliceVar(&f.classes, "classes", nil, "class names or ids, or one number for the first so many (default: all)")
	fs.IntVar(&f.perClass, "per-class", 0, "training images taken of each class (default: all)")
	fs.IntVar(&f.size, "size", 0, "image side in pixels (default: the set's)")
}

func (f *dataFlags) check() error {
	if f.perClass < 0 {
		return usage("--per-class %d: want 1 or more, or 0 for all", f.perClass)
	}
	if f.size != 0 && (f.size < 8 || f.size > 1024) {
		return usage("--size %d: want 8 to 1024 pixels, or 0 for the set's own", f.size)
	}
	if n, ok := f.firstClasses(); ok {
		spec, _ := dataset.Lookup(f.dataset)
		switch {
		case n < 1:
			return usage("--classes %d: want 1 or more, or names", n)
		case spec != nil && spec.Classes > 0 && n > spec.Classes:
			return usage("--classes %d: want 1 to %d, the classes of %s, or names", n, spec.Classes, spec.Name)
		}
	}
	dir, isPath := strings.CutPrefix(f.dataset, "path:")
	switch {
	case f.data != "" && isPath:
		return usage("--data %s and --dataset %s both say where the images are: want one of them", f.data, f.dataset)
	case f.data != "" && f.dataset == "demo":
		return usage("--data %s: the demo set is drawn by code: say with --dataset what the images are", f.data)
	}
	// a run may be continued from another folder
	for _, path := range []*string{&f.data, &dir} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	if isPath {
		if dir == "" {
			return usage("--dataset path: names no folder: want path:DIR")
		}
		f.dataset = "path:" + dir
	}
	return nil
}

// firstClasses is the number in --classes N.
func (f *dataFlags) firstClasses() (n int, ok bool) {
	if len(f.classes) != 1 {
		return 0, false
	}
	n, err := strconv.Atoi(f.classes[0])
	return n, err == nil
}

func (f *dataFlags) options() *dataset.Options {
	return &dataset.Options{Name: f.dataset, Data: f.data, Classes: f.classes, PerClass: f.perClass, Size: f.size}
}

func datasetNames() []string {
	var names []string
	for _, s := range dataset.Specs() {
		names = append(names, s.Name)
	}
	return names
}

// recipeFlags change a recipe. A flag that is not given leaves the recipe's own
// value.
type recipeFlags struct {
	name                      string
	ipc, steps, stages, batch int
	lambda, lambdaTopo, alpha float64
	lr, bnWeight              float64
	every                     int
	noDRC, noPTA              bool
	noRepeat, excludeSelf     bool
	seed                      uint64
	sets                      []string
}

func (f *recipeFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.name, "recipe", "reta", "method: "+strings.Join(recipe.Names(), ", "))
	fs.IntVar(&f.ipc, "ipc", 0, "images per class")
	fs.IntVar(&f.steps, "steps", 0, "optimisation steps over all stages")
	fs.IntVar(&f.stages, "stages", 0, "stages, one more than there are residual connections")
	fs.IntVar(&f.batch, "batch", 0, "images a step, one per class")
	fs.Float64Var(&f.lambda, "lambda", 0, "weight of complexity against fit in retrieval, 0 to 1")
	fs.Float64Var(&f.lambdaTopo, "lambda-topo", 0, "weight of the topology loss")
	fs.Float64Var(&f.alpha, "alpha", 0, "share of the synthetic image kept at a residual connection")
	fs.Float64Var(&f.lr, "lr", 0, "Adam's learning rate on the pixels")
	fs.Float64Var(&f.bnWeight, "bn-weight", 0, "weight of the batch-norm loss")
	fs.IntVar(&f.every, "topo-every", 0, "steps between topology updates")
	fs.BoolVar(&f.noDRC, "no-drc", false, "without retrieval: the fixed starting patch is the anchor")
	fs.BoolVar(&f.noPTA, "no-pta", false, "without topology alignment")
	fs.BoolVar(&f.noRepeat, "no-repeat", false, "no anchor twice within a class at a stage")
	fs.BoolVar(&f.excludeSelf, "exclude-self", false, "never retrieve the patch an image started as")
	fs.Uint64Var(&f.seed, "seed", 0, "seed of every random number")
	fs.StringArrayVar(&f.sets, "set", nil, "any setting of the recipe by its name in config.toml, as pta.sigma=0.1; may be repeated")
}

// build is the recipe for a set of the given facts with the flags' changes.
func (f *recipeFlags) build(c *cobra.Command, facts recipe.Dataset) (recipe.Recipe, error) {
	r, err := recipe.New(f.name, facts)
	if err != nil {
		return r, err
	}
	set := func(name string, apply func()) {
		if c.Flags().Changed(name) {
			apply()
		}
	}
	set("stages", func() {
		if f.stages > 0 {
			r = r.WithStages(f.stages, facts)
		} else {
			r.Stages = f.stages
		}
	})
	set("ipc", func() { r.IPC = f.ipc })
	set("steps", func() { r.Steps = f.steps })
	set("batch", func() { r.Batch, r.Group = f.batch, max(r.Group, f.batch) })
	set("lambda", func() { r.DRC.Lambda = f.lambda })
	set("lambda-topo", func() { r.PTA.LambdaTopo = f.lambdaTopo })
	set("alpha", func() { r.Alpha = f.alpha })
	set("lr", func() { r.LR = f.lr })
	set("bn-weight", func() { r.BNWeight = f.bnWeight })
	set("topo-every", func() { r.PTA.Every = f.every })
	set("no-repeat", func() { r.DRC.NoRepeat = f.noRepeat })
	set("exclude-self", func() { r.DRC.ExcludeSelf = f.excludeSelf })
	set("seed", func() { r.Seed = f.seed })
	for _, s := range f.sets {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return r, usage("--set %s: want NAME=VALUE, such as pta.sigma=0.1", s)
		}
		var field *recipe.FieldError
		if errors.As(r.Set(name, value), &field) {
			return r, usage("--set %s: want %s: %s", s, field.Want, field.Remedy)
		}
	}
	if f.noDRC && r.Connection == recipe.Retrieval {
		r.Connection = recipe.Fixed
	}
	if f.noPTA {
		r.PTA.On = false
	}
	if name := firstChanged(c, "lambda", "no-repeat", "exclude-self"); name != "" && r.Connection != recipe.Retrieval {
		return r, usage("--%s is about retrieval, and this run has none: drop it, or take --recipe reta without --no-drc", name)
	}
	if name := firstChanged(c, "lambda-topo", "topo-every"); name != "" && !r.PTA.On {
		return r, usage("--%s is about topology alignment, and this run has none: drop it, or take --recipe reta without --no-pta", name)
	}
	return r, byFlag(r.Validate())
}

// firstChanged is the first of the flags that was given, "" when none was.
func firstChanged(c *cobra.Command, names ...string) string {
	for _, name := range names {
		if c.Flags().Changed(name) {
			return name
		}
	}
	return ""
}

// fieldFlags are the flags that set a recipe's fields.
var fieldFlags = map[string]string{
	"ipc": "ipc", "steps": "steps", "stages": "stages", "batch": "batch", "alpha": "alpha", "lr": "lr", "bn_weight": "bn-weight",
	"drc.lambda": "lambda", "drc.exclude_self": "exclude-self", "pta.lambda_topo": "lambda-topo", "pta.every": "topo-every",
}

// byFlag says what is wrong with a recipe in terms of the flags.
func byFlag(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var list []error
	for _, e := range joined.Unwrap() {
		var field *recipe.FieldError
		if flag := ""; errors.As(e, &field) {
			if flag = fieldFlags[field.Field]; flag != "" {
				e = usage("--%s %v: want %s", flag, field.Value, field.Want)
				if !strings.HasPrefix(field.Remedy, "change ") {
					e = usage("%w: %s", e, field.Remedy)
				}
			}
		}
		list = append(list, e)
	}
	return errors.Join(list...)
}

// facts are what a recipe must know of the data before it is opened.
func (f *dataFlags) facts() (recipe.Dataset, error) {
	d := recipe.Dataset{Name: f.dataset, Size: f.size}
	spec, err := dataset.Lookup(f.dataset)
	if err != nil && !strings.HasPrefix(f.dataset, "path:") {
		return d, err
	}
	if spec != nil {
		d.Name, d.Classes = spec.Name, spec.Classes
		if d.Size == 0 {
			d.Size = spec.Size
		}
	}
	if n, ok := f.firstClasses(); ok {
		d.Classes = n
	} else if len(f.classes) > 0 {
		d.Classes = len(f.classes)
	}
	return d, nil
}
