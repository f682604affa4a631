package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"reta/compute/nn"
	"reta/server/run"
	"reta/shared/recipe"
)

// openRun opens the folder of a run with the settings of small.
func openRun(t *testing.T, path string) *run.Folder {
	t.Helper()
	r, err := recipe.New("reta", recipe.Dataset{Name: "demo", Classes: 2, Size: 32, PerClass: 4})
	if err != nil {
		t.Fatal(err)
	}
	r.Steps = 4
	r.IPC, r.PTA.Every = 2, 25
	f, err := run.OpenFolder(path, run.Config{Dataset: "demo", Classes: []string{"2"}, PerClass: 4, Recipe: r})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// writeTeacher writes the demo set's teacher with its tensors changed.
func writeTeacher(t *testing.T, path string, change func(*nn.Tensor)) {
	t.Helper()
	f, err := nn.OpenTensors("run/demo/resnet-mini.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var tensors []nn.Tensor
	for _, name := range f.Names() {
		info, _ := f.Info(name)
		values, err := f.Float32(name, info.Shape...)
		if err != nil {
			t.Fatal(err)
		}
		x := nn.Tensor{Name: name, Shape: info.Shape, Values: values}
		if change != nil {
			change(&x)
		}
		tensors = append(tensors, x)
	}
	if err := nn.WriteTensors(path, map[string]string{"arch": "resnet-mini", "stem": "cifar"}, tensors); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// pictures is a small image folder: path, content.
func pictures(t *testing.T) [][2]string {
	t.Helper()
	var files [][2]string
	for i := range 12 {
		m := image.NewGray(image.Rect(0, 0, 16, 16))
		for p := range m.Pix {
			m.Pix[p] = byte(p * p * (i + 1) >> 3)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		files = append(files, [2]string{fmt.Sprintf("train/class%d/%d.png", i%2, i), b.String()})
	}
	return files
}

func tarOf(t *testing.T, files [][2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, f := range files {
		err := w.WriteHeader(&tar.Header{Name: f[0], Mode: 0o644, Size: int64(len(f[1])), Typeflag: tar.TypeReg})
		if _, e := w.Write([]byte(f[1])); err != nil || e != nil {
			t.Fatal(err, e)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t *testing.T, files [][2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		part, err := w.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func firstHalf(data []byte) []byte { return data[:len(data)/2] }
