package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

func TestPackedFormsUnpackToTheProgram(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out.wasm")
	program := bytes.Repeat([]byte("\x00asm a program "), 5000)
	quality := 5
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(in, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := pack(in, out, quality); err != nil {
			t.Fatal(err)
		}
	}
	read := func(ending string) []byte {
		t.Helper()
		data, err := os.ReadFile(out + ending)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	check := func(want []byte) {
		t.Helper()
		z, err := gzip.NewReader(bytes.NewReader(read(".gz")))
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]io.Reader{".br": brotli.NewReader(bytes.NewReader(read(".br"))), ".gz": z} {
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s unpacks to %d bytes, %v: want the %d of the program", name, len(got), err, len(want))
			}
		}
		var told sidecar
		if err := json.Unmarshal(read(".json"), &told); err != nil || told.Decoded != len(want) || len(told.SHA256) != 64 {
			t.Errorf("the sidecar says %+v, %v", told, err)
		}
	}
	write(program)
	check(program)

	// the same program is not packed again, another one is
	old := time.Now().Add(-time.Hour)
	for _, ending := range []string{".br", ".json"} {
		if err := os.Chtimes(out+ending, old, old); err != nil {
			t.Fatal(err)
		}
	}
	write(program)
	if info, err := os.Stat(out + ".br"); err != nil || !info.ModTime().Equal(old) && time.Since(info.ModTime()) < time.Minute {
		t.Errorf("packed again, or lost: %v", err)
	}
	if info, err := os.Stat(out + ".json"); err != nil || time.Since(info.ModTime()) > time.Minute {
		t.Errorf("make would ask again: %v", err)
	}
	write(program[1:])
	check(program[1:])

	// better packing is asked for, and then kept where less would do
	quality = 11
	write(program[1:])
	check(program[1:])
	best := read(".br")
	quality = 5
	write(program[1:])
	if !bytes.Equal(read(".br"), best) || !bytes.Contains(read(".json"), []byte(`"quality":11`)) {
		t.Error("what was packed well is packed again, worse")
	}

	if err := pack(filepath.Join(dir, "none"), out, 5); err == nil {
		t.Error("a missing program is packed")
	}
}
