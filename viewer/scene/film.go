package scene

import (
	"slices"

	"reta/shared/event"
	"reta/viewer/ui"
)

// film reads the past of one class after another out of the recording that is open, for History, on a goroutine of its
// own. A class is read once, at the rests that its strip can show and that the page has not seen.
type film struct {
	source Source // what was read last, and of which class
	class  int
	busy   bool
	out    chan reel
}

// reel is what was read of a class: its images at some rests.
type reel struct {
	source Source
	images []imagesAt
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
			for _, at := range r.images {
				for _, e := range at.events {
					v.history().put(e, at.rest, s)
				}
			}
		}
	default:
	}
	x := v.context()
	if source == nil || f.busy || x.Live || x.expected() == 0 || f.source == source && f.class == x.Class() {
		return
	}
	f.source, f.class = source, x.Class()
	var rests []int
	for _, p := range x.places(x.Class(), x.Image(), maxFrames) {
		if p.picture == nil {
			rests = append(rests, p.step)
		}
	}
	if len(rests) == 0 {
		return
	}
	if f.out == nil {
		f.out = make(chan reel, 1)
	}
	f.busy = true
	class, out, wake := x.Class(), f.out, v.time.wake
	go func() {
		out <- reel{source, classAt(source, class, rests)}
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
	if x.Live || len(x.Rests) == 0 {
		var out []place
		for _, k := range evenly(len(frames), n) {
			out = append(out, place{frames[k].Step, &frames[k].Picture})
		}
		return out
	}
	return strip(frames, x.Rests, n)
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
