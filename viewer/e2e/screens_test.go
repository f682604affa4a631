package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"reta/viewer/scene"
)

// TestScreens shows every scene, light and dark, on a desk and on a phone, and keeps
// what it sees under RETA_SHOTS for people to look at.
func TestScreens(t *testing.T) {
	if os.Getenv("RETA_SHOTS") == "" {
		t.Skip("RETA_SHOTS is not set")
	}
	_, address := startRun(t, 60*time.Millisecond)
	for _, size := range []struct {
		name  string
		w, h  int
		scale float64
	}{{"desk", 1440, 900, 1}, {"phone", 390, 844, 2}} {
		b := open(t, address, size.w, size.h, chromedp.EmulateScale(size.scale))
		b.until("images", func(p scene.Probe) bool { return p.Images == ipc*len(classes) && p.Step > 130 })
		for _, scheme := range []string{"light", "dark"} {
			b.emulate(scheme, false)
			for _, name := range []string{"images", "training", "features"} {
				eval[any](b, `document.getElementById("tab-`+name+`").click()`)
				time.Sleep(900 * time.Millisecond)
				b.shot(size.name + "-" + name + "-" + scheme)
			}
		}
		b.clean()
	}
}
