package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func readAll(t *testing.T, data []byte) (events []Event, end error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	for {
		m, err := r.Next()
		if err != nil {
			return events, err
		}
		events = append(events, m.Event)
	}
}

// logged are the samples a log takes.
func logged() (list []Event) {
	for _, e := range samples() {
		if e.Kind() != KindIndex {
			list = append(list, e)
		}
	}
	return list
}

func writeLog(t *testing.T, path string, events []Event) (ends []int64) {
	t.Helper()
	l, err := OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := l.Append(e); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, l.Index().Size())
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	return ends
}

func TestLogKeepsEverythingAndContinues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.reta")
	all := logged()
	writeLog(t, path, all[:4])
	writeLog(t, path, all[4:])
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(t, data)
	if err != io.EOF || !reflect.DeepEqual(got, all) {
		t.Errorf("read %d events, then %v: want the %d written ones, then EOF", len(got), err, len(all))
	}
	r, _ := NewReader(bytes.NewReader(data))
	for i := range all {
		if m, _ := r.Next(); m.Seq != uint64(i+1) {
			t.Errorf("record %d has seq %d: want the count to go on over the reopening", i, m.Seq)
		}
	}
}

// A crash can cut the file anywhere. Every cut must give the whole records before it, and a log that goes on.
func TestLogCutAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	events := []Event{Log{Text: "one"}, Control{ID: 1, Op: Pause}, Log{Text: "three"}}
	ends := writeLog(t, filepath.Join(dir, "whole"), events)
	whole, err := os.ReadFile(filepath.Join(dir, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		want := 0
		for want < len(ends) && ends[want] <= int64(cut) {
			want++
		}
		for name, tail := range map[string][]byte{"cut": nil, "zeros": make([]byte, 40), "noise": bytes.Repeat([]byte{0x5a}, 40)} {
			if cut < len(header) && tail != nil {
				continue // not a log at all: tested below
			}
			path := filepath.Join(dir, "torn")
			if err := os.WriteFile(path, append(bytes.Clone(whole[:cut]), tail...), 0o644); err != nil {
				t.Fatal(err)
			}
			l, err := OpenLog(path)
			if err != nil {
				t.Fatalf("cut at %d with %s: %v", cut, name, err)
			}
			if err := errors.Join(l.Append(Log{Text: "after"}), l.Close()); err != nil {
				t.Fatal(err)
			}
			data, _ := os.ReadFile(path)
			got, end := readAll(t, data)
			if end != io.EOF || !reflect.DeepEqual(got, append(append([]Event{}, events[:want]...), Log{Text: "after"})) {
				t.Fatalf("cut at %d with %s: read %v, then %v: want %d events and the new one", cut, name, got, end, want)
			}
		}
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	ends := writeLog(t, path, []Event{Log{Text: "a line that matters"}})
	whole, _ := os.ReadFile(path)
	for bit := range len(whole) * 8 {
		data := bytes.Clone(whole)
		data[bit/8] ^= 1 << (bit % 8)
		want := 0
		if int64(bit/8) >= ends[0] { // in the index
			want = 1
		}
		if got, end := readAll(t, data); end == io.EOF || len(got) != want {
			t.Errorf("bit %d flipped: read %v, then %v: want %d events and an error", bit, got, end, want)
		}
	}
}

func TestLogRefusesForeignFiles(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "notes.txt")
	for _, text := range []string{"dear", "dear diary, this is no log"} {
		if err := os.WriteFile(foreign, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenLog(foreign); err == nil || !strings.Contains(err.Error(), "no event log") {
			t.Errorf("opening a text file: got %v, want an error", err)
		}
		if data, _ := os.ReadFile(foreign); string(data) != text {
			t.Errorf("the foreign file was changed to %q", data)
		}
	}
	if _, err := OpenLog(dir); err == nil {
		t.Error("opening a folder: want an error")
	}
	if _, err := NewReader(strings.NewReader("")); err == nil {
		t.Error("reading an empty file: want an error")
	}
}

// fullDisk takes limit bytes and then stops in the middle of a write.
type fullDisk struct {
	*os.File
	limit int64
}

func (d *fullDisk) WriteAt(p []byte, off int64) (int, error) {
	if room := max(0, d.limit-off); int64(len(p)) > room {
		n, _ := d.File.WriteAt(p[:room], off)
		return n, errors.New("no space left on device")
	}
	return d.File.WriteAt(p, off)
}

func TestLogSurvivesAFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	disk := &fullDisk{file, 60}
	l, err := openLog(disk, path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Append(Log{Text: "fits"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(Log{Text: strings.Repeat("too long for this disk ", 9)}); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("a full disk gives %v: want its error", err)
	}
	disk.limit = 1 << 20
	if err := errors.Join(l.Append(Log{Text: "there is room again"}), l.Close()); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	if got, end := readAll(t, data); end != io.EOF || !reflect.DeepEqual(got, []Event{Log{Text: "fits"}, Log{Text: "there is room again"}}) {
		t.Errorf("read %v, then %v", got, end)
	}
	if err := l.Append(Log{Text: "closed"}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("append after close gives %v", err)
	}
}

func TestLogTakesEventsFromManyGoroutines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				if err := l.Append(Log{Text: fmt.Sprint(g, i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	got, end := readAll(t, data)
	if end != io.EOF || len(got) != 400 {
		t.Errorf("read %d events, then %v: want 400", len(got), end)
	}
}
