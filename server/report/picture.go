package report

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"

	"reta/shared/event"
)

// Bounds of the pictures of a page.
const (
	mostPixels  = 6 << 20 // of all pictures, so that a browser opens the page at once
	mostInStrip = 10      // images of a class
	largest     = 112     // side of an image in pixels
	smallest    = 48      // what larger ones may be reduced to, to show all classes
	gap         = 2       // pixels between images
)

// gallery is the images of one class.
type gallery struct {
	Class  string
	Strips []strip
}

// strip is images side by side.
type strip struct {
	Run, When string
	Shown     picture
}

// picture is an image inlined in the page.
type picture struct {
	URL           template.URL
	Width, Height int // as shown, pixels of the page
	Small         bool
	Alt           string
}

// galleries shows the first and the last images of every class, beside each other for several runs. left is how many classes
// there was no room for.
func galleries(runs []*Run, names []string) (list []gallery, left int, err error) {
	classes, side, count := 0, 0, 0
	for _, r := range runs {
		for item := range r.first {
			classes = max(classes, item.Class+1)
		}
		side, count = max(side, r.Hello.Width, r.Hello.Height), max(count, r.Hello.IPC)
	}
	side, count, shown := fit(min(side, largest), min(count, mostInStrip), classes, 2*len(runs))
	list = make([]gallery, shown)
	for i, r := range runs {
		err := r.recording(func(c *event.Recording) error {
			for class := range shown {
				list[class].Class = className(runs[0].Hello, class)
				for _, place := range []map[event.Item]event.Entry{r.first, r.last} {
					s, ok, err := r.strip(c, place, class, count, side)
					if err != nil {
						return err
					}
					if ok {
						s.Run = names[i]
						s.Shown.Alt = fmt.Sprintf("Synthetic images of class %s, %s, %s", list[class].Class, s.Run, s.When)
						list[class].add(s)
					}
				}
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return slices.DeleteFunc(list, func(g gallery) bool { return len(g.Strips) == 0 }), classes - shown, nil
}

// add adds a strip, unless the same images are there: then it says whose they are too.
func (g *gallery) add(s strip) {
	for i := range g.Strips {
		if t := &g.Strips[i]; t.Shown.URL == s.Shown.URL && t.When == s.When {
			if t.Run != s.Run {
				t.Run += ", " + s.Run
			}
			return
		}
	}
	g.Strips = append(g.Strips, s)
}

// fit makes images smaller, then fewer, then leaves classes out, until all strips of a class take mostPixels together.
func fit(side, count, classes, strips int) (int, int, int) {
	fits := func(side, count, classes int) bool { return side*side*count*classes*strips <= mostPixels }
	for side > smallest && !fits(side, count, classes) {
		side--
	}
	for count > 1 && !fits(side, count, classes) {
		count--
	}
	for classes > 1 && !fits(side, count, classes) {
		classes--
	}
	return side, count, classes
}

// strip reads the first images of a class from where they are in the recording.
func (r *Run) strip(c *event.Recording, place map[event.Item]event.Entry, class, count, side int) (s strip, ok bool, err error) {
	var items []event.Item
	for item := range place {
		if item.Class == class && item.Part < count {
			items = append(items, item)
		}
	}
	slices.SortFunc(items, func(a, b event.Item) int { return cmp.Compare(a.Part, b.Part) })
	var blocks []event.Images
	for _, item := range items {
		m, err := c.Read(place[item])
		if err != nil {
			return s, false, err
		}
		if e, is := m.Event.(event.Images); is {
			blocks = append(blocks, e)
			s.When = fmt.Sprintf("step %d", e.Step)
		}
	}
	all := montage(blocks, count, side)
	if all == nil {
		return s, false, nil
	}
	s.Shown, err = inline(all)
	return s, err == nil, err
}

// montage puts the first images of blocks side by side, at most so many and none larger than side. Without any it is nil.
func montage(blocks []event.Images, count, side int) *image.NRGBA {
	var rgb []byte
	n, width, height := 0, 0, 0
	for _, e := range blocks {
		if n == 0 {
			width, height = e.Width, e.Height
		}
		for i := 0; i < e.Count && n < count && e.Width == width && e.Height == height; i++ {
			rgb = append(rgb, e.Image(i)...)
			n++
		}
	}
	if n == 0 {
		return nil
	}
	w, h := width, height
	if most := max(width, height); most > side {
		w, h = max(1, width*side/most), max(1, height*side/most)
	}
	rgb = event.Shrink(rgb, 3, width, height, w, h)
	all := image.NewNRGBA(image.Rect(0, 0, n*(w+gap)-gap, h))
	for k := range n * w * h {
		i, y, x := k/(w*h), k/w%h, k%w
		all.SetNRGBA(i*(w+gap)+x, y, color.NRGBA{rgb[3*k], rgb[3*k+1], rgb[3*k+2], 255})
	}
	return all
}

// inline is an image within the page; small ones are shown twice as large.
func inline(m image.Image) (p picture, err error) {
	size := m.Bounds().Size()
	p.Width, p.Height = size.X, size.Y
	if p.Small = size.Y <= smallest; p.Small {
		p.Width, p.Height = 2*p.Width, 2*p.Height
	}
	var b bytes.Buffer
	err = png.Encode(&b, m)
	p.URL = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
	return p, err
}

func sortedKeys[V any](m map[int]V) []int { return slices.Sorted(maps.Keys(m)) }
