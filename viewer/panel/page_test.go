package panel

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every kind of block is in the page's table of kinds, and the page knows none that nobody can send.
func TestThePageKnowsEveryKind(t *testing.T) {
	script, err := os.ReadFile("../../server/web/static/panel.js")
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile(`(?s)const kinds = \{(.*?)\}`).FindSubmatch(script)
	if table == nil {
		t.Fatal("panel.js has no table of kinds")
	}
	known := map[string]bool{}
	for name := range strings.FieldsFuncSeq(string(table[1]), func(r rune) bool { return r < 'a' || r > 'z' }) {
		known[name] = true
	}
	blocks := Panel{
		Lede(""), Text(""), Note(""), Reason(""), Heading(""), Range{}, Choice{}, Toggle{}, Search{}, Number{}, Area{}, File{},
		Buttons{}, Facts{}, Table{}, Legend{}, Card{}, Details{},
	}
	for _, b := range blocks {
		if !known[b.kind()] {
			t.Errorf("panel.js does not render the kind %q", b.kind())
		}
		delete(known, b.kind())
	}
	for name := range known {
		t.Errorf("panel.js renders %q, which no block of this package is", name)
	}
}
