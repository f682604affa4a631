package distill

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"reta/compute/nn"
	"reta/shared/wholefile"
)

// cacheFile names a file of the cache by what its content depends on: the data
// and teachers (Key), how pixels are normalised, and the parts. It is "" where
// nothing is kept.
func (j *Job) cacheFile(what string, parts ...any) string {
	if j.Cache == "" || j.Key == "" {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %d %v %v %q %q", j.Key, j.Data.Size, j.Data.Mean, j.Data.Std, what, parts)
	return filepath.Join(j.Cache, what+"-"+hex.EncodeToString(h.Sum(nil)[:12])+".safetensors")
}

// cached gives numbers that cost time, of the given shape: those in file, or
// computed now and put there. A file that is damaged, was made for another
// name, has another shape or holds numbers that are not valid is made anew. A
// cache that takes nothing is warned of: the next run computes it again.
func cached(warn func(format string, args ...any), file string, shape []int, valid func([]float32) bool, compute func() ([]float32, error)) ([]float32, error) {
	if file == "" {
		return compute()
	}
	const of, values = "cache", "values"
	name := filepath.Base(file)
	if f, err := nn.OpenSealed(file); err == nil {
		v, err := f.Float32(values, shape...)
		mine := f.Metadata(of) == name
		f.Close()
		if err == nil && mine && valid(v) {
			return v, nil
		}
	}
	v, err := compute()
	if err != nil {
		return nil, err
	}
	if err = wholefile.MkdirAll(filepath.Dir(file), 0o755); err == nil {
		err = nn.SealTensors(file, map[string]string{of: name}, []nn.Tensor{{Name: values, Shape: shape, Values: v}})
	}
	if err != nil {
		warn("cache: %v: the run continues without it", err)
	}
	return v, nil
}
