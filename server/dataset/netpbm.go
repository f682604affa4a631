package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
)

// Netpbm images: grey (P2, P5) and colour (P3, P6), as text (P2, P3) or binary, of
// up to 16 bits a sample, which are scaled to 8.
func init() {
	for _, magic := range []string{"P2", "P3", "P5", "P6"} {
		image.RegisterFormat("netpbm", magic, decodeNetpbm, netpbmConfig)
	}
}

// netpbm is the header of such a file and what follows it.
type netpbm struct {
	r        *bufio.Reader
	w, h     int
	most     int // the value that means white
	channels int
	text     bool
}

func readNetpbm(r io.Reader) (*netpbm, error) {
	n := &netpbm{r: bufio.NewReader(r), channels: 1}
	var magic [2]byte
	if _, err := io.ReadFull(n.r, magic[:]); err != nil {
		return nil, n.cut(err)
	}
	n.text = magic[1] == '2' || magic[1] == '3'
	if magic[1] == '3' || magic[1] == '6' {
		n.channels = 3
	}
	for _, to := range []*int{&n.w, &n.h, &n.most} {
		v, err := n.number()
		if err != nil {
			return nil, err
		}
		*to = v
	}
	if n.most < 1 || n.most > 65535 {
		return nil, fmt.Errorf("netpbm: largest value %d: want 1 to 65535", n.most)
	}
	return n, nil
}

// number reads a decimal number and the one character after it; blanks and
// comments (from # to the end of the line) before it are left out.
func (n *netpbm) number() (int, error) {
	v, digits, comment := 0, 0, false
	for {
		c, err := n.r.ReadByte()
		if err == io.EOF && digits > 0 {
			return v, nil
		} else if err != nil {
			return 0, n.cut(err)
		}
		switch blank := c == ' ' || c >= '\t' && c <= '\r'; {
		case comment:
			comment = c != '\n' && c != '\r'
		case c >= '0' && c <= '9' && digits < 9:
			v, digits = v*10+int(c-'0'), digits+1
		case blank && digits > 0:
			return v, nil
		case c == '#' && digits == 0:
			comment = true
		case !blank:
			return 0, fmt.Errorf("netpbm: byte %q in a number: want digits, at most 9", c)
		}
	}
}

func (n *netpbm) cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("netpbm: file is cut short: %w", io.ErrUnexpectedEOF)
	}
	return err
}

func netpbmConfig(r io.Reader) (image.Config, error) {
	n, err := readNetpbm(r)
	if err != nil {
		return image.Config{}, err
	}
	model := color.GrayModel
	if n.channels == 3 {
		model = color.RGBAModel
	}
	return image.Config{ColorModel: model, Width: n.w, Height: n.h}, nil
}

// decodeNetpbm allocates what the header claims: check that first (see header).
func decodeNetpbm(r io.Reader) (image.Image, error) {
	n, err := readNetpbm(r)
	if err != nil {
		return nil, err
	}
	box := image.Rect(0, 0, n.w, n.h)
	if n.channels == 1 {
		m := image.NewGray(box)
		return m, n.samples(m.Pix, 1)
	}
	m := image.NewRGBA(box)
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	return m, n.samples(m.Pix, 4)
}

// samples reads all samples to pix, whose pixels are step bytes apart.
func (n *netpbm) samples(pix []byte, step int) error {
	for at := 0; at < len(pix); at += step {
		for c := range n.channels {
			v, err := n.sample()
			if err != nil {
				return err
			}
			if v > n.most {
				return fmt.Errorf("netpbm: value %d: want at most %d", v, n.most)
			}
			if n.most != 255 {
				v = int(math.RoundToEven(float64(v) / float64(n.most) * 255)) // as Pillow
			}
			pix[at+c] = byte(v)
		}
	}
	return nil
}

func (n *netpbm) sample() (int, error) {
	if n.text {
		return n.number()
	}
	hi, err := n.r.ReadByte()
	if err != nil || n.most < 256 {
		return int(hi), n.cut(err)
	}
	lo, err := n.r.ReadByte()
	return int(hi)<<8 | int(lo), n.cut(err)
}
