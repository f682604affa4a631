package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// module writes a module of packages, a test file each, and works in it.
func module(t *testing.T, packages map[string]string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module m\n\ngo 1.26\n")
	for name, body := range packages {
		write(name+"/"+name+".go", "package "+name+"\n")
		if body != "" {
			write(name+"/"+name+"_test.go", "package "+name+"\n\nimport \"testing\"\n\n"+body)
		}
	}
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "off")
}

// It says what go test says, in its order and with its exit code, and then what was skipped.
func TestSaysWhatGoTestSaysAndCountsSkips(t *testing.T) {
	good := map[string]string{
		"a": "func TestA(t *testing.T) { t.Log(\"hidden\") }\nfunc TestB(t *testing.T) { t.Skip(\"set RETA_TESTDATA\") }\n" +
			"func TestC(t *testing.T) { t.Run(\"x\", func(t *testing.T) { t.Skip(\"no RETA_TESTDATA\") }) }\nfunc TestD(t *testing.T) { t.Skip(\"no browser\") }\n",
		"b": "",
	}
	bad := map[string]string{
		"a": good["a"],
		"c": "func TestE(t *testing.T) { t.Log(\"first\"); t.Run(\"sub\", func(t *testing.T) { t.Error(\"wrong\") }); t.Run(\"fine\", func(t *testing.T) { t.Log(\"hidden\") }) }\n",
		"d": "func TestF(t *testing.T) { undefined() }\n",
		"e": "func TestG(t *testing.T) { panic(\"boom\") }\n",
	}
	seconds := regexp.MustCompile(`\d+\.\d+s|\(cached\)|0x[0-9a-f]+|goroutine \d+|\+0x\w+`)
	plain := func(s string) string { return seconds.ReplaceAllString(s, "N") }
	for name, packages := range map[string]map[string]string{"good": good, "bad": bad} {
		t.Run(name, func(t *testing.T) {
			module(t, packages)
			args := []string{"-p", "1", "-vet=off", "./..."}
			usual := exec.Command("go", append([]string{"test"}, args...)...)
			var stdout bytes.Buffer
			usual.Stdout = &stdout
			_ = usual.Run() // the exit code tells
			var b bytes.Buffer
			code, err := run(&b, "go", args)
			if err != nil || code != usual.ProcessState.ExitCode() {
				t.Errorf("exit code %d, %v: want %d as of go test", code, err, usual.ProcessState.ExitCode())
			}
			got, skipped, _ := strings.Cut(plain(b.String()), "2 tests skipped: RETA_TESTDATA")
			if want := plain(stdout.String()); got != want {
				t.Errorf("says\n%s\nwant\n%s", got, want)
			}
			if strings.Contains(got, "hidden") || strings.Contains(got, "===") || !strings.Contains(skipped, "1 test skipped: a_test.go:") || !strings.HasSuffix(skipped, "no browser\n") {
				t.Errorf("says\n%s\nand of skipped tests %q", got, skipped)
			}
		})
	}
}

// The slowest tests are named, longest first; their parts and quick ones are not.
func TestNamesTheSlowest(t *testing.T) {
	var b bytes.Buffer
	s := summary{out: &b, packages: map[string]*pack{}}
	events := `{"Action":"pass","Package":"m/a","Test":"TestQuick","Elapsed":4.9}
{"Action":"pass","Package":"m/a","Test":"TestLong","Elapsed":7}
{"Action":"fail","Package":"m/b","Test":"TestLonger/part","Elapsed":61}
{"Action":"fail","Package":"m/b","Test":"TestLonger","Elapsed":61.26}
`
	if err := s.read(strings.NewReader(events)); err != nil {
		t.Fatal(err)
	}
	s.close()
	if want := "the slowest tests, in seconds:\n   61.3  m/b TestLonger\n    7.0  m/a TestLong\n"; !strings.HasSuffix(b.String(), want) {
		t.Errorf("says %q, want %q at the end", b.String(), want)
	}
}

func TestNoGoCommand(t *testing.T) {
	var b bytes.Buffer
	if code, err := run(&b, filepath.Join(t.TempDir(), "go"), nil); code == 0 || err == nil {
		t.Errorf("exit code %d, %v", code, err)
	}
}
