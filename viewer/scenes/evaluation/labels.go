package evaluation

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// Measures of the part of soft labels, CSS pixels.
const (
	imageSide = 176.0 // of the chosen image
	stripSide = 40.0  // of the class's images
	viewSide  = 104.0
	viewTall  = viewSide + 34
	viewWide  = 264.0
	topMost   = 6 // probabilities of a view that are drawn
)

// labelBlocks are the chosen image beside its class's, and its views.
func (e *evaluation) labelBlocks(w float64, x *scene.Context) page {
	p := page{share: 0.27}
	columns := int(math.Max(1, (w*0.27-pagePad)/(stripSide+6)))
	tall := 26 + imageSide + 30
	if w < twoColumns { // the class's images stand beside the chosen one
		columns = max(1, int((w-imageSide-60)/(stripSide+6)))
		tall = 26 + imageSide + 10
	}
	rows := (e.imageCount(x) + columns - 1) / columns
	if w >= twoColumns {
		tall += (stripSide + 6) * float64(rows)
	} else {
		tall = max(tall, 26+(stripSide+6)*float64(rows))
	}
	p.left = []block{{least: tall, draw: func(c ui.Canvas, r ui.Rect) { e.drawImage(c, r, w < twoColumns, x) }}}
	v := chosenViews(x)
	room := w - 2*pagePad
	if w >= twoColumns {
		room = (room - columnGap) * (1 - p.share)
	}
	n := viewColumns(room)
	p.right = []block{{least: 26 + viewTall*float64(max((v.Len()+n-1)/n, 1)), draw: func(c ui.Canvas, r ui.Rect) { e.drawViews(c, r, v, x) }}}
	return p
}

func viewColumns(room float64) int { return max(1, int(room/viewWide)) }

// imageCount is the number of images of the chosen class.
func (e *evaluation) imageCount(x *scene.Context) int {
	n := x.Hello.IPC
	if c := x.Class(); c >= 0 && c < len(x.Tiles) {
		n = max(n, len(x.Tiles[c]))
	}
	return n
}

// chosenViews are the views of the chosen image, none where none came.
func chosenViews(x *scene.Context) event.Views {
	return x.Whole.Evaluation.Views[[2]int{x.Class(), x.Image()}]
}

// withViews are the images of the chosen class whose views came, ascending.
func withViews(x *scene.Context) (list []int) {
	for key, v := range x.Whole.Evaluation.Views {
		if key[0] == x.Class() && v.Len() > 0 {
			list = append(list, key[1])
		}
	}
	slices.SortFunc(list, cmp.Compare[int])
	return list
}

// drawImage paints the chosen image and the class's images below or beside it.
func (e *evaluation) drawImage(c ui.Canvas, r ui.Rect, beside bool, x *scene.Context) {
	t := x.Theme
	figure.Head(c, r, x.ClassName(x.Class())+" #"+strconv.Itoa(x.Image()), t.Syn, "", t)
	at := ui.Snap(ui.Point{X: r.X, Y: r.Y + 26}, c.Scale())
	box := ui.Rect{X: at.X, Y: at.Y, W: imageSide, H: imageSide}
	if tile := x.Tile(x.Class(), x.Image()); tile != nil && tile.Picture.W > 0 {
		side := ui.Crisp(tile.Picture.W, imageSide, c.Scale())
		c.Picture(&tile.Picture, ui.Rect{X: box.X, Y: box.Y, W: side, H: side}, 1)
	} else {
		ui.Fill(c, box, t.Sunken)
	}
	strip := ui.Rect{X: r.X, Y: box.Y + imageSide + 30, W: r.W}
	if beside {
		strip = ui.Rect{X: box.X + imageSide + 16, Y: box.Y, W: r.X + r.W - box.X - imageSide - 16}
	} else {
		c.Text(ui.Point{X: r.X, Y: box.Y + imageSide + 15}, "of the class:", ui.SizeSmall, ui.Left, t.Muted)
	}
	pitch := stripSide + 6
	columns := max(1, int(strip.W/pitch))
	have := withViews(x)
	for i := range e.imageCount(x) {
		p := ui.Snap(ui.Point{X: strip.X + pitch*float64(i%columns), Y: strip.Y + pitch*float64(i/columns)}, c.Scale())
		q := ui.Rect{X: p.X, Y: p.Y, W: stripSide, H: stripSide}
		e.tiles = append(e.tiles, tile{ui.Rect{X: p.X, Y: p.Y, W: pitch, H: pitch}, i})
		alpha := 1.0
		if _, ok := slices.BinarySearch(have, i); !ok {
			alpha = 0.3
		}
		ui.Fill(c, q, t.Sunken)
		if tile := x.Tile(x.Class(), i); tile != nil && tile.Picture.W > 0 {
			c.Picture(&tile.Picture, q, alpha)
		}
		if i == x.Image() {
			ui.Outline(c, q.Inset(-2), 3, 2.5, t.Accent)
		}
	}
}

// drawViews paints the views of the chosen image, each with its soft label.
func (e *evaluation) drawViews(c ui.Canvas, r ui.Rect, v event.Views, x *scene.Context) {
	t := x.Theme
	reading := ""
	if v.Temperature > 0 {
		reading = "softmax of the logits / T, T = " + ui.Number(v.Temperature)
	}
	figure.Head(c, r, "Its views and their soft labels", t.Ink, reading, t)
	if v.Len() == 0 {
		words := "no views of this image came"
		if have := withViews(x); len(have) > 0 {
			words += "; of #" + strconv.Itoa(have[0]) + " there are some"
		}
		c.Text(ui.Point{X: r.X + r.W/2, Y: r.Y + 70}, words, ui.SizeBody, ui.Centre, t.Muted)
		return
	}
	e.views.take(v.Pixels, v.Len(), v.Width, v.Height, v.Image)
	most := 0.0
	for _, probs := range v.Prob {
		for _, p := range probs {
			if p >= 0 && p <= 1 {
				most = max(most, float64(p))
			}
		}
	}
	columns := viewColumns(r.W)
	wide := r.W / float64(columns)
	for i := range v.Len() {
		box := ui.Rect{X: r.X + wide*float64(i%columns), Y: r.Y + 26 + viewTall*float64(i/columns), W: wide - 18, H: viewTall}
		e.cards = append(e.cards, box)
		c.Text(ui.Point{X: box.X, Y: box.Y + 8}, "epoch "+strconv.Itoa(v.Epochs[i]), ui.SizeSmall, ui.Left, t.Muted)
		at := ui.Snap(ui.Point{X: box.X, Y: box.Y + 18}, c.Scale())
		c.Picture(e.views.at(i), ui.Rect{X: at.X, Y: at.Y, W: ui.Crisp(v.Width, viewSide, c.Scale()), H: ui.Crisp(v.Height, viewSide, c.Scale())}, 1)
		b := figure.Bars{Plain: true, Most: most, Tall: 18, Hover: figure.None}
		for k, class := range v.Top[i][:min(len(v.Top[i]), topMost)] {
			m := figure.Measure{Label: x.ClassName(class), Value: float64(v.Prob[i][k]), Error: math.NaN(), Tint: t.Muted, Reading: probability(v.Prob[i][k])}
			if class == v.Class {
				m.Tint = t.Syn
			}
			b.Rows = append(b.Rows, m)
		}
		b.Draw(c, ui.Rect{X: box.X + viewSide + 12, Y: box.Y + 16, W: box.W - viewSide - 12, H: viewSide + 4}, t)
	}
}

// probability writes one with as many digits as tell it from others.
func probability(p float32) string {
	if !(p >= 0 && p <= 1) {
		return "–"
	}
	return fmt.Sprintf("%.3f", p)
}

// describeView says what is under the pointer.
func (e *evaluation) describeView(x *scene.Context) ([]string, *ui.Picture) {
	v := chosenViews(x)
	for i, r := range e.cards {
		if !r.Contains(e.pointer) || i >= v.Len() {
			continue
		}
		lines := []string{"epoch " + strconv.Itoa(v.Epochs[i])}
		for k, class := range v.Top[i][:min(len(v.Top[i]), 2*topMost)] {
			lines = append(lines, probability(v.Prob[i][k])+"  "+x.ClassName(class))
		}
		return lines, e.views.at(i)
	}
	return nil, nil
}
