package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"reta/shared/wholefile"
)

// checkedWriter writes text in a form that no terminal obeys (see visible). It remembers the first error, so that output
// which is lost ends a command with it.
type checkedWriter struct {
	to  io.Writer
	err error
}

func (w *checkedWriter) Write(b []byte) (int, error) {
	if _, err := io.WriteString(w.to, visible(string(b))); err != nil {
		if w.err == nil {
			w.err = err
		}
		return 0, err
	}
	return len(b), nil
}

// writeOutput writes the file that a flag names, whole or not at all. Devices and pipes are written to as they are.
func writeOutput(flag, path string, data []byte) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		err = writeSpecial(path, data)
	} else {
		err = wholefile.Write(path, data, 0o644)
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s %s: %w", flag, path, err)
	case err != nil:
		var inner *fs.PathError
		if errors.As(err, &inner) {
			err = inner.Err
		}
		// %v, not %w: the remedy is said here
		err = fmt.Errorf("%v: want a file in a folder that exists and that this user may write", err)
		return &fs.PathError{Op: flag, Path: path, Err: err}
	}
	return nil
}

func writeSpecial(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
