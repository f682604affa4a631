package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"reta/compute/models"
	"reta/compute/vk"
	"reta/server/experiment"
	"reta/server/run"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// cells finds out what the cells of an experiment come to: the command lines, read by the commands' own flags, and their
// settings in full, whose hash identifies a cell.
type cells struct {
	file   *experiment.File
	common commonFlags
	data   map[string]string // where sets are on this machine, by name
	hashes map[string]string // of teachers' files, by path
	facts  map[string]recipe.Dataset
	known  map[string]resolved // by the key of a cell
}

// resolved is what a cell comes to, in full.
type resolved struct {
	images
	student   run.Student
	corrupted bool // students are tested on corrupted images too
}

// images are those of a cell, as a run makes them.
type images struct {
	words  []string // of the command line
	config run.Config
	facts  recipe.Dataset
	preset string
	key    string
}

// work is what a cell comes to. Its error says what this program lacks for it.
func (r *cells) work(ctx context.Context, c experiment.Cell) (w experiment.Work, err error) {
	if c.Controls == nil && c.Incremental.Steps > 0 {
		c.Controls = []string{run.RandomControl}
	} else if c.Controls == nil {
		c.Controls = run.DefaultControls()
	}
	words := []string{"evaluate", experiment.Folder}
	var m images
	if c.Images != "" {
		if m, err = r.folder(ctx, c); err != nil {
			return w, err
		}
		words = append(words, m.words...)
	} else {
		if m, err = r.images(ctx, c); err != nil {
			return w, err
		}
		w.Run, w.Recover = m.key, m.words
		if !m.config.Brings() {
			k := m.config
			w.TeacherKey = hashOf(k.Dataset, k.Classes, k.PerClass, k.Size, k.Network, k.Networks, k.Epochs, m.preset, c.Seed)
		}
		w.Same = func(folder string) error { return run.SameImages(folder, m.config) }
	}
	if c.Student == "" {
		c.Student = map[bool]string{true: "resnet-mini", false: "resnet18"}[m.facts.Name == "demo"]
	}
	if i := c.Incremental; i.Steps > 0 {
		words[0] = "incremental"
		words = append(words, "--steps", fmt.Sprint(i.Steps), "--orders", fmt.Sprint(i.Orders), "--method", i.Method)
		if i.Memory > 0 {
			words = append(words, "--memory", fmt.Sprint(i.Memory))
		}
	}
	words = append(words, "--student", c.Student, "--seeds", fmt.Sprint(c.Seeds), "--controls", strings.Join(c.Controls, ","))
	if c.Protocol != "" {
		words = append(words, "--protocol", c.Protocol)
	}
	corrupted := c.Incremental.Steps == 0 && slices.ContainsFunc(r.file.Views, func(v experiment.View) bool { return v.Measure == experiment.Corruptions })
	if corrupted {
		words = append(words, "--corruptions")
	}
	for _, a := range c.Set {
		if ofProtocol(a.Name) {
			words = append(words, "--set", a.Name+"="+a.Value)
		}
	}
	p, err := r.protocol(c, words, m.facts)
	if err != nil {
		return w, err
	}
	if !slices.ContainsFunc(c.Set, func(a experiment.Axis) bool { return a.Name == "labels.source" }) {
		words = append(words, "--set", "labels.source="+p.Labels.Source) // said, so that labels that are there do not decide the others
	}
	of := []any{m.key, c.Student, p.Key(), c.Seeds, c.Controls, corrupted}
	if c.Incremental.Steps > 0 {
		of = append(of, c.Incremental)
	} else {
		words = append(words, "--trials", experiment.Trials)
		w.StudentKey = hashOf(r.set(c), c.IPC, c.Teachers, c.Student, p.Key(), corrupted)
	}
	w.Evaluate = append(words, r.own(c.Incremental.Steps == 0)...)
	w.Key = m.key + "-" + slug(c.Student) + "-" + hashOf(of...)
	r.known[w.Key] = resolved{m, run.Student{Network: c.Student, Protocol: p}, corrupted}
	return w, nil
}

// ofProtocol reports whether a setting is one of the protocol, not of the recipe.
func ofProtocol(name string) bool {
	return slices.ContainsFunc([]string{"labels.", "student.", "test."}, func(part string) bool { return strings.HasPrefix(name, part) })
}

// own are the flags of the device, the precision, the cache and, for commands that can limit it, the device's memory that the experiment
// was called with.
func (r *cells) own(limited bool) (words []string) {
	if r.common.device != "" {
		words = append(words, "--device", r.common.device)
	}
	if p := r.common.precision; p != "" && p != string(vk.AutoPrecision) {
		words = append(words, "--precision", p)
	}
	if limited && r.common.memory > 0 {
		words = append(words, "--memory", r.common.memory.String())
	}
	if r.common.cache != "" {
		words = append(words, "--cache", r.common.cache)
	}
	return words
}

// set is the cell's data as flags.
func (r *cells) set(c experiment.Cell) (words []string) {
	d, named := r.file.Sets[c.Data]
	if !named {
		d.Dataset = c.Data
	}
	if path, given := r.data[c.Data]; given {
		d.Path = path
	}
	words = append(words, "--dataset", d.Dataset)
	if d.Path != "" {
		words = append(words, "--data", d.Path)
	}
	if len(d.Classes) > 0 {
		words = append(words, "--classes", strings.Join(d.Classes, ","))
	}
	if d.PerClass > 0 {
		words = append(words, "--per-class", fmt.Sprint(d.PerClass))
	}
	if d.Size > 0 {
		words = append(words, "--size", fmt.Sprint(d.Size))
	}
	return words
}

// teachers are the cell's teachers as flags of recover.
func (r *cells) teachers(c experiment.Cell) (words []string) {
	team, named := r.file.Teams[c.Teachers]
	if !named && c.Teachers != "" {
		team.Networks = []string{c.Teachers}
	}
	switch list := team.Networks; {
	case len(list) == 1 && models.Known(list[0]) == nil:
		words = append(words, "--network", list[0])
	case len(list) > 0:
		words = append(words, "--teachers", strings.Join(list, ","))
	}
	for _, file := range team.Files {
		words = append(words, "--teacher", file)
	}
	if team.Preset != "" {
		words = append(words, "--teacher-preset", team.Preset)
	}
	if team.Epochs > 0 {
		words = append(words, "--epochs", fmt.Sprint(team.Epochs))
	}
	return words
}

// images are those that a run makes of the cell.
func (r *cells) images(ctx context.Context, c experiment.Cell) (m images, err error) {
	words := append(r.set(c), "--recipe", c.Recipe, "--ipc", fmt.Sprint(c.IPC), "--seed", fmt.Sprint(c.Seed))
	words = append(words, r.teachers(c)...)
	for _, a := range c.Set {
		if !ofProtocol(a.Name) {
			words = append(words, "--set", a.Name+"="+a.Value)
		}
	}
	words = append(words, r.own(true)...)
	m.words = append([]string{"recover", "--run-dir", experiment.Folder}, words...)
	if !slices.Contains(recipe.Names(), strings.ToLower(c.Recipe)) {
		return m, fmt.Errorf("this program has no recipe %s%s", c.Recipe, didYouMean("", c.Recipe, recipe.Names()))
	}
	f := distilFlags{headless: true}
	cmd := &cobra.Command{Use: "recover"}
	f.add(cmd)
	f.command = cmd
	if err := cmd.ParseFlags(words); err != nil {
		return m, flagError(cmd, err)
	}
	if err := f.check(cmd); err != nil {
		return m, err
	}
	if m.config, err = f.config(cmd); err != nil {
		return m, err
	}
	if m.facts, err = r.factsOf(ctx, f.data); err != nil {
		return m, err
	}
	if m.config.Recipe.Name == "" {
		if m.config.Recipe, err = f.recipe.build(m.facts); err != nil {
			return m, err
		}
	}
	m.preset = f.teachers.preset
	hashes, err := r.hashed(m.config.Teachers)
	if err != nil {
		return m, err
	}
	k := m.config
	m.key = slug(c.Data, c.Recipe, fmt.Sprintf("ipc%d", c.IPC)) + "-" +
		hashOf(k.Recipe.Key(), k.Dataset, k.Classes, k.PerClass, k.Size, hashes, k.Network, k.Networks, k.Epochs, m.preset)
	return m, nil
}

// folder is images that are there, which stand in place of a recipe's.
func (r *cells) folder(ctx context.Context, c experiment.Cell) (m images, err error) {
	if info, err := os.Stat(c.Images); err != nil || !info.IsDir() {
		return m, fmt.Errorf("there is no folder %s: make it of the images with server import", c.Images)
	}
	m.words = r.set(c)
	team := r.file.Teams[c.Teachers]
	if c.Teachers != "" && len(team.Files) == 0 {
		return m, fmt.Errorf("teachers %s: they label images that are there, so none is trained: want a [team.NAME] with files", c.Teachers)
	}
	for _, file := range team.Files {
		m.words = append(m.words, "--teacher", file)
	}
	var f evaluateFlags
	cmd := &cobra.Command{Use: "evaluate"}
	f.register(cmd.Flags())
	if err := cmd.ParseFlags(m.words); err != nil {
		return m, flagError(cmd, err)
	}
	if err := f.imageFlags.check(c.Images, "a bundle or of images"); err != nil {
		return m, err
	}
	if m.facts, err = r.factsOf(ctx, f.data); err != nil {
		return m, err
	}
	hashes, err := r.hashed(f.teachers)
	m.key = slug(c.Data, c.Recipe, fmt.Sprintf("ipc%d", c.IPC)) + "-" +
		hashOf(c.Images, f.data.dataset, f.data.classes, f.data.perClass, f.data.size, hashes)
	return m, err
}

// factsOf are the facts of a set. One whose classes and size its name does not say is opened.
func (r *cells) factsOf(ctx context.Context, f dataFlags) (recipe.Dataset, error) {
	if err := f.check(); err != nil {
		return recipe.Dataset{}, err
	}
	facts, err := f.facts()
	if err != nil || facts.Size > 0 && facts.Classes > 0 {
		return facts, err
	}
	at := fmt.Sprint(f)
	if d, opened := r.facts[at]; opened {
		return d, nil
	}
	cache, err := r.common.cacheDir()
	if err != nil {
		return facts, err
	}
	o := f.options()
	o.Cache = cache
	set, err := openData(ctx, *o, func(event.Event) {})
	if err != nil {
		return facts, err
	}
	defer set.Close()
	r.facts[at] = run.Facts(set)
	return r.facts[at], nil
}

// protocol is the cell's, with all settings.
func (r *cells) protocol(c experiment.Cell, words []string, facts recipe.Dataset) (p protocol.Protocol, err error) {
	f := incrementalFlags{}
	cmd := &cobra.Command{Use: words[0]}
	if c.Incremental.Steps > 0 {
		f.register(cmd.Flags())
	} else {
		f.evaluateFlags.register(cmd.Flags())
	}
	if err := cmd.ParseFlags(words[2:]); err != nil {
		return p, flagError(cmd, err)
	}
	if err := firstError(f.protocol.check(), checkStudents(f.students)); err != nil {
		return p, err
	}
	if c.Incremental.Steps > 0 {
		err = f.checkSteps()
	} else {
		_, err = checkControls(slices.Clone(f.controls))
	}
	if err != nil {
		return p, err
	}
	f.protocol.recipe = c.Recipe
	if p, err = f.protocol.forStudent(facts, c.IPC, c.Student); err != nil {
		return p, err
	}
	return p, p.Validate()
}

// hashed are hashes of teachers' files.
func (r *cells) hashed(files []string) (list []string, err error) {
	for _, path := range files {
		if r.hashes[path] == "" {
			f, err := os.Open(path)
			if err != nil {
				return nil, dataError{err}
			}
			sum := sha256.New()
			_, err = io.Copy(sum, f)
			f.Close()
			if err != nil {
				return nil, dataError{err}
			}
			r.hashes[path] = hex.EncodeToString(sum.Sum(nil))
		}
		list = append(list, r.hashes[path])
	}
	return list, nil
}

// hashOf is 16 hexadecimal digits of a hash of values.
func hashOf(values ...any) string {
	text, _ := json.Marshal(values) // strings, numbers and lists of them
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// slug is words as the name of a folder.
func slug(words ...string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '+', r == '_':
			return r
		}
		return '-'
	}, strings.Join(words, "-"))
}
