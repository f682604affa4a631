package images

import (
	"strings"

	"reta/viewer/state"
	"reta/viewer/ui"
	"reta/viewer/view"
	"reta/viewer/widget"
)

// Heights of the parts around the grid, widths of the inspector, CSS pixels.
const (
	headHeight    = 30.0
	inspectorMost = 440.0
)

// split gives the grid's and the inspector's part of the canvas: side by side, or one
// over the other on a narrow one.
func split(r ui.Rect) (grid, inspect ui.Rect) {
	if r.W >= 640 {
		w := min(max(r.W*0.235, 200), 320)
		return ui.Rect{X: r.X, Y: r.Y, W: r.W - w, H: r.H}, ui.Rect{X: r.X + r.W - w, Y: r.Y, W: w, H: r.H}
	}
	h := min(max(r.H*0.34, 130), 190)
	return ui.Rect{X: r.X, Y: r.Y, W: r.W, H: r.H - h}, ui.Rect{X: r.X, Y: r.Y + r.H - h, W: r.W, H: h}
}

// arrange lays out the classes whose names are looked for.
func (g *images) arrange(c ui.Canvas, area ui.Rect, s *state.State, v *view.View) widget.Grid {
	t := widget.Tiles{Pixels: max(s.Hello.Width, 1), Zoom: g.zoom}
	for class, tiles := range s.Tiles {
		t.IPC = max(t.IPC, len(tiles))
		if len(tiles) > 0 && matches(s.ClassName(class), filter.Of(v)) {
			t.Classes = append(t.Classes, class)
			t.Names = max(t.Names, g.width(c, s.ClassName(class)))
		}
		for _, tile := range tiles {
			if tile != nil {
				t.Pixels = max(t.Pixels, tile.Picture.W)
			}
		}
	}
	t.IPC = max(t.IPC, s.Hello.IPC)
	return widget.NewGrid(area, t, c.Scale())
}

// width is the width of a class's name, measured once.
func (g *images) width(c ui.Canvas, name string) float64 {
	w, known := g.widths[name]
	if !known {
		if g.widths == nil || len(g.widths) > state.MaxClasses {
			g.widths = map[string]float64{}
		}
		w = c.TextWidth(name, widget.NameSize)
		g.widths[name] = w
	}
	return w
}

func matches(name, filter string) bool {
	return filter == "" || strings.Contains(strings.ToLower(name), strings.ToLower(strings.TrimSpace(filter)))
}
