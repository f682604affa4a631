package engine

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// most of a stack is kept.
const most = 256 << 10

// lines passes on what an engine prints, line by line, up to the stack of a crash, which it keeps.
type lines struct {
	to io.Writer

	mu    sync.Mutex
	part  []byte // of a line
	trace []byte
}

// crashes begin so, of Go and of C.
var crashes = []string{"panic: ", "fatal error: ", "SIG", "runtime: ", "unexpected fault address "}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		line, rest, whole := bytes.Cut(p, []byte("\n"))
		l.part = append(l.part, line...)
		if p = rest; whole {
			l.finish("\n")
		}
		if len(l.part) > most {
			l.finish("")
		}
	}
	return n, nil
}

// finish passes on or keeps the line that is there.
func (l *lines) finish(end string) {
	line := string(l.part) + end
	l.part = l.part[:0]
	crash := len(l.trace) > 0
	for _, c := range crashes {
		crash = crash || strings.HasPrefix(line, c)
	}
	if !crash {
		io.WriteString(l.to, line)
		return
	}
	if len(l.trace) <= most {
		l.trace = append(l.trace, line...)
	}
}

// end returns the stack, "" if there is none.
func (l *lines) end() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.part) > 0 {
		l.finish("\n")
	}
	if len(l.trace) > most {
		return fmt.Sprintf("%s\n(cut at %d bytes)\n", l.trace[:most], most)
	}
	return string(l.trace)
}
