package dataset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// host serves one file and misbehaves as told.
type host struct {
	mu         sync.Mutex
	content    []byte
	etag       string
	cut        int  // bytes after which each connection is dropped; 0: never
	noRange    bool // ignores Range
	anyIfRange bool // ignores If-Range
	length     int  // Content-Length claimed; 0: the truth
	fail       []int
	shift      int  // Content-Range starts so many bytes off
	noHeaders  bool // names no length, no validator
	hang       bool // sends half and waits
	asked      []string
	after      func(h *host) // called after each answer
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, r.Header.Get("Range"))
	defer func() {
		if h.after != nil {
			h.after(h)
		}
	}()
	if len(h.fail) > 0 {
		code := h.fail[0]
		h.fail = h.fail[1:]
		if code != 0 {
			w.WriteHeader(code)
			return
		}
	}
	from := 0
	if rg := r.Header.Get("Range"); rg != "" && !h.noRange && (h.anyIfRange || r.Header.Get("If-Range") == h.etag) {
		fmt.Sscanf(rg, "bytes=%d-", &from)
	}
	if from >= len(h.content) && from > 0 {
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	}
	body := h.content[from:]
	if !h.noHeaders {
		if h.etag != "" {
			w.Header().Set("ETag", h.etag)
		}
		n := len(body)
		if h.length != 0 {
			n = h.length
			body = body[:min(n, len(body))]
		}
		w.Header().Set("Content-Length", strconv.Itoa(n))
	}
	if from > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from+h.shift, len(h.content)-1, len(h.content)))
		w.WriteHeader(http.StatusPartialContent)
	}
	if h.hang {
		w.Write(body[:len(body)/2])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return
	}
	if h.cut > 0 && len(body) > h.cut {
		w.Write(body[:h.cut])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	w.Write(body)
}

func randomBytes(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

var quick = downloader{tries: 3, pause: time.Millisecond, stall: 5 * time.Second, most: 1 << 20}

func TestDownload(t *testing.T) {
	file, other := randomBytes(200_000), randomBytes(200_001)[1:]
	for _, c := range []struct {
		name  string
		host  *host
		src   Source // URL is filled in
		start []byte // what lies half done, under etag "v1"
		want  string // in the error; "": success
		asked int    // requests made; 0: not checked
	}{
		{name: "straight", host: &host{etag: `"v1"`}, src: Source{Bytes: 200_000, SHA256: sum(file)}, asked: 1},
		{name: "nothing known", host: &host{noHeaders: true}, asked: 1},
		{name: "cut and resumed", host: &host{etag: `"v1"`, cut: 70_000}, src: Source{SHA256: sum(file)}, asked: 3},
		{name: "half done before", host: &host{etag: `"v1"`}, start: file[:150_000], src: Source{SHA256: sum(file)}, asked: 1},
		{name: "all done before", host: &host{etag: `"v1"`}, start: file, src: Source{SHA256: sum(file)}, asked: 0},
		{name: "too much done before", host: &host{etag: `"v1"`}, start: append(bytes.Clone(file), 1), src: Source{SHA256: sum(file)}},
		{name: "changed since", host: &host{etag: `"v2"`}, start: other[:150_000], src: Source{SHA256: sum(file)}, asked: 1},
		{name: "changed, If-Range ignored", host: &host{etag: `"v2"`, anyIfRange: true}, start: other[:150_000], src: Source{SHA256: sum(file)}, asked: 2},
		{name: "Range ignored", host: &host{etag: `"v1"`, noRange: true}, start: file[:150_000], src: Source{SHA256: sum(file)}, asked: 1},
		{name: "Range ignored and cut", host: &host{etag: `"v1"`, noRange: true, cut: 70_000}, want: "given up after 3 attempts: cut after 70000 of 200000 bytes"},
		{name: "range off by some", host: &host{etag: `"v1"`, shift: 5, after: func(h *host) { h.shift = 0 }}, start: file[:150_000], src: Source{SHA256: sum(file)}, asked: 2},
		{name: "no validator, cut", host: &host{cut: 70_000, after: func(h *host) { h.cut = 0 }}, src: Source{SHA256: sum(file)}, asked: 2},
		{name: "weak validator, cut", host: &host{etag: `W/"v1"`, cut: 70_000, after: func(h *host) { h.cut = 0 }}, src: Source{SHA256: sum(file)}, asked: 2},
		{name: "length says less", host: &host{length: 1000}, src: Source{Bytes: 200_000}, want: "the server offers 1000 bytes: want 200000"},
		{name: "length says less, size unknown", host: &host{length: 1000}, src: Source{SHA256: sum(file)}, want: "the download is deleted"},
		{name: "length says more", host: &host{length: 200_500}, want: "given up after 3 attempts: cut after 200000 of 200500 bytes"},
		{name: "endless", host: &host{noHeaders: true}, src: Source{Bytes: 1000}, want: "the server sends more than 1000 bytes"},
		{name: "other content", host: &host{etag: `"v1"`}, src: Source{Bytes: 200_000, SHA256: sum(other)}, want: "the file was changed on the way or at its source"},
		{name: "404", host: &host{fail: []int{404}}, want: "the server answers 404 Not Found", asked: 1},
		{name: "500 once", host: &host{fail: []int{500}}, asked: 2},
		{name: "500 always", host: &host{fail: []int{500, 503, 500, 500}}, want: "given up after 3 attempts: the server answers 500", asked: 3},
		{name: "busy", host: &host{fail: []int{429, 429}}, asked: 3},
		{name: "stalled", host: &host{etag: `"v1"`, hang: true, after: func(h *host) { h.hang = false }}, src: Source{SHA256: sum(file)}, asked: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.host.content = file
			server := httptest.NewServer(c.host)
			defer server.Close()
			path := filepath.Join(t.TempDir(), "set.zip")
			c.src.URL = server.URL + "/set.zip"
			if c.start != nil {
				state := fmt.Sprintf(`{"URL":%q,"Validator":"\"v1\"","Total":200000}`, c.src.URL)
				os.WriteFile(path+".part", c.start, 0o644)
				os.WriteFile(path+".part.json", []byte(state), 0o644)
			}
			d := quick
			if c.host.hang {
				d.stall = 100 * time.Millisecond
			}
			err := ensure(context.Background(), d, c.src, path, newReporter(nil))
			if c.asked != 0 && len(c.host.asked) != c.asked {
				t.Errorf("asked %d times (%q), want %d", len(c.host.asked), c.host.asked, c.asked)
			}
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "--data PATH") {
					t.Fatalf("%v; want %q and the remedy", err, c.want)
				}
				if _, err := os.Stat(path); err == nil {
					t.Error("a file is there in spite of the error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, file) {
				t.Errorf("content differs (%v)", err)
			}
			for _, left := range []string{".part", ".part.json"} {
				if _, err := os.Stat(path + left); err == nil {
					t.Errorf("%s is left over", left)
				}
			}
		})
	}
}

// A set without a declared hash is trusted once, and held to it from then on.
func TestFirstDownloadIsRemembered(t *testing.T) {
	h := host{content: randomBytes(1000)}
	server := httptest.NewServer(&h)
	defer server.Close()
	path := filepath.Join(t.TempDir(), "set.zip")
	src := Source{URL: server.URL + "/set.zip"}
	ctx, quiet := context.Background(), newReporter(nil)
	for range 2 { // the second finds it in place
		if err := ensure(ctx, quick, src, path, quiet); err != nil {
			t.Fatal(err)
		}
	}
	if len(h.asked) != 1 {
		t.Errorf("asked %d times, want once", len(h.asked))
	}
	if got, _ := os.ReadFile(path + ".sha256"); string(got) != sum(h.content)+"  set.zip\n" {
		t.Errorf("recorded %q", got)
	}
	os.WriteFile(path, append([]byte{1}, h.content[1:]...), 0o644)
	if err := ensure(ctx, quick, src, path, quiet); err == nil || !strings.Contains(err.Error(), "delete it to download it again") {
		t.Errorf("a changed file: %v", err)
	}
	os.Remove(path)
	h.content = randomBytes(999)
	if err := ensure(ctx, quick, src, path, quiet); err == nil || !strings.Contains(err.Error(), "was changed on the way or at its source") {
		t.Errorf("another file at the source: %v", err)
	}
}

func TestUnreachableHost(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close() // nobody listens there now
	err = ensure(context.Background(), quick, Source{URL: "http://" + addr + "/set.zip"}, filepath.Join(t.TempDir(), "set.zip"), newReporter(nil))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"download of http://" + addr, addr + " cannot be reached", "check the network", "--data PATH"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("says %q; want %q in it", err, want)
		}
	}
}

func TestDownloadCanBeCancelled(t *testing.T) {
	h := host{content: randomBytes(1000), hang: true}
	server := httptest.NewServer(&h)
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := ensure(ctx, quick, Source{URL: server.URL + "/x"}, filepath.Join(t.TempDir(), "x"), newReporter(nil))
	if err == nil || time.Since(start) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// Open downloads a set it was given no data for, and reads it.
func TestOpenDownloads(t *testing.T) {
	files := cifar100Files()
	archive := gzipOf(tarOf(t, "c/train.bin", string(files["train.bin"]), "c/test.bin", string(files["test.bin"]),
		"c/fine_label_names.txt", string(files["fine_label_names.txt"])))
	h := host{content: archive, etag: `"x"`, cut: len(archive)/2 + 1}
	server := httptest.NewServer(&h)
	defer server.Close()
	spec, err := Lookup("cifar-100")
	if err != nil {
		t.Fatal(err)
	}
	local := *spec
	local.Sources = []Source{{URL: server.URL + "/gone.tar.gz", SHA256: sum([]byte("x"))}, {URL: server.URL + "/c.tar.gz", SHA256: sum(archive), Bytes: int64(len(archive))}}
	h.fail = []int{404}
	var steps []string
	cache := t.TempDir()
	for range 2 {
		d, err := open(context.Background(), &local, Options{Cache: cache, Progress: func(_, _ int64, what string) {
			if len(steps) == 0 || steps[len(steps)-1] != what {
				steps = append(steps, what)
			}
		}}, defaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		if d.Train.Len() != 200 || d.Test.Len() != 100 {
			t.Errorf("%d training, %d test images", d.Train.Len(), d.Test.Len())
		}
		d.Close()
		local.Sources = local.Sources[1:]
		if len(local.Sources) == 0 {
			local.Sources = []Source{{URL: server.URL + "/c.tar.gz", SHA256: sum(archive)}}
		}
	}
	path, err := Fetch(context.Background(), "demo", cache, nil)
	if err == nil || !strings.Contains(err.Error(), "made by code") {
		t.Errorf("fetching the demo set: %q, %v", path, err)
	}
	if len(h.asked) != 3 {
		t.Errorf("asked %q: want a 404, a cut and a resumed answer, then none", h.asked)
	}
	if got := strings.Join(steps, ", "); !strings.HasPrefix(got, "download c.tar.gz, verify c.tar.gz, unpack, decode, verify c.tar.gz") {
		t.Errorf("reported %s", got)
	}
}

func TestHere(t *testing.T) {
	cache := t.TempDir()
	spec, err := Lookup("cifar-10")
	if err != nil {
		t.Fatal(err)
	}
	check := func(o Options, want bool) {
		t.Helper()
		if o.Cache = cache; Here(o) != want {
			t.Errorf("%+v: here is %t, want %t", o, !want, want)
		}
	}
	check(Options{Name: "demo"}, true)
	check(Options{Name: "imagenet-1k"}, false)
	check(Options{Name: "imagenet-1k", Data: "x"}, true)
	check(Options{Name: "path:x"}, true)
	check(Options{Name: "none"}, false)
	check(Options{Name: "cifar-10"}, false)
	archive := archiveOf(spec.Sources[0], cache)
	if err := os.MkdirAll(filepath.Dir(archive), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(archive, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	check(Options{Name: "cifar-10"}, true)
}
