package web

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options of a Server. The zero value listens on DefaultListen, for this machine only.
type Options struct {
	Listen   string   // HOST:PORT, "" for DefaultListen, port 0 for any free one
	Token    bool     // ask for a launch link or token even the user who runs the server, on loopback
	Tokens   string   // folder of files control and view with the bearer tokens, "" for new ones each time
	Insecure bool     // allow listening beyond loopback without TLS: the network can read along
	CertFile string   // TLS certificate and key, PEM
	KeyFile  string   //
	Origins  []string // further origins the page is opened under, behind a proxy: https://lab.example.org
	// PublicURL is where browsers open the page behind a proxy: https://lab.example.org/reta/. URL gives links there; its
	// origin is allowed; the proxy may pass requests on with or without its path.
	PublicURL string
	// NoRun serves the page without a run: it opens no socket, and shows lessons, sandbox and files of the user.
	NoRun bool
	// View is what the page shows first, as the part of an address after "#": scene=lessons. URL and ViewURL lead there.
	View  string
	Build string       // version, sent to viewers
	Log   *slog.Logger // nil: slog.Default()
	// Notify prints for the operator why a browser was refused, and may show a launch link; nil: nothing is printed.
	Notify func(text string)
}

// Server shows one hub and the viewer's page over HTTP.
type Server struct {
	hub       *Hub
	access    *access
	http      *http.Server
	listeners []net.Listener
	options   Options
	places    *places
	traffic   *traffic
	recorded  struct {
		sync.Mutex
		source Recorded
	}
}

// Listen opens the port, so that a port in use is known before a run begins; Serve then answers. Whoever listens
// calls Shutdown.
func Listen(o Options) (*Server, error) {
	files, err := fs.Sub(embedded, "static")
	if err != nil {
		return nil, err
	}
	return listen(o, files)
}

func listen(o Options, files fs.FS) (*Server, error) {
	if o.Listen == "" {
		o.Listen = DefaultListen
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	public, origins, err := o.addresses()
	if err != nil {
		return nil, err
	}
	secure := o.CertFile != "" || o.KeyFile != ""
	if secure && (o.CertFile == "" || o.KeyFile == "") {
		return nil, errors.New("TLS needs both files: --tls-cert and --tls-key")
	}
	config := new(tls.Config)
	if secure {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("--tls-cert %s, --tls-key %s: %w: want a certificate and its key, PEM", o.CertFile, o.KeyFile, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	control, view := secret(), secret()
	if o.Tokens != "" {
		if control, view, err = readTokens(o.Tokens); err != nil {
			return nil, err
		}
	}
	listeners, loopback, err := bind("--listen", o.Listen)
	if err != nil {
		return nil, err
	}
	if !loopback && !secure && !o.Insecure {
		for _, l := range listeners {
			l.Close()
		}
		return nil, fmt.Errorf("listen %s: other machines could reach this server, unencrypted: give --tls-cert and --tls-key, "+
			"or --insecure to accept it, or --listen %s to stay on this machine", o.Listen, DefaultListen)
	}
	_, port, _ := net.SplitHostPort(listeners[0].Addr().String())
	open := loopback && !o.Token && len(origins) == 0 && usersKnown()
	s := &Server{hub: newHub(o.Build, o.Log), listeners: listeners, options: o, places: newPlaces(maxConnections), traffic: newTraffic(o.Log),
		access: newAccess(loopback, open, public, origins, port)}
	s.access.control, s.access.view = control, view
	page := newViewer(files)
	page.noRun = o.NoRun
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // a websocket takes over an HTTP/1 connection
	s.http = &http.Server{
		Handler:           guard(s.access, &notices{notify: o.Notify}, s.traffic, s.routes(page)),
		TLSConfig:         config,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      5 * time.Minute, // the viewer's program over a slow line
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		Protocols:         protocols,
		ConnState:         s.places.note,
		ConnContext:       withPeer,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// addresses reads PublicURL and Origins.
func (o Options) addresses() (public address, origins []address, err error) {
	if o.PublicURL != "" {
		if public, err = parseAddress(o.PublicURL); err != nil {
			return public, nil, fmt.Errorf("public URL %w", err)
		}
		origins = append(origins, public)
	}
	for _, origin := range o.Origins {
		a, err := parseAddress(origin)
		if err != nil || a.path != "/" {
			return public, nil, fmt.Errorf("origin %q: want scheme and host alone, such as https://lab.example.org; an address with a path is for --public-url", origin)
		}
		origins = append(origins, a)
	}
	return public, origins, nil
}

func (s *Server) routes(v *viewer) []route {
	return []route{
		{pattern: "/{$}", page: true, handler: func(w http.ResponseWriter, r *http.Request, _ scope) { v.ServeHTTP(w, r) }},
		{pattern: "/{file}", page: true, handler: func(w http.ResponseWriter, r *http.Request, _ scope) { v.ServeHTTP(w, r) }},
		{pattern: "/assets.json", page: true, handler: func(w http.ResponseWriter, r *http.Request, _ scope) {
			all, err := v.assets()
			answerJSON(w, all, err)
		}},
		{pattern: "/state", handler: func(w http.ResponseWriter, r *http.Request, _ scope) { answerJSON(w, s.hub.Summary(), nil) }},
		{pattern: "/recording", handler: func(w http.ResponseWriter, r *http.Request, _ scope) { s.sendRecording(w, r) }},
		{pattern: "/recording/index", handler: func(w http.ResponseWriter, r *http.Request, _ scope) { s.sendIndex(w, r) }},
		{pattern: "/metrics", handler: func(w http.ResponseWriter, _ *http.Request, _ scope) { s.sendMetrics(w) }},
		{pattern: "/healthz", public: true, handler: func(w http.ResponseWriter, _ *http.Request, _ scope) { s.sendHealth(w) }},
		{pattern: "/launch", public: true, handler: s.openLaunch},
		{pattern: "/ws", socket: true, handler: func(w http.ResponseWriter, r *http.Request, sc scope) {
			s.hub.serve(w, r, sc == controlling)
		}},
	}
}

// openLaunch exchanges the token of a launch link for a cookie and leads to the page. It leads on by a Refresh, not
// a redirect: a strict cookie is not sent along a redirect that began on another site, such as a mail program's. Cookie
// and page have the path that the browser sees, whatever a proxy made of it: the cookie names none, so that it is
// valid where the link is.
func (s *Server) openLaunch(w http.ResponseWriter, r *http.Request, has scope) {
	if r.Method != http.MethodGet || strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") {
		http.Error(w, "open the link to use it", http.StatusBadRequest)
		return
	}
	token := r.URL.Query().Get("token")
	if cookie, ok := s.access.redeem(token); ok {
		if notify := s.options.Notify; notify != nil && s.Guarded() && !same(token, s.access.view) {
			notify("viewer: a browser took the control link; the next browser can take " + s.URL())
		}
		http.SetCookie(w, &http.Cookie{Name: s.access.cookie, Value: cookie, HttpOnly: true, SameSite: http.SameSiteStrictMode,
			Secure: r.TLS != nil || strings.HasPrefix(s.access.public.origin, "https:")})
	} else if has == nothing {
		s.traffic.refuse(w, r, http.StatusUnauthorized, "this launch link is used up or not of this server: "+
			"a control link opens one browser once; take the newest link the server printed")
		return
	}
	to := "./" + s.view()
	w.Header().Set("Refresh", "0; url="+to)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="icon.svg"><title>reta</title><p><a href="%s">Open the viewer</a></p></html>`+"\n",
		html.EscapeString(to))
}

func answerJSON(w http.ResponseWriter, value any, err error) {
	data, e := json.MarshalIndent(value, "", "  ")
	if err == nil {
		err = e
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(data, '\n'))
}

// Hub is where the run publishes to and takes controls from.
func (s *Server) Hub() *Hub { return s.hub }

// URL is what to open in a browser of this machine to see and control the run. Where a token is needed it is a
// launch link: each call makes a new one, good for one browser.
func (s *Server) URL() string {
	if s.access.open {
		return s.base() + s.view()
	}
	return s.base() + "launch?token=" + s.access.launch()
}

// ViewURL is a link for those who may look but not control; any number of browsers can open it. On an open server,
// which asks for no token, it is the plain address.
func (s *Server) ViewURL() string {
	if s.access.open {
		return s.base() + s.view()
	}
	return s.base() + "launch?token=" + s.access.view
}

// Guarded reports whether the server asks everybody for a link or a token.
func (s *Server) Guarded() bool { return !s.access.open }

// Token is what a script sends as "Authorization: Bearer TOKEN" to control (or only view) the run.
func (s *Server) Token(control bool) string {
	if control {
		return s.access.control
	}
	return s.access.view
}

// TokenFolder is Options.Tokens.
func (s *Server) TokenFolder() string { return s.options.Tokens }

// view is Options.View as the end of an address.
func (s *Server) view() string {
	if s.options.View == "" {
		return ""
	}
	return "#" + s.options.View
}

// base is the address of the page, with a "/" at its end.
func (s *Server) base() string {
	if at := s.access.origins; len(at) > 0 {
		return at[0].String() // the public address, if there is one
	}
	scheme := "http://"
	if s.options.CertFile != "" {
		scheme = "https://"
	}
	at := s.listeners[0].Addr().(*net.TCPAddr)
	host := at.IP.String()
	if at.IP.IsUnspecified() {
		host = firstAddress()
	}
	return scheme + net.JoinHostPort(host, fmt.Sprint(at.Port)) + "/"
}

// firstAddress is an address other machines can reach this one by, or loopback.
func firstAddress() string {
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() && ip.IP.To4() != nil {
			return ip.IP.String()
		}
	}
	return "127.0.0.1"
}

// Serve answers requests until Shutdown, then returns nil.
func (s *Server) Serve() error {
	failed := make(chan error, len(s.listeners))
	for _, l := range s.listeners {
		go func() {
			if s.options.CertFile != "" {
				failed <- s.http.ServeTLS(s.places.listener(l), "", "")
			} else {
				failed <- s.http.Serve(s.places.listener(l))
			}
		}()
	}
	var first error
	for range s.listeners {
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) && first == nil {
			first = fmt.Errorf("serve %s: %w", s.options.Listen, err)
			s.http.Close()
		}
	}
	return first
}

// Shutdown closes every viewer with code 1001 after sending it what is left, and the listeners. When ctx ends first,
// connections are cut and its error is returned. A second call does nothing more.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.hub.Close(ctx)
	if e := s.http.Shutdown(ctx); e != nil {
		s.http.Close()
		err = errors.Join(err, e)
	}
	for _, l := range s.listeners {
		l.Close() // in case Serve was never called
	}
	return err
}
