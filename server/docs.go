package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// docsCommand writes the documents that are made from the program itself. A test compares them with the files in docs.
func docsCommand() *cobra.Command {
	documents := map[string]func(io.Writer, *cobra.Command){
		"commands": commandsDocument,
		"settings": func(w io.Writer, _ *cobra.Command) { settingsDocument(w); protocolsDocument(w) },
	}
	names := []string{"commands", "settings"}
	return &cobra.Command{
		Use: "docs commands|settings", Short: "Print docs/commands.md or docs/settings.md", Hidden: true, ValidArgs: names,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(names, args[0]) {
				return usage("want one of %s; see %s --help", strings.Join(names, ", "), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			var b bytes.Buffer
			documents[args[0]](&b, c.Root())
			_, err := c.OutOrStdout().Write(b.Bytes())
			return err
		},
	}
}

// commandsDocument is docs/commands.md.
func commandsDocument(w io.Writer, root *cobra.Command) {
	fmt.Fprintf(w, "# Commands\n\nWhat `%s COMMAND --help` says, of every command. Written by `%s docs commands`.\n", root.Name(), root.Name())
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
			return
		}
		fmt.Fprintf(w, "\n## %s\n\n%s.\n", c.CommandPath(), strings.TrimSuffix(c.Short, "."))
		if c.Long != "" {
			fmt.Fprintf(w, "\n%s\n", c.Long)
		}
		fmt.Fprintf(w, "\n```\n%s\n", c.UseLine())
		if c.Example != "" {
			fmt.Fprintf(w, "\n%s\n", c.Example)
		}
		fmt.Fprintln(w, "```")
		for _, group := range grouped(c) {
			fmt.Fprintf(w, "\n%s:\n\n```\n%s```\n", heading(group), group.FlagUsages())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}
