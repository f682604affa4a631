package web

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// front is a reverse proxy under /lab/reta/, beside other things of its host.
type front struct {
	tls       bool
	strip     bool // it passes paths on without /lab/reta
	host      bool // it passes the Host header on
	forwarded bool // it tells of itself in X-Forwarded-* headers
}

func (f front) String() string {
	return fmt.Sprintf("tls %v, strip %v, host %v, forwarded %v", f.tls, f.strip, f.host, f.forwarded)
}

const prefix = "/lab/reta"

// serve puts the proxy before a server that is started by begin with the address of the page behind the proxy.
func (f front) serve(t *testing.T, begin func(address string) *Server) *httptest.Server {
	t.Helper()
	var target *url.URL
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		if f.host {
			r.Out.Host = r.In.Host
		}
		if f.forwarded {
			r.SetXForwarded()
			r.Out.Header.Set("X-Forwarded-Prefix", prefix)
		}
	}}
	mux := http.NewServeMux()
	if f.strip {
		mux.Handle(prefix+"/", http.StripPrefix(prefix, proxy))
	} else {
		mux.Handle(prefix+"/", proxy)
		mux.Handle(prefix, proxy) // else the mux would add the "/" by itself
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "something else", http.StatusTeapot) })
	h := httptest.NewUnstartedServer(mux)
	if f.tls {
		h.StartTLS()
	} else {
		h.Start()
	}
	s := begin(h.URL + prefix + "/")
	target = &url.URL{Scheme: "http", Host: s.testAddr()}
	t.Cleanup(h.Close) // before the server ends
	return h
}

// surfer is a browser that keeps cookies, by their rules, and opens a socket as a page does.
type surfer struct {
	t    *testing.T
	http *http.Client
}

func newSurfer(t *testing.T, h *httptest.Server) *surfer {
	jar, _ := cookiejar.New(nil)
	c := *h.Client()
	c.Jar = jar
	t.Cleanup(c.CloseIdleConnections)
	return &surfer{t, &c}
}

func (b *surfer) open(address string, header ...string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	bare := *b.http
	bare.Jar = nil
	res, err := bare.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	b.http.Jar.SetCookies(r.URL, res.Cookies())
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res, string(text)
}

// launch opens a launch link and follows it, and gives the address it leads to.
func (b *surfer) launch(link string) string {
	b.t.Helper()
	res, text := b.open(link)
	_, to, ok := strings.Cut(res.Header.Get("Refresh"), "url=")
	if res.StatusCode != http.StatusOK || !ok {
		b.t.Fatalf("%s: %s, Refresh %q: %s", link, res.Status, res.Header.Get("Refresh"), text)
	}
	at, err := res.Request.URL.Parse(to)
	if err != nil {
		b.t.Fatal(err)
	}
	return at.String()
}

// socket connects as the page at an address does.
func (b *surfer) socket(page string) (*guest, *http.Response) {
	b.t.Helper()
	u, err := url.Parse(page)
	if err != nil {
		b.t.Fatal(err)
	}
	d := websocket.Dialer{Subprotocols: []string{event.Protocol}, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, Jar: b.http.Jar}
	conn, res, err := d.Dial("ws"+strings.TrimPrefix(page, "http")+"ws?page="+url.QueryEscape(page), http.Header{"Origin": {u.Scheme + "://" + u.Host}})
	if err != nil {
		return nil, res
	}
	b.t.Cleanup(func() { conn.Close() })
	return &guest{b.t, conn}, res
}

// terminal keeps what a server tells the person who started it.
type terminal struct {
	mu    sync.Mutex
	lines []string
}

func (l *terminal) tell(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, text)
}

func (l *terminal) read() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}

func fronts(yield func(front) bool) {
	for i := range 16 {
		if !yield(front{i&1 > 0, i&2 > 0, i&4 > 0, i&8 > 0}) {
			return
		}
	}
}

// Told its public address, the server works behind every kind of proxy: the link, the cookie, the page, its files, the
// socket; and nothing is said at the terminal but the next link.
func TestBehindAProxyWithItsPublicAddress(t *testing.T) {
	for f := range fronts {
		t.Run(f.String(), func(t *testing.T) {
			var s *Server
			var said terminal
			h := f.serve(t, func(address string) *Server {
				s, _ = start(t, Options{PublicURL: strings.TrimSuffix(address, "/"), Notify: said.tell})
				return s
			})
			page := h.URL + prefix + "/"
			b := newSurfer(t, h)
			if res, _ := b.open(page); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("without the link: %s, want 401", res.Status)
			}
			link := s.URL()
			if !strings.HasPrefix(link, page+"launch?token=") || !strings.HasPrefix(s.ViewURL(), page+"launch?token=") {
				t.Fatalf("links are %s and %s, want them under %s", link, s.ViewURL(), page)
			}
			if at := b.launch(link); at != page {
				t.Fatalf("the link leads to %s, want %s", at, page)
			}
			jar := func(path string) int { u, _ := url.Parse(h.URL + path); return len(b.http.Jar.Cookies(u)) }
			if jar(prefix+"/ws") != 1 || jar("/other") != 0 {
				t.Errorf("the cookie goes to %d and %d of our and other pages, want 1 and 0", jar(prefix+"/ws"), jar("/other"))
			}
			for _, name := range []string{"", "app.js", "state", "assets.json", "viewer.wasm"} {
				if res, text := b.open(page+name, "Origin", h.URL, "Sec-Fetch-Site", "same-origin"); res.StatusCode != http.StatusOK {
					t.Errorf("%q: %s: %s", name, res.Status, text)
				}
			}
			g, res := b.socket(page)
			if g == nil {
				t.Fatalf("the socket is refused: %v", res)
			}
			if hello, ok := g.next().Event.(event.Hello); !ok || !hello.Control {
				t.Errorf("first message is %+v, want a hello with control", hello)
			}
			if !f.strip {
				if res, _ := b.open(strings.TrimSuffix(page, "/")); res.Request.URL.String() != page || res.StatusCode != http.StatusOK {
					t.Errorf("without the last slash: %s at %s", res.Status, res.Request.URL)
				}
			}
			if lines := said.read(); len(lines) > 1 || len(lines) == 1 && !strings.Contains(lines[0], "the next browser can take "+page+"launch?token=") {
				t.Errorf("the terminal says %q, want the next link at most", lines)
			}
		})
	}
}

// Not told its public address, a server whose proxy changes the Host refuses the page's socket, and says so and what to do:
// in the page, which loads all the same and asks, and once at the terminal.
func TestRefusedOriginIsSaidInPageAndTerminal(t *testing.T) {
	f := front{strip: true}
	var said terminal
	h := f.serve(t, func(string) *Server { s, _ := start(t, Options{Notify: said.tell}); return s })
	page := h.URL + prefix + "/"
	b := newSurfer(t, h)
	for _, name := range []string{"", "app.js", "viewer.wasm", "assets.json"} {
		if res, text := b.open(page+name, "Origin", h.URL, "Sec-Fetch-Site", "same-origin"); res.StatusCode != http.StatusOK {
			t.Errorf("%q: %s: %s", name, res.Status, text)
		}
	}
	for range 3 {
		if g, res := b.socket(page); g != nil || res.StatusCode != http.StatusForbidden {
			t.Fatalf("the socket is answered %v, want 403", res)
		}
		res, text := b.open(page + "ws?page=" + url.QueryEscape(page)) // a browser sends no Origin with this
		if res.StatusCode != http.StatusForbidden || !strings.Contains(text, "start the server with --public-url "+page) {
			t.Fatalf("the reason is %s: %s", res.Status, text)
		}
	}
	if res, _ := b.open(page+"state", "Origin", h.URL); res.StatusCode != http.StatusForbidden {
		t.Errorf("the run's state for a foreign origin: %s, want 403", res.Status)
	}
	lines := said.read()
	if len(lines) != 1 || !strings.Contains(lines[0], fmt.Sprintf("%q", h.URL)) || !strings.HasSuffix(lines[0], "--public-url "+page) {
		t.Errorf("the terminal says %q, want one line with the origin and the flag", lines)
	}
}

// As through Jupyter on this machine: the Host stays, the proxy tells of itself. The page says that a link is needed, the
// terminal shows what to add to the address, and that opens the page, once.
func TestTheTerminalLetsABrowserInThroughAProxy(t *testing.T) {
	f := front{strip: true, host: true, forwarded: true}
	var said terminal
	var s *Server
	h := f.serve(t, func(string) *Server { s, _ = start(t, Options{Notify: said.tell}); return s })
	page := h.URL + prefix + "/"
	enter := func() *surfer {
		t.Helper()
		b := newSurfer(t, h)
		res, text := b.open(page)
		for _, want := range []string{"came through a proxy", "launch?token=...", "--public-url " + page} {
			if res.StatusCode != http.StatusUnauthorized || !strings.Contains(text, want) {
				t.Errorf("says %s %q, want 401 and %q", res.Status, text, want)
			}
		}
		lines := said.read()
		_, end, ok := strings.Cut(lines[len(lines)-1], "add  launch?token=")
		end, _, _ = strings.Cut(end, " ")
		if !ok || strings.Contains(text, end) {
			t.Fatalf("the terminal says %q, the page %q: want the token there and not here", lines, text)
		}
		if at := b.launch(page + "launch?token=" + end); at != page {
			t.Errorf("the link leads to %s", at)
		}
		if g, res := b.socket(page); g == nil {
			t.Fatalf("the socket is refused: %v", res)
		}
		return b
	}
	enter()
	newSurfer(t, h).open(page) // within noticeEvery: nothing more is told
	if lines := said.read(); len(lines) != 1 {
		t.Errorf("the terminal says %q", lines)
	}
}

// What anyone can send is shown as words at most: no link to a host that a header names, and nothing for a shell or a
// terminal to obey.
func TestHeadersCannotWriteTheTerminal(t *testing.T) {
	var said terminal
	s, _ := start(t, Options{Notify: said.tell})
	host := "Host: " + s.testAddr()
	for name, lines := range map[string][]string{
		"link":   {host, "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.example"},
		"shell":  {host, "Origin: https://evil.example", "X-Forwarded-Prefix: /;reboot;"},
		"escape": {host, "Origin: https://evil.example\x9b31m"},
		"host":   {"Host: evil.example;reboot"},
	} {
		s.http.Handler = guard(s.access, &notices{notify: said.tell}, s.traffic, s.routes(newViewer(page)))
		before := len(said.read())
		knock(t, s, "/ws", upgrade(lines...)...)
		for _, line := range said.read()[before:] {
			if _, command, _ := strings.Cut(line, "--public-url "); strings.ContainsAny(line, "\x9b\x1b") || strings.Contains(command, ";") ||
				strings.Contains(line, "evil.example/launch") {
				t.Errorf("%s: the terminal says %q", name, line)
			}
		}
	}
	if len(said.read()) < 3 {
		t.Errorf("the terminal says only %q: the checks prove little", said.read())
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"https://lab.example.org": "https://lab.example.org/", "https://lab.example.org/reta": "https://lab.example.org/reta/",
		"https://LAB.example.org:443/user/a@b/proxy/7117/": "https://lab.example.org/user/a@b/proxy/7117/",
		"http://lab:80/": "http://lab/", "http://[::1]:8888/x": "http://[::1]:8888/x/", "http://lab:443/": "http://lab:443/",
		"": "", "lab.example.org": "", "ftp://lab/": "", "https:///x": "", "https://lab/?x": "", "https://lab/#x": "", "https://u@lab/": "",
		"https://lab/../x": "", "https://lab//x": "", "https://l b/": "", "https://lab\u202e.example/": "", "https://a/x?y=z": "", "https:lab": "",
	} {
		a, err := parseAddress(text)
		if got := a.String(); (err != nil) != (want == "") || want != "" && got != want {
			t.Errorf("%q is read as %q, %v: want %q", text, got, err, want)
		}
	}
	a, _ := parseAddress("https://lab.example.org/x/")
	for host, want := range map[string]bool{"lab.example.org": true, "LAB.example.org:443": true, "lab.example.org:80": false, "lab.example": false,
		"lab.example.org/": false, "x@lab.example.org": false, "": false} {
		if a.names(host) != want {
			t.Errorf("host %q: %v", host, !want)
		}
	}
	_, err := Listen(Options{Listen: "127.0.0.1:0", PublicURL: "lab.example.org/reta"})
	if err == nil || !strings.Contains(err.Error(), "want http or https, a host and a path alone, such as https://lab.example.org/reta/") {
		t.Errorf("Listen: %v", err)
	}
}

func TestNoticesAreFew(t *testing.T) {
	var said terminal
	n := notices{notify: said.tell}
	for range 3 {
		n.once("a", "A")
		n.once("b", "B")
	}
	if got := fmt.Sprint(said.read()); got != "[A]" {
		t.Errorf("at once: %s", got)
	}
	for i := range 2 * noticeMost {
		n.last = n.last.Add(-noticeEvery)
		n.once(fmt.Sprint(i), "more")
	}
	n.last = n.last.Add(-noticeEvery)
	n.once("a", "A")
	if got := said.read(); len(got) != noticeMost || got[0] != "A" {
		t.Errorf("in all: %d lines", len(got))
	}
}
