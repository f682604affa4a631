//go:build faults

package dataset

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/shared/fault"
)

// Every operation on a file of a download fails once, and from it on all of them: the error names the file, what came is not
// believed, and the same call then has the whole file and leaves nothing beside it but its hash.
func TestEveryFileOperationOfADownloadFails(t *testing.T) {
	content := randomBytes(700_000)
	h := host{content: content, etag: `"x"`}
	server := httptest.NewServer(&h)
	defer server.Close()
	get := func(path string) error {
		return ensure(context.Background(), quick, Source{URL: server.URL + "/set.zip"}, path, newReporter(nil))
	}
	fault.Arm(fault.Files, 0, false)
	if err := get(filepath.Join(t.TempDir(), "set.zip")); err != nil {
		t.Fatal(err)
	}
	n := fault.Count(fault.Files)
	if n < 8 {
		t.Fatalf("%d operations: want those of a download", n)
	}
	failed := 0
	for _, forever := range []bool{false, true} {
		for i := 1; i <= n; i++ {
			path := filepath.Join(t.TempDir(), "set.zip")
			fault.Arm(fault.Files, i, forever)
			err := get(path)
			what := fmt.Sprintf("%s (for ever: %t)", fault.Hit(), forever)
			fault.Arm(fault.Files, 0, false)
			if err != nil {
				failed++
				if !strings.Contains(err.Error(), filepath.Dir(path)) {
					t.Errorf("%s: the error names no file: %v", what, err)
				}
			}
			if err := get(path); err != nil {
				t.Errorf("%s: the same again: %v", what, err)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s: another content (%v)", what, err)
			}
			entries, _ := os.ReadDir(filepath.Dir(path))
			for _, e := range entries {
				if e.Name() != "set.zip" && e.Name() != "set.zip.sha256" {
					t.Errorf("%s: %s is left", what, e.Name())
				}
			}
		}
	}
	t.Logf("download: %d operations on files, %d failures end it", n, failed)
}
