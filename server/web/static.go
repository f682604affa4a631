package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The viewer's page, and its program once `make viewer` has built it.
//
//go:embed static
var embedded embed.FS

// The files of the viewer that are built, not committed. The program is kept packed twice: as brotli for browsers that take it, which over
// plain HTTP they do on this machine only, and as gzip for all others. Its sidecar holds what neither form says.
const (
	wasm     = "viewer.wasm" // the program by its name on the wire; no such file is stored
	wasmExec = "wasm_exec.js"
	sidecar  = wasm + ".json"
)

// packings are the stored forms of the program, the smaller first.
var packings = []struct{ ending, encoding string }{{".br", "br"}, {".gz", "gzip"}}

var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".ico":  "image/x-icon",
	".wasm": "application/wasm",
	".gz":   "application/gzip",
	".br":   "application/octet-stream",
	".txt":  "text/plain; charset=utf-8",
}

// viewer serves the files of the viewer. A file asked for with ?v= and the beginning of its SHA-256 (see assets) may
// be kept by the browser for ever; others are asked for again and answered 304 while they are the same.
type viewer struct {
	files fs.FS
	noRun bool // the pages say that no run is behind them

	mu    sync.Mutex
	known map[string]asset

	unpacked func() ([]byte, error) // the program, for who takes no packing: once, shared by all
}

// asset is what a page needs to know of a file before it loads it.
type asset struct {
	Hash    string `json:"hash"`              // for ?v=
	Bytes   int64  `json:"bytes"`             // as stored; of the program in its smaller form
	Decoded int64  `json:"decoded,omitempty"` // of the program, unpacked
}

func newViewer(files fs.FS) *viewer {
	v := &viewer{files: files, known: map[string]asset{}}
	v.unpacked = sync.OnceValues(v.unpack)
	return v
}

// missing names the files that `make viewer` would build.
func (v *viewer) missing() []string {
	var names []string
	for _, name := range []string{wasmExec, sidecar, wasm + ".br", wasm + ".gz"} {
		if !v.has(name) {
			names = append(names, name)
		}
	}
	return names
}

func (v *viewer) has(name string) bool {
	info, err := fs.Stat(v.files, name)
	return err == nil && info.Mode().IsRegular()
}

// assets describes all files the viewer can load, by name.
func (v *viewer) assets() (map[string]asset, error) {
	all := map[string]asset{}
	entries, err := fs.ReadDir(v.files, ".")
	for _, e := range entries {
		if contentTypes[path.Ext(e.Name())] == "" || !e.Type().IsRegular() {
			continue
		}
		if all[e.Name()], err = v.describe(e.Name()); err != nil {
			return nil, err
		}
	}
	if err == nil && len(v.missing()) == 0 {
		all[wasm], err = v.describe(wasm)
	}
	return all, err
}

func (v *viewer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	if missing := v.missing(); len(missing) > 0 && (name == "index.html" || strings.HasPrefix(name, wasm) || name == wasmExec) {
		notBuilt(w, name, missing)
		return
	}
	kind := contentTypes[path.Ext(name)]
	stored, encoding := name, ""
	if name == wasm {
		stored = wasm + ".gz" // to unpack, for who takes no packing
		for _, p := range packings {
			if accepts(r, p.encoding) {
				stored, encoding = wasm+p.ending, p.encoding
				break
			}
		}
	}
	if kind == "" || !v.has(stored) {
		http.NotFound(w, r)
		return
	}
	about, err := v.describe(name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	file, err := v.files.Open(stored)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == about.Hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if about.Decoded > 0 {
		h.Set("X-Decoded-Length", strconv.FormatInt(about.Decoded, 10))
	}
	content, seekable := file.(io.ReadSeeker)
	if v.noRun && path.Ext(name) == ".html" {
		data, err := v.read(name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		content, seekable = bytes.NewReader(data), true
	}
	if name == wasm {
		h.Set("Vary", "Accept-Encoding")
	}
	switch {
	case name == wasm && encoding == "":
		h.Set("Etag", strconv.Quote(about.Hash+"-unpacked"))
		data, err := v.unpacked()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		content = bytes.NewReader(data)
	case !seekable:
		http.Error(w, stored+" cannot be read from the middle", http.StatusInternalServerError)
		return
	case encoding != "":
		info, err := file.Stat()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h.Set("Content-Encoding", encoding)
		h.Set("Content-Length", strconv.FormatInt(info.Size(), 10))
		h.Set("Etag", strconv.Quote(about.Hash+"-"+encoding))
		r.Header.Del("Range") // parts of a packed file help nobody
	default:
		h.Set("Etag", strconv.Quote(about.Hash))
	}
	http.ServeContent(w, r, name, time.Time{}, content)
}

// describe reads a file once to hash it, and what the sidecar says of the program.
func (v *viewer) describe(name string) (asset, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if a, ok := v.known[name]; ok {
		return a, nil
	}
	if name == wasm {
		a, err := v.program()
		if err == nil {
			v.known[name] = a
		}
		return a, err
	}
	data, err := v.read(name)
	if err != nil {
		return asset{}, err
	}
	sum := sha256.Sum256(data)
	a := asset{Hash: base64.RawURLEncoding.EncodeToString(sum[:12]), Bytes: int64(len(data))}
	v.known[name] = a
	return a, nil
}

// read gives a file as it is served, the program aside.
func (v *viewer) read(name string) ([]byte, error) {
	data, err := fs.ReadFile(v.files, name)
	if err != nil {
		return nil, fmt.Errorf("viewer file %s: %w", name, err)
	}
	if v.noRun && path.Ext(name) == ".html" {
		return standalone(name, data, "")
	}
	return data, nil
}

// maxProgram bounds what the sidecar can make a server unpack.
const maxProgram = 64 << 20

// program reads the sidecar: {"decoded": bytes, "sha256": of the unpacked program, in hex}. One hash for all packings lets a page ask for
// the program by content before it knows which packing it will get.
func (v *viewer) program() (asset, error) {
	data, err := fs.ReadFile(v.files, sidecar)
	if err != nil {
		return asset{}, fmt.Errorf("viewer file %s: %w", sidecar, err)
	}
	var about struct {
		Decoded int64
		SHA256  string
	}
	if err := json.Unmarshal(data, &about); err != nil || about.Decoded <= 0 || about.Decoded > maxProgram || len(about.SHA256) != 64 {
		return asset{}, fmt.Errorf("viewer file %s: %.80q: want a size of 1 to %d bytes and a SHA-256: run make viewer", sidecar, data, maxProgram)
	}
	info, err := fs.Stat(v.files, wasm+packings[0].ending)
	if err != nil {
		return asset{}, fmt.Errorf("viewer program: %w", err)
	}
	return asset{Hash: about.SHA256[:16], Bytes: info.Size(), Decoded: about.Decoded}, nil
}

// unpack reads the packed program.
func (v *viewer) unpack() ([]byte, error) {
	about, err := v.describe(wasm)
	if err != nil {
		return nil, err
	}
	file, err := v.files.Open(wasm + ".gz")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("viewer file %s.gz: %w", wasm, err)
	}
	data := make([]byte, about.Decoded)
	if n, err := io.ReadFull(z, data); err != nil {
		return nil, fmt.Errorf("viewer file %s.gz unpacks to %d bytes, want %d: %w", wasm, n, about.Decoded, err)
	}
	if n, _ := z.Read(make([]byte, 1)); n > 0 {
		return nil, fmt.Errorf("viewer file %s.gz unpacks to more than %d bytes", wasm, about.Decoded)
	}
	return data, nil
}

// accepts reports whether a browser takes an encoding (RFC 9110, section 12.5.3).
func accepts(r *http.Request, encoding string) bool {
	others := false // what "*" says of those that are not named
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		quality = strings.ReplaceAll(quality, " ", "")
		taken := quality != "q=0" && quality != "q=0.0" && quality != "q=0.00" && quality != "q=0.000"
		switch name {
		case encoding:
			return taken
		case "*":
			others = taken
		}
	}
	return others
}

func notBuilt(w http.ResponseWriter, name string, missing []string) {
	text := "The viewer is not built into this server: " + strings.Join(missing, " and ") + " is missing.\n" +
		"Run  make viewer  in the source folder, then build and start the server again.\n"
	if name != "index.html" {
		http.Error(w, text, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprintf(w, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>reta: the viewer is not built</title>\n"+
		"<h1>The viewer is not built into this server</h1>\n<p>It was built without <code>%s</code>.</p>\n"+
		"<p>In the source folder, run</p>\n<pre>make viewer</pre>\n<p>then build and start the server again. A run continues without it; its state: "+
		"<a href=\"state\">/state</a>.</p>\n</html>\n", strings.Join(missing, "</code> and <code>"))
}
