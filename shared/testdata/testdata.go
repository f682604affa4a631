// Package testdata finds the material that tests read but the repository does
// not hold: real images, trained weights, topology fixtures.
//
// It lies in the folder named by the environment variable RETA_TESTDATA, by
// default "../shared" as seen from the repository root:
//
//	path := testdata.Dir(t, "data", "cifar-100-binary-mini.tar.gz")
package testdata

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Dir returns the path of a file or folder of the test material, given by its
// path elements. When it is missing the test is skipped with a message that
// says where it was looked for, or fails when the environment has CI=true.
func Dir(t testing.TB, parts ...string) string {
	t.Helper()
	base, err := root()
	if err != nil {
		t.Fatalf("testdata: %v", err)
	}
	path := filepath.Join(append([]string{base}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		say := t.Skipf
		if os.Getenv("CI") == "true" {
			say = t.Fatalf
		}
		say("testdata: %v (set RETA_TESTDATA to the folder of the test material)", err)
	}
	return path
}

// Repository is the path of a file or folder of the repository itself, given by its path elements from its root.
func Repository(t testing.TB, parts ...string) string {
	t.Helper()
	base, err := repository()
	if err != nil {
		t.Fatalf("testdata: %v", err)
	}
	return filepath.Join(append([]string{base}, parts...)...)
}

// root is RETA_TESTDATA, taken as seen from the repository root when relative.
func root() (string, error) {
	dir := os.Getenv("RETA_TESTDATA")
	if filepath.IsAbs(dir) {
		return dir, nil
	}
	if dir == "" {
		dir = filepath.Join("..", "shared")
	}
	base, err := repository()
	return filepath.Join(base, dir), err
}

// repository is the folder of go.mod.
func repository() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return "", errors.New("no go.mod above the test's folder")
		}
		at = up
	}
}
