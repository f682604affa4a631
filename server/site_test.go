package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"reta/server/run"
	"reta/server/web"
	"reta/shared/event"
)

// site writes a site, where the viewer is built.
func site(t *testing.T, words ...string) (stderr string, err error) {
	t.Helper()
	if _, err := web.Site(""); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	_, stderr, err = shell(t.Context(), t, run.NewGate(), append([]string{"site"}, words...)...)
	return stderr, err
}

// Every file that a site's page names is there, under any path, and its recording opens.
func TestASiteIsWholeUnderAnyPath(t *testing.T) {
	root := t.TempDir()
	recording := filepath.Join(root, "events.reta")
	whole := writeRecording(t, recording)
	dir := filepath.Join(root, "www", "deep", "reta")
	for _, source := range []string{recording, root} { // the second replaces the first
		if _, err := site(t, dir, "--recording", source); err != nil {
			t.Fatal(err)
		}
	}
	host := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(root, "www"))))
	defer host.Close()
	get := func(name string) []byte {
		res, err := http.Get(host.URL + "/deep/reta/" + name)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		data, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d, %v", name, res.StatusCode, err)
		}
		return data
	}
	names := regexp.MustCompile(`(?:src|href|data-recording)="([^"#]+)"|from "\./([^"]+)"|\bsrc = "([^"]+)"|fetch\("([^"]+)"`)
	seen := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		data := get(name)
		if ext := filepath.Ext(name); ext != "" && ext != ".html" && ext != ".js" {
			return
		}
		for _, m := range names.FindAllStringSubmatch(string(data), -1) {
			follow(strings.Join(m[1:], ""))
		}
	}
	follow("")
	demo := ""
	for name := range seen {
		if strings.HasPrefix(name, "demo.reta?v=") {
			demo = name
		}
	}
	if len(seen) < 15 || demo == "" || !seen["canvas.html"] || !seen["assets.json"] {
		t.Fatalf("the page leads to %d files only: %v", len(seen), seen)
	}
	if got := get(demo); string(got) != string(whole) {
		t.Errorf("the recording has %d bytes, want the %d given", len(got), len(whole))
	}
	if left, err := filepath.Glob(filepath.Join(root, "www", "deep", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A torn recording is shown as far as it goes, as a whole file.
func TestASiteClosesATornRecording(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "torn.reta")
	data := writeRecording(t, path)
	c, err := event.OpenRecording(strings.NewReader(string(data)), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, c.Index().Entries()[5].Offset+11); err != nil {
		t.Fatal(err)
	}
	told, err := site(t, filepath.Join(root, "www"), "--recording", path)
	if err != nil || !strings.Contains(told, "the last 11 bytes cannot be read") {
		t.Fatalf("%v; says %s", err, told)
	}
	_, file, r, err := openRecording(filepath.Join(root, "www", "demo.reta"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if r.Cut() != 0 || !r.Indexed() || r.Index().Len() != 5 {
		t.Errorf("the site's recording: %d bytes torn, index %v, %d records", r.Cut(), r.Indexed(), r.Index().Len())
	}
}

func TestSiteRefusesInWords(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, []byte(text))
		return path
	}
	good := filepath.Join(root, "good.reta")
	damaged := writeRecording(t, good)
	c, err := event.OpenRecording(strings.NewReader(string(damaged)), int64(len(damaged)))
	if err != nil {
		t.Fatal(err)
	}
	damaged[c.Index().Entries()[4].Offset+12] ^= 4
	write("photos/cat.jpg", "x")
	stood := filepath.Join(root, "stood")
	if _, err := site(t, stood); err != nil {
		t.Fatal(err)
	}
	write("stood/CNAME", "lab.example.org")
	for _, c := range []struct {
		words []string
		code  int
		want  string
	}{
		{nil, 2, "want one"},
		{[]string{"a", "b"}, 2, "2 names given"},
		{[]string{filepath.Join(root, "photos")}, 2, "holds other things, cat.jpg"},
		{[]string{stood}, 2, "CNAME"},
		{[]string{write("file", "x")}, 2, "is a file"},
		{[]string{filepath.Join(root, "new"), "--recording", filepath.Join(root, "nowhere")}, 3, "want a recording or the folder of a run"},
		{[]string{filepath.Join(root, "new"), "--recording", write("empty", "")}, 3, "it is empty"},
		{[]string{filepath.Join(root, "new"), "--recording", write("text", "dear diary, this is no log")}, 3, "no event log"},
		{[]string{filepath.Join(root, "new"), "--recording", write("newer", "RETALOG\x03...")}, 3, "update reta"},
		{[]string{filepath.Join(root, "new"), "--recording", write("damaged", string(damaged))}, 3, "server verify"},
	} {
		_, err := site(t, c.words...)
		if err == nil || exitCode(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v (exit code %d): want %d and %q", c.words, err, exitCode(err), c.code, c.want)
		}
	}
	if data, err := os.ReadFile(filepath.Join(root, "photos", "cat.jpg")); err != nil || string(data) != "x" {
		t.Errorf("a refused folder was touched: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "new")); err == nil {
		t.Error("a refused recording left a site")
	}
}
