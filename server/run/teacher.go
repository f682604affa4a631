package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/server/dataset"
	"reta/shared/event"
)

// DataOf is an opened dataset as the engine sees it.
func DataOf(d *dataset.Dataset) train.Data {
	data := train.Data{Name: d.Name, Train: d.Train, Test: d.Test, Classes: len(d.Classes), Size: d.Size, Full: len(d.All)}
	for c := range d.Mean {
		data.Mean[c], data.Std[c] = float64(d.Mean[c]), float64(d.Std[c])
	}
	for _, c := range d.Classes {
		data.Index = append(data.Index, c.Index)
		data.Labels = append(data.Labels, models.Class{ID: c.ID, Name: c.Name})
	}
	return data
}

// TeacherError is a given teacher that cannot be used.
type TeacherError struct{ error }

func (e TeacherError) Unwrap() error { return e.error }

// ReadTeachers reads trained weights onto a device. network is that of files which do not name theirs.
func ReadTeachers(dev *vk.Device, files []string, network string) ([]*models.Model, error) {
	var list []*models.Model
	for _, file := range files {
		m, err := readTeacher(dev, file, network)
		if err != nil {
			freeAll(list)
			return nil, TeacherError{err}
		}
		list = append(list, m)
	}
	return list, nil
}

func readTeacher(dev *vk.Device, file, network string) (*models.Model, error) {
	p, err := KnownFile(file)
	if err != nil {
		return nil, err
	}
	m, err := models.Open(dev, file, network, models.Spec{Frozen: true})
	if err == nil && p != nil {
		m.Origin = p.complete(m.Origin)
	}
	return m, err
}

// UseTeachers readies teachers for data, and refuses those of other classes. Their own normalisation decides, where their
// files say one: the first teacher's becomes that of data, and the others convert from it. What their files say and data
// contradicts is logged. The key is a hash of the files and of such conversions.
func UseTeachers(list []*models.Model, data *train.Data, log func(event.Event)) (key string, err error) {
	sum := sha256.New()
	for i, m := range list {
		file := m.Origin.File
		if _, err := data.Outputs(m); err != nil {
			return "", TeacherError{fmt.Errorf("teacher %s: %w: give one trained on this set, or choose its classes with --classes", file, err)}
		}
		if err := hashFile(sum, file); err != nil {
			return "", TeacherError{fmt.Errorf("teacher: %w", err)}
		}
		logf(log, "teacher: %s (%s stem, %s) from %s", m.Name, m.Spec.Stem, event.Counted(m.Spec.Classes, "class"), file)
		normalise(m, data, i == 0, log)
		if m.Adapt(data.Mean, data.Std) {
			fmt.Fprint(sum, data.Mean, data.Std)
		}
		compareOrigin(m, data, log)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16]), nil
}

func freeAll(list []*models.Model) {
	for _, m := range list {
		m.Free()
	}
}

// normalise has the first teacher's normalisation decide over the data's, and logs which is used where they differ.
func normalise(m *models.Model, data *train.Data, first bool, log func(event.Event)) {
	o := m.Origin
	switch {
	case !o.Normalised():
		logf(log, "teacher: its file names no mean and std: those of %s are used, mean %.4g and std %.4g", data.Name, data.Mean, data.Std)
	case models.SameNormalisation(o.Mean, o.Std, data.Mean, data.Std):
	case !first:
		logf(log, "teacher: images are converted to its own mean %.4g and std %.4g", o.Mean, o.Std)
	default:
		say := logf
		if data.Name != anyFolder { // whose own is a guess
			say = warnf
		}
		say(log, "teacher: its file's mean %.4g and std %.4g are used, not those of %s, mean %.4g and std %.4g", o.Mean, o.Std, data.Name, data.Mean, data.Std)
		data.Mean, data.Std = o.Mean, o.Std
	}
}

// anyFolder is the name of data that is a folder of images, not a known set.
const anyFolder = "imagefolder"

// compareOrigin logs where a teacher's file and the data disagree.
func compareOrigin(m *models.Model, data *train.Data, log func(event.Event)) {
	o := m.Origin
	if o.Recognised {
		logf(log, "teacher: its file names no network: its tensors are those of %s", m.Name)
	}
	if o.Entry != "" {
		logf(log, "teacher: the weights are the entry %q of the checkpoint", o.Entry)
	}
	if o.Prefix != "" {
		logf(log, "teacher: the names of its tensors begin with %q, which is cut off", o.Prefix)
	}
	if o.Naming != "" {
		logf(log, "teacher: its tensors have the names of %s, which are translated", o.Naming)
	}
	if len(o.Left) > 0 {
		warnf(log, "teacher: other parts of the file are not read: %.40q", o.Left[:min(len(o.Left), 10)])
	}
	if o.Size != 0 && o.Size != data.Size {
		warnf(log, "teacher: it was trained on images of %d px, these have %d px: its accuracy falls with the difference: take --size %d, or a teacher of %d px",
			o.Size, data.Size, o.Size, data.Size)
	}
	if o.Dataset == "" || o.Dataset == data.Name || len(o.Classes) > 0 { // whose names were compared
		return
	}
	if data.Name == anyFolder {
		logf(log, "teacher: it was trained on %s and its file names no classes: their order is taken to be that of the folders' names", o.Dataset)
		return
	}
	warnf(log, "teacher: it was trained on %s, the data is %s, and its file names no classes: are they the same, in the same order?", o.Dataset, data.Name)
}

// teachers are the given ones, or the one that the run needs, found or trained: once for all its phases. freeTeachers frees
// them.
func (r *Run) teachers(ctx context.Context) (list []*models.Model, key string, err error) {
	if r.teacherKey != "" {
		return r.opened, r.teacherKey, nil
	}
	if list = r.Given; len(list) == 0 {
		files := r.Config.Teachers
		if len(files) == 0 {
			if files, err = r.ownTeachers(ctx); err != nil {
				return nil, "", err
			}
		}
		if list, err = ReadTeachers(r.Device, files, r.Config.Network); err != nil {
			return nil, "", err
		}
	}
	r.opened = list
	if key, err = r.useTeachers(list); err != nil {
		return nil, "", err
	}
	for _, m := range list {
		if err := r.checkAccuracy(ctx, m, len(r.Config.Teachers) > 0 || len(r.Config.published()) > 0); err != nil {
			return nil, "", err
		}
	}
	r.teacherKey = key
	return list, key, nil
}

func (r *Run) freeTeachers() {
	freeAll(r.opened)
	r.opened, r.teacherKey = nil, ""
}

// ownTeachers are the files of the teachers of a run that is given none.
func (r *Run) ownTeachers(ctx context.Context) ([]string, error) {
	if r.Config.embedded() {
		return r.demoTeachers()
	}
	if list := r.Config.published(); len(list) > 0 {
		return r.publishedTeachers(ctx, list)
	}
	return r.trainedTeachers(ctx)
}

// useTeachers is UseTeachers for the run's data. A run that was begun when the files' normalisation was not read yet goes on
// with the data's.
func (r *Run) useTeachers(list []*models.Model) (string, error) {
	data := r.data
	key, err := UseTeachers(list, &data, r.emit)
	if err != nil {
		return "", err
	}
	if r.Folder.Resumed && !r.saidNormalisation() && data.Mean != r.data.Mean {
		r.warn("teacher: this run was begun with the normalisation of %s and goes on with it", r.data.Name)
		for _, m := range list {
			m.Origin.Std = [3]float64{} // as if the file said none
			m.Adapt(r.data.Mean, r.data.Std)
		}
		return key, nil
	}
	r.data = data
	return key, nil
}

// asBegun is the run's data with the normalisation that its teachers gave it.
func (r *Run) asBegun() (train.Data, error) {
	data := r.data
	m, err := ReadMeta(r.Folder.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return data, nil
	}
	if m.Std != [3]float64{} {
		data.Mean, data.Std = m.Mean, m.Std
	}
	return data, err
}

// saidNormalisation reports whether the run's meta.json has its normalisation, as it has since teachers decide it.
func (r *Run) saidNormalisation() bool {
	m, err := ReadMeta(r.Folder.Path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist) // it was not begun
	}
	return m.Std != [3]float64{}
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

// logf adds a line to a log of events, warnf a warning.
func logf(log func(event.Event), format string, args ...any) {
	log(event.Log{Text: fmt.Sprintf(format, args...)})
}

func warnf(log func(event.Event), format string, args ...any) {
	log(event.Log{Level: event.Warning, Text: fmt.Sprintf(format, args...)})
}
