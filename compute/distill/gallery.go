package distill

import (
	"fmt"

	"reta/shared/event"
)

// Thumbnails of real images have at most thumbSide pixels a side. A run sends at
// most galleryBytes of them, and beyond that those of the class that viewers look
// at only. One event has at most galleryBlock.
const (
	thumbSide    = 48
	galleryBytes = 32 << 20
	galleryBlock = 256
)

// album is which candidates of the group's classes viewers may want to see.
type album struct {
	stage   int     // whose real points these are
	real    [][]int // by class: the real points of the first draw
	weighed [][]int // by class: what the last connection weighed, not sent yet
	sent    []bool  // by class: its real points
}

// open begins a stage of a group of count classes.
func (a *album) open(stage, count int) {
	a.stage, a.real, a.sent = stage, make([][]int, count), make([]bool, count)
	if a.weighed == nil {
		a.weighed = make([][]int, count)
	}
}

// showFaces sends thumbnails of the group's class c that were not sent yet:
// whatever it costs where they must be, else if the run's budget has room.
func (g *group) showFaces(c int, must bool) error {
	if !g.album.sent[c] {
		sent, err := g.showPart(c, 0, g.album.stage, g.album.real[c], must)
		if err != nil {
			return err
		}
		g.album.sent[c] = sent
	}
	weighed := g.album.weighed[c]
	for part := 1; len(weighed) > 0 && part < event.MaxParts; part++ {
		block := weighed[:min(galleryBlock, len(weighed))]
		sent, err := g.showPart(c, part, g.lastConnection(), block, must)
		if err != nil {
			return err
		}
		if !sent {
			return nil // from the first block again, should the class be looked at
		}
		weighed = weighed[len(block):]
	}
	g.album.weighed[c] = nil
	return nil
}

// showPart sends one block and tells whether there was room for it.
func (g *group) showPart(c, part, stage int, candidates []int, must bool) (bool, error) {
	r := g.r
	side := thumbnail(r.Data.Size)
	bytes := len(candidates) * side * side * 3
	if !must && r.thumbs+bytes > galleryBytes {
		return false, nil
	}
	r.thumbs += bytes
	e := event.Gallery{Step: g.step, Stage: stage, Class: g.first + c, Part: part, Index: candidates, Width: side, Height: side}
	images := make([]int, len(candidates))
	for i, k := range candidates {
		images[i] = r.pool.class[g.first+c][k]
		e.IDs = append(e.IDs, r.Data.Train.ID(images[i]))
	}
	rgb := make([]byte, len(images)*r.Data.Size*r.Data.Size*3)
	if err := r.Data.Train.Batch(images, rgb); err != nil {
		return false, fmt.Errorf("thumbnails of class %d: %w", g.first+c, err)
	}
	e.Pixels = shrunk(rgb, r.Data.Size, side)
	r.Emit(e)
	return true, nil
}

// thumbnail is the side of a thumbnail of an image of so many pixels a side:
// thumbSide at most, by boxes of all but the same size.
func thumbnail(size int) int { return size / ((size + thumbSide - 1) / thumbSide) }

// shrunk takes RGB8 images [N,size,size,3] to [N,side,side,3]: every pixel the
// mean over its box, and every pixel of an image in one box.
func shrunk(rgb []byte, size, side int) []byte {
	if side == size {
		return rgb
	}
	each := size * size * 3
	out := make([]byte, 0, len(rgb)/each*side*side*3)
	for ; len(rgb) >= each; rgb = rgb[each:] {
		for y := range side {
			top, bottom := y*size/side, (y+1)*size/side
			for x := range side {
				left, right := x*size/side, (x+1)*size/side
				n := (bottom - top) * (right - left)
				var sum [3]int
				for v := top; v < bottom; v++ {
					for i, b := range rgb[(v*size+left)*3 : (v*size+right)*3] {
						sum[i%3] += int(b)
					}
				}
				for _, s := range sum {
					out = append(out, byte((s+n/2)/n))
				}
			}
		}
	}
	return out
}
