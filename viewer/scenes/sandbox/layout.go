package sandbox

import (
	"reta/viewer/figure"
	"reta/viewer/ui"
)

// layOut places the map, a square, and as many figures beside and below it as have
// room, the chosen one first.
func (s *sandbox) layOut(w, h float64, first string) (area ui.Rect) {
	pad := min(max(w*0.02, 6), 24)
	head := 26.0
	f := &s.figures
	f.shown, f.betti = f.shown[:0], [2]figure.Betti{}
	names := []string{first}
	for _, name := range paneNames {
		if name != first {
			names = append(names, name)
		}
	}
	if w >= 520 && w > h*1.05 { // beside
		side := max(min(h-2*pad-head, w*0.56), 1)
		area = ui.Rect{X: pad, Y: pad + head, W: side, H: side}
		right := ui.Rect{X: area.X + side + 1.4*pad, Y: pad, H: h - 2*pad}
		right.W = w - right.X - pad
		names = f.stack(right, names)
		f.row(ui.Rect{X: pad, Y: area.Y + side + pad, W: side, H: h - area.Y - side - 2*pad}, names)
		return area
	}
	side := max(min(w-2*pad, (h-head-2*pad)*0.58), 1)
	if h < 380 {
		side = max(min(w-2*pad, h-head-2*pad), 1)
	}
	area = ui.Rect{X: (w - side) / 2, Y: pad + head, W: side, H: side}
	below := ui.Rect{X: pad, Y: area.Y + side + pad, W: w - 2*pad, H: h - area.Y - side - 2*pad}
	if below.W < 2*paneWide+paneGap { // one column, in line with the map
		below.X, below.W = area.X, area.W
	}
	f.stack(below, names)
	return area
}

// stack puts figures into the rows and columns of r and returns those that found no room.
func (f *figures) stack(r ui.Rect, names []string) []string {
	if r.W < 150 {
		return names
	}
	columns := min(max(int((r.W+paneGap)/(paneWide+paneGap)), 1), 2)
	var least, shares []float64
	used, share := -paneGap, 0.0
	for i := 0; i < len(names); i += columns {
		need, part := 0.0, 0.0
		for _, name := range names[i:min(i+columns, len(names))] {
			need, part = max(need, paneLeast[name]), max(part, paneShare[name])
		}
		if used+paneGap+need > r.H {
			break
		}
		least, shares = append(least, need), append(shares, part)
		used, share = used+paneGap+need, share+part
	}
	y, cw := r.Y, (r.W-paneGap*float64(columns-1))/float64(columns)
	for row, tall := range least {
		tall += (r.H - used) * shares[row] / share
		for col := range columns {
			if i := row*columns + col; i < len(names) {
				f.shown = append(f.shown, pane{names[i], ui.Rect{X: r.X + float64(col)*(cw+paneGap), Y: y, W: cw, H: tall}})
			}
		}
		y += tall + paneGap
	}
	return names[min(len(least)*columns, len(names)):]
}

// row puts figures side by side.
func (f *figures) row(r ui.Rect, names []string) {
	most := int((r.W + paneGap) / (paneWide + paneGap))
	var fit []string
	for _, name := range names {
		if len(fit) < most && r.H >= paneLeast[name] {
			fit = append(fit, name)
		}
	}
	w := (r.W - paneGap*float64(len(fit)-1)) / float64(max(len(fit), 1))
	for i, name := range fit {
		f.shown = append(f.shown, pane{name, ui.Rect{X: r.X + float64(i)*(w+paneGap), Y: r.Y, W: w, H: r.H}})
	}
}

// halves cuts r into two, side by side or one above the other, where each has at least
// w and h; else it is r alone.
func halves(r ui.Rect, w, h float64) []ui.Rect {
	const gap = 14.0
	switch {
	case r.W >= 2*w+gap && (r.W > 1.7*r.H || r.H < 2*h+gap):
		half := (r.W - gap) / 2
		return []ui.Rect{{X: r.X, Y: r.Y, W: half, H: r.H}, {X: r.X + half + gap, Y: r.Y, W: half, H: r.H}}
	case r.H >= 2*h+gap:
		half := (r.H - gap) / 2
		return []ui.Rect{{X: r.X, Y: r.Y, W: r.W, H: half}, {X: r.X, Y: r.Y + half + gap, W: r.W, H: half}}
	}
	return []ui.Rect{r}
}
