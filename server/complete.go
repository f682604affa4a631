package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/server/run"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// complete gives a command's flags the values that a shell offers: names of data sets, recipes, networks, devices, runs and settings.
func complete(c *cobra.Command) {
	for flag, values := range map[string]func(word string) []string{
		"dataset":  func(string) []string { return append(datasetNames(), "path:") },
		"recipe":   func(string) []string { return recipe.Names() },
		"network":  func(string) []string { return models.Names() },
		"features": func(string) []string { return models.Names() },
		"teachers": func(string) []string { return append(models.Names(), run.Teams()...) },
		"precision": func(string) []string {
			return []string{string(vk.AutoPrecision), string(vk.FP32), string(vk.FP16)}
		},
		"device":  func(string) []string { return deviceNames() },
		"resume":  func(string) []string { return append(runFolders(c), "auto") },
		"run-dir": func(string) []string { return runFolders(c) },
		"pta":     func(string) []string { return optionNames(recipe.Preset) },
		"set":     func(word string) []string { return settingWords(c, word) },

		"protocol": func(string) []string { return protocol.Names() },
		"student":  func(string) []string { return models.Names() },
		"controls": func(string) []string { return run.Controls() },
		"labels":   func(string) []string { return []string{protocol.Stored, protocol.Online, protocol.Hard} },

		"log-format":     func(string) []string { return []string{string(textLog), string(jsonLog)} },
		"preset":         func(string) []string { return train.PresetNames() },
		"teacher-preset": func(string) []string { return train.PresetNames() },
	} {
		if c.Flags().Lookup(flag) == nil {
			continue
		}
		_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) { // fails for an unknown flag only
			list := values(word)
			for _, v := range list {
				if strings.HasSuffix(v, "=") || strings.HasSuffix(v, ":") {
					return list, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
				}
			}
			return list, cobra.ShellCompDirectiveDefault
		})
	}
	if strings.Contains(c.Use, "RUN") {
		c.ValidArgsFunction = func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
			return runFolders(c), cobra.ShellCompDirectiveDefault
		}
	}
	for _, sub := range c.Commands() {
		complete(sub)
	}
}

// settingWords are NAME= of every setting, or NAME=VALUE once the name is there.
func settingWords(c *cobra.Command, word string) (words []string) {
	name, _, named := strings.Cut(word, "=")
	if c.Flags().Lookup("recipe") == nil { // evaluate's
		for _, r := range protocol.Settings {
			if !named {
				words = append(words, r.Name+"=")
			}
			for _, v := range r.Choices {
				if named && r.Name == name {
					words = append(words, name+"="+v)
				}
			}
		}
		return words
	}
	if named {
		for _, v := range optionNames(name) {
			words = append(words, name+"="+v)
		}
		return words
	}
	for _, s := range append(recipe.Settings(), recipe.Preset) {
		words = append(words, s+"=")
	}
	return words
}

func optionNames(setting string) (names []string) {
	for _, o := range recipe.Options(setting) {
		names = append(names, o.Name)
	}
	return names
}

func deviceNames() (names []string) {
	list, _ := vk.List() // none where there is no driver
	for _, d := range list {
		names = append(names, d.Name)
	}
	return names
}

// runFolders are those under --runs.
func runFolders(c *cobra.Command) (folders []string) {
	root := "runs"
	if f := c.Flags().Lookup("runs"); f != nil {
		root = f.Value.String()
	}
	configs, _ := filepath.Glob(filepath.Join(root, "*", "config.toml")) // the pattern is good
	for _, file := range configs {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			folders = append(folders, filepath.Dir(file))
		}
	}
	return folders
}
