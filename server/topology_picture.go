package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reta/server/heatmap"
	"reta/shared/pointfile"
	"reta/shared/topology"
)

// writeImage writes the persistence images of both degrees, as an array or to look at.
func (f *topologyFlags) writeImage(d *diagram) error {
	grid := f.options.Grid
	im := topology.Imager{Grid: grid, Sigma: f.options.Sigma, EpsMax: d.eps, Exponent: f.options.Exponent}
	images := [2][]float64{im.Image(d.homology.Bars[0]), im.Image(d.homology.Bars[1])}
	var data []byte
	if strings.ToLower(filepath.Ext(f.image)) == ".npy" {
		data = pointfile.AppendNPY(nil, slices.Concat(images[0], images[1]), 2, grid, grid)
	} else {
		var err error
		if data, err = d.picture(im, images); err != nil {
			return err
		}
	}
	return writeOutput("--image", f.image, data)
}

// picture is the two images side by side, as a PNG.
func (d *diagram) picture(im topology.Imager, images [2][]float64) ([]byte, error) {
	var panels []heatmap.Panel
	for q, title := range []string{"H0, components", "H1, loops"} {
		p := heatmap.Panel{
			Title: title, Grid: im.Grid, Pixels: images[q], Extent: im.EpsMax, Right: "birth", Up: "persistence",
		}
		for _, b := range d.homology.Bars[q] {
			p.Marks = append(p.Marks, [2]float64{b.Birth, min(b.Death, im.EpsMax) - b.Birth})
		}
		panels = append(panels, p)
	}
	return heatmap.PNG(panels,
		fmt.Sprintf("%s: %s; %s, %s", filepath.Base(d.name), d.what(), d.title(), quantity(len(d.graph.Edges), "edge")),
		fmt.Sprintf("eps_max %.4g, sigma %g eps_max, %d x %d pixels. "+
			"Dots are bars; on the dashed line they live until eps_max, as essential ones do.",
			im.EpsMax, im.Sigma, im.Grid, im.Grid))
}
