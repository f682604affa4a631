//go:build !js

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"reta/viewer/app"
)

// skip ends the test visibly, or fails it where nothing may be missing.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	skip(t, "no Chromium found: install the package chromium")
	return ""
}

// tab is a page of a headless browser, and what went wrong in it.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string
}

var browser struct {
	once sync.Once
	ctx  context.Context
	end  context.CancelFunc
}

// TestMain ends the browser that the tests share.
func TestMain(m *testing.M) {
	code := m.Run()
	if browser.end != nil {
		browser.end()
	}
	os.Exit(code)
}

// start starts the shared browser.
func start(program string) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.WindowSize(1440, 900),
		chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	browser.ctx, browser.end = ctx, func() { cancel(); stop() }
}

// open shows address in a window of w by h pixels.
func open(t *testing.T, address string, w, h int, device ...chromedp.EmulateViewportOption) *tab {
	t.Helper()
	program := chromium(t)
	static := filepath.Join("..", "..", "server", "web", "static")
	if _, err := os.Stat(filepath.Join(static, "viewer.wasm.gz")); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		skip(t, "the viewer is not built: run make viewer")
	}
	browser.once.Do(func() {
		start(program)
		if err := chromedp.Do(browser.ctx); err != nil {
			t.Fatalf("%s does not start: %v", program, err)
		}
	})
	ctx, cancel := chromedp.NewContext(browser.ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 6*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	console := chromedp.Console(ctx)
	go func() {
		for m, err := range console {
			if err != nil {
				return
			}
			b.note(m)
		}
	}()
	listen(b)
	b.do(chromedp.EmulateViewport(int64(w), int64(h), device...), chromedp.Navigate(address))
	if strings.Contains(address, "/launch?") {
		b.arrive()
	}
	return b
}

// arrive waits until a launch link has led to the page; what is asked on the way may find neither.
func (b *tab) arrive() {
	b.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(60 * time.Millisecond) {
		there, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.getElementById("frame") !== null`))
		if err == nil && there {
			return
		}
	}
	b.t.Fatalf("waited %v for the page behind the launch link", patience)
}

// note keeps console errors and warnings, exceptions, failed loads and reports of the
// content security policy.
func (b *tab) note(m chromedp.ConsoleMessage) {
	bad := m.Source == "security" || m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleWarning || m.IsException()
	if !bad || strings.Contains(m.Text, "GPU stall due to ReadPixels") {
		return // the software renderer's own advice is no fault of the page
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, m.String()+" "+m.URL)
}

// clean fails the test if anything went wrong in the page.
func (b *tab) clean() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		b.t.Error(f)
	}
	b.faults = nil
	for _, f := range asked[[]string](b, `window.seen?.refused ?? []`) {
		b.t.Errorf("the content security policy refused %s", f)
	}
}

// fatal ends the test when the browser failed.
func (b *tab) fatal(err error) {
	b.t.Helper()
	if err == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.t.Fatalf("browser: %v; faults so far: %q", err, b.faults)
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.fatal(chromedp.Do(b.ctx, steps...))
}

// eval runs a script in the page and returns its value.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	b.fatal(err)
	return v
}

// state asks the page's read-only state function.
func (b *tab) state() app.Probe {
	b.t.Helper()
	text := eval[string](b, `window.retaState?.() ?? "{}"`)
	var p app.Probe
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		b.t.Fatalf("retaState gives %q: %v", text, err)
	}
	return p
}

// patience is long: a busy machine without a GPU compiles, draws and distils at once.
const patience = 2 * time.Minute

// until waits for the state to be as wanted, and returns it.
func (b *tab) until(what string, want func(app.Probe) bool) app.Probe {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		p := b.state()
		if want(p) {
			return p
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("waited %v until %s; the state is %+v", patience, what, p)
		}
		time.Sleep(60 * time.Millisecond)
	}
}

// emulate sets the colour scheme and whether motion is reduced.
func (b *tab) emulate(scheme string, reduced bool) {
	b.t.Helper()
	motion := "no-preference"
	if reduced {
		motion = "reduce"
	}
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: motion}}})
	b.fatal(err)
}

// shot keeps a screenshot of what is seen, if RETA_SHOTS asks for it.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("RETA_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	b.fatal(err)
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// forgive drops faults that hold one of the texts.
func (b *tab) forgive(texts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = slices.DeleteFunc(b.faults, func(f string) bool {
		return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(f, t) })
	})
}
