package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/compute/vk"
	"reta/server/dataset"
	"reta/server/run"
	"reta/shared/recipe"
)

// commonFlags are those of every command that works on a device.
type commonFlags struct {
	device, cache string
	precision     string
	memory        byteSize // of the device; 0: all
	tune          bool     // of bench: find out the fastest tiles
	json, quiet   bool
	format        logFormat // of what is said on standard error
	profiles      string    // address that Go's profiles are served at, "" for none
	validation    bool      // of every Vulkan call, by the validation layer
}

func (f *commonFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.device, "device", "", "Vulkan device, by number or part of its name (see server doctor)")
	fs.StringVar(&f.precision, "precision", string(vk.AutoPrecision), "what matrix products multiply and activations are kept in: fp32, fp16 with sums in fp32 (devices of tier T2), or auto, which is fp16 on GPUs of tier T2")
	if fs.Lookup("memory") == nil { // a command may mean other memory by it
		fs.Var(&f.memory, "memory", "device memory to use at most, such as 8GB, 7.5GiB or 900MB: what gives the same results in smaller batches passes in such (default: all there is)")
	}
	fs.StringVar(&f.cache, "cache", "", "folder for downloads, teachers and features (default: the user's cache folder)")
	fs.BoolVar(&f.json, "json", false, "print JSON for machines, one object a line")
	fs.BoolVar(&f.quiet, "quiet", false, "print errors and results only")
}

// addLong registers the flags of commands that go on for long, besides.
func (f *commonFlags) addLong(fs *pflag.FlagSet) {
	f.add(fs)
	addLogFormat(fs, &f.format)
	fs.BoolVar(&f.validation, "validation", false, "have Vulkan's validation layer, which must be installed, check every call: slow, for reports of errors")
	fs.StringVar(&f.profiles, "pprof", "", "serve Go's profiles of the program under /debug/pprof/ at this loopback address, such as 127.0.0.1:6060")
}

func (f *commonFlags) console(c *cobra.Command) *console {
	return openConsole(c, f.json, f.quiet, f.format)
}

// teacherFile is the absolute path of a file given with --teacher.
func teacherFile(path string) (string, error) { return weightsFile("--teacher", path) }

// weightsFile is the absolute path of a file of weights, which is there.
func weightsFile(of, path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(abs)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is a %s", abs, map[bool]string{true: "folder", false: "special file"}[info.IsDir()])
	}
	if err != nil {
		return "", dataError{fmt.Errorf("%s: %w: want a file of weights, safetensors or PyTorch's .pth", of, err)}
	}
	return abs, nil
}

// byteSize is a number of bytes, with a unit: powers of 1000 (KB, MB, GB, TB) or of 1024 (KiB, MiB, GiB, TiB).
type byteSize int64

// leastMemory is what the smallest steps need.
const leastMemory = 16 << 20

func (b *byteSize) String() string {
	if *b == 0 {
		return ""
	}
	return fmt.Sprintf("%dB", int64(*b))
}

func (b *byteSize) Set(text string) error {
	units := map[string]float64{"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}
	clean := strings.ToLower(strings.TrimSpace(text))
	number := strings.TrimRight(clean, "abcdefghijklmnopqrstuvwxyz ")
	unit, known := units[strings.TrimSpace(clean[len(number):])]
	n, err := strconv.ParseFloat(number, 64)
	switch {
	case !known || err != nil || !(n > 0) || n*unit >= 1<<62:
		return fmt.Errorf("want a number above 0 with a unit, such as 8GB, 7.5GiB or 900MB")
	case n*unit < leastMemory:
		return fmt.Errorf("want 16MiB or more")
	}
	*b = byteSize(n * unit)
	return nil
}

func (b *byteSize) Type() string { return "size" }

// lowered is a name whose upper and lower case are the same.
type lowered string

func (n *lowered) String() string        { return string(*n) }
func (n *lowered) Set(text string) error { *n = lowered(strings.ToLower(text)); return nil }
func (n *lowered) Type() string          { return "string" }

// shardOf is what --shard says of a phase, nil where it is not given.
func shardOf(text string, phase run.Phase) (*run.Shard, error) {
	if text == "" {
		return nil, nil
	}
	s, err := run.ParseShard(text, phase)
	if err != nil {
		return nil, usage("--%w", err)
	}
	return s, nil
}

// dataFlags choose images.
type dataFlags struct {
	dataset, data  string
	classes        []string
	perClass, size int
}

func (f *dataFlags) add(fs *pflag.FlagSet, def string) {
	f.addName(fs, def)
	fs.StringVar(&f.data, "data", "", "folder, archive, Parquet file or tar to read (default: download to the cache)")
	f.addSelection(fs)
	fs.IntVar(&f.perClass, "per-class", 0, "training images taken of each class (default: all)")
}

func (f *dataFlags) addName(fs *pflag.FlagSet, def string) {
	fs.StringVar(&f.dataset, "dataset", def, "image set: "+strings.Join(datasetNames(), ", ")+", or path:DIR")
}

func (f *dataFlags) addSelection(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.classes, "classes", nil, "class names or ids, or a number N for the first N classes (default: all)")
	fs.IntVar(&f.size, "size", 0, "image side in pixels (default: the set's)")
}

// check refuses what cannot be, and puts names and paths in their usual form.
func (f *dataFlags) check() error {
	if spec, err := dataset.Lookup(f.dataset); err == nil {
		f.dataset = spec.Name
	}
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

// firstChanged is the first of the flags that was given, "" when none was.
func firstChanged(c *cobra.Command, names ...string) string {
	for _, name := range names {
		if c.Flags().Changed(name) {
			return name
		}
	}
	return ""
}

// inConfig reports whether a run's config holds what a flag says, or its folder.
func inConfig(c *cobra.Command, flag string) bool {
	group := groupOf(c, flag)
	return group == "Data" || group == "Teacher" || group == "Method" || group == "Evaluation" || flag == "run-dir" || flag == "shard"
}

// firstInConfig is the first given flag that is in a run's config, "" when none was given.
func firstInConfig(c *cobra.Command) (name string) {
	c.Flags().Visit(func(f *pflag.Flag) {
		if name == "" && inConfig(c, f.Name) {
			name = f.Name
		}
	})
	return name
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
	} else if names := slices.Compact(slices.Sorted(slices.Values(f.classes))); len(names) > 0 {
		d.Classes = len(slices.DeleteFunc(names, func(name string) bool { return name == "" }))
	}
	return d, nil
}
