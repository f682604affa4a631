//go:build !linux && !darwin

package label

// freeAt is not known here.
func freeAt(string) (bytes int64, known bool) { return 0, false }
