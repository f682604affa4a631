// Package compare is the scene of several runs side by side: images of one class, losses, what is missing of the real
// classes' topology, and what students reach.
package compare

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/state"
	"reta/viewer/ui"
	"reta/viewer/view"
)

func init() {
	scene.Register(scene.Info{Name: "compare", Title: "Compare", Order: 8, Scroll: true, Topics: []event.Topic{event.TopicImages, event.TopicEvaluation}, Keys: []scene.Key{
		{Keys: []string{"l"}, Show: "L", Say: "cross-entropy, total loss in turn", Act: "compare-loss"},
	}}, func() scene.Scene { return &compare{} })
}

var lossParam = view.NewText("compare.loss", crossEntropy, totalLoss) // which curve of the steps is drawn

// The losses.
const (
	crossEntropy = "ce"
	totalLoss    = "total"
)

// mostOthers bounds the recordings beside the page's own run.
const mostOthers = 5

// compare shows the page's run and recordings that the user adds, as they are at their end.
type compare struct {
	others []run

	loss, kappa  figure.Curves
	bars         figure.Bars
	drawn        []run // as drawn last, by line of the curves
	scroll, tall float64
	view         float64
	pointer      ui.Point
	inside       bool
}

// run is one of those that are compared.
type run struct {
	file string // that it was read from; "" for the page's own
	s    *state.State
}

// name is the recipe and, of a recording, what it is called where that is another name.
func (r run) name() string {
	name := r.s.Hello.Recipe
	if name == "" {
		name = "run"
	}
	if r.file != "" && r.file != name {
		name += " (" + r.file + ")"
	}
	return name
}

// about is what the run is of, in few words.
func (r run) about() string {
	h := r.s.Hello
	return fmt.Sprintf("%s, %s a class, %s", h.Dataset, ui.Count(h.IPC, "image"), ui.Count(h.Steps, "step"))
}

// runs are all that are compared, the page's own first where there is one.
func (c *compare) runs(x *scene.Context) []run {
	var list []run
	if x.Whole.Hello.Recipe != "" || len(x.Whole.Hello.Classes) > 0 {
		list = append(list, run{s: x.Whole})
	}
	return append(list, c.others...)
}

// Add implements Adder.
func (c *compare) Add(name string, data []byte, x *scene.Context) error {
	if len(c.others) >= mostOthers {
		return fmt.Errorf("%s: %d recordings are compared already: take one away first", name, len(c.others))
	}
	r, err := event.OpenRecording(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s, err := state.ReadState(r, r.Index().Last(), func(event.Kind) bool { return true })
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	file := strings.TrimSuffix(name, ".reta")
	if folder := path.Base(s.Hello.Run); file == "events" && s.Hello.Run != "" { // what every run's recording is called
		file = folder
	}
	c.others = append(c.others, run{file, s})
	x.Say(name+" is compared", false)
	return nil
}

// tint is the colour of the run at a place of the list.
func tint(i int, t ui.Theme) ui.Color { return t.Groups[i%len(t.Groups)] }

// Update implements Scene.
func (c *compare) Update(in ui.Input, x *scene.Context) bool {
	for _, a := range in.Acts {
		switch a.Name {
		case "compare-loss":
			next := map[string]string{crossEntropy: totalLoss, totalLoss: crossEntropy}
			lossParam.Set(x.View, next[lossParam.Of(x.View)])
		case "compare-remove":
			if i := int(a.Num()); i >= 0 && i < len(c.others) {
				c.others = append(c.others[:i:i], c.others[i+1:]...)
			}
		case "reset":
			c.scroll = 0
		}
	}
	c.pointer, c.inside = in.Pointer, in.Inside
	c.scroll += in.Wheel.Y
	if in.Inside {
		c.scroll -= in.Drag.Y
	}
	c.scroll = min(max(c.scroll, 0), max(0, c.tall-c.view))
	return false
}

// Empty implements Idler.
func (c *compare) Empty(x *scene.Context) *scene.Empty {
	if len(c.runs(x)) > 0 {
		return nil
	}
	return &scene.Empty{Head: "No run to compare", Body: "Drop recordings (events.reta) of runs here, or open them in the panel."}
}

// Label implements Labeller.
func (c *compare) Label(x *scene.Context) string {
	words := "Comparison."
	for _, row := range c.Table(x)[1:] {
		words += " " + strings.Join(row, ", ") + "."
	}
	return words
}
