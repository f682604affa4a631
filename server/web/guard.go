package web

import (
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/gorilla/websocket"
)

// csp lets the page run its own files and nothing else.
const csp = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; " +
	"img-src 'self' data: blob:; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

// route is one path of the server.
type route struct {
	pattern string
	public  bool // answers without credentials; Host and Origin are checked all the same
	page    bool // a file of the page, which holds nothing of the run: the Origin is not checked, so that the page can say what is wrong with it
	socket  bool // an upgrade: it must name its Origin, or carry a token in its header
	handler func(w http.ResponseWriter, r *http.Request, s scope)
}

// guard puts every route behind the same checks: method, Host, Origin, scope. What is not listed is refused.
func guard(a *access, n *notices, t *traffic, routes []route) http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			t.ask(rt.pattern)
			s := a.scope(r)
			upgrade := rt.socket && websocket.IsWebSocketUpgrade(r)
			origins := r.Header["Origin"]
			if rt.socket && !upgrade && len(origins) == 0 { // a page that got no socket, and no reason, asks for the reason
				if at, err := parseAddress(r.URL.Query().Get("page")); err == nil {
					origins = []string{at.origin}
				}
			}
			switch {
			case !rt.page && (len(origins) > 1 || len(origins) == 1 && !a.originAllowed(r, origins[0])):
				at, named := apparentAddress(r, origins[0]), strings.Join(origins, ", ")
				t.refuse(w, r, http.StatusForbidden, fmt.Sprintf("the origin %.100q is not allowed: behind a proxy, start the server with "+
					"--public-url %s", named, at))
				n.once("origin "+named, fmt.Sprintf("viewer: refused a page of the origin %.100q: behind a proxy, start the server with --public-url %s", named, at))
			case !rt.public && s == nothing:
				t.refuse(w, r, http.StatusUnauthorized, a.unauthorizedText(r, n))
			case upgrade && len(origins) == 0 && a.bearer(r) == nothing:
				t.refuse(w, r, http.StatusForbidden, "a websocket request without Origin header needs \"Authorization: Bearer TOKEN\"")
			default:
				rt.handler(w, r, s)
			}
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "SAMEORIGIN")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !a.hostAllowed(r.Host):
			at := apparentAddress(r, "")
			t.refuse(w, r, http.StatusMisdirectedRequest, fmt.Sprintf("the host name %.100q is not allowed: open the server by its address, "+
				"or, behind a proxy, start it with --public-url %s", r.Host, at))
			n.once("host "+r.Host, fmt.Sprintf("viewer: refused a request to the host name %.100q: behind a proxy, start the server with "+
				"--public-url %s", r.Host, at))
		case r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			t.refuse(w, r, http.StatusForbidden, "pages of other sites may not use this server")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			t.refuse(w, r, http.StatusMethodNotAllowed, "want GET or HEAD")
		case a.public.path == r.URL.Path+"/" && isNoRoute(mux, r): // relative addresses in the page want the "/" at the end
			http.Redirect(w, r, a.public.path, http.StatusPermanentRedirect)
		default:
			mux.ServeHTTP(w, a.public.stripPath(r))
		}
	})
}

// isNoRoute reports whether a path is at most a file of the page.
func isNoRoute(mux *http.ServeMux, r *http.Request) bool {
	_, pattern := mux.Handler(r)
	return pattern == "" || pattern == "/{file}"
}

// unauthorizedText says where the link or token is that a request lacks. A server that needs none from its own user printed no
// link, and none of a proxy whose address it was not given: then the terminal shows what to add to the page's address.
func (a *access) unauthorizedText(r *http.Request, n *notices) string {
	var came, remedy string
	switch p := peerOf(r); {
	case forwarded(r) && a.public.path == "":
		came = "through a proxy"
		remedy = fmt.Sprintf("\nOr start the server with --public-url %s: then it prints the whole link.", apparentAddress(r, ""))
	case a.open && p.relay != "":
		came = "through a tunnel (" + p.relay + ")"
	case a.open && p.user == os.Geteuid():
		came = "by another port than the server's own, as through a tunnel"
	case a.open && p.user >= 0:
		came = fmt.Sprintf("from another user of this machine (uid %d)", p.user)
	default:
		return "open this page with the link the server printed when it started (a link is good for one browser), " +
			"or send its token as \"Authorization: Bearer TOKEN\""
	}
	token := a.strangerLaunch()
	n.once("stranger "+token, "viewer: a browser came "+came+", and needs a link: add  launch?token="+token+"  to the address "+
		"that the page has there (good for one browser)")
	return "This page came " + came + ", so the server asks who opens it. Its terminal shows an ending, launch?token=..., " +
		"to add to the address of this page." + remedy
}
