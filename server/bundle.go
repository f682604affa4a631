package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"reta/server/bundle"
	"reta/server/run"
	"reta/shared/event"
)

func bundleCommand() *cobra.Command {
	var asJSON bool
	var parquet string
	c := &cobra.Command{
		Use:   "bundle RUN|BUNDLE",
		Short: "Bring a bundle up to date with its labels and results, or write it as Parquet",
		Long: `A bundle is a folder of distilled images that others can use without this program: the export of
a run, or what server import makes. It holds the images, their soft labels, a manifest, a data
card and a program that trains a PyTorch network on it (docs/bundle.md).

Relabel and evaluate bring the bundle of a run up to date by themselves. For a bundle that is no
run's, this command takes in the labels in BUNDLE-labels and the results in BUNDLE-evaluation.

With --parquet it also writes the images and their classes as Parquet to a new folder, which
datasets.load_dataset reads with the features Image and ClassLabel.`,
		Example: `  server bundle imported
  server bundle runs/reta --parquet reta-parquet`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("%s given: want one, of a run or a bundle; see %s --help", event.Counted(len(args), "folder"), c.CommandPath())
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for machines, one object")
	c.Flags().StringVar(&parquet, "parquet", "", "new folder to write the images and classes to as Parquet")
	c.RunE = func(c *cobra.Command, args []string) error {
		dir, err := updateBundle(args[0])
		if err != nil {
			return err
		}
		m, err := bundle.Read(dir)
		if err != nil {
			return dataError{err}
		}
		files := []string{}
		if parquet != "" {
			if files, err = bundle.WriteParquet(dir, parquet); err != nil {
				return dataError{err}
			}
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), map[string]any{"bundle": dir, "images": m.Images(), "classes": len(m.Classes), "labels": m.Labels != nil, "evaluation": m.Evaluation != nil, "parquet": files})
		}
		_, err = fmt.Fprintln(c.OutOrStdout(), summaryOf(dir, m)+strings.Join(append([]string{""}, files...), "\n"))
		return err
	}
	return c
}

// updateBundle gathers what belongs to the bundle of a run, or to a bundle, and gives its folder.
func updateBundle(folder string) (string, error) {
	if isRun(folder) {
		place, err := run.OpenFinished(folder)
		if err != nil {
			return "", err
		}
		defer place.Close()
		dir := place.File("export")
		if !bundle.Is(dir) {
			return "", dataError{fmt.Errorf("%s was exported by an older version, without a %s: want a bundle: bring it in with server import", dir, bundle.ManifestFile)}
		}
		return dir, bundle.Gather(dir, place.File("labels"), place.File(run.EvaluationFile))
	}
	err := bundle.Gather(folder, run.Beside(folder, "labels"), filepath.Join(run.Beside(folder, "evaluation"), run.EvaluationFile))
	if errors.Is(err, bundle.ErrNone) {
		err = dataError{err}
	}
	return folder, err
}

// summaryOf says in a line what a bundle holds.
func summaryOf(dir string, m bundle.Manifest) string {
	text := fmt.Sprintf("%s: %s of %s, %d px", dir, event.Counted(m.Images(), "image"), event.Counted(len(m.Classes), "class"), m.Size)
	if m.Labels != nil {
		text += fmt.Sprintf(", soft labels of %s", event.Counted(m.Labels.Epochs, "epoch"))
	}
	if m.Evaluation != nil {
		text += ", evaluated"
	}
	return text
}
