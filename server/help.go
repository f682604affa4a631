package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroups are the headings of --help in their order, each with the flags below it, whichever command has them. A flag that is
// in none stands under the last.
var flagGroups = []struct {
	name  string
	flags []string
}{
	{"Data", []string{"dataset", "data", "classes", "per-class", "size"}},
	{"Teacher", []string{"teacher", "network", "teachers", "features", "epochs", "teacher-preset"}},
	{"Method", []string{"recipe", "ipc", "steps", "stages", "batch", "soft-budget", "alpha", "lambda", "no-repeat", "exclude-self", "no-drc",
		"lambda-topo", "topo-every", "pta", "no-pta", "lr", "bn-weight", "seed", "set"}},
	{"Evaluation", []string{"until", "protocol", "student", "seeds", "labels", "controls", "whole-set"}},
	{"Run", []string{"run-dir", "runs", "shard", "resume", "device", "precision", "memory", "cache", "engine", "print-config", "no-check", "min-accuracy", "profile", "pprof", "validation", "paused", "headless", "no-http"}},
	{"Cluster", []string{"cluster", "cluster-listen", "cluster-cert", "cluster-key", "cluster-password", "cluster-ca", "cluster-creds", "cluster-lease"}},
	{"Viewer", []string{"listen", "public-url", "token", "tokens", "insecure", "tls-cert", "tls-key", "origin"}},
	{"Output", []string{"json", "quiet", "log-format", "html", "latex", "csv", "tensorboard", "no-log", "help", "version"}},
}

const otherFlags = "Flags"

// groupOf is the heading of a flag. The training of squeeze has flags of the same names as the method's, and labels have epochs
// as a teacher's training has.
func groupOf(c *cobra.Command, flag string) string {
	for _, g := range flagGroups {
		method := g.name == "Method" && c.Flags().Lookup("recipe") == nil
		labels := flag == "epochs" && c.Flags().Lookup("protocol") != nil && c.Flags().Lookup("teacher-preset") == nil
		if slices.Contains(g.flags, flag) && !method && !labels {
			return g.name
		}
	}
	return otherFlags
}

// grouped returns a command's flags that are not hidden by groups, each a flag set with the name of its group.
func grouped(c *cobra.Command) (list []*pflag.FlagSet) {
	c.InitDefaultHelpFlag()
	var others []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if groupOf(c, f.Name) == otherFlags {
			others = append(others, f.Name)
		}
	})
	put := func(group string, flags []string) {
		set := pflag.NewFlagSet(group, pflag.ContinueOnError)
		set.SortFlags = false
		for _, name := range flags {
			if f := c.Flags().Lookup(name); f != nil && !f.Hidden && groupOf(c, name) == group {
				set.AddFlag(f)
			}
		}
		if set.HasFlags() {
			list = append(list, set)
		}
	}
	put(otherFlags, others)
	for _, g := range flagGroups {
		put(g.name, g.flags)
	}
	return list
}

// heading is that of a group of flags.
func heading(group *pflag.FlagSet) string {
	if group.Name() == otherFlags {
		return otherFlags
	}
	return group.Name() + " flags"
}

// usageText prints how a command is used, its flags by groups.
func usageText(c *cobra.Command) error {
	w := c.OutOrStderr()
	fmt.Fprintf(w, "Usage:\n  %s\n", c.UseLine())
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(w, "  %s COMMAND [flags]\n", c.CommandPath())
	}
	if c.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", c.Example)
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nCommands:\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(w, "  %-12s %s\n", sub.Name(), sub.Short)
			}
		}
	}
	for _, group := range grouped(c) {
		fmt.Fprintf(w, "\n%s:\n%s", heading(group), group.FlagUsagesWrapped(helpWidth))
	}
	return nil
}

const helpWidth = 140

// rename gives the program and all that its help says of itself another name: that of its file.
func rename(c *cobra.Command, from, to string) {
	if from == to {
		return
	}
	said := func(text string) string {
		return strings.NewReplacer("  "+from, "  "+to, "see "+from, "see "+to, "| "+from, "| "+to, "as "+from, "as "+to).Replace(text)
	}
	if c.Use == from {
		c.Use = to
	}
	c.Short, c.Long, c.Example = said(c.Short), said(c.Long), said(c.Example)
	c.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = said(f.Usage) })
	for _, sub := range c.Commands() {
		rename(sub, from, to)
	}
}

// similar lists those of names that somebody may have meant by word.
func similar(word string, names []string) []string {
	c := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, name := range names {
		c.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	return c.SuggestionsFor(word)
}

// didYouMean is a question after an error, "" where nothing is near.
func didYouMean(prefix, word string, names []string) string {
	list := similar(word, names)
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("; did you mean %s%s?", prefix, strings.Join(list, " or "+prefix))
}
