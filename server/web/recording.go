package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"reta/shared/event"
)

// Recorded is a recording to hand out, which may still grow: event.LogFile and event.Recording are such.
type Recorded interface {
	io.ReaderAt
	Index() event.Index // what is there at present
}

// Record makes r what /recording gives; nil takes it away.
func (s *Server) Record(r Recorded) {
	s.recorded.Lock()
	defer s.recorded.Unlock()
	s.recorded.source = r
}

// sendRecording answers with the whole recording as of now, closed by its index: a copy of a run that goes on opens as
// one that has ended. Ranges of records that an index lists stay what they are.
func (s *Server) sendRecording(w http.ResponseWriter, r *http.Request) {
	source, index, ok := s.recording(w)
	if !ok {
		return
	}
	file, err := index.Closed(source)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if _, err := file.ReadAt(make([]byte, 1), 0); err != nil {
		http.Error(w, fmt.Sprintf("the recording cannot be read: %v", err), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", s.recordingName()))
	s.sendContent(w, r, index, file)
}

// sendIndex answers with the index alone, for event.ReadIndex.
func (s *Server) sendIndex(w http.ResponseWriter, r *http.Request) {
	_, index, ok := s.recording(w)
	if !ok {
		return
	}
	var b bytes.Buffer
	if _, err := index.WriteTo(&b); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.sendContent(w, r, index, bytes.NewReader(b.Bytes()))
}

// recording is the present source, or the answer that there is none.
func (s *Server) recording(w http.ResponseWriter) (Recorded, event.Index, bool) {
	s.recorded.Lock()
	source := s.recorded.source
	s.recorded.Unlock()
	if source == nil {
		http.Error(w, "nothing is recorded yet: a recording begins with the run, once data and device are open", http.StatusNotFound)
		return nil, event.Index{}, false
	}
	return source, source.Index(), true
}

// sendContent answers requests for all and for ranges. The tag is of the records that are there.
func (s *Server) sendContent(w http.ResponseWriter, r *http.Request, x event.Index, content io.ReadSeeker) {
	w.Header().Set("ETag", fmt.Sprintf(`"%x-%x-%x"`, s.hub.epoch(), x.Len(), x.Size())) // a log only grows
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, content)
}

// recordingName is the run's name as that of a file.
func (s *Server) recordingName() string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.", c) {
			return c
		}
		return '-'
	}, filepath.Base(s.hub.Summary().Hello.Run))
	if name = strings.Trim(name, ".-"); name == "" {
		name = "run"
	}
	return name + ".reta"
}
