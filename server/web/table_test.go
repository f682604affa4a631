package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// rule says who may have a route. It is written here once more, beside the routes themselves: a new route needs one.
type rule struct {
	needs     scope // nothing: whoever passes Host and Origin
	anyOrigin bool  // pages of other sites may read it
	socket    bool
}

var rules = map[string]rule{
	"/{$}":             {needs: viewing, anyOrigin: true},
	"/{file}":          {needs: viewing, anyOrigin: true},
	"/assets.json":     {needs: viewing, anyOrigin: true},
	"/state":           {needs: viewing},
	"/recording":       {needs: viewing},
	"/recording/index": {needs: viewing},
	"/metrics":         {needs: viewing},
	"/healthz":         {needs: nothing},
	"/launch":          {needs: nothing},
	"/ws":              {needs: viewing, socket: true},
}

// kind is a way to start the server.
type kind struct {
	name         string
	loopback     bool
	open         bool // its own user needs no token
	public       string
	hosts        []string // besides loopback's, under which it may be asked
	originOf     string   // an origin that is allowed whatever the Host, "" for none
	beforeRoutes string   // path that a proxy may leave before each route's
}

var kinds = []kind{
	{name: "open", loopback: true, open: true},
	{name: "with --token", loopback: true},
	{name: "beyond loopback", hosts: []string{"10.0.0.7:7117"}},
	{name: "with --public-url", loopback: true, public: "https://lab.example.org/reta/", hosts: []string{"lab.example.org", "LAB.example.org:443"},
		originOf: "https://lab.example.org", beforeRoutes: "/reta"},
}

// Every route, of every kind of server, asked under every name, from every origin, with all sorts of credentials, by its
// own user, by another one and through a proxy: answered exactly where the route's rule says so, with the scope that the
// credentials give.
func TestHostileRequests(t *testing.T) {
	s, _ := start(t, Options{})
	tried, passed := 0, 0
	for _, k := range kinds {
		var public address
		var origins []address
		if k.public != "" {
			public, _ = parseAddress(k.public)
			origins = append(origins, public)
		}
		a := newAccess(k.loopback, k.open, public, origins, "7117")
		got := -1 // the scope that the route's handler was given
		routes := s.routes(newViewer(page))
		for i := range routes {
			routes[i].handler = func(_ http.ResponseWriter, _ *http.Request, sc scope) { got = int(sc) }
		}
		if len(routes) != len(rules) {
			t.Errorf("%d routes and %d rules", len(routes), len(rules))
		}
		handler := guard(a, &notices{}, s.traffic, routes)
		for _, rt := range routes {
			rule, ok := rules[rt.pattern]
			if !ok {
				t.Errorf("the route %s has no rule: say in rules who may have it", rt.pattern)
				continue
			}
			path := k.beforeRoutes + strings.NewReplacer("{$}", "", "{file}", "app.js").Replace(rt.pattern)
			if strings.Contains(path, "{") {
				t.Fatalf("%s: put something into its pattern", rt.pattern)
			}
			for q := range requests(a, k) {
				r := q.request(path)
				got = -1
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				tried++
				status, sc := q.want(rule, k)
				if w.Code != status || status == http.StatusOK && got != int(sc) || status != http.StatusOK && got >= 0 {
					t.Errorf("%s, server %s: %+v answers %d with scope %d, want %d with %d", path, k.name, q, w.Code, got, status, sc)
				}
				if got >= 0 {
					passed++
				}
			}
			if t.Failed() {
				return
			}
		}
		for _, path := range []string{"/debug/pprof/", "/debug/vars", "/recording/other", "/state/", "/healthz/x", "/static/app.js", "/ws/ws"} {
			r := controlled(path, a)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != http.StatusNotFound {
				t.Errorf("%s, which is no route: %d, want 404", path, w.Code)
			}
		}
	}
	t.Logf("%d requests, %d of them answered", tried, passed)
	if tried < 100_000 || passed < 10_000 {
		t.Errorf("only %d requests, %d of them answered", tried, passed)
	}
}

// asked is one request.
type asked struct {
	host, origin, credential string
	hostGood, originGood     bool
	header                   string // of the credential
	value                    string
	has                      scope // what the credential gives
	bearer                   bool  // by the Authorization header
	user                     int   // who holds the connection
	proxy                    string
	upgrade                  bool
}

// controlled is one with full control, from the server's own user.
func controlled(path string, a *access) *http.Request {
	q := asked{host: "localhost:7117", header: "Authorization", value: "Bearer " + a.control, user: os.Geteuid()}
	return q.request(path)
}

func (q asked) request(path string) *http.Request {
	p := &peer{user: q.user}
	p.once.Do(func() {}) // it is known
	r := httptest.NewRequestWithContext(context.WithValue(context.Background(), peerKey{}, p), http.MethodGet, path, nil)
	r.Host = q.host
	for name, value := range map[string]string{"Origin": q.origin, q.header: q.value, q.proxy: "for=6.6.6.6"} {
		if name != "" && value != "" {
			r.Header.Set(name, value)
		}
	}
	if q.upgrade {
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
	}
	return r
}

// want is the right answer.
func (q asked) want(rule rule, k kind) (status int, has scope) {
	has = q.has
	if has == nothing && k.open && q.user == os.Geteuid() && q.proxy == "" && strings.HasSuffix(q.host, ":7117") {
		has = controlling
	}
	switch {
	case !q.hostGood:
		return http.StatusMisdirectedRequest, has
	case !q.originGood && !rule.anyOrigin:
		return http.StatusForbidden, has
	case has < rule.needs:
		return http.StatusUnauthorized, has
	case rule.socket && q.upgrade && q.origin == "" && !q.bearer:
		return http.StatusForbidden, has
	}
	return http.StatusOK, has
}

// requests are all combinations for a kind of server.
func requests(a *access, k kind) func(func(asked) bool) {
	cookie, _ := a.redeem(a.launch())
	hosts := map[string]bool{
		"127.0.0.1:7117": true, "LOCALHOST:7117": true, "[::1]:7117": true, "localhost:9999": true,
		"evil.example:7117": false, "127.0.0.1.evil.example:7117": false, "localhost.": false, "10.0.0.7:7117": false,
		"lab.example.org": false, "LAB.example.org:443": false, "lab.example.org:80": false, "[fe80::1%25eth0]:7117": false, "": false,
	}
	for _, h := range k.hosts {
		hosts[h] = true
	}
	if k.loopback && hosts["10.0.0.7:7117"] {
		panic("a server of loopback alone is asked under no other address")
	}
	credentials := []asked{
		{credential: "none"},
		{credential: "token", header: "Authorization", value: "Bearer " + a.control, has: controlling, bearer: true},
		{credential: "view token", header: "Authorization", value: "bearer " + a.view, has: viewing, bearer: true},
		{credential: "wrong token", header: "Authorization", value: "Bearer " + strings.Repeat("A", 43)},
		{credential: "empty token", header: "Authorization", value: "Bearer "},
		{credential: "cookie", header: "Cookie", value: a.cookie + "=" + cookie, has: controlling},
		{credential: "view cookie", header: "Cookie", value: a.cookie + "=" + a.pupil, has: viewing},
		{credential: "wrong cookie", header: "Cookie", value: a.cookie + "=" + strings.Repeat("A", 43)},
		{credential: "token as cookie", header: "Cookie", value: a.cookie + "=" + a.control},
		{credential: "cookie of another name", header: "Cookie", value: "other=" + cookie},
		{credential: "cookie as token", header: "Authorization", value: "Bearer " + cookie},
	}
	return func(yield func(asked) bool) {
		for host, hostGood := range hosts {
			itself := "http://" + strings.ToLower(host)
			for _, origin := range []string{"", itself, "http://evil.example:7117", "https://" + host, "null", "http://localhost:1",
				"https://lab.example.org", "https://lab.example.org.evil.example"} {
				originGood := origin == "" || origin == itself || strings.EqualFold(origin, k.originOf) && k.originOf != ""
				for _, q := range credentials {
					for _, user := range []int{os.Geteuid(), os.Geteuid() + 1} {
						for _, proxy := range []string{"", "X-Forwarded-For"} {
							for _, upgrade := range []bool{false, true} {
								q.host, q.hostGood, q.origin, q.originGood, q.user, q.proxy, q.upgrade = host, hostGood, origin, originGood, user, proxy, upgrade
								if !yield(q) {
									return
								}
							}
						}
					}
				}
			}
		}
	}
}

// What no credential opens: other methods, and fetches that a page of another site makes.
func TestHostileWaysToAsk(t *testing.T) {
	s, _ := start(t, Options{})
	for _, rt := range s.routes(newViewer(page)) {
		path := strings.NewReplacer("{$}", "", "{file}", "app.js").Replace(rt.pattern)
		for name, c := range map[string]struct {
			change func(*http.Request)
			want   int
		}{
			"POST":            {func(r *http.Request) { r.Method = http.MethodPost }, http.StatusMethodNotAllowed},
			"PUT":             {func(r *http.Request) { r.Method = http.MethodPut }, http.StatusMethodNotAllowed},
			"OPTIONS":         {func(r *http.Request) { r.Method = http.MethodOptions }, http.StatusMethodNotAllowed},
			"foreign picture": {func(r *http.Request) { setFetch(r, "cross-site", "no-cors") }, http.StatusForbidden},
			"foreign fetch":   {func(r *http.Request) { setFetch(r, "cross-site", "cors") }, http.StatusForbidden},
			"foreign socket":  {func(r *http.Request) { setFetch(r, "cross-site", "websocket") }, http.StatusForbidden},
		} {
			r := controlled(path, s.access)
			c.change(r)
			w := httptest.NewRecorder()
			s.http.Handler.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%s, %s: %d, want %d", path, name, w.Code, c.want)
			}
			if fmt.Sprint(w.Header()["Access-Control-Allow-Origin"]) != "[]" {
				t.Errorf("%s, %s: other sites may read the answer", path, name)
			}
		}
	}
}

func setFetch(r *http.Request, site, mode string) {
	r.Header.Set("Sec-Fetch-Site", site)
	r.Header.Set("Sec-Fetch-Mode", mode)
}
