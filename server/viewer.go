package main

import (
	"context"
	"errors"
	"log/slog"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/server/run"
	"reta/server/web"
	"reta/shared/event"
)

// viewerFlags are the flags about the viewer, of every command that has one.
var viewerFlags = []string{"listen", "token", "insecure", "tls-cert", "tls-key", "origin"}

// addViewerFlags registers viewerFlags.
func addViewerFlags(fs *pflag.FlagSet, o *web.Options) {
	fs.StringVar(&o.Listen, "listen", web.DefaultListen, "address of the viewer")
	fs.BoolVar(&o.Token, "token", false, "ask for a launch link even on this machine")
	fs.BoolVar(&o.Insecure, "insecure", false, "allow --listen beyond this machine without TLS")
	fs.StringVar(&o.CertFile, "tls-cert", "", "TLS certificate, PEM")
	fs.StringVar(&o.KeyFile, "tls-key", "", "TLS key, PEM")
	fs.StringSliceVar(&o.Origins, "origin", nil, "further origin the page is opened under, behind a proxy")
}

// listen opens the viewer's port.
func listen(c *cobra.Command, o web.Options) (*web.Server, error) {
	o.Build = run.Version()
	o.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	server, err := web.Listen(o)
	if err != nil && !errors.Is(err, syscall.EADDRINUSE) {
		err = usageError{err}
	}
	return server, err
}

// serve answers viewers, and their controls by obey, until the returned function is called.
func serve(server *web.Server, out *console, obey func(event.Control) error) (stop func()) {
	served := make(chan error, 1)
	go func() {
		err := server.Serve()
		if err != nil {
			out.warn("viewer: %v: nothing more is shown, a run goes on", err)
		}
		served <- err
	}()
	go func() {
		for r := range server.Hub().Controls() {
			r.Answer(obey(r.Control))
		}
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			out.warn("viewer: %v", err)
		}
		<-served
	}
}
