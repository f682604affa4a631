package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
)

// scope is what a request may do.
type scope int

const (
	nothing scope = iota
	viewing
	controlling
)

// access decides who may do what. See the package documentation for the threat model.
type access struct {
	loopback bool      // only this machine can reach the listener
	open     bool      // a direct request of the user who runs this server, from this machine, needs no token
	public   address   // under which browsers open the page, behind a proxy; the zero value if --public-url is not given
	origins  []address // further origins, such as https://lab.example.org, that of public among them
	port     string    // that the server listens at
	cookie   string    // name of the session cookie: browsers send one server's cookies to all ports of its host

	control, view string // tokens for the Authorization header; view also for launch links

	mu            sync.Mutex
	launches      map[[32]byte]bool  // hashes of unused one-time launch tokens
	strangerToken string             // the launch token last shown for whoever comes through a proxy or from another user
	sessions      map[[32]byte]scope // by hash of the cookie
	pupil         string             // the cookie of everybody who opened the view link: they are equal, and may be any number
}

func newAccess(loopback, open bool, public address, origins []address, port string) *access {
	a := &access{loopback: loopback, open: open, public: public, origins: origins, port: port, cookie: "reta-" + port, control: secret(), view: secret(),
		pupil: secret(), launches: map[[32]byte]bool{}, sessions: map[[32]byte]scope{}}
	a.sessions[sha256.Sum256([]byte(a.pupil))] = viewing
	return a
}

// secret is 256 random bits.
func secret() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hostAllowed reports whether host, the Host header, is a name under which only this server can answer. A foreign
// name that was made to resolve to this machine (DNS rebinding) is not; addresses and "localhost" are never looked
// up in the DNS, so they cannot be rebound.
func (a *access) hostAllowed(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if strings.EqualFold(name, "localhost") {
		return true
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Zone() == "" && (ip.IsLoopback() || !a.loopback)
	}
	return slices.ContainsFunc(a.origins, func(o address) bool { return o.names(host) })
}

// originAllowed reports whether origin is this very server, as the browser sees it, or one the operator named.
func (a *access) originAllowed(r *http.Request, origin string) bool {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	if strings.EqualFold(origin, scheme+r.Host) {
		return true
	}
	return slices.ContainsFunc(a.origins, func(o address) bool { return strings.EqualFold(origin, o.origin) })
}

// scope gives what the credentials of r allow: a bearer token, a session cookie, or, on an open server, a direct
// request of the user who runs it.
func (a *access) scope(r *http.Request) scope {
	if s := a.bearer(r); s != nothing {
		return s
	}
	if c, err := r.Cookie(a.cookie); err == nil {
		a.mu.Lock()
		s := a.sessions[sha256.Sum256([]byte(c.Value))]
		a.mu.Unlock()
		if s != nothing {
			return s
		}
	}
	if a.open && a.direct(r) {
		return controlling
	}
	return nothing
}

// direct reports whether a program of the user who runs this server sent r straight to it: no relay, and to its own port, for a
// proxy that says nothing of itself mostly has another, which the Host header keeps.
func (a *access) direct(r *http.Request) bool {
	_, port, err := net.SplitHostPort(r.Host)
	p := peerOf(r)
	return err == nil && port == a.port && !forwarded(r) && p.user == os.Geteuid() && p.relay == ""
}

func (a *access) bearer(r *http.Request) scope {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	switch token = strings.TrimLeft(token, " "); {
	case !ok || !strings.EqualFold(scheme, "bearer"): // RFC 9110: schemes are case-insensitive
		return nothing
	case same(token, a.control):
		return controlling
	case same(token, a.view):
		return viewing
	}
	return nothing
}

// forwarded reports whether a proxy says that it passed r on: then who holds the connection says nothing about who asks.
func forwarded(r *http.Request) bool {
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded-") || slices.Contains([]string{"Forwarded", "Via", "X-Real-Ip", "X-Proxycontextpath"}, name) {
			return true
		}
	}
	return false
}

// launch makes a one-time token for a link that opens the page with control.
func (a *access) launch() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.newLaunch()
}

func (a *access) newLaunch() string {
	token := secret()
	a.launches[sha256.Sum256([]byte(token))] = true
	return token
}

// strangerLaunch is a launch token for whoever comes through a proxy whose address this server was not given, or from another
// user: the same one until it is used.
func (a *access) strangerLaunch() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.launches[sha256.Sum256([]byte(a.strangerToken))] {
		a.strangerToken = a.newLaunch()
	}
	return a.strangerToken
}

// redeem exchanges the token of a launch link for a session, and gives the cookie's value: a new one for a link that opens
// the page with control, which is used up by that.
func (a *access) redeem(token string) (cookie string, ok bool) {
	sum := sha256.Sum256([]byte(token))
	a.mu.Lock()
	defer a.mu.Unlock()
	if same(token, a.view) {
		return a.pupil, true
	}
	if !a.launches[sum] {
		return "", false
	}
	delete(a.launches, sum)
	cookie = secret()
	a.sessions[sha256.Sum256([]byte(cookie))] = controlling
	return cookie, true
}

// same compares in constant time, whatever the lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
