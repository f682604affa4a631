package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/server/run"
	"reta/shared/testdata"
)

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain\tline\r\n": "plain\tline\r\n", "Größe κ ━▶ 日本": "Größe κ ━▶ 日本",
		"\x1b[31mRED\x1b]0;pwn\a": `\u001b[31mRED\u001b]0;pwn\u0007`, "del\x7f \u009b31m": `del\u007f \u009b31m`, "abc\u202egnp": `abc\u202egnp`,
		"\x80 alone": "\x80 alone", "": "",
	} {
		if got := visible(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What a program reads stays JSON, and the same text.
func TestVisibleKeepsJSON(t *testing.T) {
	was := map[string]string{"name": "\x1b[31m \x7f \u009b"}
	var b bytes.Buffer
	w := &checkedWriter{to: &b}
	if err := json.NewEncoder(w).Encode(was); err != nil {
		t.Fatal(err)
	}
	var is map[string]string
	if err := json.Unmarshal(b.Bytes(), &is); err != nil || is["name"] != was["name"] {
		t.Errorf("%q becomes %q (%v)", was, is, err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x7f\u009b") {
		t.Errorf("%q has control characters", b.String())
	}
}

// Names of a foreign archive and of a foreign recording command no terminal.
func TestForeignNamesAreShown(t *testing.T) {
	list := testdata.Dir(t, "cases", "18-faults", "esc_list.zip")
	foreign, err := os.ReadFile(testdata.Dir(t, "cases", "18-faults", "evil_escape.reta"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "events.reta"), foreign, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"dataset", "verify", "--dataset", "imagefolder", "--data", list}, {"report", dir}} {
		root := command(run.NewGate())
		root.SetArgs(args)
		var out, errs bytes.Buffer
		root.SetErr(&errs)
		err := execute(context.Background(), root, &out)
		text := out.String() + errs.String()
		if err != nil {
			text += visible(message(err))
		}
		if strings.ContainsAny(text, "\x1b\a") || !strings.Contains(text, `\u001b[31mRED`) {
			t.Errorf("%v prints %.300q", args, text)
		}
	}
}
