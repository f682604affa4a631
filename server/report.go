package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"reta/server/report"
)

// reportFlags say where a report goes besides the terminal.
type reportFlags struct {
	json, classes           bool
	html, latex, csv, board string
}

func reportCommand() *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report RUN [RUN...]",
		Short: "Print losses, topology, anchors and students of runs side by side, or write them as a page or tables",
		Long: `Report reads the logs of run folders, or recordings, and prints each run's closing
table: the terms of the loss, kappa (the pull-to-anchor measure: how far the synthetic
classes' Betti curves fall short of real ones), the spread of the features and the anchors'
figures, before the first step and at every stage's end; and what students that were trained
on the images came to, with the differences that their trials show. Of several runs it also
prints kappa and students side by side.

--html writes all of it, with plots, images and settings, as one page that needs nothing
else. --latex writes the tables for a paper, --csv all that was recorded for other
programs, --tensorboard what a run with that flag would have written. With any of these the
names of the files are printed instead of the tables.`,
		Example: `  server report runs/fadrm runs/reta
  server report --classes runs/fadrm runs/reta
  server report runs/fadrm runs/reta --html report.html --latex tables.tex --csv tables`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("no run given: want the folder of one or more runs, as runs/...; see %s --help", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, folders []string) error { return f.report(c, folders) },
	}
	fs := c.Flags()
	fs.StringVar(&f.html, "html", "", "write a page with plots and images to this file")
	fs.StringVar(&f.latex, "latex", "", "write tables for a paper that loads booktabs to this file")
	fs.StringVar(&f.csv, "csv", "", "write tables of runs, settings, stages, classes, losses, trials, curves and confusions into this folder")
	fs.StringVar(&f.board, "tensorboard", "", "write losses, kappa, images and students' accuracy as TensorBoard's event files under this folder")
	fs.BoolVar(&f.json, "json", false, "print JSON, a run a line")
	fs.BoolVar(&f.classes, "classes", false, "kappa of every class, not the means alone")
	return c
}

// report reads the runs and writes what was asked for.
func (f *reportFlags) report(c *cobra.Command, folders []string) error {
	var runs []*report.Run
	for _, folder := range folders {
		r, err := report.Read(folder)
		if err != nil {
			return dataError{err}
		}
		if r.Torn != "" {
			fmt.Fprintf(c.ErrOrStderr(), "warning: %s: %s\n", folder, r.Torn)
		}
		runs = append(runs, r)
	}
	if err := f.write(c, runs); err != nil {
		return err
	}
	if f.json {
		for _, r := range runs {
			if err := printJSON(c.OutOrStdout(), r); err != nil {
				return err
			}
		}
		return nil
	}
	if firstChanged(c, "html", "latex", "csv", "tensorboard") != "" {
		return nil
	}
	return report.Text(c.OutOrStdout(), runs, f.classes)
}

// write writes the files that were asked for, and prints their names.
func (f *reportFlags) write(c *cobra.Command, runs []*report.Run) error {
	put := func(flag, path string, data []byte) error {
		err := writeOutput(flag, path, data)
		if err == nil && !f.json {
			fmt.Fprintln(c.OutOrStdout(), path)
		}
		return err
	}
	if f.html != "" {
		page, err := report.HTML(runs)
		if err != nil {
			return dataError{err}
		}
		if err := put("--html", f.html, page); err != nil {
			return err
		}
	}
	if f.latex != "" {
		if err := put("--latex", f.latex, report.LaTeX(runs)); err != nil {
			return err
		}
	}
	if f.csv != "" {
		files, err := report.CSV(runs)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(f.csv, 0o755); err != nil {
			return fmt.Errorf("--csv: %w", err)
		}
		for _, file := range files {
			if err := put("--csv", filepath.Join(f.csv, file.Name), file.Data); err != nil {
				return err
			}
		}
	}
	if f.board == "" {
		return nil
	}
	files, err := report.EventFiles(runs)
	if err != nil {
		return dataError{err}
	}
	return writeBoard(f.board, files, func(path string, data []byte) error { return put("--tensorboard", path, data) })
}
