package ui

import (
	"fmt"
	"strconv"
)

// Color is an 8-bit colour, not premultiplied.
type Color struct{ R, G, B, A uint8 }

// Fade returns c with its opacity multiplied by a in [0,1].
func (c Color) Fade(a float64) Color {
	c.A = uint8(float64(c.A)*min(max(a, 0), 1) + 0.5)
	return c
}

// Mix returns the colour a share t of the way from c to d.
func (c Color) Mix(d Color, t float64) Color {
	f := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*t + 0.5) }
	return Color{f(c.R, d.R), f(c.G, d.G), f(c.B, d.B), f(c.A, d.A)}
}

// ParseColor reads "#rrggbb".
func ParseColor(s string) (Color, error) {
	v, err := strconv.ParseUint(s[min(1, len(s)):], 16, 32)
	if len(s) != 7 || s[0] != '#' || err != nil {
		return Color{}, fmt.Errorf("colour %q: want #rrggbb", s)
	}
	return Color{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}, nil
}

// Theme is the page's palette by role. The style sheet is its source: the page
// reads its custom properties and hands them over, so canvas and page never differ.
type Theme struct {
	Bg, Surface, Sunken Color    // page, card, wells inside a card
	Ink, Muted, Line    Color    // text, secondary text, rules
	Accent              Color    // selection, cursor
	Real, Syn, Anchor   Color    // the two point sets, the injected anchors
	CE, BN, Topo, Total Color    // the losses
	Groups              [8]Color // connected components, largest first
}

// fields names each role as the style sheet does.
func (t *Theme) fields() map[string]*Color {
	m := map[string]*Color{
		"bg": &t.Bg, "surface": &t.Surface, "sunken": &t.Sunken, "ink": &t.Ink, "muted": &t.Muted, "line": &t.Line,
		"accent": &t.Accent, "real": &t.Real, "syn": &t.Syn, "anchor": &t.Anchor,
		"ce": &t.CE, "bn": &t.BN, "topo": &t.Topo, "total": &t.Total,
	}
	for i := range t.Groups {
		m["group"+strconv.Itoa(i+1)] = &t.Groups[i]
	}
	return m
}

// ParseTheme makes a theme of colours by role name. Every role must be there.
func ParseTheme(colors map[string]string) (Theme, error) {
	var t Theme
	for name, field := range t.fields() {
		c, err := ParseColor(colors[name])
		if err != nil {
			return Theme{}, fmt.Errorf("theme role %q: %w", name, err)
		}
		*field = c
	}
	return t, nil
}
