package web

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options of a Server. The zero value listens on DefaultListen, for this machine only.
type Options struct {
	Listen   string       // HOST:PORT, "" for DefaultListen, port 0 for any free one
	Token    bool         // ask for a launch link or token even on loopback, where other users share the machine
	Insecure bool         // allow listening beyond loopback without TLS: the network can read along
	CertFile string       // TLS certificate and key, PEM
	KeyFile  string       //
	Origins  []string     // further origins the page is opened under, behind a proxy: https://lab.example.org
	Build    string       // version, told to viewers
	Log      *slog.Logger // nil: slog.Default()
}

// Server shows one hub and the viewer's page over HTTP.
type Server struct {
	hub       *Hub
	access    *access
	http      *http.Server
	listeners []net.Listener
	options   Options
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
	o.Origins = slices.Clone(o.Origins)
	for i, origin := range o.Origins {
		o.Origins[i] = strings.TrimSuffix(origin, "/")
		u, err := url.Parse(o.Origins[i])
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || o.Origins[i] != u.Scheme+"://"+u.Host {
			return nil, fmt.Errorf("origin %q: want scheme and host alone, such as https://lab.example.org", origin)
		}
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
	listeners, loopback, err := bind(o.Listen)
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
	open := loopback && !o.Token && len(o.Origins) == 0
	s := &Server{hub: newHub(o.Build, o.Log), listeners: listeners, options: o,
		access: newAccess(loopback, open, o.Origins, "reta-"+port)}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // a websocket takes over an HTTP/1 connection
	s.http = &http.Server{
		Handler:           guard(s.access, o.Log, s.routes(newViewer(files))),
		TLSConfig:         config,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      5 * time.Minute, // the viewer's program over a slow line
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		Protocols:         protocols,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

func (s *Server) routes(v *viewer) []route {
	return []route{
		{pattern: "/{$}", handler: func(w http.ResponseWriter, r *http.Request, _ scope) { v.ServeHTTP(w, r) }},
		{pattern: "/{file}", handler: func(w http.ResponseWriter, r *http.Request, _ scope) { v.ServeHTTP(w, r) }},
		{pattern: "/assets.json", handler: func(w http.ResponseWriter, r *http.Request, _ scope) {
			all, err := v.assets()
			answerJSON(w, all, err)
		}},
		{pattern: "/state", handler: func(w http.ResponseWriter, r *http.Request, _ scope) { answerJSON(w, s.hub.Summary(), nil) }},
		{pattern: "/recording", handler: func(w http.ResponseWriter, r *http.Request, _ scope) { s.sendRecording(w, r) }},
		{pattern: "/recording/index", handler: func(w http.ResponseWriter, r *http.Request, _ scope) { s.sendIndex(w, r) }},
		{pattern: "/healthz", public: true, handler: func(w http.ResponseWriter, r *http.Request, _ scope) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			fmt.Fprintln(w, "ok")
		}},
		{pattern: "/launch", public: true, handler: s.openLaunch},
		{pattern: "/ws", socket: true, handler: func(w http.ResponseWriter, r *http.Request, sc scope) {
			s.hub.serve(w, r, sc == controlling)
		}},
	}
}

// openLaunch exchanges the token of a launch link for a cookie and leads to the page. It leads on by a Refresh, not
// a redirect: a strict cookie is not sent along a redirect that began on another site, such as a mail program's.
func (s *Server) openLaunch(w http.ResponseWriter, r *http.Request, has scope) {
	if r.Method != http.MethodGet || strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") {
		http.Error(w, "open the link to use it", http.StatusBadRequest)
		return
	}
	if cookie, ok := s.access.redeem(r.URL.Query().Get("token")); ok {
		http.SetCookie(w, &http.Cookie{Name: s.access.cookie, Value: cookie, Path: "/", HttpOnly: true,
			SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
	} else if has == nothing {
		refuse(w, r, s.options.Log, http.StatusUnauthorized, "this launch link is used up or not of this server: "+
			"a control link opens one browser once; take the newest link the server printed")
		return
	}
	w.Header().Set("Refresh", "0; url=/")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintln(w, `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="icon.svg"><title>reta</title><p><a href="/">Open the viewer</a></p></html>`)
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
		return s.base() + "/"
	}
	return s.base() + "/launch?token=" + s.access.launch()
}

// ViewURL is a link for those who may look but not control; any number of browsers can open it. On an open server,
// which asks for no token, it is the plain address.
func (s *Server) ViewURL() string {
	if s.access.open {
		return s.base() + "/"
	}
	return s.base() + "/launch?token=" + s.access.view
}

// Token is what a script sends as "Authorization: Bearer TOKEN" to control (or only view) the run.
func (s *Server) Token(control bool) string {
	if control {
		return s.access.control
	}
	return s.access.view
}

func (s *Server) base() string {
	if len(s.options.Origins) > 0 {
		return s.options.Origins[0]
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
	return scheme + net.JoinHostPort(host, fmt.Sprint(at.Port))
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
	slots := make(limit, maxConnections)
	failed := make(chan error, len(s.listeners))
	for _, l := range s.listeners {
		go func() {
			if s.options.CertFile != "" {
				failed <- s.http.ServeTLS(slots.listener(l), "", "")
			} else {
				failed <- s.http.Serve(slots.listener(l))
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
