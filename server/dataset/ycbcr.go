package dataset

import "image"

// fromYCbCr converts a decoded JPEG or lossy WebP to RGB. Halved chroma is
// brought back with a triangle filter (3/4 of the near sample, 1/4 of the far one,
// per axis), the "fancy upsampling" of libjpeg and libwebp, through which networks
// trained elsewhere have seen their images; plain repetition differs by up to tens
// of levels at edges. JPEG uses the full range of 0 to 255, WebP the limited one:
// luma 16 to 235, chroma 16 to 240.
func fromYCbCr(img *image.YCbCr, m Image, limited bool) {
	cb, cr := make([]byte, m.W+2), make([]byte, m.W+2)
	sums := make([]int32, (m.W+1)/2+1)
	for y := range m.H {
		luma := img.Y[img.YOffset(img.Rect.Min.X, img.Rect.Min.Y+y):]
		chromaRow(img, img.Cb, m, y, cb, sums, limited)
		chromaRow(img, img.Cr, m, y, cr, sums, limited)
		to := m.Pix[y*m.W*3 : (y+1)*m.W*3]
		if limited {
			for x := range m.W {
				to[x*3], to[x*3+1], to[x*3+2] = limitedRange(int32(luma[x]), int32(cb[x]), int32(cr[x]))
			}
			continue
		}
		for x := range m.W {
			l, b, r := int32(luma[x])<<16+1<<15, int32(cb[x])-128, int32(cr[x])-128
			// ITU-R BT.601 (JFIF) in 16-bit fixed point.
			to[x*3] = clamp8((l + 91881*r) >> 16)
			to[x*3+1] = clamp8((l - 22554*b - 46802*r) >> 16)
			to[x*3+2] = clamp8((l + 116130*b) >> 16)
		}
	}
}

// limitedRange is ITU-R BT.601 of limited range, in the fixed point of libwebp:
//
//	R = 1.164 (Y-16) + 1.596 (Cr-128)
//	G = 1.164 (Y-16) - 0.392 (Cb-128) - 0.813 (Cr-128)
//	B = 1.164 (Y-16) + 2.017 (Cb-128)
func limitedRange(y, cb, cr int32) (r, g, b byte) {
	y = y * 19077 >> 8
	r = clamp8((y + cr*26149>>8 - 14234) >> 6)
	g = clamp8((y - cb*6419>>8 - cr*13320>>8 + 8708) >> 6)
	b = clamp8((y + cb*33050>>8 - 17685) >> 6)
	return r, g, b
}

func clamp8(v int32) byte { return byte(min(max(v, 0), 255)) }

// chromaRow writes row y of a chroma plane at full width to out, which has
// room for one sample more than the image is wide. sums is scratch. Where chroma
// is halved both ways libjpeg rounds every second column down and does not filter
// images of a few columns; libwebp rounds all to nearest and filters all.
func chromaRow(img *image.YCbCr, plane []byte, m Image, y int, out []byte, sums []int32, webp bool) {
	row := func(y int) []byte { return plane[img.COffset(img.Rect.Min.X, img.Rect.Min.Y+y):] }
	n := (m.W + 1) / 2 // samples a row when halved across
	switch {
	case img.SubsampleRatio == image.YCbCrSubsampleRatio444:
		copy(out[:m.W], row(y))
	case img.SubsampleRatio == image.YCbCrSubsampleRatio422 && n > 2:
		in := row(y)
		for j := range n {
			v := 3 * int32(in[j])
			out[2*j] = byte((v + int32(in[max(j-1, 0)]) + 1) >> 2)
			out[2*j+1] = byte((v + int32(in[min(j+1, n-1)]) + 2) >> 2)
		}
	case img.SubsampleRatio == image.YCbCrSubsampleRatio440:
		near, far := row(y), row(neighbour(y, m.H))
		bias := int32(1 + y&1)
		for x := range m.W {
			out[x] = byte((3*int32(near[x]) + int32(far[x]) + bias) >> 2)
		}
	case img.SubsampleRatio == image.YCbCrSubsampleRatio420 && (n > 2 || webp):
		odd := int32(7)
		if webp {
			odd = 8
		}
		near, far := row(y), row(neighbour(y, m.H))
		for j := range n {
			sums[j] = 3*int32(near[j]) + int32(far[j])
		}
		for j := range n {
			out[2*j] = byte((3*sums[j] + sums[max(j-1, 0)] + 8) >> 4)
			out[2*j+1] = byte((3*sums[j] + sums[min(j+1, n-1)] + odd) >> 4)
		}
	default: // rare ratios and images of a few columns: the nearest sample
		for x := range m.W {
			out[x] = plane[img.COffset(img.Rect.Min.X+x, img.Rect.Min.Y+y)]
		}
	}
}

// neighbour is a row of the image whose chroma row is the second nearest to
// row y: the one above for even y, below for odd y, kept inside.
func neighbour(y, h int) int {
	if y&1 == 0 {
		return max(y-1, 0)
	}
	return min(y+1, h-1)
}
