package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// address is where browsers open the page: an origin, and for a page behind a proxy the path it has there.
type address struct {
	origin string // as browsers write it: scheme://host, lower case, without the scheme's own port
	path   string // begins and ends with "/"
}

func (a address) String() string { return a.origin + (&url.URL{Path: a.path}).EscapedPath() }

// hostWritten is a host as browsers write it in an Origin header: other scripts than Latin encoded, perhaps a port.
var hostWritten = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?$`)

// shellSafe is an address that a shell takes as one word, and a terminal shows as it is.
var shellSafe = regexp.MustCompile(`^[A-Za-z0-9:/._~@%+=,\[\]-]{1,200}$`)

// parseAddress reads an address of http or https that is a scheme, a host and a path alone.
func parseAddress(text string) (address, error) {
	wrong := fmt.Errorf("%.200q: want http or https, a host and a path alone, such as https://lab.example.org/reta/", text)
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !hostWritten.MatchString(u.Host) || u.User != nil || strings.ContainsAny(text, "#?") {
		return address{}, wrong
	}
	a := address{origin: u.Scheme + "://" + strings.ToLower(u.Host), path: strings.TrimSuffix(u.Path, "/") + "/"}
	if strings.TrimSuffix(path.Clean(a.path), "/")+"/" != a.path {
		return address{}, wrong
	}
	a.origin = strings.TrimSuffix(strings.TrimSuffix(a.origin, ":"), map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
	return a, nil
}

// names reports whether a Host header names the address's host, with or without the scheme's own port.
func (a address) names(host string) bool {
	scheme, _, _ := strings.Cut(a.origin, "://")
	other, err := parseAddress(scheme + "://" + host)
	return err == nil && other.origin == a.origin && !strings.Contains(host, "/")
}

// stripPath gives the request as the server's own routes expect it: a proxy may pass the path on as the browser sent it,
// or without the part that leads to this server.
func (a address) stripPath(r *http.Request) *http.Request {
	rest, under := strings.CutPrefix(r.URL.Path, a.path)
	if len(a.path) < 2 || !under {
		return r
	}
	in := *r
	in.URL = &url.URL{Path: "/" + rest, RawQuery: r.URL.RawQuery}
	return &in
}

// apparentAddress is the address a browser seems to have opened, as the page itself and the proxies on the way tell it, to
// name it in a remedy; origin is the Origin header or "". Anyone can send these: it is good for words alone, and safe to
// copy into a shell.
func apparentAddress(r *http.Request, origin string) string {
	if a, err := parseAddress(r.URL.Query().Get("page")); err == nil && (origin == "" || a.origin == origin) && shellSafe.MatchString(a.String()) {
		return a.String()
	}
	if origin == "" {
		scheme := "http"
		if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
			scheme = "https"
		}
		origin = scheme + "://" + cmp.Or(r.Header.Get("X-Forwarded-Host"), r.Host)
	}
	prefix := strings.Trim(cmp.Or(r.Header.Get("X-Forwarded-Prefix"), r.Header.Get("X-Forwarded-Context")), "/")
	if a, err := parseAddress(origin + "/" + prefix); err == nil && shellSafe.MatchString(a.String()) {
		return a.String()
	}
	return "https://HOST/PATH/"
}
