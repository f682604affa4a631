package web

import "reta/shared/event"

// halvings is how often the images of e are halved so that their longer side is at most size.
func halvings(e event.Event, size int) int {
	side, k := event.Side(e), 0
	for size > 0 && side > size && side > 1 {
		side /= 2
		k++
	}
	return k
}

// shrink gives e with its images halved k times.
func shrink(e event.Event, k int) event.Event {
	for ; k > 0; k-- {
		switch x := e.(type) {
		case event.Images:
			x.Pixels = halve(x.Pixels, x.Count, x.Width, x.Height)
			x.Width, x.Height = half(x.Width), half(x.Height)
			e = x
		case event.Residual:
			n := x.Len()
			x.Before = halve(x.Before, n, x.Width, x.Height)
			x.Anchor = halve(x.Anchor, n, x.Width, x.Height)
			x.After = halve(x.After, n, x.Width, x.Height)
			x.Width, x.Height = half(x.Width), half(x.Height)
			e = x
		case event.Mistakes:
			x.Pixels = halve(x.Pixels, x.Len(), x.Width, x.Height)
			x.Width, x.Height = half(x.Width), half(x.Height)
			e = x
		case event.Views:
			x.Pixels = halve(x.Pixels, x.Len(), x.Width, x.Height)
			x.Width, x.Height = half(x.Width), half(x.Height)
			e = x
		}
	}
	return e
}

func half(side int) int { return max(1, side/2) }

// halve averages blocks of 2x2 pixels of n images [n, height, width, 3]. An odd last row or column is left out; a
// side of one pixel stays.
func halve(pixels []byte, n, width, height int) []byte {
	w, h := half(width), half(height)
	dx, dy := min(1, width-1), min(1, height-1)
	out := make([]byte, 0, n*w*h*3)
	for i := range n {
		image := pixels[i*width*height*3:]
		for y := range h {
			top := image[2*y*dy*width*3:]
			bottom := image[(2*y*dy+dy)*width*3:]
			for x := range w {
				l, r := 2*x*dx*3, (2*x*dx+dx)*3
				for c := range 3 {
					sum := int(top[l+c]) + int(top[r+c]) + int(bottom[l+c]) + int(bottom[r+c])
					out = append(out, byte((sum+2)/4))
				}
			}
		}
	}
	return out
}
