package web

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// knock sends one raw request, so that every header is what the test says, and gives the status.
func knock(t *testing.T, s *Server, path string, lines ...string) int {
	t.Helper()
	conn, err := net.Dial("tcp", s.testAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\n%s\r\n\r\n", path, strings.Join(lines, "\r\n"))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%v %v: %v", path, lines, err)
	}
	res.Body.Close()
	return res.StatusCode
}

func upgrade(lines ...string) []string {
	return append(lines, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: "+event.Protocol)
}

// The reason for our own check: the library's default takes a page whose name was rebound to this machine, because
// its Origin equals its Host.
func TestLibraryDefaultAcceptsReboundPage(t *testing.T) {
	var up websocket.Upgrader
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := up.Upgrade(w, r, nil); err == nil {
			c.Close()
		}
	}))
	defer s.Close()
	r, _ := http.NewRequest(http.MethodGet, s.URL, nil)
	r.Host = "evil.example"
	r.Header = http.Header{"Origin": {"http://evil.example"}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Skip("the library's default has become stricter")
	}
}

func TestReboundPageNeverUpgrades(t *testing.T) {
	s, _ := start(t, Options{})
	for _, name := range []string{"evil.example", "evil.example:80", "rebind.127.0.0.1.nip.io", "localhost.", "0.0.0.0"} {
		if got := knock(t, s, "/ws", upgrade("Host: "+name, "Origin: http://"+name)...); got != http.StatusMisdirectedRequest {
			t.Errorf("%s over %s: got %d, want 421", name, name, got)
		}
	}
	host := "Host: " + s.testAddr()
	for what, lines := range map[string][]string{
		"two origins":               {"Origin: http://" + s.testAddr(), "Origin: http://evil.example"},
		"picture of a foreign page": {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"},
		"through a proxy":           {"Origin: http://" + s.testAddr(), "X-Forwarded-For: 6.6.6.6"},
	} {
		if got := knock(t, s, "/ws", upgrade(append(lines, host)...)...); got != http.StatusForbidden && got != http.StatusUnauthorized {
			t.Errorf("%s: got %d, want a refusal", what, got)
		}
	}
	if got := knock(t, s, "/state", host, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"); got != http.StatusForbidden {
		t.Errorf("embedded by a foreign page: got %d, want 403", got)
	}
	if got := knock(t, s, "/", host, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"); got != http.StatusOK {
		t.Errorf("following a link to the page: got %d, want 200", got)
	}
}

func TestNamedOriginIsAllowedWithToken(t *testing.T) {
	s, _ := start(t, Options{Origins: []string{"https://lab.example.org/"}})
	lines := []string{"Host: lab.example.org", "Origin: https://lab.example.org"}
	if got := knock(t, s, "/ws", upgrade(lines...)...); got != http.StatusUnauthorized {
		t.Errorf("behind a proxy without token: got %d, want 401", got)
	}
	if got := knock(t, s, "/ws", upgrade(append(lines, "Authorization: Bearer "+s.Token(false))...)...); got != http.StatusSwitchingProtocols {
		t.Errorf("behind a proxy with token: got %d, want 101", got)
	}
	if !strings.HasPrefix(s.URL(), "https://lab.example.org/launch?token=") {
		t.Errorf("URL is %s", s.URL())
	}
}

func TestEveryRouteAsksForCredentials(t *testing.T) {
	s, _ := start(t, Options{Token: true})
	public := map[string]bool{"/healthz": true, "/launch": true}
	routes := s.routes(newViewer(page))
	if len(routes) < 7 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, r := range routes {
		path := strings.NewReplacer("{$}", "", "{file}", "viewer.wasm.gz").Replace(r.pattern)
		res, body := get(t, "http://"+s.testAddr()+path)
		if r.public != public[path] {
			t.Errorf("%s: public is %v", path, r.public)
		}
		if !r.public && res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without token: %d, want 401", path, res.StatusCode)
		}
		if path == "/launch" && (res.StatusCode != http.StatusUnauthorized || res.Header.Get("Set-Cookie") != "") {
			t.Errorf("/launch without token: %d and cookie %q", res.StatusCode, res.Header.Get("Set-Cookie"))
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; " +
				"style-src 'self'; img-src 'self' data: blob:; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "SAMEORIGIN",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Access-Control-Allow-Origin": "",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if strings.Contains(body, s.Token(true)) || strings.Contains(body, s.Token(false)) {
			t.Errorf("%s shows a token", path)
		}
	}
	res, err := http.Post("http://"+s.testAddr()+"/state", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d, want 405", res.StatusCode)
	}
}

func TestLaunchLinkOpensOneBrowser(t *testing.T) {
	notified := make(chan string, 10)
	s, log := start(t, Options{Token: true, Notify: func(text string) { notified <- text }})
	base := "http://" + s.testAddr()
	open := func(link string, header ...string) (cookie string, status int) {
		res, _ := get(t, link, header...)
		for _, c := range res.Cookies() {
			if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "" {
				t.Errorf("cookie %v: want HttpOnly and SameSite=Strict, and no path, for the link's own", c)
			}
			cookie = c.Name + "=" + c.Value
		}
		if res.StatusCode == http.StatusOK && res.Header.Get("Refresh") != "0; url=./" {
			t.Errorf("the link does not lead on to the page: %v", res.Header)
		}
		return cookie, res.StatusCode
	}
	link, view := s.URL(), s.ViewURL()
	if _, status := open(link, "Sec-Purpose", "prefetch"); status == http.StatusOK {
		t.Error("a prefetch used the link up")
	}
	controller, status := open(link)
	if controller == "" || status != http.StatusOK {
		t.Fatalf("first use: %d", status)
	}
	if again, status := open(link); again != "" || status != http.StatusUnauthorized {
		t.Errorf("second use by another browser: %d with cookie %q", status, again)
	}
	if again, status := open(link, "Cookie", controller); again != "" || status != http.StatusOK {
		t.Errorf("second use by the same browser: %d: want it led to the page", status)
	}
	if u, _ := url.Parse(link); strings.Contains(controller, u.Query().Get("token")) {
		t.Error("the cookie is the link's token")
	}
	pupil, _ := open(view)
	other, _ := open(view)
	if pupil == "" || other == "" || pupil == controller {
		t.Error("a view link must open any number of browsers, and not with control")
	}
	if next := <-notified; !strings.Contains(next, "launch?token=") || strings.Contains(next, link) {
		t.Errorf("the terminal shows %q when the link is used, want the next one", next)
	}
	for _, cookie := range []string{pupil, controller} {
		control := cookie == controller
		if res, _ := get(t, base+"/", "Cookie", cookie); res.StatusCode != http.StatusOK {
			t.Errorf("page with cookie: %d", res.StatusCode)
		}
		conn, _, err := dial(s, http.Header{"Origin": {base}, "Cookie": {cookie}})
		if err != nil {
			t.Fatal(err)
		}
		g := &guest{t, conn}
		if hello := g.next().Event.(event.Hello); hello.Control != control {
			t.Errorf("hello says control %v, want %v", hello.Control, control)
		}
		for i, op := range append(event.Ops(), "nonsense", "") {
			g.send(event.Control{ID: uint64(i + 1), Op: op})
			if control && i < len(event.Ops()) {
				(<-s.hub.Controls()).Answer(nil)
			}
			if a := g.next().Event.(event.Ack); !control && !strings.Contains(a.Error, "view-only") || control && a.OK != (i < len(event.Ops())) {
				t.Errorf("control %v: %q is answered %+v", control, op, a)
			}
		}
		if len(s.hub.controls) != 0 {
			t.Error("a control reached the run that should not")
		}
		conn.Close()
	}
	u, _ := url.Parse(link)
	for _, secret := range []string{s.Token(true), s.Token(false), u.Query().Get("token"), controller, pupil} {
		if strings.Contains(log.String(), secret) {
			t.Error("the log shows a secret")
		}
	}
	if !strings.Contains(log.String(), "/launch") {
		t.Error("the log does not show the refused launch at all: the check above proves nothing")
	}
}

// However often the view link is opened, nobody is thrown out and no memory is taken.
func TestViewLinkOpenedOftenHarmsNobody(t *testing.T) {
	a := newAccess(true, false, address{}, nil, "c")
	mine, _ := a.redeem(a.launch())
	first, _ := a.redeem(a.view)
	before := len(a.sessions)
	for range 5000 {
		a.redeem(a.view)
	}
	if len(a.sessions) != before {
		t.Errorf("%d sessions, want %d as before", len(a.sessions), before)
	}
	for cookie, want := range map[string]scope{mine: controlling, first: viewing, "": nothing} {
		r, _ := http.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: a.cookie, Value: cookie})
		if got := a.scope(r); got != want {
			t.Errorf("scope %d, want %d", got, want)
		}
	}
}

func TestBearerSchemeInAnyCase(t *testing.T) {
	a := newAccess(true, false, address{}, nil, "c")
	for header, want := range map[string]scope{
		"Bearer " + a.control: controlling, "bearer " + a.control: controlling, "BEARER  " + a.view: viewing,
		"Basic " + a.control: nothing, "Bearer" + a.control: nothing, "Bearer " + a.control + "x": nothing, a.control: nothing, "bearer ": nothing,
	} {
		r, _ := http.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		if got := a.scope(r); got != want {
			t.Errorf("%.12s...: scope %d, want %d", header, got, want)
		}
	}
}
