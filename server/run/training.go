package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reta/compute/distill"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/server/dataset"
	"reta/shared/event"
	"reta/shared/wholefile"
)

// DefaultPreset is the training of a teacher where none is asked for.
const DefaultPreset = train.Fast

// DefaultNetwork is the teacher trained where none is given: the paper's
// ResNet-18 on a GPU, a small one where a CPU does the work.
func DefaultNetwork(dev vk.Info) string {
	if dev.Kind == vk.CPU {
		return "resnet-mini"
	}
	return "resnet18"
}

// DefaultStudent is the network that is trained on images where none is asked for: the paper's ResNet-18 on a GPU; where a CPU does
// the work ConvNet-3, for the demo set a smaller one.
func DefaultStudent(dev vk.Info, dataset string) string {
	switch {
	case dev.Kind != vk.CPU:
		return "resnet18"
	case dataset == "demo":
		return "resnet-mini"
	}
	return "convnet3"
}

// DefaultEpochs trains a teacher on so many images: about as long as the published teachers on a GPU, and for some minutes on a CPU,
// where flops, the cost of an image in a forward pass (see models.Flops), decides how many epochs that is.
func DefaultEpochs(dev vk.Info, images int, flops float64) int {
	seen, least, most := 5e6, 50., 300. // images; epochs
	if dev.Kind == vk.CPU {
		const work, passes = 1e13, 3 // operations, some minutes of two cores; a step costs about three forward passes
		seen, least, most = work/(passes*max(1, flops)), 4, 60
	}
	return int(max(least, min(most, seen/float64(max(1, images)))))
}

// TeacherRecipe is a preset's training for a set and the networks that are trained by it. Epochs of 0 are the preset's own; of the
// fast one, DefaultEpochs.
func TeacherRecipe(dev vk.Info, d *dataset.Dataset, preset string, epochs int, seed uint64, networks ...string) (train.Recipe, error) {
	if preset == "" {
		preset = train.Fast
	}
	if epochs == 0 && preset == train.Fast {
		flops := 0.0
		for _, network := range networks {
			each, err := models.Flops(network, models.Spec{Classes: len(d.Classes), Stem: models.StemFor(d.Size), Size: d.Size})
			if err == nil { // else it is refused where it is made
				flops += each / float64(len(networks))
			}
		}
		epochs = DefaultEpochs(dev, d.Train.Len(), flops)
	}
	r, err := train.New(preset, d.Train.Len(), d.Size, epochs)
	r.Seed = seed
	return r, err
}

// Settle fills in what data and device decide: how students judge the images and, where no teacher is given, its network and
// training, by a preset, "" for the fast one. What is there stays, but for an evaluation of a set without test images.
func (c *Config) Settle(dev vk.Info, d *dataset.Dataset, preset string) error {
	if c.until() == Evaluate && d.Test.Len() == 0 {
		c.Until = Recover
	}
	if c.until() == Recover {
		c.Judged = nil
	} else {
		c.Judged = c.Judged.settled(dev, d.Name)
	}
	if c.Settled(preset) {
		return nil
	}
	if len(c.Networks) > 0 {
		c.Networks = c.networks(d.Size)
	} else if c.Network == "" {
		c.Network = DefaultNetwork(dev)
	}
	r, err := TeacherRecipe(dev, d, preset, c.Epochs, c.Recipe.Seed, c.networks(d.Size)...)
	c.Training = &r
	return err
}

// Settled reports whether Settle has nothing to fill in.
func (c *Config) Settled(preset string) bool {
	return c.Brings() && !(preset != "" && (c.embedded() || len(c.published()) > 0))
}

// Brings reports whether the run has its teacher, or its training in full, before data and device are open.
func (c *Config) Brings() bool {
	return len(c.Teachers) > 0 || c.embedded() || len(c.published()) > 0 || c.Training != nil
}

// embedded reports whether the teachers are those of the demo set which the program brings.
func (c *Config) embedded() bool {
	return c.Dataset == demoSet && len(c.Teachers) == 0 && c.Network == "" && c.Epochs == 0 && c.Size == 0 && c.Training == nil &&
		(len(c.Networks) == 0 || slices.Equal(c.networks(0), demoTeam))
}

// trainedTeachers are the files of the teachers for exactly this data and training: from the cache, or trained now.
func (r *Run) trainedTeachers(ctx context.Context) (files []string, err error) {
	if err := r.Config.Settle(r.Device.Info(), r.Set, ""); err != nil {
		return nil, err
	}
	networks, recipe := r.Config.networks(r.Set.Size), *r.Config.Training
	var missing []string
	for _, network := range networks {
		file := filepath.Join(r.Cache, "teachers", teacherName(r.Set, network, recipe)+".safetensors")
		if _, err := os.Stat(file); err == nil {
			r.say("teacher: found the %s trained before on this data: %s", network, file)
		} else if errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, network)
		} else {
			return nil, err
		}
		files = append(files, file)
	}
	if len(missing) == 0 {
		return files, nil
	}
	if err := r.fits(ctx, networks); err != nil {
		return nil, err
	}
	if r.Untrained {
		return nil, untrained(missing)
	}
	for i, network := range networks {
		if slices.Contains(missing, network) {
			if err := r.trainTeacher(ctx, network, recipe, files[i]); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// untrained are the networks of teachers that a run lacks.
type untrained []string

func (u untrained) Error() string { return "teachers are missing: " + strings.Join(u, ", ") }

// SqueezeTeacher trains a network on a set, as a run whose settled config is given has its teachers trained, and writes its weights to
// the folder, which holds no other teacher then. An interrupted training continues.
func SqueezeTeacher(ctx context.Context, dev *vk.Device, set *dataset.Dataset, c Config, network, folder string, emit func(event.Event), gate *Gate) error {
	if c.Training == nil || !slices.Contains(c.networks(set.Size), network) {
		return fmt.Errorf("network %.40q: want one that the run trains: %v", network, c.networks(set.Size))
	}
	unlock, err := LockFolder(folder)
	if err != nil {
		return err
	}
	defer unlock()
	_, err = TrainTeacher(ctx, dev, DataOf(set), network, *c.Training, filepath.Join(folder, teacherName(set, network, *c.Training)+".safetensors"), emit, gate)
	return err
}

// Squeezed is the file of the teacher in a folder of SqueezeTeacher, "" where it is not trained yet.
func Squeezed(folder string) string {
	files, _ := filepath.Glob(filepath.Join(folder, "*.safetensors"))
	if len(files) != 1 {
		return ""
	}
	return files[0]
}

// CheckSqueezed refuses the folder of a teacher that is another than a run lacks: of other images, network or training. size is the side
// of the images in pixels.
func CheckSqueezed(folder string, c Config, want Lacking, size int) error {
	file := Squeezed(folder)
	if name := filepath.Base(file); name != want.File {
		return fmt.Errorf("it holds the teacher %.80q: want %s: are the real images others there?", name, want.File)
	}
	f, err := nn.OpenTensors(file)
	if err != nil {
		return err
	}
	defer f.Close()
	training := c.Training.Preset + " " + c.Training.Key(size)
	if network, recipe := f.Metadata("arch"), f.Metadata("recipe"); network != want.Network || recipe != training {
		return fmt.Errorf("it holds %.40q, training %.80q: want %s, training %s", network, recipe, want.Network, training)
	}
	got, err := Inspect(models.Inspection{File: file, Network: want.Network, Size: size})
	if err != nil {
		return err
	}
	return got.Problem
}

// trainTeacher trains a network for this run and later ones.
func (r *Run) trainTeacher(ctx context.Context, network string, recipe train.Recipe, file string) error {
	r.say("teacher: none given (--teacher FILE), so %s is trained on the %s for %s; it is kept for later runs",
		network, event.Counted(r.data.Train.Len(), "real image"), event.Counted(recipe.Epochs, "epoch"))
	if info := r.Device.Info(); info.Kind == vk.CPU && network == DefaultNetwork(info) {
		r.say("teacher: %s is the default on a CPU; --network resnet18 takes the paper's", network)
	}
	score, err := TrainTeacher(ctx, r.Device, r.data, network, recipe, file, r.emit, r.Gate)
	if err != nil {
		return err
	}
	r.say("teacher: %s reaches top-1 %.2f %%, top-5 %.2f %% on %d %s images; kept as %s", network, 100*score.Top1, 100*score.Top5, score.Images, score.Split, file)
	return nil
}

// fits refuses a run whose steps would not fit the device with teachers that are not trained yet.
func (r *Run) fits(ctx context.Context, networks []string) error {
	var list []*models.Model
	defer func() { freeAll(list) }()
	for _, network := range networks {
		m, err := models.New(r.Device, network, models.Spec{Classes: r.data.Classes, Stem: models.StemFor(r.data.Size), Size: r.data.Size, Frozen: true})
		if err != nil {
			return err
		}
		list = append(list, m)
	}
	return distill.Fits(ctx, r.Device, distill.Job{Recipe: r.Config.Recipe, Teachers: list, Data: r.data})
}

// teacherName is the content address of a training: data, network, recipe.
func teacherName(d *dataset.Dataset, network string, recipe train.Recipe) string {
	return strings.NewReplacer("/", "-", ":", "-").Replace(filepath.Base(d.Name)) + "-" + network + "-" + teacherHash(d.Hash, network, recipe.Key(d.Size))
}

func teacherHash(data, network, recipe string) string {
	sum := sha256.Sum256([]byte(data + " " + network + " " + recipe))
	return hex.EncodeToString(sum[:8])
}

// ErrExists marks a file that a teacher must not be written over.
var ErrExists = errors.New("there is a file already")

// CheckTeacherFile refuses, before a training, a file that its weights must not be written to: in a folder that is not
// writable, or one that exists. With overwrite a finished teacher may be replaced, any other file never.
func CheckTeacherFile(file string, overwrite bool) error {
	if _, err := os.Stat(file); err == nil {
		f, err := nn.OpenTensors(file)
		if err != nil {
			return fmt.Errorf("%s: %w, and it is no teacher: want another file", file, ErrExists)
		}
		defer f.Close()
		if arch := f.Metadata("arch"); arch == "" || !overwrite {
			what := "weights of another program"
			if arch != "" {
				what = fmt.Sprintf("a finished teacher (%s on %s)", arch, f.Metadata("dataset"))
			}
			return fmt.Errorf("%s: %w, %s: want another file, or --overwrite to replace a finished teacher", file, ErrExists, what)
		}
	}
	if err := wholefile.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("teacher: %w", err)
	}
	trial, err := os.CreateTemp(filepath.Dir(file), ".teacher-*")
	if err != nil {
		return fmt.Errorf("teacher: %w", err)
	}
	return errors.Join(trial.Close(), wholefile.Remove(trial.Name()))
}

// TrainTeacher trains a network on data and writes its weights to file. An
// interrupted training continues from file+".part".
func TrainTeacher(ctx context.Context, dev *vk.Device, data train.Data, network string, recipe train.Recipe, file string, emit func(event.Event), gate *Gate) (train.Score, error) {
	m, err := models.New(dev, network, models.Spec{Classes: data.Classes, Stem: models.StemFor(data.Size), Size: data.Size, Init: recipe.Init, Seed: recipe.Seed})
	if err != nil {
		return train.Score{}, err
	}
	defer m.Free()
	if err := wholefile.MkdirAll(filepath.Dir(file), 0o755); err != nil {
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
	origin := data.Origin()
	origin.Top1 = score.Top1
	meta := origin.Metadata()
	meta["top5"] = fmt.Sprintf("%.4f", score.Top5)
	meta["epochs"] = fmt.Sprint(recipe.Epochs)
	meta["seed"] = fmt.Sprint(recipe.Seed)
	meta["recipe"] = recipe.Preset + " " + recipe.Key(data.Size)
	if err := m.Save(file, meta); err != nil {
		return score, err
	}
	if err := wholefile.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) { // another process may have trained the same
		return score, err
	}
	return score, nil
}
