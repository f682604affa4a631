package images

import (
	"strconv"
	"strings"

	"reta/viewer/scene"
	"reta/viewer/state"
)

// searchImage chooses what the user looks for, once for every new text. When another image is chosen afterwards, the text goes.
func (g *images) searchImage(x *scene.Context) {
	text := strings.TrimSpace(find.Of(x.View))
	switch {
	case len(x.Hello.Classes) == 0 && len(x.Tiles) == 0:
		return
	case text == g.searched:
		if text != "" && !g.notFound && g.target != [2]int{x.Class(), x.Image()} {
			find.Set(x.View, "")
			g.searched = ""
		}
		return
	}
	g.searched, g.notFound = text, false
	if text == "" {
		return
	}
	class, i, ok := findImage(x.State, text, x.Class())
	if g.notFound = !ok; ok {
		g.target = [2]int{class, i}
		x.Choose(class, i)
		if !matches(x.ClassName(class), filter.Of(x.View)) {
			filter.Set(x.View, "")
		}
	}
}

// findImage is the image that a text means: a class ("dog", or part of its name) and the number of an image in it ("dog 3",
// "dog#3"; "#3" of the present class), or the name of an image's newest anchor.
func findImage(s *state.State, text string, present int) (class, i int, ok bool) {
	if class, ok := classNamed(s, text, true); ok {
		return class, 0, true
	}
	if at := strings.LastIndexAny(text, "# "); at >= 0 {
		if i, err := strconv.Atoi(text[at+1:]); err == nil {
			class, ok := present, true
			if name := strings.Trim(text[:at], "# "); name != "" {
				class, ok = classNamed(s, name, false)
			}
			if ok && i >= 0 && i < imagesOf(s, class) {
				return class, i, true
			}
		}
	}
	if class, ok := classNamed(s, text, false); ok {
		return class, 0, true
	}
	for class, tiles := range s.Tiles {
		for i, t := range tiles {
			if t != nil && t.Last() != nil && strings.EqualFold(t.Last().AnchorID, text) {
				return class, i, true
			}
		}
	}
	return 0, 0, false
}

// imagesOf is the number of images of a class.
func imagesOf(s *state.State, class int) int {
	if class >= 0 && class < len(s.Tiles) && len(s.Tiles[class]) > 0 {
		return max(len(s.Tiles[class]), s.Hello.IPC)
	}
	return s.Hello.IPC
}

// classNamed is the class of a name; unless exactly that is wanted, the first whose name begins with it, or contains it.
func classNamed(s *state.State, name string, exactly bool) (int, bool) {
	name = strings.ToLower(name)
	best, rank := 0, 3
	for class := range max(len(s.Hello.Classes), len(s.Tiles)) {
		full := strings.ToLower(s.ClassName(class))
		switch {
		case full == name:
			return class, true
		case exactly:
		case rank > 1 && strings.HasPrefix(full, name):
			best, rank = class, 1
		case rank > 2 && strings.Contains(full, name):
			best, rank = class, 2
		}
	}
	return best, rank < 3
}
