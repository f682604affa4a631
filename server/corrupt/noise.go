package corrupt

var noises = []Corruption{
	{"gaussian-noise", Noise, func(p *plane, l level, d *draws) *plane {
		sd := gaussianSD.at(l)
		return p.mapped(func(v float64) float64 { return v + sd*d.normal() })
	}},
	{"shot-noise", Noise, func(p *plane, l level, d *draws) *plane {
		photons := shotPhotons.at(l)
		return p.mapped(func(v float64) float64 { return d.poisson(v*photons) / photons })
	}},
	{"impulse-noise", Noise, func(p *plane, l level, d *draws) *plane { // each channel by itself
		share := impulseShare.at(l)
		return p.mapped(func(v float64) float64 {
			hit, white := d.Uniform(0, 1) < share, d.Uniform(0, 1) < 0.5
			switch {
			case hit && white:
				return 1
			case hit:
				return 0
			}
			return v
		})
	}},
}

var (
	gaussianSD   = table[float64]{{.08, .12, .18, .26, .38}, {.04, .08, .12, .15, .18}, {.04, .06, .08, .09, .10}}
	shotPhotons  = table[float64]{{60, 25, 12, 5, 3}, {250, 100, 50, 30, 15}, {500, 250, 100, 75, 50}} // of a white pixel
	impulseShare = table[float64]{{.03, .06, .09, .17, .27}, {.01, .02, .05, .08, .14}, {.01, .02, .03, .05, .07}}
)
