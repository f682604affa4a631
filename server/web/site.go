package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"path"
	"strings"
)

// Site is the viewer's page as files, by name, for a folder that any static web server can host under any path:
// Listen serves the same page with a run behind it. Its program comes as gzip, which canvas.js unpacks whatever a
// host makes of it. The page shows the recording that stands at an address relative to the folder, "" for none.
// An error names what `make viewer` would build.
func Site(recording string) (map[string][]byte, error) {
	files, err := fs.Sub(embedded, "static")
	if err != nil {
		return nil, err
	}
	return newViewer(files).site(recording)
}

func (v *viewer) site(recording string) (map[string][]byte, error) {
	if missing := v.missing(); len(missing) > 0 {
		return nil, fmt.Errorf("the viewer is not built into this program: %s is missing: run make viewer, then build again", strings.Join(missing, " and "))
	}
	entries, err := fs.ReadDir(v.files, ".")
	if err != nil {
		return nil, fmt.Errorf("viewer files: %w", err)
	}
	out := map[string][]byte{}
	for _, e := range entries {
		name := e.Name()
		if name == sidecar || path.Ext(name) == ".br" || contentTypes[path.Ext(name)] == "" || !e.Type().IsRegular() {
			continue
		}
		if out[name], err = fs.ReadFile(v.files, name); err != nil {
			return nil, fmt.Errorf("viewer file %s: %w", name, err)
		}
		if path.Ext(name) == ".html" {
			if out[name], err = standalone(name, out[name], recording); err != nil {
				return nil, err
			}
		}
	}
	program, err := v.program()
	if err != nil {
		return nil, err
	}
	packed := wasm + ".gz"
	program.Bytes = int64(len(out[packed]))
	out["assets.json"], err = json.MarshalIndent(map[string]asset{packed: program}, "", "  ")
	return out, err
}

// metaCSP is csp as a page can say it of itself: who may frame it only a header can say.
var metaCSP = strings.Replace(csp, "frame-ancestors 'self'; ", "", 1)

// standalone makes an HTML file of the page say by itself what a server says in headers, and what it shows without one.
func standalone(name string, page []byte, recording string) ([]byte, error) {
	head := fmt.Sprintf("<html lang=\"en\" data-recording=\"%s\">", html.EscapeString(recording))
	meta := fmt.Sprintf("<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"+
		"<meta name=\"referrer\" content=\"no-referrer\">", metaCSP)
	for _, change := range [][2]string{{`<html lang="en">`, head}, {`<meta charset="utf-8">`, meta}} {
		if bytes.Count(page, []byte(change[0])) != 1 {
			return nil, errors.New("viewer file " + name + ": want " + change[0] + " once")
		}
		page = bytes.Replace(page, []byte(change[0]), []byte(change[1]), 1)
	}
	return page, nil
}
