package evaluation

import "reta/viewer/ui"

// block is a part of a page: so high at least, and higher where there is room if it grows.
type block struct {
	least float64
	grows bool
	draw  func(ui.Canvas, ui.Rect)
}

// page is two columns of blocks, of which the first has a share of the width. On a narrow canvas they are one column.
type page struct {
	left, right []block
	share       float64
}

// add puts a block below the shorter column or, on a canvas so narrow that they are one, below all.
func (p *page) add(b block, w float64) {
	tall := func(blocks []block) (h float64) {
		for _, b := range blocks {
			h += b.least + blockGap
		}
		return h
	}
	if w >= twoColumns && tall(p.left) < tall(p.right) {
		p.left = append(p.left, b)
		return
	}
	p.right = append(p.right, b)
}

// place is a block where it is drawn.
type place struct {
	r    ui.Rect
	draw func(ui.Canvas, ui.Rect)
}

// Measures, CSS pixels.
const (
	twoColumns = 640.0 // least width of a canvas for them
	pagePad    = 16.0
	columnGap  = 32.0
	blockGap   = 20.0
)

// arrange places a page's blocks on a canvas and returns the height they take.
func arrange(p page, w, h float64) ([]place, float64) {
	pad := min(pagePad, w*0.03)
	r := ui.Rect{W: w, H: h}.Inset(pad)
	if w < twoColumns || len(p.right) == 0 {
		places, height := column(append(p.left, p.right...), r)
		return places, height + 2*pad
	}
	left, right := r, r
	left.W = (r.W - columnGap) * p.share
	right.X, right.W = r.X+left.W+columnGap, r.W-left.W-columnGap
	a, tallA := column(p.left, left)
	b, tallB := column(p.right, right)
	return append(a, b...), max(tallA, tallB) + 2*pad
}

// column puts blocks under one another; those that grow share what room is left of r.
func column(blocks []block, r ui.Rect) (places []place, height float64) {
	growing := 0.0
	for i, b := range blocks {
		height += b.least
		if i > 0 {
			height += blockGap
		}
		if b.grows {
			growing++
		}
	}
	more := 0.0
	if growing > 0 && height < r.H {
		more = (r.H - height) / growing
		height = r.H
	}
	y := r.Y
	for _, b := range blocks {
		tall := b.least
		if b.grows {
			tall += more
		}
		places = append(places, place{ui.Rect{X: r.X, Y: y, W: r.W, H: tall}, b.draw})
		y += tall + blockGap
	}
	return places, height
}
