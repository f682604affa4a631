package testdata

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// NPY reads a version-1 NumPy file of little-endian T in C order.
func NPY[T float32 | float64 | int64](t testing.TB, path string) (data []T, shape []int) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) < 10 || string(raw[:7]) != "\x93NUMPY\x01" {
		t.Fatalf("%s: not a version-1 npy file", path)
	}
	end := 10 + int(binary.LittleEndian.Uint16(raw[8:]))
	header := string(raw[10:end])
	var zero T
	want := map[any]string{float32(0): "<f4", float64(0): "<f8", int64(0): "<i8"}[any(zero)]
	if !strings.Contains(header, want) || !strings.Contains(header, "'fortran_order': False") {
		t.Fatalf("%s: header %q: want %s in C order", path, header, want)
	}
	count := 1
	for _, s := range regexp.MustCompile(`\d+`).FindAllString(regexp.MustCompile(`'shape': \(([^)]*)\)`).FindString(header), -1) {
		n, _ := strconv.Atoi(s)
		shape, count = append(shape, n), count*n
	}
	data = make([]T, count)
	if err := binary.Read(bytes.NewReader(raw[end:]), binary.LittleEndian, data); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return data, shape
}

// JSON reads a file.
func JSON(t testing.TB, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// Folders lists the sub-folders of dir.
func Folders(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		if e.IsDir() {
			list = append(list, dir+string(os.PathSeparator)+e.Name())
		}
	}
	return list
}
