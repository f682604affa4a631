// Compile turns the kernels' sources into the committed SPIR-V.
//
//	go run ./shaders/compile              every source; removes what no source makes
//	go run ./shaders/compile conv2d_sg    only this source, or this output
//	go run ./shaders/compile -check       changes nothing; fails when spv/ is not what the sources give
//	                                      (where the pinned compiler is missing it says so, and fails only if CI=true)
//
// A source NAME.comp makes spv/NAME.spv, unless it holds lines
//
//	// build: NAME_half -DHALF=1
//
// each of which makes one output with the definitions given. Other files of the folder (*.glsl) are
// for #include. The compiler's version is pinned in VERSION, because another one gives other bytes.
//
// Outputs of lines "// build-matrix:" use cooperative matrices, which need a newer compiler: -matrix names the folder of its
// glslc and spirv-val, VERSION.matrix pins it, and without it these outputs are left as they are.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

const target = "--target-env=vulkan1.1"

func main() {
	dir := flag.String("dir", "shaders", "`folder` of the sources")
	check := flag.Bool("check", false, "compare only; write nothing")
	adopt := flag.Bool("adopt", false, "pin the compilers found here and compile everything with them")
	matrix := flag.String("matrix", "", "`folder` of the compiler for cooperative matrices")
	flag.Parse()
	if err := run(*dir, *matrix, flag.Args(), *check, *adopt); err != nil {
		fmt.Fprintln(os.Stderr, "shaders/compile:", err)
		os.Exit(1)
	}
}

func run(dir, matrix string, names []string, check, adopt bool) error {
	if err := pinned(filepath.Join(dir, "VERSION"), "glslc", adopt); err != nil {
		if check && os.Getenv("CI") != "true" {
			fmt.Println("shaders/compile: spv/ is not compared with the sources:", err)
			return nil
		}
		return err
	}
	if matrix != "" {
		if err := pinned(filepath.Join(dir, "VERSION.matrix"), filepath.Join(matrix, "glslc"), adopt); err != nil {
			return err
		}
	}
	jobs, err := plan(dir)
	if err != nil {
		return err
	}
	chosen, err := choose(jobs, names)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "spv"), 0o755); err != nil {
		return err
	}
	errs := make([]error, len(chosen))
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for i, j := range chosen {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if j.matrix && matrix == "" {
				fmt.Printf("shaders/compile: %s stays as it is: -matrix names no compiler for it\n", j.name)
				return
			}
			errs[i] = j.make(dir, matrix, check)
		})
	}
	wait.Wait()
	if len(names) == 0 {
		errs = append(errs, stale(dir, jobs, check))
	}
	return errors.Join(errs...)
}

// pinned makes sure that glslc is the compiler recorded in a file.
func pinned(file, glslc string, adopt bool) error {
	out, err := exec.Command(glslc, "--version").Output()
	if err != nil {
		return fmt.Errorf("glslc: %w: install the packages glslc and spirv-tools (make setup-test does)", err)
	}
	want, err := os.ReadFile(file)
	if adopt || errors.Is(err, os.ErrNotExist) {
		return os.WriteFile(file, out, 0o644)
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(out, want) {
		return fmt.Errorf("this glslc is\n%s\n%s pins\n%s\nuse the pinned one, or recompile everything with -adopt", out, file, want)
	}
	return nil
}

// job is one output: name.spv out of source with definitions.
type job struct {
	name, source string
	defines      []string
	matrix       bool // by the newer compiler
}

// plan reads the build lines of all sources.
func plan(dir string) ([]job, error) {
	sources, err := filepath.Glob(filepath.Join(dir, "*.comp"))
	if err != nil {
		return nil, err
	}
	var jobs []job
	maker := map[string]string{}
	for _, path := range sources {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		source := filepath.Base(path)
		made := []job{{name: strings.TrimSuffix(source, ".comp"), source: source}}
		if variants := buildLines(source, string(text)); len(variants) > 0 {
			made = variants
		}
		for _, j := range made {
			if other, taken := maker[j.name]; taken {
				return nil, fmt.Errorf("%s and %s both make %s.spv", other, source, j.name)
			}
			maker[j.name] = source
		}
		jobs = append(jobs, made...)
	}
	return jobs, nil
}

func buildLines(source, text string) []job {
	var jobs []job
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "//" || words[1] != "build:" && words[1] != "build-matrix:" {
			continue
		}
		jobs = append(jobs, job{name: words[2], source: source, defines: words[3:], matrix: words[1] == "build-matrix:"})
	}
	return jobs
}

// choose keeps the jobs asked for by output or by source; all when nothing is asked.
func choose(jobs []job, names []string) ([]job, error) {
	if len(names) == 0 {
		return jobs, nil
	}
	var chosen []job
	for _, name := range names {
		before := len(chosen)
		for _, j := range jobs {
			if j.name == name || j.source == name || j.source == name+".comp" {
				chosen = append(chosen, j)
			}
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("no source makes %q", name)
		}
	}
	return chosen, nil
}

// make compiles and validates one output, then writes it where it differs from what is there.
func (j job) make(dir, matrix string, check bool) error {
	if !j.matrix {
		matrix = "" // on PATH
	}
	work, err := os.MkdirTemp("", "shader")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	fresh := filepath.Join(work, j.name+".spv")
	var made [2][]byte // optimised, and as written, with names
	for i, level := range []string{"-O", "-O0"} {
		args := append([]string{level, target, "-I", dir}, j.defines...)
		if err := tool(filepath.Join(matrix, "glslc"), append(args, filepath.Join(dir, j.source), "-o", fresh)...); err != nil {
			return fmt.Errorf("%s: %w", j.name, err)
		}
		if made[i], err = os.ReadFile(fresh); err != nil {
			return err
		}
	}
	spirv, err := nameConstants(made[0], made[1])
	if err != nil {
		return fmt.Errorf("%s: %w", j.name, err)
	}
	if err := os.WriteFile(fresh, spirv, 0o644); err != nil {
		return err
	}
	if err := tool(filepath.Join(matrix, "spirv-val"), "--target-env", "vulkan1.1", fresh); err != nil {
		return fmt.Errorf("%s: %w", j.name, err)
	}
	path := filepath.Join(dir, "spv", j.name+".spv")
	old, err := os.ReadFile(path)
	if err == nil && bytes.Equal(old, spirv) {
		return nil
	}
	if check {
		return fmt.Errorf("%s is not what %s gives: go run ./shaders/compile %s", path, j.source, j.name)
	}
	fmt.Println(path)
	if err := os.WriteFile(path+".new", spirv, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path) // a build that embeds spv/ meanwhile sees a whole file
}

func tool(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, bytes.TrimSpace(out))
	}
	return nil
}

// stale removes outputs that no source makes any more.
func stale(dir string, jobs []job, check bool) error {
	outputs, err := filepath.Glob(filepath.Join(dir, "spv", "*.spv"))
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range outputs {
		name := strings.TrimSuffix(filepath.Base(path), ".spv")
		if slices.ContainsFunc(jobs, func(j job) bool { return j.name == name }) {
			continue
		}
		if check {
			errs = append(errs, fmt.Errorf("%s: no source makes it: go run ./shaders/compile", path))
			continue
		}
		fmt.Println("removed", path)
		errs = append(errs, os.Remove(path))
	}
	return errors.Join(errs...)
}
