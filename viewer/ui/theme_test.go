package ui

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// palettes reads both themes out of the style sheet, which is their source.
func palettes(t *testing.T) (light, dark Theme) {
	t.Helper()
	css, err := os.ReadFile(filepath.Join("..", "..", "server", "web", "static", "app.css"))
	if err != nil {
		t.Fatal(err)
	}
	l, d := map[string]string{}, map[string]string{}
	for _, m := range regexp.MustCompile(`--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)`).FindAllSubmatch(css, -1) {
		l[string(m[1])], d[string(m[1])] = string(m[2]), string(m[3])
	}
	if light, err = ParseTheme(l); err != nil {
		t.Fatal(err)
	}
	if dark, err = ParseTheme(d); err != nil {
		t.Fatal(err)
	}
	return light, dark
}

// contrast is WCAG 2.1's ratio of two colours.
func contrast(a, b Color) float64 {
	l := func(c Color) float64 {
		f := func(v uint8) float64 {
			x := float64(v) / 255
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return 0.2126*f(c.R) + 0.7152*f(c.G) + 0.0722*f(c.B)
	}
	x, y := l(a), l(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestBothThemesCanBeRead(t *testing.T) {
	light, dark := palettes(t)
	for name, th := range map[string]Theme{"light": light, "dark": dark} {
		for what, c := range map[string]Color{"ink": th.Ink, "muted": th.Muted, "accent": th.Accent, "real": th.Real, "syn": th.Syn, "anchor": th.Anchor} {
			for where, ground := range map[string]Color{"surface": th.Surface, "sunken": th.Sunken} {
				if r := contrast(c, ground); r < 4.5 {
					t.Errorf("%s: text %s on %s has contrast %.2f, want 4.5", name, what, where, r)
				}
			}
		}
		graphs := map[string]Color{"ce": th.CE, "bn": th.BN, "topo": th.Topo, "total": th.Total}
		for i, g := range th.Groups {
			graphs["group"+string(rune('1'+i))] = g
		}
		for what, c := range graphs {
			if r := contrast(c, th.Sunken); r < 3 {
				t.Errorf("%s: %s on sunken has contrast %.2f, want 3", name, what, r)
			}
		}
	}
}

func TestThemeNeedsEveryRole(t *testing.T) {
	if _, err := ParseTheme(map[string]string{"bg": "#000000"}); err == nil {
		t.Error("a theme without ink was taken")
	}
	for _, s := range []string{"", "#", "#12345", "#1234567", "123456", "#zzzzzz", "rgb(0)"} {
		if _, err := ParseColor(s); err == nil {
			t.Errorf("ParseColor(%q) gave no error", s)
		}
	}
}
