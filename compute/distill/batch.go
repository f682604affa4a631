package distill

import (
	"reta/compute/nn"
	"reta/shared/recipe"
)

func init() {
	register(batchings, recipe.AcrossClasses, across)
	register(batchings, recipe.ByClass, byClass)
}

// Batch is images that pass through a teacher together. It has a row of the image buffer for each, and its class.
type Batch struct {
	Number  int      // among the batches of a step, those counted that have no image yet
	Image   int      // number within its class of the first image, whether it has entered or not
	Rows    []uint32 // of the image buffer
	Classes []int    // among the run's

	class int // of the first image, whether it has entered or not
}

// across gives each batch one image of each of Recipe.Batch classes: L_BN of FADRM is defined on such a batch.
func across(g *Group) (list [][]uint32) {
	for pass := range g.Recipe.IPC {
		for at := 0; at < g.count; at += g.Recipe.Batch {
			list = append(list, rowsFrom(pass*g.count+at, min(g.Recipe.Batch, g.count-at)))
		}
	}
	return list
}

// byClass cuts the images in the order of their classes into batches.
func byClass(g *Group) (list [][]uint32) {
	var all []uint32
	for c := range g.count {
		all = append(all, g.classRows(c, g.Recipe.IPC)...)
	}
	for at := 0; at < len(all); at += g.Recipe.Batch {
		list = append(list, all[at:min(at+g.Recipe.Batch, len(all))])
	}
	return list
}

// batchOf is the batch of some rows.
func (g *Group) batchOf(rows []uint32) Batch {
	b := Batch{Rows: rows}
	for _, row := range rows {
		b.Classes = append(b.Classes, g.first+int(row)%g.count)
	}
	b.Image, b.class = int(rows[0])/g.count, b.Classes[0]
	return b
}

// batches lists those of a step: images that have not entered yet are left out, and batches of nothing else.
func (g *Group) batches(step int) (list []Batch) {
	for i, rows := range g.parts.batching(g) {
		b := g.batchOf(rows)
		entered := Batch{Number: i, Image: b.Image, class: b.class}
		for j, row := range rows {
			if g.Recipe.Enters(int(row)/g.count) <= step {
				entered.Rows, entered.Classes = append(entered.Rows, row), append(entered.Classes, b.Classes[j])
			}
		}
		if len(entered.Rows) > 0 {
			list = append(list, entered)
		}
	}
	return list
}

// countRows is the number of images in batches.
func countRows(batches []Batch) (n int) {
	for _, b := range batches {
		n += len(b.Rows)
	}
	return n
}

// draws are random numbers of a batch in a step.
func (b Batch) draws(seed uint64, stream uint32, step int) *nn.Draws {
	return nn.NewDraws(seed, stream, b.class, step, b.Image)
}
