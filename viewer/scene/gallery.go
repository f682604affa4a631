package scene

import (
	"reta/shared/event"
	"reta/viewer/ui"
)

// faces is the thumbnails of one block of a class's Gallery, by the name of the real image.
type faces map[string]*ui.Picture

// gallery takes in a block of thumbnails. A page keeps as many of them as tiles.
func (s *State) gallery(e event.Gallery) {
	if e.Class >= maxClasses {
		return
	}
	kept := 0
	for _, f := range s.Faces {
		kept += len(f)
	}
	at := [2]int{e.Class, e.Part}
	kept -= len(s.Faces[at])
	if kept+e.Len() > maxTiles {
		return
	}
	block := faces{}
	for i, id := range e.IDs {
		p := s.Face(e.Class, id) // the same image keeps its copy on the graphics card
		if p == nil {
			p = &ui.Picture{}
			if !p.SetRGB(e.Width, e.Height, e.Image(i)) {
				continue
			}
		}
		block[id] = p
	}
	if s.Faces == nil {
		s.Faces = map[[2]int]faces{}
	}
	s.Faces[at] = block
	parts := s.parts[e.Class]
	if s.parts == nil {
		s.parts = map[int]int{}
	}
	s.parts[e.Class] = max(parts, e.Part+1)
}

// Face is the thumbnail of a real image of a class, nil where none has come.
func (s *State) Face(class int, id string) *ui.Picture {
	for part := range s.parts[class] {
		if p := s.Faces[[2]int{class, part}][id]; p != nil {
			return p
		}
	}
	return nil
}
