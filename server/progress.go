package main

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"reta/shared/event"
)

// progress follows a phase that is made in parts, and says how it stands: of the run as a whole, not of its parts.
type progress struct {
	phase string
	total int
	emit  func(event.Event)

	mu      sync.Mutex
	made    int
	before  int // made when the phase began here
	lost    int // attempts that failed
	members int // who make parts, as far as is known
	began   time.Time
	said    time.Time
	working map[string]event.Status // by name of the part
	by      map[string]string       // who makes it
	trials  event.Trials
	curve   string // the part whose losses are shown
}

// sayEvery is how often it is said how the parts go on, of which there may be thousands.
const sayEvery = 300 * time.Millisecond

func (p *progress) begin() {
	p.before, p.began, p.working = p.made, time.Now(), map[string]event.Status{}
	p.by = map[string]string{}
	p.emit(event.Log{Text: fmt.Sprintf("%s: %s, %d of them made before", p.phase, event.Counted(p.total, "part"), p.made)})
	p.say()
}

// joined says how many there are who make parts.
func (p *progress) joined(members int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.members = members
}

// took says that somebody began with a part.
func (p *progress) took(name, who string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.working[name], p.by[name] = event.Status{State: event.Loading}, who
	p.emit(event.Log{Text: fmt.Sprintf("%s: %s begins", name, who)})
}

// left says that somebody has made a part, or, with a reason, has not.
func (p *progress) left(name, who, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.working, name)
	if why != "" {
		p.lost++
		p.emit(event.Log{Level: event.Warning, Text: fmt.Sprintf("%s: %s could not make it: %s", name, who, why)})
	} else {
		p.made++
		p.emit(event.Log{Text: fmt.Sprintf("%s: made by %s, %d of %d", name, who, p.made, p.total)})
	}
	p.say()
}

// back says that a part does not fit the device of somebody, who has left it for others.
func (p *progress) back(name, who, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.working, name)
	p.emit(event.Log{Level: event.Warning, Text: fmt.Sprintf("%s: %s has given it back for one with more memory: %s", name, who, why)})
	p.say()
}

// happened takes in what the making of a part emits.
func (p *progress) happened(name string, e event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := e.(type) {
	case event.Hello, event.Result, event.Change, event.Settings: // of the run, which are emitted once
	case event.Status:
		if _, works := p.working[name]; works && e.State != event.Done {
			was := p.working[name]
			if p.working[name] = e; e.State != was.State || time.Since(p.said) > sayEvery {
				p.say()
			}
		}
	case event.Log:
		e.Text = name + ": " + e.Text
		p.emit(e)
	case event.Metrics: // of one part at a time, and of the next from its first step on: else curves run into each other
		if _, works := p.working[p.curve]; !works && len(e.Points) > 0 && (p.curve == "" || e.Points[0].Step <= 1) {
			p.curve = name
		}
		if name == p.curve {
			p.emit(e)
		}
	case event.Trials:
		p.emit(p.furthest(e))
	default:
		p.emit(e)
	}
}

// say emits how the phase stands.
func (p *progress) say() {
	p.said = time.Now()
	s := event.Status{State: event.Loading, Phase: p.phase, Done: p.made, Total: p.total}
	paused := len(p.working) > 0
	for _, w := range p.working {
		s.StepsPerSecond += w.StepsPerSecond
		s.MemoryBytes += w.MemoryBytes
		s.Step, s.Stage = max(s.Step, w.Step), max(s.Stage, w.Stage)
		if paused = paused && w.State == event.Paused; w.State != event.Paused && w.State != event.Loading {
			s.State = w.State
		}
	}
	if paused {
		s.State = event.Paused
	}
	s.Text = fmt.Sprintf("%d of %s made, %d in the making", p.made, event.Counted(p.total, "part"), len(p.working))
	if n := p.made - p.before; n > 0 {
		s.ETASeconds = float32(time.Since(p.began).Seconds() / float64(n) * float64(p.total-p.made))
	}
	p.emit(s)
	p.emit(p.work())
}

// work is how the parts stand.
func (p *progress) work() event.Work {
	w := event.Work{Phase: p.phase, Total: p.total, Made: p.made, Failed: p.lost, Members: p.members}
	if n := p.made - p.before; n > 0 {
		w.PerHour = float32(float64(n) / max(1e-3, time.Since(p.began).Hours()))
	}
	for _, name := range slices.Sorted(maps.Keys(p.working)) {
		if len(w.Parts) < event.MaxMaking {
			s := p.working[name]
			w.Parts = append(w.Parts, event.Part{Name: name, By: p.by[name], State: s.State, Done: s.Done, Total: s.Total})
		}
	}
	return w
}

// furthest are the trainings as far as any part has come with them.
func (p *progress) furthest(e event.Trials) event.Trials {
	if len(p.trials.List) != len(e.List) {
		p.trials = e
		p.trials.List = slices.Clone(e.List)
		return e
	}
	for i, t := range e.List {
		if was := p.trials.List[i]; was.Same(t) && (t.Epoch > was.Epoch || t.Epoch == was.Epoch && t.State != event.Planned) {
			p.trials.List[i] = t
		}
	}
	e.List = slices.Clone(p.trials.List)
	return e
}
