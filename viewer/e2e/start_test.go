//go:build !js

package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"reta/viewer/scene"
)

// drawnAfter waits for the first frame and gives its time since navigation, milliseconds.
func (b *tab) drawnAfter() float64 {
	b.t.Helper()
	waitFor(b.t, "the first frame", func() bool { return eval[bool](b, `performance.getEntriesByName("drawn").length > 0`) })
	return eval[float64](b, `performance.getEntriesByName("drawn")[0].startTime`)
}

// fetched is how many bytes of the program came over the network, -1 when it was not asked for.
func (b *tab) fetched() float64 {
	b.t.Helper()
	return eval[float64](b, `document.getElementById("frame").contentWindow.performance.getEntriesByType("resource")
		.find(e => /\/viewer\.wasm/.test(e.name))?.transferSize ?? -1`)
}

// The program comes packed once, and from the browser's own store afterwards.
func TestProgramIsKept(t *testing.T) {
	_, address := source(t)
	b := open(t, address, 1280, 800)
	cold := b.drawnAfter()
	if n := b.fetched(); n > 4e6 || n < 0 {
		t.Errorf("%.0f bytes came for the program: want it packed", n)
	}
	warm := cold
	for range 3 {
		b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(address))
		warm = min(warm, b.drawnAfter())
		if n := b.fetched(); n != 0 {
			t.Errorf("%.0f bytes came for a program that was kept", n)
		}
	}
	t.Logf("first frame after %.0f ms, with the program kept after %.0f ms (best of 3)", cold, warm)
	b.clean()
}

// A plain folder of files, without a list of them and without a hint how they are packed, shows the viewer all the same.
func TestPlainFolderIsEnough(t *testing.T) {
	static := filepath.Join("..", "..", "server", "web", "static")
	site := httptest.NewServer(http.FileServer(http.Dir(static)))
	t.Cleanup(site.Close)
	if os.Getenv("RETA_VIEWER_URL") != "" {
		t.Skip("a server is given: the folder is not its own")
	}
	b := open(t, site.URL+"/", 1280, 800)
	b.drawnAfter()
	b.until("it looks for a server", func(p scene.Probe) bool { return p.Connection == "lost" })
}
