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
	switch x := e.(type) {
	case event.Images:
		halve(k, &x.Width, &x.Height, &x.Pixels)
		return x
	case event.Residual:
		halve(k, &x.Width, &x.Height, &x.Before, &x.Anchor, &x.After)
		return x
	case event.Mistakes:
		halve(k, &x.Width, &x.Height, &x.Pixels)
		return x
	case event.Views:
		halve(k, &x.Width, &x.Height, &x.Pixels)
		return x
	}
	return e
}

// halve halves the sides of images k times, down to one pixel.
func halve(k int, width, height *int, pixels ...*[]byte) {
	w, h := max(1, *width>>k), max(1, *height>>k)
	for _, p := range pixels {
		*p = event.Shrink(*p, 3, *width, *height, w, h)
	}
	*width, *height = w, h
}
