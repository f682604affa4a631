package state

import (
	"reta/shared/event"
	"reta/viewer/ui"
)

// thumbnails of real images, by class and by the name that clouds, candidates and anchors give them.
type thumbnails map[int]map[string]*ui.Picture

// maxThumbs bounds the thumbnails a page keeps of one class.
const maxThumbs = 1 << 13

func (t *thumbnails) add(e event.Gallery) {
	if *t == nil {
		*t = thumbnails{}
	}
	of := (*t)[e.Class]
	if of == nil {
		if len(*t) >= MaxClasses {
			return
		}
		of = map[string]*ui.Picture{}
		(*t)[e.Class] = of
	}
	for i, id := range e.IDs {
		p := of[id]
		if p == nil {
			if len(of) >= maxThumbs {
				return
			}
			p = new(ui.Picture)
			of[id] = p
		}
		p.SetRGB(e.Width, e.Height, e.Image(i))
	}
}

// Thumb is the thumbnail of a real image of a class, nil where none came.
func (s *State) Thumb(class int, id string) *ui.Picture { return s.Thumbs[class][id] }
