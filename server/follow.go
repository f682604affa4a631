package main

import (
	"io"
	"os"
	"time"
)

// follower copies what is appended to a file.
type follower struct {
	stop chan struct{}
	said chan string
}

// follow copies what is appended to a file, from an offset on, to shown, unless that is nil.
func follow(path string, from int64, shown io.Writer) *follower {
	f := &follower{make(chan struct{}), make(chan string)}
	go func() { f.said <- f.copy(path, from, shown) }()
	return f
}

// end copies the rest, and returns the last of all that was appended.
func (f *follower) end() string {
	close(f.stop)
	return <-f.said
}

// copy returns the last of what was appended before the end. A file that cannot be read is not shown.
func (f *follower) copy(path string, from int64, shown io.Writer) string {
	const most = 4 << 10 // bytes of an error
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return ""
	}
	var last []byte
	for over := false; ; {
		text, err := io.ReadAll(file)
		last = append(last, text...)
		last = append([]byte(nil), last[max(0, len(last)-most):]...)
		if shown != nil && len(text) > 0 {
			if _, err := shown.Write(text); err != nil {
				shown = nil // nobody reads any more
			}
		}
		if over || err != nil {
			return string(last)
		}
		select {
		case <-f.stop:
			over = true // once more
		case <-time.After(200 * time.Millisecond):
		}
	}
}
