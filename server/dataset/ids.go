package dataset

import (
	"fmt"
	"slices"
	"strings"
)

// allClasses is the list of all classes of a set. Where the set fixes them, the
// indices of the found classes are set to their positions in it, so that a
// folder with some of them agrees with a teacher of all; a class of another set
// is an error, missing ones are warned of.
func (s *Spec) allClasses(f *found) ([]Class, error) {
	if len(s.ids) == 0 {
		if n := len(f.classes); s.Classes > 0 && n != s.Classes {
			f.notes = append(f.notes, Note{true, fmt.Sprintf("there are %d classes: %s has %d", n, s.Name, s.Classes)})
		}
		return f.classes, nil
	}
	all := make([]Class, len(s.ids))
	for i, id := range s.ids {
		all[i] = Class{ID: id, Name: id, Index: i}
	}
	var unknown []string
	for i := range f.classes {
		c := &f.classes[i]
		if c.Index = slices.Index(s.ids, c.ID); c.Index < 0 {
			unknown = append(unknown, c.label())
			continue
		}
		all[c.Index] = *c
	}
	other := s.sameClasses(f.classes)
	if len(unknown) > 0 {
		remedy := "take them out, or give the folder as --dataset path:DIR"
		if other != "" {
			remedy = "they are the classes of " + other + ": want --dataset " + other
		}
		return nil, fmt.Errorf("%d of %d class folders are no classes of %s: %s; %s", len(unknown), len(f.classes), s.Name, firstOf(unknown, ", "), remedy)
	}
	if n := len(f.classes); n < len(s.ids) {
		text := fmt.Sprintf("there are %d of the %d classes of %s", n, len(s.ids), s.Name)
		if other != "" {
			text += fmt.Sprintf(", just those of %s (--dataset %s)", other, other)
		}
		f.notes = append(f.notes, Note{true, text})
	}
	return all, nil
}

// sameClasses names a set with exactly these classes, in the plainest edition, or "".
func (s *Spec) sameClasses(classes []Class) string {
	for _, other := range registry {
		if other != s && len(other.ids) == len(classes) && !strings.HasPrefix(s.Name, other.Name) &&
			!slices.ContainsFunc(classes, func(c Class) bool { return !slices.Contains(other.ids, c.ID) }) {
			return other.Name
		}
	}
	return ""
}
