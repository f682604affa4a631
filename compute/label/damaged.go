package label

import (
	"errors"
	"io/fs"
)

// DamagedError is a file of labels, or of students that were trained on them, that is not what was written.
type DamagedError struct{ error }

func (e DamagedError) Unwrap() error { return e.error }

// Damaged is err as a DamagedError, unless it says that a file that is there could not be read.
func Damaged(err error) error {
	var path *fs.PathError
	if err == nil || errors.As(err, &path) && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return DamagedError{err}
}
