package web

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// tokenWritten is a token as a file may hold it: one that cannot be guessed, of characters that a header may have.
var tokenWritten = regexp.MustCompile(`^[A-Za-z0-9_.~+/=-]{32,512}$`)

// readTokens gives the bearer tokens in the files control and view of a folder, so that they outlast the program. Files and
// folder that are not there are made, for this user alone. What others may read is no secret: such a file is an error.
func readTokens(folder string) (control, view string, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", "", fmt.Errorf("--tokens: %w", err)
	}
	if control, err = readToken(filepath.Join(folder, "control")); err != nil {
		return "", "", err
	}
	if view, err = readToken(filepath.Join(folder, "view")); err != nil {
		return "", "", err
	}
	if control == view {
		return "", "", fmt.Errorf("--tokens %s: control and view hold the same token: who may look could control the run: remove one, and it is made anew", folder)
	}
	return control, view, nil
}

func readToken(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		token := secret()
		_, err = f.WriteString(token + "\n")
		return token, errors.Join(err, f.Close())
	}
	if !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("--tokens: %w", err)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("--tokens: %w", err)
	case !info.Mode().IsRegular() || info.Size() > 1024:
		return "", fmt.Errorf("--tokens: %s is not a file of one token", path)
	case info.Mode()&0o007 != 0:
		return "", fmt.Errorf("--tokens: everybody may read or write %s (mode %04o): chmod 600 it, or 640 for a group", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("--tokens: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if !tokenWritten.MatchString(token) {
		return "", fmt.Errorf("--tokens: %s holds no token: want 32 to 512 letters, digits or signs of -_.~+/=, or remove it, and it is made anew", path)
	}
	return token, nil
}
