package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Lessons need no device and no run: the address leads to them, and the page behind it asks for no run.
func TestLessonsNeedNoRun(t *testing.T) {
	t.Setenv("VK_DRIVER_FILES", "/none")
	address, told, stop := serving(t, "lessons")
	defer stop()
	page, view, _ := strings.Cut(address, "#")
	if view != "scene=lessons" {
		t.Errorf("the address is %s", address)
	}
	res, err := http.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case res.StatusCode == http.StatusServiceUnavailable && strings.Contains(string(text), "make viewer"): // not built into this test
	case res.StatusCode != http.StatusOK || !strings.Contains(string(text), `data-recording=""`):
		t.Errorf("the page is %s: %.300s", res.Status, text)
	}
	if !strings.Contains(told.String(), "lessons and sandbox") {
		t.Errorf("says %q", told)
	}
}

func TestLessonsBehindAProxy(t *testing.T) {
	address, _, stop := serving(t, "lessons", "--public-url", "https://lab.example.org/reta")
	defer stop()
	if !strings.HasPrefix(address, "https://lab.example.org/reta/launch?token=") {
		t.Errorf("the address is %s", address)
	}
	err := carryOut(t, "lessons --public-url lab.example.org/reta", t.TempDir())
	if want := `public URL "lab.example.org/reta": want http or https, a host and a path alone, such as https://lab.example.org/reta/`; err == nil || err.Error() != want || exitCode(err) != 2 {
		t.Errorf("says %v (exit code %d), want %s (2)", err, exitCode(err), want)
	}
}
