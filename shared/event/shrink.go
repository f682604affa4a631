package event

// Shrink takes 8-bit images [n, height, width, channels], row by row and one after the other, to [n, toHeight, toWidth,
// channels], sides of 1 up to those of the images: each pixel is the mean over a box, rounded to the nearest, and each
// pixel of an image is in one box. Where the sides do not divide, boxes differ by a pixel. Images that have the size
// are returned as they are.
func Shrink(pixels []byte, channels, width, height, toWidth, toHeight int) []byte {
	if width == toWidth && height == toHeight {
		return pixels
	}
	row, each := width*channels, width*height*channels
	place := make([]int, row) // in sums, of each value in a row
	wide := make([]uint32, toWidth)
	for x := range wide {
		left, right := x*width/toWidth, (x+1)*width/toWidth
		wide[x] = uint32(right - left)
		for i := left * channels; i < right*channels; i++ {
			place[i] = x*channels + i%channels
		}
	}
	sums := make([]uint32, toWidth*channels)
	out := make([]byte, len(pixels)/each*toHeight*len(sums))
	for to := out; len(pixels) >= each; pixels = pixels[each:] {
		for y := range toHeight {
			top, bottom := y*height/toHeight, (y+1)*height/toHeight
			clear(sums)
			for v := top; v < bottom; v++ {
				for i, b := range pixels[v*row:][:row] {
					sums[place[i]] += uint32(b)
				}
			}
			for x, w := range wide {
				n := w * uint32(bottom-top)
				for i := x * channels; i < (x+1)*channels; i++ {
					to[i] = byte((sums[i] + n/2) / n)
				}
			}
			to = to[len(sums):]
		}
	}
	return out
}
