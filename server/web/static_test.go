package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
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

// sidecarOf is what the build says of a program.
func sidecarOf(data []byte) []byte {
	return fmt.Appendf(nil, `{"decoded":%d,"sha256":"%x","quality":11}`, len(data), sha256.Sum256(data))
}

// built gives the page with another program.
func built(data []byte) fstest.MapFS {
	files := maps.Clone(page)
	files["viewer.wasm.gz"] = &fstest.MapFile{Data: gzipped(data)}
	files["viewer.wasm.json"] = &fstest.MapFile{Data: sidecarOf(data)}
	return files
}

func TestProgramComesPackedOrUnpacked(t *testing.T) {
	br, gz := page["viewer.wasm.br"].Data, page["viewer.wasm.gz"].Data
	tags := map[string]bool{}
	for _, c := range []struct {
		path, accept, kind, encoding string
		body                         []byte
	}{
		{"/viewer.wasm", "gzip, deflate, br, zstd", "application/wasm", "br", br},
		{"/viewer.wasm", "*", "application/wasm", "br", br},
		{"/viewer.wasm", "br;q=0, gzip;q=0.8", "application/wasm", "gzip", gz},
		{"/viewer.wasm", "*, br;q=0", "application/wasm", "gzip", gz},
		{"/viewer.wasm", "br;q=0, gzip;q=0, *", "application/wasm", "", program},
		{"/viewer.wasm", "gzip, deflate", "application/wasm", "gzip", gz},
		{"/viewer.wasm", "gzip;q=0", "application/wasm", "", program},
		{"/viewer.wasm", "", "application/wasm", "", program},
		{"/viewer.wasm.gz", "br, gzip", "application/gzip", "", gz},
		{"/viewer.wasm.gz", "", "application/gzip", "", gz},
	} {
		w := ask(page, c.path, "Accept-Encoding", c.accept)
		h := w.Header()
		if w.Code != http.StatusOK || h.Get("Content-Type") != c.kind || h.Get("Content-Encoding") != c.encoding || !bytes.Equal(w.Body.Bytes(), c.body) {
			t.Errorf("%s accepting %q: %d, %d bytes, %v", c.path, c.accept, w.Code, w.Body.Len(), h)
		}
		if h.Get("Content-Length") != strconv.Itoa(len(c.body)) {
			t.Errorf("%s accepting %q: Content-Length %q for %d bytes", c.path, c.accept, h.Get("Content-Length"), len(c.body))
		}
		if c.kind == "application/wasm" {
			tags[h.Get("Etag")] = true
			if h.Get("X-Decoded-Length") != strconv.Itoa(len(program)) || h.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s accepting %q: %v: want the decoded length %d, and a cache that minds the encoding", c.path, c.accept, h, len(program))
			}
		}
	}
	if len(tags) != 3 {
		t.Errorf("three forms of the program have the tags %v", tags)
	}
}

// A sidecar that promises too much, or nothing, is not believed.
func TestSidecarIsChecked(t *testing.T) {
	for _, text := range []string{"", "{}", `{"decoded":-1,"sha256":"x"}`, `{"decoded":99999999999,"sha256":"` + strings.Repeat("0", 64) + `"}`} {
		files := maps.Clone(page)
		files["viewer.wasm.json"] = &fstest.MapFile{Data: []byte(text)}
		if w := ask(files, "/viewer.wasm"); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "make viewer") {
			t.Errorf("%q: %d %s", text, w.Code, w.Body)
		}
	}
	wrong := built(program)
	wrong["viewer.wasm.json"] = &fstest.MapFile{Data: sidecarOf(program[1:])}
	if w := ask(wrong, "/viewer.wasm"); w.Code != http.StatusInternalServerError {
		t.Errorf("a program longer than its sidecar says: %d", w.Code)
	}
}

func TestFilesAreCachedByContent(t *testing.T) {
	w := ask(page, "/viewer.wasm", "Accept-Encoding", "br")
	tag := w.Header().Get("Etag")
	if w.Header().Get("Cache-Control") != "no-cache" || tag == "" {
		t.Fatalf("plain name: %v", w.Header())
	}
	if w := ask(page, "/viewer.wasm", "Accept-Encoding", "br", "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("unchanged file: %d with %d bytes, want 304", w.Code, w.Body.Len())
	}
	if w := ask(built([]byte("another")), "/viewer.wasm", "Accept-Encoding", "br", "If-None-Match", tag); w.Code != http.StatusOK {
		t.Errorf("changed file: %d, want 200", w.Code)
	}
	about, err := newViewer(page).assets()
	if err != nil {
		t.Fatal(err)
	}
	a := about["viewer.wasm"]
	if a.Decoded != int64(len(program)) || a.Bytes != int64(len(page["viewer.wasm.br"].Data)) {
		t.Errorf("assets say %+v", a)
	}
	for _, accept := range []string{"br", "gzip", ""} {
		if w := ask(page, "/viewer.wasm?v="+a.Hash, "Accept-Encoding", accept); !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("with its hash, accepting %q: %v", accept, w.Header())
		}
	}
	if w := ask(page, "/viewer.wasm?v=old"); strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("with another hash: %v", w.Header())
	}
	if _, ok := about["README.md"]; ok || len(about) != 7 { // six files and the program
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
		"no runtime":    without(page, "wasm_exec.js"),
		"no sidecar":    without(page, "viewer.wasm.json"),
		"no brotli":     without(page, "viewer.wasm.br"),
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
	built := map[string]bool{"assets.json": true, wasmExec: true, wasm: true, wasm + ".gz": true}
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

func without(files fstest.MapFS, name string) fstest.MapFS {
	files = maps.Clone(files)
	delete(files, name)
	return files
}
