//go:build !js

package e2e

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"reta/server/web"
	"reta/shared/event"
	"reta/viewer/app"
)

// listening serves a hub that no run publishes to.
func listening(t *testing.T, o web.Options) *web.Server {
	t.Helper()
	s, err := web.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.Shutdown(ctx) // the browser may hold on to its connections
		<-served
	})
	return s
}

// proxied serves the page behind a proxy that shows it under a path, cuts that off, and sends a Host header of its own.
func proxied(t *testing.T, with func(address string) web.Options) (s *web.Server, address string) {
	t.Helper()
	var to *url.URL
	mux := http.NewServeMux()
	mux.Handle("/lab/reta/", http.StripPrefix("/lab/reta", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}))
	h := httptest.NewServer(mux)
	t.Cleanup(h.Close)
	address = h.URL + "/lab/reta/"
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	o := with(address)
	o.Listen = free.Addr().String()
	to = &url.URL{Scheme: "http", Host: o.Listen}
	return listening(t, o), address
}

// The printed link opens the page under the proxy's path, and the page finds the run.
func TestPageBehindAProxy(t *testing.T) {
	s, address := proxied(t, func(address string) web.Options { return web.Options{PublicURL: address} })
	s.Hub().Publish(event.Hello{Run: "runs/far", Dataset: "demo", Classes: []string{"a"}, IPC: 1, Width: 8, Height: 8, Steps: 9, Stages: 1})
	b := open(t, s.URL(), 1280, 800)
	b.until("the run is there", func(p app.Probe) bool { return p.Connection == "open" })
	b.reads("title", "demo")
	if at := eval[string](b, `location.href.split("#")[0]`); at != address {
		t.Errorf("the page is at %s, want %s", at, address)
	}
	b.shot("proxy")
	b.clean()
}

// A server that was not told the address refuses the page's connection: the page says so, and the flag; its lessons work.
func TestPageSaysThatItIsRefused(t *testing.T) {
	_, address := proxied(t, func(string) web.Options { return web.Options{} })
	b := open(t, address, 1280, 800)
	b.reads("banner-text", "The server refuses this page: ")
	b.reads("banner-text", "--public-url "+address)
	b.reads("pill", "Refused")
	b.shot("refused")
	b.tap("tab-lessons")
	b.until("the lessons are open", func(p app.Probe) bool { return p.Scene == "lessons" })
	b.forgive("WebSocket connection", "403")
	b.clean()
}

// A server without a run leads to the lessons, and asks for no run.
func TestLessonsWithoutARun(t *testing.T) {
	s := listening(t, web.Options{Listen: "127.0.0.1:0", Token: true, NoRun: true, View: "scene=lessons"})
	b := open(t, s.ViewURL(), 1280, 800)
	p := b.until("the lessons are open", func(p app.Probe) bool { return p.Scene == "lessons" })
	if p.Connection != "none" || !eval[bool](b, `document.getElementById("run").hidden && document.getElementById("banner").hidden`) {
		t.Errorf("connection %q: want none, and no word of a run", p.Connection)
	}
	b.shot("lessons-alone")
	b.tap("tab-sandbox")
	b.until("the sandbox has points", func(p app.Probe) bool { return p.Sandbox != nil })
	b.tap("tab-images")
	b.reads("empty", "No run here")
	b.shot("no-run")
	b.clean()
}
