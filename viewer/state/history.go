package state

import (
	"slices"

	"reta/shared/event"
	"reta/viewer/ui"
)

// What a page keeps of the past of its images. Where a run has more than manyTiles, none of it.
const (
	MaxFrames    = 24       // of one image
	historyBytes = 64 << 20 // of all
)

// Frame is a synthetic image as it was at a step.
type Frame struct {
	Step    int
	Picture ui.Picture
}

// History is the earlier pictures of a run's images that this page has seen, in order of step. An image that has more of
// them than fit loses the one whose neighbours are nearest to one another, so that those that stay are spread evenly
// over what was seen, whether it came in order or the user went back and forth in a recording.
type History struct {
	frames map[[2]int][]*Frame // by class and image
	bytes  int                 // of all pictures

	known     map[int64]bool // residual connections read from a recording, by their offset
	residuals State          // their images
}

// Of is what is kept of image i of a class, oldest first.
func (h *History) Of(class, i int) []*Frame { return h.frames[[2]int{class, i}] }

// addFrame keeps a copy of a picture, one of so many images.
func (h *History) addFrame(class, i, step int, p *ui.Picture, images int) {
	most := framesPerImage(images, len(p.Pix))
	if most == 0 || p.W == 0 {
		h.frames, h.bytes = nil, 0
		return
	}
	if h.frames == nil {
		h.frames = map[[2]int][]*Frame{}
	}
	key := [2]int{class, i}
	list := h.frames[key]
	at, known := slices.BinarySearchFunc(list, step, func(f *Frame, step int) int { return f.Step - step })
	if !known && len(list) >= most && crowded(list, at, step) {
		return
	}
	var f *Frame
	switch {
	case known:
		f = list[at]
	default:
		for len(list) >= most {
			gone := tightest(list)
			f = list[gone]
			list = slices.Delete(list, gone, gone+1)
			h.bytes -= len(f.Picture.Pix)
			f.Picture.Version++ // its memory is used again
			if gone < at {
				at--
			}
		}
		if f == nil {
			f = new(Frame)
		}
		f.Step = step
		list = slices.Insert(list, at, f)
		h.bytes += len(f.Picture.Pix)
	}
	h.bytes -= len(f.Picture.Pix)
	f.Picture.W, f.Picture.H, f.Picture.Pix = p.W, p.H, append(f.Picture.Pix[:0], p.Pix...)
	f.Picture.Version++
	h.bytes += len(f.Picture.Pix)
	h.frames[key] = list
	if h.bytes > historyBytes { // pictures have grown: they are kept anew
		clear(h.frames)
		h.bytes = 0
	}
}

// framesPerImage is how many pictures of so many bytes are kept of each of so many images: none, or two at least.
func framesPerImage(images, bytes int) int {
	most := min(MaxFrames, historyBytes/max(images*bytes, 1))
	if images > ManyTiles || most < 2 {
		return 0
	}
	return most
}

// crowded reports whether a step lies so near to one of the list that its frame would be the next to go.
func crowded(list []*Frame, at, step int) bool {
	near := (list[len(list)-1].Step - list[0].Step) / (2 * len(list))
	return at > 0 && step-list[at-1].Step < near || at < len(list) && list[at].Step-step < near
}

// tightest is the index of the frame, neither first nor last, whose neighbours are nearest to one another.
func tightest(list []*Frame) int {
	best, gap := len(list)-1, 0
	for i := 1; i+1 < len(list); i++ {
		if d := list[i+1].Step - list[i-1].Step; best == len(list)-1 || d < gap {
			best, gap = i, d
		}
	}
	return best
}

// dropFrom forgets what an image was from a step on: the run went back to an earlier one.
func (h *History) dropFrom(class, i, step int) {
	key := [2]int{class, i}
	list := h.frames[key]
	for n := len(list); n > 0 && list[n-1].Step >= step; n-- {
		h.bytes -= len(list[n-1].Picture.Pix)
		h.frames[key] = list[:n-1]
	}
}

// AddImages keeps the images that came for a state, which has them already.
func (h *History) AddImages(e event.Images, s *State) {
	for i := e.First; i < e.First+e.Count; i++ {
		if t := s.Tile(e.Class, i); t != nil && t.Step == e.Step {
			h.dropFrom(e.Class, i, e.Step+1)
			h.addFrame(e.Class, i, e.Step, &t.Picture, s.ImageCount())
		}
	}
}

// AddState keeps all images of a recording at a step.
func (h *History) AddState(s *State, step int) {
	for class, tiles := range s.Tiles {
		for i, t := range tiles {
			if t != nil {
				h.addFrame(class, i, step, &t.Picture, s.ImageCount())
			}
		}
	}
}

// KeepsPast reports whether the run has so few images that their past is kept.
func (s *State) KeepsPast() bool { return s.ImageCount() <= ManyTiles }

// Over reports whether the run has come to its end, or is replayed.
func (s *State) Over() bool {
	return s.Status.State == event.Done || slices.Contains(s.Hello.Capabilities, event.CapReplay)
}

// ImageCount is the number of images of the run.
func (s *State) ImageCount() int { return max(s.Pictures, len(s.Hello.Classes)*s.Hello.IPC) }

// Place is one picture of a film strip, nil where the page has not seen it.
type Place struct {
	Step    int
	Picture *ui.Picture
}

// Places is at most n places of the past of an image of a run, of which s is a state: the keyframes of its recording, whether
// they were seen or not, or without any what was seen.
func (h *History) Places(s *State, class, i, n int, keyframes []int) []Place {
	frames := h.Of(class, i)
	n = min(n, framesPerImage(s.ImageCount(), 4*s.Hello.Width*s.Hello.Height))
	if len(keyframes) == 0 {
		var out []Place
		for _, k := range spacedIndices(len(frames), n) {
			out = append(out, Place{frames[k].Step, &frames[k].Picture})
		}
		return out
	}
	keyframes = slices.Clip(keyframes)
	for _, f := range frames { // of a run that went on since its recording was looked at
		if f.Step > keyframes[len(keyframes)-1] {
			keyframes = append(keyframes, f.Step)
		}
	}
	return filmPlaces(frames, keyframes, n)
}

// filmPlaces gives n keyframes their pictures: the newest that was seen since the rest before.
func filmPlaces(frames []*Frame, keyframes []int, n int) []Place {
	var out []Place
	all := spacedIndices(len(keyframes), MaxFrames)
	last := -1
	for _, k := range spacedIndices(len(all), n) {
		p := Place{Step: keyframes[all[k]]}
		if j, _ := slices.BinarySearchFunc(frames, p.Step+1, func(f *Frame, step int) int { return f.Step - step }); j > 0 && frames[j-1].Step > last {
			p = Place{frames[j-1].Step, &frames[j-1].Picture}
		}
		last = keyframes[all[k]]
		out = append(out, p)
	}
	return out
}

// spacedIndices is at most n indices below count, the first and the last among them, at even distances.
func spacedIndices(count, n int) []int {
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
