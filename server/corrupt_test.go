package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/server/dataset"
	"reta/server/run"
)

// corrupt writes folders that accuracy and path: open, goes on where others are missing, and refuses other settings.
func TestCorruptWritesFoldersThatOtherCommandsOpen(t *testing.T) {
	dir := t.TempDir()
	out, cache := filepath.Join(dir, "c"), filepath.Join(dir, "cache")
	words := func(line string) []string {
		return strings.Fields("corrupt --dataset demo --classes 2 --cache " + cache + " --out " + out + " " + line)
	}
	stdout, stderr, err := shell(t.Context(), t, run.NewGate(), words("--corruption Frost --corruption jpeg_compression --severity 5,1")...)
	if err != nil || stdout != out+"\n" {
		t.Fatalf("prints %q, %v\n%s", stdout, err, stderr)
	}
	for _, want := range []string{"4 folders of 80 images: about ", " MB of disk", "frost is a computed texture of this program"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("does not log %q:\n%s", want, stderr)
		}
	}
	for _, folder := range []string{"frost/1", "frost/5", "jpeg-compression/1", "jpeg-compression/5"} {
		d, err := dataset.Open(t.Context(), dataset.Options{Name: "path:" + filepath.Join(out, folder)})
		if err != nil || d.Train.Len() != 80 || len(d.Classes) != 2 {
			t.Fatalf("%s: %v", folder, err)
		}
		d.Close()
	}
	stdout, stderr, err = shell(t.Context(), t, run.NewGate(), append(words("--corruption frost --corruption contrast --severity 1"), "--json")...)
	if err != nil || !strings.Contains(stdout, `"written":1`) || !strings.Contains(stdout, `"frost":"frost is a computed texture`) {
		t.Errorf("more corruptions: %v\n%s\n%s", err, stdout, stderr)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 4 {
		t.Errorf("%d entries, %v: want three corruptions and the manifest", len(entries), err)
	}
	writeFile(t, filepath.Join(cache, "thesis.txt"), nil)
	for line, want := range map[string]string{
		"--seed 2":             "images of another seed, 1, not 2",
		"--severity 6":         "--severity 6: want 1 to 5",
		"--severity 0":         "--severity 0: want 1 to 5",
		"--corruption rain":    "--corruption rain: want one of gaussian-noise, ",
		"--stored jpeg0":       "--stored jpeg0: want png, or jpeg1 to jpeg100",
		"--stored jpeg85":      "images of another JPEG quality, 0, not 85",
		"--size 64":            "images of another size, 32, not 64",
		"--out " + cache:       "and no corrupted images: want a new or empty folder",
		"--dataset imagefruit": "give a folder of ImageNet-1K with --data",
	} {
		if _, _, err := shell(t.Context(), t, run.NewGate(), words(line)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", line, err, want)
		}
	}
	if _, _, err := shell(t.Context(), t, run.NewGate(), "corrupt", "--dataset", "demo"); err == nil || !strings.Contains(err.Error(), "--out is missing") {
		t.Errorf("without --out: %v", err)
	}
}
