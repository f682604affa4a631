package web

import (
	"fmt"
	"log/slog"
	"net/http"
)

// csp lets the page run its own files and nothing else.
const csp = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; " +
	"img-src 'self' data: blob:; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

// route is one path of the server.
type route struct {
	pattern string
	public  bool // answers without credentials; Host and Origin are checked all the same
	socket  bool // an upgrade: it must name its Origin, or carry a token in its header
	handler func(w http.ResponseWriter, r *http.Request, s scope)
}

// guard puts every route behind the same checks: method, Host, Origin, scope. What is not listed is refused.
func guard(a *access, log *slog.Logger, routes []route) http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			s := a.scope(r)
			if !rt.public && s == nothing {
				refuse(w, r, log, http.StatusUnauthorized, "open this page with the link the server printed when it started"+
					" (a link is good for one browser), or send its token as \"Authorization: Bearer TOKEN\"")
				return
			}
			if rt.socket && len(r.Header["Origin"]) == 0 && a.bearer(r) == nothing {
				refuse(w, r, log, http.StatusForbidden, "a websocket request without Origin header needs \"Authorization: Bearer TOKEN\"")
				return
			}
			rt.handler(w, r, s)
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
		origins := r.Header["Origin"]
		switch {
		case !a.hostAllowed(r.Host):
			refuse(w, r, log, http.StatusMisdirectedRequest, fmt.Sprintf("this server does not answer to the name %.100q: open it by "+
				"its address, or start it with --origin to allow the name", r.Host))
		case len(origins) > 1 || len(origins) == 1 && !a.originAllowed(r, origins[0]):
			refuse(w, r, log, http.StatusForbidden, fmt.Sprintf("a page of %.100q may not use this server: start it with --origin to "+
				"allow it", origins))
		case r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			refuse(w, r, log, http.StatusForbidden, "pages of other sites may not use this server")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			refuse(w, r, log, http.StatusMethodNotAllowed, "want GET or HEAD")
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// refuse answers in words. The log gets the path alone: a query may hold a token.
func refuse(w http.ResponseWriter, r *http.Request, log *slog.Logger, status int, text string) {
	log.Debug("request refused", "status", status, "path", r.URL.Path, "host", r.Host, "origin", r.Header.Get("Origin"))
	http.Error(w, text, status)
}
