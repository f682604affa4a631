package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"reta/server/run"
	"reta/shared/event"
)

func mergeCommand() *cobra.Command {
	var f struct{ json, quiet bool }
	c := &cobra.Command{
		Use:   "merge OUT SHARD...",
		Short: "Put the shards of a run together, as one machine would have made it",
		Long: `Merge puts together what several processes have made with --shard, on one machine or on many. It
works on files alone and needs no device, images or teachers. SHARD are the folders of all shards
of one run, in any order. OUT is a new folder for shards of recover; for those of relabel and
evaluate it is the run whose images they are about.

First it checks that the shards are of one run (settings, real images, teachers), that none is
missing, unfinished or given twice, and the hash of every file; an error names the shard and what
helps. The result is what one process would have made, bit for bit on equal devices: images,
bundle, labels, trainings. Other devices and versions of the program are warned about.
docs/cluster.md has scripts for Slurm and Kubernetes.`,
		Example: `  server recover --dataset imagenet-1k --run-dir part-0 --shard 0/2
  server recover --dataset imagenet-1k --run-dir part-1 --shard 1/2
  server merge runs/imagenet part-0 part-1`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage("%s given: want OUT and the shards; see %s --help", event.Counted(len(args), "folder"), c.CommandPath())
			}
			return nil
		},
	}
	c.Flags().BoolVar(&f.json, "json", false, "print JSON for machines, one object a line")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "print errors and results only")
	c.RunE = func(c *cobra.Command, args []string) error {
		out := newConsole(c.OutOrStdout(), c.ErrOrStderr(), f.json, f.quiet, textLog)
		defer out.close()
		if err := run.Merge(c.Context(), args[0], args[1:], out.show); err != nil {
			return err
		}
		out.close()
		if f.json {
			return printJSON(c.OutOrStdout(), map[string]any{"run": args[0], "shards": len(args) - 1})
		}
		_, err := fmt.Fprintln(c.OutOrStdout(), args[0])
		return err
	}
	return c
}
