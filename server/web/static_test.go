package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

var program = bytes.Repeat([]byte("\x00asm\x01\x00\x00\x00 a program"), 1000)

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

func ask(files fstest.MapFS, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	newViewer(files).ServeHTTP(w, r)
	return w
}

func TestProgramComesPackedOrUnpacked(t *testing.T) {
	packed := gzipped(program)
	both := fstest.MapFS{"wasm_exec.js": page["wasm_exec.js"], "viewer.wasm": {Data: program}, "viewer.wasm.gz": {Data: packed}}
	for name, files := range map[string]fstest.MapFS{"packed only": page, "both": both} {
		for _, c := range []struct {
			path, accept, kind, encoding string
			body                         []byte
		}{
			{"/viewer.wasm", "br, gzip;q=0.8", "application/wasm", "gzip", packed},
			{"/viewer.wasm", "gzip;q=0", "application/wasm", "", program},
			{"/viewer.wasm", "", "application/wasm", "", program},
			{"/viewer.wasm.gz", "gzip", "application/gzip", "", packed},
			{"/viewer.wasm.gz", "", "application/gzip", "", packed},
		} {
			w := ask(files, c.path, "Accept-Encoding", c.accept)
			h := w.Header()
			if w.Code != http.StatusOK || h.Get("Content-Type") != c.kind || h.Get("Content-Encoding") != c.encoding || !bytes.Equal(w.Body.Bytes(), c.body) {
				t.Errorf("%s: %s accepting %q: %d, %d bytes, %v", name, c.path, c.accept, w.Code, w.Body.Len(), h)
			}
			if h.Get("Content-Length") != strconv.Itoa(len(c.body)) {
				t.Errorf("%s: %s accepting %q: Content-Length %q for %d bytes", name, c.path, c.accept, h.Get("Content-Length"), len(c.body))
			}
			if (c.encoding != "" || c.kind == "application/gzip") && h.Get("X-Decoded-Length") != strconv.Itoa(len(program)) {
				t.Errorf("%s: %s accepting %q: X-Decoded-Length %q, want %d", name, c.path, c.accept, h.Get("X-Decoded-Length"), len(program))
			}
		}
	}
}

func TestFilesAreCachedByContent(t *testing.T) {
	w := ask(page, "/viewer.wasm.gz")
	tag := w.Header().Get("Etag")
	if w.Header().Get("Cache-Control") != "no-cache" || tag == "" {
		t.Fatalf("plain name: %v", w.Header())
	}
	if w := ask(page, "/viewer.wasm.gz", "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("unchanged file: %d with %d bytes, want 304", w.Code, w.Body.Len())
	}
	changed := fstest.MapFS{"wasm_exec.js": page["wasm_exec.js"], "viewer.wasm.gz": {Data: gzipped([]byte("another"))}}
	if w := ask(changed, "/viewer.wasm.gz", "If-None-Match", tag); w.Code != http.StatusOK {
		t.Errorf("changed file: %d, want 200", w.Code)
	}
	about, err := newViewer(page).assets()
	if err != nil {
		t.Fatal(err)
	}
	a := about["viewer.wasm.gz"]
	if a.Decoded != int64(len(program)) || a.Bytes != int64(len(page["viewer.wasm.gz"].Data)) {
		t.Errorf("assets say %+v", a)
	}
	if w := ask(page, "/viewer.wasm.gz?v="+a.Hash); !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("with its hash: %v", w.Header())
	}
	if w := ask(page, "/viewer.wasm.gz?v=old"); strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("with another hash: %v", w.Header())
	}
	if _, ok := about["README.md"]; ok || len(about) != 4 {
		t.Errorf("assets are %v", about)
	}
}

func TestOnlyFilesOfThePageAreServed(t *testing.T) {
	for _, path := range []string{"/README.md", "/nothing.js", "/../hub.go", "/..%2fhub.go", "/.", "/static", "/app.js/", "/app.js.gz"} {
		w := ask(page, path)
		if served := w.Code == http.StatusOK && w.Body.String() != string(page["index.html"].Data) && w.Body.String() != "export {}"; served {
			t.Errorf("%s: %d %.40q", path, w.Code, w.Body)
		}
	}
	if w := ask(page, "/app.js"); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("app.js: %d %v", w.Code, w.Header())
	}
	if w := ask(page, "/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "reta") {
		t.Errorf("page: %d", w.Code)
	}
}

func TestMissingViewerNamesTheCommand(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"nothing built": {"index.html": page["index.html"], "app.js": page["app.js"]},
		"no program":    {"index.html": page["index.html"], "app.js": page["app.js"], "wasm_exec.js": page["wasm_exec.js"]},
		"no runtime":    {"index.html": page["index.html"], "app.js": page["app.js"], "viewer.wasm": {Data: program}},
	} {
		w := ask(files, "/")
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make viewer") || !strings.Contains(w.Body.String(), "<html") {
			t.Errorf("%s: page: %d %s", name, w.Code, w.Body)
		}
		if w := ask(files, "/viewer.wasm.gz"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "make viewer") {
			t.Errorf("%s: program: %d %s", name, w.Code, w.Body)
		}
		if w := ask(files, "/app.js"); w.Code != http.StatusOK {
			t.Errorf("%s: app.js: %d", name, w.Code)
		}
	}
}

func TestAssetsAndStateAreJSON(t *testing.T) {
	s, _ := start(t, Options{})
	for _, path := range []string{"/assets.json", "/state"} {
		res, body := get(t, "http://"+s.testAddr()+path)
		var v map[string]any
		if err := json.Unmarshal([]byte(body), &v); err != nil || res.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v in %s", path, err, body)
		}
	}
	if res, body := get(t, "http://"+s.testAddr()+"/healthz"); res.StatusCode != http.StatusOK || body != "ok\n" {
		t.Errorf("healthz: %d %q", res.StatusCode, body)
	}
}

// The page is whole by itself: what it names is in its folder or built into it, and nothing stands inline, where the
// content security policy would refuse it.
func TestThePageNamesOnlyItsOwnFiles(t *testing.T) {
	built := map[string]bool{wasmExec: true, wasmGzip: true}
	names := regexp.MustCompile(`(?:src|href)="([^"#]+)"|from "\./([^"]+)"|\bsrc = "([^"]+)"|fetch\("([^"]+)"`)
	inline := regexp.MustCompile(`\sstyle="|\son[a-z]+="|<style|<script>|innerHTML`)
	files, err := fs.Glob(embedded, "static/*")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range files {
		if kind := path.Ext(name); kind != ".html" && kind != ".js" || built[path.Base(name)] {
			continue
		}
		data, err := embedded.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := inline.Find(data); found != nil {
			t.Errorf("%s has %q inline", name, found)
		}
		for _, m := range names.FindAllSubmatch(data, -1) {
			file := string(bytes.Join(m[1:], nil))
			seen++
			if _, err := fs.Stat(embedded, "static/"+file); err != nil && !built[file] {
				t.Errorf("%s names %s, which is not there", name, file)
			}
		}
	}
	if seen < 20 {
		t.Errorf("found only %d names of files in the page", seen)
	}
}
