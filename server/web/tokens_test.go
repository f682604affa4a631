package web

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tokens in a folder outlast the server: made once, for this user alone, and good the next time.
func TestTokensAreKept(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "tokens")
	var control, view string
	for range 2 {
		s, _ := start(t, Options{Token: true, Tokens: folder})
		if control == "" {
			control, view = s.Token(true), s.Token(false)
		}
		if s.Token(true) != control || s.Token(false) != view || control == view {
			t.Error("the tokens are others than before, or one")
		}
		if res, _ := get(t, "http://"+s.testAddr()+"/metrics", "Authorization", "Bearer "+view); res.StatusCode != http.StatusOK {
			t.Errorf("with the view token: %s", res.Status)
		}
	}
	for name, token := range map[string]string{"control": control, "view": view} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		if text, _ := os.ReadFile(filepath.Join(folder, name)); string(text) != token+"\n" {
			t.Errorf("%s holds %q", name, text)
		}
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info.Mode(), err)
	}
}

func TestTokensThatAreNone(t *testing.T) {
	good := strings.Repeat("a", 32)
	for name, c := range map[string]struct {
		control, view string
		mode          os.FileMode
		want          string
	}{
		"short":       {"secret", good, 0o600, "control holds no token: want 32 to 512"},
		"empty":       {"", good, 0o600, "control holds no token"},
		"two lines":   {good + "\n" + good, good, 0o600, "control holds no token"},
		"long":        {strings.Repeat("a", 2000), good, 0o600, "control is not a file of one token"},
		"a header":    {good + "\r\nX: y", good, 0o600, "control holds no token"},
		"for all":     {good, good + "b", 0o604, "everybody may read or write"},
		"one for two": {good, good, 0o600, "control and view hold the same token"},
		"for a group": {good, good + "b", 0o640, ""},
	} {
		folder := t.TempDir()
		for file, text := range map[string]string{"control": c.control, "view": c.view} {
			path := filepath.Join(folder, file)
			if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			os.Chmod(path, c.mode)
		}
		_, _, err := readTokens(folder)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), good)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	if _, err := Listen(Options{Listen: "127.0.0.1:0", Tokens: file}); err == nil || !strings.Contains(err.Error(), "--tokens: ") {
		t.Errorf("a file for the folder: %v", err)
	}
	folder := t.TempDir()
	os.Mkdir(filepath.Join(folder, "control"), 0o700)
	if _, _, err := readTokens(folder); err == nil || !strings.Contains(err.Error(), "is not a file of one token") {
		t.Errorf("a folder for the file: %v", err)
	}
}
