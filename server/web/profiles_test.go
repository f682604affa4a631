package web

import (
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// Profiles are served on loopback alone, to this user's own programs, and the port is free again after stop.
func TestProfiles(t *testing.T) {
	at, stop, err := Profiles("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ask := func(path string, change func(*http.Request)) (int, string) {
		t.Helper()
		r, _ := http.NewRequest(http.MethodGet, "http://"+at+path, nil)
		if change != nil {
			change(r)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(body)
	}
	if status, body := ask("/debug/pprof/goroutine?debug=1", nil); status != http.StatusOK || !strings.Contains(body, "TestProfiles") {
		t.Errorf("goroutines: %d: %.200s", status, body)
	}
	if status, body := ask("/debug/pprof/heap", nil); status != http.StatusOK || !strings.HasPrefix(body, "\x1f\x8b") {
		t.Errorf("heap: %d, want a packed profile", status)
	}
	for name, c := range map[string]struct {
		path   string
		change func(*http.Request)
		want   int
	}{
		"rebound name":    {"/debug/pprof/", func(r *http.Request) { r.Host = "evil.example" }, http.StatusMisdirectedRequest},
		"foreign page":    {"/debug/pprof/", func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, http.StatusForbidden},
		"foreign picture": {"/debug/pprof/", func(r *http.Request) { setFetch(r, "cross-site", "no-cors") }, http.StatusForbidden},
		"proxy":           {"/debug/pprof/", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "6.6.6.6") }, http.StatusForbidden},
		"POST":            {"/debug/pprof/", func(r *http.Request) { r.Method = http.MethodPost }, http.StatusMethodNotAllowed},
		"address bar":     {"/debug/pprof/", func(r *http.Request) { setFetch(r, "none", "navigate") }, http.StatusOK},
		"its own link":    {"/debug/pprof/heap?debug=1", func(r *http.Request) { setFetch(r, "same-origin", "navigate") }, http.StatusOK},
		"nothing else":    {"/state", nil, http.StatusNotFound},
		"no command line": {"/debug/pprof/cmdline", nil, http.StatusNotFound},
	} {
		if status, body := ask(c.path, c.change); status != c.want {
			t.Errorf("%s: %d, want %d: %.100s", name, status, c.want, body)
		}
	}
	if os.Geteuid() == 0 && usersKnown() {
		if status, _ := askAs(t, nil, at, 33, "/debug/pprof/"); status != http.StatusForbidden {
			t.Errorf("another user gets %d", status)
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	stop()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatalf("after stop: %v", err)
	}
	l.Close()
}

func TestProfilesStayOnThisMachine(t *testing.T) {
	for address, want := range map[string]string{
		"0.0.0.0:0": "0.0.0.0:0: other machines could reach the profiles: want a loopback address, such as 127.0.0.1:6060",
		":0":        ":0: other machines could reach the profiles: want a loopback address",
		"[::]:0":    "[::]:0: other machines could reach the profiles",
		"6060":      `listen "6060": want HOST:PORT, such as localhost:7117`,
	} {
		_, _, err := Profiles(address)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	at, stop, err := Profiles("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if _, _, err := Profiles(at); err == nil || !strings.Contains(err.Error(), "take any free port with --pprof 127.0.0.1:0") {
		t.Errorf("a port in use: %v", err)
	}
}
