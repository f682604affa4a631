package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/server/run"
	"reta/shared/recipe"
)

// The documents in docs are what the program prints of itself.
func TestDocumentsAreCurrent(t *testing.T) {
	for _, name := range []string{"commands", "settings"} {
		want, _, err := shell(t.Context(), t, run.NewGate(), "docs", name)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("..", "docs", name+".md")
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s is not current (%v): go run ./server docs %s > docs/%s.md", file, err, name, name)
		}
	}
}

// Every flag of every command stands under a heading, no viewer's flag where there is no viewer, and each default is said.
func TestHelpIsComplete(t *testing.T) {
	root := command(run.NewGate())
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		shown := map[string]string{}
		for _, group := range grouped(c) {
			group.VisitAll(func(f *pflag.Flag) { shown[f.Name] = group.Name() })
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if shown[f.Name] == "" && !f.Hidden {
				t.Errorf("%s --help leaves out --%s", c.CommandPath(), f.Name)
			}
			if c == root && shown[f.Name] == otherFlags {
				t.Errorf("--%s has no group", f.Name)
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	help, _, err := shell(t.Context(), t, run.NewGate(), "recover", "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"--listen", "--tls-cert", "--token", "--paused", "      --headless ", "Viewer flags"} {
		if strings.Contains(help, absent) {
			t.Errorf("recover --help shows %s, which does nothing there", absent)
		}
	}
	for _, want := range []string{"images per class (default 10)", "(default 2000; demo 200)", "(default: on for demo)", "Method flags:", "repeatable; teachers alternate per step"} {
		if !strings.Contains(help, want) {
			t.Errorf("recover --help does not say %q", want)
		}
	}
}

// A program of another file name calls itself by it.
func TestProgramMayBeRenamed(t *testing.T) {
	root := command(run.NewGate())
	rename(root, root.Name(), "reta")
	old := regexp.MustCompile(`(^|see |  )server (-|recover|recipes|report|replay|doctor|squeeze|bench|dataset)`)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, line := range strings.Split(c.Short+"\n"+c.Long+"\n"+c.Example+"\n"+c.Flags().FlagUsages()+"\n"+c.CommandPath(), "\n") {
			if old.MatchString(line) {
				t.Errorf("%s: %q", c.CommandPath(), line)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

func TestVersionFlag(t *testing.T) {
	stdout, _, err := shell(t.Context(), t, run.NewGate(), "--version")
	if err != nil || stdout != run.Version()+"\n" {
		t.Errorf("--version prints %q, %v", stdout, err)
	}
}

func TestCompletion(t *testing.T) {
	t.Chdir(t.TempDir())
	runs := "runs"
	writeFile(t, filepath.Join(runs, "one", "config.toml"), nil)
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"--dataset", ""}, "cifar-100"},
		{[]string{"--recipe", ""}, "fadrm+"},
		{[]string{"squeeze", "--network", ""}, "resnet18"},
		{[]string{"--runs", runs, "--resume", ""}, filepath.Join(runs, "one")},
		{[]string{"--set", ""}, "pta.sigma="},
		{[]string{"--set", "drc.scale="}, "drc.scale=rank"},
		{[]string{"--pta", ""}, "letter"},
		{[]string{"replay", "--log-format", ""}, "json"},
		{[]string{"recipes", ""}, "reta"},
		{[]string{"report", ""}, filepath.Join(runs, "one")},
		{[]string{"verify", ""}, filepath.Join(runs, "one")},
	} {
		stdout, _, err := shell(t.Context(), t, run.NewGate(), append([]string{"__complete"}, c.words...)...)
		if err != nil || !slices.Contains(strings.Split(stdout, "\n"), c.want) {
			t.Errorf("%q completes to %q, %v; want %s in it", c.words, stdout, err, c.want)
		}
	}
}

// The config is printed whole and is what a run would store; nothing is opened or made.
func TestPrintConfig(t *testing.T) {
	dir := t.TempDir()
	words := strings.Fields("recover --print-config --dataset CIFAR-100 --recipe FADRM --network ResNet18 --ipc 5 --cache " + dir + "/cache --runs " + dir + "/runs")
	stdout, stderr, err := shell(t.Context(), t, run.NewGate(), words...)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it made %v", left)
	}
	writeFile(t, filepath.Join(dir, "config.toml"), []byte(stdout))
	config, err := run.ReadFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := recipe.New("fadrm", cifar)
	want.IPC = 5
	if lines := recipe.Difference(config.Recipe, want); len(lines) > 0 || config.Dataset != "cifar-100" || config.Network != "resnet18" {
		t.Errorf("%q, dataset %s, network %s", lines, config.Dataset, config.Network)
	}
}

// Where images and device are here, the config has the teacher's training too.
func TestPrintConfigHasTheTraining(t *testing.T) {
	dir := t.TempDir()
	for flags, want := range map[string][]string{
		"":                          nil, // the demo set brings its teacher
		"--network resnet8":         {`network = "resnet8"`, "[training]", `preset = "fast"`, "batch = "},
		"--teacher-preset sre2l":    {`network = "resnet-mini"`, `preset = "sre2l"`, `schedule = "epoch-cosine"`},
		"--classes 2 --epochs 3":    {"[training]", "epochs = 3"},
		"--teacher-preset imagenet": {"want one of fast, cv-dd, sre2l, edc"},
	} {
		words := "recover --print-config --per-class 20 --cache " + dir + "/cache " + flags
		stdout, _, err := shell(t.Context(), t, run.NewGate(), strings.Fields(words)...)
		if err != nil {
			stdout = err.Error()
		}
		if len(want) == 0 && strings.Contains(stdout, "[training]") {
			t.Errorf("%q prints a training:\n%s", flags, stdout)
		}
		for _, w := range want {
			if !strings.Contains(stdout, w) {
				t.Errorf("%q does not print %q:\n%s", flags, w, stdout)
			}
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it made %v", left)
	}
}

// recipes lists methods, and every setting of one with its value for a data set.
func TestRecipes(t *testing.T) {
	say := func(words ...string) string {
		stdout, stderr, err := shell(t.Context(), t, run.NewGate(), append([]string{"recipes"}, words...)...)
		if err != nil {
			t.Fatalf("%q: %v\n%s", words, err, stderr)
		}
		return stdout
	}
	if list := say(); strings.Count(list, "\n") < 4 || !regexp.MustCompile(`(?m)^cv-dd +4 +2 teachers or more, batch norm +CV-DD: `).MatchString(list) || !regexp.MustCompile(`(?m)^rded +0 +a teacher +RDED: `).MatchString(list) {
		t.Errorf("recipes prints\n%s", list)
	}
	table := say("sre2l", "--dataset", "tiny_imagenet")
	for _, want := range []string{`sre2l on tiny-imagenet: 200 classes of 64 px`, `(?m)^  lr +0.1 +--lr`, `(?m)^  roll_both +true`, `(?m)^  pta.k +15 +no effect: this recipe aligns no topology`} {
		if !regexp.MustCompile(want).MatchString(table) {
			t.Errorf("no %s in\n%s", want, table)
		}
	}
	for _, s := range recipe.Settings() {
		if !strings.Contains(table, "  "+s+" ") {
			t.Errorf("%s is left out", s)
		}
	}
	if explained := say("reta", "--explain", "--classes", "1"); !strings.Contains(explained, "1 class of 32 px") ||
		!strings.Contains(explained, "λ. Complexity weight in an anchor's score, the rest is fit (Eqn 4)") || !strings.Contains(explained, "Takes a number, 0 to 1. Can change during a run.") {
		t.Errorf("--explain prints\n%s", explained)
	}
	if rows := say("reta", "--json"); strings.Count(rows, "\n") != len(recipe.Settings()) || !strings.Contains(rows, `"setting":"pta.sigma"`) {
		t.Errorf("--json prints\n%s", rows)
	}
}

func TestRecipesRefuses(t *testing.T) {
	for words, want := range map[string]string{
		"recipes retta":                      `unknown recipe "retta": want one of ` + strings.Join(recipe.Names(), ", "),
		"recipes reta fadrm":                 "2 names given: want one recipe",
		"recipes reta --size 4":              "--size 4: want 8 to 1024 pixels",
		"recipes reta --dataset imagefolder": "--dataset imagefolder: its defaults depend on its images: give their number of classes and size, as --classes 10 --size 32",
	} {
		if _, _, err := shell(t.Context(), t, run.NewGate(), strings.Fields(words)...); exitCode(err) != 2 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", words, err, want)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
}

// Output that is lost ends every command with 5.
func TestLostOutputIsAnError(t *testing.T) {
	finished := "testdata/schema1/finished"
	for _, words := range [][]string{{"report", finished}, {"report", "--json", finished}, {"verify", finished}, {"version"}, {"recipes"}, {"dataset", "list"},
		{"recipes", "reta"}, {"--help"}, {"docs", "settings"}, {"recover", "--print-config"}} {
		root := command(run.NewGate())
		root.SetArgs(words)
		if err := execute(context.Background(), root, fullDisk{}); exitCode(err) != 5 {
			t.Errorf("%q ends with %v, exit code %d, want 5", words, err, exitCode(err))
		}
	}
}
