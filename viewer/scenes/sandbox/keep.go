package sandbox

import (
	"strconv"
	"strings"

	"reta/viewer/scene"
	"reta/viewer/view"
)

// keep holds on to the cloud as it is, to compare what is drawn next with it.
func (s *sandbox) keep(x *scene.Context) {
	if keptParam.Of(x.View) != "" {
		keptParam.Set(x.View, "")
		return
	}
	if len(s.cloud.points) == 0 {
		x.Say("There is nothing to keep yet. Draw some points first.", true)
		return
	}
	text := s.now.text()
	s.remember(text, s.cloud)
	keptParam.Set(x.View, text)
}

// text writes a source for the parameter of the kept cloud.
func (s source) text() string {
	if s.Cloud == drawn {
		return s.Points
	}
	return strings.Join([]string{"=" + s.Cloud, strconv.Itoa(s.N), strconv.FormatFloat(s.Noise, 'g', 6, 64), strconv.Itoa(s.Seed)}, " ")
}

// decodeKept makes the cloud that a text describes, nil for none.
func (s *sandbox) decodeKept(text string) *cloud {
	if words := strings.Fields(strings.TrimPrefix(text, "=")); text[0] == '=' {
		var v view.View
		if len(words) != 4 || words[0] == drawn || !cloudParam.Takes(words[0]) {
			return nil
		}
		for i, p := range []*view.Number{countParam, noiseParam, seedParam} {
			x, err := strconv.ParseFloat(words[i+1], 64)
			if err != nil || !p.Takes(x) {
				return nil
			}
			p.Set(&v, x)
		}
		cloudParam.Set(&v, words[0])
		return sourceIn(&v).preset(words[0])
	}
	if pts, ok := pointsOf(text); ok && len(pts) > 0 {
		return newUnit(pts, "")
	}
	return s.memory[text]
}

// paste takes points from a text.
func (s *sandbox) paste(text string, x *scene.Context) {
	if strings.TrimSpace(text) == "" {
		x.Say("Paste or type some lines first, two numbers in each.", true)
		return
	}
	if err := s.Open("The text", []byte(text), x); err != nil {
		x.Say(err.Error(), true)
	}
}

// Open implements Opener.
func (s *sandbox) Open(name string, data []byte, x *scene.Context) error {
	c, err := readCloud(name, data)
	if err != nil {
		return err
	}
	s.sync(x)
	s.edit(c, x)
	epsParam.Set(x.View, -1)
	barParam.Set(x.View, "")
	return nil
}
