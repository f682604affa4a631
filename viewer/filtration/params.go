package filtration

import (
	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/view"
)

// The filtration's cut, which several scenes share.
var (
	Eps   = view.NewNumber("eps", -1, -1, 1e9)          // feature-space distance; below 0: not chosen yet
	Sets  = view.NewText("sets", "both", "real", "syn") // which complex is shown
	Bar   = view.NewCount("bar", -1, -1, 1e6)           // selected bar of the persistence diagram, -1 for none
	BarOf = view.NewText("of", "real", "syn")           // the set the selected bar belongs to
	Map   = view.NewText("map", "pca", "mds")           // which of the cloud's two pictures of the plane
)

// EpsIn is the chosen eps inside a cloud's filtration. Before the user chose one it is where there is most to see: half
// way through the longest loop of the real set, or at 0.6 of the filtration.
func EpsIn(v *view.View, c *event.Cloud) float32 {
	if eps := Eps.Of(v); eps >= 0 {
		return min(float32(eps), c.EpsMax)
	}
	eps, longest := 0.6*c.EpsMax, 0.05*c.EpsMax
	for _, b := range c.Real.Bars {
		if length := min(b.Death, c.EpsMax) - b.Birth; b.Degree == 1 && length > longest {
			eps, longest = b.Birth+length/2, length
		}
	}
	return eps
}

// Picture is the thumbnail of a point: a synthetic image as it is now, or a real one; nil where the page has none.
func (f *Filtration) Picture(x *scene.Context, p Pick) *ui.Picture {
	if p.Set == 1 && f.Second == "syn" {
		if tile := x.Tile(x.Class(), f.Shapes[1].Image(p.At)); tile != nil && tile.Picture.W > 0 {
			return &tile.Picture
		}
	}
	if p.Set == 0 && p.At < len(f.Cloud.Real.IDs) {
		return x.Thumb(x.Class(), f.Cloud.Real.IDs[p.At])
	}
	return nil
}

// ComponentText says how large the component of a point is.
func ComponentText(k figure.Complex, point int) string {
	n := 0
	for _, g := range k.Group {
		if g == k.Group[point] {
			n++
		}
	}
	if k.Group[point] < 0 || n < 2 {
		return "isolated at this ε"
	}
	return "in a component of " + ui.Count(n, "point")
}

// NoCloud says why the chosen class has no cloud yet; nil when it has.
func NoCloud(x *scene.Context) *scene.Empty {
	if _, ok := x.Clouds[x.Class()]; ok {
		return nil
	}
	body := "Features of “" + x.ClassName(x.Class()) + "” come with the next topology update."
	switch {
	case x.Pictures == 0 && len(x.Points) == 0:
		body = x.Waiting()
	case x.Status.State == event.Paused:
		body = "The run is paused. Features of “" + x.ClassName(x.Class()) + "” come when it goes on."
	}
	return &scene.Empty{Head: "No feature cloud yet", Body: body}
}
