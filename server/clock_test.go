package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// clockVariable says by how many seconds the clock of a program that withClock has built is off.
const clockVariable = "RETA_TEST_CLOCK"

// withClock builds this program with another time.Now, which is off by the seconds of clockVariable. Nothing in the program itself knows of it: the build
// takes a changed copy of the standard library's file. (A time namespace does not move this clock, nor does a preloaded library: Go asks the
// kernel by itself.)
func withClock(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(runtime.GOROOT(), "src", "time", "time.go")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n", `var off = func() (n int64) {
	text, _ := syscall.Getenv("` + clockVariable + `")
	digits := text
	if len(text) > 0 && text[0] == '-' {
		digits = text[1:]
	}
	for _, c := range digits {
		n = 10*n + int64(c-'0')
	}
	if digits != text {
		n = -n
	}
	return n
}()

func Now() Time {
	sec, nsec, mono := runtimeNow()
	sec += off
`
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s has no time.Now as it is known here: want %q", file, from)
	}
	changed := strings.Replace(string(text), from, to, 1)
	changed = strings.Replace(changed, "import (", "import (\n\t\"syscall\"", 1)
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {file: filepath.Join(dir, "time.go")}})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "time.go"), []byte(changed))
	writeFile(t, filepath.Join(dir, "overlay.json"), overlay)
	program := filepath.Join(dir, "off")
	if out, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}
