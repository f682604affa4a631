package nn

import "reta/compute/graph"

// CropRGB is DecodeRGB of a box of every image, resized to the whole image's
// size as Pillow does: bilinear, the pixels rounded to 8 bits. The bytes are
// U32 [N, RGBWords(h,w)], boxes [N,8] (see Box.Append) with whole numbers of
// pixels; the result is [N,h,w,3]. It equals crop, resize and flip by Pillow
// bit for bit before the normalisation, so that views can be made again outside
// this program. It has no gradient; DecodeRGB and Augment round nothing and
// have one.
func CropRGB(bytes, boxes *graph.Node, h, w int, mean, std [3]float64) *graph.Node {
	return bytes.Graph().Apply(cropRGBOp, rgbAttr{h, w, mean, std}, bytes, boxes)
}

var cropRGBOp = &graph.Op{
	Name: "crop_rgb",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		y, dtype, err := decodeRGBOp.Infer(attr, in[:1])
		if err == nil {
			err = checkBoxes(in[1], y[0])
		}
		return y, dtype, err
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a := n.Attr().(rgbAttr)
		scale, shift := a.line()
		for images, t := range l.Parts(n.Dim(0), 1, []graph.Tensor{l.In(0), l.In(1), l.Out()}) {
			l.Dispatch(graph.Kernel{
				Shader: "crop_rgb",
				Push: graph.Push{"N": images, "H": a.h, "W": a.w, "C": 3, "outH": a.h, "outW": a.w, "quads": 1,
					"words": RGBWords(a.h, a.w), "scale": scale, "shift": shift},
				In:     t[:2],
				Out:    t[2:],
				Groups: graph.Grid(images*a.h*a.w, 64),
			})
		}
	},
}
