package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"reta/server/dataset"
)

// imagesFile holds the fingerprints of the images that a run began with.
const imagesFile = "images.bin"

// began is what a run that is continued began with, the zero value where that is
// not known.
func (f *Folder) began() (Meta, error) {
	if !f.Resumed {
		return Meta{}, nil
	}
	m, err := ReadMeta(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Meta{}, nil
	case err != nil:
		return m, fmt.Errorf("%w: remove the file to continue the run all the same", err)
	}
	return m, nil
}

const bringBack = "bring back what it began with, or start anew with another --run-dir"

// sameData refuses to continue a run on other data than it began with, and says
// which images differ.
func (f *Folder) sameData(set *dataset.Dataset) error {
	b, err := f.began()
	if err != nil || b.DataHash == "" || b.DataHash == set.Hash {
		return err
	}
	how := fmt.Sprintf("its hash is %.16s, was %.16s", set.Hash, b.DataHash)
	if changes, err := f.changes(set); err == nil && changes != "" {
		how = changes
	}
	return fmt.Errorf("%w: the data changed since the run in %s began: %s: %s", ErrOther, f.Path, how, bringBack)
}

// changes compares the images with those that the run began with.
func (f *Folder) changes(set *dataset.Dataset) (string, error) {
	const most = 128 << 20 // eight million images
	file := f.File(imagesFile)
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return "", fmt.Errorf("%s: %d bytes: want a file of at most %d", file, info.Size(), most)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	return set.Changes(before)
}

// sameTeachers refuses to continue a run with other teachers than it began with.
func (f *Folder) sameTeachers(key string) error {
	b, err := f.began()
	if err != nil || b.TeacherHash == "" || b.TeacherHash == key {
		return err
	}
	return fmt.Errorf("%w: the teachers' weights changed since the run in %s began: their hash is %.16s, was %.16s: %s", ErrOther, f.Path, key, b.TeacherHash, bringBack)
}
