package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/server/run"
)

// Every name in backquotes in docs/paper.md exists: package.Name and package.Type.Name in our sources, tests included,
// --flag on a command, path/file in the tree. A row of an equation names a test.
func TestPaperNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile("../docs/paper.md")
	if err != nil {
		t.Fatal(err)
	}
	declared, flags := declarations(t, ".."), flagNames(command(run.NewGate()))
	symbol := regexp.MustCompile(`^[a-z0-9]+(\.[A-Za-z0-9]+){1,2}$`)
	checked := 0
	for n, line := range strings.Split(string(text), "\n") {
		for _, name := range quoted(line) {
			checked++
			_, err := os.Stat(filepath.Join("..", name))
			switch flag, isFlag := strings.CutPrefix(name, "--"); {
			case isFlag && !flags[flag]:
				t.Errorf("line %d: no command has the flag --%s", n+1, flag)
			case !isFlag && strings.Contains(name, "/") && err != nil:
				t.Errorf("line %d: there is no file %s", n+1, name)
			case !isFlag && !strings.Contains(name, "/") && !symbol.MatchString(name):
				t.Errorf("line %d: `%s` is not a package.Name, a --flag or a path", n+1, name)
			case symbol.MatchString(name) && !declared[name]:
				t.Errorf("line %d: there is no %s", n+1, name)
			}
		}
		cells := strings.Split(line, "|")
		if strings.HasPrefix(line, "| Eqn") && !strings.Contains(cells[3], ".Test") {
			t.Errorf("line %d: the row of %s names no test", n+1, strings.TrimSpace(cells[1]))
		}
	}
	for eqn := 1; eqn <= 11; eqn++ {
		if !regexp.MustCompile(`(?m)^\|.*(Eqns?|and) ` + strconv.Itoa(eqn) + `\b`).Match(text) {
			t.Errorf("Eqn %d has no row", eqn)
		}
	}
	if checked < 100 {
		t.Errorf("only %d names found", checked)
	}
}

func TestTheCheckOfNamesCanFail(t *testing.T) {
	declared := declarations(t, ".")
	for name, want := range map[string]bool{
		"run.OpenFolder": true, "run.Folder.Close": true, "run.Folder.discard": true, "run.Config.Recipe": true, "run.TestStopHolds": true,
		"run.OpenFile": false, "run.Folder.Recipe": false, "run.Gate.OpenFolder": false, "runs.OpenFolder": false,
	} {
		if declared[name] != want {
			t.Errorf("%s: declared is %v, want %v", name, declared[name], want)
		}
	}
}

// declarations lists what Go files below root declare: package.Name, and package.Type.Name for methods and fields.
// A package goes by the name of its folder.
func declarations(t *testing.T, root string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg := filepath.Base(filepath.Dir(path)) + "."
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				found[pkg+receiver(d)+d.Name.Name] = true
			case *ast.GenDecl:
				for _, s := range d.Specs {
					declare(found, pkg, s)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// receiver is "Type." of a method, "" of a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	typ := d.Recv.List[0].Type
	if p, ok := typ.(*ast.StarExpr); ok {
		typ = p.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

func declare(found map[string]bool, pkg string, s ast.Spec) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			found[pkg+name.Name] = true
		}
	case *ast.TypeSpec:
		found[pkg+s.Name.Name] = true
		body, ok := s.Type.(*ast.StructType)
		if !ok {
			return
		}
		for _, field := range body.Fields.List {
			for _, name := range field.Names {
				found[pkg+s.Name.Name+"."+name.Name] = true
			}
		}
	}
}

// flagNames are the flags of a command and all below it.
func flagNames(c *cobra.Command) map[string]bool {
	names := map[string]bool{}
	c.Flags().VisitAll(func(f *pflag.Flag) { names[f.Name] = true })
	for _, sub := range c.Commands() {
		for name := range flagNames(sub) {
			names[name] = true
		}
	}
	return names
}

// The table of presets in docs/teachers.md is that of the help, with the sources.
func TestTeachersDocumentHasThePresets(t *testing.T) {
	text, err := os.ReadFile("../docs/teachers.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range presetRows() {
		row[0] = "`" + row[0] + "`"
		if line := "| " + strings.Join(row[:], " | ") + " |"; !strings.Contains(string(text), "\n"+line) {
			t.Errorf("docs/teachers.md has no row\n%s", line)
		}
	}
}
