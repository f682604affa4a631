package scene

import (
	"encoding/base64"
	"encoding/json"
	"math"

	"reta/viewer/figure"
	"reta/viewer/ui"
)

// toSandbox opens the sandbox with these points, scaled into its unit square, if it takes points from a link.
func toSandbox(v *View, pts []ui.Point) {
	for name, value := range map[string]any{"sandbox.cloud": "drawn", "sandbox.points": unitText(pts), "sandbox.k": 0, "sandbox.eps": -1} {
		raw, err := json.Marshal(value)
		if p := params[name]; p != nil && err == nil {
			if value, ok := p.accept(raw); ok {
				v.set(name, value)
			}
		}
	}
	sceneName.Set(v, "sandbox")
}

// unitText writes points as links to the sandbox do: ten bits for each coordinate of the unit square, in base 64.
func unitText(pts []ui.Point) string {
	const steps, room = 1<<10 - 1, 0.1
	fit := figure.FitPoints(pts)
	side := max(fit.W, fit.H, 1e-9)
	var bits []byte // one a byte
	put := func(x, mid float64) {
		at := uint(math.Round(min(max(0.5+(x-mid)/side*(1-2*room), 0), 1) * steps))
		for b := 9; b >= 0; b-- {
			bits = append(bits, byte(at>>b&1))
		}
	}
	for _, p := range pts {
		put(p.X, fit.Centre().X)
		put(p.Y, fit.Centre().Y)
	}
	letters := (len(bits) + 5) / 6
	packed := make([]byte, (letters*6+7)/8)
	for i, b := range bits {
		packed[i/8] |= b << (7 - i%8)
	}
	return base64.RawURLEncoding.EncodeToString(packed)[:letters]
}
