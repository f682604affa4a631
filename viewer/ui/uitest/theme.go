package uitest

import (
	"os"
	"regexp"
	"testing"

	"reta/viewer/ui"
)

// Themes reads the light and the dark palette out of the style sheet at path, which
// is their source.
func Themes(t testing.TB, path string) (light, dark ui.Theme) {
	t.Helper()
	css, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	l, d := map[string]string{}, map[string]string{}
	for _, m := range regexp.MustCompile(`--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)`).FindAllSubmatch(css, -1) {
		l[string(m[1])], d[string(m[1])] = string(m[2]), string(m[3])
	}
	if light, err = ui.ParseTheme(l); err != nil {
		t.Fatal(err)
	}
	if dark, err = ui.ParseTheme(d); err != nil {
		t.Fatal(err)
	}
	return light, dark
}
