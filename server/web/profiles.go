package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/pprof"
	"os"
	"time"
)

// Profiles serves Go's profiles of this process (net/http/pprof) under /debug/pprof/ at a loopback address, HOST:PORT, until
// stop is called; at is the address with its port. They show what the program is about in detail and cost it time, so they
// are answered to the user who runs it alone, and to no page.
func Profiles(address string) (at string, stop func(), err error) {
	listeners, loopback, err := bind("--pprof", address)
	if err != nil {
		return "", nil, err
	}
	if !loopback {
		for _, l := range listeners {
			err = errors.Join(err, l.Close())
		}
		return "", nil, errors.Join(fmt.Errorf("%s: other machines could reach the profiles: want a loopback address, such as 127.0.0.1:6060, "+
			"and from elsewhere ssh -L 6060:127.0.0.1:6060", address), err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index) // all profiles but these, which are made on request
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: ownUserOnly(mux), ConnContext: withPeer, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}
	for _, l := range listeners {
		go server.Serve(l) // until stop
	}
	return listeners[0].Addr().String(), func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
	}, nil
}

// ownUserOnly refuses what a page could send, under a rebound name too, and other users of this machine.
func ownUserOnly(h http.Handler) http.Handler {
	loopback := newAccess(true, false, address{}, nil, "")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := len(r.Header["Origin"]) > 0 || r.Header.Get("Sec-Fetch-Site") != "" && r.Header.Get("Sec-Fetch-Site") != "none"
		switch {
		case !loopback.hostAllowed(r.Host):
			http.Error(w, "open the profiles by the address that the program printed", http.StatusMisdirectedRequest)
		case page && r.Header.Get("Sec-Fetch-Site") != "same-origin":
			http.Error(w, "pages of other sites may not read profiles", http.StatusForbidden)
		case forwarded(r) || usersKnown() && (peerOf(r).user != os.Geteuid() || peerOf(r).relay != ""):
			http.Error(w, "profiles are for the user who runs the program", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "want GET or HEAD", http.StatusMethodNotAllowed)
		default:
			h.ServeHTTP(w, r)
		}
	})
}
