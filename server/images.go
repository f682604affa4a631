package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"reta/compute/models"
	"reta/compute/train"
	"reta/server/bundle"
	"reta/server/run"
)

// imageFlags choose images that are there, those of a finished run or of any folder, with the set they are of and the teachers
// that label them.
type imageFlags struct {
	common   commonFlags
	data     dataFlags
	teachers []string
	network  string
	out      string
	shard    string
	part     *run.Shard // as --shard says
	phase    run.Phase
	results  string // what is made of the images, as folders are named after it: "labels"
}

// add registers the flags; teachers are what the given ones are for. A phase of a run can be made in shards.
func (f *imageFlags) add(fs *pflag.FlagSet, phase run.Phase, results, teachers string) {
	f.phase, f.results = phase, results
	f.common.addLong(fs)
	f.data.addName(fs, "")
	fs.StringVar(&f.data.data, "data", "", "archive or folder of the set, where it is not where the run or the cache has it")
	f.data.addSelection(fs)
	fs.StringArrayVar(&f.teachers, "teacher", nil, teachers+", safetensors or PyTorch's .pth; repeatable (default: those of the run)")
	if phase != "" {
		fs.StringVar(&f.shard, "shard", "", "make part I of N, I/N as 0/3 to 2/3, of what is made of a run's images: in a folder of its own, server merge puts them together")
	}
	fs.Var((*lowered)(&f.network), "network", "network of --teacher files that do not name theirs: "+strings.Join(models.Names(), ", "))
}

// check refuses what is not there, before anything is opened. Kinds are the folders that the command takes.
func (f *imageFlags) check(folder, kinds string) error {
	if info, err := os.Stat(folder); err != nil {
		return dataError{fmt.Errorf("%w: want the folder of %s", err, kinds)}
	} else if !info.IsDir() {
		return usage("%s is a file: want the folder of %s", folder, kinds)
	}
	for i, t := range f.teachers {
		var err error
		if f.teachers[i], err = teacherFile(t); err != nil {
			return err
		}
	}
	var err error
	if f.part, err = shardOf(f.shard, f.phase); err != nil {
		return err
	}
	if f.part != nil && !isRun(folder) {
		return usage("--shard %s: %s is no run: want a run, as server recover makes it", f.shard, folder)
	}
	return knownNetwork(f.network)
}

// isRun reports whether a folder is that of a run, and not of its exported images, which bring its config too.
func isRun(folder string) bool {
	_, config := os.Stat(filepath.Join(folder, "config.toml"))
	return config == nil && !bundle.Is(folder)
}

// openRun opens a finished run with its set and device, and the teachers that are given. Whoever opens closes.
func (f *imageFlags) openRun(ctx context.Context, folder string, out *console) (r *run.Run, w *workspace, err error) {
	switch {
	case f.data.dataset != "" || len(f.data.classes) > 0 || f.data.size != 0:
		return nil, nil, usage("--dataset, --classes and --size are those of the run in %s: drop them", folder)
	case f.out != "" && f.part == nil:
		return nil, nil, usage("--out %s: what is made of a run lies in its folder: drop it", f.out)
	}
	place, err := f.openPlace(folder)
	if err != nil {
		return nil, nil, err
	}
	config := place.Config
	if f.data.data != "" {
		config.Data = f.data.data
	}
	if f.network != "" {
		config.Network = f.network
	}
	w, err = f.common.open(ctx, needs{device: true, teachers: f.teachers, network: f.network, data: options(config)}, out.show)
	if err != nil {
		_ = place.Close() // the first error is returned
		return nil, nil, err
	}
	w.place = place
	return &run.Run{Config: config, Folder: place, Device: w.device, Set: w.set, Cache: w.cache, Gate: run.NewGate(), Emit: out.show}, w, nil
}

// openPlace opens the folder of a finished run, or of a shard of what is made of its images.
func (f *imageFlags) openPlace(folder string) (*run.Folder, error) {
	if f.part == nil {
		return run.OpenFinished(folder)
	}
	if f.out == "" {
		f.out = run.Beside(folder, fmt.Sprintf("%s-%d-of-%d", f.phase, f.part.Index, f.part.Count))
	}
	f.part.Command = sameCommand()
	return run.OpenShard(f.out, folder, *f.part)
}

// imageFolder is an open folder of images that are no run's.
type imageFolder struct {
	*workspace
	images *run.Images
	data   train.Data // of the set
	key    string     // of the teachers
	dir    string     // for what is made of the images, locked
	unlock func()
}

// openFolder opens a folder of images with its set, device and teachers. Whoever opens closes.
func (f *imageFlags) openFolder(ctx context.Context, folder string, out *console) (o *imageFolder, err error) {
	if err := f.data.check(); err != nil {
		return nil, err
	}
	o = &imageFolder{dir: f.out}
	defer func() {
		if err != nil {
			o.close()
		}
	}()
	if o.dir == "" {
		o.dir = run.Beside(folder, f.results)
	}
	if len(f.data.classes) == 0 {
		if f.data.classes, err = run.ClassFolders(ctx, folder); err != nil {
			return o, dataError{err}
		}
	}
	if o.workspace, err = f.common.open(ctx, needs{device: true, teachers: f.teachers, network: f.network, data: f.data.options()}, out.show); err != nil {
		return o, err
	}
	if o.images, err = run.OpenImages(ctx, folder, o.set.Size, o.set.Classes); err != nil {
		return o, dataError{err}
	}
	for _, text := range o.images.Warnings() {
		out.warn("images: %s", text)
	}
	o.data = run.DataOf(o.set)
	if o.key, err = run.UseTeachers(o.teachers, &o.data, out.show); err != nil {
		return o, err
	}
	o.unlock, err = run.LockFolder(o.dir)
	return o, err
}

func (o *imageFolder) close() {
	if o.unlock != nil {
		o.unlock()
	}
	if o.images != nil {
		o.images.Close()
	}
	if o.workspace != nil {
		o.workspace.close()
	}
}

// perClass is the number of images of the class that has the fewest.
func (o *imageFolder) perClass() int { return o.images.PerClass(len(o.set.Classes)) }

// formationOf is how many smaller images along each axis an image of a bundle holds, 1 where a folder does not say it.
func formationOf(folder string) int {
	m, err := bundle.Read(folder)
	if err != nil {
		return 1
	}
	return m.Formation()
}

// recipeOf is the name of the recipe that a bundle's images were recovered by, "" where a folder says none.
func recipeOf(folder string) string {
	m, err := bundle.Read(folder)
	if err != nil {
		return ""
	}
	var r struct {
		Name string `json:"recipe"`
	}
	_ = json.Unmarshal(m.Recipe, &r) // a bundle that was imported has none
	return r.Name
}
