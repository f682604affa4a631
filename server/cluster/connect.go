package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Options say how to reach a broker.
type Options struct {
	URL      string // nats://host:port or tls://host:port, with user and password or without
	User     string // "": by the URL
	Password string
	CAFile   string // that signed the broker's certificate; "": the system's
	Creds    string // file of NATS credentials, for an outside cluster
	Say      func(format string, args ...any)

	broker nats.InProcessConnProvider // in this process, if it is not nil
}

// A connection on which nothing is answered for mostPings intervals is given up, as where a link was cut: its repetitions alone would
// come through minutes after the link is there again.
const (
	pingEvery = 10 * time.Second
	mostPings = 2
)

// CheckURL refuses what cannot be the URL of a broker.
func CheckURL(url string) error {
	if u, ok := strings.CutPrefix(url, "nats://"); ok && u != "" {
		return nil
	}
	if u, ok := strings.CutPrefix(url, "tls://"); ok && u != "" {
		return nil
	}
	return fmt.Errorf("%w: URL %q: want nats://HOST:PORT or tls://HOST:PORT", ErrOptions, url)
}

// connect waits for a broker that cannot be reached, and comes back to it whenever it is lost.
func connect(o Options, name string) (*nats.Conn, jetstream.JetStream, error) {
	if err := CheckURL(o.URL); err != nil {
		return nil, nil, err
	}
	options := []nats.Option{
		nats.Name(name), nats.MaxReconnects(-1), nats.ReconnectWait(500 * time.Millisecond), nats.RetryOnFailedConnect(true), nats.IgnoreAuthErrorAbort(),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(mostPings),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				o.Say("the broker is gone (%v): waiting for it", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { o.Say("the broker is there again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { o.Say("broker: %v", err) }),
	}
	if o.User != "" {
		options = append(options, nats.UserInfo(o.User, o.Password))
	}
	if o.broker != nil {
		options = append(options, nats.InProcessServer(o.broker))
	}
	if o.CAFile != "" {
		options = append(options, nats.RootCAs(o.CAFile))
	}
	if o.Creds != "" {
		options = append(options, nats.UserCredentials(o.Creds))
	}
	conn, err := nats.Connect(o.URL, options...)
	if err != nil {
		return nil, nil, fmt.Errorf("broker %s: %w", o.URL, err)
	}
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(5*time.Second))
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, js, nil
}

// full reports that a disk is.
func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// passing reports an error that may pass: the broker is away, or a disk is full.
func passing(err error) bool {
	var api *jetstream.APIError
	var path *fs.PathError
	switch {
	case err == nil, errors.Is(err, errMessage), errors.Is(err, jetstream.ErrObjectNotFound), errors.Is(err, nats.ErrAuthorization):
		return false
	case full(err):
		return true
	case errors.As(err, &api):
		return api.Code >= 500
	}
	return !errors.As(err, &path)
}

// mostStalls is how often an object is fetched anew of which nothing comes any more.
const mostStalls = 20

// patiently repeats f while its error may pass.
func patiently(ctx context.Context, say func(string, ...any), what string, f func() error) error {
	stalls := 0
	return until(ctx, say, what, func() (bool, error) {
		err := f()
		if errors.Is(err, errStalled) {
			stalls++
		}
		return !passing(err) || stalls == mostStalls, err
	})
}

// until repeats f while it fails, as it does while the broker is gone, until it says that it is done or ctx ends.
func until(ctx context.Context, say func(string, ...any), what string, f func() (done bool, err error)) error {
	wait := 200 * time.Millisecond
	for {
		done, err := f()
		if done {
			return err
		}
		if wait == 3200*time.Millisecond {
			say("%s: %v: trying again", what, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			wait = min(2*wait, 5*time.Second)
		}
	}
}
