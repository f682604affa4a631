package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // formats read
	_ "image/png"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"
)

// maxAspect bounds what resizing the shorter side can make of the longer one.
const maxAspect = 100

// decode reads a JPEG, PNG, WebP or BMP file to RGB. The header is checked
// against lim before any pixel is allocated. Grey becomes RGB, alpha is dropped.
func decode(data []byte, lim limits) (m Image, err error) {
	defer func() {
		if p := recover(); p != nil { // a decoder's fault in a hostile file spoils that file only
			err = fmt.Errorf("decoder failed: %v", p)
		}
	}()
	cfg, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Image{}, err
	}
	if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > lim.side || cfg.Height > lim.side ||
		int64(cfg.Width)*int64(cfg.Height) > lim.pixels {
		return Image{}, fmt.Errorf("header claims %d x %d pixels: want at most %d a side and %d in all",
			cfg.Width, cfg.Height, lim.side, lim.pixels)
	}
	if max(cfg.Width, cfg.Height) > maxAspect*min(cfg.Width, cfg.Height) {
		return Image{}, fmt.Errorf("image of %d x %d pixels: want sides at most 1:%d", cfg.Width, cfg.Height, maxAspect)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Image{}, err
	}
	return toRGB(img), nil
}

func toRGB(img image.Image) Image {
	b := img.Bounds()
	m := Image{b.Dx(), b.Dy(), make([]byte, b.Dx()*b.Dy()*3)}
	switch img := img.(type) {
	case *image.YCbCr:
		fromYCbCr(img, m)
	case *image.Gray:
		for y := range m.H {
			row := img.Pix[y*img.Stride : y*img.Stride+m.W]
			for x, v := range row {
				i := (y*m.W + x) * 3
				m.Pix[i], m.Pix[i+1], m.Pix[i+2] = v, v, v
			}
		}
	case *image.RGBA:
		dropAlpha(img.Pix, img.Stride, m)
	case *image.NRGBA:
		dropAlpha(img.Pix, img.Stride, m)
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

func dropAlpha(pix []byte, stride int, m Image) {
	for y := range m.H {
		for x := range m.W {
			copy(m.Pix[(y*m.W+x)*3:(y*m.W+x)*3+3], pix[y*stride+x*4:])
		}
	}
}
