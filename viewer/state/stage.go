package state

import "reta/shared/event"

// Start is how the group of classes that holds one was before the first step; nil where it was not reported.
func (s *State) Start(class int) *event.Start {
	for first, e := range s.starts {
		if i := class - first; i >= 0 && i < len(e.Shape.Classes) {
			return &e
		}
	}
	return nil
}

func (s *State) stageEnd(e event.StageEnd) {
	if e.Stage < 0 || e.Stage >= event.MaxStages {
		return
	}
	for i := range s.Ends {
		if s.Ends[i].Stage == e.Stage {
			s.Ends[i] = e
			return
		}
	}
	if len(s.Ends) < MaxClasses {
		s.Ends = append(s.Ends, e)
	}
}

// Shape is what a stage did to a class, false where nothing was reported.
func (s *State) Shape(stage, class int) (event.ClassShape, bool) {
	if d := s.Diagnosis(stage, class); d != nil {
		return d.Classes[class-d.First], true
	}
	return event.ClassShape{}, false
}

// Diagnosis is of a stage's end, of the group of classes that holds one; nil where none was reported.
func (s *State) Diagnosis(stage, class int) *event.Diagnosis {
	for key, d := range s.Shapes {
		if i := class - d.First; key[0] == stage && i >= 0 && i < len(d.Classes) {
			return &d
		}
	}
	return nil
}
