package bundle

import (
	"os"
	"path/filepath"
	"testing"
)

// A manifest of any bytes is refused, or names nothing outside of its folder.
func FuzzRead(f *testing.F) {
	f.Add(read(f, made(f, nil), ManifestFile))
	f.Add(`{"schema": 1, "classes": [{"folder": "..", "images": 1}], "size": 1}`)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(filepath.Join(dir, ManifestFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := Read(dir)
		if err != nil {
			return
		}
		for _, c := range m.Classes {
			if !filepath.IsLocal(c.Folder) || c.Folder == "." || c.Images < 1 {
				t.Fatalf("class folder %q of %d images is accepted", c.Folder, c.Images)
			}
		}
		for _, file := range m.Files {
			if !filepath.IsLocal(file.Path) {
				t.Fatalf("file %q is accepted", file.Path)
			}
		}
	})
}
