package run

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reta/compute/distill"
	"reta/shared/event"
)

// A file of changes is read as it was written; what cannot be one names the file and the remedy.
func TestChangesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), changesFile)
	if list, err := readChanges(path); list != nil || err != nil {
		t.Errorf("no file: %v, %v", list, err)
	}
	line := `{"ID":1,"Step":3,"Name":"alpha","From":0.5,"To":0.25,"Unix":7,"By":"viewer"}` + "\n"
	for text, want := range map[string]string{
		line: "", line + line: "", "": "",
		"{": changesFile + ": change 1: unexpected EOF; remove the file", line + "[1]": "change 2: json",
		line + `{"ID":"x"}`:                        "change 2: json",
		strings.Repeat(line, event.MaxChanges+1):   "change 1025: more than 1024 changes",
		strings.Repeat(" ", maxChangesFile) + line: "want a file of at most 524288; remove it",
		strings.Repeat("{}\n", event.MaxChanges):   "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		list, err := readChanges(path)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %q", text, err, want)
		}
		if text == line && !reflect.DeepEqual(list, []event.Change{{ID: 1, Step: 3, Name: "alpha", From: 0.5, To: 0.25, Unix: 7, By: "viewer"}}) {
			t.Errorf("read %+v", list)
		}
	}
	f := &Folder{Path: filepath.Dir(path)}
	if err := os.WriteFile(path, []byte("]"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := f.steer(new(distill.Steering)); err == nil {
		t.Error("a file that is no list of changes is taken")
	}
}
