package web

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"reta/shared/event"
)

// logOf is an open log of a few events.
func logOf(t *testing.T, events ...event.Event) *event.LogFile {
	t.Helper()
	l, err := event.OpenLog(filepath.Join(t.TempDir(), "events.reta"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for _, e := range events {
		if err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestRecordingIsHandedOutWhileItGrows(t *testing.T) {
	s, _ := start(t, Options{})
	s.hub.Publish(event.Hello{Run: `runs/a "b".1`})
	base := "http://" + s.testAddr()
	for _, path := range []string{"/recording", "/recording/index"} {
		if res, body := get(t, base+path); res.StatusCode != http.StatusNotFound || !strings.Contains(body, "nothing is recorded yet") {
			t.Errorf("%s without a recording: %d %q", path, res.StatusCode, body)
		}
	}
	log := logOf(t, event.Hello{Run: "a"}, images(0, 3, 4), images(1, 3, 4))
	s.Record(log)
	res, whole := get(t, base+"/recording")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Disposition") != `attachment; filename="a--b-.1.reta"` {
		t.Errorf("%d, %q", res.StatusCode, res.Header.Get("Content-Disposition"))
	}
	c, err := event.OpenRecording(strings.NewReader(whole), int64(len(whole)))
	if err != nil || !c.Indexed() || c.Index().Len() != 3 || c.Index().Last() != 3 {
		t.Fatalf("the copy: %v, %+v", err, c)
	}
	tag := res.Header.Get("ETag")
	if res, _ := get(t, base+"/recording", "If-None-Match", tag); res.StatusCode != http.StatusNotModified {
		t.Errorf("the same once more: %d, want 304", res.StatusCode)
	}

	if err := log.Append(images(0, 7, 4)); err != nil {
		t.Fatal(err)
	}
	res, body := get(t, base+"/recording/index")
	x, err := event.ReadIndex(strings.NewReader(body))
	if err != nil || x.Len() != 4 || x.Last() != 7 || res.Header.Get("ETag") == tag {
		t.Fatalf("index: %v, %d records, step %d, tag %s", err, x.Len(), x.Last(), res.Header.Get("ETag"))
	}
	e := x.Entries()[3]
	res, body = get(t, base+"/recording", "Range", fmt.Sprintf("bytes=%d-%d", e.Offset, e.Offset+int64(e.Size)-1))
	if res.StatusCode != http.StatusPartialContent || len(body) != e.Size {
		t.Fatalf("a range: %d, %d bytes, want %d", res.StatusCode, len(body), e.Size)
	}
	m, err := event.NewRecording(strings.NewReader(strings.Repeat("\x00", int(e.Offset))+body), x).Read(e)
	if i, ok := m.Event.(event.Images); err != nil || !ok || i.Step != 7 {
		t.Errorf("the record: %+v, %v", m, err)
	}
	if res, _ := get(t, base+"/recording", "Range", "bytes=99999999-"); res.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("a range behind the end: %d, want 416", res.StatusCode)
	}

	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if res, body := get(t, base+"/recording"); res.StatusCode != http.StatusOK || len(body) <= len(whole) {
		t.Errorf("after the run: %d, %d bytes", res.StatusCode, len(body))
	}
	s.Record(nil)
	if res, _ := get(t, base+"/recording"); res.StatusCode != http.StatusNotFound {
		t.Errorf("taken away: %d, want 404", res.StatusCode)
	}
}

func TestRecordingAsksForATokenAndAViewingOneSuffices(t *testing.T) {
	s, _ := start(t, Options{Token: true})
	s.Record(logOf(t, event.Hello{Run: "a"}))
	for _, path := range []string{"/recording", "/recording/index"} {
		if res, _ := get(t, "http://"+s.testAddr()+path); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without token: %d, want 401", path, res.StatusCode)
		}
		if res, _ := get(t, "http://"+s.testAddr()+path, "Authorization", "Bearer "+s.Token(false)); res.StatusCode != http.StatusOK {
			t.Errorf("%s with a token to look: %d, want 200", path, res.StatusCode)
		}
	}
}

// lost is a recording whose file is gone.
type lost struct{ index event.Index }

func (l lost) Index() event.Index              { return l.index }
func (lost) ReadAt([]byte, int64) (int, error) { return 0, errors.New("file does not exist") }

func TestLostRecordingIsToldInWords(t *testing.T) {
	s, _ := start(t, Options{})
	s.Record(lost{logOf(t, event.Hello{Run: "a"}).Index()})
	if res, body := get(t, "http://"+s.testAddr()+"/recording"); res.StatusCode != http.StatusNotFound || !strings.Contains(body, "cannot be read: file does not exist") {
		t.Errorf("%d %q", res.StatusCode, body)
	}
}
