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
	tell func(text string)

	mu   sync.Mutex
	told map[string]bool
	last time.Time
}

func (n *notices) once(reason, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.tell == nil || n.told[reason] || len(n.told) >= noticeMost || time.Since(n.last) < noticeEvery {
		return
	}
	if n.told == nil {
		n.told = map[string]bool{}
	}
	n.told[reason], n.last = true, time.Now()
	n.tell(text)
}
