//go:build js

package main

import (
	"bytes"
	"time"

	"reta/shared/event"
	"reta/viewer/app"
)

// past finds the recording that the timeline looks into: the log of the server's run, piece by piece and as far as it
// goes by now, or a file beside the page.
type past struct {
	file   *remote
	run    uint64 // whose log it is
	asked  time.Time
	busy   bool
	result chan func(*app.Viewer)
}

// freshness is how old the list of what a running run's log holds may be while the user looks into it.
const freshness = 5 * time.Second

func newPast() *past { return &past{result: make(chan func(*app.Viewer), 4)} }

// update takes in what was fetched, and asks for what the timeline needs.
func (p *past) update(v *app.Viewer) {
	select {
	case f := <-p.result:
		f(v)
	default:
	}
	run := v.Live.Run
	if p.run != run {
		p.run, p.file, p.asked = run, newRemote("recording"), time.Time{}
	}
	if p.busy || !v.Time.NeedsSource() || run == 0 || time.Since(p.asked) < freshness {
		return
	}
	p.busy, p.asked = true, time.Now()
	go p.look(p.file)
}

// look fetches the index of the run's log.
func (p *past) look(file *remote) {
	index, err := p.index(file)
	p.result <- func(v *app.Viewer) {
		p.busy = false
		if file != p.file {
			return // of a run that has been left
		}
		if err != nil {
			v.Time.NoSource(err.Error())
			return
		}
		v.Time.SetSource(event.NewRecording(file, index), "", "", false)
	}
	wake()
}

func (p *past) index(file *remote) (event.Index, error) {
	data, err := fetch(file.address+"/index", 0, 0)
	if err != nil {
		return event.Index{}, err
	}
	index, err := event.ReadIndex(bytes.NewReader(data))
	if err == nil {
		file.grow(index.Size())
	}
	return index, err
}

// open shows a recording that stands beside the page. Where the server can send parts of a file, only what is looked at
// is fetched.
func (p *past) open(address string) {
	go func() {
		r, err := beside(address)
		p.result <- func(v *app.Viewer) {
			if err != nil {
				v.NoSiteRecording(err.Error())
				return
			}
			v.SetSiteRecording(r, address)
		}
		wake()
	}()
}

func beside(address string) (*event.Recording, error) {
	if size := sizeOf(address); size > 0 {
		file := newRemote(address)
		file.grow(size)
		r, err := event.OpenRecording(file, size)
		if err == nil && size <= fillMost {
			go file.fill()
		}
		return r, err
	}
	data, err := fetch(address, 0, 0)
	if err != nil {
		return nil, err
	}
	return event.OpenRecording(bytes.NewReader(data), int64(len(data)))
}
