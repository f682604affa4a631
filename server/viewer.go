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
var viewerFlags = []string{"listen", "token", "tokens", "insecure", "tls-cert", "tls-key", "origin", "public-url"}

// addViewerFlags registers viewerFlags.
func addViewerFlags(fs *pflag.FlagSet, o *web.Options) {
	fs.StringVar(&o.Listen, "listen", web.DefaultListen, "address of the viewer")
	fs.BoolVar(&o.Token, "token", false, "require a launch link or token even of the user who runs the program, on this machine")
	fs.StringVar(&o.Tokens, "tokens", "", "folder with the bearer tokens of programs, files control and view; made where they are missing (default: new tokens each time)")
	fs.BoolVar(&o.Insecure, "insecure", false, "allow --listen on an address other machines reach, without TLS")
	fs.StringVar(&o.CertFile, "tls-cert", "", "TLS certificate, PEM")
	fs.StringVar(&o.KeyFile, "tls-key", "", "TLS key, PEM")
	fs.StringVar(&o.PublicURL, "public-url", "", "address of the page behind a proxy, with its path, such as https://lab.example.org/reta/; links are printed for it")
	fs.StringSliceVar(&o.Origins, "origin", nil, "further scheme and host the page is opened under, such as https://lab.example.org")
}

// listen opens the viewer's port. What a refused browser needs is printed on out.
func listen(c *cobra.Command, o web.Options, out *console) (*web.Server, error) {
	o.Build = run.Version()
	o.Notify = func(text string) { out.warn("%s", text) }
	o.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	if out.log != nil {
		o.Log = newLogger(c.ErrOrStderr(), slog.LevelWarn)
	}
	server, err := web.Listen(o)
	if err != nil && !errors.Is(err, syscall.EADDRINUSE) {
		err = usageError{err}
	}
	return server, err
}

// sayLinks prints where the viewer is, and with what others may look on where it asks for that.
func sayLinks(server *web.Server, out *console) {
	out.say("viewer: open %s", server.URL())
	if server.Guarded() {
		out.say("viewer: to look on without control, in any number of browsers: %s", server.ViewURL())
		if folder := server.TokenFolder(); folder != "" {
			out.say("viewer: the tokens of programs are in %s: control and view", folder)
			return
		}
		out.say("viewer: a program sends \"Authorization: Bearer %s\" to control the run, \"Bearer %s\" to look on", server.Token(true), server.Token(false))
	}
}

// serve answers viewers, and their controls by obey, until the returned function is called.
func serve(server *web.Server, out *console, obey func(event.Control) error) (stop func()) {
	served := make(chan error, 1)
	go func() {
		err := server.Serve()
		if err != nil {
			out.warn("viewer: %v: the page is no longer served; a run continues", err)
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
