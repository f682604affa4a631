package event

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// recorded reads all events of a recording.
func recorded(t *testing.T, data []byte) (*Recording, []Event) {
	t.Helper()
	c, err := OpenRecording(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return c, readEntries(t, c, c.Index().Entries())
}

func readEntries(t *testing.T, c *Recording, entries []Entry) (events []Event) {
	t.Helper()
	for _, e := range entries {
		m, err := c.Read(e)
		if err != nil {
			t.Fatal(err)
		}
		if item := ItemOf(m.Event); item != e.Item() || Step(m.Event) != e.Step {
			t.Errorf("the index says %+v of an event of %+v at step %d", e, item, Step(m.Event))
		}
		events = append(events, m.Event)
	}
	return events
}

func logBytes(t *testing.T, events []Event) (data []byte, ends []int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	ends = writeLog(t, path, events)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data, ends
}

func TestRecordingGivesBackEveryEvent(t *testing.T) {
	data, ends := logBytes(t, logged())
	c, events := recorded(t, data)
	if !c.Indexed() || c.Cut() != 0 || !reflect.DeepEqual(events, logged()) {
		t.Errorf("indexed %v, cut %d, %d events: want the stored index and all %d", c.Indexed(), c.Cut(), len(events), len(logged()))
	}
	var b bytes.Buffer
	if _, err := c.Index().WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	x, err := ReadIndex(&b)
	if err != nil || !reflect.DeepEqual(x.Entries(), c.Index().Entries()) || x.Size() != ends[len(ends)-1] {
		t.Errorf("the index alone: %v, %d entries up to byte %d: want %d up to %d", err, x.Len(), x.Size(), c.Index().Len(), ends[len(ends)-1])
	}
	if got := readEntries(t, NewRecording(bytes.NewReader(data), x), x.Entries()); !reflect.DeepEqual(got, logged()) {
		t.Error("reading by an index from elsewhere gives other events")
	}
}

// A recording cut anywhere gives the whole records before the cut and says how much is lost; the same records as a log
// that is opened to go on.
func TestRecordingCutAtEveryByte(t *testing.T) {
	events := []Event{Log{Text: "one"}, Control{ID: 1, Op: Pause}, Images{Step: 3, Class: 1, Count: 1, Width: 1, Height: 1, Pixels: []byte{1, 2, 3}}}
	whole, ends := logBytes(t, events)
	index := appended(t, whole, ends[2])
	for cut := len(header); cut < len(whole); cut++ {
		want := 0
		for want < len(ends) && ends[want] <= int64(cut) {
			want++
		}
		c, got := recorded(t, whole[:cut])
		if c.Indexed() || len(got) != want || want > 0 && !reflect.DeepEqual(got, events[:want]) {
			t.Fatalf("cut at %d: indexed %v, read %v: want a rebuilt index and %d events", cut, c.Indexed(), got, want)
		}
		last := int64(len(header))
		for _, end := range append(append([]int64{}, ends...), ends[2]+int64(len(index[0]))) {
			if end <= int64(cut) {
				last = end
			}
		}
		if c.Cut() != int64(cut)-last {
			t.Errorf("cut at %d: says %d bytes are lost, want %d", cut, c.Cut(), int64(cut)-last)
		}
	}
	for cut := range len(header) {
		if _, err := OpenRecording(bytes.NewReader(whole[:cut]), int64(cut)); err == nil {
			t.Errorf("%d bytes of a header: want an error", cut)
		}
	}
}

// appended are the index records behind byte end.
func appended(t *testing.T, whole []byte, end int64) (records [][]byte) {
	t.Helper()
	r := newReader(bytes.NewReader(whole[end:]), end)
	for {
		m, kind, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil || kind != KindIndex {
			t.Fatalf("behind the events: %v, %v", m, err)
		}
		records = append(records, bytes.Clone(r.record()))
	}
	if n := len(records); n != 2 || len(records[n-1]) != footSize {
		t.Fatalf("%d index records, the last of %d bytes: want 2, the last of %d", n, len(records[n-1]), footSize)
	}
	return records
}

// Any damage to the index, noticed by a checksum or not, is made good from the records.
func TestDamagedIndexIsRebuilt(t *testing.T) {
	events := []Event{Log{Text: "one"}, Status{State: Done, Step: 4}, Log{Text: "three"}}
	whole, ends := logBytes(t, events)
	for bit := int(ends[2]) * 8; bit < len(whole)*8; bit++ {
		data := bytes.Clone(whole)
		data[bit/8] ^= 1 << (bit % 8)
		if c, got := recorded(t, data); c.Indexed() || !reflect.DeepEqual(got, events) {
			t.Fatalf("bit %d flipped: indexed %v, read %v", bit, c.Indexed(), got)
		}
	}
	other, far := logBytes(t, append(events[:3:3], Log{Text: "four"}))
	for name, data := range map[string][]byte{
		"of another log":     append(bytes.Clone(whole[:ends[2]]), other[far[3]:]...),
		"twice":              append(bytes.Clone(whole), whole[ends[2]:]...),
		"without its foot":   whole[:len(whole)-footSize],
		"a foot alone":       append(bytes.Clone(whole[:ends[2]]), whole[len(whole)-footSize:]...),
		"before more events": append(bytes.Clone(whole), whole[ends[1]:ends[2]]...),
	} {
		c, got := recorded(t, data)
		if c.Indexed() || len(got) < 3 || !reflect.DeepEqual(got[:3], events) {
			t.Errorf("index %s: indexed %v, read %v", name, c.Indexed(), got)
		}
		if name == "before more events" && !reflect.DeepEqual(got[len(got)-1], events[2]) {
			t.Errorf("what an older build appended behind the index is lost: %v", got)
		}
	}
}

func TestNewerAndForeignFilesAreRefusedInWords(t *testing.T) {
	data, _ := logBytes(t, []Event{Log{Text: "one"}})
	data[len(magic)] = 3
	path := filepath.Join(t.TempDir(), "newer")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err1 := OpenRecording(bytes.NewReader(data), int64(len(data)))
	_, err2 := NewReader(bytes.NewReader(data))
	_, err3 := ReadIndex(bytes.NewReader(data))
	_, err4 := OpenLog(path)
	for i, err := range []error{err1, err2, err3, err4} {
		if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "recording of version 3, this build reads up to 1: update reta") {
			t.Errorf("reader %d: %v", i, err)
		}
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, data) {
		t.Error("the newer file was changed")
	}
	for _, text := range []string{"dear diary, this is no log", "RETA", "RETALOG\x00 of version 0"} {
		_, err := OpenRecording(strings.NewReader(text), int64(len(text)))
		if err == nil || errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "no event log") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := OpenRecording(strings.NewReader(""), 0); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("an empty file: %v", err)
	}
}

// A log goes on behind its events when it is opened again, and its live index is that of the file.
func TestLogWithIndexGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	all := logged()
	writeLog(t, path, all[:5])
	l, err := OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	if l.Cut() != 0 || l.Index().Len() != 5 {
		t.Errorf("cut %d, %d records: want the 5 of before and no loss", l.Cut(), l.Index().Len())
	}
	before := l.Index()
	for _, e := range all[5:] {
		if err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	live := l.Index()
	if got := readEntries(t, NewRecording(l, live), live.Entries()); !reflect.DeepEqual(got, all) {
		t.Errorf("read %d events while the log is open, want %d", len(got), len(all))
	}
	if err := l.Append(Log{Text: "another way"}); err != nil {
		t.Fatal(err)
	}
	if before.Len() != 5 || live.Len() != len(all) || l.Index().Len() != len(all)+1 {
		t.Error("a snapshot changed with the log")
	}
	if err := l.Append(IndexPart{First: 1}); err == nil {
		t.Error("an index was appended as an event")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	closed := l.Index()
	if got := readEntries(t, NewRecording(l, closed), closed.Entries()); !reflect.DeepEqual(got, append(all, Log{Text: "another way"})) {
		t.Errorf("read %v after Close", got)
	}
}

// A copy of a log that is still written is a whole recording.
func TestCopyOfALiveLogIsClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range logged() {
		if err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	section, err := l.Index().Closed(l)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := io.ReadAll(section)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	closed, _ := os.ReadFile(path)
	if !bytes.Equal(copied, closed) {
		t.Fatal("the copy differs from the file after Close")
	}
	for from := 0; from < len(closed); from += 97 { // across the border of records and index too
		part := make([]byte, 200)
		n, err := section.ReadAt(part, int64(from))
		if want := min(200, len(closed)-from); n != want || !bytes.Equal(part[:n], closed[from:from+n]) || (err == io.EOF) != (want < 200) {
			t.Fatalf("200 bytes at %d: %d, %v", from, n, err)
		}
	}
}

// Damage inside is told for the record it is in; the others are read.
func TestDamagedRecordIsTold(t *testing.T) {
	data, ends := logBytes(t, []Event{Log{Text: "one"}, Log{Text: "two"}, Log{Text: "three"}})
	data[ends[0]+prefix+5] ^= 1
	c, err := OpenRecording(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range c.Index().Entries() {
		if _, err := c.Read(e); errors.Is(err, ErrTorn) != (i == 1) {
			t.Errorf("record %d: %v", i, err)
		}
	}
	for _, bad := range []Entry{{}, {Offset: 8, Size: 1 << 40}, {Offset: 8, Size: 9}, {Offset: 1 << 50, Size: 40}, {Offset: -5, Size: 40}} {
		if _, err := c.Read(bad); err == nil {
			t.Errorf("reading %+v: want an error", bad)
		}
	}
}

// The frozen recording is what this version wrote; every later build must open it by its index.
func TestGoldenRecording(t *testing.T) {
	name := filepath.Join("testdata", "recording.reta")
	want, err := os.ReadFile(name)
	if *update && errors.Is(err, os.ErrNotExist) {
		want, _ = logBytes(t, logged()[:17])
		err = os.WriteFile(name, want, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	c, events := recorded(t, want)
	if !c.Indexed() || len(events) != 17 || c.Index().Last() != 11 || !reflect.DeepEqual(c.Index().Steps(), []int{8, 10}) {
		t.Fatalf("indexed %v, %d events, last step %d, pictures at %v", c.Indexed(), len(events), c.Index().Last(), c.Index().Steps())
	}
	if again, _ := logBytes(t, events); !bytes.Equal(again, want) {
		t.Error("the same events give other bytes than those of " + name)
	}
}

// Copies of a log taken while it is written, and while it is closed, are whole recordings of a time in between.
func TestLogIsReadWhileItIsWritten(t *testing.T) {
	l, err := OpenLog(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	const last = 300
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for n := 0; n < last; {
				x := l.Index()
				section, err := x.Closed(l)
				if err != nil {
					t.Error(err)
					return
				}
				data, err := io.ReadAll(section)
				if err != nil {
					t.Error(err)
					return
				}
				c, err := OpenRecording(bytes.NewReader(data), int64(len(data)))
				if err != nil || !c.Indexed() || c.Index().Len() != x.Len() || x.Len() < n || len(c.Index().At(last)) != min(3, x.Len()) {
					t.Errorf("after %d records: %v, %+v", n, err, c)
					return
				}
				n = x.Len()
			}
		})
	}
	for i := range last {
		if err := l.Append(picture(i%3, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	readers.Wait()
}
