package lessons

import (
	"fmt"

	"reta/viewer/panel"
	"reta/viewer/ui"
)

// planeFigure is the lesson's world, and what a network of it answers everywhere: the teacher, or a student after as many
// epochs as the dial says.
type planeFigure struct {
	w       *world
	set     labelled      // what the student is trained on; none: only the world
	nets    []*armNetwork // after each epoch, from 0
	image   ui.Picture    // of the answers
	painted planeKey
	area    ui.Rect
}

// planeKey is what the picture was made from.
type planeKey struct {
	epoch  int
	ground ui.Color
}

// newPlane is the world with a student on a set.
func newPlane(w *world, images, labels string) *planeFigure {
	p := &planeFigure{w: w, set: w.set(images, 1)}
	w.student(images, labels, 1, armEpochs, func(_ int, n *armNetwork) {
		kept := *n
		p.nets = append(p.nets, &kept)
	})
	return p
}

// epoch is the dial's.
func (p *planeFigure) epoch(m figureState) int { return min(max(int(m.at), 0), len(p.nets)-1) }

const (
	planeSide = 56  // pixels of the picture of answers
	planeEnd  = 1.4 // the plane goes from -planeEnd to planeEnd
)

// place is where a point of the plane lies.
func (p *planeFigure) place(q ui.Point) ui.Point {
	return ui.Point{X: p.area.X + p.area.W*(q.X+planeEnd)/(2*planeEnd), Y: p.area.Y + p.area.H*(planeEnd-q.Y)/(2*planeEnd)}
}

func (p *planeFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	side := min(r.W, r.H)
	at := ui.Snap(ui.Point{X: r.X + (r.W-side)/2, Y: r.Y + (r.H-side)/2}, c.Scale())
	p.area = ui.Rect{X: at.X, Y: at.Y, W: side, H: side}
	if p.area.Empty() {
		return
	}
	p.paint(p.epoch(m), t)
	c.Picture(&p.image, p.area, 1)
	for i, q := range p.w.real.points {
		ui.Disc(c, p.place(q), max(1.4, side/260), armColor(t, p.w.real.class[i]).Fade(0.65))
	}
	for i, q := range p.set.points {
		ui.Disc(c, p.place(q), max(4, side/60)+1.5, t.Surface)
		ui.Disc(c, p.place(q), max(4, side/60), armColor(t, p.set.class[i]))
	}
}

// paint makes the picture of the answers after an epoch.
func (p *planeFigure) paint(epoch int, t ui.Theme) {
	key := planeKey{epoch, t.Surface}
	if key == p.painted && p.image.W > 0 {
		return
	}
	p.painted = key
	rgb := make([]byte, 0, 3*planeSide*planeSide)
	for y := range planeSide {
		for x := range planeSide {
			at := func(i int) float64 { return planeEnd * (2*(float64(i)+0.5)/planeSide - 1) }
			col := t.Surface.Mix(armColor(t, p.nets[epoch].answer(ui.Point{X: at(x), Y: -at(y)})), 0.2)
			rgb = append(rgb, col.R, col.G, col.B)
		}
	}
	p.image.SetRGB(planeSide, planeSide, rgb)
}

// armColor is the colour of a class, armNames are what it is called.
func armColor(t ui.Theme, class int) ui.Color { return t.Groups[[armClasses]int{0, 1, 5}[class]] }

var armNames = [armClasses]string{"arm A", "arm B", "arm C"}

func (p *planeFigure) facts(m figureState) panel.Facts {
	return panel.Facts{{Name: "Trained on", Value: ui.Count(len(p.set.points), "point")}, {Name: "Accuracy", Value: share(p.w.accuracy(p.nets[p.epoch(m)], 1)), Title: "of " + ui.Count(len(p.w.test.points), "test point")}}
}

func (p *planeFigure) describe(m figureState) string {
	return fmt.Sprintf("A plane with three curved arms of points. A student trained on %d of them answers %s of the test points right after epoch %d",
		len(p.set.points), share(p.w.accuracy(p.nets[p.epoch(m)], 1)), p.epoch(m))
}

func (p *planeFigure) legend(figureState) panel.Legend {
	return panel.Legend{{Shape: "disc", Role: "group1", Text: armNames[0]}, {Shape: "disc", Role: "group2", Text: armNames[1]}, {Shape: "disc", Role: "group6", Text: armNames[2]},
		{Shape: "square", Role: "muted", Text: "the ground: what the student answers there"}}
}

// share writes a fraction as a percentage.
func share(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

// softFigure is a real point between two arms, and its label: soft at the temperature of the dial, and hard.
type softFigure struct {
	plane *planeFigure
	point int
	bars  labelBars
}

func newSoft(w *world) *softFigure {
	return &softFigure{plane: &planeFigure{w: w, nets: []*armNetwork{w.teacher}}, point: w.doubtful()}
}

// label is the point's at a temperature.
func (s *softFigure) label(temperature float64) [armClasses]float64 {
	return s.plane.w.teacher.label(s.plane.w.real.points[s.point], max(temperature, 0.1))
}

func (s *softFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	one, two := halves(r)
	s.plane.draw(c, one, t, figureState{})
	p := s.plane.place(s.plane.w.real.points[s.point])
	ui.Ring(c, p, 9, 2.5, t.Ink)
	s.bars.draw(c, two.Inset(min(10, two.W/20)), t, s.label(m.at), s.plane.w.real.class[s.point])
}

func (s *softFigure) facts(m figureState) panel.Facts {
	label := s.label(m.at)
	var f panel.Facts
	for class, v := range label {
		f = append(f, panel.Fact{Name: armNames[class], Value: fmt.Sprintf("%.2f", v), Role: [armClasses]string{"group1", "group2", "group6"}[class]})
	}
	return f
}

func (s *softFigure) describe(m figureState) string {
	label := s.label(m.at)
	return fmt.Sprintf("A point of %s between two arms. At temperature %s its soft label is %.2f, %.2f, %.2f for the three arms", armNames[s.plane.w.real.class[s.point]], ui.Number(m.at), label[0], label[1], label[2])
}
