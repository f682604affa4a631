package topology_test

import (
	"testing"

	"reta/shared/testdata"
)

func npy[T float32 | float64 | int64](t testing.TB, path string) (data []T, shape []int) {
	t.Helper()
	return testdata.NPY[T](t, path)
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	testdata.JSON(t, path, into)
}

func folders(t testing.TB, dir string) []string {
	t.Helper()
	return testdata.Folders(t, dir)
}
