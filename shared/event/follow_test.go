package event

import (
	"os"
	"path/filepath"
	"testing"
)

// A follower sees what the writer sees: while the log grows, when a record is half written, after a crash that tears its
// tail, and when it is closed and continued.
func TestFollowerSeesWhatTheWriterSees(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.reta")
	f := Follow(path)
	if n := f.Index().Len(); n != 0 {
		t.Fatalf("%d records of a log that is not there", n)
	}
	log, err := OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	line := 0
	write := func(n int) {
		t.Helper()
		for range n {
			line++
			if err := log.Append(Log{Text: "line", Unix: int64(line)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(when string) {
		t.Helper()
		got, want := f.Index(), log.Index()
		if got.Len() != want.Len() || got.Size() != want.Size() {
			t.Fatalf("%s: %d records in %d bytes, want %d in %d", when, got.Len(), got.Size(), want.Len(), want.Size())
		}
		r := NewRecording(f, got)
		for i, e := range got.entries {
			m, err := r.Read(e)
			if err != nil {
				t.Fatalf("%s: record %d: %v", when, i, err)
			}
			if i == got.Len()-1 && m.Event.(Log).Unix != int64(line) {
				t.Fatalf("%s: the last record is line %d, want %d", when, m.Event.(Log).Unix, line)
			}
		}
	}
	check("new")
	write(3)
	check("of three lines")
	check("unchanged")
	write(100)
	check("longer")

	whole, _ := os.ReadFile(path)
	write(1)
	more, _ := os.ReadFile(path)
	line--
	torn := append(whole[:len(whole):len(whole)], more[len(whole):len(whole)+9]...)
	if err := os.WriteFile(path, torn, 0o644); err != nil {
		t.Fatal(err)
	}
	if n := f.Index().Len(); n != 103 {
		t.Errorf("%d records while one is being written, want 103", n)
	}
	log, err = OpenLog(path) // as after a crash
	if err != nil {
		t.Fatal(err)
	}
	check("torn and opened again")
	write(2)
	check("continued")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	check("closed")
	if log, err = OpenLog(path); err != nil {
		t.Fatal(err)
	}
	write(5)
	check("continued after it was closed")
	log.Close()
	if err := os.Truncate(path, int64(len(header))); err != nil {
		t.Fatal(err)
	}
	if n := f.Index().Len(); n != 0 {
		t.Errorf("%d records of a log that was begun anew, want none", n)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(make([]byte, 1), 0); !os.IsNotExist(err) {
		t.Errorf("reading a log that is gone: %v", err)
	}
}
