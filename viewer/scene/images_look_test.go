package scene

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"reta/shared/event"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

var gallery = flag.String("images", "", "folder to write pictures of the images scene to, to be looked at")

// painted is a picture with some structure, of side n.
func painted(class, i, step, n int) []byte {
	rgb := make([]byte, 0, n*n*3)
	s := float64(step) / 100
	for y := range n {
		for x := range n {
			u, v := float64(x)/float64(n)-0.5, float64(y)/float64(n)-0.5
			d := math.Hypot(u, v)
			rgb = append(rgb, byte(128+100*math.Sin(9*u*(1+s)+float64(class))), byte(128+100*math.Cos(8*d*(1+s)+float64(i))), byte(120+90*math.Sin(7*v+float64(class*i))))
		}
	}
	return rgb
}

// crowd is a viewer of a run of so many classes.
func crowd(classes, ipc, side int) *Viewer {
	v := NewViewer()
	v.Link.State = "open"
	names := []string{"tench", "English springer", "cassette player", "chain saw", "church", "French horn", "garbage truck", "gas pump", "golf ball", "parachute"}
	h := event.Hello{Run: "r", Dataset: "d", IPC: ipc, Width: side, Height: side, Steps: 400, Stages: 4}
	for c := range classes {
		name := fmt.Sprintf("class %d", c)
		if c < len(names) {
			name = names[c]
		}
		h.Classes = append(h.Classes, name)
	}
	receive := func(now float64, e event.Event) { v.Receive(event.Message{Run: 7, Step: event.Step(e), Event: e}, now) }
	receive(0, h)
	for step := 0; step <= 200; step += 20 {
		for c := range classes {
			e := event.Images{Step: step, Class: c, Count: ipc, Width: side, Height: side}
			for i := range ipc {
				e.Pixels = append(e.Pixels, painted(c, i, step, side)...)
			}
			receive(10, e)
			if step%100 == 0 && step > 0 {
				e := event.Residual{Step: step, Stage: step/100 - 1, Class: c, Width: side, Height: side, Alpha: 0.7, Lambda: 0.5}
				for i := range ipc {
					a, b := painted(c, i, step-20, side), painted(c+3, i*2, 300, side)
					e.Index, e.AnchorID = append(e.Index, i), append(e.AnchorID, fmt.Sprintf("n0%d_%d", 2000+c, 11*(i/2)))
					e.Fit, e.Complexity = append(e.Fit, 0.31), append(e.Complexity, 0.12)
					e.Before, e.Anchor = append(e.Before, a...), append(e.Anchor, b...)
					for k := range a {
						e.After = append(e.After, byte(0.7*float64(a[k])+0.3*float64(b[k])))
					}
				}
				receive(10, e)
			}
		}
	}
	return v
}

func TestLook(t *testing.T) {
	if *gallery == "" {
		t.Skip()
	}
	light, dark := uitest.Themes(t, filepath.Join("..", "..", "server", "web", "static", "app.css"))
	v := crowd(10, 10, 32)
	for _, l := range []struct {
		name string
		w, h int
		dark bool
		view values
	}{
		{"wide", 1280, 760, false, values{"class": 1, "image": 3}},
		{"diff", 1280, 760, true, values{"class": 1, "image": 3, "show": "difference", "moment": "1"}},
		{"wipe", 1024, 600, false, values{"class": 1, "image": 3, "compare": "wipe"}},
		{"large", 1280, 760, true, values{"class": 2, "image": 3, "large": true, "compare": "wipe"}},
		{"phone", 360, 600, false, values{"class": 1, "image": 3}},
		{"phone-large", 360, 600, true, values{"class": 1, "image": 3, "large": true}},
		{"landscape", 700, 320, false, values{"class": 1, "image": 3, "show": "anchor"}},
		{"landscape-large", 700, 320, false, values{"class": 1, "image": 3, "large": true}},
	} {
		show(t, v, l.view)
		v.View.theme = light
		if l.dark {
			v.View.theme = dark
		}
		c, err := uitest.NewRaster(l.w, l.h, 1.25)
		if err != nil {
			t.Fatal(err)
		}
		v.Update(ui.Input{Now: 200})
		v.Draw(c, 200)
		if err := c.Save(filepath.Join(*gallery, l.name+".png")); err != nil {
			t.Fatal(err)
		}
		for name := range l.view {
			_ = name
		}
		show(t, v, values{"show": "synthetic", "moment": "", "compare": "none", "large": false})
	}
	var b bytes.Buffer
	data, _ := json.Marshal(v.Panel())
	_ = json.Indent(&b, data, "", " ")
	t.Log(b.String())
}
