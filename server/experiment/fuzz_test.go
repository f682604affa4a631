package experiment

import (
	"os"
	"path/filepath"
	"testing"
)

// A file of any bytes is refused, or gives no more cells than there may be, each under a name of its own.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "docs", "experiments", "*.toml"))
	if err != nil || len(paths) == 0 {
		f.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("[[grid]]\nipc = [1, 1]\nseeds = 9999999999999\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := parse(text)
		if err != nil {
			return
		}
		names := map[string]bool{}
		for _, c := range file.Cells {
			if names[c.Name()] {
				t.Fatalf("two cells are called %s", c.Name())
			}
			names[c.Name()] = true
		}
		if len(file.Cells) == 0 {
			t.Fatal("a file without cells is accepted")
		}
	})
}
