package report

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"reta/shared/event"
	"reta/shared/trial"
)

// confusion is how the students of one row confuse classes.
type confusion struct {
	Caption string
	Classes []string
	Rows    [][]share // of the answers to a class's images; none above mostCells classes
	Picture *picture  // then the same as a picture
	Pairs   table     // the most frequent confusions
	Errors  []mistake
}

// share is an entry of a confusion matrix.
type share struct {
	Text  string
	Share float64
	Right bool
}

// mistake is a test image that students get wrong.
type mistake struct {
	picture
	Words string
}

// Bounds of what is shown of confusions.
const (
	mostCells  = 20 // classes
	mostPairs  = 10
	mostErrors = 24
)

// confusionsOf is those of a student on distilled images, with soft labels where there are any: of one row, the most telling.
func (r *Run) confusionOf(student string) (*confusion, error) {
	rows := r.rows()
	for _, labels := range []string{event.SoftLabels, event.HardLabels} {
		w := trial.Find(rows, event.Distilled, labels, student)
		if w == nil {
			continue
		}
		c, there := r.confusions[w.First]
		if !there {
			continue
		}
		out := &confusion{Caption: fmt.Sprintf("Answers of %s on %s, %s counted", student, w.Name(), event.Counted(c.Trials, "trial"))}
		out.matrix(r.Hello, c)
		var err error
		if len(c.Counts) > 0 && len(c.Correct) > mostCells {
			out.Picture, err = matrixPicture(c, out.Caption)
		}
		if err == nil {
			err = out.errors(r.Hello, r.mistakes[w.First])
		}
		return out, err
	}
	return nil, nil
}

// matrix fills rows and pairs.
func (c *confusion) matrix(h event.Hello, e event.Confusion) {
	n := len(e.Correct)
	c.Pairs = table{name: "confusions", Caption: "Most frequent confusions", Left: 2, Head: []string{"class", "taken for", "share of its images"}}
	if len(e.Counts) == 0 {
		return
	}
	type pair struct {
		class, answer int
		share         float64
	}
	var pairs []pair
	for class := range n {
		if n <= mostCells {
			c.Classes = append(c.Classes, className(h, class))
			c.Rows = append(c.Rows, nil)
		}
		for answer := range n {
			s := ratio(e.Counts[class*n+answer], e.Total[class])
			if n <= mostCells {
				c.Rows[class] = append(c.Rows[class], share{fmt.Sprintf("%.0f", 100*s), s, class == answer})
			}
			if class != answer && s > 0 {
				pairs = append(pairs, pair{class, answer, s})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.share, a.share) })
	for _, p := range pairs[:min(len(pairs), mostPairs)] {
		c.Pairs.add(className(h, p.class), className(h, p.answer), fmt.Sprintf("%.0f %%", 100*p.share))
	}
}

func ratio(part, all uint32) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

// errors shows the images that are most often wrong.
func (c *confusion) errors(h event.Hello, m event.Mistakes) error {
	for i := range min(m.Len(), mostErrors) {
		p, err := inline(montage([]event.Images{{Count: 1, Width: m.Width, Height: m.Height, Pixels: m.Image(i)}}, 1, largest))
		if err != nil {
			return err
		}
		words := fmt.Sprintf("%s, most often taken for %s; wrong in %.0f %% of the trials", className(h, m.Label[i]), className(h, m.Predicted[i]), 100*m.Wrong[i])
		p.Alt = "Test image of " + words
		c.Errors = append(c.Errors, mistake{p, words})
	}
	return nil
}

// matrixPicture draws the shares as opacity of one colour that shows on light and dark.
func matrixPicture(e event.Confusion, caption string) (*picture, error) {
	n := len(e.Correct)
	m := image.NewNRGBA(image.Rect(0, 0, n, n))
	for class := range n {
		for answer := range n {
			s := math.Sqrt(ratio(e.Counts[class*n+answer], e.Total[class])) // small shares show
			m.SetNRGBA(answer, class, color.NRGBA{0xd0, 0x62, 0x18, uint8(255 * min(s, 1))})
		}
	}
	p, err := inline(m)
	scale := max(1, 480/n)
	p.Width, p.Height, p.Small = n*scale, n*scale, true
	p.Alt = caption + ": a row a true class, a column an answer; the diagonal is what is right"
	return &p, err
}

// accuracyAgainstKappa draws whether the shape of a class foretells what it teaches: a dot a class.
func (r *Run) accuracyAgainstKappa(student string) (c chart, ok bool, err error) {
	w := trial.Find(r.rows(), event.Distilled, event.SoftLabels, student)
	if w == nil {
		return c, false, nil
	}
	e := r.confusions[w.First]
	s := series{Name: "classes", Colour: colourDistilled, loose: true}
	var kappas, right []float64
	for class := range e.Correct {
		if k, there := r.kappaAtEnd(class); there && e.Total[class] > 0 {
			kappas, right = append(kappas, k), append(right, ratio(e.Correct[class], e.Total[class]))
			s.put(k, 100*right[len(right)-1])
		}
	}
	if len(s.points) < 3 {
		return c, false, nil
	}
	title := "accuracy of a class in per cent, " + student + " on " + w.Name()
	if corr := trial.Correlate(kappas, right); !math.IsNaN(corr.Low) {
		title += fmt.Sprintf("; correlation with kappa %.2f, 95 %% interval %.2f to %.2f", corr.R, corr.Low, corr.High)
	}
	return lines(axes{title: title, x: "kappa of the class at the end", marked: true}, []series{s})
}
