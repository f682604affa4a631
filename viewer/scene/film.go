package scene

import (
	"maps"
	"math"
	"slices"

	"reta/shared/event"
	"reta/viewer/ui"
)

// film reads the past out of the recording that is open, for History, on a goroutine of its own: of one class after
// another its images at the rests that its strip can show and that the page has not seen, and the residual connections of
// all classes, of which the state at a step holds the newest only.
type film struct {
	source Source // what was read last, and of which class
	class  int
	busy   bool
	out    chan reel

	wanted, refused bool // the recording of a run that is over
}

// over reports whether the run has come to its end, or is replayed.
func (s *State) over() bool {
	return s.Status.State == event.Done || slices.Contains(s.Hello.Capabilities, event.CapReplay)
}

// reel is what was read: images of a class at some rests, and residual connections by their place in the recording.
type reel struct {
	source    Source
	images    []imagesAt
	residuals map[int64]event.Residual
}

type imagesAt struct {
	rest   int
	events []event.Images
}

// develop sees to it that the past of the chosen class is there to be shown, as far as there is a recording of it.
func (v *Viewer) develop() {
	f, source := &v.film, v.time.source
	select {
	case r := <-f.out:
		f.busy = false
		if r.source == source {
			s, _ := v.shown()
			h := v.history()
			for _, at := range r.images {
				for _, e := range at.events {
					h.put(e, at.rest, s)
				}
			}
			h.connect(r.residuals)
			h.complete(v.time.past)
			if v.Live.over() && !v.time.file {
				h.complete(&v.Live)
			}
		}
	default:
	}
	x := v.context()
	f.wanted = source == nil && x.Live && x.over() && x.Pictures > 0 && x.expected() <= manyTiles && !f.refused
	if source == nil || f.busy || x.Live && !x.over() || x.expected() == 0 || f.source == source && f.class == x.Class() {
		return
	}
	f.source, f.class = source, x.Class()
	var rests []int
	for _, p := range x.places(x.Class(), x.Image(), maxFrames) {
		if p.picture == nil {
			rests = append(rests, p.step)
		}
	}
	if f.out == nil {
		f.out = make(chan reel, 1)
	}
	f.busy = true
	class, out, wake, known := x.Class(), f.out, v.time.wake, maps.Clone(v.history().known)
	few := x.expected() <= manyTiles
	go func() {
		r := reel{source: source, images: classAt(source, class, rests)}
		if few {
			r.residuals = residuals(source, known)
		}
		out <- r
		if wake != nil {
			wake()
		}
	}()
}

// classAt is the images of a class at some rests. What cannot be read is left out: the strip stays empty there, and
// going to the step says why.
func classAt(source Source, class int, rests []int) []imagesAt {
	var out []imagesAt
	for _, rest := range rests {
		at := imagesAt{rest: rest}
		for _, e := range source.Index().At(rest) {
			if e.Kind != event.KindImages || e.Class != class {
				continue
			}
			if m, err := source.Read(e); err == nil {
				if images, ok := m.Event.(event.Images); ok {
					at.events = append(at.events, images)
				}
			}
		}
		out = append(out, at)
	}
	return out
}

// residuals is the residual connections of a recording that are not known yet, as many as fit in historyBytes.
func residuals(source Source, known map[int64]bool) map[int64]event.Residual {
	out, room := map[int64]event.Residual{}, historyBytes
	for _, step := range source.Index().StepsOf(event.KindResidual) {
		for _, e := range source.Index().At(step) {
			if _, twice := out[e.Offset]; e.Kind != event.KindResidual || known[e.Offset] || twice || e.Size > room {
				continue
			}
			room -= e.Size
			if m, err := source.Read(e); err == nil {
				if r, ok := m.Event.(event.Residual); ok {
					out[e.Offset] = r
				}
			}
		}
	}
	return out
}

// connect keeps residual connections that were read.
func (h *History) connect(read map[int64]event.Residual) {
	if h.known == nil {
		h.known, h.connected = map[int64]bool{}, State{greeted: math.Inf(-1)}
	}
	for _, offset := range slices.Sorted(maps.Keys(read)) {
		h.known[offset] = true
		h.connected.residual(read[offset], math.Inf(-1))
	}
}

// complete gives the images of a recording at a step the residual connections that the state does not hold: of stages before
// those it does.
func (h *History) complete(s *State) {
	if s == nil {
		return
	}
	for class, tiles := range s.Tiles {
		for i, t := range tiles {
			before := h.connected.Tile(class, i)
			if t == nil || before == nil {
				continue
			}
			n := 0
			for n < len(before.Moments) && before.Moments[n].Step <= s.Step && (t.Last() == nil || before.Moments[n].Stage < t.Moments[0].Stage) {
				n++
			}
			t.Moments = append(slices.Clip(before.Moments[:n]), t.Moments...)
		}
	}
}

// put keeps images of a recording as they are at a rest.
func (h *History) put(e event.Images, rest int, s *State) {
	var p ui.Picture
	for i := range e.Count {
		if p.SetRGB(e.Width, e.Height, e.Image(i)) {
			h.add(e.Class, e.First+i, rest, &p, s.expected())
		}
	}
}

// places is at most n places of an image's past: of a recording its rests, whether the page has seen them or not, else
// what it has seen. A place without a picture has none.
func (x *Context) places(class, i, n int) []place {
	frames := x.History.Of(class, i)
	n = min(n, kept(x.expected(), 4*x.Hello.Width*x.Hello.Height))
	if x.Live && !x.over() || len(x.Rests) == 0 {
		var out []place
		for _, k := range evenly(len(frames), n) {
			out = append(out, place{frames[k].Step, &frames[k].Picture})
		}
		return out
	}
	rests := slices.Clip(x.Rests)
	for _, f := range frames { // of a run that went on since its recording was looked at
		if f.Step > rests[len(rests)-1] {
			rests = append(rests, f.Step)
		}
	}
	return strip(frames, rests, n)
}

// strip gives n rests their pictures: the newest that was seen since the rest before.
func strip(frames []*Frame, rests []int, n int) []place {
	var out []place
	all := evenly(len(rests), maxFrames)
	last := -1
	for _, k := range evenly(len(all), n) {
		p := place{step: rests[all[k]]}
		if j, _ := slices.BinarySearchFunc(frames, p.step+1, func(f *Frame, step int) int { return f.Step - step }); j > 0 && frames[j-1].Step > last {
			p = place{frames[j-1].Step, &frames[j-1].Picture}
		}
		last = rests[all[k]]
		out = append(out, p)
	}
	return out
}

// place is one picture of a strip.
type place struct {
	step    int
	picture *ui.Picture
}

// evenly is at most n indices below count, the first and the last among them, at even distances.
func evenly(count, n int) []int {
	n = min(n, count)
	if n < 2 {
		return make([]int, max(n, 0))
	}
	out := make([]int, n)
	for i := range out {
		out[i] = (i*(count-1) + (n-1)/2) / (n - 1)
	}
	return out
}
