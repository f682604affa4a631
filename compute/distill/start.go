package distill

import (
	"reta/compute/nn"
	"reta/shared/recipe"
)

func init() {
	register(starts, recipe.Noise, Start(noise{}))
	register(starts, recipe.Patch, Start(patches{}))
}

// noise starts from a Gaussian in normalised pixels (SRe2L).
type noise struct{}

func (noise) Images(g *Group, size int) (First, error) {
	rows := g.Recipe.IPC * g.count
	f := First{Pixels: make([]float32, rows*size*size*3), Size: size, Origins: make([]int, rows)}
	rng := nn.RNG{Seed: g.Recipe.Seed}
	at := uint64(g.first * g.Recipe.IPC * size * size * 3)
	for i := range f.Pixels {
		f.Pixels[i] = float32(rng.Normal(streamInit, at+uint64(i)))
	}
	for i := range f.Origins {
		f.Origins[i] = -1
	}
	return f, nil
}

// patches starts from real images, or crops of them, at full size.
type patches struct{}

func (patches) Images(g *Group, _ int) (First, error) {
	factor := g.Recipe.Init.Factor
	seen := 1 // patches are scored as large as they are in an image, whole images whole
	if g.Recipe.Init.Selector.Crops() {
		seen = factor
	}
	e, err := newEmbedder(g.dev, g.Teachers[0], g.Data, embedBatch, seen)
	if err != nil {
		return First{}, err
	}
	defer e.pass.Close()
	if g.Recipe.Init.Selector == recipe.CAM {
		if e.critical, err = newActivation(g.dev, g.Teachers[0], g.Data, embedBatch, g.Data.Size); err != nil {
			return First{}, err
		}
		defer e.critical.pass.Close()
	}
	selectors := map[recipe.Selector]func(*embedder, int) ([]patch, error){recipe.RDED: g.cropsOf, recipe.CAM: g.cropsOf, recipe.DELT: g.wholeImagesOf, recipe.Random: g.imagesOf}
	rows := g.Recipe.IPC * g.count
	cells := make([][]patch, factor*factor) // of each image
	for i := range cells {
		cells[i] = make([]patch, rows)
	}
	f := First{Size: g.Data.Size, Origins: make([]int, rows), cells: cells}
	for c := range g.count {
		ranked, err := selectors[g.Recipe.Init.Selector](e, g.first+c)
		if err != nil {
			return f, err
		}
		for i, p := range pickPatches(ranked, g.Recipe, nn.NewDraws(g.Recipe.Seed, streamPatch, g.first+c, 1)) {
			cell, row := i/g.Recipe.IPC, i%g.Recipe.IPC*g.count+c
			cells[cell][row] = p
			if cell == 0 {
				f.Origins[row] = p.image
			}
		}
		g.progress("patches", "choosing starting patches", c+1, g.count)
	}
	f.Pixels, err = g.stitched(cells)
	return f, err
}
