package web

import (
	"sync"
	"time"
)

// Bounds of what requests can make the terminal show.
const (
	noticeEvery = 10 * time.Second
	noticeMost  = 32
)

// notices prints at the server's terminal why requests are refused: each reason once, one in noticeEvery,
// noticeMost in all.
type notices struct {
	notify func(text string)

	mu   sync.Mutex
	sent map[string]bool
	last time.Time
}

func (n *notices) once(reason, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.notify == nil || n.sent[reason] || len(n.sent) >= noticeMost || time.Since(n.last) < noticeEvery {
		return
	}
	if n.sent == nil {
		n.sent = map[string]bool{}
	}
	n.sent[reason], n.last = true, time.Now()
	n.notify(text)
}
