package label

import (
	"errors"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/shared/protocol"
)

// Views is where the views of a batch of n images enter a program.
type Views struct {
	Out *graph.Node // [n,side,side,3], normalised: what teachers and students are shown

	plan                Plan
	n                   int
	pixels, place       *graph.Node
	partner, cut, share *graph.Node
	bytes               []byte
}

// Inputs adds inputs to a graph: the graph itself, or what has a row for every run of a program.
type Inputs interface {
	Input(name string, d graph.DType, shape ...int) *graph.Node
}

// Setter writes inputs: a program, or what keeps them for one.
type Setter interface {
	Set(n *graph.Node, data []float32) error
	SetU32(n *graph.Node, data []uint32) error
}

// Record adds to a graph the views of n images: their bytes are decoded, cut out, normalised and mixed.
func (p Plan) Record(in Inputs, n int, mean, std [3]float64) *Views {
	v := &Views{plan: p, n: n, pixels: in.Input("pixels", graph.U32, n, nn.RGBWords(p.Side, p.Side))}
	switch {
	case p.shifted():
		v.place = in.Input("shifts", graph.F32, n, nn.ShiftWords)
		v.Out = nn.ShiftRGB(v.pixels, v.place, p.Side, p.Side, mean, std)
	case p.Labels.Round:
		v.place = in.Input("boxes", graph.F32, n, nn.BoxWords)
		v.Out = nn.CropRGB(v.pixels, v.place, p.Side, p.Side, mean, std)
	default:
		v.place = in.Input("boxes", graph.F32, n, nn.BoxWords)
		v.Out = nn.Augment(nn.DecodeRGB(v.pixels, p.Side, p.Side, mean, std), v.place, p.Side, p.Side)
	}
	if p.Labels.Mix != protocol.NoMix {
		v.partner = in.Input("partner", graph.U32, n)
	}
	switch p.Labels.Mix {
	case protocol.CutMix:
		v.cut = in.Input("cut", graph.F32, nn.CutWords)
		v.Out = nn.CutMix(v.Out, v.partner, v.cut)
	case protocol.Mixup:
		v.share = in.Input("share", graph.F32, 1)
		v.Out = nn.Mixup(v.Out, v.partner, v.share)
	}
	return v
}

// Set reads the images of a batch and writes the inputs of a program compiled from the graph. The batch must have the n
// images that were recorded.
func (v *Views) Set(to Setter, images train.Source, batch View) error {
	size := 3 * v.plan.Side * v.plan.Side
	if v.bytes == nil {
		v.bytes = make([]byte, v.n*size)
	}
	if err := images.Batch(batch.Index, v.bytes[:len(batch.Index)*size]); err != nil {
		return err
	}
	for i, list := range batch.Changes {
		for _, c := range list {
			picture{v.bytes[i*size : (i+1)*size], v.plan.Side}.change(c)
		}
	}
	if batch.Strips != nil {
		v.shuffle(batch.Strips)
	}
	errs := []error{to.SetU32(v.pixels, nn.PackRGB(v.bytes, v.plan.Side, v.plan.Side))}
	if v.plan.shifted() {
		errs = append(errs, to.Set(v.place, batch.Shifts))
	} else {
		errs = append(errs, to.Set(v.place, batch.Boxes))
	}
	if v.partner != nil {
		errs = append(errs, to.SetU32(v.partner, batch.Partner))
	}
	if v.cut != nil {
		errs = append(errs, to.Set(v.cut, batch.Cut.Append(nil)))
	}
	if v.share != nil {
		errs = append(errs, to.Set(v.share, []float32{float32(batch.Lambda)}))
	}
	return errors.Join(errs...)
}

// shuffle exchanges the strips of every image: those from left to right, then those from top to bottom.
func (v *Views) shuffle(strips []uint32) {
	side, k := v.plan.Side, v.plan.Labels.Shuffle
	row, width := 3*side, 3*side/k
	shuffled := make([]byte, row*side)
	for i := range v.n {
		image, columns, rows := v.bytes[i*row*side:][:row*side], strips[2*k*i:][:k], strips[2*k*i+k:][:k]
		for y := range side {
			from := int(rows[y*k/side])*side/k + y%(side/k)
			for s, source := range columns {
				copy(shuffled[y*row+s*width:][:width], image[from*row+int(source)*width:])
			}
		}
		copy(image, shuffled)
	}
}
