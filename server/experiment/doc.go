// Package experiment carries out an experiment that is written in a file: a grid of cells, each of which is the images of a
// recipe and the students that are trained on them, and sets what came of it beside published numbers.
//
//	file, err := experiment.Read("docs/experiments/table1.toml")
//	plan := experiment.NewPlan(file, "runs/table1", resolve) // resolve: what a cell comes to in this program
//	result, err := experiment.Job{...}.Do(ctx, plan)         // skips what is done
//	tables, err := experiment.Tables(plan)
//
// A cell is two command lines of this program: recover, which makes a run folder, and evaluate, which trains students on its
// images. They run in a process of their own, so that a cell that takes the device down with it, or all memory, fails alone,
// and so that what is printed as a cell's command is what is carried out. Cells of the same images share their run.
//
// What identifies a cell is a hash of all its settings as they are resolved, so that a finished cell is skipped only while its
// file, and the defaults of this program, still mean the same. The folder of an experiment holds
//
//	images/KEY/      run folders, which continue where they were stopped
//	trials/          finished trainings of students, which cells with the same controls share
//	cells/KEY.json   what came of a cell
//	cells/KEY.log    what its commands said
//	LOCK             held while a process works in the folder
package experiment
