package main

import (
	"context"
	"slices"
	"sync"
)

// partList is the parts that devices of this machine take, one after the other. One that a device has too little memory for goes back, for others.
type partList struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []part
	making  int
	unfit   map[string][]string // devices that have too little memory, by the part's name
}

func newPartList(parts []part) *partList {
	l := &partList{waiting: slices.Clone(parts), unfit: map[string][]string{}}
	l.changed.L = &l.mu
	return l
}

// take gives a device the next part, and gives that out. It waits while others make parts that may come back; false: there will be none.
func (l *partList) take(ctx context.Context, device string) (part, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ctx.Err() == nil {
		i := slices.IndexFunc(l.waiting, func(p part) bool { return !slices.Contains(l.unfit[p.String()], device) })
		if i >= 0 {
			p := l.waiting[i].given()
			l.waiting = slices.Delete(l.waiting, i, i+1)
			l.making++
			return p, true
		}
		if l.making == 0 {
			break
		}
		l.changed.Wait()
	}
	return part{}, false
}

// others notes that a part does not fit the device that took it, and reports whether one of the devices may have room for it.
func (l *partList) others(p part, devices []string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unfit[p.String()] = append(l.unfit[p.String()], p.Device)
	return slices.ContainsFunc(devices, func(d string) bool { return !slices.Contains(l.unfit[p.String()], d) })
}

// done ends the work on a part that was taken, which goes back or not.
func (l *partList) done(p part, back bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.making--; back {
		l.waiting = append(l.waiting, p)
	}
	l.changed.Broadcast()
}

func (l *partList) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed.Broadcast()
}
