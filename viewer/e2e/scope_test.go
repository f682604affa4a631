//go:build !js

package e2e

import (
	"testing"
	"time"

	"reta/server/web"
	"reta/viewer/app"
)

// Who has the view link sees everything and can touch nothing; a launch link opens one browser.
func TestViewLinkOnlyLooks(t *testing.T) {
	server, err := web.Listen(web.Options{Listen: "127.0.0.1:0", Token: true})
	if err != nil {
		t.Fatal(err)
	}
	h := hello(10, 1, 32)
	server.Hub().Publish(h)
	fill(server.Hub(), 10, 1, 32, 5)
	go func() { _ = server.Serve() }()
	t.Cleanup(func() { _ = server.Shutdown(t.Context()) })
	b := open(t, server.ViewURL(), 1100, 800)
	b.until("images", func(p app.Probe) bool { return p.Images == 10 && p.Connection == "open" })
	b.rest()
	if b.report().Run.Control {
		t.Error("a view link gives control")
	}
	for _, id := range []string{"pause", "step", "stop"} {
		if !eval[bool](b, byID(id)+`.disabled || !`+byID(id)+`.offsetParent`) {
			t.Errorf("who may only look can press %s", id)
		}
	}
	b.loose()
	b.key(" ")
	time.Sleep(300 * time.Millisecond)
	select {
	case q := <-server.Hub().Controls():
		t.Errorf("who may only look had the run do %v", q.Op)
	default:
	}
	b.forgive("/recording/index") // this hub has no run behind it, and so no log
	b.clean()
}
