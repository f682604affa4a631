package label

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// A manifest of any bytes is refused, or its store opens without a panic and names nothing outside of its folder.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	write(f, dir, testManifest(nil), 5)
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		f.Fatal(err)
	}
	for key := range m {
		one := map[string]any{}
		for k, v := range m {
			if k != key {
				one[k] = v
			}
		}
		less, err := json.Marshal(one)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(less)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, manifestFile), text, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir)
		if err != nil {
			return
		}
		for _, shard := range s.Manifest.Shards {
			if !filepath.IsLocal(shard.File) {
				t.Fatalf("file %q is accepted", shard.File)
			}
		}
		for epoch := range min(s.Manifest.Labels.Epochs, 8) {
			if logits, err := s.Epoch(epoch); err == nil && len(logits)%s.Classes() != 0 {
				t.Fatalf("%d logits of %d classes", len(logits), s.Classes())
			}
		}
	})
}
