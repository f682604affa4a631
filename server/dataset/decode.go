package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // formats read
	_ "image/png"
	"net/http"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// maxAspect bounds what resizing the shorter side can make of the longer one.
const maxAspect = 100

// pixelCost bounds the bytes that decoding takes for each pixel: a TIFF of 16
// bits a channel keeps 8 of the image, up to 16 of a strip as its buffer grows
// and 3 of the result; a progressive JPEG of four channels 16, 4, 4 and 3.
const pixelCost = 28

// header reads the size of an image from its file's first bytes and checks it
// against lim. Nothing of the size of the image is allocated.
func header(data []byte, lim limits) (image.Config, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err == image.ErrFormat {
		return c, unknownFormat(data)
	} else if err != nil {
		return c, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > lim.side || c.Height > lim.side || int64(c.Width)*int64(c.Height) > lim.pixels {
		return c, fmt.Errorf("image of %d x %d pixels by its header: want at most %d pixels, at most %d a side: make it smaller",
			c.Width, c.Height, lim.pixels, lim.side)
	}
	if max(c.Width, c.Height) > maxAspect*min(c.Width, c.Height) {
		return c, fmt.Errorf("image of %d x %d pixels: want sides at most 1:%d: crop it", c.Width, c.Height, maxAspect)
	}
	return c, nil
}

// unknownFormat says what a file holds that is none of the formats read.
func unknownFormat(data []byte) error {
	switch {
	case len(data) == 0:
		return fmt.Errorf("is empty: want an image")
	case bytes.HasPrefix(data, []byte("version https://git-lfs")):
		return fmt.Errorf("is a pointer of git-lfs, not the image: fetch it with git lfs pull")
	}
	kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
	if kind == "application/octet-stream" {
		kind = fmt.Sprintf("starts with % x", data[:min(8, len(data))])
	} else {
		kind = "is " + kind
	}
	return fmt.Errorf("content %s: want a JPEG, PNG, WebP, BMP, TIFF, PPM or PGM image", kind)
}

// Decode reads an image file of any format that sets are made of to RGB, within
// the caps of sets.
func Decode(data []byte) (Image, error) { return decode(data, defaultLimits) }

// decode reads an image file to RGB. Grey becomes RGB, alpha is dropped.
func decode(data []byte, lim limits) (m Image, err error) {
	defer func() {
		if p := recover(); p != nil { // a decoder's fault in a hostile file spoils that file only
			err = fmt.Errorf("decoder failed: %v", p)
		}
	}()
	if _, err := header(data, lim); err != nil {
		return Image{}, err
	}
	img, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Image{}, err
	}
	return toRGB(img, format), nil
}

func toRGB(img image.Image, format string) Image {
	b := img.Bounds()
	m := Image{b.Dx(), b.Dy(), make([]byte, b.Dx()*b.Dy()*3)}
	switch img := img.(type) {
	case *image.YCbCr:
		fromYCbCr(img, m, format == "webp")
	case *image.NYCbCrA:
		fromYCbCr(&img.YCbCr, m, format == "webp")
	case *image.Gray:
		for y := range m.H {
			row := img.Pix[y*img.Stride : y*img.Stride+m.W]
			for x, v := range row {
				i := (y*m.W + x) * 3
				m.Pix[i], m.Pix[i+1], m.Pix[i+2] = v, v, v
			}
		}
	case *image.RGBA:
		dropAlpha(img.Pix, img.Stride, m, true)
	case *image.NRGBA:
		dropAlpha(img.Pix, img.Stride, m, false)
	default:
		for y := range m.H {
			for x := range m.W {
				c := color.NRGBAModel.Convert(img.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
				i := (y*m.W + x) * 3
				m.Pix[i], m.Pix[i+1], m.Pix[i+2] = c.R, c.G, c.B
			}
		}
	}
	return m
}

// dropAlpha keeps the colours of RGBA pixels, divided by alpha where they were
// stored multiplied with it, rounded down as Pillow does.
func dropAlpha(pix []byte, stride int, m Image, multiplied bool) {
	for y := range m.H {
		for x := range m.W {
			from, to := pix[y*stride+x*4:][:4], m.Pix[(y*m.W+x)*3:][:3]
			copy(to, from)
			if a := int(from[3]); multiplied && a != 255 && a != 0 {
				for c := range to {
					to[c] = byte(min(255, int(from[c])*255/a))
				}
			}
		}
	}
}
