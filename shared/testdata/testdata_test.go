package testdata

import (
	"os"
	"path/filepath"
	"testing"
)

// spy records how a test would have ended, without ending this one.
type spy struct {
	testing.TB
	skipped, failed bool
}

func (s *spy) Helper()               {}
func (s *spy) Skipf(string, ...any)  { s.skipped = true }
func (s *spy) Fatalf(string, ...any) { s.failed = true }

func TestDirFollowsTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	want := filepath.Join(dir, "data", "x.bin")
	if err := os.MkdirAll(filepath.Dir(want), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(want, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("RETA_TESTDATA", dir)
	if got := Dir(t, "data", "x.bin"); got != want {
		t.Errorf("Dir = %q, want %q", got, want)
	}
}

func TestRelativeDirIsSeenFromTheRepositoryRoot(t *testing.T) {
	t.Setenv("RETA_TESTDATA", "shared")
	got, err := filepath.Rel(filepath.Dir(Dir(t, "testdata")), Dir(t, "testdata", "testdata.go"))
	if err != nil || got != filepath.Join("testdata", "testdata.go") {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestMissingMaterialSkipsOrFailsInCI(t *testing.T) {
	t.Setenv("RETA_TESTDATA", t.TempDir())
	for _, c := range []struct {
		ci            string
		skipped, fail bool
	}{{"", true, false}, {"true", false, true}} {
		t.Setenv("CI", c.ci)
		s := &spy{TB: t}
		Dir(s, "nothing")
		if s.skipped != c.skipped || s.failed != c.fail {
			t.Errorf("CI=%q: skipped %v failed %v, want %v %v", c.ci, s.skipped, s.failed, c.skipped, c.fail)
		}
	}
}
