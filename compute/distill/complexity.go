package distill

import (
	"fmt"
	"os"
	"path/filepath"

	"reta/compute/nn"
	"reta/shared/retrieval"
)

// complexities are c(o) of Eqn 5 for the candidates of a class at resolution
// size. They depend on the images alone and are kept on disk.
func (r *run) complexities(class, size int) ([]float64, error) {
	images := r.pool.class[class]
	sigma := r.Recipe.DRC.BlurSigma
	file := r.cacheFile("complexity", class, len(images), size, sigma)
	if file != "" {
		if f, err := nn.OpenTensors(file); err == nil {
			c, err := f.Float64("complexity", len(images))
			f.Close()
			if err == nil {
				return c, nil
			}
		}
	}
	full := r.Data.Size
	rgb := make([]byte, full*full*3)
	out := make([]float64, len(images))
	for i, image := range images {
		if err := r.Data.Train.Batch([]int{image}, rgb); err != nil {
			return nil, err
		}
		c, err := retrieval.Complexity(shrink(retrieval.Luminance(rgb), full, size), size, size, sigma)
		if err != nil {
			return nil, fmt.Errorf("complexity of %s: %w", r.Data.Train.ID(image), err)
		}
		out[i] = c
	}
	if file == "" {
		return out, nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	return out, nn.WriteTensors(file, nil, []nn.Tensor{{Name: "complexity", Shape: []int{len(out)}, Values: out}})
}

// shrink resamples a square image bilinearly with half-pixel centres, as the
// device does.
func shrink(luma []float64, from, to int) []float64 {
	if from == to {
		return luma
	}
	out := make([]float64, to*to)
	at := func(i int) (lo, hi int, t float64) {
		x := max(0, (float64(i)+0.5)*float64(from)/float64(to)-0.5)
		lo = min(int(x), from-1)
		return lo, min(lo+1, from-1), x - float64(lo)
	}
	for y := range to {
		y0, y1, ty := at(y)
		for x := range to {
			x0, x1, tx := at(x)
			top := luma[y0*from+x0]*(1-tx) + luma[y0*from+x1]*tx
			bottom := luma[y1*from+x0]*(1-tx) + luma[y1*from+x1]*tx
			out[y*to+x] = top*(1-ty) + bottom*ty
		}
	}
	return out
}
