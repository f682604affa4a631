package experiment

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Work is what a cell comes to in a program.
type Work struct {
	Key string // hash of all settings, after words that say what it is
	Run string // the same of its images alone, which names their run folder; "" for images that are there
	// Recover and Evaluate are the words of command lines, without the program. Recover is nil for images that are there; Evaluate is
	// incremental's where the cell has that.
	Recover, Evaluate []string
	// TeacherKey names the teachers that recovery trains where they are not there, StudentKey the students of controls that cells
	// share: of several cells one makes them, before the others begin. "" for none.
	TeacherKey, StudentKey string
	// Same refuses the folder of a finished run whose images were made by other settings; nil: none is.
	Same func(folder string) error
}

// What stands in the words of Work for the folder of a cell's images, and for that of finished trainings, which cells with the
// same controls share.
const (
	Folder = "{images}"
	Trials = "{trials}"
)

// Planned is a cell with its work.
type Planned struct {
	Cell
	Work
	Reason string // why it is not to be run, "" where it is
	dir    string
}

// Plan is an experiment as a program carries it out in a folder.
type Plan struct {
	File  *File
	Dir   string
	Cells []*Planned
}

// NewPlan resolves all cells. A cell that resolve refuses is not run, and its reason is the error.
func NewPlan(f *File, dir string, resolve func(Cell) (Work, error)) *Plan {
	p := &Plan{File: f, Dir: dir}
	for _, c := range f.Cells {
		planned := &Planned{Cell: c, dir: dir}
		var err error
		switch planned.Work, err = resolve(c); {
		case c.Needs != "":
			planned.Reason = "it needs " + c.Needs
		case err != nil:
			planned.Reason = strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		p.Cells = append(p.Cells, planned)
	}
	return p
}

// Only is the plan with the cells that have all the given values of axes.
func (p *Plan) Only(values []Axis) (*Plan, error) {
	out := &Plan{File: p.File, Dir: p.Dir}
	for _, c := range p.Cells {
		if (Published{Of: values}).of(c.Cell) {
			out.Cells = append(out.Cells, c)
		}
	}
	if len(out.Cells) == 0 {
		return nil, fmt.Errorf("no cell has %s: want values of the axes as the grids have them: the first cell is %s", Published{Of: values}, p.Cells[0].Name())
	}
	return out, nil
}

// ImagesDir is the folder of the cell's images.
func (c *Planned) ImagesDir() string {
	if c.Recover == nil {
		return c.Cell.Images
	}
	return filepath.Join(c.dir, "images", c.Work.Run)
}

// LogFile is the file with what the cell's commands said.
func (c *Planned) LogFile() string { return filepath.Join(c.dir, "cells", c.Key+".log") }

// Commands are the words of the cell's command lines.
func (c *Planned) Commands() (list [][]string) {
	for _, words := range [][]string{c.Recover, c.Evaluate} {
		if words != nil {
			list = append(list, c.here(words))
		}
	}
	return list
}

// here are words of Work with the folders of the experiment.
func (c *Planned) here(words []string) (line []string) {
	for _, w := range words {
		switch w {
		case Folder:
			w = c.ImagesDir()
		case Trials:
			w = filepath.Join(c.dir, "trials")
		}
		line = append(line, w)
	}
	return line
}

// State is how far the cell is, with its record where it has one.
func (c *Planned) State() (State, *Record, error) {
	if c.Reason != "" {
		return NotRun, nil, nil
	}
	r, err := ReadRecord(c.dir, c.Key)
	if err != nil || r == nil {
		return Open, nil, err
	}
	return r.State, r, nil
}
