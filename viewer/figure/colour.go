package figure

import (
	"math"

	"reta/viewer/ui"
)

// Ramp is a scale of colours from nothing to most, even steps to the eye: it runs in
// OKLab (Ottosson 2020) from the ground through one hue towards the ink.
type Ramp [256]ui.Color

// Rising returns the scale of a hue on the theme's surface; its lightness is monotone.
func Rising(hue ui.Color, t ui.Theme) Ramp {
	var out Ramp
	ground, middle, top := lab(t.Surface), lab(hue), lab(hue.Mix(t.Ink, 0.72))
	for i := range out {
		x := float64(i) / 255
		const knee = 0.6
		if x < knee {
			out[i] = rgb(blend(ground, middle, x/knee))
		} else {
			out[i] = rgb(blend(middle, top, (x-knee)/(1-knee)))
		}
	}
	return out
}

// At is the colour of v in [0,1], held inside.
func (r *Ramp) At(v float64) ui.Color {
	if !(v > 0) { // nor a number
		return r[0]
	}
	return r[int(min(v, 1)*255+0.5)]
}

// lab takes a colour to OKLab: lightness, green to red, blue to yellow.
func lab(c ui.Color) [3]float64 {
	f := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	r, g, b := f(c.R), f(c.G), f(c.B)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return [3]float64{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// rgb inverts lab; what lies outside the screen's gamut is clipped.
func rgb(c [3]float64) ui.Color {
	l := cube(c[0] + 0.3963377774*c[1] + 0.2158037573*c[2])
	m := cube(c[0] - 0.1055613458*c[1] - 0.0638541728*c[2])
	s := cube(c[0] - 0.0894841775*c[1] - 1.2914855480*c[2])
	f := func(x float64) uint8 {
		x = min(max(x, 0), 1)
		if x <= 0.0031308 {
			x *= 12.92
		} else {
			x = 1.055*math.Pow(x, 1/2.4) - 0.055
		}
		return uint8(x*255 + 0.5)
	}
	return ui.Color{R: f(4.0767416621*l - 3.3077115913*m + 0.2309699292*s), G: f(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		B: f(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s), A: 255}
}

func cube(v float64) float64 { return v * v * v }

func blend(a, b [3]float64, t float64) [3]float64 {
	return [3]float64{a[0] + (b[0]-a[0])*t, a[1] + (b[1]-a[1])*t, a[2] + (b[2]-a[2])*t}
}
