package label

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"reta/compute/nn"
	"reta/shared/protocol"
)

// codec is how the logits of one epoch are stored, as named parts that follow each other. Rows of images that an epoch
// leaves out are NaN.
type codec struct {
	images, classes int
	kept            int // logits of an image
	bits            int
}

func codecOf(l protocol.Labels, images, classes int) (codec, error) {
	c := codec{images, classes, classes, l.Bits}
	if l.TopK > 0 {
		c.kept = min(l.TopK, classes)
	}
	switch {
	case images < 1 || classes < 1 || int64(images)*int64(classes) > math.MaxInt32:
		return c, fmt.Errorf("labels: %d images of %d classes: want 1 or more of both, and at most 2^31-1 logits an epoch", images, classes)
	case l.Bits != 16 && l.Bits != 8:
		return c, fmt.Errorf("labels: %d bits: want 16 or 8", l.Bits)
	case c.kept < classes && l.Bits != 16:
		return c, fmt.Errorf("labels: the %d largest logits in %d bits: want 16 bits, or all logits", c.kept, l.Bits)
	case c.kept < classes && classes > math.MaxUint16+1:
		return c, fmt.Errorf("labels: the %d largest logits of %d classes: want at most 65536 classes, or all logits", c.kept, classes)
	}
	return c, nil
}

// partial reports whether the largest logits only are kept.
func (c codec) partial() bool { return c.kept < c.classes }

// bytes is the size of an epoch.
func (c codec) bytes() int64 {
	n, k := int64(c.images), int64(c.kept)
	switch {
	case c.bits == 8:
		return n*k + 8*n
	case c.partial():
		return 2*n*k + 2*n*k + 2*n
	}
	return 2 * n * k
}

// encode makes an epoch of its logits [images, classes]. NaN and infinities are refused but for whole rows of NaN.
func (c codec) encode(epoch int, logits []float32) ([]nn.Tensor, error) {
	if len(logits) != c.images*c.classes {
		return nil, fmt.Errorf("labels: epoch %d: %d logits: want those of %d images and %d classes", epoch, len(logits), c.images, c.classes)
	}
	if err := c.check(epoch, logits); err != nil {
		return nil, err
	}
	switch {
	case c.bits == 8:
		return c.encode8(epoch, logits), nil
	case c.partial():
		return c.encodeTop(epoch, logits), nil
	}
	values := make([]nn.Half, len(logits))
	for i, x := range logits {
		values[i] = nn.ToHalf(x)
	}
	return []nn.Tensor{{Name: name(epoch, ""), Shape: []int{c.images, c.classes}, Values: values}}, nil
}

// check refuses logits that no teacher should give.
func (c codec) check(epoch int, logits []float32) error {
	const most = 65504 // of a half
	for i := range c.images {
		row := logits[i*c.classes : (i+1)*c.classes]
		if !slices.ContainsFunc(row, func(x float32) bool { return x == x }) {
			continue
		}
		for k, x := range row {
			if !(x >= -most && x <= most) {
				return fmt.Errorf("labels: epoch %d, image %d: logit %d is %g: want a number from -%d to %d: are the teacher's weights sound?", epoch, i, k, x, most, most)
			}
		}
	}
	return nil
}

// encode8 is a byte for each logit, of the range of its image.
func (c codec) encode8(epoch int, logits []float32) []nn.Tensor {
	codes, ranges := make([]uint8, len(logits)), make([]float32, 2*c.images)
	for i := range c.images {
		row := logits[i*c.classes : (i+1)*c.classes]
		low, high := slices.Min(row), slices.Max(row)
		ranges[2*i], ranges[2*i+1] = low, high
		if !(low < high) {
			continue
		}
		for k, x := range row {
			codes[i*c.classes+k] = uint8(math.Round(float64(x-low) / float64(high-low) * 255))
		}
	}
	return []nn.Tensor{
		{Name: name(epoch, "codes"), Shape: []int{c.images, c.classes}, Values: codes},
		{Name: name(epoch, "range"), Shape: []int{c.images, 2}, Values: ranges},
	}
}

// encodeTop is the largest logits of each image, falling, with their classes, and the mean of the others.
func (c codec) encodeTop(epoch int, logits []float32) []nn.Tensor {
	values, index, rest := make([]nn.Half, 0, c.images*c.kept), make([]uint16, 0, c.images*c.kept), make([]nn.Half, c.images)
	order := make([]int, c.classes)
	for i := range c.images {
		row := logits[i*c.classes : (i+1)*c.classes]
		for k := range order {
			order[k] = k
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(row[b], row[a]) })
		for _, k := range order[:c.kept] {
			values, index = append(values, nn.ToHalf(row[k])), append(index, uint16(k))
		}
		sum := 0.0
		for _, k := range order[c.kept:] {
			sum += float64(row[k])
		}
		rest[i] = nn.ToHalf(float32(sum / float64(c.classes-c.kept)))
	}
	return []nn.Tensor{
		{Name: name(epoch, "index"), Shape: []int{c.images, c.kept}, Values: index},
		{Name: name(epoch, "rest"), Shape: []int{c.images}, Values: rest},
		{Name: name(epoch, "values"), Shape: []int{c.images, c.kept}, Values: values},
	}
}

// decode reads an epoch's logits [images, classes].
func (c codec) decode(f *nn.TensorFile, epoch int) ([]float32, error) {
	switch {
	case c.bits == 8:
		return c.decode8(f, epoch)
	case c.partial():
		return c.decodeTop(f, epoch)
	}
	return f.Float32(name(epoch, ""), c.images, c.classes)
}

func (c codec) decode8(f *nn.TensorFile, epoch int) ([]float32, error) {
	codes, err := f.Uint8(name(epoch, "codes"), c.images, c.classes)
	if err != nil {
		return nil, err
	}
	ranges, err := f.Float32(name(epoch, "range"), c.images, 2)
	if err != nil {
		return nil, err
	}
	logits := make([]float32, len(codes))
	for i := range c.images {
		low, high := ranges[2*i], ranges[2*i+1]
		for k := i * c.classes; k < (i+1)*c.classes; k++ {
			logits[k] = low + (high-low)*float32(codes[k])/255
		}
	}
	return logits, nil
}

func (c codec) decodeTop(f *nn.TensorFile, epoch int) ([]float32, error) {
	values, err := f.Float32(name(epoch, "values"), c.images, c.kept)
	if err != nil {
		return nil, err
	}
	index, err := f.Uint16(name(epoch, "index"), c.images, c.kept)
	if err != nil {
		return nil, err
	}
	rest, err := f.Float32(name(epoch, "rest"), c.images)
	if err != nil {
		return nil, err
	}
	logits := make([]float32, c.images*c.classes)
	for i := range c.images {
		row := logits[i*c.classes : (i+1)*c.classes]
		for k := range row {
			row[k] = rest[i]
		}
		for k := i * c.kept; k < (i+1)*c.kept; k++ {
			if int(index[k]) >= c.classes {
				return nil, fmt.Errorf("labels: epoch %d, image %d: class %d: want less than %d", epoch, i, index[k], c.classes)
			}
			row[index[k]] = values[k]
		}
	}
	return logits, nil
}

// name is that of an epoch's tensor.
func name(epoch int, part string) string {
	if part != "" {
		part = "." + part
	}
	return fmt.Sprintf("epoch.%04d%s", epoch, part)
}
