//go:build !faults

// Package fault is where builds for tests, with the tag faults, make operations fail one by one (see faults.go). In all
// other builds its functions do nothing, and the compiler takes them away.
package fault

// File is the error that an operation on a file is to fail with, nil for none. Those who change files on disk ask before
// they do.
func File(op, path string) error { return nil }

// Device reports whether an allocation on a device, or a submission to it, is to fail.
func Device(op string) bool { return false }
