package observe

import (
	"reta/compute/distill"
	"reta/shared/event"
)

// showImages sends all images of the group, class by class.
func (o *Observer) showImages(g *distill.Group, edge bool) error {
	var pixels []float32
	size := g.Size()
	each := size * size * 3
	for c := range g.Count() {
		if !o.wants(g, event.TopicImages, c, edge) {
			continue
		}
		if pixels == nil {
			var err error
			if pixels, err = g.Pixels(); err != nil {
				return err
			}
		}
		rgb := make([]byte, 0, g.Recipe.IPC*each)
		for i := range g.Recipe.IPC {
			row := i*g.Count() + c
			rgb = appendRGB(rgb, g, pixels[row*each:(row+1)*each])
		}
		for first := 0; first < g.Recipe.IPC; {
			n := min(g.Recipe.IPC-first, max(1, event.MaxPixels/each))
			o.Emit(event.Images{
				Step: g.Step(), Stage: shownStage(g), Class: g.First() + c, First: first, Count: n,
				Width: size, Height: size, Pixels: rgb[first*each : (first+n)*each],
			})
			first += n
		}
	}
	return nil
}

// appendRGB appends normalised pixels [..,3] as bytes, rounded.
func appendRGB(rgb []byte, g *distill.Group, pixels []float32) []byte {
	for i, v := range pixels {
		c := i % 3
		x := (float64(v)*g.Data.Std[c] + g.Data.Mean[c]) * 255
		rgb = append(rgb, byte(max(0, min(255, x+0.5))))
	}
	return rgb
}

// showResidual sends what a residual connection did to the images, class by class. judged are the two terms of Eqn 4 of each
// image's anchor, [class][image].
func (o *Observer) showResidual(g *distill.Group, b *distill.Blend, judged [][]judged) {
	each := b.Size * b.Size * 3
	for c := range g.Count() {
		if !o.wants(g, event.TopicResidual, c, true) {
			continue
		}
		e := event.Residual{
			Step: g.Step(), Stage: g.Stage() - 1, Class: g.First() + c, Width: b.Size, Height: b.Size,
			Alpha: float32(g.Recipe.Alpha), Lambda: float32(g.Recipe.DRC.Lambda),
		}
		for i := range min(g.Recipe.IPC, max(1, event.MaxPixels/each)) {
			row := i*g.Count() + c
			a := judged[c][i]
			e.Index = append(e.Index, i)
			e.Before = appendRGB(e.Before, g, b.Before[row*each:(row+1)*each])
			e.Anchor = appendRGB(e.Anchor, g, b.Anchor[row*each:(row+1)*each])
			e.After = appendRGB(e.After, g, b.After[row*each:(row+1)*each])
			e.AnchorID = append(e.AnchorID, a.id)
			e.Fit = append(e.Fit, float32(a.fit))
			e.Complexity = append(e.Complexity, float32(a.complexity))
		}
		o.Emit(e)
	}
}
