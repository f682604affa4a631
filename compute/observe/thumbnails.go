package observe

import (
	"fmt"

	"reta/compute/distill"
	"reta/shared/event"
)

// Thumbnails of real images have at most thumbSide pixels a side. A run sends at most thumbBytes of them, and beyond that
// those of the class that viewers look at only. One event has at most thumbBlock.
const (
	thumbSide  = 48
	thumbBytes = 32 << 20
	thumbBlock = 256
)

// thumbnails are the candidates of the group's classes that viewers may want to see.
type thumbnails struct {
	stage  int     // whose real points these are
	real   [][]int // by class: the real points of the first draw
	ranked [][]int // by class: what the last connection ranked, not sent yet
	sent   []bool  // by class: its real points
}

func newThumbnails(g *distill.Group) thumbnails { return thumbnails{ranked: make([][]int, g.Count())} }

// open begins a stage.
func (t *thumbnails) open(g *distill.Group) error {
	target, err := g.Target()
	if err != nil {
		return err
	}
	t.stage, t.real, t.sent = g.Stage(), make([][]int, g.Count()), make([]bool, g.Count())
	for c, n := range target.Points(g.TopologyPoints()) {
		t.real[c] = g.Drawn(c, 0)[:n]
	}
	return nil
}

// showThumbnails sends thumbnails of the group's class c that were not sent yet: whatever it costs where they must be, else
// if the run's budget has room.
func (o *Observer) showThumbnails(g *distill.Group, c int, must bool) error {
	t := &o.thumbs
	if !t.sent[c] {
		sent, err := o.sendThumbnails(g, c, 0, t.stage, t.real[c], must)
		if err != nil {
			return err
		}
		t.sent[c] = sent
	}
	ranked := t.ranked[c]
	for part := 1; len(ranked) > 0 && part < event.MaxParts; part++ {
		block := ranked[:min(thumbBlock, len(ranked))]
		sent, err := o.sendThumbnails(g, c, part, lastConnection(g), block, must)
		if err != nil {
			return err
		}
		if !sent {
			return nil // from the first block again, should the class be looked at
		}
		ranked = ranked[len(block):]
	}
	t.ranked[c] = nil
	return nil
}

// sendThumbnails sends one block and reports whether there was room for it.
func (o *Observer) sendThumbnails(g *distill.Group, c, part, stage int, candidates []int, must bool) (bool, error) {
	pool, err := g.Pool()
	if err != nil {
		return false, err
	}
	size, side := g.Data.Size, thumbnail(g.Data.Size)
	bytes := len(candidates) * side * side * 3
	if !must && o.sent+bytes > thumbBytes {
		return false, nil
	}
	o.sent += bytes
	e := event.Gallery{Step: g.Step(), Stage: stage, Class: g.First() + c, Part: part, Index: candidates, Width: side, Height: side}
	images := make([]int, len(candidates))
	for i, k := range candidates {
		images[i] = pool.Class[g.First()+c][k]
		e.IDs = append(e.IDs, nameOf(g, pool, c, k))
	}
	rgb := make([]byte, len(images)*size*size*3)
	if err := g.Data.Train.Batch(images, rgb); err != nil {
		return false, fmt.Errorf("thumbnails of class %d: %w", g.First()+c, err)
	}
	e.Pixels = event.Shrink(rgb, 3, size, size, side, side)
	o.Emit(e)
	return true, nil
}

// thumbnail is the side of a thumbnail of an image of so many pixels a side:
// thumbSide at most, by boxes of all but the same size.
func thumbnail(size int) int { return size / ((size + thumbSide - 1) / thumbSide) }
