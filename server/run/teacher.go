package run

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/server/dataset"
	"reta/shared/event"
)

// DataOf is an opened dataset as the engine sees it.
func DataOf(d *dataset.Dataset) train.Data {
	data := train.Data{Name: d.Name, Train: d.Train, Test: d.Test, Classes: len(d.Classes), Size: d.Size}
	for c := range d.Mean {
		data.Mean[c], data.Std[c] = float64(d.Mean[c]), float64(d.Std[c])
	}
	if spec, err := dataset.Lookup(d.Name); err == nil {
		data.Full = spec.Classes
		for _, c := range d.Classes {
			data.Index = append(data.Index, c.Index)
		}
	}
	return data
}

// DefaultNetwork is the teacher trained where none is given: the paper's
// ResNet-18 on a GPU, a small one where a CPU does the work.
func DefaultNetwork(dev vk.Info) string {
	if dev.Kind == vk.CPU {
		return "resnet-mini"
	}
	return "resnet18"
}

// DefaultEpochs trains such a teacher: about as many images as the published
// teachers saw on a GPU, and some minutes' worth on a CPU.
func DefaultEpochs(dev vk.Info, images, size int) int {
	seen, least, most := 5_000_000, 50, 300
	if dev.Kind == vk.CPU {
		seen, least, most = 12_000*32/size, 4, 60
	}
	return max(least, min(most, seen/max(1, images)))
}

// teachers loads the given weights, or finds or trains the teacher the run
// needs.
func (r *Run) teachers(ctx context.Context) ([]*models.Model, string, error) {
	if len(r.Config.Teachers) > 0 {
		return r.loadTeachers(r.Config.Teachers)
	}
	if r.Config.Dataset == "demo" && r.Config.Network == "" && r.Config.Epochs == 0 && r.Config.Size == 0 {
		m, key, err := r.demoTeacher()
		if err != nil {
			return nil, "", err
		}
		return []*models.Model{m}, key, nil
	}
	file, err := r.trainedTeacher(ctx)
	if err != nil {
		return nil, "", err
	}
	return r.loadTeachers([]string{file})
}

// TeacherError is a given teacher that cannot be used.
type TeacherError struct{ error }

func (e TeacherError) Unwrap() error { return e.error }

func (r *Run) loadTeachers(files []string) (list []*models.Model, key string, err error) {
	defer func() {
		if err != nil {
			for _, m := range list {
				m.Free()
			}
			list = nil
		}
	}()
	sum := sha256.New()
	for _, file := range files {
		m, err := models.Open(r.Device, file, r.Config.Network, models.Spec{Frozen: true})
		if err != nil {
			return list, "", TeacherError{err}
		}
		list = append(list, m)
		if _, err := r.data.Outputs(m.Spec.Classes); err != nil {
			return list, "", TeacherError{fmt.Errorf("teacher %s: %w: give one trained on this set, or choose its classes with --classes", file, err)}
		}
		if err := hashFile(sum, file); err != nil {
			return list, "", TeacherError{fmt.Errorf("teacher: %w", err)}
		}
		r.say("teacher: %s (%s stem, %d classes) from %s", m.Name, m.Spec.Stem, m.Spec.Classes, file)
	}
	return list, hex.EncodeToString(sum.Sum(nil)[:16]), nil
}

func hashFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// demoWeights is the demo set's teacher, trained by our own squeeze:
//
//	server squeeze --dataset demo --network resnet-mini --out server/run/demo-teacher.safetensors
//
//go:embed demo-teacher.safetensors
var demoWeights []byte

// demoTeacher is the embedded teacher, if the demo set is used whole.
func (r *Run) demoTeacher() (*models.Model, string, error) {
	file := filepath.Join(r.Cache, "teachers", "demo-embedded.safetensors")
	if had, err := os.ReadFile(file); err != nil || !bytes.Equal(had, demoWeights) {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return nil, "", err
		}
		if err := writeFile(file, demoWeights); err != nil {
			return nil, "", err
		}
	}
	list, key, err := r.loadTeachers([]string{file})
	if err != nil {
		return nil, "", err
	}
	return list[0], key, nil
}

// trainedTeacher is the file of a teacher for exactly this data and training:
// from the cache, or trained now.
func (r *Run) trainedTeacher(ctx context.Context) (string, error) {
	network := r.Config.Network
	if network == "" {
		network = DefaultNetwork(r.Device.Info())
	}
	epochs := r.Config.Epochs
	if epochs == 0 {
		epochs = DefaultEpochs(r.Device.Info(), r.data.Train.Len(), r.data.Size)
	}
	recipe := train.Default(r.data.Train.Len(), r.data.Size, epochs, r.Config.Recipe.Seed)
	name := teacherName(r.Set, network, recipe)
	file := filepath.Join(r.Cache, "teachers", name+".safetensors")
	if _, err := os.Stat(file); err == nil {
		r.say("teacher: found the one trained before on this data: %s", file)
		return file, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	r.say("teacher: none given (--teacher FILE), so %s is trained on the %d real images for %d epochs; it is kept for later runs",
		network, r.data.Train.Len(), epochs)
	if r.Device.Info().Kind == vk.CPU && r.Config.Network == "" {
		r.say("teacher: %s because a CPU does the work; --network resnet18 takes the paper's", network)
	}
	score, err := TrainTeacher(ctx, r.Device, r.data, network, recipe, file, r.emit, r.Gate)
	if err != nil {
		return "", err
	}
	r.say("teacher: %s reaches top-1 %.2f %%, top-5 %.2f %% on %d %s images; kept as %s", network, 100*score.Top1, 100*score.Top5, score.Images, score.Split, file)
	return file, nil
}

// teacherName is the content address of a training: data, network, recipe.
func teacherName(d *dataset.Dataset, network string, recipe train.Recipe) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s %s %+v", d.Hash, network, recipe)))
	return strings.NewReplacer("/", "-", ":", "-").Replace(filepath.Base(d.Name)) + "-" + network + "-" + hex.EncodeToString(sum[:8])
}

// TrainTeacher trains a network on data and writes its weights to file. An
// interrupted training continues from file+".part".
func TrainTeacher(ctx context.Context, dev *vk.Device, data train.Data, network string, recipe train.Recipe, file string, emit func(event.Event), gate *Gate) (train.Score, error) {
	m, err := models.New(dev, network, models.Spec{Classes: data.Classes, Stem: models.StemFor(data.Size), Seed: recipe.Seed})
	if err != nil {
		return train.Score{}, err
	}
	defer m.Free()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return train.Score{}, fmt.Errorf("teacher: %w", err)
	}
	part := file + ".part"
	s := train.Squeeze{Recipe: recipe, Data: data, Checkpoint: part, Emit: emit}
	if gate != nil {
		s.Gate = func(ctx context.Context, _ int) error { return gate.Wait(ctx, nil) }
	}
	score, err := s.Run(ctx, dev, m)
	if err != nil {
		return score, err
	}
	meta := data.Metadata()
	meta["top1"] = fmt.Sprintf("%.4f", score.Top1)
	meta["top5"] = fmt.Sprintf("%.4f", score.Top5)
	meta["epochs"] = fmt.Sprint(recipe.Epochs)
	if err := m.Save(file, meta); err != nil {
		return score, err
	}
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) { // another process may have trained the same
		return score, err
	}
	return score, nil
}
