package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"reta/server/dataset"
	"reta/shared/event"
)

func datasetCommand() *cobra.Command {
	c := &cobra.Command{Use: "dataset", Short: "List, fetch and check image sets", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(datasetListCommand(), datasetVerifyCommand())
	return c
}

func datasetListCommand() *cobra.Command {
	var json bool
	c := &cobra.Command{Use: "list", Short: "List the sets known by name", Args: noArgs}
	c.Flags().BoolVar(&json, "json", false, "print JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if json {
			var list []map[string]any
			for _, s := range dataset.Specs() {
				list = append(list, map[string]any{"name": s.Name, "aliases": s.Aliases, "title": s.Title, "classes": s.Classes, "size": s.Size})
			}
			return printJSON(c.OutOrStdout(), list)
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tCLASSES\tPIXELS\tTITLE")
		for _, s := range dataset.Specs() {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Name, orAny(s.Classes), orAny(s.Size), s.Title)
		}
		fmt.Fprintf(w, "path:DIR\tany\tany\tAny folder of class folders\n")
		return w.Flush()
	}
	return c
}

func orAny(n int) string {
	if n == 0 {
		return "any"
	}
	return fmt.Sprint(n)
}

func datasetVerifyCommand() *cobra.Command {
	var common commonFlags
	var data dataFlags
	c := &cobra.Command{
		Use: "verify", Aliases: []string{"fetch"},
		Short: "Download a set if need be, read all of it and print what it holds",
		Args:  noArgs,
	}
	common.add(c.Flags())
	data.add(c.Flags(), "demo")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := data.check(); err != nil {
			return err
		}
		log := common.console(c)
		defer log.close()
		o := data.options()
		o.DecodeAll = true
		w, err := common.open(c.Context(), needs{data: o}, log.show)
		if err != nil {
			return err
		}
		defer w.close()
		set := w.set
		log.close()
		report := set.Report()
		if common.json {
			notes := make([]string, len(report))
			for i, n := range report {
				notes[i] = n.Text
			}
			return printJSON(c.OutOrStdout(), map[string]any{"name": set.Name, "title": set.Title, "classes": len(set.Classes), "train": set.Train.Len(), "test": set.Test.Len(),
				"size": set.Size, "hash": set.Hash, "skipped": len(set.Skipped()), "notes": notes})
		}
		var text strings.Builder
		fmt.Fprintf(&text, "%s: %s, %s and %s of %d px, %d skipped, hash %s\n",
			set.Title, event.Counted(len(set.Classes), "class"), event.Counted(set.Train.Len(), "training image"), event.Counted(set.Test.Len(), "test image"),
			set.Size, len(set.Skipped()), set.Hash)
		for _, n := range report {
			if n.Warning {
				text.WriteString("warning: ")
			}
			fmt.Fprintln(&text, n.Text)
		}
		_, err = fmt.Fprint(c.OutOrStdout(), text.String())
		return err
	}
	return c
}

// reportData says how the images were understood and what is odd about them.
func reportData(set *dataset.Dataset, log *console) {
	for _, n := range set.Report() {
		if n.Warning {
			log.warn("data: %s", n.Text)
		} else {
			log.say("data: %s", n.Text)
		}
	}
}
