package web

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// realPage is the committed page, with stand-ins for what is built.
func realPage(t *testing.T) fstest.MapFS {
	t.Helper()
	files := built(program)
	names, err := fs.Glob(embedded, "static/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if base := path.Base(name); base != wasmExec && !strings.HasPrefix(base, wasm) {
			data, err := embedded.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[base] = &fstest.MapFile{Data: data}
		}
	}
	return files
}

func TestASiteHoldsWhatItNames(t *testing.T) {
	files, err := newViewer(realPage(t)).site("demo.reta?v=1&x")
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		if strings.HasSuffix(name, ".br") || name == sidecar || strings.ContainsAny(name, `/\`) {
			t.Errorf("%s is in the site, and nothing asks for it", name)
		}
	}
	seen := 0
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"#]+)"`).FindAllSubmatch(append(bytes.Clone(files["index.html"]), files["canvas.html"]...), -1) {
		seen++
		if files[string(m[1])] == nil {
			t.Errorf("the page names %s, which is not in the site", m[1])
		}
	}
	if seen < 10 {
		t.Errorf("found only %d names in the pages", seen)
	}
	if !bytes.Contains(files["index.html"], []byte(`<html lang="en" data-recording="demo.reta?v=1&amp;x">`)) {
		t.Errorf("the page does not say what it shows: %.60s", files["index.html"])
	}
	for _, name := range []string{"index.html", "canvas.html"} {
		at := bytes.Index(files[name], []byte(`content="`+metaCSP+`"`))
		if script := bytes.Index(files[name], []byte("<script")); at < 0 || at > script {
			t.Errorf("%s has no content security policy before its first script", name)
		}
	}
	if strings.Contains(metaCSP, "frame-ancestors") || len(metaCSP) != len(csp)-len("frame-ancestors 'self'; ") {
		t.Errorf("the policy of a page is %s", metaCSP)
	}
	var about map[string]asset
	if err := json.Unmarshal(files["assets.json"], &about); err != nil || len(about) != 1 {
		t.Fatalf("assets %s, %v", files["assets.json"], err)
	}
	if a := about["viewer.wasm.gz"]; a.Decoded != int64(len(program)) || a.Bytes != int64(len(files["viewer.wasm.gz"])) || a.Hash == "" {
		t.Errorf("the program is described as %+v", a)
	}
}

func TestASiteWithoutItsPartsIsRefused(t *testing.T) {
	if _, err := newViewer(without(page, wasm+".gz")).site(""); err == nil || !strings.Contains(err.Error(), "make viewer") {
		t.Errorf("without a program: %v", err)
	}
	other := maps.Clone(page)
	other["index.html"] = &fstest.MapFile{Data: []byte("<html><meta charset=\"utf-8\">")}
	if _, err := newViewer(other).site(""); err == nil || !strings.Contains(err.Error(), "index.html") {
		t.Errorf("with a page that has no place for a recording: %v", err)
	}
}

// A server without a run serves the page as a site has it: it asks for no run, and its links lead to what it is for.
func TestServerWithoutARun(t *testing.T) {
	pages := fstest.MapFS{}
	maps.Copy(pages, page)
	pages["index.html"] = &fstest.MapFile{Data: []byte(`<html lang="en"><meta charset="utf-8">`)}
	tag := map[bool]string{}
	for _, alone := range []bool{false, true} {
		s, _ := start(t, Options{Token: true, NoRun: alone, View: "scene=a&x=<1>"})
		s.http.Handler = guard(s.access, &notices{}, s.traffic, s.routes(&viewer{files: pages, noRun: alone, known: map[string]asset{}}))
		res, text := get(t, s.ViewURL())
		if want := "0; url=./#scene=a&x=<1>"; res.Header.Get("Refresh") != want || !strings.Contains(text, `href="./#scene=a&amp;x=&lt;1&gt;"`) {
			t.Errorf("the link leads to %q, want %q; the page is %s", res.Header.Get("Refresh"), want, text)
		}
		res, text = get(t, "http://"+s.testAddr()+"/", "Authorization", "Bearer "+s.Token(false))
		if res.StatusCode != http.StatusOK || strings.Contains(text, `data-recording=""`) != alone {
			t.Errorf("alone %v: %s: %s", alone, res.Status, text)
		}
		tag[alone] = res.Header.Get("Etag")
	}
	if tag[false] == tag[true] || tag[true] == "" {
		t.Errorf("both pages have the tag %s: a browser would take one for the other", tag[true])
	}
	s, _ := start(t, Options{View: "scene=lessons"})
	if !strings.HasSuffix(s.URL(), "/#scene=lessons") || s.ViewURL() != s.URL() {
		t.Errorf("links are %s and %s", s.URL(), s.ViewURL())
	}
}
