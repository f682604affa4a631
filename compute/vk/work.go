package vk

import (
	"sync"
	"time"
)

// Work counts what a device was given to do since it was opened.
type Work struct {
	Submits int           // of programs, and of copies through the staging buffer
	Starved int           // of them, those that found the device with nothing to do
	Waits   int           // of the host for a submit
	Waited  time.Duration // that these took
}

// Minus is the work since an earlier count.
func (w Work) Minus(before Work) Work {
	return Work{w.Submits - before.Submits, w.Starved - before.Starved, w.Waits - before.Waits, w.Waited - before.Waited}
}

// Work returns the counts so far.
func (d *Device) Work() Work {
	d.work.Lock()
	defer d.work.Unlock()
	return d.work.Work
}

type workCount struct {
	sync.Mutex
	Work
}

func (w *workCount) submitted(starved bool) {
	w.Lock()
	defer w.Unlock()
	w.Submits++
	if starved {
		w.Starved++
	}
}

func (w *workCount) waited(d time.Duration) {
	w.Lock()
	defer w.Unlock()
	w.Waits++
	w.Waited += d
}
