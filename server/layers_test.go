package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The import table of ARCHITECTURE.md is the policy: a package may import what its row names, for Linux and
// for the browser. Do not change a row to make a build pass; it says what the design allows.
func TestImportsFollowTheTable(t *testing.T) {
	table := readTable(t, "../ARCHITECTURE.md")
	found := map[string]bool{}
	for _, system := range []string{"linux", "js"} {
		for _, p := range listPackages(t, system) {
			name := strings.TrimPrefix(p.ImportPath, "reta/")
			row, ok := table[name]
			if !ok {
				t.Errorf("%s: package %s has no row in ARCHITECTURE.md", system, name)
				continue
			}
			found[name] = true
			for _, path := range p.Imports {
				if !row.allows(path) {
					t.Errorf("%s: %s imports %s; its row in ARCHITECTURE.md allows %v and %v", system, name, path, row.ours, row.outside)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if !found[name] {
			t.Errorf("ARCHITECTURE.md has a row for %s, which is no package", name)
		}
	}
}

// Nothing that ships imports a package made for tests.
func TestTestPackagesStayInTests(t *testing.T) {
	for _, system := range []string{"linux", "js"} {
		for _, p := range listPackages(t, system) {
			for _, path := range p.Imports {
				if (path == "testing" || testPackage(path)) && !testPackage(p.ImportPath) {
					t.Errorf("%s imports %s", p.ImportPath, path)
				}
			}
		}
	}
}

func testPackage(path string) bool {
	return path == "reta/shared/testdata" || strings.HasSuffix(path, "test")
}

func TestTheTableRefuses(t *testing.T) {
	row := layer{ours: []string{"compute/graph"}, outside: []string{"golang.org/x/image"}}
	for path, want := range map[string]bool{
		"fmt": true, "math/rand/v2": true, "unsafe": true,
		"reta/compute/graph": true, "golang.org/x/image/draw": true, "golang.org/x/image": true,
		"reta/compute/graph/graphtest": false, "reta/compute/vk": false, "C": false, "syscall/js": false,
		"golang.org/x/imageother": false, "github.com/spf13/cobra": false,
	} {
		if row.allows(path) != want {
			t.Errorf("%s: allowed is %v, want %v", path, !want, want)
		}
	}
}

// layer is a row of the table; the standard library is always allowed, but for C and syscall/js.
type layer struct{ ours, outside []string }

func (l layer) allows(path string) bool {
	if name, ours := strings.CutPrefix(path, "reta/"); ours {
		return slices.Contains(l.ours, name)
	}
	first, _, _ := strings.Cut(path, "/")
	if path != "C" && path != "syscall/js" && !strings.Contains(first, ".") {
		return true
	}
	return slices.ContainsFunc(l.outside, func(allowed string) bool {
		return path == allowed || strings.HasPrefix(path, allowed+"/")
	})
}

// readTable reads the rows "| `package` | `ours`, `ours` | `outside` |" that follow the heading "Import rules".
func readTable(t *testing.T, file string) map[string]layer {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "Import rules\n")
	section, _, _ = strings.Cut(section, "\n## ")
	table := map[string]layer{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(cells[1], "`") {
			continue
		}
		row := layer{quoted(cells[2]), quoted(cells[3])}
		for _, name := range quoted(cells[1]) {
			if _, twice := table[name]; twice {
				t.Fatalf("%s: two rows for %s", file, name)
			}
			table[name] = row
		}
	}
	if !found || len(table) == 0 {
		t.Fatalf("%s: no import table", file)
	}
	return table
}

// quoted returns what stands between backquotes.
func quoted(cell string) []string {
	var names []string
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			names = append(names, part)
		}
	}
	return names
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// listPackages asks the go command for every package of the module that has files for the system, tests left out.
func listPackages(t *testing.T, system string) []goPackage {
	t.Helper()
	arch := map[string]string{"linux": "amd64", "js": "wasm"}[system]
	// -e: a package of which all files are for another system is listed with none
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,GoFiles,CgoFiles", "reta/...", "reta/shared/testdata") // the pattern leaves out folders of that name
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED="+map[string]string{"linux": "1", "js": "0"}[system])
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var packages []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			goPackage
			GoFiles, CgoFiles []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles)+len(p.CgoFiles) > 0 {
			packages = append(packages, p.goPackage)
		}
	}
}
