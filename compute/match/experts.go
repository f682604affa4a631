package match

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/wholefile"
)

// Experts says how networks are trained on all real images, as MTT's experts are
// (Cazenavette et al. 2022): by SGD without momentum or decay, each batch under
// one DSA.
type Experts struct {
	Network string
	Number  int
	Epochs  int
	Batch   int
	Rate    float64
	Seed    uint64
}

// Trajectories are the experts' weights, epoch by epoch, in files: each file
// holds theta_0, as drawn, to theta_Epochs, after the last epoch.
type Trajectories struct {
	Experts
	files     []string
	dimension int
}

// Bytes is what the trajectories of a network of so many weights take on disk.
func (e Experts) Bytes(dimension int) int64 {
	return int64(e.Number) * int64(e.Epochs+1) * int64(dimension) * 4
}

// Train trains the experts that dir does not have yet, each under a name that
// says what it depends on: key (a hash of the data), the set's normalisation and
// all of e but their number. A file that cannot be read is made anew. progress,
// if not nil, is told the epochs done.
func (e Experts) Train(ctx context.Context, dev *vk.Device, data train.Data, dir, key string, progress func(done, total int)) (*Trajectories, error) {
	m, err := models.New(dev, e.Network, models.Spec{Classes: data.Classes, Stem: models.StemFor(data.Size), Size: data.Size})
	if err != nil {
		return nil, fmt.Errorf("experts: %w", err)
	}
	defer m.Free()
	net, err := newNetwork(dev, m, data)
	if err != nil {
		return nil, fmt.Errorf("experts: %w", err)
	}
	defer net.close()
	if err := wholefile.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("experts: %w", err)
	}
	t := &Trajectories{Experts: e, dimension: m.Dimension()}
	for i := range e.Number {
		file := filepath.Join(dir, fmt.Sprintf("expert-%s-%03d.safetensors", e.key(data, key), i))
		t.files = append(t.files, file)
		if err := t.whole(file); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			wholefile.Remove(file)
		}
		points, err := e.trajectory(ctx, net, i, func(epoch int) {
			if progress != nil {
				progress(i*e.Epochs+epoch, e.Number*e.Epochs)
			}
		})
		if err == nil {
			err = nn.SealTensors(file, map[string]string{"network": e.Network, "classes": strconv.Itoa(data.Classes), "rate": fmt.Sprint(e.Rate), "batch": strconv.Itoa(e.Batch)}, points)
		}
		if err != nil {
			return nil, fmt.Errorf("expert %d of %d: %w", i+1, e.Number, err)
		}
	}
	return t, nil
}

// key names what a trajectory depends on.
func (e Experts) key(data train.Data, key string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %d %v %v %s %d %d %v %d", key, data.Size, data.Mean, data.Std, e.Network, e.Epochs, e.Batch, e.Rate, e.Seed)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// The random streams of this package.
const (
	streamOrder uint32 = iota + 201
	streamViews
	streamExpert
	streamRows
	streamReal
	streamMix
)

// trajectory trains expert i.
func (e Experts) trajectory(ctx context.Context, net *network, i int, progress func(epoch int)) (points []nn.Tensor, err error) {
	keep := func(epoch int) error {
		theta, err := net.theta.Read()
		points = append(points, nn.Tensor{Name: pointName(epoch), Shape: []int{len(theta)}, Values: theta})
		return err
	}
	if err := firstError(net.begin(e.Seed+uint64(i)<<32), keep(0)); err != nil {
		return nil, err
	}
	images, size := net.data.Train.Len(), net.data.Size
	for epoch := range e.Epochs {
		order := nn.NewDraws(e.Seed, streamOrder, i, epoch).Perm(images)
		for at := 0; at < images; at += e.Batch {
			n := min(e.Batch, images-at)
			views := nn.DrawDSA(nn.NewDraws(e.Seed, streamViews, i, epoch, at), n, size, size)
			if _, err := net.step(ctx, order[at:at+n], views, nil, nn.Hyper{LR: e.Rate}); err != nil {
				return nil, err
			}
		}
		if err := keep(epoch + 1); err != nil {
			return nil, err
		}
		progress(epoch + 1)
	}
	return points, nil
}

func pointName(epoch int) string { return fmt.Sprintf("theta_%d", epoch) }

// whole reports whether a file has every point.
func (t *Trajectories) whole(file string) error {
	f, err := nn.OpenSealed(file)
	if err != nil {
		return err
	}
	defer f.Close()
	for epoch := range t.Epochs + 1 {
		if info, ok := f.Info(pointName(epoch)); !ok || info.Len() != t.dimension || info.DType != "F32" {
			return fmt.Errorf("%s has no weights of epoch %d", file, epoch)
		}
	}
	return nil
}

// At is an expert's weights after an epoch.
func (t *Trajectories) At(expert, epoch int) ([]float32, error) {
	f, err := nn.OpenTensors(t.files[expert])
	if err != nil {
		return nil, fmt.Errorf("expert: %w", err)
	}
	defer f.Close()
	return f.Float32(pointName(epoch), t.dimension)
}
