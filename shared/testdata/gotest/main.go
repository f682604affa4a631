// Command gotest runs go test and counts what was skipped:
//
//	gotest -p 1 ./...
//
// It prints what go test prints without -v, and at the end how many tests were skipped for want of test material (see
// package testdata) and why others were, and which took longest. Its exit code is that of go test. GO names the go command, by default "go".
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
)

func main() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // go test gets it too, and ends
	code, err := run(os.Stdout, cmp.Or(os.Getenv("GO"), "go"), os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
	}
	os.Exit(code)
}

// run carries out go test with further arguments and gives its exit code.
func run(out io.Writer, command string, args []string) (code int, err error) {
	c := exec.Command(command, append([]string{"test", "-json"}, args...)...)
	c.Stderr = os.Stderr
	events, err := c.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := c.Start(); err != nil {
		return 1, err
	}
	s := summary{out: out, packages: map[string]*pack{}}
	readErr := s.read(events)
	err = c.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		fmt.Fprintln(out, "FAIL")
		code, err = max(1, exit.ExitCode()), nil // -1: a signal
	}
	s.close()
	if err = errors.Join(readErr, err); err != nil {
		code = max(1, code)
	}
	return code, err
}

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64 // seconds
}

// pack is a package whose tests run: all it printed so far.
type pack struct {
	lines []event
	ended map[string]string // by test: pass, fail or skip
}

// summary turns events into what go test prints, and counts skipped tests.
type summary struct {
	out      io.Writer
	packages map[string]*pack
	material int      // tests skipped for want of test material
	others   []string // reasons of others
	slow     []event  // the ends of tests that took long
}

// Of the tests that take slow seconds or more the slowest are named.
const slow, slowest = 5, 15

func (s *summary) read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadString('\n')
		var e event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &e) != nil:
			fmt.Fprint(s.out, line)
		case e.Action == "build-output":
			fmt.Fprint(os.Stderr, e.Output)
		case e.Package != "":
			s.take(e)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) take(e event) {
	p := s.packages[e.Package]
	if p == nil {
		p = &pack{ended: map[string]string{}}
		s.packages[e.Package] = p
	}
	switch e.Action {
	case "output":
		p.lines = append(p.lines, e)
	case "pass", "fail", "skip":
		if e.Test == "" {
			p.print(s.out, e.Action == "fail")
			delete(s.packages, e.Package)
			return
		}
		p.ended[e.Test] = e.Action
		if e.Elapsed >= slow && !strings.Contains(e.Test, "/") {
			s.slow = append(s.slow, e)
		}
		if e.Action == "skip" {
			s.skip(p, e.Test)
		}
	}
}

// print gives a package's last line, and of one that failed all that its failed and unfinished tests said: each its
// verdict, its words, and its subtests, one step to the right, as go test without -v has them.
func (p *pack) print(out io.Writer, failed bool) {
	if failed {
		p.printBelow(out, "", "")
	}
	for _, l := range p.lines {
		last := strings.HasPrefix(l.Output, "ok  \t") || strings.HasPrefix(l.Output, "?   \t") || strings.HasPrefix(l.Output, "\t")
		if l.Test == "" && (failed || last) {
			fmt.Fprint(out, l.Output)
		}
	}
}

func (p *pack) printBelow(out io.Writer, parent, indent string) {
	done := map[string]bool{}
	for _, l := range p.lines {
		rest, under := strings.CutPrefix(l.Test, parent)
		name, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		test := strings.TrimPrefix(parent+"/"+name, "/")
		if !under || name == "" || done[test] || parent != "" && !strings.HasPrefix(rest, "/") || p.ended[test] == "pass" || p.ended[test] == "skip" {
			continue
		}
		done[test] = true
		p.printTest(out, test, indent)
		p.printBelow(out, test, indent+"    ")
	}
}

func (p *pack) printTest(out io.Writer, test, indent string) {
	var words strings.Builder
	for _, l := range p.lines {
		switch text := strings.TrimLeft(l.Output, " "); {
		case l.Test != test || strings.HasPrefix(text, "=== "):
		case strings.HasPrefix(text, "--- FAIL"):
			fmt.Fprint(out, indent, text)
		case strings.HasPrefix(l.Output, "    "):
			fmt.Fprint(&words, indent, l.Output)
		default:
			fmt.Fprint(&words, l.Output)
		}
	}
	fmt.Fprint(out, words.String())
}

// skip keeps why a test was skipped: its message is the last it said before the line "--- SKIP".
func (s *summary) skip(p *pack, test string) {
	reason := "no reason given"
	for _, l := range p.lines {
		if text := strings.TrimSpace(l.Output); l.Test == test && text != "" && !strings.HasPrefix(text, "---") && !strings.HasPrefix(text, "===") {
			reason = text
		}
	}
	if strings.Contains(reason, "RETA_TESTDATA") {
		s.material++
	} else {
		s.others = append(s.others, reason)
	}
}

// close prints packages that never ended, and what was skipped.
func (s *summary) close() {
	for _, p := range s.packages {
		p.print(s.out, true)
	}
	if s.material > 0 {
		fmt.Fprintf(s.out, "%s skipped: RETA_TESTDATA, the folder of the test material, is not set or lacks what they read\n", tests(s.material))
	}
	for len(s.others) > 0 {
		reason, n, rest := s.others[0], 0, []string(nil)
		for _, r := range s.others {
			if r == reason {
				n++
			} else {
				rest = append(rest, r)
			}
		}
		fmt.Fprintf(s.out, "%s skipped: %s\n", tests(n), reason)
		s.others = rest
	}
	slices.SortStableFunc(s.slow, func(a, b event) int { return cmp.Compare(b.Elapsed, a.Elapsed) })
	for i, e := range s.slow[:min(slowest, len(s.slow))] {
		if i == 0 {
			fmt.Fprintln(s.out, "the slowest tests, in seconds:")
		}
		fmt.Fprintf(s.out, "%7.1f  %s %s\n", e.Elapsed, e.Package, e.Test)
	}
}

func tests(n int) string {
	if n == 1 {
		return "1 test"
	}
	return fmt.Sprintf("%d tests", n)
}
